"""
The town with three months of issues, counted by hand, for what leaders are told.

Up to 30 June 2026 (a Tuesday). Grid 001 is u1's, 003 u2's, 005 u3's::

    grid   May                June                  of June open on the 30th
    001    2 (June 1 closed)  14                    14, of which 12 overdue
    003    10                 10                    none
    005    none               1 on the 30th         1, not due

All of May were closed out in time, but one of grid 003 a day late. June's of grid 001 were reported
on the 15th and due on the 20th, two of them on 9 July.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from geodata.database import connect
from geodata.store import Store
from gridmap import layers
from tests.registers import CRS, town_register
from tests.town import METRIC, SQUARES, place

G1, G2, G3, G4, G5, *_ = SQUARES
AS_OF = date(2026, 6, 30)
AT = {G1: (50, 150), G3: (50, 50), G5: (250, 150)}
UNIT = {G1: "u1", G3: "u2", G5: "u3"}
FORMULA = '=HYPERLINK("http://x")'


def issue(
    n: int, grid: str, since: str, due: str, until: str | None, **more: Any
) -> dict[str, Any]:
    """Return an issue, closed out on a day if there is one; all at ten in the city."""
    return {
        "issue_id": f"{grid[-3:]}-{since[5:]}-{n:02d}",
        "reported_at": f"{since}T02:00:00Z",
        "due_at": f"{due}T02:00:00Z",
        "rectified_at": None if until is None else f"{until}T02:00:00Z",
        "closed_at": None if until is None else f"{until}T03:00:00Z",
        "filed_at": f"{since}T02:00:00Z",
        "state": "dispatched" if until is None else "closed_out",
        "category": "暴露垃圾",
        "channel": "hotline",
        "grid": grid,
        "unit_id": UNIT[grid],
        "geometry": place(*AT[grid]),
        **more,
    }


def issues() -> gpd.GeoDataFrame:
    """Return the issues, conformed."""
    rows = [issue(n, G1, "2026-05-20", "2026-05-25", "2026-05-21") for n in range(2)]
    rows += [issue(n, G1, "2026-06-15", "2026-06-20", None) for n in range(12)]
    rows += [issue(n, G1, "2026-06-15", "2026-07-09", None) for n in range(12, 14)]
    for month in ("05", "06"):
        day = f"2026-{month}-10"
        rows += [
            issue(n, G3, day, f"2026-{month}-15", f"2026-{month}-12", channel="unit_patrol")
            for n in range(9)
        ]
    rows.append(issue(9, G3, "2026-05-10", "2026-05-15", "2026-05-16", category=FORMULA))
    rows.append(issue(9, G3, "2026-06-10", "2026-06-15", "2026-06-12"))
    rows.append(issue(0, G5, "2026-06-30", "2026-07-09", None))
    frame = gpd.GeoDataFrame(rows, geometry="geometry", crs=METRIC).to_crs(CRS)
    return layers.conform(frame, layers.LAYERS["issues"])


def visits() -> pd.DataFrame:
    """Return visits: the market fell short and then reached it all, the school never did."""
    told = [
        ("v1", "m1", "2026-06-01T02:00Z", 10.0),
        ("v2", "m1", "2026-06-02T02:00Z", 20.0),
        ("v3", "s1", "2026-06-01T02:00Z", 13.0),
    ]
    rows = [
        {
            "visit_id": key,
            "point_id": point,
            "unit_id": "u2",
            "at": at,
            "by": "李二",
            "score": score,
        }
        for key, point, at, score in told
    ]
    return layers.conform(pd.DataFrame(rows).assign(out_of=20.0), layers.kept("visits"))


def leading_register(folder: Path) -> str:
    """Keep the town with these issues and visits, and return its address."""
    url = town_register(folder)
    store = Store(connect(url), clock=lambda: datetime(2026, 7, 1, tzinfo=UTC))
    with store.write(who="a test", action="import") as writer:
        writer.retire("issues", ["i1", "i2", "i3"], date(2026, 1, 1))
        writer.add("issues", issues(), date(2026, 6, 1))
        writer.add("visits", visits(), date(2026, 6, 1))
    store.close()
    return url
