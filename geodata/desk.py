"""
The desk: the use cases that say who answers for what.

Each is one step: all of it is written, with its entry in the journal, or nothing. Who acts sees and
changes only what lies in their workspace. A step names the last entry that its author has seen; if
somebody else touched one of its targets since, it is refused, with who did what.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from geodata import since as later
from geodata.history import step_of
from geodata.since import require_untouched
from geodata.workspace import Workspace
from geodata.writer import Writer
from gridmap import assignments, handover, layers, undoing
from gridmap.access import Person
from gridmap.assignments import PRIMARY, Changes, Known, Target
from gridmap.errors import ConflictError, ForbiddenError, NotFoundError
from gridmap.layers import TARGET_KINDS
from gridmap.targets import target_rows

UNDOABLE = ("assign", "release", "transfer", "undo")
Decide = Callable[[pd.DataFrame], Changes]


@dataclass(frozen=True)
class Order:
    """
    What is to be given to whom.

    Parameters
    ----------
    targets
        What.
    units
        To whom: unit and tier of each.
    since
        From which day on.
    scheme, source, note
        Columns of the rows that are added.
    take_over
        Whether the present primary units of the targets give way.
    """

    targets: tuple[Target, ...]
    units: tuple[tuple[str, str], ...]
    since: date
    scheme: str = "main"
    source: str | None = None
    note: str | None = None
    take_over: bool = False


@dataclass(frozen=True)
class Step:
    """
    What a step has written.

    Parameters
    ----------
    entry
        Its entry in the journal; None if there was nothing to do.
    seen
        The last entry that its author now knows of.
    changes
        The rows.
    """

    entry: int | None
    seen: int
    changes: Changes


class Desk:
    """
    The use cases of the desk.

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

    def seen(self) -> int:
        """Return the last entry of the journal; ask before reading, to be on the safe side."""
        with self._store.database.reading() as connection:
            return later.last_entry(connection, self._store.tables)

    def assign(self, order: Order, *, seen: int | None = None) -> Step:
        """
        Make units answer for targets from a day on.

        Parameters
        ----------
        order
            What, to whom, from when.
        seen
            The last entry that the caller knows of; not looked at if left out.

        Raises
        ------
        InvalidError, NotFoundError, ConflictError, AlreadyAssignedError
            As `gridmap.assignments.assign`.
        OvertakenError
            If somebody touched one of the targets since.
        """
        known = self.known(order.since)
        told = {"units": [unit for unit, _ in order.units], "since": order.since.isoformat()}
        decide = assigning(order, known)
        return self._step("assign", decide, seen, told, target_rows(order.targets))

    def release(
        self,
        assignment_ids: Collection[str],
        *,
        until: date,
        note: str | None = None,
        seen: int | None = None,
    ) -> Step:
        """End assignments on a day; see `gridmap.assignments.release` and `assign`."""
        self._require_own(assignment_ids)
        return self._step(
            "release",
            lambda held: assignments.release(held, assignment_ids, until=until, note=note),
            seen,
            {"until": until.isoformat()},
            self._targets(assignment_ids),
        )

    def transfer(  # noqa: PLR0913 - each keyword is a column of the rows that are added
        self,
        from_unit: str,
        to_unit: str,
        *,
        since: date,
        only: Collection[str] | None = None,
        source: str | None = None,
        note: str | None = None,
        seen: int | None = None,
    ) -> Step:
        """
        Hand what one unit holds to another; see `gridmap.assignments.transfer` and `assign`.

        Who sees only a part of the city hands over only what lies there.
        """
        known = self.known(since)
        rows = self._store.read("assignments")
        mine = self._own_rows(rows[rows["unit_id"] == from_unit], since)
        ids = mine.index if only is None else mine.index[mine.index.isin(list(only))]
        if only is not None and len(ids) < len(set(only)):
            self._require_own(set(only) - set(ids))
        return self._step(
            "transfer",
            lambda held: assignments.transfer(
                held,
                from_unit,
                to_unit,
                since=since,
                only=list(ids),
                source=source,
                note=note,
                known=known,
            ),
            seen,
            {"from": from_unit, "to": to_unit, "since": since.isoformat()},
            mine[later.KEY],
        )

    def undo(self, entry: int, *, seen: int | None = None) -> Step:
        """
        Take a step of one's own back; the undo of an undo is the redo.

        Parameters
        ----------
        entry
            The step's entry in the journal.
        seen
            As for `assign`.

        Raises
        ------
        NotFoundError
            If there is no such entry.
        ForbiddenError
            If it was somebody else's, or is none that can be taken back.
        ConflictError, AlreadyAssignedError, OvertakenError
            As `gridmap.undoing.undo` and `assign`.
        """
        told = self._store.journal.entry(entry)
        if told.action not in UNDOABLE or told.what.get("by") != self._person.person_id:
            msg = "The step {entry} is not yours to take back."
            raise ForbiddenError(msg, entry=entry)
        with self._store.database.reading() as connection:
            step, before = step_of(connection, self._store.tables, entry)
        ids = step.added.index.append(step.released.index)
        self._require_own(ids)
        return self._step(
            "undo",
            lambda held: undoing.undo(held, step, before),
            seen,
            {"of": entry},
            self._targets(ids),
        )

    def known(self, as_of: date) -> Known:
        """Return what may be named in a step: units that are seen, targets that are own."""
        own = {kind: self._store.own(kind, as_of) for kind in TARGET_KINDS}
        return Known(units=self._workspace.frame("units", as_of), targets=own)

    @contextmanager
    def writing(self, action: str, what: dict[str, Any]) -> Iterator[Writer]:
        """Open a transaction in the name of this desk's user."""
        told = {**what, "by": self._person.person_id}
        with self._store.write(who=self._person.name, action=action, what=told) as writer:
            yield writer

    def _step(
        self,
        action: str,
        decide: Decide,
        seen: int | None,
        told: dict[str, Any],
        asked: pd.DataFrame,
    ) -> Step:
        """Try the decision, refuse who was overtaken, then write it whole."""
        try:
            tried = decide(whole_history(self._workspace))
        finally:  # whoever was first explains a decision that fails better than the decision does
            if seen is not None:
                with self._store.database.reading() as connection:
                    require_untouched(connection, self._store.tables, asked, seen)
        if tried.added.empty and tried.released.empty:
            return Step(None, self.seen(), tried)
        with self.writing(action, told) as writer:
            if seen is not None:
                writer.require_untouched(asked, seen)
            changes = decide(writer.read("assignments"))
            write_changes(writer, changes)
            return Step(writer.entry, writer.entry, changes)

    def _targets(self, assignment_ids: Collection[str]) -> pd.DataFrame:
        rows = self._store.read("assignments")
        return rows.loc[rows.index.isin(list(assignment_ids)), later.KEY]

    def _require_own(self, assignment_ids: Collection[str]) -> None:
        """Refuse assignments that are not there, or not in this part of the city, alike."""
        rows = self._store.read("assignments")
        wanted = pd.Index(list(assignment_ids), dtype="str")
        rows = rows[rows.index.isin(wanted)]
        own = pd.concat(
            [self._own_rows(part, at.date()) for at, part in rows.groupby("since")] or [rows]
        )
        if missing := sorted(set(wanted) - set(own.index)):
            msg = "There is no assignment {assignment_id}."
            raise NotFoundError(msg, assignment_id=", ".join(missing[:5]))

    def _own_rows(self, rows: pd.DataFrame, as_of: date) -> pd.DataFrame:
        kept = pd.Series(data=False, index=rows.index)
        for kind, part in rows.groupby("target_kind"):
            kept.loc[part.index] = part["target"].isin(self._store.own(str(kind), as_of))
        return rows[kept]


