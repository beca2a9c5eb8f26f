"""Foresight: what would become of a report, before it is made; nothing is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import shapely

from geodata.issues import nearby, records
from geodata.issues.setting import Setting
from geodata.issues.sight import READ
from gridmap.issues.routing import Routing, route


@dataclass(frozen=True)
class Foreseen:
    """
    What would become of a report at a place.

    Parameters
    ----------
    routing
        The grid, who would answer, and why.
    unit_name, grid_name
        As they are called; None where there is none.
    duplicates
        Issues that may be the same: as `geodata.issues.nearby.suggested`.
    recurs
        The closed-out issue that it would repeat.
    """

    routing: Routing
    unit_name: str | None
    grid_name: str | None
    duplicates: list[dict[str, Any]]
    recurs: str | None


def foresee(setting: Setting, place: shapely.Point, category: str) -> Foreseen:
    """
    Say what would become of a report.

    Parameters
    ----------
    setting
        Who would make it; duplicates that they may not see are left out.
    place
        In the register's CRS.
    category
        Of issues; empty if it is not known yet.
    """
    store, now = setting.store, setting.store.now()
    day = setting.day(now)
    routing = route(place, setting.whole.place(day), day, store.meta.crs)
    issue = {"issue_id": "", "place": place, "category": category, "reported_at": now}
    with store.database.reading() as connection:
        found = nearby.around(connection, store.tables, place)
    seen = [setting.sight.covers(row, READ) for row in records.plain_rows(found)]
    found = found[seen]
    grids = setting.whole.frame("grids", day)["name"]
    return Foreseen(
        routing,
        unit_name=setting.units(day).get(routing.unit_id or ""),
        grid_name=grids.get(routing.grid or ""),
        duplicates=nearby.suggested(issue, found, setting.whole, day),
        recurs=nearby.repeated(issue, found, setting.whole, day),
    )
