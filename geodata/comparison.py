"""A plan beside today: what changes, for whom, and what is left uncovered before and after."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import geopandas as gpd
import pandas as pd

from geodata import planner
from geodata.plan_rows import PlanRow
from geodata.reports.desk import counted, counters, uncovered_grids
from geodata.reports.names import named
from geodata.workspace import Workspace
from gridmap import assignments, coverage, layers
from gridmap.layers import LAYER_OF_LEVEL


@dataclass(frozen=True)
class Comparison:
    """
    A plan beside today.

    Parameters
    ----------
    rows
        One a target that changes: ``target_kind``, ``target``, ``target_name``, ``before`` and
        ``after`` (units with their tier), ``act`` (gains, loses, changes), ``distance_m``,
        ``reason``; geometry where the target has one.
    units
        One a unit that changes: ``unit_id``, ``unit_name``, ``before``, ``after`` (targets held).
    before, after
        The desk's counters on the day, without the plan and with it.
    """

    rows: gpd.GeoDataFrame
    units: pd.DataFrame
    before: dict[str, float]
    after: dict[str, float]


def comparison(workspace: Workspace, plan: PlanRow, after: pd.DataFrame | None) -> Comparison:
    """
    Set a plan beside today.

    Parameters
    ----------
    workspace
        The register.
    plan
        The plan.
    after
        The layer ``assignments`` as it would be; as it is if left out.
    """
    rows = _changed_targets(workspace, plan)
    before = counters(workspace, plan.effective)
    told = before if after is None else _counters_with(workspace, plan.effective, after)
    return Comparison(rows, _changed_units(workspace, plan), before, told)


def _counters_with(workspace: Workspace, as_of: date, after: pd.DataFrame) -> dict[str, float]:
    city = replace(workspace.city(as_of), assignments=after)
    whole = coverage.coverage(city, "city", as_of, ground=workspace.ground(as_of))
    return counted(whole, uncovered_grids(city, workspace.ground(as_of), as_of))


def _changed_targets(workspace: Workspace, plan: PlanRow) -> gpd.GeoDataFrame:
    key = ["target_kind", "target"]
    given, ended = plan.draft.given, plan.draft.ended
    names = named(pd.concat([given, ended])[[*key, "unit_id", "tier"]], workspace, plan.effective)
    said = names.assign(said=names["unit_name"].fillna(names["unit_id"]) + " · " + names["tier"])
    new = said.iloc[: len(given)].groupby(key)["said"].agg("; ".join).rename("after")
    old = said.iloc[len(given) :].groupby(key)["said"].agg("; ".join).rename("before")
    reasons = given.groupby(key).agg(distance_m=("distance_m", "min"), reason=("reason", "first"))
    rows = pd.concat([old, new, reasons], axis=1).rename_axis(key).reset_index()
    first = said.drop_duplicates(key)[[*key, "target_name"]]
    rows = rows.merge(first, on=key, how="left")
    both = rows["before"].notna() & rows["after"].notna()
    act = pd.Series("changes", index=rows.index).mask(rows["before"].isna(), "gains")
    rows["act"] = act.mask(rows["after"].isna(), "loses").where(~both, "changes")
    shapes = _shapes(workspace, rows, plan.effective)
    return gpd.GeoDataFrame(rows, geometry=shapes, crs=workspace.store.meta.crs)


def _changed_units(workspace: Workspace, plan: PlanRow) -> pd.DataFrame:
    history = workspace.frame("assignments", plan.effective)
    held = assignments.in_force(history, plan.effective)
    given, ended = plan.draft.given, plan.draft.ended
    units = pd.Index(sorted({*given["unit_id"], *ended["unit_id"]}), dtype="str")
    before = held["unit_id"].value_counts().reindex(units, fill_value=0)
    plus = given["unit_id"].value_counts().reindex(units, fill_value=0)
    minus = ended["unit_id"].value_counts().reindex(units, fill_value=0)
    names = workspace.frame("units", plan.effective)["name"].reindex(units)
    table = {"unit_id": units, "unit_name": names.to_numpy(), "before": before.to_numpy()}
    return pd.DataFrame({**table, "after": (before + plus - minus).to_numpy()})


def _shapes(workspace: Workspace, rows: pd.DataFrame, as_of: date) -> list[Any]:
    layer = {**planner.LAYER, "road_segment": "roads"}
    frames = {kind: workspace.frame(name, as_of).geometry for kind, name in layer.items()}
    divisions = [
        workspace.frame(LAYER_OF_LEVEL[level], as_of).geometry for level in layers.LEVELS[:3]
    ]
    frames["division"] = pd.concat(divisions)
    return [
        frames[kind].get(target)
        for kind, target in zip(rows["target_kind"], rows["target"], strict=True)
    ]
