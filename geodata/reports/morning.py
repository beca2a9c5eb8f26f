"""The leaders' morning: what changed since yesterday, where it is worse or better, who is late."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from sqlalchemy import select

from geodata.issues.sight import among
from geodata.reports import ground
from geodata.reports.names import named
from geodata.reports.parts import (
    Part,
    codes_of,
    compared_level,
    find_part,
    levels_below,
    place_names,
    places,
    within,
)
from geodata.workspace import Workspace
from gridmap import morning as rules
from gridmap import progress
from gridmap.assignments import in_force
from gridmap.errors import InvalidError
from gridmap.intervals import share_interval
from gridmap.issues.arrows import DUE_NO_MORE

USUAL_DAYS = 28
INDICATORS = ("ran_out", "reported")
ISSUES_SHOWN = 200
Mask = Callable[[pd.DataFrame], pd.Series]


@dataclass(frozen=True)
class Span:
    """
    The period that is looked at.

    Parameters
    ----------
    since, until
        First and last day.
    moment
        The end of what is known, in the city's time zone: now, or the end of the last day.
    """

    since: date
    until: date
    moment: pd.Timestamp

    @property
    def zone(self) -> ZoneInfo:
        """The city's time zone: that of the moment."""
        zone = self.moment.tzinfo
        assert isinstance(zone, ZoneInfo)  # noqa: S101 - whoever made it said so
        return zone

    def starts(self, day: date) -> pd.Timestamp:
        """Return when a day begins in the city."""
        return pd.Timestamp(day, tz=self.zone)

    @property
    def begin(self) -> pd.Timestamp:
        """When the period begins."""
        return self.starts(self.since)

    @property
    def end(self) -> pd.Timestamp:
        """When it ends: at the end of its last day, or now."""
        return min(self.starts(self.until + timedelta(days=1)), self.moment)

    def earlier(self, known: pd.Timestamp) -> tuple[pd.Timestamp, pd.Timestamp]:
        """
        Return the period of as many days before, begin and end.

        Parameters
        ----------
        known
            When records begin: of what was before nothing is known.
        """
        first, _last = rules.before(self.since, self.until)
        return min(max(self.starts(first), known), self.begin), self.begin


@dataclass(frozen=True, eq=False)
class Morning:
    """
    What a leader is told in the morning.

    Parameters
    ----------
    part, span
        Where, and of which period.
    since_yesterday
        ``reported``, ``closed``, ``ran_out``, ``reopened``; ``made`` and ``ended`` of assignments.
    usual
        ``reported``, ``closed``, ``ran_out`` a day, on average of the `USUAL_DAYS` days before.
    standing
        ``open`` and ``overdue`` now; ``ground_m2``, ``covered_m2``, ``share`` and
        ``share_yesterday``; ``gaps``.
    compared
        Level of the places that were compared, and how many there are.
    days
        How many days the earlier period and this one have lasted; of the earlier one only those
        since records begin.
    worse, better
        As `gridmap.morning.moved`, with ``code``, ``name``, ``indicator``, and ``unit_id``,
        ``unit_name`` of the unit that has most of the issues counted there.
    units
        ``unit_id``, ``unit_name``, ``overdue``, ``n`` (open), ``share``, ``low``, ``high``, the
        unit with most overdue first.
    below
        What lies directly below: ``level``, ``code``, ``name``, ``reported``, ``closed``,
        ``ran_out`` in the period, ``open`` and ``overdue`` now, ``share`` covered.
    issues
        Of a grid, what is open in it: the columns of issues, the oldest first.
    holders
        The units that answer for something there on the day.
    """

    part: Part
    span: Span
    since_yesterday: dict[str, int]
    usual: dict[str, float]
    standing: dict[str, float]
    compared: tuple[str, int]
    days: tuple[float, float]
    worse: pd.DataFrame
    better: pd.DataFrame
    units: pd.DataFrame
    below: pd.DataFrame
    issues: pd.DataFrame
    holders: pd.Index


