"""The hand-made town, kept and opened, for tests of the use cases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from geodata.database import connect, migrate
from geodata.desk import Desk, Order
from geodata.register import Register
from geodata.reports import Reports
from geodata.store import Store
from geodata.workspace import Workspace
from gridmap.access import Grant, Person
from gridmap.assignments import PRIMARY, Changes, Target
from tests.registers import CRS, SINCE

OFFICER = Person("p-wang", "王一", frozenset({Grant("city_office")}))
ZONE = ZoneInfo("Asia/Shanghai")
TODAY = date(2026, 6, 1)


@dataclass(frozen=True)
class Office:
    """A register, and what is done with it."""

    store: Store
    workspace: Workspace
    register: Register
    desk: Desk
    reports: Reports

    def assign(self, targets: list[Target], unit_id: str, *, since: date, **more: Any) -> Changes:
        """Give targets to a unit as their primary."""
        order = Order(tuple(targets), ((unit_id, PRIMARY),), since, **more)
        return self.desk.assign(order).changes

    def entries(self) -> int:
        last = self.store.journal.last()
        return 0 if last is None else last.seq


def opened(database: Path) -> Office:
    """Open a register as the command line and the service do, on the first of June 2026."""
    store = Store(connect(f"gpkg:///{database}"))
    workspace = Workspace(store)
    register = Register(workspace, who="王一", zone=ZONE)
    reports = Reports(workspace, today=lambda: TODAY, zone=ZONE)
    return Office(store, workspace, register, Desk(workspace, OFFICER), reports)


def kept(folder: Path, frames: dict[str, pd.DataFrame]) -> Office:
    """Keep layers, valid from the first day of 2026, and open them."""
    database = connect(f"gpkg:///{folder / 'town.gpkg'}")
    migrate(database, crs=CRS, codes="cn", name="试验镇")
    store = Store(database)
    with store.write(who="a test", action="import") as writer:
        for layer, frame in frames.items():
            writer.add(layer, frame, SINCE)
    store.close()
    return opened(folder / "town.gpkg")
