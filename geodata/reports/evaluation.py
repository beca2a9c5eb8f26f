"""Evaluation (考评) of a register: who did what with the issues of a period, and how well."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import Connection, case, select

from geodata import reading, workbook
from geodata.reports.recurrence import recurring
from geodata.reports.selection import Selection
from geodata.workspace import GROUND, Workspace
from gridmap import evaluation
from gridmap.errors import InvalidError, NotFoundError
from gridmap.evaluation import EVENT_ACTS, GIVEN_ON, TABLE_COLUMNS, Beside
from gridmap.layers import LAYER_OF_LEVEL

BY = ("unit", "subdistrict", "community", "grid", "district", "channel", "category")
DIVISIONS = ("district", "subdistrict", "community")
ZONE = ZoneInfo("Asia/Shanghai")
CITY = "city"
FIGURES = {
    "part": "分子",
    "whole": "分母",
    "share": "比率",
    "low": "95%区间下限",
    "high": "95%区间上限",
}
"""Columns of a table → their headings in a workbook."""
ISSUE_COLUMNS = [
    *("number", "category", "channel", "grid", "unit_id", "reworks"),
    *("reported_at", "due_at", "rectified_at", "closed_at"),
]
"""What is kept of issues: of a large city the whole rows of every question would be too much."""
EVENT_COLUMNS = ["issue_id", "at", "act", "unit_before"]


def evaluate(
    workspace: Workspace,
    period: tuple[date, date],
    by: str,
    as_of: date,
    *,
    channel: str | None = None,
    zone: ZoneInfo = ZONE,
) -> pd.DataFrame:
    """
    Evaluate each unit, division, channel or category.

    Parameters
    ----------
    workspace
        The register, or the part of it that may be seen.
    period
        First and last day on which the issues were reported, both included.
    by
        One of `BY`.
    as_of
        The day on whose evening this is asked: what came later is not known yet.
    channel
        Only issues of this channel; all if None.
    zone
        The city's time zone.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``key`` (id or code), in the order of keys and of
        `gridmap.indicators.INDICATORS`: ``name``, ``indicator``, ``part``, ``whole``, ``share``,
        ``low``, ``high``. Who has no issue of the period is not there.

    Raises
    ------
    InvalidError
        If the period ends before it begins.
    NotFoundError
        If nothing is evaluated by that.
    """
    if by not in BY:
        msg = "Evaluation is by {choices}, not by {by}."
        raise NotFoundError(msg, choices=", ".join(BY), by=by)
    issues, found = counted(workspace, period, as_of, channel=channel, zone=zone)
    table = evaluation.tally(found, keys(issues, workspace, by, as_of))
    called = named(table.index, workspace, by, as_of).to_numpy()
    return table.assign(name=called)[TABLE_COLUMNS]


def evaluate_city(
    workspace: Workspace,
    period: tuple[date, date],
    as_of: date,
    *,
    channel: str | None = None,
    zone: ZoneInfo = ZONE,
) -> pd.DataFrame:
    """
    Evaluate the whole, or the part of it that may be seen, in one set of rows.

    Parameters
    ----------
    workspace, period, as_of, channel, zone
        As for `evaluate`.

    Returns
    -------
    pandas.DataFrame
        As `evaluate`, of the one key ``city``; with all indicators even if there are no issues.
    """
    issues, found = counted(workspace, period, as_of, channel=channel, zone=zone)
    one = pd.Series(CITY, index=issues.index, name="key", dtype="str")
    table = evaluation.tally(found, one)
    if table.empty:
        table = evaluation.nothing(CITY)
    return table.assign(name=workspace.store.meta.name)[TABLE_COLUMNS]


def counted(
    workspace: Workspace,
    period: tuple[date, date],
    as_of: date,
    *,
    channel: str | None = None,
    zone: ZoneInfo = ZONE,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """
    Return the issues of a period, and the facts of each that are counted.

    Parameters
    ----------
    workspace, period, as_of, channel, zone
        As for `evaluate`.

    Returns
    -------
    issues, facts
        `ISSUE_COLUMNS`, and as `gridmap.evaluation.facts`, of the same rows.
    """
    since, until = period
    if since > until:
        msg = "The period ends ({until}) before it begins ({since})."
        raise InvalidError(msg, since=since, until=until)
    end = _midnight(as_of, zone)

    def build() -> tuple[pd.DataFrame, pd.DataFrame]:
        issues = workspace.frame("issues", as_of)
        begin, after = pd.Timestamp(since, tz=zone), min(_midnight(until, zone), end)
        wanted = (issues["reported_at"] >= begin) & (issues["reported_at"] < after)
        if channel is not None:
            wanted &= (issues["channel"] == channel).fillna(value=False).astype(bool)
        mine = pd.DataFrame(issues[wanted.to_numpy(dtype=bool)].drop(columns="geometry"))
        found = evaluation.facts(mine, _beside(workspace, period, as_of, zone), end)
        return mine[ISSUE_COLUMNS], found

    layers = ("issues", "issue_events", "patrols", *GROUND)
    key = (since, until, as_of, channel, str(zone))
    return workspace.once("evaluation", layers, as_of, build, *key)


def sheet(table: pd.DataFrame, heading: str, titles: dict[str, str]) -> bytes:
    """
    Return an evaluation as an Excel workbook.

    Parameters
    ----------
    table
        As `evaluate` returns it.
    heading
        What the keys are.
    titles
        Indicator → what it is called.

    Returns
    -------
    bytes
        A row for each key: code, name, and for each indicator numerator, denominator, share and
        both ends of its interval.
    """
    rows = table[~table.index.duplicated()]
    cells: workbook.Cells = [
        (f"{heading}编号", list(rows.index), "text"),
        (heading, rows["name"].to_list(), "text"),
    ]
    for name, title in titles.items():
        one = table[table["indicator"] == name]
        for column, said in FIGURES.items():
            texts = [None if pd.isna(value) else f"{value:.10g}" for value in one[column]]
            cells.append((f"{title} {said}", texts, "number"))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "evaluation.xlsx"
        workbook.save(rows, path, "考评", cells)
        return path.read_bytes()


def keys(issues: pd.DataFrame, workspace: Workspace, by: str, as_of: date) -> pd.Series:
    """
    Say for whom each issue counts.

    Parameters
    ----------
    issues
        n issues.
    workspace, as_of
        Where the divisions are, and the day.
    by
        One of `BY`.

    Returns
    -------
    pandas.Series
        (n,) named ``key``; missing where it counts for nobody.
    """
    if by in DIVISIONS:
        lineage = workspace.lineage(as_of)
        number = lineage.index.get_indexer(issues["grid"])
        found = lineage[by].to_numpy(dtype=object)[number] if len(lineage) else number * pd.NA
        told = pd.Series(found, index=issues.index).where(number >= 0)
    else:
        told = issues["unit_id" if by == "unit" else by]
    return told.astype("str").rename("key")


def named(index: pd.Index, workspace: Workspace, by: str, as_of: date) -> pd.Series:
    """
    Return how keys are called; a channel, a category or what is not known any more as it stands.

    Parameters
    ----------
    index
        Keys.
    workspace, by, as_of
        As for `keys`.
    """
    told = pd.Series(index.to_numpy(), index=index, dtype="str")
    layer = "units" if by == "unit" else LAYER_OF_LEVEL.get(by)
    if layer is None:
        return told
    return told.map(workspace.frame(layer, as_of)["name"]).astype("str").fillna(told)


def _midnight(day: date, zone: ZoneInfo) -> pd.Timestamp:
    """Return the moment at which a day ends."""
    return pd.Timestamp(min(day, date.max - timedelta(days=1)) + timedelta(days=1), tz=zone)


def _beside(workspace: Workspace, period: tuple[date, date], as_of: date, zone: ZoneInfo) -> Beside:
    whole = workspace.store.whole
    since = datetime.combine(period[0], datetime.min.time(), tzinfo=zone)
    with whole.database.reading() as connection:
        events = _events(connection, workspace, since)
    links = recurring(workspace, Selection(period[0], max(as_of, period[0])), zone).links
    patrols = whole.read("patrols")[["unit_id", "ended_at"]]
    return Beside(events, pd.Index(links["earlier"]).unique(), patrols)


def _events(connection: Connection, workspace: Workspace, since: datetime) -> pd.DataFrame:
    """Return what was done with issues from a day on: nothing is done before it is reported."""
    table = workspace.store.tables.layers["issue_events"].c
    details = case((table.act.in_(GIVEN_ON), table.details))  # of the many dispatches nobody asks
    statement = select(table.issue_id, table.at, table.act, details.label("unit_before"))
    wanted = statement.where(table.act.in_(EVENT_ACTS), table.at >= since).order_by(table.id)
    rows = pd.DataFrame(reading.fetch(connection, wanted), columns=EVENT_COLUMNS, dtype=object)
    return rows.assign(
        issue_id=rows["issue_id"].astype("str"),
        at=pd.to_datetime(rows["at"], utc=True, format="ISO8601"),
        unit_before=[_unit_before(text) for text in rows["unit_before"]],
    )


def _unit_before(details: str | None) -> str | None:
    before = json.loads(details).get("before") if details else None
    return None if before is None else before.get("unit_id")