def assigning(order: Order, known: Known) -> Decide:
    """
    Return the decision of an order: a function of the layer ``assignments``.

    Parameters
    ----------
    order
        What, to whom, from when.
    known
        What may be named.
    """
    given: dict[str, Any] = {
        "since": order.since,
        "scheme": order.scheme,
        "source": order.source,
        "note": order.note,
        "known": known,
    }

    def one(unit_id: str, tier: str) -> Decide:
        if order.take_over and tier == PRIMARY:
            return lambda held: handover.take_over(held, order.targets, unit_id, **given)
        return lambda held: assignments.assign(held, order.targets, unit_id, tier=tier, **given)

    if order.take_over and sum(tier == PRIMARY for _, tier in order.units) > 1:
        msg = "Only one unit can be the primary of these targets."
        raise ConflictError(msg)
    steps = [one(unit_id, tier) for unit_id, tier in order.units]
    return lambda held: assignments.together(held, steps)


def write_changes(writer: Writer, changes: Changes) -> None:
    """
    Write what was decided.

    Parameters
    ----------
    writer
        Of the transaction.
    changes
        Rows to add and to end.
    """
    if len(changes.added):
        writer.add("assignments", changes.added, changes.added["since"].min().date())
    if len(changes.released):
        writer.release(changes.released)


def whole_history(workspace: Workspace) -> pd.DataFrame:
    """
    Return every assignment of the city, whoever may see it: a clash is a clash.

    Parameters
    ----------
    workspace
        Any of the register's.
    """
    return workspace.store.whole.read(layers.LAYERS["assignments"].name)
