"""How a bulletin says numbers, shares and changes, in its language."""

from __future__ import annotations

from typing import Any

from geodata.bulletins.blocks import Cell
from geodata.bulletins.words import LABELS
from geodata.paper.wording import NONE, Wording

COUNT, PERCENT = "#,##0", "0.00%"
SQUARE_METRES, METRES = '#,##0" m²"', '#,##0" m"'


class Say(Wording):
    """
    Sentences, numbers and cells of a language.

    Parameters
    ----------
    language
        One of `geodata.bulletins.words.LABELS`.
    """

    def __call__(self, label: str, /, **values: object) -> str:
        """Return a label of a bulletin with its values filled in."""
        return LABELS[self.language][label].format(**values)

    def code(self, table: str, code: object) -> str:
        """Return what a code is called; a code without a label is shown as it is."""
        return LABELS[self.language].get(f"{table} {code}", str(code))

    def moved(self, by: int) -> str:
        """Return a change of a count in words."""
        if by == 0:
            return self("same")
        return self("more" if by > 0 else "less", n=self.number(abs(by)))

    def range(self, found: dict[str, Any]) -> str:
        """Return the interval of a share."""
        if found["low"] is None:
            return NONE
        return f"{self.share(found['low'])}–{self.share(found['high'])}"

    def parts(self, found: dict[str, Any]) -> dict[str, str]:
        """Return a share in words: ``part``, ``whole``, ``share`` and ``range``."""
        return {
            "part": self.number(found["part"]),
            "whole": self.number(found["whole"]),
            "share": self.share(found["share"]),
            "range": self.range(found),
        }

    def changed(self, now: float | None, before: float | None) -> str:
        """Return by how many points a share has moved."""
        if now is None or before is None:
            return NONE
        moved = round(100 * (now - before), 2)
        return self("points of share", n=f"{moved:+.2f}") if moved else self("same")

    def named(self, name: str) -> str:
        """Return a name, or that something lies in none."""
        return name or self("outside")

    def text_cell(self, text: str) -> Cell:
        """Return a cell that is no number."""
        return Cell(text)

    def count_cell(self, value: float) -> Cell:
        """Return a cell with a count."""
        return Cell(self.number(value), value, COUNT)

    def share_cell(self, value: float | None) -> Cell:
        """Return a cell with a share."""
        return Cell(self.share(value), value, PERCENT)

    def area_cell(self, m2: float) -> Cell:
        """Return a cell with an area; workbooks have square metres."""
        return Cell(self.area(m2), m2, SQUARE_METRES)

    def metres_cell(self, length: float) -> Cell:
        """Return a cell with a length; workbooks have metres."""
        return Cell(self.metres(length), length, METRES)
