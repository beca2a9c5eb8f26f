"""
Patches of leaders: grids or communities divided among posts, contiguous and of about equal load.

The division itself is `gridmap.planning.patches`; here it is put together from the layers, and each
patch is given to the leader who holds most of it today, so that as little as can be changes hands.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from geodata.planner import Task, conflict_words, loads
from geodata.workspace import Workspace
from gridmap import assignments, drafts
from gridmap.drafts import Draft
from gridmap.errors import InvalidError, NotFoundError
from gridmap.planning import Patches, Watch, patches
from gridmap.topology import contiguity, read_topology

TIER = "patch_leader"
LAYERS = {"grid": ("grids", "grid"), "community": ("communities", "division")}
"""What is divided → its layer, and its target kind."""


@dataclass(frozen=True)
class PatchTask:
    """
    What an office asks: leaders, and what is to be divided among them.

    Parameters
    ----------
    name, effective, scheme
        Of the plan.
    leaders
        Posts, one patch each.
    areas
        ``grid`` or ``community``.
    load
        ``one``, ``area`` or ``residents``.
    tolerance
        How far a load may be from the mean, as a share of it.
    change_weight
        Cost of moving one unit of load away from today's leader.
    time_limit_s
        After which the best so far is taken.
    """

    name: str
    effective: date
    leaders: tuple[str, ...]
    areas: Literal["grid", "community"] = "grid"
    load: Literal["one", "area", "residents"] = "one"
    tolerance: float = 0.1
    change_weight: float = 0.0
    time_limit_s: float = 60.0
    scheme: str = "main"


def plan(
    workspace: Workspace, task: PatchTask, watch: Watch | None = None
) -> tuple[Patches, Draft]:
    """
    Divide, and say what of today would change.

    Parameters
    ----------
    workspace
        The register, or the part of it that is divided.
    task
        What is asked.
    watch
        As for `gridmap.planning.patches`.

    Raises
    ------
    NotFoundError, InvalidError
        If a leader is not there, or there are no areas or fewer areas than leaders.
    """
    layer, kind = LAYERS[task.areas]
    units = workspace.frame("units", task.effective)
    if missing := [leader for leader in task.leaders if leader not in units.index]:
        msg = "There is no unit {unit_id}."
        raise NotFoundError(msg, unit_id=", ".join(missing[:5]))
    frame = workspace.measured(layer, task.effective)
    frame = frame[frame.geometry.notna()]
    if len(frame) < max(len(task.leaders), 1) or not task.leaders:
        msg = "There are {n} areas for {k} leaders; each needs one at least."
        raise InvalidError(msg, n=len(frame), k=len(task.leaders))
    asked = Task(task.name, task.effective, load=task.load)
    middle = frame.geometry.representative_point()
    areas = pd.DataFrame(
        {"x": middle.x, "y": middle.y, "load": loads(workspace, asked, frame)}, index=frame.index
    )
    held = _held(workspace, task, kind)
    today = held.drop_duplicates("target").set_index("target")["unit_id"].reindex(frame.index)
    found = patches(
        areas,
        contiguity(read_topology(frame), queen=False),
        len(task.leaders),
        tolerance=task.tolerance,
        today=today if today.notna().all() else None,
        change_weight=task.change_weight,
        time_limit_s=task.time_limit_s,
        watch=watch,
    )
    return found, _draft(found, areas, held, today, task, kind)


def _held(workspace: Workspace, task: PatchTask, kind: str) -> pd.DataFrame:
    history = workspace.frame("assignments", task.effective)
    rows = assignments.in_force(history, task.effective)
    mine = (rows["scheme"] == task.scheme) & (rows["tier"] == TIER)
    return rows[mine & (rows["target_kind"] == kind)]


def _draft(
    found: Patches,
    areas: pd.DataFrame,
    held: pd.DataFrame,
    today: pd.Series,
    task: PatchTask,
    kind: str,
) -> Draft:
    nobody = found.labels.isna().all() or not len(found.centres)
    labels = found.labels.iloc[:0] if nobody else found.labels
    leader_of = {} if nobody else _leaders(found, areas, today, task.leaders)
    wanted = _wanted(labels, leader_of, today, kind)
    stays = held.iloc[:0] if nobody else held  # without a plan nothing ends either
    targets = pd.DataFrame({"target_kind": kind, "target": areas.index})
    return drafts.compare(wanted, stays, targets, _facts(found))


def _leaders(
    found: Patches, areas: pd.DataFrame, today: pd.Series, leaders: tuple[str, ...]
) -> dict[object, str]:
    """Give each patch to the leader who holds most of its load today."""
    patch_ids = list(found.centres.index)
    common = np.zeros((len(patch_ids), len(leaders)))
    for row, patch in enumerate(patch_ids):
        mine = found.labels == patch
        by_leader = areas["load"][mine].groupby(today[mine]).sum()
        common[row] = by_leader.reindex(list(leaders)).fillna(0.0).to_numpy()
    rows, columns = linear_sum_assignment(-common)
    return {patch_ids[row]: leaders[column] for row, column in zip(rows, columns, strict=True)}


def _wanted(
    labels: pd.Series,
    leader_of: dict[object, str],
    today: pd.Series,
    kind: str,
) -> pd.DataFrame:
    unit = labels.map(leader_of).astype("str")
    stays = (today.reindex(labels.index) == unit).to_numpy(dtype=bool)
    return pd.DataFrame(
        {
            "target_kind": kind,
            "target": labels.index,
            "from_m": np.nan,
            "to_m": np.nan,
            "side": None,
            "unit_id": unit.to_numpy(),
            "tier": TIER,
            "distance_m": np.nan,
            "reason": np.where(stays, "kept", "even"),
        }
    )


def _facts(found: Patches) -> dict[str, object]:
    finite = bool(np.isfinite(found.cost))
    return {
        "goal": "patches",
        "status": found.status,
        "cost": float(found.cost) if finite else None,
        "bound": float(found.bound) if np.isfinite(found.bound) else None,
        "gap": float(found.gap) if finite else 0.0,
        "seconds": round(found.seconds, 2),
        "solver": found.solver,
        "travel_m": 0.0,
        "longest_m": 0.0,
        "loads": [float(load) for load in found.loads],
        "conflicts": [str(conflict) for conflict in found.conflicts],
        "conflict_words": conflict_words(found.conflicts),
    }
