"""
The planner on a register: from what an office asks to a problem, and from its answer to a draft.

Seats and targets are taken in metres; loads, capacities and limits from the layers and from what
was asked. The planning itself is `gridmap.planning`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.reports import ground
from geodata.workspace import Workspace
from gridmap import assignments, drafts
from gridmap.assignments import PRIMARY
from gridmap.drafts import ASSISTING, Draft
from gridmap.errors import InvalidError, NotFoundError
from gridmap.planning import Conflict, Goal, Plan, Problem, Watch, assign_units

Kind: TypeAlias = Literal["grid", "inspection_point", "compound"]
Load: TypeAlias = Literal["one", "area", "residents", "compounds"]
Which: TypeAlias = Literal["all", "uncovered"]
LAYER: dict[str, str] = {
    "grid": "grids",
    "inspection_point": "inspection_points",
    "compound": "compounds",
}
TIERS = (PRIMARY, ASSISTING)


@dataclass(frozen=True)
class Task:
    """
    What an office asks of the planner.

    Parameters
    ----------
    name
        Of the plan.
    effective
        The day from which it is to hold.
    goal
        One of `gridmap.planning.Goal`.
    kind, which, division
        What is dealt out: all targets of a kind, or those without a primary unit; only those below
        a division.
    units
        Who takes part; all units in use that can be called (no leaders' posts) if left out.
    leaving
        Units that are to hold nothing.
    targets_at_most
        Most units of one target.
    unit_at_least, unit_at_most
        Fewest and most targets of one unit.
    load, per_head
        What a target weighs, and how much of it one head of a unit takes; no limit if left out.
    fixed, forbidden
        Pairs of target and unit that must be, and that may not be.
    change_weight
        Metres that each change counts as, for the goal ``travel``.
    time_limit_s
        After which the best so far is taken.
    scheme, metric
        Of the assignments; how distances are taken.
    """

    name: str
    effective: date
    goal: str = Goal.TRAVEL
    kind: Kind = "grid"
    which: Which = "all"
    division: str | None = None
    units: tuple[str, ...] | None = None
    leaving: tuple[str, ...] = ()
    targets_at_most: int | None = 2
    unit_at_least: int = 0
    unit_at_most: int | None = None
    load: Load = "one"
    per_head: float | None = None
    fixed: tuple[tuple[str, str], ...] = ()
    forbidden: tuple[tuple[str, str], ...] = ()
    change_weight: float = 0.0
    time_limit_s: float = 60.0
    scheme: str = "main"
    metric: Literal["euclidean", "manhattan"] = "euclidean"
    note: str | None = field(default=None, compare=False)


def plan(workspace: Workspace, task: Task, watch: Watch | None = None) -> tuple[Plan, Draft]:
    """
    Plan, and say what of today would change.

    Parameters
    ----------
    workspace
        The register, or the part of it that is planned.
    task
        What is asked.
    watch
        As for `gridmap.planning.assign_units`.

    Returns
    -------
    Plan, Draft
        The planner's answer, and the draft; empty where no plan was found.
    """
    asked = problem(workspace, task)
    found = assign_units(
        asked,
        Goal(task.goal),
        time_limit_s=task.time_limit_s,
        change_weight=task.change_weight,
        watch=watch,
    )
    held = held_now(workspace, task)
    targets = pd.DataFrame({"target_kind": task.kind, "target": asked.targets.index})
    wanted = drafts.tiered(found.pairs, held).assign(
        target_kind=task.kind, from_m=np.nan, to_m=np.nan, side=None
    )
    kept = held if found.status != "infeasible" and len(found.pairs) else held.iloc[:0]
    return found, drafts.compare(wanted, kept, targets, facts_of(found))


def problem(workspace: Workspace, task: Task) -> Problem:
    """
    Put the planner's problem together.

    Parameters
    ----------
    workspace, task
        As for `plan`.

    Raises
    ------
    NotFoundError
        If a unit that is named is not there, or nothing is left to plan.
    InvalidError
        If the goal is none.
    """
    if task.goal not in list(Goal):
        msg = "There is no goal {goal}; there are {goals}."
        raise InvalidError(msg, goal=task.goal, goals=", ".join(Goal))
    targets = _targets(workspace, task)
    units = _units(workspace, task)
    today = held_now(workspace, task)[["target", "unit_id"]]
    return Problem(
        units=units,
        targets=targets,
        fixed=_pairs(task.fixed),
        forbidden=_pairs(task.forbidden),
        today=today[today["target"].isin(targets.index)].reset_index(drop=True),
        metric=task.metric,
    )


def held_now(workspace: Workspace, task: Task) -> pd.DataFrame:
    """Return what is in force of the task's kind, scheme and tiers when it takes effect."""
    history = workspace.frame("assignments", task.effective)
    rows = assignments.in_force(history, task.effective)
    mine = (rows["scheme"] == task.scheme) & rows["tier"].isin(TIERS)
    return rows[mine & (rows["target_kind"] == task.kind)]


def facts_of(found: Plan) -> dict[str, object]:
    """Return what a plan says of itself, as JSON knows it."""
    return {
        "goal": str(found.goal),
        "status": found.status,
        "cost": None if not np.isfinite(found.cost) else float(found.cost),
        "bound": None if not np.isfinite(found.bound) else float(found.bound),
        "gap": float(found.gap),
        "seconds": round(found.seconds, 2),
        "solver": found.solver,
        "travel_m": float(found.travel_m),
        "longest_m": float(found.longest_m),
        "conflicts": [str(conflict) for conflict in found.conflicts],
        "conflict_words": conflict_words(found.conflicts),
    }


def conflict_words(conflicts: Sequence[str]) -> list[dict[str, object]]:
    """
    Return what stands in a plan's way, so that a page can say it in the reader's language.

    Parameters
    ----------
    conflicts
        As `gridmap.planning.Plan.conflicts`.
    """
    said = [conflict for conflict in conflicts if isinstance(conflict, Conflict)]
    return [
        {
            "template": conflict.template,
            "values": {
                name: value.item() if isinstance(value, np.generic) else value
                for name, value in conflict.values.items()  # noqa: PD011 - no frame
            },
        }
        for conflict in said
    ]


def _targets(workspace: Workspace, task: Task) -> pd.DataFrame:
    frame = workspace.measured(LAYER[task.kind], task.effective)
    if task.division is not None:
        frame = frame[_below(workspace, task, frame)]
    if task.which == "uncovered":
        held = held_now(workspace, task)
        frame = frame[~frame.index.isin(held.loc[held["tier"] == PRIMARY, "target"])]
    if frame.empty:
        msg = "There is nothing to plan here."
        raise NotFoundError(msg)
    place = gpd.GeoSeries(frame.geometry.representative_point(), crs=frame.crs)
    most = np.nan if task.targets_at_most is None else task.targets_at_most
    table = pd.DataFrame({"x": place.x, "y": place.y, "load": loads(workspace, task, frame)})
    return table.assign(at_least=1, at_most=most)


def _below(workspace: Workspace, task: Task, frame: gpd.GeoDataFrame) -> np.ndarray:
    if task.kind == "grid":
        lineage = workspace.lineage(task.effective)
        mine = (lineage == task.division).any(axis=1) | (frame["parent"] == task.division)
        return np.asarray(mine, dtype=bool)
    areas = pd.concat(
        [
            workspace.measured(ground.layer_of(level), task.effective)
            for level in ("district", "subdistrict", "community")
        ]
    )
    if task.division not in areas.index or areas.geometry[task.division] is None:
        msg = "There is no division {code} that is drawn."
        raise NotFoundError(msg, code=task.division)
    return np.asarray(frame.representative_point().intersects(areas.geometry[task.division]))


def loads(workspace: Workspace, task: Task, frame: gpd.GeoDataFrame) -> pd.Series:
    """
    Return what each target weighs.

    Parameters
    ----------
    workspace, task
        As for `plan`; the task says by what.
    frame
        The targets, in metres.

    Raises
    ------
    InvalidError
        If residents are asked for, and not every target knows its own.
    """
    if task.load == "area":
        return frame.area
    if task.load == "residents":
        if "residents" not in frame or frame["residents"].isna().any():
            msg = "Not every target says how many residents it has; plan by another load."
            raise InvalidError(msg)
        return frame["residents"].astype(float)
    if task.load == "compounds":
        compounds = workspace.measured("compounds", task.effective)
        inside = shapely.point_on_surface(compounds.geometry.to_numpy())
        at, _ = shapely.STRtree(inside).query(frame.geometry.to_numpy(), predicate="intersects")
        return pd.Series(np.bincount(at, minlength=len(frame)), index=frame.index, dtype=float)
    return pd.Series(1.0, index=frame.index)


def _units(workspace: Workspace, task: Task) -> pd.DataFrame:
    frame = workspace.measured("units", task.effective)
    usable = frame["active"].fillna(value=True).astype(bool) & (frame["party"] != "post")
    if task.units is not None:
        _require(task.units, frame.index)
        usable &= frame.index.isin(list(task.units))
    else:  # what a unit holds that cannot be called counts as uncovered
        usable &= frame["contact"].notna() | frame["phone"].notna()
    _require(task.leaving, frame.index)
    frame = frame[usable & ~frame.index.isin(list(task.leaving))]
    capacity = np.nan if task.per_head is None else frame["headcount"].astype(float) * task.per_head
    place = frame.geometry
    return pd.DataFrame(
        {
            "x": place.x,
            "y": place.y,
            "capacity": capacity,
            "at_least": task.unit_at_least,
            "at_most": np.nan if task.unit_at_most is None else task.unit_at_most,
        },
        index=frame.index,
    )


def _require(units: Sequence[str], known: pd.Index) -> None:
    if missing := [unit for unit in units if unit not in known]:
        msg = "There is no unit {unit_id}."
        raise NotFoundError(msg, unit_id=", ".join(missing[:5]))


def _pairs(pairs: Sequence[tuple[str, str]]) -> pd.DataFrame:
    return pd.DataFrame(list(pairs), columns=["target", "unit_id"], dtype="str")
