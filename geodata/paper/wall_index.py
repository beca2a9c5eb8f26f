"""The panel of a wall map: legend, leaders and the index of units, in columns that go on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeAlias

import pandas as pd

from geodata.paper.page import FAINT, INK, POINT, QUIET, RED, Colour, Sheet
from geodata.paper.wall_words import say
from geodata.paper.wording import Wording, text
from geodata.reports.paper import LEADERS
from geodata.reports.wall import Wall
from gridmap.assignments import PRIMARY

LEADING = 1.36
SMALL = 0.88
NUMBER_EM = 2.6  # room for a number before its unit
OTHER_KINDS = {
    "road_segment": "road_segment",
    "inspection_point": "inspection_point",
    "compound": "compound_n",
    "division": "division",
}

Draw: TypeAlias = Callable[[float, float, float], None]  # left end, baseline, width, mm
DrawSign: TypeAlias = Callable[[float, float, float], None]  # left end, middle, width, mm


@dataclass(frozen=True)
class Line:
    """One line of a column: its height in mm, what draws it, and whether the next must follow."""

    height: float
    draw: Draw
    stays: bool = False


@dataclass
class Panel:
    """
    What stands beside a map, while it is set.

    Parameters
    ----------
    sheet
        On what.
    width
        Of a column, mm.
    size
        Of the type, points.
    """

    sheet: Sheet
    width: float
    size: float
    lines: list[Line] = field(default_factory=list)

    @property
    def high(self) -> float:
        """Height of a line, mm."""
        return self.size * POINT * LEADING

    def heading(self, said: str, aside: str = "") -> None:
        """Set a heading with a rule under it."""

        def draw(x: float, y: float, width: float) -> None:
            self.sheet.put(x, y - 0.8, said, self.size * 1.15, bold=True)
            self.sheet.put(x + width, y - 0.8, aside, self.size, colour=QUIET, align="right")
            self.sheet.set_draw_color(*FAINT)
            self.sheet.set_line_width(0.2)
            self.sheet.line(x, y + 0.5, x + width, y + 0.5)

        self.lines.append(Line(self.high * 0.8, lambda *_: None, stays=True))
        self.lines.append(Line(self.high * 1.3, draw, stays=True))

    def note(self, said: str, colour: Colour = QUIET) -> None:
        """Set a text in small type."""
        size = self.size * SMALL
        for line in self.sheet.lines(said, self.width, size):
            self._line(line, 0.0, size, colour)

    def sign(self, draw_sign: DrawSign, said: str) -> None:
        """
        Set an entry of the legend.

        Parameters
        ----------
        draw_sign
            Draws the sign: its left end, its middle and its width, mm.
        said
            What it says.
        """
        across = self.size * POINT * 3.2
        first, *more = self.sheet.lines(said, self.width - across * 1.3, self.size)

        def draw(x: float, y: float, _width: float) -> None:
            draw_sign(x, y - self.size * POINT * 0.34, across)
            self.sheet.put(x + across * 1.3, y, first, self.size)

        self.lines.append(Line(self.high * 1.12, draw, stays=bool(more)))
        for line in more:
            self._line(line, across * 1.3, self.size, INK)

    def unit(self, number: str, name: str, notes: Iterable[str]) -> None:
        """Set a unit with its number, and under it what it holds and who answers the telephone."""
        indent = self.size * POINT * NUMBER_EM
        room, small = self.width - indent, self.size * SMALL
        lines = self.sheet.lines(name, room, self.size)
        rest = [part for note in notes if note for part in self.sheet.lines(note, room, small)]
        taken = self.sheet.width(lines[-1], self.size) + 1.5
        beside = ""
        if len(rest) == 1 and taken + self.sheet.width(rest[0], small) <= room:
            beside = rest.pop()
        for count, line in enumerate(lines):
            last = count == len(lines) - 1
            self._unit_line(
                number if not count else "", line, beside if last else "", bool(rest) or not last
            )
        for line in rest:
            self._line(line, indent, small, QUIET)

    def _unit_line(self, number: str, line: str, beside: str, stays: bool) -> None:
        indent = self.size * POINT * NUMBER_EM
        taken = self.sheet.width(line, self.size) + 1.5

        def draw(x: float, y: float, _width: float) -> None:
            self.sheet.put(x + indent - 1.0, y, number, self.size, colour=RED, align="right")
            self.sheet.put(x + indent, y, line, self.size)
            if beside:
                size = self.size * SMALL
                self.sheet.put(x + indent + taken, y, beside, size, colour=QUIET)

        self.lines.append(Line(self.high, draw, stays))

    def _line(self, said: str, indent: float, size: float, colour: Colour) -> None:
        def draw(x: float, y: float, _width: float) -> None:
            self.sheet.put(x + indent, y, said, size, colour=colour)

        self.lines.append(Line(size * POINT * LEADING, draw))


def columns(lines: list[Line], height: float) -> list[list[Line]]:
    """Break lines into columns of a height; a line that stays goes on with the next one."""
    groups: list[list[Line]] = []
    for line in lines:
        if groups and groups[-1][-1].stays:
            groups[-1].append(line)
        else:
            groups.append([line])
    found: list[list[Line]] = []
    used = 0.0
    for group in groups:
        needed = sum(line.height for line in group)
        if not found or used + needed > height:
            found.append([])
            used = 0.0
        found[-1] += group
        used += needed
    return found


def write_index(panel: Panel, wall: Wall, squares: Mapping[str, str], *, contacts: bool) -> None:
    """
    Set the index of units.

    Parameters
    ----------
    panel
        Where.
    wall
        Whose units.
    squares
        Grid → in which square of the map it lies.
    contacts
        Whether it says whom to call.
    """
    words = panel.sheet.words
    where = _where(wall, squares)
    other = _others(wall, words)
    n = words.number(len(wall.units))
    panel.heading(say(words, "index"), say(words, "index here", n=n))
    said_rest = False
    for number, unit in wall.units.to_dict("index").items():
        if not unit["holds_grids"] and not said_rest:
            panel.heading(say(words, "others"))
            said_rest = True
        parts = [where.get(unit["unit_id"], ""), *other.get(unit["unit_id"], [])]
        notes = ["　".join(part for part in parts if part)]
        if contacts:
            notes.append(
                " ".join(part for part in (text(unit["contact"]), text(unit["phone"])) if part)
            )
        panel.unit(str(number), text(unit["name"]), notes)


def write_leaders(panel: Panel, wall: Wall) -> None:
    """Set who leads each division."""
    if wall.leaders.empty:
        return
    words = panel.sheet.words
    panel.heading(say(words, "leaders"))
    for target, rows in wall.leaders.groupby("target", sort=False):
        name = text(wall.divisions["name"].get(target, target))
        panel.unit("", name, [leading(rows, words)])


def write_unlabelled(
    panel: Panel, wall: Wall, codes: list[str], squares: Mapping[str, str]
) -> None:
    """
    Set the grids that have no label on the map, by square.

    Parameters
    ----------
    panel, wall
        Where, and of which map.
    codes
        Of these grids.
    squares
        Grid → in which square of the map it lies.
    """
    words, grids = panel.sheet.words, wall.grids
    panel.heading(say(words, "unlabelled"), words.number(len(codes)))
    for code in codes:
        row = grids.loc[code]
        told = f"{row['community_name']} {row['short']}".strip()
        number = "" if pd.isna(row["number"]) else str(row["number"])
        panel.unit(number, say(words, "unlabelled row", code=told, square=squares[code]), [])


def leading(rows: pd.DataFrame, words: Wording) -> str:
    """Return who leads, with the tier and the holder of a post."""
    told = []
    for tier in LEADERS:
        names = [
            text(holder) or text(name)
            for name, holder in rows.loc[rows["tier"] == tier, ["unit_name", "holder"]].to_numpy()
        ]
        if names:
            told.append(f"{words.word('tier', tier)} {words.together(names)}")
    return "　".join(told)


def _others(wall: Wall, words: Wording) -> dict[str, list[str]]:
    """Return unit → what it holds beside its own grids, counted."""
    held = wall.held
    helped = held[(held["target_kind"] == "grid") & (held["tier"] != PRIMARY)]
    told: dict[str, list[str]] = {}
    for unit, n in helped.groupby("unit_id")["target"].nunique().items():
        told.setdefault(str(unit), []).append(say(words, "assists", n=n))
    for kind, label in OTHER_KINDS.items():
        rows = held[held["target_kind"] == kind]
        for unit, n in rows.groupby("unit_id")["target"].nunique().items():
            told.setdefault(str(unit), []).append(say(words, label, n=n))
    return told


def _where(wall: Wall, squares: Mapping[str, str]) -> dict[str, str]:
    """Return unit → its grids as people call them: community once, codes as ranges, squares."""
    inside = wall.grids[wall.grids["inside"]]
    names = dict(zip(inside.index, inside["community_name"], strict=True))
    short = dict(zip(inside.index, inside["short"], strict=True))
    one = len(set(names.values())) == 1
    primary = wall.held[(wall.held["target_kind"] == "grid") & (wall.held["tier"] == PRIMARY)]
    own: dict[str, dict[str, list[str]]] = {}
    pairs = zip(primary["unit_id"], primary["target"], strict=True)
    for unit, code in sorted(pair for pair in pairs if pair[1] in names):
        own.setdefault(unit, {}).setdefault(names[code], []).append(code)
    told = {}
    for unit, by_name in own.items():
        parts = []
        for name, codes in by_name.items():
            there = dict.fromkeys(squares[str(code)] for code in codes)
            said = f"{ranges([short[code] for code in codes])} [{' '.join(there)}]"
            parts.append(said if one else f"{name} {said}")
        told[unit] = "; ".join(parts)
    return told


def ranges(codes: list[str]) -> str:
    """
    Return codes with those that follow each other joined.

    Examples
    --------
    >>> ranges(["001", "002", "003", "007", "A1"])
    '001–003 007 A1'
    """
    runs: list[list[str]] = [[code] for code in codes[:1]]
    for before, code in pairwise(codes):
        follows = before.isdigit() and code.isdigit() and len(before) == len(code)
        if follows and int(code) == int(before) + 1:
            runs[-1].append(code)
        else:
            runs.append([code])
    few = 2
    return " ".join(f"{run[0]}–{run[-1]}" if len(run) > few else " ".join(run) for run in runs)
