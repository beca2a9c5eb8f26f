"""A town with a season of issues, some units slower than others, for evaluation and ranking."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import geopandas as gpd

from geodata.database import connect
from geodata.issues import records
from geodata.store import Store
from gridmap import layers
from tests.registers import CRS, town_register
from tests.town import METRIC, SQUARES, place

G1, _G2, G3, _G4, G5, G6, _G7 = SQUARES
HELD = {"u1": (G1, 50), "u2": (G3, 150), "u3": (G5, 250), "u4": (G6, 250)}
PUNCTUAL = {"u1": 38, "u2": 34, "u3": 6, "u4": 3}
"""Of 40 issues of May each, how many were set right in time; u4 has 5 issues alone."""
MANY = {"u1": 40, "u2": 40, "u3": 40, "u4": 5}


def issue(unit: str, number: int) -> dict[str, Any]:
    """Return the issue of that number of a unit: reported in May, due on the day after."""
    at = datetime(2026, 5, 1 + number % 28, 2, tzinfo=UTC)
    late = timedelta(hours=20 if number < PUNCTUAL[unit] else 30)
    grid, x = HELD[unit]
    return {
        "issue_id": f"{unit}-{number:02}",
        "number": f"2026{unit[1]}{number:04}",
        "reported_at": at,
        "filed_at": at,
        "due_at": at + timedelta(days=1),
        "rectified_at": at + late,
        "closed_at": at + late + timedelta(hours=1),
        "state": "closed_out",
        "category": "暴露垃圾" if number % 2 else "占道经营",
        "channel": "unit_patrol" if number % 3 else "hotline",
        "grid": grid,
        "unit_id": unit,
        "geometry": place(x + number, 150),
    }


def event(issue_id: str, act: str, hour: int, **more: Any) -> dict[str, Any]:
    """Return what was done with an issue on the 30th of May."""
    told = {
        "event_id": f"{issue_id}-{act}-{hour}",
        "issue_id": issue_id,
        "at": datetime(2026, 5, 30, hour, tzinfo=UTC),
        "act": act,
        "to_state": "dispatched",
        "by": "p-office",
    }
    return told | more


EVENTS = (
    event("u1-00", "dispatch", 1),
    event("u1-00", "return", 2, by_unit="u1"),
    event("u1-00", "rule", 3, details={"before": {"unit_id": "u1"}}),  # back to u1
    event("u2-00", "dispatch", 1),
    event("u2-00", "return", 2, by_unit="u3"),
    event("u2-00", "rule", 3, details={"before": {"unit_id": "u3"}}),  # u3 was right
    event("u2-00", "reject", 4),
)


def ranked_register(folder: Path) -> str:
    """Keep the town with its season, and return the register's address."""
    url = town_register(folder)
    store = Store(connect(url), clock=lambda: datetime(2026, 7, 15, 4, tzinfo=UTC))
    rows = [issue(unit, number) for unit, many in MANY.items() for number in range(many)]
    frame = gpd.GeoDataFrame(rows, geometry="geometry", crs=METRIC).to_crs(CRS)
    day = date(2026, 6, 1)
    with store.write(who="a test", action="import") as writer:
        writer.add("issues", layers.conform(frame, layers.LAYERS["issues"]), day)
        writer.add("issue_events", records.events_frame(EVENTS), day)
    store.close()
    return url
