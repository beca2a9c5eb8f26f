"""The map of the board: divisions with the flag of a month, by colour, sign and word."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import folium
import geopandas as gpd
import pandas as pd

from gridmap import flags
from gridmap.flags import Flag
from web.board_words import FLAGS
from web.maps import palette
from web.maps.base import add_areas, add_label, blank_map, finish
from web.maps.legend import Entry, legend
from web.maps.text import inert
from web.words import Words
from web.words import gettext_noop as _

COLOURS = {"red": "#b3261e", "blue": "#1d5c8f", "green": "#1f6f54", "yellow": "#a87100"}
"""Colour of a flag → what is drawn; the same in ``web/static/css/board.css``."""
DUE, NOT_DUE = "#f3d9a4", "#dfe5ea"
SIGNS = {"done": "✓", "not_done": "✕", "due": "…", "not_due": "–"}
LEVELS = ("districts", "subdistricts", "communities")


def board_map(
    tasks: pd.DataFrame,
    areas: Mapping[str, gpd.GeoDataFrame],
    divisions: gpd.GeoDataFrame,
    colours: Mapping[str, str],
    words: Words,
) -> folium.Map:
    """
    Draw the divisions that have tasks in a month.

    Parameters
    ----------
    tasks
        Of one month, as `geodata.reports.board` tells them; those without a division are left out.
    areas
        `LEVELS` → the layer; larger divisions lie beneath smaller ones.
    divisions
        Drawn beneath for finding one's way.
    colours
        ``done`` and ``not_done`` → one of `COLOURS`.
    words
        In whose language.
    """
    say = words.say
    drawn = blank_map(divisions, words)
    quiet = {"fillColor": palette.GROUND, "fillOpacity": 1, "color": "#ffffff", "weight": 1}
    add_areas(drawn, divisions, lambda _row: quiet, name=say(_("Divisions without tasks")))
    fills = fills_of(colours)
    for layer in LEVELS:
        shown = told(tasks, areas[layer], words)
        if shown.empty:
            continue
        add_areas(
            drawn,
            shown,
            lambda row: {
                "fillColor": fills[row["style"]],
                "fillOpacity": 1,  # as the legend shows it
                "color": "#ffffff",
                "weight": 1.6,
            },
            name=say(_("Flags: {level}"), level=words.word("layer", layer)),
            about={
                "name": say(_("Division")),
                "word": say(_("Flag")),
                "of": say(_("Tasks done")),
                "titles": say(_("Tasks")),
            },
        )
        _add_signs(drawn, shown)
    return finish(drawn, legend(say(_("Flags by division")), entries(fills, words)))


def fills_of(colours: Mapping[str, str]) -> dict[Flag, str]:
    """Return what each flag is drawn in."""
    return {
        "done": COLOURS[colours["done"]],
        "not_done": COLOURS[colours["not_done"]],
        "due": DUE,
        "not_due": NOT_DUE,
    }


def entries(fills: Mapping[Flag, str], words: Words) -> list[Entry]:
    """Return the lines of the legend: colour, sign and word of each flag."""
    css = {flag: "sign strong" if flag in ("done", "not_done") else "sign" for flag in fills}
    return [
        Entry(words.say(FLAGS[flag]), fill, "#ffffff", SIGNS[flag], css[flag])
        for flag, fill in fills.items()
    ]


def told(tasks: pd.DataFrame, areas: gpd.GeoDataFrame, words: Words) -> gpd.GeoDataFrame:
    """
    Return the areas that have tasks, with their flag in words.

    Parameters
    ----------
    tasks
        As for `board_map`.
    areas
        Divisions of one level, by code.
    words
        In whose language.
    """
    mine = tasks[tasks["division"].isin(areas.index)]
    rows: dict[Hashable, dict[str, Any]] = {}
    for code, part in mine.groupby("division"):
        flag = flags.together(part["flag"])
        done = int((part["flag"] == "done").sum())
        rows[code] = {
            "style": flag,
            "word": words.say(FLAGS[flag]),
            "of": words.say(_("{part} of {whole}"), part=done, whole=len(part)),
            "titles": words.together(part["title"].unique()),
        }
    about = pd.DataFrame.from_dict(rows, orient="index", columns=["style", "word", "of", "titles"])
    return areas.loc[areas.index.isin(about.index), ["name", "geometry"]].join(about)


def _add_signs(drawn: folium.Map, shown: gpd.GeoDataFrame) -> None:
    """Write the sign of its flag before the name of each division."""
    layer = folium.FeatureGroup(name="", control=False)
    inside = shown.geometry.representative_point().to_crs("EPSG:4326")
    for flag, name, at in zip(shown["style"], shown["name"], inside, strict=True):
        add_label(layer, at, inert(f"{SIGNS[flag]} {name}"), "label")
    layer.add_to(drawn)
