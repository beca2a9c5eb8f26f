"""
Inheritance: who answers for the heirs of a grid.

Each assignment of a grid that is split or merged is a claim on its heirs for the days that it would
still have lasted. Claims on one heir are settled scheme by scheme, the largest grid's first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Literal, TypeAlias

import pandas as pd

from gridmap.assignments import PRIMARY, Changes, Day, calendar_day
from gridmap.decisions import Row, as_releases, as_rows, lasting, require_new
from gridmap.succession import HANDED_OVER

Keep: TypeAlias = Literal["heirs", "nobody"]
Span: TypeAlias = tuple[pd.Timestamp, pd.Timestamp]

DEMOTED = ["target", "scheme", "unit_id", "primary", "since", "until"]
ASSISTING = "assisting"
FOREVER = pd.Timestamp.max.normalize()


@dataclass(frozen=True)
class Carried(Changes):
    """
    What becomes of the assignments of grids that change.

    Parameters
    ----------
    added, released
        As `gridmap.assignments.Changes`. A row that would begin on the day of the change or later
        is released on the day on which it begins: it never comes into force.
    demoted
        Primary units that only assist from then on, because a larger grid of those that were merged
        has another: ``target``, ``scheme``, ``unit_id``, ``primary`` (who is), ``since``,
        ``until``.
    """

    demoted: pd.DataFrame


@dataclass(frozen=True)
class _Claim:
    """One row as a claim on an heir of its grid; `stays` if the heir is that grid itself."""

    row: Row
    key: str
    heir: str
    stays: bool
    rank: int  # 0 has the most ground
    span: Span

    @property
    def group(self) -> tuple[str, str]:
        return self.heir, str(self.row["scheme"])

    @property
    def order(self) -> tuple[bool, int, pd.Timestamp, str]:
        return self.row["tier"] != PRIMARY, self.rank, self.span[0], self.key


@dataclass
class _Settlement:
    """Claims on one heir in one scheme, settled one after another."""

    heir: str
    taken: dict[tuple[str, str], list[Span]] = field(default_factory=dict)  # tier and unit → spans
    added: list[Row] = field(default_factory=list)
    until: dict[str, pd.Timestamp] = field(default_factory=dict)
    demoted: list[tuple[object, ...]] = field(default_factory=list)

    def settle(self, claims: Sequence[_Claim]) -> None:
        """Admit primary units first, and those who make way for them after all that stays."""
        primaries = [claim for claim in claims if claim.row["tier"] == PRIMARY]
        others = [claim for claim in claims if claim.row["tier"] != PRIMARY]
        for claim in primaries:
            self._admit(claim, PRIMARY, _without([claim.span], self._primary()))
        for claim in others:
            if claim.stays:
                self._join(claim)
        for claim in primaries:
            self._demote(claim)
        for claim in others:
            if not claim.stays:
                self._join(claim)

    def _primary(self) -> list[Span]:
        """When anybody is primary."""
        return [
            span for (tier, _), spans in self.taken.items() if tier == PRIMARY for span in spans
        ]

    def _join(self, claim: _Claim) -> None:
        tier, unit = str(claim.row["tier"]), str(claim.row["unit_id"])
        self._admit(claim, tier, _without([claim.span], self._held(tier, unit)))

    def _held(self, tier: str, unit: str) -> list[Span]:
        """When a unit has the tier; whoever is primary need not assist as well."""
        spans = self.taken.get((tier, unit), [])
        return [*spans, *self.taken.get((PRIMARY, unit), [])] if tier == ASSISTING else spans

    def _admit(self, claim: _Claim, tier: str, spans: list[Span]) -> None:
        self.taken.setdefault((tier, str(claim.row["unit_id"])), []).extend(spans)
        if claim.stays and tier == claim.row["tier"]:
            if spans == [claim.span]:
                return
            goes_on = bool(spans) and spans[0][0] == claim.span[0]
            self.until[claim.key] = spans[0][1] if goes_on else claim.span[0]
            spans = spans[goes_on:]
        for start, end in spans:
            row = dict(claim.row)
            row |= {"target": self.heir, "tier": tier, "since": start, "until": _day(end)}
            self.added.append(row)

    def _demote(self, claim: _Claim) -> None:
        unit = str(claim.row["unit_id"])
        for (tier, other), spans in list(self.taken.items()):
            if tier != PRIMARY or other == unit:
                continue
            lost = [both for span in spans for both in _common(claim.span, span)]
            self.demoted += [
                (self.heir, claim.row["scheme"], unit, other, start, _day(end))
                for start, end in lost
            ]
            self._admit(claim, ASSISTING, _without(lost, self._held(ASSISTING, unit)))


def carried(
    assignments: pd.DataFrame,
    lineage: pd.DataFrame,
    retired: Collection[str],
    *,
    since: Day,
    keep: Keep = "heirs",
    note: str | None = None,
) -> Carried:
    """
    Hand the assignments of grids that change to their heirs.

    Parameters
    ----------
    assignments
        The layer, whole history.
    lineage, retired
        As `gridmap.mending.Mending`.
    since
        The first day of the change.
    keep
        ``heirs``: the same units answer for each heir, in the same tier and scheme, as long as they
        would have. ``nobody``: what was held of the grids that end, ends.
    note
        On the rows that end and those that are added.

    Returns
    -------
    Carried
        After a split every part has the units of the whole. After a merge the new grid has the
        units of all; where their primary units differ, that of the largest grid is the primary one
        and the others assist, for as long as both would have been primary. What other grids hold,
        and what was in force before the day, is left alone.

    Raises
    ------
    ConflictError
        If a row that would be added was there before and was taken back: it is written once.
    """
    day = calendar_day(since)
    rows = lasting(assignments[assignments["target_kind"] == "grid"], day)
    ended = rows.loc[rows["target"].isin(list(retired)), "since"].clip(lower=day)
    until, added, demoted = ended.to_dict(), list[Row](), list[tuple[object, ...]]()
    claims = list(_claims(rows, lineage, day)) if keep == "heirs" else []
    claims.sort(key=lambda claim: (claim.group, claim.order))
    for (heir, _), group in groupby(claims, key=lambda claim: claim.group):
        settlement = _Settlement(heir)
        settlement.settle(list(group))
        added += settlement.added
        until |= settlement.until
        demoted += settlement.demoted
    new = as_rows(added, note)
    require_new(new, assignments)
    return Carried(new, as_releases(until, note), pd.DataFrame(demoted, columns=DEMOTED))


def _claims(rows: pd.DataFrame, lineage: pd.DataFrame, day: pd.Timestamp) -> Iterator[_Claim]:
    handed = lineage[lineage["act"].isin(HANDED_OVER)]
    # What a split leaves under the old code stays as it is
    own = handed["from_code"] == handed["to_code"]
    handed = handed[~(own & (handed["act"] == "split"))]
    handed = handed.sort_values(["area_m2", "from_code"], ascending=[False, True])
    by_grid = dict(list(rows.reset_index().groupby("target")))
    for rank, (grid, heir) in enumerate(zip(handed["from_code"], handed["to_code"], strict=True)):
        for row in by_grid[grid].to_dict("records") if grid in by_grid else ():
            key = str(row.pop("assignment_id"))
            end = FOREVER if pd.isna(row["until"]) else row["until"]
            span = (max(row["since"], day), end)
            yield _Claim(row, key, heir, heir == grid, rank, span)


def _common(one: Span, other: Span) -> list[Span]:
    both = max(one[0], other[0]), min(one[1], other[1])
    return [both] if both[0] < both[1] else []


def _without(spans: Sequence[Span], taken: Sequence[Span]) -> list[Span]:
    """Cut days that are taken out of spans."""
    left = list(spans)
    for start, end in taken:
        left = [
            part
            for span in left
            for part in ((span[0], min(span[1], start)), (max(span[0], end), span[1]))
            if part[0] < part[1]
        ]
    return sorted(left)


def _day(end: pd.Timestamp) -> pd.Timestamp:
    return pd.NaT if end == FOREVER else end