def morning(workspace: Workspace, span: Span, code: str = "") -> Morning:
    """
    Put together what a leader is told.

    Parameters
    ----------
    workspace
        The register, or the part of it that may be seen.
    span
        The period that is compared with as many days before; its last day is the day of the page.
    code
        A division or a grid; all that may be seen if empty.

    Raises
    ------
    NotFoundError
        If there is no such place.
    InvalidError
        If the period ends before it begins.
    """
    if span.since > span.until:
        msg = "The period ends ({until}) before it begins ({since})."
        raise InvalidError(msg, since=span.since, until=span.until)
    day = span.until
    part = find_part(workspace, code, day)
    issues = within(workspace, part, day)
    level, codes = compared_level(workspace, part, day)
    of_level = places(workspace, day, level).reindex(issues.index)
    earlier = span.earlier(_known_since(workspace, span))
    worse, better = _moved(workspace, issues, of_level, span, earlier)
    late = progress.is_overdue(issues, span.moment)
    waiting = issues[progress.is_open(issues, span.moment)]
    shown = waiting.sort_values("reported_at").head(ISSUES_SHOWN if part.level == "grid" else 0)
    return Morning(
        part=part,
        span=span,
        since_yesterday=_since_yesterday(workspace, part, issues, span),
        usual=_usual(issues, span),
        standing={"open": len(waiting), "overdue": int(late.sum())}
        | _covered(workspace, part, day),
        compared=(level, len(codes)),
        days=(_lasted(*earlier), _lasted(span.begin, span.end)),
        worse=worse,
        better=better,
        units=_units(workspace, waiting, late, day),
        below=_below(workspace, part, issues, span),
        issues=named(shown.assign(overdue=late.reindex(shown.index)), workspace, day),
        holders=pd.Index(in_force(_assignments(workspace, part, day), day)["unit_id"].unique()),
    )


def reopened(
    workspace: Workspace, issues: pd.DataFrame, begin: pd.Timestamp, end: pd.Timestamp
) -> int:
    """Return how often issues were reopened in a period."""
    ids = [str(key) for key in issues.index[issues["reopenings"].fillna(0) > 0]]
    if not ids:
        return 0
    store = workspace.store
    table = store.tables.layers["issue_events"]
    with store.database.reading() as connection:
        known = among(table.c.issue_id, ids, connection.dialect.name)
        asked = select(table.c.at).where(known, table.c.act == "reopen")
        moments = connection.execute(asked).scalars().all()
    return sum(begin <= pd.Timestamp(at) < end for at in moments)


def _between(column: str, begin: pd.Timestamp, end: pd.Timestamp) -> Mask:
    return lambda issues: (issues[column] >= begin) & (issues[column] < end)


def counted(issues: pd.DataFrame, begin: pd.Timestamp, end: pd.Timestamp) -> dict[str, pd.Series]:
    """
    Say which issues were reported, closed out, or ran out of time in a period.

    Parameters
    ----------
    issues
        As for `gridmap.progress.ran_out`.
    begin, end
        The period, its end left out.
    """
    done = _between("closed_at", begin, end)(issues) & ~issues["state"].isin(DUE_NO_MORE)
    return {
        "reported": _between("reported_at", begin, end)(issues),
        "closed": done,
        "ran_out": progress.ran_out(issues, begin, end),
    }


def _since_yesterday(
    workspace: Workspace, part: Part, issues: pd.DataFrame, span: Span
) -> dict[str, int]:
    begin, end = span.starts(span.until - timedelta(days=1)), span.end
    told = {name: int(mask.sum()) for name, mask in counted(issues, begin, end).items()}
    rows = _assignments(workspace, part, span.until)
    first, last = (day.tz_localize(None) for day in (begin, span.starts(span.until)))
    moved = {
        name: int(((rows[column] >= first) & (rows[column] <= last)).sum())
        for name, column in (("made", "since"), ("ended", "until"))
    }
    return told | {"reopened": reopened(workspace, issues, begin, end)} | moved


def _usual(issues: pd.DataFrame, span: Span) -> dict[str, float]:
    end = span.starts(span.until - timedelta(days=1))
    begin = span.starts(span.until - timedelta(days=1 + USUAL_DAYS))
    return {name: float(m.sum()) / USUAL_DAYS for name, m in counted(issues, begin, end).items()}


def _assignments(workspace: Workspace, part: Part, as_of: date) -> pd.DataFrame:
    rows: pd.DataFrame = workspace.frame("assignments", as_of)
    if part.level == "city":
        return rows
    inside = {part.code}
    for level in levels_below(part):
        inside |= set(codes_of(workspace, part, level, as_of))
    return rows[rows["target_kind"].isin(("grid", "division")) & rows["target"].isin(inside)]


def _covered(workspace: Workspace, part: Part, as_of: date) -> dict[str, float]:
    found = _coverage(workspace, part, as_of)
    yesterday = _coverage(workspace, part, as_of - timedelta(days=1))
    gaps = ground.gaps(workspace, as_of)
    if part.level == "grid":
        gaps = gaps[gaps["code"] == part.code]
    elif part.level != "city":
        inside = codes_of(workspace, part, "grid", as_of)
        mine = gaps["code"].isin(inside)
        if part.level == "community":
            mine |= gaps["community"] == part.code
        gaps = gaps[mine]
    return found | {"share_yesterday": yesterday["share"], "gaps": len(gaps)}


