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
COURSES = {
    "new_hot": "#e8833a",
    "consecutive_hot": "#c2500a",
    "intensifying_hot": "#6b1d00",
    "persistent_hot": "#9a3403",
    "diminishing_hot": "#c9a48a",
    "sporadic_hot": "#f2a869",
    "oscillating_hot": "#f8c694",
    "historical_hot": "#e3d5ca",
    "new_cold": "#4b8fc4",
    "consecutive_cold": "#215f96",
    "intensifying_cold": "#08264a",
    "persistent_cold": "#17456e",
    "diminishing_cold": "#8fa5b8",
    "sporadic_cold": "#86b6d9",
    "oscillating_cold": "#bcd6e8",
    "historical_cold": "#d3dde6",
    "none": "#eef1f3",
}
"""Of patterns over time: warm or cool by side; each has a sign as well."""
HOT_LINE, COLD_LINE, NO_LINE = "#8c3a0b", "#17456e", "#c5ccd2"
