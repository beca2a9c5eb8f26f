"""The tables of a bulletin, each with its parts and wholes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from geodata.bulletins.blocks import ROWS_SHOWN, Cell, Column, Rows
from geodata.bulletins.figures import EVALUATED, HEADLINE, headline
from geodata.bulletins.wording import Say
from geodata.paper.wording import NONE
from gridmap.bulletins import Figures

SIZES = {"ground": "area", "roads": "metres", "walked": "metres"}
"""Shares of what is measured; all others are of what is counted."""

LEVELS = {"subdistricts": "subdistrict", "units": "unit"}


class Tables:
    """
    The tables of a month.

    Parameters
    ----------
    figures
        Of the month.
    say
        The language.
    """

    def __init__(self, figures: Figures, say: Say) -> None:
        self._figures = figures
        self._say = say

    def shares(self) -> Iterator[Rows]:
        """Return the shares of the headline beside those of the month before."""
        say, now = self._say, headline(self._figures)["shares"]
        before = self._figures["before"]["shares"]
        columns = (
            Column(say("indicator"), 1.9, right=False),
            Column(say("part"), 1.65),
            Column(say("whole"), 1.65),
            Column(say("share"), 0.95),
            Column(say("interval"), 1.6),
            Column(say("last month"), 1.0),
            Column(say("change"), 1.6),
        )
        rows = []
        for name in HEADLINE:
            found, old = now[name], before[name]["share"]
            sized = self._sized(name)
            rows.append(
                (
                    Cell(say(name)),
                    sized(found["part"]),
                    sized(found["whole"]),
                    say.share_cell(found["share"]),
                    Cell(say.range(found)),
                    say.share_cell(old),
                    Cell(say.changed(found["share"], old)),
                )
            )
        yield self._table("shares", columns, rows)

    def coverage(self) -> Iterator[Rows]:
        """Return what is covered of each subdistrict."""
        say = self._say
        columns = [Column(say("subdistrict"), 1.6, right=False)]
        for name in ("ground", "roads", "points"):
            columns += [Column(f"{say(f'{name} short')} {say('held')}", 1.25)]
            columns += [Column(say("in all"), 1.2)]
            columns += [Column(say("share"), 1.0)]
        rows = []
        for row in self._figures["coverage"]["subdistricts"]:
            cells = [Cell(say.named(row["name"]))]
            for name in ("ground", "roads", "points"):
                sized, found = self._sized(name), row[name]
                cells += [sized(found["part"]), sized(found["whole"])]
                cells += [say.share_cell(found["share"])]
            rows.append(tuple(cells))
        yield self._table("coverage", columns, rows)

    def gaps(self) -> Iterator[Rows]:
        """Return the largest pieces of ground that are nobody's."""
        say = self._say
        columns = (
            Column(say("community"), 2.0, right=False),
            Column(say("grid"), 2.0, right=False),
            Column(say("reason"), 1.5, right=False),
            Column(say("area"), 1.2),
        )
        rows = [
            (
                Cell(say.named(row["community"])),
                Cell(say.named(row["grid"])),
                Cell(say.code("reason", row["reason"])),
                say.area_cell(row["area_m2"]),
            )
            for row in self._figures["gaps"]["top"]
        ]
        yield from self._if_any("gaps", columns, rows)

    def categories(self) -> Iterator[Rows]:
        """Return the issues of each category, and all of them together."""
        total = {"name": self._say("total"), **self._figures["issues"]}
        total |= {"on_time": self._figures["on_time"], "overdue": self._figures["overdue"]["n"]}
        yield self._counted("categories", "category", [*self._figures["by_category"], total])

    def subdistricts(self) -> Iterator[Rows]:
        """Return the issues of each subdistrict."""
        yield self._counted("subdistricts", "subdistrict", self._figures["by_subdistrict"])

    def units(self) -> Iterator[Rows]:
        """Return the issues of each unit."""
        yield self._counted("units", "unit", self._figures["by_unit"])

    def overdue(self) -> Iterator[Rows]:
        """Return the issues that are overdue longest."""
        say = self._say
        columns = (
            Column(say("case"), 1.7, right=False),
            Column(say("category"), 1.2, right=False),
            Column(say("grid"), 1.5, right=False),
            Column(say("unit"), 2.2, right=False),
            Column(say("due"), 1.3),
            Column(say("days"), 1.0),
        )
        rows = [
            (
                *(Cell(row[name]) for name in ("number", "category")),
                *(Cell(say.named(row[name])) for name in ("grid", "unit")),
                Cell(row["due"]),
                say.count_cell(row["days"]),
            )
            for row in self._figures["overdue"]["top"]
        ]
        yield from self._if_any("overdue", columns, rows)

    def spots(self) -> Iterator[Rows]:
        """Return the grids that are significant."""
        say = self._say
        columns = (
            Column(say("grid"), 2.5, right=False),
            Column(say("count"), 1.0),
            Column(say("z"), 1.0),
            Column(say("level"), 1.3, right=False),
        )
        rows = [
            (
                Cell(row["name"]),
                say.count_cell(row["count"]),
                Cell(f"{row['z']:.2f}", row["z"], "0.00"),
                Cell(say.code("class", row["class"])),
            )
            for row in self._figures["hotspots"].get("spots", [])
        ]
        yield from self._if_any("spots", columns, rows)

    def places(self) -> Iterator[Rows]:
        """Return the places where issues came back most often."""
        say = self._say
        columns = (
            Column(say("category"), 1.5, right=False),
            Column(say("grid"), 2.0, right=False),
            Column(say("times"), 0.8),
            Column(say("last"), 1.2),
        )
        rows = [
            (
                Cell(row["category"]),
                Cell(say.named(row["grid"])),
                say.count_cell(row["n"]),
                Cell(row["last"]),
            )
            for row in self._figures["recurrence"]["places"]
        ]
        yield from self._if_any("places", columns, rows)

    def evaluation(self) -> Iterator[Rows]:
        """Return the indicators of subdistricts and of units, a column each."""
        say = self._say
        for name, first in LEVELS.items():
            found = self._figures["evaluation"][name]
            columns = [Column(say(first), 2.2, right=False)]
            columns += [Column(say.code("indicator", one), 1.4) for one in EVALUATED]
            by_key: dict[str, list[Cell]] = {}
            for row in found:
                cells = by_key.setdefault(row["key"], [Cell(say.named(row["name"]))])
                cells.append(Cell(_of(row, say)))
            yield from self._if_any(
                f"evaluation {name}", columns, list(map(tuple, by_key.values()))
            )

    def indicators(self) -> Iterator[Rows]:
        """Return the indicators of subdistricts and of units, a row each, with their intervals."""
        say = self._say
        for name, first in LEVELS.items():
            columns = (
                Column(say(first), 2.2, right=False),
                Column(say("indicator"), 1.8, right=False),
                Column(say("part"), 0.8),
                Column(say("whole"), 0.8),
                Column(say("share"), 1.0),
                Column(say("interval"), 1.7),
            )
            rows = [
                (
                    Cell(say.named(row["name"])),
                    Cell(say.code("indicator", row["indicator"])),
                    say.count_cell(row["part"]),
                    say.count_cell(row["whole"]),
                    say.share_cell(row["share"]),
                    Cell(say.range(row)),
                )
                for row in self._figures["evaluation"][name]
            ]
            yield from self._if_any(f"indicators {name}", columns, rows)

    def _counted(self, name: str, first: str, rows: list[dict[str, Any]]) -> Rows:
        say = self._say
        counts = ("received", "closed_out", "refused", "merged", "open", "overdue")
        columns = (
            Column(say(first), 2.4, right=False),
            # what is overdue came in any month: its heading says so
            *(Column(say(one), 1.1 if one == "overdue" else 0.92) for one in counts),
            Column(say("in time"), 1.1),
            Column(say("share"), 1.0),
            Column(say("interval"), 1.7),
        )
        told = []
        for row in rows:
            found = row["on_time"]
            cells = [Cell(say.named(row["name"])), *(say.count_cell(row[one]) for one in counts)]
            cells += [Cell(f"{say.number(found['part'])}/{say.number(found['whole'])}")]
            told.append((*cells, say.share_cell(found["share"]), Cell(say.range(found))))
        return self._table(name, columns, told)

    def _sized(self, name: str) -> Callable[[float], Cell]:
        say = self._say
        forms = {"area": say.area_cell, "metres": say.metres_cell}
        return forms.get(SIZES.get(name, ""), say.count_cell)

    def _if_any(
        self, name: str, columns: Iterable[Column], rows: Sequence[tuple[Cell, ...]]
    ) -> Iterator[Rows]:
        if rows:
            yield self._table(name, columns, rows)

    def _table(
        self, name: str, columns: Iterable[Column], rows: Iterable[tuple[Cell, ...]]
    ) -> Rows:
        told, say = tuple(rows), self._say
        more = ""
        if len(told) > ROWS_SHOWN:
            more = say("first of", n=ROWS_SHOWN, total=say.number(len(told)))
        return Rows(name, say(f"table {name}"), tuple(columns), told, more)


def _of(found: dict[str, Any], say: Say) -> str:
    """Return a share with its parts in one cell."""
    if not found["whole"]:
        return NONE
    parts = f"{say.number(found['part'])}/{say.number(found['whole'])}"
    return f"{parts} {say.share(found['share'])}"
