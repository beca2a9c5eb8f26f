"""Records: an issue as a mapping of plain values, read from its head and written as a new row."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from sqlalchemy import ColumnElement, Connection, func, select

from geodata import reading
from geodata.tables import Tables
from gridmap import layers
from gridmap.errors import NotFoundError
from gridmap.issues.orders import Row
from gridmap.layers import PANDAS_DTYPE, Layer

ISSUES = layers.LAYERS["issues"]
EVENTS = layers.BOOKS["issue_events"]
WITH_PLACE = "place"


def read(
    connection: Connection, tables: Tables, *conditions: ColumnElement[bool]
) -> tuple[gpd.GeoDataFrame, pd.Series]:
    """
    Return issues as they are now.

    Parameters
    ----------
    connection, tables
        Of the register.
    *conditions
        On the columns of ``tables.loop.heads`` and of the layer.

    Returns
    -------
    issues
        As `geodata.reading.frame_of`, sorted by key; what was brought in without a state is
        ``reported``.
    versions
        Of each: the number of its last row.
    """
    issues, heads = tables.layers["issues"], tables.loop.heads
    statement = reading.rows_of(connection, tables, "issues")
    statement = statement.join_from(issues, heads, heads.c.row == issues.c.id).where(*conditions)
    frame = reading.frame_of(connection, tables, "issues", statement)
    frame["state"] = frame["state"].fillna("reported")  # it came before there were states
    found = versions(connection, tables, list(frame.index)) if len(frame) else {}
    return frame, pd.Series(found, dtype="int64").reindex(frame.index)


def versions(connection: Connection, tables: Tables, issue_ids: Collection[str]) -> dict[str, int]:
    """
    Return the numbers of the last rows of issues.

    Parameters
    ----------
    connection, tables
        Of the register.
    issue_ids
        Which; those that are not there are left out.
    """
    heads = tables.loop.heads
    numbered = select(heads.c.issue_id, heads.c.row).where(heads.c.issue_id.in_(list(issue_ids)))
    return {row.issue_id: row.row for row in connection.execute(numbered)}


def rows(
    connection: Connection, tables: Tables, issue_ids: Collection[str]
) -> dict[str, tuple[dict[str, Any], int]]:
    """
    Return issues by key: each as a mapping of plain values, and its version.

    Parameters
    ----------
    connection, tables
        Of the register.
    issue_ids
        Which; those that are not there are left out.
    """
    heads = tables.loop.heads
    frame, numbers = read(connection, tables, heads.c.issue_id.in_(list(issue_ids)))
    plain = plain_rows(frame)
    return {row["issue_id"]: (row, int(numbers[row["issue_id"]])) for row in plain}


def row(connection: Connection, tables: Tables, issue_id: str) -> tuple[dict[str, Any], int]:
    """
    Return one issue and its version.

    Raises
    ------
    NotFoundError
        If it is not there.
    """
    found = rows(connection, tables, [issue_id])
    if issue_id not in found:
        raise missing(issue_id)
    return found[issue_id]


def day_of(connection: Connection, tables: Tables, issue_ids: Collection[str], day: date) -> date:
    """
    Return the day from which new rows of issues hold: never before the rows that they replace.

    Clocks are put back, and who waits over midnight for another writer comes with yesterday's day.

    Parameters
    ----------
    connection, tables
        Of the register.
    issue_ids
        Which.
    day
        Today.
    """
    issues, heads = tables.layers["issues"], tables.loop.heads
    statement = select(func.max(issues.c.valid_from)).where(
        issues.c.id == heads.c.row, heads.c.issue_id.in_(list(issue_ids))
    )
    last: date | None = connection.execute(statement).scalar()
    return day if last is None else max(day, last)


def missing(issue_id: str) -> NotFoundError:
    """Return the refusal of an issue that is not there, or not for this reader, alike."""
    msg = "There is no issue {issue_id}."
    return NotFoundError(msg, issue_id=issue_id[:80])


def plain_rows(frame: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """
    Return issues as mappings of plain values.

    Parameters
    ----------
    frame
        Conformed.

    Returns
    -------
    list of dict
        Every column, None where there is no value, moments with a time zone; ``place``, a point
        or None.
    """
    places = frame.geometry.name
    columns = {frame.index.name: frame.index.to_list()}
    columns |= {name: _plain(frame[name]) for name in frame.columns if name != places}
    columns[WITH_PLACE] = frame.geometry.to_list()
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _plain(values: pd.Series) -> list[Any]:
    """Return a column's values one by one: to make objects of a whole frame takes much longer."""
    plain = [None if pd.isna(value) else value for value in values.to_list()]
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return [None if moment is None else moment.to_pydatetime() for moment in plain]
    return plain


def to_frame(found: Iterable[Row], crs: str) -> gpd.GeoDataFrame:
    """
    Return issues as a frame that can be written.

    Parameters
    ----------
    found
        As `plain_rows` has them.
    crs
        The register's.
    """
    issues = list(found)
    places = gpd.GeoSeries([issue.get(WITH_PLACE) for issue in issues], crs=crs)
    return gpd.GeoDataFrame(_table(issues, ISSUES), geometry=places).set_index(ISSUES.key)


def blank(issue_id: str) -> dict[str, Any]:
    """Return an issue of which nothing is known yet."""
    return {column.name: None for column in ISSUES.columns} | {
        "issue_id": issue_id,
        WITH_PLACE: None,
    }


def events_frame(events: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """
    Return events as a frame that can be written.

    Parameters
    ----------
    events
        The columns of the book ``issue_events``; ``details`` as a mapping.
    """
    told = [
        {**event, "details": as_json(event["details"]) if event.get("details") else None}
        for event in events
    ]
    return _table(told, EVENTS).set_index(EVENTS.key)


def _table(rows: Sequence[Mapping[str, Any]], contract: Layer) -> pd.DataFrame:
    """Return plain values as a contract has them; to look for faults would take most of the act."""
    table = {}
    for column in contract.columns:
        values = [row.get(column.name) for row in rows]
        if column.dtype == "datetime":  # of several time zones
            moments = pd.to_datetime(pd.Series(values, dtype=object), utc=True)
            table[column.name] = moments.astype(PANDAS_DTYPE["datetime"])
        else:
            table[column.name] = pd.Series(values, dtype=PANDAS_DTYPE[column.dtype])
    return pd.DataFrame(table)


def as_json(value: Any) -> str:  # noqa: ANN401
    """Write JSON; moments, days and points as text."""
    return json.dumps(value, ensure_ascii=False, default=_told)


def jsonable(value: Any) -> Any:  # noqa: ANN401
    """Return a value as JSON gives it back."""
    return json.loads(as_json(value))


def _told(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, shapely.Point):
        return [value.x, value.y]
    return str(value)
