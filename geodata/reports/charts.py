"""The figures of the leaders' charts: each a small table, drawn, read aloud or saved as it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from geodata import workbook
from geodata.reports.morning import Span
from geodata.reports.names import named
from geodata.reports.parts import Part, within
from geodata.workbook import Kind
from geodata.workspace import Workspace
from gridmap import evaluation, progress
from gridmap.errors import InvalidError, NotFoundError
from gridmap.intervals import rate_interval
from gridmap.issues.arrows import DUE_NO_MORE

DAILY, WEEKLY = 45, 400  # days of a period up to which its steps are days, and weeks
CALENDAR_DAYS = 366
CATEGORIES_SHOWN, UNITS_SHOWN = 12, 30
OTHERS = "其他"
NOTHING_BESIDE = evaluation.Beside(
    events=pd.DataFrame(
        {"issue_id": [], "at": pd.DatetimeIndex([], tz="UTC"), "act": [], "unit_before": []}
    ),
    recurred=pd.Index([], dtype="str"),
    patrols=pd.DataFrame({"unit_id": [], "ended_at": pd.DatetimeIndex([], tz="UTC")}),
)


@dataclass(frozen=True)
class Column:
    """
    A column of a chart's table.

    Parameters
    ----------
    name
        In the table.
    heading
        In Excel.
    kind
        ``day``, ``text``, ``category`` (missing for all others), ``word`` (a code that pages
        translate), ``number`` or ``share``.
    """

    name: str
    heading: str
    kind: str = "number"


@dataclass(frozen=True)
class Wanted:
    """
    Of which issues a chart is.

    Parameters
    ----------
    span, part
        The period and the part of the city, as of the morning page.
    category, channel
        Only these; all if None.
    """

    span: Span
    part: Part
    category: str | None = None
    channel: str | None = None


@dataclass(frozen=True)
class Chart:
    """
    A kind of chart.

    Parameters
    ----------
    title
        Of its sheet in Excel.
    columns
        Of its table.
    figures
        What works it out.
    """

    title: str
    columns: tuple[Column, ...]
    figures: Callable[[Workspace, Wanted], pd.DataFrame]


def chart(workspace: Workspace, name: str, wanted: Wanted) -> pd.DataFrame:
    """
    Work out the figures of a chart.

    Parameters
    ----------
    workspace
        The register, or the part of it that may be seen.
    name
        One of `CHARTS`.
    wanted
        Of which issues.

    Returns
    -------
    pandas.DataFrame
        With the columns that `CHARTS` names.

    Raises
    ------
    NotFoundError
        If there is no such chart.
    InvalidError
        If the period ends before it begins.
    """
    if name not in CHARTS:
        msg = "There is no chart {chart}; there are {charts}."
        raise NotFoundError(msg, chart=name[:40], charts=", ".join(CHARTS))
    if wanted.span.since > wanted.span.until:
        msg = "The period ends ({until}) before it begins ({since})."
        raise InvalidError(msg, since=wanted.span.since, until=wanted.span.until)
    made = CHARTS[name]
    found = made.figures(workspace, wanted)
    return found[[column.name for column in made.columns]].reset_index(drop=True)


def sheet(workspace: Workspace, name: str, wanted: Wanted) -> bytes:
    """
    Return the figures of a chart as an Excel workbook.

    Parameters
    ----------
    workspace, name, wanted
        As for `chart`.
    """
    found = chart(workspace, name, wanted)
    cells = [
        (column.heading, _texts(found[column.name], column.kind), _kind(column.kind))
        for column in CHARTS[name].columns
    ]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "chart.xlsx"
        workbook.save(found, path, CHARTS[name].title, cells)
        return path.read_bytes()


def _chosen(workspace: Workspace, wanted: Wanted) -> pd.DataFrame:
    """Return the issues of a place, a category and a channel, of whatever time."""
    issues = within(workspace, wanted.part, wanted.span.until)
    kept = np.ones(len(issues), dtype=bool)
    for column, value in (("category", wanted.category), ("channel", wanted.channel)):
        if value is not None:
            kept &= (issues[column] == value).to_numpy(dtype=bool)
    return issues if kept.all() else issues[kept]


def _reported(workspace: Workspace, wanted: Wanted) -> pd.DataFrame:
    """Return the issues of a period."""
    issues, span = _chosen(workspace, wanted), wanted.span
    moment = issues["reported_at"]
    return issues[((moment >= span.begin) & (moment < span.end)).to_numpy(dtype=bool)]


def _starts(span: Span) -> pd.DatetimeIndex:
    """Return where the steps of a trend begin: days, weeks or months, the first perhaps cut."""
    days = (span.until - span.since).days + 1
    step = "D" if days <= DAILY else "W-MON" if days <= WEEKLY else "MS"
    within_it = pd.date_range(span.since, span.until, freq=step)
    return within_it.union(pd.DatetimeIndex([pd.Timestamp(span.since)]))


def _trend(workspace: Workspace, wanted: Wanted) -> pd.DataFrame:
    span, issues = wanted.span, _chosen(workspace, wanted)
    starts = _starts(span)
    after = pd.DatetimeIndex([*starts[1:], pd.Timestamp(span.until + timedelta(days=1))])
    edges = starts.append(after[-1:]).tz_localize(span.zone)
    lasted = (np.minimum(edges[1:], span.end) - edges[:-1]) / pd.Timedelta(days=1)
    days = np.maximum(np.asarray(lasted, dtype=np.float64), 0.0)

    def per_step(moments: pd.Series) -> np.ndarray:
        known = moments[(moments >= span.begin) & (moments < span.end)]
        place = np.searchsorted(edges.asi8, known.to_numpy("datetime64[us]").view("int64"), "right")
        return np.bincount(place - 1, minlength=len(starts))[: len(starts)]

    edges = edges.as_unit("us")
    reported = per_step(issues["reported_at"])
    closed = per_step(issues["closed_at"].mask(issues["state"].isin(DUE_NO_MORE)))
    low, high = rate_interval(reported, days)
    rate = np.divide(reported, days, out=np.full(len(days), np.nan), where=days > 0)
    return pd.DataFrame(
        {
            "since": starts,
            "days": days.round(2),
            "reported": reported,
            "per_day": rate,
            "low": low,
            "high": high,
            "closed": closed,
        }
    )


def _calendar(workspace: Workspace, wanted: Wanted) -> pd.DataFrame:
    span = wanted.span
    first = max(span.since, span.until - timedelta(days=CALENDAR_DAYS - 1))
    local = _reported(workspace, wanted)["reported_at"].dt.tz_convert(span.zone)
    counts = local.dt.tz_localize(None).dt.normalize().value_counts()
    days = pd.date_range(first, span.until, freq="D")
    return pd.DataFrame({"day": days, "reported": counts.reindex(days, fill_value=0).to_numpy()})


def _categories(workspace: Workspace, wanted: Wanted) -> pd.DataFrame:
    counts = _reported(workspace, wanted)["category"].value_counts()
    shown = counts.iloc[:CATEGORIES_SHOWN]
    rest = int(counts.iloc[CATEGORIES_SHOWN:].sum())
    names, n = [*shown.index], [*shown]
    if rest:
        names, n = [*names, None], [*n, rest]  # the others: what they are called, readers say
    found = pd.DataFrame({"category": pd.array(names, dtype="str"), "n": np.array(n, dtype=int)})
    share = found["n"] / max(int(counts.sum()), 1)
    return found.assign(share=share, together=share.cumsum().clip(upper=1.0))


def _stages(workspace: Workspace, wanted: Wanted) -> pd.DataFrame:
    counts = progress.stages(_reported(workspace, wanted))
    whole = int(counts.iloc[0])
    share = counts / whole if whole else counts * np.nan
    return pd.DataFrame({"stage": counts.index, "n": counts.to_numpy(), "share": share.to_numpy()})


def _ages(workspace: Workspace, wanted: Wanted) -> pd.DataFrame:
    return progress.ages(_chosen(workspace, wanted), wanted.span.moment)


def _on_time(workspace: Workspace, wanted: Wanted) -> pd.DataFrame:
    """Count as the evaluation does; what it knows from events alone is not asked here."""
    mine = pd.DataFrame(_reported(workspace, wanted))
    facts = evaluation.facts(mine, NOTHING_BESIDE, wanted.span.moment)
    table = evaluation.tally(facts, mine["unit_id"])
    found = table[(table["indicator"] == "on_time") & (table["whole"] > 0)]
    found = found.sort_values("whole", ascending=False, kind="stable").head(UNITS_SHOWN)
    found = found.sort_values(["share", "whole"], kind="stable").reset_index()
    return named(found, workspace, wanted.span.until).assign(
        unit_name=lambda rows: rows["unit_name"].fillna(rows["unit_id"])
    )


def _texts(values: pd.Series, kind: str) -> list[str | None]:
    """Return values as a workbook takes them."""
    if kind == "day":
        return [day.strftime("%Y-%m-%d") for day in values]
    if kind == "word":
        return [STAGE_WORDS[str(code)] for code in values]
    if kind in ("text", "category"):
        rest = OTHERS if kind == "category" else None
        return [rest if pd.isna(value) else str(value) for value in values]
    rounded = values.astype("Float64").round(4)
    return [None if pd.isna(n) or not np.isfinite(n) else f"{n:g}" for n in rounded]


def _kind(kind: str) -> Kind:
    kinds: dict[str, Kind] = {"day": "date", "number": "number", "share": "number"}
    return kinds.get(kind, "text")


STAGE_WORDS = {
    "reported": "上报",
    "filed": "立案",
    "dispatched": "派遣",
    "rectified": "整改",
    "closed_out": "销号",
}
CHARTS: dict[str, Chart] = {
    "trend": Chart(
        "上报走势",
        (
            Column("since", "起始日期", "day"),
            Column("days", "天数"),
            Column("reported", "上报件数"),
            Column("per_day", "日均上报"),
            Column("low", "95%区间下限"),
            Column("high", "95%区间上限"),
            Column("closed", "销号件数"),
        ),
        _trend,
    ),
    "calendar": Chart(
        "上报日历", (Column("day", "日期", "day"), Column("reported", "上报件数")), _calendar
    ),
    "categories": Chart(
        "类别构成",
        (
            Column("category", "问题类别", "category"),
            Column("n", "件数"),
            Column("share", "占比", "share"),
            Column("together", "累计占比", "share"),
        ),
        _categories,
    ),
    "stages": Chart(
        "办理漏斗",
        (
            Column("stage", "环节", "word"),
            Column("n", "到达件数"),
            Column("share", "占上报比例", "share"),
        ),
        _stages,
    ),
    "ages": Chart(
        "未结时长",
        (
            Column("from_days", "满天数"),
            Column("to_days", "不满天数"),
            Column("within", "未超期"),
            Column("overdue", "已超期"),
            Column("n", "合计"),
        ),
        _ages,
    ),
    "on_time": Chart(
        "按期整改率",
        (
            Column("unit_id", "责任单位编号", "text"),
            Column("unit_name", "责任单位", "text"),
            Column("part", "按期整改"),
            Column("whole", "到期应整改"),
            Column("share", "按期率", "share"),
            Column("low", "95%区间下限", "share"),
            Column("high", "95%区间上限", "share"),
        ),
        _on_time,
    ),
}
"""Name → the chart."""
