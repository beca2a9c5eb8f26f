"""Patrols of an invented city: most units have walked most of their beats on the last days."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from geodata.calendars import calendar
from geodata.reports import beats
from geodata.store import Store
from geodata.workspace import Workspace
from gridmap import layers
from gridmap.patrols import Beats

ZONE = ZoneInfo("Asia/Shanghai")
DAYS, GRIDS_AT_MOST, SEED = 5, 2000, 20230701
WALKING, SEEING = 0.85, 0.9  # shares of units that walk, and of their points that they see
M_PER_S = 1.2


def add_demo_patrols(store: Store) -> None:
    """
    Write patrols of the last working days before today, in one transaction.

    Parameters
    ----------
    store
        Of a register with units that answer for ground; a city of more than `GRIDS_AT_MOST` grids
        stays without patrols.
    """
    workspace, today = Workspace(store), store.now().astimezone(ZONE).date()
    if len(workspace.frame("grids", today)) > GRIDS_AT_MOST:
        return
    every = beats.every(workspace, today)
    names = workspace.frame("units", today)["contact"].fillna("演示")
    before, works = (today - timedelta(days=n) for n in range(1, 30)), calendar(ZONE)
    days = [day for day in before if works.is_workday(day)][:DAYS]
    rng = np.random.default_rng(SEED)
    rows = [
        _row(every.of(unit), day, rng) | {"by": names[unit]}
        for day in days
        for unit in every.units
        if rng.random() < WALKING
    ]
    if rows:
        frame = layers.conform(pd.DataFrame(rows), layers.kept("patrols"))
        with store.write(who="demo", action="patrol", what={"demo": True}) as writer:
            writer.add("patrols", frame, today)


def _row(beat: Beats, day: date, rng: np.random.Generator) -> dict[str, object]:
    """Return a patrol that leaves the ends of some stretches, and some points."""
    unit = str(beat.units[0])
    roads = beat.roads[["road_id", "from_m", "to_m"]].round(1)
    walked = np.where(rng.random(len(roads)) < WALKING, 1.0, rng.random(len(roads)))
    turn = (roads["from_m"] + (roads["to_m"] - roads["from_m"]) * walked).round(1)
    done, left = roads.assign(to_m=turn), roads.assign(from_m=turn)
    seen = rng.random(len(beat.points)) < SEEING
    points = beat.points["point_id"].to_numpy()
    metres = [float((rows["to_m"] - rows["from_m"]).sum()) for rows in (roads, done)]
    start = datetime.combine(day, time(8, 30), ZONE) + timedelta(minutes=int(rng.integers(480)))
    told = {"roads": _stretches(done), "points": points[seen].tolist(), "ticked": []}
    missed = {"roads": _stretches(left), "points": points[~seen].tolist()}
    return {
        "patrol_id": f"demo-{unit}-{day:%Y%m%d}",
        "unit_id": unit,
        "day": pd.Timestamp(day),
        "started_at": start,
        "ended_at": start + timedelta(seconds=900 + metres[1] / M_PER_S),
        "roads_m": round(metres[0], 1),
        "walked_m": round(metres[1], 1),
        "points_due": len(points),
        "points_seen": int(seen.sum()),
        "missed": json.dumps(missed, ensure_ascii=False),
        "walked": json.dumps(told, ensure_ascii=False),
    }


def _stretches(rows: pd.DataFrame) -> list[list[object]]:
    kept = rows[rows["to_m"] > rows["from_m"]]
    return [list(row) for row in kept.itertuples(index=False)]
