"""The closed loop for tests: people of every role, and what they do to the issues of the town."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import pandas as pd
from shapely import Point

from geodata.issues.account import Account, account
from geodata.issues.acts import Act, Acts, Done
from geodata.issues.intake import Intake, Report
from geodata.issues.ledger import Found, Ledger, Wanted
from geodata.issues.setting import Setting
from geodata.receipts import Once
from geodata.scoped import Workspaces
from geodata.store import Store
from geodata.workspace import Workspace
from gridmap import layers
from gridmap.access import CITY, PUBLIC, Grant, Person, Scope
from gridmap.clocks import Calendar
from tests.town import COMMUNITIES, METRIC, place

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = Calendar(ZONE)
WEST, EAST = COMMUNITIES
EDITION = date(2026, 1, 1)
LITTER, COVER = "暴露垃圾", "井盖"


def person(name: str, role: str, scope: Scope = CITY) -> Person:
    return Person(name, f"名{name}", frozenset({Grant(role, scope)}))


PEOPLE = {
    "office": person("office", "city_office"),
    "second": person("second", "city_office"),
    "west": person("west", "subdistrict_office", Scope("division", WEST)),
    "east": person("east", "subdistrict_office", Scope("division", EAST)),
    "u1": person("u1-head", "unit_coordinator", Scope("unit", "u1")),
    "u2": person("u2-head", "unit_coordinator", Scope("unit", "u2")),
    "u3": person("u3-head", "unit_coordinator", Scope("unit", "u3")),
    "staff": person("u1-staff", "field_staff", Scope("unit", "u1")),
    "inspector": person("inspector", "inspector"),
    "east inspector": person("east-inspector", "inspector", Scope("division", EAST)),
    "leader": person("leader", "leader"),
    "auditor": person("auditor", "auditor"),
    "admin": person("admin", "system_admin"),
    "public": PUBLIC,
}


class Loop:
    """A register in which people report and act."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.workspaces = Workspaces(Workspace(store))

    def of(self, who: str) -> Setting:
        return Setting(self.workspaces, PEOPLE[who], CALENDAR, ZONE)

    def report(
        self,
        who: str,
        x: float | None = 70,
        y: float = 170,
        *,
        once: Once | None = None,
        **more: Any,
    ) -> dict[str, Any]:
        """Report litter x metres east and y north of the town's corner; nowhere without x."""
        spot = None if x is None else at(x, y)
        told = {"category": LITTER, "description": "垃圾", "place": spot, **more}
        return Intake(self.of(who)).report(Report(**told), once).answer

    def act(
        self,
        who: str,
        issue_id: str,
        act: str,
        *,
        seen: int | None = None,
        once: Once | None = None,
        **more: Any,
    ) -> Done:
        return Acts(self.of(who)).act(issue_id, Act(act, **more), seen=seen, once=once)

    def bulk(self, who: str, issue_ids: list[str], act: str, **more: Any) -> Done:
        return Acts(self.of(who)).bulk(issue_ids, Act(act, **more))

    def find(self, who: str, **wanted: Any) -> Found:
        return Ledger(self.of(who)).find(Wanted(**wanted))

    def seen(self, who: str, **wanted: Any) -> set[str]:
        return set(self.find(who, limit=1000, **wanted).issues.index)

    def told(self, who: str, issue_id: str) -> Account:
        return account(self.of(who), issue_id)

    def state(self, issue_id: str) -> str:
        return str(self.told("office", issue_id).issue["state"])

    def photo(self, issue_id: str, x: float, y: float = 170, kind: str = "after") -> None:
        """Keep a photo that was taken x metres east and y north of the town's corner."""
        name = f"photo-{self.store.version('photos')}"
        row = {
            "photo_id": [name],
            "subject_kind": "issue",
            "subject": issue_id,
            "kind": kind,
            **dict.fromkeys(("key", "thumb", "sent"), name),
            **dict.fromkeys(("width", "height", "size"), 10),
            "position_source": "phone",
            "at": self.store.now(),
            "by": "u1-staff",
        }
        frame = gpd.GeoDataFrame(row, geometry=[at(x, y)], crs=self.store.meta.crs)
        self.write("photos", frame)

    def write(self, layer: str, frame: pd.DataFrame, since: date = date(2026, 6, 1)) -> None:
        with self.store.write(who="a test", action="import") as writer:
            writer.add(layer, layers.conform(frame, layers.kept(layer)), since)

    def close_out(self, issue_id: str) -> None:
        """Bring an issue of the unit u1 from its dispatch to the end."""
        self.act("u1", issue_id, "accept")
        self.act("staff", issue_id, "rectify")
        self.photo(issue_id, 75)
        self.act("inspector", issue_id, "reinspect")
        self.act("inspector", issue_id, "close_out")


def looped(store: Store) -> Loop:
    """Publish filing conditions in a register: one for litter, two for manhole covers."""
    loop = Loop(store)
    loop.write("conditions", conditions(), EDITION)
    return loop


def conditions() -> pd.DataFrame:
    rows = [
        ("c1", LITTER, "地面有暴露垃圾", 2.0, "working_days"),
        ("c2", COVER, "缺失", 2.0, "urgent_hours"),
        ("c3", COVER, "下沉", 5.0, "working_days"),
    ]
    names = ["condition_id", "category", "condition", "limit_amount", "limit_kind"]
    frame = pd.DataFrame(rows, columns=names)
    return frame.assign(edition="2026", sort="component", group="市容环境", position=[1, 2, 3])


def at(x: float, y: float) -> Point:
    """Return a place in degrees."""
    return gpd.GeoSeries([place(x, y)], crs=METRIC).to_crs("EPSG:4490").iloc[0]


def local(text: str) -> datetime:
    """Return a moment in the city."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)