def _coverage(workspace: Workspace, part: Part, as_of: date) -> dict[str, float]:
    table = ground.coverage_table(workspace, part.level, as_of)
    rows = table if part.level == "city" else table[table.index == part.code]
    whole, covered = (float(rows[name].sum()) for name in ("ground_m2", "covered_m2"))
    share = covered / whole if whole else np.nan
    return {"ground_m2": whole, "covered_m2": covered, "share": share}


def _known_since(workspace: Workspace, span: Span) -> pd.Timestamp:
    """Return the midnight before the first issue of all; the period's end where there is none."""
    first = workspace.frame("issues", span.until)["reported_at"].min()
    return span.end if pd.isna(first) else first.tz_convert(span.zone).normalize()


def _lasted(begin: pd.Timestamp, end: pd.Timestamp) -> float:
    return max((end - begin) / pd.Timedelta(days=1), 0.0)


def _moved(
    workspace: Workspace,
    issues: pd.DataFrame,
    of_level: pd.Series,
    span: Span,
    before: tuple[pd.Timestamp, pd.Timestamp],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compare all places by all indicators; what moved furthest is told with its unit."""
    later = counted(issues, span.begin, span.end)
    earlier = counted(issues, *before)
    days = (_lasted(*before), _lasted(span.begin, span.end))
    tables = [
        rules.changes(
            of_level[earlier[name]].value_counts(), of_level[later[name]].value_counts(), days
        ).assign(indicator=name)
        for name in INDICATORS
    ]
    compared = pd.concat(tables)
    worse, better = rules.moved(compared)
    called = place_names(workspace, span.until)

    def told(rows: pd.DataFrame) -> pd.DataFrame:
        units = [
            _most(issues, (of_level == code) & (later[indicator] | earlier[indicator]))
            for code, indicator in zip(rows.index, rows["indicator"], strict=True)
        ]
        held = rows.assign(unit_id=pd.array(units, dtype="str")).rename_axis("code").reset_index()
        answered = named(held, workspace, span.until)
        return answered.assign(name=answered["code"].map(called).fillna(answered["code"]))

    return told(worse), told(better)


def _most(issues: pd.DataFrame, chosen: pd.Series) -> Any:  # noqa: ANN401
    """Return the unit that has most of some issues; missing if none has any."""
    counts = issues.loc[chosen.to_numpy(dtype=bool), "unit_id"].value_counts()
    return counts.index[0] if len(counts) else None


def _units(
    workspace: Workspace, waiting: pd.DataFrame, late: pd.Series, as_of: date
) -> pd.DataFrame:
    """Count what is open and overdue of each unit, with the interval of the share."""
    table = pd.DataFrame(
        {"unit_id": waiting["unit_id"], "overdue": late.reindex(waiting.index).astype("int64")}
    )
    counts = table.groupby("unit_id")["overdue"].agg(overdue="sum", n="size").reset_index()
    counts = counts[counts["overdue"] > 0]
    counts = counts.sort_values(["overdue", "n"], ascending=[False, True], kind="stable")
    low, high = share_interval(counts["overdue"], counts["n"])
    told = counts.assign(share=counts["overdue"] / counts["n"], low=low, high=high)
    return named(told.reset_index(drop=True), workspace, as_of)


def _below(workspace: Workspace, part: Part, issues: pd.DataFrame, span: Span) -> pd.DataFrame:
    """Count what lies directly below: the next level of which there are several."""
    day = span.until
    levels = [(level, codes_of(workspace, part, level, day)) for level in levels_below(part)]
    level, codes = next(
        ((level, codes) for level, codes in levels if len(codes) > 1),
        levels[-1] if levels else ("grid", pd.Index([], dtype="str")),
    )
    of_level = places(workspace, day, level).reindex(issues.index)
    masks = counted(issues, span.begin, span.end) | {
        "open": progress.is_open(issues, span.moment),
        "overdue": progress.is_overdue(issues, span.moment),
    }
    counts = {
        name: of_level[mask].value_counts().reindex(codes, fill_value=0).to_numpy()
        for name, mask in masks.items()
    }
    called = place_names(workspace, day).reindex(codes)
    share = ground.coverage_table(workspace, level, day)["share"].reindex(codes)
    told = {"level": level, "code": codes, "name": called.fillna(called.index.to_series())}
    return pd.DataFrame({**told, **counts, "share": share.to_numpy()}).reset_index(drop=True)
