"""
Bulletins as they are kept: the use cases by which an office freezes a month and corrects it.

Frozen figures are never worked out again. An amendment works them out anew from the register as it
is by then, and becomes an edition of its own; who reads sees the last, and may ask for any.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd

from geodata.bulletins.figures import assemble
from geodata.issues.setting import Setting
from geodata.reports.overview import reported_by
from geodata.workspace import RESPONSIBILITY
from gridmap import bulletins, layers
from gridmap.bulletins import Figures, Month
from gridmap.errors import ForbiddenError, NotFoundError

CONTRACT = layers.BOOKS["bulletins"]
LISTED = 36
FROM = (*RESPONSIBILITY, "issues", "issue_events", "patrols", "bulletins")
"""Layers and books from which the figures of a month are worked out."""


@dataclass(frozen=True, eq=False)
class Edition:
    """
    An edition of a month's bulletin; or, without a number, what would be frozen now.

    Parameters
    ----------
    month
        Which.
    figures
        As `geodata.bulletins.figures` tells them.
    amendment
        0 for the first, then counting; None while the month is open.
    hash, previous
        Of this edition and of the one before.
    reason
        Why it was amended.
    frozen_by, frozen_at
        By whom, and when.
    """

    month: Month
    figures: Figures
    amendment: int | None = None
    hash: str = ""
    previous: str | None = None
    reason: str | None = None
    frozen_by: str = ""
    frozen_at: datetime | None = None

    def told(self) -> dict[str, Any]:
        """Return what of it is not figures, as JSON has it."""
        return {
            "month": self.month.code,
            "amendment": self.amendment,
            "hash": self.hash or None,
            "previous": self.previous,
            "reason": self.reason,
            "frozen_by": self.frozen_by or None,
            "frozen_at": None if self.frozen_at is None else self.frozen_at.isoformat(),
        }


class Bulletins:
    """
    The use cases of bulletins.

    Parameters
    ----------
    setting
        Who asks, and of which city.
    may_draft
        Whether they may look at a month that is not frozen.
    """

    def __init__(self, setting: Setting, *, may_draft: bool = False) -> None:
        self._setting = setting
        self._store = setting.store
        self._may_draft = may_draft

    @property
    def today(self) -> date:
        """The day in the city."""
        return self._setting.day(self._store.now())

    def months(self) -> list[dict[str, Any]]:
        """
        Return the months of which there is, or can be, a bulletin, the latest first.

        Returns
        -------
        list of dict
            ``month``, ``state`` (``running``, ``open``, ``frozen`` or ``amended``), and what
            `Edition.told` says of the last edition, None while there is none.
        """
        book = self._book()
        frozen = {row["month"].date(): row for _, row in book.sort_values("amendment").iterrows()}
        this = Month.with_day(self.today)
        days = reported_by(self._setting.whole, self.today, self._setting.zone)["day"]
        first = Month.with_day(days.min().date()) if len(days) else this
        recent = [this.back(n) for n in range(LISTED) if this.back(n) >= first]
        months = sorted({*recent, *map(Month, frozen)}, reverse=True)
        return [self._listed(month, frozen.get(month.first)) for month in months]

    def edition(self, month: Month, amendment: int | None = None) -> Edition:
        """
        Return a month's bulletin.

        Parameters
        ----------
        month
            Which.
        amendment
            Which edition; the last if left out. A month that is not frozen is told from the
            register as it is now, to who may freeze it.

        Raises
        ------
        NotFoundError
            If there is no such edition, or the month is still to come.
        """
        row = self._row(month, amendment)
        return Edition(month, self._figures(month)) if row is None else _edition(row)

    def number(self, month: Month, amendment: int | None = None) -> int | None:
        """
        Return the number of the edition that `edition` would return, None of a month that is open.

        Parameters
        ----------
        month, amendment
            As for `edition`.

        Raises
        ------
        NotFoundError
            As `edition`; but no figures are worked out.
        """
        row = self._row(month, amendment)
        return None if row is None else int(row["amendment"])

    def editions(self, month: Month) -> list[dict[str, Any]]:
        """Return what is said of each edition of a month, the first one first."""
        rows = bulletins.editions(self._book(), month)
        return [_edition(row).told() for _, row in rows.iterrows()]

    def freeze(self, month: Month) -> Edition:
        """
        Freeze a month that is over.

        Parameters
        ----------
        month
            Which.

        Raises
        ------
        ConflictError
            If it is not over, or frozen already.
        ForbiddenError
            If the caller may not.
        """
        self._require_office()
        bulletins.require_over(month, self.today)
        figures = self._figures(month)
        name = self._setting.person.name
        with self._writing("bulletin-freeze", month) as writer:
            book, at = writer.read("bulletins"), self._store.now()
            row = bulletins.freeze(book, month, figures, name, at)
            writer.add("bulletins", _frame(row), self.today)
        return _edition(row)

    def amend(self, month: Month, reason: str, previous: str | None = None) -> Edition:
        """
        Add an edition with the figures of the register as it is now.

        Parameters
        ----------
        month, reason, previous
            As `gridmap.bulletins.amend`.

        Raises
        ------
        NotFoundError, ConflictError, InvalidError
            As `gridmap.bulletins.amend`.
        ForbiddenError
            If the caller may not.
        """
        self._require_office()
        bulletins.require_frozen(self._book(), month)
        figures, name = self._figures(month), self._setting.person.name
        with self._writing("bulletin-amend", month, reason=reason) as writer:
            row = bulletins.amend(
                writer.read("bulletins"),
                month,
                figures,
                name,
                self._store.now(),
                reason=reason,
                previous=previous,
            )
            writer.add("bulletins", _frame(row), self.today)
        return _edition(row)

    def verify(self, month: Month | None = None) -> dict[str, Any]:
        """
        Recompute the hashes of all editions, or of a month's.

        Parameters
        ----------
        month
            Which; all if left out.

        Returns
        -------
        dict
            ``editions``, how many were looked at, ``sound``, and ``faults``: ``bulletin_id`` and
            ``fault`` as `gridmap.bulletins.faults`.

        Raises
        ------
        NotFoundError
            If the month is not frozen.
        """
        book = self._book()
        rows = book if month is None else bulletins.require_frozen(book, month)
        found = bulletins.faults(rows)
        return {
            "editions": len(rows),
            "sound": found.empty,
            "faults": found.to_dict("records"),
        }

    def _row(self, month: Month, amendment: int | None) -> pd.Series | None:
        """Return an edition as it is kept; None of a month that is open, to who may see it."""
        rows = bulletins.editions(self._book(), month)
        if amendment is not None:
            rows = rows[rows["amendment"] == amendment]
        if len(rows):
            return rows.iloc[-1]
        if amendment is not None or not self._may_draft or month.first > self.today:
            msg = "There is no bulletin of {month} yet."
            raise NotFoundError(msg, month=month.code)
        return None

    def _figures(self, month: Month) -> Figures:
        before = bulletins.editions(self._book(), month.back())
        known = json.loads(before.iloc[-1]["figures"]) if len(before) else None
        whole = self._setting.whole
        return whole.once(
            "bulletin",
            FROM,
            month.last,
            lambda: assemble(self._setting, month, known),
            month.code,
            min(month.last, self.today),
            self._setting.zone.key,
        )

    def _last(self, month: Month) -> Edition:
        return _edition(bulletins.require_frozen(self._book(), month).iloc[-1])

    def _listed(self, month: Month, row: pd.Series | None) -> dict[str, Any]:
        if row is not None:
            state = "amended" if row["amendment"] else "frozen"
            return {**_edition(row).told(), "state": state}
        state = "open" if month.last < self.today else "running"
        return {**Edition(month, {}).told(), "state": state}

    def _book(self) -> pd.DataFrame:
        return self._store.read("bulletins")

    def _require_office(self) -> None:
        if not self._may_draft:
            msg = "Only the city's office freezes bulletins."
            raise ForbiddenError(msg)

    def _writing(self, action: str, month: Month, **more: str) -> Any:  # noqa: ANN401 - a context
        told = {"month": month.code, **more, "by": self._setting.person.person_id}
        return self._store.write(who=self._setting.person.name, action=action, what=told)


def _edition(row: pd.Series) -> Edition:
    told = {name: None if pd.isna(row[name]) else str(row[name]) for name in ("previous", "reason")}
    return Edition(
        month=Month(row["month"].date()),
        figures=json.loads(row["figures"]),
        amendment=int(row["amendment"]),
        hash=str(row["hash"]),
        frozen_by=str(row["frozen_by"]),
        frozen_at=row["frozen_at"].to_pydatetime(),
        **told,
    )


def _frame(row: pd.Series) -> pd.DataFrame:
    return layers.conform(pd.DataFrame([row]), CONTRACT)
