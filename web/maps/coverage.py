"""The map of coverage: how much of each division is covered, and every uncovered area."""

from __future__ import annotations

import bisect
from itertools import pairwise

import folium
import geopandas as gpd

from web.maps import palette
from web.maps.areas import add_borders, add_roads
from web.maps.base import LABELS_AT_MOST, Style, add_areas, add_label, blank_map, finish
from web.maps.legend import Entry, legend
from web.maps.text import inert, link
from web.words import WORDS, Words, absent
from web.words import gettext_noop as _


def coverage_map(
    ground: gpd.GeoDataFrame, gaps: gpd.GeoDataFrame, roads: gpd.GeoDataFrame, words: Words
) -> folium.Map:
    """
    Draw the coverage of a level and its gaps.

    Parameters
    ----------
    ground
        Divisions of one level with ``name``, ``ground_m2``, ``covered_m2``, ``share``.
    gaps
        Uncovered areas with ``reason``, ``code``, ``name``, ``community_name``, ``area_m2``.
    roads
        What is drawn beneath for finding one's way.
    words
        In whose language.
    """
    drawn = blank_map(ground if len(ground) else gaps, words)
    say = words.say
    add_areas(
        drawn,
        _told_ground(ground, words),
        lambda row: {
            "fillColor": palette.SHARES[row["style"]],
            "fillOpacity": 0.85,
            "color": palette.COVERED_LINE,
            "weight": 1,
        },
        name=say(_("Share of the ground covered")),
        about={"name": say(_("Division")), "shown": say(_("Covered")), "of": say(_("Of ground"))},
    )
    add_roads(drawn, roads, words)
    add_gaps(drawn, gaps, words)
    add_borders(drawn, ground, words)
    markup = legend(say(_("Coverage")), [*share_entries(words), *gap_entries(gaps, words)])
    return finish(drawn, markup)


def add_gaps(drawn: folium.Map, gaps: gpd.GeoDataFrame, words: Words) -> None:
    """Draw every uncovered area, one layer a reason, with pattern, letter, tooltip and popup."""
    for reason, colour in palette.REASONS.items():
        found = gaps[gaps["reason"] == reason]
        if found.empty:
            continue
        add_areas(
            drawn,
            _told_gaps(found, words),
            _hatched(reason, colour),
            name=words.word("reason", reason),
            about={
                "why": words.say(_("Why")),
                "name_html": words.say(_("Grid")),
                "where": words.say(_("Community")),
                "area": words.say(_("Area")),
            },
        )
    largest = gaps.head(LABELS_AT_MOST)
    letters = folium.FeatureGroup(name=inert(words.say(_("Letters"))), control=False)
    for reason, place in zip(
        largest["reason"], largest.geometry.representative_point().to_crs("EPSG:4326"), strict=True
    ):
        css = f"letter {reason}" if reason in palette.REASONS else "letter"
        add_label(letters, place, inert(words.word("letter", reason)), css)
    letters.add_to(drawn)


def share_entries(words: Words) -> list[Entry]:
    """Return the legend of the shares."""
    shown = [words.share(step) for step in palette.SHARE_STEPS[:-1]]
    texts = [
        words.say(_("below {share}"), share=shown[0]),
        *(f"{low} – {high}" for low, high in pairwise(shown)),
        words.say(_("{share} and more"), share=shown[-1]),
        words.say(_("all")),
    ]
    return [
        Entry(text, colour, palette.COVERED_LINE)
        for text, colour in zip(texts, palette.SHARES, strict=True)
    ]


def gap_entries(gaps: gpd.GeoDataFrame, words: Words) -> list[Entry]:
    """Return the legend of the reasons that occur, with their areas."""
    areas = gaps.groupby("reason")["area_m2"].sum()
    return [
        Entry(
            words.word("reason", reason),
            f"url(#hatch-{reason})",
            colour,
            words.word("letter", reason),
            f"letter {reason}",
            words.area(areas[reason]),
        )
        for reason, colour in palette.REASONS.items()
        if reason in areas.index and reason in WORDS["reason"]
    ]


def _hatched(reason: str, colour: str) -> Style:
    style = {"fillColor": f"url(#hatch-{reason})", "fillOpacity": 1, "color": colour, "weight": 2}
    return lambda _row: style


def _told_ground(ground: gpd.GeoDataFrame, words: Words) -> gpd.GeoDataFrame:
    return ground.assign(
        style=[bisect.bisect_right(palette.SHARE_STEPS, share) for share in ground["share"]],
        shown=[words.share(share) for share in ground["share"]],
        of=[words.area(area) for area in ground["ground_m2"]],
    )


def _told_gaps(gaps: gpd.GeoDataFrame, words: Words) -> gpd.GeoDataFrame:
    return gaps.assign(
        why=[words.word("reason", reason) for reason in gaps["reason"]],
        name_html=[
            _grid_link(code, name) for code, name in zip(gaps["code"], gaps["name"], strict=True)
        ],
        where=gaps["community_name"],
        area=[words.area(area) for area in gaps["area_m2"]],
    )


def _grid_link(code: object, name: object) -> str:
    if absent(code):
        return inert(None)
    return link("/register/grids/", code, code if absent(name) else name)
