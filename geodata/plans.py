"""
Plans: drafts of assignments that others can look at before they hold.

A plan is kept as rows of the book ``plans``, a new one for each state: draft, approved, published
or discarded. Publishing turns the draft into assignments in one transaction, or refuses: if one of
its targets was touched after the plan was made, who made it is told, and may renew it.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from geodata import patching, planner
from geodata.comparison import Comparison, comparison
from geodata.desk import Desk, Step, whole_history, write_changes
from geodata.patching import PatchTask
from geodata.plan_rows import PlanRow, read_row, task_json, task_of, write_row
from geodata.planner import Task
from geodata.workspace import Workspace
from geodata.writer import Writer
from gridmap import assignments, drafts
from gridmap.access import Person
from gridmap.drafts import Draft
from gridmap.errors import InvalidError, NotFoundError
from gridmap.planning import Watch


class Plans:
    """
    The use cases of plans.

    Parameters
    ----------
    workspace
        What of the register its user may see and change.
    person
        In whose name the journal is written.
    """

    def __init__(self, workspace: Workspace, person: Person) -> None:
        self._workspace = workspace
        self._store = workspace.store
        self._person = person
        self._desk = Desk(workspace, person)

    def all(self) -> list[PlanRow]:
        """Return the plans whose targets all lie in this part of the city, the newest first."""
        rows = self._store.read("plans")
        found = [read_row(str(key), row) for key, row in rows.iterrows()]
        mine = [plan for plan in found if self._is_own(plan)]
        return sorted(mine, key=lambda plan: plan.asked_at, reverse=True)

    def get(self, plan_id: str) -> PlanRow:
        """
        Return one plan.

        Raises
        ------
        NotFoundError
            If there is none, or a target of it lies outside.
        """
        rows = self._store.read("plans")
        if plan_id in rows.index:
            found = read_row(plan_id, rows.loc[plan_id])
            if self._is_own(found):
                return found
        msg = "There is no plan {plan_id}."
        raise NotFoundError(msg, plan_id=plan_id)

    def make(self, task: Task, watch: Watch | None = None) -> PlanRow:
        """
        Let the planner make a draft.

        Parameters
        ----------
        task
            What is asked.
        watch
            As for `gridmap.planning.assign_units`.
        """
        seen = self._desk.seen()
        _, draft = planner.plan(self._workspace, task, watch)
        return self._begin(task.name, task.effective, task.scheme, draft, seen, task_json(task))

    def patch(self, task: PatchTask, watch: Watch | None = None) -> PlanRow:
        """Divide the city among leaders, as a draft; see `geodata.patching`."""
        seen = self._desk.seen()
        _, draft = patching.plan(self._workspace, task, watch)
        return self._begin(task.name, task.effective, task.scheme, draft, seen, None)

    def by_hand(
        self,
        name: str,
        effective: date,
        given: pd.DataFrame,
        ended: Collection[str],
        *,
        scheme: str = "main",
        note: str | None = None,
    ) -> PlanRow:
        """
        Make a draft by hand.

        Parameters
        ----------
        name, effective, scheme, note
            Of the plan.
        given
            The target's columns, ``unit_id`` and ``tier``.
        ended
            Assignments that are to end.
        """
        seen = self._desk.seen()
        held = self._store.read("assignments")
        if missing := [key for key in ended if key not in held.index]:
            msg = "There is no assignment {assignment_id}."
            raise NotFoundError(msg, assignment_id=", ".join(missing[:5]))
        rows = given.assign(distance_m=np.nan, reason="fixed").reindex(columns=drafts.GIVEN)
        ends = held.loc[list(ended)].reset_index().reindex(columns=drafts.ENDED)
        draft = Draft(rows, ends, {"given": len(rows), "ended": len(ends)})
        self._tried(draft, effective, scheme)
        return self._begin(name, effective, scheme, draft, seen, None, note)

    def renew(self, plan_id: str, watch: Watch | None = None) -> PlanRow:
        """Let the planner make a draft again, of the register as it is now."""
        old = self.get(plan_id)
        drafts.require_next(old.state, "discarded")
        if old.task is None:
            msg = "The plan {plan_id} was made by hand; make another."
            raise InvalidError(msg, plan_id=plan_id)
        seen = self._desk.seen()
        _, draft = planner.plan(self._workspace, task_of(old.task), watch)
        return self._write("plan-renew", replace(old, state="draft", draft=draft, seen=seen))

    def approve(self, plan_id: str) -> PlanRow:
        """Approve a draft."""
        return self._decide(plan_id, "approved", "plan-approve", None)

    def discard(self, plan_id: str, note: str | None = None) -> PlanRow:
        """Discard a plan."""
        return self._decide(plan_id, "discarded", "plan-discard", note)

    def publish(self, plan_id: str, effective: date | None = None) -> tuple[PlanRow, Step]:
        """
        Make a plan hold, in one transaction.

        Parameters
        ----------
        plan_id
            Which; it must be approved.
        effective
            Another day than the one it was made for.

        Raises
        ------
        OvertakenError
            If somebody touched one of its targets after it was made.
        InvalidError, NotFoundError, ConflictError, AlreadyAssignedError
            As `gridmap.drafts.changes`.
        """
        plan = self.get(plan_id)
        drafts.require_next(plan.state, "published")
        plan = replace(plan, effective=effective or plan.effective)
        self._require_writable(plan)
        targets = pd.concat([plan.draft.given, plan.draft.ended])[["target_kind", "target"]]
        what = {"plan": plan_id, "since": plan.effective.isoformat()}
        with self._desk.writing("plan-publish", what) as writer:
            writer.require_untouched(targets, plan.seen)
            changes = self._changes(plan, writer.read("assignments"))
            write_changes(writer, changes)
            done = self._decided(plan, "published", writer.entry)
            self._add(writer, done)
            return done, Step(writer.entry, writer.entry, changes)

    def compare(self, plan_id: str) -> Comparison:
        """Set a plan beside today; see `Comparison`."""
        plan = self.get(plan_id)
        if plan.state == "published" and plan.published is not None:
            return comparison(self._workspace, plan, None)
        held = whole_history(self._workspace)
        after = assignments.apply(held, self._changes(plan, held))
        return comparison(self._workspace, plan, after)

    def _changes(self, plan: PlanRow, held: pd.DataFrame) -> assignments.Changes:
        return drafts.changes(
            plan.draft,
            held,
            since=plan.effective,
            scheme=plan.scheme,
            source=f"{plan.name} ({plan.plan_id})",
            note=plan.note,
            known=self._desk.known(plan.effective),
        )

    def _tried(self, draft: Draft, effective: date, scheme: str) -> None:
        held = whole_history(self._workspace)
        known = self._desk.known(effective)
        drafts.changes(draft, held, since=effective, scheme=scheme, known=known)

    def _begin(  # noqa: PLR0913, PLR0917 - what a plan is
        self,
        name: str,
        effective: date,
        scheme: str,
        draft: Draft,
        seen: int,
        task: dict[str, Any] | None,
        note: str | None = None,
    ) -> PlanRow:
        row = PlanRow(
            plan_id=f"P{uuid.uuid4().hex[:12]}",
            name=name.strip(),
            state="draft",
            effective=effective,
            scheme=scheme,
            note=note,
            draft=draft,
            seen=seen,
            asked_by=self._person.name,
            asked_at=pd.Timestamp(self._store.now()),
            decided_by=None,
            decided_at=None,
            published=None,
            task=task,
        )
        return self._write("plan-make", row)

    def _decide(self, plan_id: str, state: str, action: str, note: str | None) -> PlanRow:
        plan = self.get(plan_id)
        drafts.require_next(plan.state, state)
        self._require_writable(plan)
        return self._write(action, self._decided(replace(plan, note=note or plan.note), state))

    def _decided(self, plan: PlanRow, state: str, entry: int | None = None) -> PlanRow:
        now = pd.Timestamp(self._store.now())
        return replace(
            plan, state=state, decided_by=self._person.name, decided_at=now, published=entry
        )

    def _write(self, action: str, plan: PlanRow) -> PlanRow:
        what = {"plan": plan.plan_id, "name": plan.name, "state": plan.state}
        with self._desk.writing(action, what) as writer:
            before = writer.read("plans")
            if action in ("plan-approve", "plan-discard"):
                drafts.require_next(str(before.loc[plan.plan_id, "state"]), plan.state)
            self._add(writer, plan)
        return plan

    def _add(self, writer: Writer, plan: PlanRow) -> None:
        writer.add("plans", write_row(plan), self._store.now().date())

    def _is_own(self, plan: PlanRow) -> bool:
        """Say whether a plan may be seen: who sees it sees every target that it changes."""
        rows = pd.concat([plan.draft.given, plan.draft.ended])
        seen = {
            kind: self._workspace.store.own(str(kind), plan.effective)
            for kind in rows["target_kind"].unique()
        }
        return all(
            part["target"].isin(seen[kind]).all() for kind, part in rows.groupby("target_kind")
        )

    def _require_writable(self, plan: PlanRow) -> None:
        if not self._is_own(plan):
            msg = "There is no plan {plan_id}."
            raise NotFoundError(msg, plan_id=plan.plan_id)
