"""
The colours of maps.

The same values are custom properties in ``web/static/css/tokens.css`` (a test compares them). Every
pair that must be told apart differs in lightness as well as in hue, so it survives grey print and
the common forms of colour blindness; reasons also have a pattern and a letter, classes a sign.
"""

from __future__ import annotations

COVERED = "#b9d3e3"
COVERED_LINE = "#7fa3ba"
WATER = "#93cdc9"
WATER_LINE = "#5da39e"
GROUND = "#dde7ee"
OUTLINE = "#3d5468"
ROAD = "#ffffff"
ROAD_LINE = "#c3ccd3"
FOCUS = "#10375c"
FOCUS_FILL = "#4b8bb8"

REASONS = {
    "no_grid": "#5b6470",
    "no_unit": "#c2410c",
    "unit_inactive": "#7b3f98",
    "no_contact": "#b7860b",
}
CLASSES = {
    3: "#b2470a",
    2: "#e8833a",
    1: "#f8c694",
    0: "#e9ecee",
    -1: "#bcd6e8",
    -2: "#6ba3cb",
    -3: "#215f96",
}
SIGNS = {3: "+++", 2: "++", 1: "+", 0: "", -1: "−", -2: "−−", -3: "−−−"}
SHARES = ("#f6e3d3", "#e3e6e4", "#c9dbe5", "#9fc0d6", "#6d9dbd")
SHARE_STEPS = (0.5, 0.8, 0.95, 0.9999)
HEAT = ("#fff3e0", "#fdbb74", "#e8762d", "#a63c06", "#5c1d02")
