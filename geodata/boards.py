"""
Boards (挂图作战): the use cases by which a year is planned, told month by month, and frozen.

What a board shows is the whole city's, for everybody who may read boards. A unit tells of its own
tasks only. Amounts that are computed are worked out anew for every month that is not frozen; a
frozen one shows what was frozen, whatever became of the register since.
"""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pandas as pd

from geodata.board_plans import PlanPreview
from geodata.errors import StaleError
from geodata.reports.board import BOOKS, Board, divisions, lineage, read_board
from geodata.workspace import Workspace
from gridmap import access, boards, evidence
from gridmap.access import Person
from gridmap.boards import Progress
from gridmap.contracts import FAULT_COLUMNS
from gridmap.errors import ForbiddenError, InvalidError, NotFoundError
from gridmap.frozen_months import Closing, frozen, require_open


class Boards:
    """
    The use cases of boards.

    Parameters
    ----------
    workspace
        The register of the whole city.
    person
        Who acts.
    today
        The day in the city, or the earlier one that is looked at.
    zone
        Its time zone.
    """

    def __init__(self, workspace: Workspace, person: Person, today: date, zone: ZoneInfo) -> None:
        self._workspace = workspace
        self._store = workspace.store
        self._person = person
        self._today = today
        self._zone = zone

    def board(self, year: int) -> Board:
        """
        Return the boards of a year, with every amount and flag.

        Parameters
        ----------
        year
            Which.
        """
        return read_board(self._workspace, year, self._today, self._zone)

    def month(self, group_id: str, month: date) -> Board:
        """
        Return the board of the year of a group's month.

        Parameters
        ----------
        group_id, month
            Which group, and any day of the month.

        Raises
        ------
        NotFoundError
            If there is no such group.
        """
        found = self.board(month.year)
        if group_id not in found.groups.index:
            msg = "There is no group {group_id}."
            raise NotFoundError(msg, group_id=group_id)
        return found

    def may(self, action: str, unit_id: object, division: object) -> bool:
        """
        Say whether the caller may do something to a task.

        Parameters
        ----------
        action
            ``board.report`` or ``board.write``.
        unit_id, division
            Of the task: its unit may, and the office of its division or of one above.
        """
        scopes = access.where(self._person, action)
        if access.CITY in scopes:
            return True
        own = {(scope.kind, scope.key) for scope in scopes}
        if ("unit", unit_id) in own:
            return True
        above = lineage(self._workspace, self._today, division)
        return any(("division", code) in own for code in above)

    def report(self, task_id: str, told: Progress, *, seen: str | None = None) -> int:
        """
        Tell how far a task is, or why it is not further.

        Parameters
        ----------
        task_id
            Which.
        told
            What is told.
        seen
            ``reported_at`` as the caller has read it, empty where nobody had told anything; not
            looked at if left out.

        Returns
        -------
        int
            The entry in the journal.

        Raises
        ------
        ForbiddenError
            If it is another unit's task.
        StaleError
            If somebody told of it since.
        NotFoundError, ConflictError, InvalidError
            As `gridmap.boards.reported`.
        """
        what = {"task": task_id, "by": self._person.person_id}
        with self._store.write(who=self._person.name, action="board-report", what=what) as writer:
            book, at = writer.read("board_tasks"), self._store.now()
            rows = boards.reported(
                book, writer.read("board_months"), task_id, told, by=self._person.name, at=at
            )
            self._require_own("board.report", book.loc[task_id])
            was = book.loc[task_id, "reported_at"]
            if seen is not None and seen != ("" if pd.isna(was) else was.isoformat()):
                msg = "Somebody told of this task in the meantime; read again, then try again."
                raise StaleError(msg, versions={})
            writer.add("board_tasks", rows, self._today)
        return writer.entry

    def freeze(self, group_id: str, month: date, report: str | None = None) -> str:
        """
        Freeze a group's month.

        Parameters
        ----------
        group_id, month
            Which group, and any day of the month.
        report
            The month's report in words.

        Returns
        -------
        str
            The hash of what was frozen.

        Raises
        ------
        StaleError
            If somebody told of a task while this was worked out.
        NotFoundError, ConflictError
            As `month`, and as `gridmap.boards.frozen`.
        """
        versions = {name: self._store.version(name) for name in BOOKS}
        board = self.month(group_id, month)
        told = board.of(group_id, month)
        what = {"group": board.groups.loc[group_id, "name"], "month": f"{month:%Y-%m}"}
        with self._store.write(
            who=self._person.name, action="board-freeze", what=what, expected_version=versions
        ) as writer:
            closing = Closing(group_id, month, self._today, report)
            by, at = self._person.name, self._store.now()
            row = frozen(writer.read("board_months"), told, closing, by=by, at=at)
            writer.add("board_months", row, self._today)
        return str(row["hash"].iloc[0])

    def faults(self, found: PlanPreview) -> pd.DataFrame:
        """
        List what is wrong with a plan, as it was read and beside what the register knows.

        Parameters
        ----------
        found
            What `geodata.board_plans.read_plan` found.
        """
        active = self._workspace.frame("units", self._today)["active"]
        units = set(active.index[active.fillna(value=True).astype(bool)])
        known = set(divisions(self._workspace, self._today))
        keys = boards.keys_of(self._store.read("board_groups"))
        months = self._store.read("board_months")
        more = boards.faults(found.tasks, months, units, known, keys)
        every = [frame for frame in (found.faults, more, self._foreign(found)) if len(frame)]
        return pd.concat(every, ignore_index=True) if every else more

    def plan(self, found: PlanPreview, source: str) -> dict[str, int]:
        """
        Take in a year's plan, all of it or nothing.

        Parameters
        ----------
        found
            What `geodata.board_plans.read_plan` found.
        source
            What the file is called.

        Returns
        -------
        dict
            ``groups`` that are new, ``tasks`` that are new, ``known`` ones.

        Raises
        ------
        InvalidError
            With every fault, if there is one.
        """
        wrong = self.faults(found)
        if len(wrong):
            msg = "The plan has {n} faults."
            raise InvalidError(msg, n=len(wrong), faults=wrong)
        if not found.tasks:
            msg = "There are no tasks in this file."
            raise InvalidError(msg)
        tasks, what = list(found.tasks.values()), {"file": source, "tasks": len(found.tasks)}
        with self._store.write(who=self._person.name, action="board-plan", what=what) as writer:
            known = writer.read("board_tasks")
            fresh = boards.new_groups(writer.read("board_groups"), [task.group for task in tasks])
            writer.add("board_groups", fresh, self._today)
            rows = boards.planned(known, tasks, boards.keys_of(writer.read("board_groups")))
            writer.add("board_tasks", rows, self._today)
        old = int(rows.index.isin(known.index).sum())
        return {"groups": len(fresh), "tasks": len(rows) - old, "known": old}

    def add_group(self, name: str, lead_unit: str | None = None) -> str:
        """
        Add a group; it has no board before it has tasks.

        Parameters
        ----------
        name, lead_unit
            What it is called, and who leads it.

        Raises
        ------
        InvalidError
            If the name is empty, or taken.
        NotFoundError
            If there is no such unit.
        """
        self._require_unit(lead_unit)
        what = {"group": name}
        with self._store.write(who=self._person.name, action="board-group", what=what) as writer:
            fresh = boards.new_groups(writer.read("board_groups"), [name.strip()], lead_unit)
            if fresh.empty:
                msg = "There is a group {name} already."
                raise InvalidError(msg, name=name)
            writer.add("board_groups", fresh, self._today)
        return str(fresh.index[0])

    def rename_group(self, group_id: str, name: str, lead_unit: str | None = None) -> None:
        """
        Call a group otherwise, or let another unit lead it; its tasks and months stay its own.

        Parameters
        ----------
        group_id, name, lead_unit
            Which, and what it is called and who leads it from now on.

        Raises
        ------
        NotFoundError, InvalidError, ConflictError
            As `gridmap.boards.renamed`, and if there is no such unit.
        """
        self._require_unit(lead_unit)
        what = {"group": group_id, "name": name.strip()}
        with self._store.write(who=self._person.name, action="board-rename", what=what) as writer:
            row = boards.renamed(writer.read("board_groups"), group_id, name, lead_unit)
            writer.add("board_groups", row, self._today)

    def require_own(self, task_id: str) -> None:
        """
        Refuse what is not there, or not the caller's to tell of.

        Parameters
        ----------
        task_id
            The task.

        Raises
        ------
        NotFoundError
            If there is no such task.
        ForbiddenError
            If it is another unit's.
        """
        book = self._store.read("board_tasks")
        if task_id not in book.index:
            msg = "There is no task {task_id}."
            raise NotFoundError(msg, task_id=task_id[:80])
        self._require_own("board.report", book.loc[task_id])

    def files(self, task_id: str) -> tuple[str, ...]:
        """Return the files that show how far a task is; none of one that is not on the board."""
        book = self._store.read("board_tasks")
        return evidence.read(book.loc[task_id, "evidence"]).files if task_id in book.index else ()

    def withdraw(self, task_id: str, reason: str) -> None:
        """
        Take a task off the board; the journal keeps it, and why.

        Parameters
        ----------
        task_id, reason
            Which, and why.

        Raises
        ------
        NotFoundError
            If there is no such task.
        InvalidError
            If no reason is given.
        ConflictError
            If its month is frozen.
        """
        if not reason.strip():
            msg = "Say why the task is taken off the board."
            raise InvalidError(msg)
        what = {"task": task_id, "reason": reason.strip()}
        with self._store.write(who=self._person.name, action="board-withdraw", what=what) as writer:
            book = writer.read("board_tasks")
            if task_id in book.index:
                row = book.loc[task_id]
                self._require_own("board.write", row)
                months = writer.read("board_months")
                require_open(months, str(row["group_id"]), row["month"].date())
            writer.retire("board_tasks", [task_id], self._today)

    def _require_own(self, action: str, row: pd.Series) -> None:
        if not self.may(action, row["unit_id"], row["division"]):
            msg = "This is the task of another unit."
            raise ForbiddenError(msg)

    def _require_unit(self, unit_id: str | None) -> None:
        if unit_id is not None and unit_id not in self._workspace.frame("units", self._today).index:
            msg = "There is no unit {unit_id}."
            raise NotFoundError(msg, unit_id=unit_id[:80])

    def _foreign(self, found: PlanPreview) -> pd.DataFrame:
        """Return a fault for each task that lies outside the caller's part of the city."""
        told = "This lies outside your part of the city."
        rows = [
            (row, "division", "foreign", task.division or "", told)
            for row, task in found.tasks.items()
            if not self.may("board.write", task.unit_id, task.division)
        ]
        return pd.DataFrame(rows, columns=FAULT_COLUMNS)
