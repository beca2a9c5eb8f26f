"""Patrols of an invented city: on the last days most units have walked most of their beats."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from geodata.calendars import calendar
from geodata.reports import beats
from geodata.store import Store
from geodata.workspace import Workspace
from gridmap import layers

ZONE = ZoneInfo("Asia/Shanghai")
DAYS, GRIDS_AT_MOST, SEED = 20, 2000, 20230701
BACK = 60  # days in which there are so many workdays, whatever the holidays
WALKING, LEAST = 0.85, 0.5  # how many units walk, and the least share of a stretch that is walked


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
    roads: dict[str, list[list[Any]]] = {unit: [] for unit in every.units}
    for unit, *stretch in every.roads.round(1).itertuples(index=False):
        roads[unit].append(stretch)
    points = {unit: rows.to_list() for unit, rows in every.points.groupby("unit_id")["point_id"]}
    names = workspace.frame("units", today)["contact"].fillna("演示")
    before, city = (today - timedelta(days=n) for n in range(1, BACK)), calendar(ZONE)
    days = [day for day in before if city.is_workday(day)][:DAYS]
    rng = np.random.default_rng(SEED)
    rows = [
        _row(unit, day, roads[unit], points.get(unit, []), rng) | {"by": names[unit]}
        for day in days
        for unit in every.units
        if rng.random() < WALKING
    ]
    if rows:
        with store.write(who="demo", action="patrol", what={"demo": True}) as writer:
            kept = layers.conform(pd.DataFrame(rows), layers.kept("patrols"))
            writer.add("patrols", kept, today)


def _row(
    unit: str, day: date, roads: list[list[Any]], points: list[str], rng: np.random.Generator
) -> dict[str, object]:
    """Return a patrol that leaves the ends of some stretches, and some points."""
    shares = np.where(rng.random(len(roads)) < WALKING, 1.0, rng.uniform(LEAST, 1.0, len(roads)))
    turns = [
        round(first + share * (last - first), 1)
        for share, (_, first, last) in zip(shares, roads, strict=True)
    ]
    done = [[road, first, turn] for turn, (road, first, _) in zip(turns, roads, strict=True)]
    left = [[r, turn, last] for turn, (r, _, last) in zip(turns, roads, strict=True) if turn < last]
    seen = [point for point in points if rng.random() < WALKING]
    start = datetime.combine(day, time(8, 30), ZONE) + timedelta(minutes=int(rng.integers(480)))
    walked_m = round(sum(last - first for _, first, last in done), 1)
    missed = {"roads": left, "points": sorted(set(points) - set(seen))}
    return {
        "patrol_id": f"demo-{unit}-{day:%Y%m%d}",
        "unit_id": unit,
        "day": pd.Timestamp(day),
        "started_at": start,
        "ended_at": start + timedelta(minutes=15, seconds=walked_m),
        "roads_m": round(sum(last - first for _, first, last in roads), 1),
        "walked_m": walked_m,
        "points_due": len(points),
        "points_seen": len(seen),
        "missed": json.dumps(missed, ensure_ascii=False),
        "walked": json.dumps({"roads": done, "points": seen, "ticked": []}, ensure_ascii=False),
    }
