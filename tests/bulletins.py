"""A town whose April is worked out by hand, for tests of the bulletin."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd

from geodata.bulletins import Bulletins
from geodata.calendars import calendar
from geodata.database import connect
from geodata.issues.setting import Setting
from geodata.scoped import Workspaces
from geodata.store import Store
from geodata.workspace import Workspace
from gridmap import layers
from gridmap.bulletins import Month
from tests.geodata.towns import OFFICER, ZONE
from tests.registers import CRS, town_register
from tests.town import METRIC, SQUARES, place

APRIL = Month.of("2026-04")
G1, *_ = SQUARES
TEN = "T02:00:00Z"  # ten in the morning in the city


def issue(key: str, reported: str, state: str, **more: Any) -> dict[str, Any]:
    """Return a row of an issue in grid 001, which u1 answers for; moments as days."""
    moments = ("due_at", "closed_at", "rectified_at", "paused_at")
    told = {name: f"{value}{TEN}" if name in moments else value for name, value in more.items()}
    return {
        "issue_id": key,
        "reported_at": f"{reported}{TEN}",
        "category": "暴露垃圾",
        "channel": "hotline",
        "state": state,
        "grid": G1,
        "unit_id": "u1",
        "geometry": place(20, 150),
        **dict.fromkeys(moments),
        **told,
    }


# Beside i1 and i2 of March and i3 of the first of April, which nobody has looked at
ISSUES = (
    issue(
        "a",
        "2026-03-10",
        "closed_out",
        due_at="2026-04-03",
        rectified_at="2026-04-02",
        closed_at="2026-04-05",
    ),
    issue(
        "b",
        "2026-04-02",
        "closed_out",
        due_at="2026-04-10",
        rectified_at="2026-04-12",
        closed_at="2026-04-20",
    ),
    issue("c", "2026-04-15", "dispatched", due_at="2026-04-20"),
    issue("d", "2026-04-20", "refused", closed_at="2026-04-21"),
    issue("e", "2026-04-25", "closed_out", due_at="2026-05-01", closed_at="2026-05-03"),
    issue("f", "2026-04-26", "merged", category="占道经营"),
)
LATE = issue("late", "2026-04-28", "filed", category="占道经营", due_at="2026-05-20")


def bulletin_town(folder: Path) -> str:
    """Keep the town with the issues of its April, and return its address."""
    url = town_register(folder)
    store = Store(connect(url))
    bring(store, *ISSUES)
    store.close()
    return url


def bring(store: Store, *rows: dict[str, Any]) -> None:
    """Bring issues into a register, whenever it is."""
    frame = gpd.GeoDataFrame(list(rows), geometry="geometry", crs=METRIC).to_crs(CRS)
    with store.write(who="a test", action="import") as writer:
        writer.add("issues", layers.conform(frame, layers.LAYERS["issues"]), date(2026, 4, 1))


def setting_of(url: str, day: date = date(2026, 6, 1)) -> Setting:
    """Open a register in the name of an office, at noon of a day."""
    noon = datetime(day.year, day.month, day.day, 4, tzinfo=UTC)
    store = Store(connect(url), clock=lambda: noon)
    return Setting(Workspaces(Workspace(store)), OFFICER, calendar(ZONE), ZONE)


def office_of(setting: Setting) -> Bulletins:
    """Return the bulletins as the city's office has them."""
    return Bulletins(setting, may_draft=True)
