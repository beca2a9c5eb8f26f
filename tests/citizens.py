"""A town that takes reports of citizens: its filing conditions, its clock, who looks at reports."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from geodata.calendars import calendar
from geodata.database import connect
from geodata.issues.acts import Act, Acts
from geodata.issues.citizens import ALLOWANCE, Allowance, Citizens
from geodata.issues.intake import Report
from geodata.issues.setting import Setting
from geodata.scoped import Workspaces
from geodata.store import Store
from geodata.workspace import Workspace
from gridmap import layers
from gridmap.access import PUBLIC, Grant, Person
from tests.geodata.towns import ZONE
from tests.registers import town_register
from tests.town import METRIC, place

NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)
GARBAGE, LAMP = "暴露垃圾", "路灯"
ONE, TWO, THREE = "2026-01-0001", "2026-01-0002", "2026-01-0003"
OFFICE = Person("p-office", "市专班", frozenset({Grant("city_office")}))
HOTLINE = Person("p-hotline", "热线", frozenset({Grant("inspector")}))


def publish_conditions(store: Store) -> None:
    """Keep an edition of two categories: garbage with one condition, lamps with two."""
    rows = [
        (ONE, "event", "市容环境", GARBAGE, "有暴露垃圾", 4.0, "working_hours", 1),
        (TWO, "component", "公用设施", LAMP, "灯杆倾斜", 2.0, "urgent_hours", 2),
        (THREE, "component", "公用设施", LAMP, "灯不亮", 3.0, "working_days", 3),
    ]
    names = "condition_id sort group category condition limit_amount limit_kind position"
    frame = pd.DataFrame(rows, columns=names.split()).assign(edition="2026-01")
    with store.write(who="a test", action="standard") as writer:
        writer.add(
            "conditions", layers.conform(frame, layers.BOOKS["conditions"]), date(2026, 1, 1)
        )


def spot(x: float, y: float) -> Any:
    """Return a place of the town in degrees, `x` metres east and `y` north of its corner."""
    return gpd.GeoSeries([place(x, y)], crs=METRIC).to_crs("EPSG:4490").iloc[0]


@dataclass
class Town:
    """A register, its clock, and those who ask it."""

    store: Store
    workspaces: Workspaces
    now: datetime = NOON

    def setting(self, who: Person = PUBLIC) -> Setting:
        return Setting(self.workspaces, who, calendar(ZONE), ZONE)

    def citizens(
        self, allowance: Allowance = ALLOWANCE, secret: bytes = b"of a test", who: Person = PUBLIC
    ) -> Citizens:
        return Citizens(self.setting(who), allowance, secret)

    def act(self, issue_id: str, name: str, **more: Any) -> None:
        Acts(self.setting(OFFICE)).act(issue_id, Act(name, **more))

    def issues(self) -> list[dict[str, Any]]:
        """Return the issues that came after those with which the town begins."""
        rows = self.store.read_issues().reset_index()
        return rows[rows["number"].notna()].sort_values("number").to_dict("records")


@contextmanager
def town_in(folder: Path) -> Iterator[Town]:
    """Open a register of the town in which one may report."""
    clock: dict[str, Town] = {}
    store = Store(connect(town_register(folder)), clock=lambda: clock["town"].now)
    made = clock["town"] = Town(store, Workspaces(Workspace(store)))
    publish_conditions(store)
    yield made
    store.close()


def garbage(**more: Any) -> Report:
    """Return a report of garbage in the square of grid 001."""
    told = {"category": GARBAGE, "description": "桶外有垃圾", "place": spot(80, 190), **more}
    return Report(**told)
