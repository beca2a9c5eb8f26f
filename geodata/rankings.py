"""
Rankings: the use cases by which places are ranked, formulas published, and ranks appealed against.

A ranking is worked out whenever it is asked for, of the whole city and for everybody alike; kept
are formulas, appeals and rulings. A month, a quarter or a year counts what became of its issues
until ten days after its end, so that it does not change any more afterwards, but by a ruling.
Appeals are made against the ranking of a month; what a ruling leaves out of a month does not count
for its quarter and its year either, or the same fault would come back three months later.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pandas as pd

from geodata.reports.evaluation import counted, keys, named
from geodata.workspace import GROUND, Workspace
from geodata.writer import Writer
from gridmap import access, appeals, formulas, ranking
from gridmap.access import CITY, Person
from gridmap.appeals import Appeal, Hand, Ruling
from gridmap.errors import ConflictError, InvalidError, NotFoundError
from gridmap.formulas import Formula
from gridmap.periods import Period, period_of
from gridmap.ranking import Ranking

LEVELS = ("unit", "subdistrict", "community")
SETTLED = timedelta(days=10)
BETWEEN = "\n"  # a category and a channel in one key: no category has a line break


@dataclass(frozen=True, eq=False)
class Ranked:
    """
    The ranking of a month, a quarter or a year.

    Parameters
    ----------
    period
        Which.
    level
        One of `LEVELS`.
    until
        The day until which it is looked what became of the period's issues.
    final
        Whether that day is over.
    ranking
        As `gridmap.ranking.rank`; its table has ``name``, too.
    left_out
        Issues that rulings left out.
    """

    period: Period
    level: str
    until: date
    final: bool
    ranking: Ranking
    left_out: tuple[str, ...]


class Rankings:
    """
    The use cases of rankings.

    Parameters
    ----------
    whole
        The register of the whole city: everybody sees the same ranking.
    own
        The part of it in which the caller may appeal.
    person
        Who asks.
    today
        The day in the city.
    zone
        Its time zone.
    """

    def __init__(
        self, whole: Workspace, own: Workspace, person: Person, today: date, zone: ZoneInfo
    ) -> None:
        self._whole = whole
        self._own = own
        self._store = whole.store
        self._person = person
        self._today = today
        self._zone = zone

    def ranked(
        self,
        day: date,
        level: str,
        as_of: date | None = None,
        *,
        every: str = "month",
        by: Formula | None = None,
    ) -> Ranked:
        """
        Rank the places of a level by what became of the issues of a month, a quarter or a year.

        Parameters
        ----------
        day
            Any day of it.
        level
            One of `LEVELS`.
        as_of
            The day on whose evening this is asked; today if left out.
        every
            Which of `gridmap.periods.EVERY`.
        by
            A formula that is tried; the one that held on the period's first day if left out.

        Raises
        ------
        NotFoundError
            If nothing is ranked at that level.
        InvalidError
            If there is no such period, it has not begun, or no formula held yet.
        """
        period, asked = period_of(day, every), min(as_of or self._today, self._today)
        self._require(period, level, asked)
        settled = period.last + SETTLED
        until, left_out = min(asked, settled), self._left_out(period, level)
        formula = by or formulas.in_force(self._store.read("formulas"), period.first)

        def build() -> Ranking:
            issues, found = counted(self._whole, period[1:], until, zone=self._zone)
            kept = ~issues.index.isin(left_out)
            rows, told = issues[kept], found[kept]
            kind = rows["category"].str.cat(rows["channel"].fillna(""), sep=BETWEEN)
            made = ranking.rank(told, keys(rows, self._whole, level, until), kind, formula)
            called = named(made.table.index, self._whole, level, until)
            return replace(made, table=made.table.assign(name=called.to_numpy()))

        layers = ("issues", "issue_events", "patrols", "formulas", "appeals", "units", *GROUND)
        # what is only tried is worked out once, and not kept beside what everybody asks for
        made = (
            self._whole.once("ranking", layers, until, build, period, level, until)
            if by is None
            else build()
        )
        return Ranked(period, level, until, asked >= settled, made, left_out)

    def subjects(self, level: str) -> list[str]:
        """
        Return whose rank the caller may appeal against.

        Parameters
        ----------
        level
            One of `LEVELS`.
        """
        scopes = access.where(self._person, "ranking.appeal")
        if level == "unit":
            units = [scope.key for scope in scopes if scope.kind == "unit"]
            everybody = any(scope.kind == "city" for scope in scopes)
            return list(self._whole.frame("units", self._today).index) if everybody else units
        if not any(scope.kind != "unit" for scope in scopes):
            return []
        layer = {"subdistrict": "subdistricts", "community": "communities"}[level]
        return list(self._own.frame(layer, self._today).index)

    def issues_of(self, month: date, level: str, subject: str) -> pd.DataFrame:
        """
        Return the issues that count for a subject's rank of a month, as the ledger knows them.

        Parameters
        ----------
        month, level, subject
            Whose rank it is.

        Raises
        ------
        NotFoundError
            If it is not one that the caller may appeal against.
        """
        if subject not in self.subjects(level):
            msg = "There is no rank of {subject} for you to appeal against."
            raise NotFoundError(msg, subject=subject[:80])
        period = period_of(month, "month")
        self._require(period, level, self._today)
        until = min(self._today, period.last + SETTLED)
        issues, found = counted(self._whole, period[1:], until, zone=self._zone)
        whose = keys(issues, self._whole, level, until)
        return issues[(whose == subject).fillna(value=False) & found["reported"]]

    def formulas(self) -> list[Formula]:
        """Return the formulas, latest first."""
        return formulas.published(self._store.read("formulas"))

    def tried(self, new: Formula, month: date, level: str) -> tuple[Ranked, Ranked]:
        """
        Rank a month by the formula in force and by one that is not published yet.

        Parameters
        ----------
        new, month, level
            The formula, any day of the month, and one of `LEVELS`.

        Returns
        -------
        tuple
            The ranking as it is, and as it would be.

        Raises
        ------
        InvalidError, ConflictError
            As `gridmap.formulas.publish`: what cannot be published is not tried.
        NotFoundError
            If nothing is ranked at that level.
        """
        formulas.require_new(self._store.read("formulas"), new, self._today)
        return self.ranked(month, level), self.ranked(month, level, by=new)

    def in_force(self, month: date) -> Formula:
        """Return the formula that holds on the first day of a month."""
        return formulas.in_force(self._store.read("formulas"), month)

    def publish(self, new: Formula) -> int:
        """
        Publish a formula, and return the entry of the journal.

        Parameters
        ----------
        new
            What is published.

        Raises
        ------
        InvalidError, ConflictError
            As `gridmap.formulas.publish`.
        """
        told = {"edition": new.edition, "since": new.since.isoformat()}
        with self._writing("formula-publish", told) as writer:
            rows = formulas.publish(writer.read("formulas"), new, self._today)
            writer.add("formulas", rows, self._today)
        return writer.entry

    def appeals(self, period: Period | None = None, level: str | None = None) -> pd.DataFrame:
        """
        Return appeals, the newest first: rankings are open, and so are the rulings on them.

        Parameters
        ----------
        period, level
            Of the rankings of which months; of all if left out.

        Returns
        -------
        pandas.DataFrame
            The book's columns but for who asked and who ruled, which the journal tells; ``name`` of
            the subject, ``issues_n``, and ``issues`` as lists: empty unless the rank is one's own,
            or the whole city is.
        """
        book = self._store.read("appeals")
        if period is not None:
            book = book[book["month"].between(*map(pd.Timestamp, period[1:]))]
        if level is not None:
            book = book[book["level"] == level]
        rows = book.sort_values("asked_at", ascending=False)
        called = rows["subject"].copy()
        for at, part in rows.groupby("level"):
            told = named(pd.Index(part["subject"]), self._whole, str(at), self._today)
            called[part.index] = told.to_numpy()
        lists = [json.loads(text) for text in rows["issues"]]
        own = {at: set(self.subjects(at)) for at in set(rows["level"])}
        whole = CITY in access.where(self._person, "ranking.read")
        pairs = zip(rows["level"], rows["subject"], lists, strict=True)
        seen = [ids if whole or subject in own[at] else [] for at, subject, ids in pairs]
        counts = [len(ids) for ids in lists]
        told = rows.drop(columns=["asked_by", "decided_by"])
        return told.assign(
            issues=pd.Series(seen, rows.index, dtype=object), issues_n=counts, name=called
        )

    def appeal(self, new: Appeal) -> tuple[int, str]:
        """
        Appeal against a rank, and return the entry of the journal and the appeal's id.

        Parameters
        ----------
        new
            What is asked for.

        Raises
        ------
        NotFoundError
            If it is not the caller's rank.
        ConflictError
            If the month is not over, or as `gridmap.appeals.ask`.
        InvalidError
            As `gridmap.appeals.ask`.
        """
        found = self.issues_of(new.month, new.level, new.subject)
        if period_of(new.month, "month").last >= self._today:
            msg = "A rank can be appealed against once its month is over."
            raise ConflictError(msg)
        edition = formulas.in_force(self._store.read("formulas"), new.month).edition
        told = {"level": new.level, "subject": new.subject, "month": new.month.isoformat()}
        with self._writing("appeal", told) as writer:
            book = writer.read("appeals")
            rows = appeals.ask(book, new, list(found.index), edition, self._hand())
            writer.add("appeals", rows, self._today)
        return writer.entry, str(rows.index[0])

    def rule(self, appeal_id: str, ruling: Ruling) -> int:
        """
        Rule on an appeal, and return the entry of the journal.

        Parameters
        ----------
        appeal_id, ruling
            Which, and what is decided.

        Raises
        ------
        NotFoundError, ConflictError, ForbiddenError, InvalidError
            As `gridmap.appeals.decide`.
        """
        told = {"appeal": appeal_id, "state": ruling.state}
        with self._writing("appeal-rule", told) as writer:
            rows = appeals.decide(writer.read("appeals"), appeal_id, ruling, self._hand())
            writer.add("appeals", rows, self._today)
        return writer.entry

    def withdraw(self, appeal_id: str) -> int:
        """
        Withdraw an appeal against a rank of one's own, and return the entry of the journal.

        Parameters
        ----------
        appeal_id
            Which.

        Raises
        ------
        NotFoundError
            If it is not there, or of somebody else's rank.
        ConflictError
            If it was ruled on.
        """
        told = {"appeal": appeal_id}
        with self._writing("appeal-withdraw", told) as writer:
            book = writer.read("appeals")
            rows = appeals.withdraw(book, appeal_id, self._hand())
            row = rows.iloc[0]
            # whose subject every place is, the city, withdraws what it asked itself alone
            city = CITY in access.where(self._person, "ranking.appeal")
            own = row["asked_by"] == self._person.person_id
            if row["subject"] not in self.subjects(row["level"]) or (city and not own):
                msg = "There is no appeal {appeal_id}."
                raise NotFoundError(msg, appeal_id=appeal_id[:80])
            writer.add("appeals", rows, self._today)
        return writer.entry

    def _hand(self) -> Hand:
        return Hand(self._person.person_id, self._store.now())

    @contextmanager
    def _writing(self, action: str, told: dict[str, str]) -> Iterator[Writer]:
        what = {**told, "by": self._person.person_id}
        with self._store.write(who=self._person.name, action=action, what=what) as writer:
            yield writer

    def _left_out(self, period: Period, level: str) -> tuple[str, ...]:
        book = self._store.read("appeals")
        found = (appeals.left_out(book, month, level) for month in period.months)
        return tuple(sorted({issue for issues in found for issue in issues}))

    def _require(self, period: Period, level: str, day: date) -> None:
        if level not in LEVELS:
            msg = "Rankings are by {choices}, not by {level}."
            raise NotFoundError(msg, choices=", ".join(LEVELS), level=level)
        if period.first > day and period.every == "month":
            msg = "The month {month} has not begun."
            raise InvalidError(msg, month=period.name)
        if period.first > day:
            msg = "The period {period} has not begun."
            raise InvalidError(msg, period=period.name)
        if period.first < formulas.default_formula().since:
            msg = "No formula held yet on {day}: nothing is ranked before."
            raise InvalidError(msg, day=period.first)
