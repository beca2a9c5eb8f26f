"""
Drafts: assignments as they should be, beside those that are in force.

A draft says what is to end and what is to be given on one day. It is made by comparing what is
wanted with what is in force, so that what stays is not touched; it becomes `Changes` only when it
is published.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from gridmap import assignments
from gridmap.assignments import PRIMARY, Changes, Day, Step, together
from gridmap.errors import ConflictError, Term
from gridmap.targets import ANYTHING, TARGET, Known

ASSISTING = "assisting"
GIVEN = [*TARGET, "unit_id", "tier", "distance_m", "reason"]
ENDED = ["assignment_id", *TARGET, "unit_id", "tier"]
NEXT: dict[str, tuple[str, ...]] = {
    "draft": ("approved", "discarded"),
    "approved": ("published", "discarded"),
    "published": (),
    "discarded": (),
}
"""State of a plan → the states that may follow."""


@dataclass(frozen=True)
class Draft:
    """
    What is to change.

    Parameters
    ----------
    given
        ``target_kind``, ``target``, ``from_m``, ``to_m``, ``side``, ``unit_id``, ``tier``,
        ``distance_m`` (of the planner; NaN by hand) and ``reason``.
    ended
        ``assignment_id`` of what is to end, with its target, unit and tier.
    facts
        What the planner says of itself: goal, cost, bound, gap, status, solver, seconds; and how
        much stays.
    """

    given: pd.DataFrame
    ended: pd.DataFrame
    facts: Mapping[str, Any] = field(default_factory=dict)


def require_next(state: str, wanted: str) -> None:
    """
    Refuse a state that may not follow.

    Parameters
    ----------
    state, wanted
        Of a plan, now and next.

    Raises
    ------
    ConflictError
        Naming what may follow.
    """
    if wanted not in NEXT[state]:
        msg = "A plan that is “{state}” cannot become “{wanted}”."
        raise ConflictError(msg, state=Term("plan-state", state), wanted=Term("plan-state", wanted))


def tiered(pairs: pd.DataFrame, held: pd.DataFrame) -> pd.DataFrame:
    """
    Say which unit of each target is the primary one, and which assist.

    Parameters
    ----------
    pairs
        ``target``, ``unit_id``, ``distance_m``, ``reason``.
    held
        Assignments in force.

    Returns
    -------
    pandas.DataFrame
        The pairs with ``tier``. Who is primary stays it if the plan keeps the unit there; else it
        is the nearest, and of several as near the first by id.
    """
    now = held.loc[held["tier"] == PRIMARY, ["target", "unit_id"]].assign(first=False)
    merged = pairs.merge(now, on=["target", "unit_id"], how="left")
    merged["first"] = merged["first"].isna()  # false sorts first: who is primary now
    order = ["target", "first", "distance_m", "unit_id"]
    ranked = merged.sort_values(order, kind="stable", na_position="last")
    leads = ~ranked.duplicated("target")
    tier = pd.Series(ASSISTING, index=ranked.index, dtype="str").mask(leads, PRIMARY)
    return ranked.assign(tier=tier).drop(columns="first").reset_index(drop=True)


def compare(
    wanted: pd.DataFrame, held: pd.DataFrame, targets: pd.DataFrame, facts: Mapping[str, Any]
) -> Draft:
    """
    Compare what is wanted with what is in force.

    Parameters
    ----------
    wanted
        The target's columns, ``unit_id``, ``tier``, ``distance_m``, ``reason``.
    held
        Assignments in force on the day, in the scheme and the tiers that the draft is about.
    targets
        ``target_kind`` and ``target`` of everything that the draft decides about; what is held of
        others is left alone.
    facts
        As of `Draft`.

    Returns
    -------
    Draft
        What is wanted and not held, and what is held and not wanted.
    """
    key = ["target_kind", "target", "unit_id", "tier"]
    about = held.reset_index().merge(targets[["target_kind", "target"]].drop_duplicates())
    both = about[key].merge(wanted[key], how="inner").drop_duplicates()
    given = _without(wanted, both, key)
    ended = _without(about, both, key)
    told = {**facts, "kept": len(both), "given": len(given), "ended": len(ended)}
    return Draft(
        given.reindex(columns=GIVEN).reset_index(drop=True),
        ended.reindex(columns=ENDED).reset_index(drop=True),
        told,
    )


def changes(  # noqa: PLR0913 - what every assignment says
    draft: Draft,
    held: pd.DataFrame,
    *,
    since: Day,
    scheme: str = "main",
    source: str | None = None,
    note: str | None = None,
    known: Known = ANYTHING,
) -> Changes:
    """
    Turn a draft into what is added and ended.

    Parameters
    ----------
    draft
        What is to change.
    held
        The layer ``assignments``, whole history.
    since
        The day from which it holds.
    scheme, source, note, known
        As for `gridmap.assignments.assign`.

    Raises
    ------
    InvalidError, NotFoundError, ConflictError, AlreadyAssignedError
        As `gridmap.assignments.assign` and `gridmap.assignments.release`.
    """
    ids = draft.ended["assignment_id"].to_list()
    steps: list[Step] = []
    if ids:
        steps.append(lambda rows: assignments.release(rows, ids, until=since, note=note))
    for (unit_id, tier), part in draft.given.groupby(["unit_id", "tier"], sort=True):
        steps.append(
            _giving(part[TARGET], str(unit_id), str(tier), since, scheme, source, note, known)
        )
    return together(held, steps)


def _giving(  # noqa: PLR0913, PLR0917 - one row's columns
    targets: pd.DataFrame,
    unit_id: str,
    tier: str,
    since: Day,
    scheme: str,
    source: str | None,
    note: str | None,
    known: Known,
) -> Step:
    return lambda rows: assignments.assign(
        rows,
        targets,
        unit_id,
        since=since,
        tier=tier,
        scheme=scheme,
        source=source,
        note=note,
        known=known,
    )


def _without(rows: pd.DataFrame, others: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    marked = rows.merge(others.assign(there=True), on=key, how="left")
    return marked[marked["there"].isna()].drop(columns="there")
