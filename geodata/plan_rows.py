"""Plans as they are kept: one row of the book ``plans``, the draft in it as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from geodata.planner import Task
from gridmap import drafts, layers
from gridmap.drafts import Draft

BOOK = layers.BOOKS["plans"]


@dataclass(frozen=True)
class PlanRow:
    """
    A plan as it is kept.

    Parameters
    ----------
    plan_id, name, state, effective, scheme, note
        What it is, and from when it is to hold.
    draft
        What would change.
    seen
        The last entry of the journal that its maker knew of.
    asked_by, asked_at, decided_by, decided_at
        Who made it, who decided last, and when.
    published
        The entry with which it was published.
    task
        What the planner was asked; none where it was made by hand.
    """

    plan_id: str
    name: str
    state: str
    effective: date
    scheme: str
    note: str | None
    draft: Draft
    seen: int
    asked_by: str
    asked_at: pd.Timestamp
    decided_by: str | None
    decided_at: pd.Timestamp | None
    published: int | None
    task: dict[str, Any] | None


def task_of(told: dict[str, Any]) -> Task:
    """
    Return a task from what was kept of it.

    Parameters
    ----------
    told
        As JSON gives it.
    """
    pairs = {
        name: tuple(tuple(pair) for pair in told.get(name, ())) for name in ("fixed", "forbidden")
    }
    units = told.get("units")
    return Task(
        **{
            **told,
            **pairs,
            "effective": date.fromisoformat(told["effective"]),
            "units": None if units is None else tuple(units),
            "leaving": tuple(told.get("leaving", ())),
        }
    )


def task_json(task: Task) -> dict[str, Any]:
    """Return a task as it is kept."""
    return {**task.__dict__, "effective": task.effective.isoformat()}


def read_row(plan_id: str, row: pd.Series) -> PlanRow:
    """
    Read a plan.

    Parameters
    ----------
    plan_id, row
        Its key and its row.
    """
    told = json.loads(row["draft"])
    decided = row["decided_at"]
    return PlanRow(
        plan_id=plan_id,
        name=row["name"],
        state=row["state"],
        effective=row["effective"].date(),
        scheme=row["scheme"],
        note=None if pd.isna(row["note"]) else row["note"],
        draft=Draft(
            pd.DataFrame(told["given"], columns=drafts.GIVEN),
            pd.DataFrame(told["ended"], columns=drafts.ENDED),
            told["facts"],
        ),
        seen=int(told["seen"]),
        asked_by=row["asked_by"],
        asked_at=row["asked_at"],
        decided_by=None if pd.isna(row["decided_by"]) else row["decided_by"],
        decided_at=None if pd.isna(decided) else decided,
        published=None if pd.isna(row["published"]) else int(row["published"]),
        task=told["task"],
    )


def write_row(plan: PlanRow) -> pd.DataFrame:
    """
    Return the row of a plan, in the form of the book.

    Parameters
    ----------
    plan
        The plan.
    """
    given = plan.draft.given.astype(object).where(plan.draft.given.notna(), None)
    ended = plan.draft.ended.astype(object).where(plan.draft.ended.notna(), None)
    draft = {
        "given": given.to_numpy().tolist(),
        "ended": ended.to_numpy().tolist(),
        "facts": dict(plan.draft.facts),
        "seen": plan.seen,
        "task": plan.task,
    }
    row = {
        "plan_id": plan.plan_id,
        "name": plan.name,
        "state": plan.state,
        "effective": pd.Timestamp(plan.effective),
        "scheme": plan.scheme,
        "note": plan.note,
        "draft": json.dumps(draft, ensure_ascii=False),
        "asked_by": plan.asked_by,
        "asked_at": plan.asked_at,
        "decided_by": plan.decided_by,
        "decided_at": plan.decided_at,
        "published": plan.published,
    }
    return layers.conform(pd.DataFrame([row]), BOOK)
