"""What the desk shows: who holds what, what is left, what others have done, and the past."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from geodata import since
from geodata.history import past_of_target, past_of_unit
from geodata.reports import ground
from geodata.reports.names import named
from geodata.reports.search import index
from geodata.workspace import Workspace
from gridmap import answers
from gridmap.assignments import calendar_day
from gridmap.ground import City, Ground

SEARCHED = ("units",)
MOST = 0.5
COUNTED = {
    "ground_m2": ("ground_m2", "covered_m2"),
    "road_m": ("roads_m", "roads_covered_m"),
    "points": ("points_n", "points_covered_n"),
    "compounds": ("compounds_n", "compounds_covered_n"),
}
"""Counter → the columns of `gridmap.coverage.coverage`: all of it, and what is covered."""
PAST = [
    "at",
    "who",
    "action",
    "entry",
    "assignment_id",
    "target_kind",
    "target",
    "target_name",
    "unit_id",
    "unit_name",
    "tier",
    "since",
    "until",
    "source",
    "note",
]


@dataclass(frozen=True)
class DeskState:
    """
    What the desk starts from.

    Parameters
    ----------
    seen
        The last entry of the journal that it knows of.
    units
        ``unit_id``, ``name``, ``short_name``, ``search`` (all that may be typed to find it),
        ``party``, ``headcount``, ``active``.
    assignments
        In force on the day or later, as in the layer.
    first_day
        The first day on which anything held.
    """

    seen: int
    units: pd.DataFrame
    assignments: pd.DataFrame
    first_day: date


@dataclass(frozen=True)
class Later:
    """
    What has been done since an entry of the journal.

    Parameters
    ----------
    seen
        The last entry now.
    entries
        ``seq``, ``at``, ``who``, ``action``.
    added
        Assignments that came.
    released
        ``assignment_id``, ``until`` of those that ended, or whose end was taken back.
    layers
        Layers that were written, such as grids that somebody mended.
    """

    seen: int
    entries: pd.DataFrame
    added: pd.DataFrame
    released: pd.DataFrame
    layers: tuple[str, ...]


def desk_state(workspace: Workspace, as_of: date) -> DeskState:
    """
    Return what the desk starts from.

    Parameters
    ----------
    workspace, as_of
        The register and the day.
    """
    seen = _last_entry(workspace)  # before the rows: what comes in between is then told again
    history = workspace.frame("assignments", as_of)
    ends_later = history["until"].isna() | (history["until"] > calendar_day(as_of))
    annulled = history["until"].notna() & (history["until"] <= history["since"])
    days = workspace.days()
    return DeskState(
        seen=seen,
        units=_units(workspace, as_of),
        assignments=history[ends_later & ~annulled],
        first_day=min(days) if days else as_of,
    )


def counters(workspace: Workspace, as_of: date) -> dict[str, float]:
    """
    Count what the city has, and what of it nobody answers for.

    Parameters
    ----------
    workspace, as_of
        The register and the day.

    Returns
    -------
    dict
        ``grids``, ``ground_m2``, ``road_m``, ``points``, ``compounds``, and each with the ending
        ``_without``.
    """
    whole = ground.coverage_table(workspace, "city", as_of)
    return counted(whole, uncovered_grids(workspace.city(as_of), workspace.ground(as_of), as_of))


def uncovered_grids(city: City, whole: Ground, as_of: date) -> pd.Series:
    """
    Say of each grid whether most of its ground is uncovered.

    Where borders were drawn by different hands a grid may share slivers with its neighbours; they
    do not decide.

    Parameters
    ----------
    city, whole, as_of
        As for `gridmap.coverage.coverage`.
    """
    state = answers.piece_states(answers.primaries(city, as_of), whole)["state"]
    area = whole.pieces["area_m2"]
    covered = area.where((state == "covered").to_numpy(), 0.0)
    sums = pd.DataFrame({"covered": covered, "area": area}).groupby(whole.pieces["grid"]).sum()
    share = (sums["covered"] / sums["area"]).reindex(city.grids.index).fillna(0.0)
    return share < MOST


def counted(whole: pd.DataFrame, without: pd.Series) -> dict[str, float]:
    """
    Return the counters of a coverage table.

    Parameters
    ----------
    whole
        As `gridmap.coverage.coverage` of the city.
    without
        As `uncovered_grids`.
    """
    found: dict[str, float] = {}
    for name, (total, covered) in COUNTED.items():
        found[name] = float(whole[total].sum())
        found[f"{name}_without"] = found[name] - float(whole[covered].sum())
    return found | {"grids": len(without), "grids_without": int(without.sum())}


def changes_after(workspace: Workspace, seen: int) -> Later:
    """
    Return what has been done to assignments since an entry.

    Parameters
    ----------
    workspace
        The register, or the part of it that may be seen.
    seen
        The last entry that is known.
    """
    store = workspace.store
    with store.database.reading() as connection:
        now = since.last_entry(connection, store.tables)
        touched = since.touched(connection, store.tables, seen)
        entries = since.entries_of(connection, store.tables, touched["entry"])
        moved = since.layers_written(connection, store.tables, seen)
    rows = store.read("assignments")
    touched = touched[touched["assignment_id"].isin(rows.index)]
    came = touched.loc[touched["added"], "assignment_id"]
    ended = touched.loc[~touched["added"], "assignment_id"].unique()
    released = rows.loc[rows.index.isin(ended), ["until"]].reset_index()
    return Later(
        seen=now,
        entries=entries[entries["seq"].isin(touched["entry"])],
        added=rows[rows.index.isin(came)],
        released=released,
        layers=moved,
    )


def target_past(workspace: Workspace, kind: str, target: str, as_of: date) -> pd.DataFrame:
    """
    Return all that was ever decided about a target, the newest first.

    Parameters
    ----------
    workspace, as_of
        The register, and the day whose names are shown.
    kind, target
        What.
    """
    store = workspace.store
    with store.database.reading() as connection:
        rows = past_of_target(connection, store.tables, kind, target)
    return _past(rows, workspace, as_of)


def unit_past(workspace: Workspace, unit_id: str, as_of: date) -> pd.DataFrame:
    """
    Return all that was ever given to a unit and taken from it, the newest first.

    Parameters
    ----------
    workspace, as_of
        The register, and the day whose names are shown.
    unit_id
        Whose.
    """
    store = workspace.store
    with store.database.reading() as connection:
        rows = past_of_unit(connection, store.tables, unit_id)
    return _past(rows, workspace, as_of)


def _past(rows: pd.DataFrame, workspace: Workspace, as_of: date) -> pd.DataFrame:
    seen = workspace.store.read("assignments").index
    mine = rows[rows["assignment_id"].isin(seen)]
    return named(mine, workspace, as_of).iloc[::-1][PAST].reset_index(drop=True)


def _units(workspace: Workspace, as_of: date) -> pd.DataFrame:
    def build() -> pd.DataFrame:
        frame = workspace.frame("units", as_of)
        typed = index(workspace, as_of, SEARCHED).set_index("code")
        forms = typed["folded"] + "|" + typed["pinyin"] + "|" + typed["initials"]
        shown = pd.DataFrame(frame[["name", "short_name", "party", "headcount", "active"]])
        reachable = frame["contact"].notna() | frame["phone"].notna()
        return shown.assign(reachable=reachable, search=forms.reindex(frame.index)).reset_index()

    return workspace.once("desk units", ("units",), as_of, build)


def _last_entry(workspace: Workspace) -> int:
    store = workspace.store
    with store.database.reading() as connection:
        return since.last_entry(connection, store.tables)
