"""Lists in columns, as large as the room allows; what still has no room is counted, not lost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from geodata.paper.page import FAINT, INK, POINT, QUIET, RED, Sheet
from geodata.paper.view import Box

# Size of type in points, and in how many columns; the first in which everything fits is taken
STEPS = ((8.5, 2), (7.5, 2), (7.0, 3), (6.0, 3), (5.5, 4))
GUTTER = 5.0
LEADING = 1.42
SMALL = 0.88
NOTE_MM = 2.2  # between a text and the note beside it
WHOLE_MM = 66.0  # as long as they are no higher, lists are not broken
FEWEST = 3  # lines that a list keeps however long the others are


@dataclass(frozen=True)
class Item:
    """
    One line of a list.

    Parameters
    ----------
    text
        What it is; wrapped.
    aside
        What is said at the right end; never wrapped.
    mark
        A number before it, the same as on the map.
    note
        More, in a quieter colour: beside the text if there is room, else under it.
    """

    text: str
    aside: str = ""
    mark: str = ""
    note: str = ""


@dataclass(frozen=True)
class Listing:
    """A list under a heading; `more` items were left out."""

    heading: str
    items: tuple[Item, ...]
    more: int = 0


@dataclass(frozen=True)
class _Line:
    """
    One line of type as it is set, `height` in mm.

    Its `kind`: ``space`` over a ``heading``, ``item``; ``more`` and ``note`` stay with the item.
    """

    height: float
    text: str = ""
    aside: str = ""
    mark: str = ""
    note: str = ""
    kind: Literal["space", "heading", "item", "more", "note"] = "item"


def set_columns(sheet: Sheet, box: Box, listings: list[Listing]) -> None:
    """
    Set lists in columns.

    Parameters
    ----------
    sheet, box
        Where.
    listings
        In this order; those without items are left out.
    """
    listings = [listing for listing in listings if listing.items]
    if not listings:
        return
    for size, columns in STEPS:
        width = (box.width - GUTTER * (columns - 1)) / columns
        if found := _arranged(_lines(sheet, listings, width, size), box.height, columns):
            break
    else:
        listings = _shortened(sheet, listings, width, size, box.height * columns)
        while not (found := _arranged(_lines(sheet, listings, width, size), box.height, columns)):
            if _longest(listings) <= 1:
                return  # no room at all: the map and the code on the card have to do
            listings = _shorter(listings)
    _write(sheet, box, found, width, size)


def columns_height(sheet: Sheet, listings: list[Listing], width: float) -> float:
    """Return the height that lists need in the largest type, mm."""
    size, columns = STEPS[0]
    wide = (width - GUTTER * (columns - 1)) / columns
    lines = _lines(sheet, [listing for listing in listings if listing.items], wide, size)
    if not lines:
        return 0.0
    whole, broken = (_least(groups, columns) for groups in (_wholes(lines), _groups(lines)))
    return whole if whole <= WHOLE_MM else broken


def _lines(sheet: Sheet, listings: list[Listing], width: float, size: float) -> list[_Line]:
    high = size * POINT * LEADING
    lines = []
    for listing in listings:
        count = sheet.words.number(len(listing.items) + listing.more)
        lines.append(_Line(high * 0.75, kind="space"))
        lines.append(_Line(high * 1.1, listing.heading, count, kind="heading"))
        for item in listing.items:
            lines += _item(sheet, item, width, size)
        if listing.more:
            more = sheet.words.say("and more", n=sheet.words.number(listing.more))
            lines.append(_Line(high, more, kind="note"))
    return lines


def _item(sheet: Sheet, item: Item, width: float, size: float) -> list[_Line]:
    high = size * POINT * LEADING
    indent = _indent(item, size)
    room = width - indent
    aside = sheet.width(item.aside, size) + 2 if item.aside else 0.0
    if room - aside < room * 0.35:  # too little beside it: the aside becomes a note
        item = replace(item, aside="", note=f"{item.aside} {item.note}".strip())
        aside = 0.0
    wrapped = sheet.lines(item.text, room - aside, size)
    small = size * SMALL
    mark = " " if item.mark else ""
    beside = sheet.width(item.text, size) + NOTE_MM + sheet.width(item.note, small)
    if len(wrapped) == 1 and beside <= room - aside:
        return [_Line(high, item.text, item.aside, item.mark, item.note)]
    lines = [_Line(high, wrapped[0], item.aside, item.mark)]
    lines += [_Line(high, more, mark=mark, kind="more") for more in wrapped[1:]]
    if item.note:
        for more in sheet.lines(item.note, room, small):
            lines.append(_Line(high * 0.9, more, mark=mark, kind="note"))
    return lines


def _indent(item: Item | _Line, size: float) -> float:
    return size * POINT * 1.9 if item.mark else 0.0


def _arranged(lines: list[_Line], height: float, columns: int) -> list[list[_Line]] | None:
    """Break lines into columns of even height, lists whole where they can be; None: no room."""
    for groups in (_wholes(lines), _groups(lines)):
        least = _least(groups, columns)
        if least <= height:
            return _split(groups, least)
    return None


def _least(groups: list[list[_Line]], columns: int) -> float:
    """Return the height of columns that hold all groups, to a millimetre."""
    parts = [sum(line.height for line in group) for group in groups]
    height = max(sum(parts) / columns, *parts)
    while len(_split(groups, height)) > columns:
        height += 1.0
    return height


def _split(groups: list[list[_Line]], height: float) -> list[list[_Line]]:
    """Break groups into columns; the space over a heading is not set at the top of one."""
    found: list[list[_Line]] = []
    used = height + 1
    for group in groups:
        needed = sum(line.height for line in group)
        if used + needed > height + 1e-6:
            found.append([])
            used = 0.0
            kept = group[1:] if group[0].kind == "space" else group
            needed = sum(line.height for line in kept)
        else:
            kept = group
        found[-1] += kept
        used += needed
    return found


def _wholes(lines: list[_Line]) -> list[list[_Line]]:
    """Group the lines of each list."""
    groups: list[list[_Line]] = []
    for line in lines:
        if line.kind == "space":
            groups.append([])
        groups[-1].append(line)
    return groups


def _groups(lines: list[_Line]) -> list[list[_Line]]:
    """Group each item with what belongs to it, the first of a list with the heading too."""
    groups: list[list[_Line]] = []
    for line in lines:
        alone = line.kind == "space" or (line.kind == "item" and groups[-1][-1].kind != "heading")
        if alone:
            groups.append([])
        groups[-1].append(line)
    return groups


def _longest(listings: list[Listing]) -> int:
    return max(len(listing.items) for listing in listings)


def _shortened(
    sheet: Sheet, listings: list[Listing], width: float, size: float, room: float
) -> list[Listing]:
    """Cut the longest lists to about what fits."""
    whole = sum(line.height for line in _lines(sheet, listings, width, size))
    spare = sum(len(listing.items) for listing in listings) * (1 - room / whole)
    for _ in range(int(spare)):
        if _longest(listings) > FEWEST:
            listings = _shorter(listings)
    return listings


def _shorter(listings: list[Listing]) -> list[Listing]:
    """Take the last item from the longest list."""
    longest = max(listings, key=lambda listing: len(listing.items))
    return [
        replace(listing, items=listing.items[:-1], more=listing.more + 1)
        if listing is longest
        else listing
        for listing in listings
    ]


def _write(sheet: Sheet, box: Box, columns: list[list[_Line]], width: float, size: float) -> None:
    for number, column in enumerate(columns):
        left, y = box.left + number * (width + GUTTER), box.top
        for line in column:
            y += line.height
            _write_line(sheet, line, (left, y - 0.3 * size * POINT), width, size)


def _write_line(
    sheet: Sheet, line: _Line, at: tuple[float, float], width: float, size: float
) -> None:
    left, y = at
    if line.kind == "heading":
        sheet.put(left, y - 0.6, line.text, size + 0.5, bold=True)
        sheet.put(left + width, y - 0.6, line.aside, size, colour=QUIET, align="right")
        sheet.set_draw_color(*FAINT)
        sheet.set_line_width(0.2)
        sheet.line(left, y + 0.6, left + width, y + 0.6)
        return
    if line.mark.strip():
        sheet.put(left, y, line.mark, size, colour=RED)
    quiet = line.kind == "note"
    sheet.put(
        left + _indent(line, size),
        y,
        line.text,
        size * SMALL if quiet else size,
        colour=QUIET if quiet else INK,
    )
    if line.note:
        after = left + _indent(line, size) + sheet.width(line.text, size) + NOTE_MM
        sheet.put(after, y, line.note, size * SMALL, colour=QUIET)
    if line.aside:
        sheet.put(left + width, y, line.aside, size, colour=QUIET, align="right")
