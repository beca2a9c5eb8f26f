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
    def order(self) -> tuple[int, pd.Timestamp, str]:
        return self.rank, self.span[0], self.key

    @property
    def tier(self) -> str:
        return str(self.row["tier"])

    @property
    def unit(self) -> str:
        return str(self.row["unit_id"])


@dataclass
class _Settlement:
    """Claims on one heir in one scheme: first who has which tier when, then what is written."""

    heir: str
    claims: Sequence[_Claim]
    taken: dict[tuple[str, str], list[tuple[Span, _Claim]]] = field(default_factory=dict)
    demoted: list[tuple[object, ...]] = field(default_factory=list)

    def settle(self) -> None:
        """Admit primary units first, the largest grid's before others, then who makes way."""
        primaries = [claim for claim in self.claims if claim.tier == PRIMARY]
        for claim in primaries:
            held = [span for key in self.taken for span in self._spans(*key)]
            self._admit(claim, PRIMARY, _without([claim.span], held))
        for claim in primaries:
            self._demote(claim)
        for claim in self.claims:
            if claim.tier != PRIMARY:
                self._admit(claim, claim.tier, [claim.span])

    def write(self) -> tuple[list[Row], dict[str, pd.Timestamp]]:
        """List the rows to add, and when rows of the heir itself end."""
        added: list[Row] = []
        until: dict[str, pd.Timestamp] = {}
        kept: dict[tuple[str, str], list[Span]] = {}
        for claim in self.claims:
            if claim.stays:
                key = (claim.tier, claim.unit)
                end = _reach(
                    claim.span[0], _without([claim.span], kept.get(key, [])), self._spans(*key)
                )
                kept.setdefault(key, []).append((claim.span[0], end))
                if end < claim.span[1]:
                    until[claim.key] = end
        for key, entries in self.taken.items():
            for span, claim in entries:
                for start, end in _without([span], kept.get(key, [])):
                    row = dict(claim.row) | {"target": self.heir, "tier": key[0]}
                    added.append(row | {"since": start, "until": _day(end)})
        return added, until

    def _spans(self, tier: str, unit: str) -> list[Span]:
        return [span for span, _ in self.taken.get((tier, unit), [])]

    def _admit(self, claim: _Claim, tier: str, spans: list[Span]) -> None:
        """Give a unit a tier where it has not; whoever is primary need not assist as well."""
        held = self._spans(tier, claim.unit)
        if tier == ASSISTING:
            held += self._spans(PRIMARY, claim.unit)
        new = [(span, claim) for span in _without(spans, held)]
        self.taken.setdefault((tier, claim.unit), []).extend(new)

    def _demote(self, claim: _Claim) -> None:
        others = [unit for tier, unit in self.taken if tier == PRIMARY and unit != claim.unit]
        for other in others:
            spans = self._spans(PRIMARY, other)
            lost = [both for span in spans for both in _common(claim.span, span)]
            self.demoted += [
                (self.heir, claim.row["scheme"], claim.unit, other, start, _day(end))
                for start, end in lost
            ]
            self._admit(claim, ASSISTING, lost)


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
        settlement = _Settlement(heir, list(group))
        settlement.settle()
        rows_of_heir, ends_of_heir = settlement.write()
        added += rows_of_heir
        until |= ends_of_heir
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


def _reach(start: pd.Timestamp, free: Sequence[Span], spans: Sequence[Span]) -> pd.Timestamp:
    """Say until when a row that is there can stand for what its unit has, from its start on."""
    reach = start
    for first, end in sorted(both for span in spans for one in free for both in _common(one, span)):
        if first <= reach:
            reach = max(reach, end)
    return reach


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
