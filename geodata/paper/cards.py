"""Unit cards: a page for each unit, with what it holds on a map and in lists."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from urllib.parse import quote

import numpy as np

from geodata.paper.columns import Item, Listing, columns_height, set_columns
from geodata.paper.deck import KINDS, Card, Row, deal, drawn
from geodata.paper.drawing import (
    COMPOUNDS,
    HELD,
    HELD_ROADS,
    HELPED,
    HELPED_OUTLINE,
    OUTLINE,
    WATCHED,
    Drawing,
)
from geodata.paper.fonts import SERIF
from geodata.paper.map_drawing import Ground, draw_map
from geodata.paper.page import FAINT, INK, MARGIN, QUIET, RED, Pen, Shapes, Sheet
from geodata.paper.qr import draw_code
from geodata.paper.view import Box, View
from geodata.paper.wording import Wording, absent, text
from geodata.reports import Reports
from geodata.reports.paper import behind
from gridmap.assignments import PRIMARY

ASSISTING = "assisting"
QR_MM = 24.0
LEAST_MAP_MM, MOST_MAP_MM = 90.0, 160.0  # the lists take what the map can spare
LEAST_LISTS_MM = 62.0  # a long name takes its room from the map, never from the lists
UNDER_MAP_MM = 8.0
PAGE = "/register/units/"  # where a unit's page is, under the address of the service
FIGURES = {
    "grids_n": "grids",
    "area_m2": "own area",
    "roads_m": "own roads",
    "points_n": "points",
    "compounds_n": "compounds",
    "divisions_n": "divisions",
}
HEADINGS = dict(zip(KINDS, ("grids", "roads", "points", "compounds", "divisions"), strict=True))


def unit_cards(
    reports: Reports,
    unit_ids: Sequence[str] | None,
    as_of: date,
    *,
    base_url: str,
    language: str,
    contacts: bool,
) -> bytes:
    """
    Print cards, one A4 page for each unit.

    Parameters
    ----------
    reports
        Of the register.
    unit_ids
        Whose, in this order; those in use that hold something, by number, if None.
    as_of
        The day.
    base_url
        Address of the service; the code on a card leads to the unit's page there.
    language
        One of `wording.LABELS`.
    contacts
        Whether telephone numbers are printed.

    Returns
    -------
    bytes
        A PDF; one page that says so if there is no such unit.

    Raises
    ------
    NotFoundError
        If there is no such unit on that day, or nothing is worded in that language.
    """
    words = Wording(language)
    city = reports.meta.name
    cards = deal(reports, unit_ids, as_of)
    ground = Ground.of(behind(reports), as_of)
    with Sheet(words, words.say("unit card"), city, as_of) as sheet:
        sheet.total = max(len(cards), 1)
        for card in cards:
            sheet.add_page()
            address = base_url.rstrip("/") + PAGE + quote(str(card.unit["unit_id"]), safe="")
            _draw_card(sheet, card, ground, address, contacts=contacts)
        if not cards:
            sheet.add_page()
            sheet.heading(words.say("unit card"))
            sheet.put(MARGIN, 45, words.say("nothing held", day=words.day(as_of)), 11)
        return bytes(sheet.output())


def _draw_card(sheet: Sheet, card: Card, ground: Ground, address: str, *, contacts: bool) -> None:
    words = sheet.words
    post = card.unit["party"] == "post"
    sheet.heading(words.say("post card" if post else "unit card"))
    right = sheet.across - MARGIN
    draw_code(sheet, address, right - QR_MM, 32.5, QR_MM)
    said = words.say("scan")
    sheet.put(right - QR_MM / 2, 32.5 + QR_MM + 3.4, said, 6.5, colour=QUIET, align="centre")
    y = _draw_name(sheet, card, 32.0, right - QR_MM - 8 - MARGIN)
    y = _draw_fields(sheet, _fields(card, words, contacts=contacts), y, right - QR_MM - 8)
    y = _draw_figures(sheet, card, max(y, 32.5 + QR_MM + 6.5))
    listings = [_listing(card, kind, words) for kind in KINDS]
    listings.append(_people(card, words, contacts=contacts))
    shapes = card.shapes(*KINDS)
    if len(shapes):
        room = sheet.bottom - y - UNDER_MAP_MM
        wanted = room - columns_height(sheet, listings, sheet.inner)
        high = float(np.clip(wanted, min(LEAST_MAP_MM, room - LEAST_LISTS_MM), MOST_MAP_MM))
        box = Box(MARGIN, y, sheet.inner, high)
        _draw_ground(sheet, View.of(shapes, box), ground, card)
        y += high + UNDER_MAP_MM
    set_columns(sheet, Box(MARGIN, y, sheet.inner, sheet.bottom - y), listings)


def _draw_name(sheet: Sheet, card: Card, y: float, width: float) -> float:
    name = text(card.unit["name"])
    size = 17.0 if len(sheet.lines(name, width, 17.0, SERIF)) == 1 else 13.0
    for line in sheet.lines(name, width, size, SERIF):
        y += size * 0.46
        sheet.put(MARGIN, y, line, size, face=SERIF, bold=True)
    if not card.unit["active"]:
        y += 4.6
        sheet.put(MARGIN, y, sheet.words.say("not in use"), 9, colour=RED)
    return y + 3.0


def _fields(card: Card, words: Wording, *, contacts: bool) -> list[tuple[str, str]]:
    names = ["unit_id", "kind", "headcount", "holder", "contact", *(["phone"] if contacts else [])]
    return [
        (words.say(name), text(card.unit[name])) for name in names if not absent(card.unit[name])
    ]


def _draw_fields(sheet: Sheet, fields: list[tuple[str, str]], y: float, right: float) -> float:
    """Write label over value, from left to right, in as many rows as it takes."""
    x, top = MARGIN, y
    for label, value in fields:
        lines = sheet.lines(value, right - MARGIN, 9.5)
        across = max(sheet.width(label, 7), *(sheet.width(line, 9.5) for line in lines))
        if x > MARGIN and x + across > right:
            x, top = MARGIN, y
        sheet.put(x, top + 3.0, label, 7, colour=QUIET)
        for number, line in enumerate(lines):
            sheet.put(x, top + 7.4 + 4.2 * number, line, 9.5)
        y = max(y, top + 10.4 + 4.2 * (len(lines) - 1))
        x += across + 7.0
    return y


def _draw_figures(sheet: Sheet, card: Card, y: float) -> float:
    words = sheet.words
    shown = [name for name in FIGURES if card.totals[name]] or ["grids_n"]
    across = sheet.inner / len(shown)
    sheet.set_draw_color(*FAINT)
    sheet.set_line_width(0.2)
    sheet.line(MARGIN, y, MARGIN + sheet.inner, y)
    for number, name in enumerate(shown):
        value = card.totals[name]
        form = {"area_m2": words.area, "roads_m": words.metres}.get(name, words.number)
        x = MARGIN + number * across
        sheet.put(x, y + 4.4, words.say(FIGURES[name]), 7, colour=QUIET)
        sheet.put(x, y + 10.4, form(value), 13, bold=True)
    return y + 14.0


def _draw_ground(sheet: Sheet, view: View, ground: Ground, card: Card) -> None:
    own = card.held["grid"]
    helped = [row for row in own if row["tier"] == ASSISTING]
    held = [row for row in own if row["tier"] != ASSISTING]
    under: list[tuple[Shapes, tuple[Pen, ...]]] = [
        (card.shapes("division"), (WATCHED,)),
        (drawn(helped), (HELPED,)),
        (drawn(held), (HELD,)),
        (card.shapes("compound"), (COMPOUNDS,)),
    ]
    labels = ("legend watched", "legend helped", "legend held", "legend compound")
    legend = [
        (label, pens) for label, (shapes, pens) in zip(labels, under, strict=True) if len(shapes)
    ]
    if len(card.shapes("road_segment")):
        legend.append(("legend road", HELD_ROADS))

    def over(drawing: Drawing) -> None:
        drawing.lay(drawn(helped), HELPED_OUTLINE)  # once more, over the roads that run along them
        drawing.lay(drawn(held), OUTLINE)
        drawing.lay(card.shapes("road_segment"), *HELD_ROADS)
        drawing.numbers([row["geometry"] for row in card.held["inspection_point"]])
        for kind, write, size, colour in (
            ("road_segment", drawing.along, 6.0, RED),
            ("grid", drawing.names, 7.0, INK),
        ):
            rows = [row for row in card.held[kind] if row["geometry"] is not None]
            write(drawn(rows), [text(row["target_name"]) for row in rows], size, colour)

    draw_map(sheet, view, ground, under, over, legend)


def _listing(card: Card, kind: str, words: Wording) -> Listing:
    told = {
        "grid": _grid,
        "road_segment": _road,
        "inspection_point": _point,
        "compound": _compound,
        "division": _division,
    }[kind]
    items = tuple(told(row, words, number) for number, row in enumerate(card.held[kind], start=1))
    return Listing(words.say(HEADINGS[kind]), items)


def _tier(row: Row, words: Wording) -> str:
    return "" if row["tier"] == PRIMARY else words.word("tier", row["tier"])


def _noted(*parts: object) -> str:
    return "　".join(text(part) for part in parts if text(part))


def _grid(row: Row, words: Wording, _number: int) -> Item:
    name, code = text(row["target_name"]), text(row["target"])
    note = _noted(code if code != name else "", _tier(row, words))
    return Item(name, words.area(row["area_m2"]), note=note)


def _road(row: Row, words: Wording, _number: int) -> Item:
    ends = words.say("stretch", since=words.number(row["from_m"]), until=words.number(row["to_m"]))
    side = words.word("side", row["side"])
    return Item(text(row["target_name"]), _noted(ends, side), note=_tier(row, words))


def _point(row: Row, words: Wording, number: int) -> Item:
    note = _noted(row["category"], row["address"], _tier(row, words))
    return Item(text(row["target_name"]), mark=str(number), note=note)


def _compound(row: Row, words: Wording, _number: int) -> Item:
    return Item(text(row["target_name"]), note=_tier(row, words))


def _division(row: Row, words: Wording, _number: int) -> Item:
    grids, units = words.number(row["n_grids"]), words.number(row["n_units"])
    note = _noted(words.say("grids and units", grids=grids, units=units), _tier(row, words))
    return Item(text(row["target_name"]), words.word("level", row["level"]), note=note)


def _people(card: Card, words: Wording, *, contacts: bool) -> Listing:
    items = []
    for row in card.people:
        person = row["contact"] if absent(row["holder"]) else row["holder"]
        note = _noted(person, row["phone"] if contacts else None)
        items.append(Item(text(row["name"]), words.word("tier", row["tier"]), note=note))
    return Listing(words.say("people"), tuple(items))
