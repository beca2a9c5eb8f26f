"""What acts on the town's register, and who holds what in it then."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

from tests.geodata.towns import Office
from tests.town import SQUARES

MARCH, MAY = date(2026, 3, 1), date(2026, 5, 1)
GRIDS = list(SQUARES)
WriteText = Callable[[str, str], Path]


def holders(office: Office, grid: str, day: date) -> list[str]:
    rows = office.reports.in_force(day)
    mine = rows[(rows["target"] == grid) & (rows["tier"] == "responsible")]
    return sorted(mine["unit_id"])
