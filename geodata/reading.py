"""
Reading rows: what is in force on a day, and what has ever been said of a key.

Statements are put together by SQLAlchemy, and their rows fetched by the driver itself: for whole
layers that is several times faster than any mapping.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias

import pandas as pd
import psycopg
from sqlalchemy import (
    ColumnClause,
    ColumnElement,
    Connection,
    LargeBinary,
    Select,
    Table,
    and_,
    case,
    column,
    func,
    select,
    tuple_,
    type_coerce,
)
from sqlalchemy import table as sql_table

from geodata.column_types import GEOPACKAGE, moment_text
from geodata.rows import to_frame
from geodata.tables import GEOMETRY, Tables
from gridmap.layers import Frame, kept

Row: TypeAlias = tuple[Any, ...]
BBox: TypeAlias = tuple[float, float, float, float]
FEW = 500  # keys that go into a statement; for more, the whole layer is read


@dataclass(frozen=True)
class IssueFilter:
    """
    Which issues are wanted; what is left out is not asked.

    Parameters
    ----------
    since, until
        Reported from then, and before then; with a time zone.
    category, state, grid, unit_id
        Exactly that value.
    bbox
        West, south, east, north in the register's CRS, borders included.
    """

    since: datetime | None = None
    until: datetime | None = None
    category: str | None = None
    state: str | None = None
    grid: str | None = None
    unit_id: str | None = None
    bbox: BBox | None = None


def fetch(connection: Connection, statement: Select[Any]) -> list[Row]:
    """
    Run a query and return the driver's own rows.

    Parameters
    ----------
    connection
        Reading or writing.
    statement
        A query whose parameters are text, numbers, dates or moments.
    """
    compiled = statement.compile(
        dialect=connection.dialect, compile_kwargs={"render_postcompile": True}
    )
    driver = connection.connection.driver_connection
    parameters = compiled.params
    if isinstance(driver, psycopg.Connection):
        with driver.cursor(binary=True) as cursor:
            return cursor.execute(str(compiled).encode(), parameters).fetchall()
    texts = {name: _as_text(value) for name, value in parameters.items()}
    rows: list[Row] = driver.execute(str(compiled), texts).fetchall()  # type: ignore[union-attr]
    return rows


def in_force(
    connection: Connection,
    tables: Tables,
    layer: str,
    as_of: date | None = None,
    keys: Collection[str] | None = None,
    *,
    retired: bool = False,
) -> Frame:
    """
    Return the rows of a layer that are in force on a day.

    Parameters
    ----------
    connection, tables
        Of the register.
    layer
        Its name.
    as_of
        The day; if left out, the last rows of all, also those that begin later.
    keys
        Only these; all if left out.
    retired
        Whether keys that were retired are wanted too, as they were last.

    Returns
    -------
    geopandas.GeoDataFrame or pandas.DataFrame
        Conformed, sorted by key. Per key it is the last row that is valid from that day or before,
        unless that retires the key.
    """
    table = tables.layers[layer]
    contract = kept(layer)
    conditions = _in_force(table, contract.key, as_of)
    if retired:
        conditions.pop()
    if keys is not None and len(keys) <= FEW:
        conditions.append(table.c[contract.key].in_(keys))
    frame = frame_of(
        connection, tables, layer, rows_of(connection, tables, layer).where(*conditions)
    )
    return frame.loc[frame.index.isin(list(keys))] if keys is not None else frame


def keys_in_force(
    connection: Connection, tables: Tables, layer: str, as_of: date | None = None
) -> set[str]:
    """
    Return the keys of `in_force`, without the rest.

    Parameters
    ----------
    connection, tables, layer, as_of
        As for `in_force`.
    """
    table, key = tables.layers[layer], kept(layer).key
    statement = select(table.c[key]).where(*_in_force(table, key, as_of))
    return {found for (found,) in fetch(connection, statement)}


def written_since(connection: Connection, tables: Tables, layer: str, entry: int) -> list[str]:
    """
    Return the keys of which rows came after an entry of the journal.

    Parameters
    ----------
    connection, tables, layer
        As for `in_force`.
    entry
        Its number.

    Returns
    -------
    list of str
        Each once.
    """
    table, key = tables.layers[layer], kept(layer).key
    statement = select(table.c[key]).where(table.c.entry > entry).distinct()
    return [found for (found,) in fetch(connection, statement)]


def issues(connection: Connection, tables: Tables, wanted: IssueFilter) -> Frame:
    """
    Return the last state of the issues that are wanted.

    Parameters
    ----------
    connection, tables
        Of the register.
    wanted
        Which.

    Returns
    -------
    geopandas.GeoDataFrame
        As `in_force` of ``issues``.
    """
    table = tables.layers["issues"]
    equal = {name: getattr(wanted, name) for name in ("category", "state", "grid", "unit_id")}
    conditions = [table.c[name] == value for name, value in equal.items() if value is not None]
    conditions += _period(table, wanted)
    if wanted.bbox is not None:
        conditions.append(near(connection, tables, wanted.bbox))
    conditions += _in_force(table, "issue_id", None)
    statement = rows_of(connection, tables, "issues").where(*conditions)
    frame = frame_of(connection, tables, "issues", statement)
    return frame.loc[_exactly(frame, wanted)]


def rows_of(
    connection: Connection, tables: Tables, layer: str, *, folded: bool = True
) -> Select[Any]:
    """
    Select a layer's columns in their order.

    Parameters
    ----------
    connection, tables, layer
        Of the register.
    folded
        Whether an assignment ends when its last release says, or as it was written.
    """
    table = tables.layers[layer]
    contract = kept(layer)
    columns: list[ColumnElement[Any]] = [table.c[column.name] for column in contract.columns]
    if contract.is_spatial:
        raw = type_coerce(table.c[GEOMETRY], LargeBinary)  # GeoAlchemy2 would convert row by row
        is_blob = connection.dialect.name == GEOPACKAGE
        columns.append(raw if is_blob else func.ST_AsBinary(raw))
    if layer != "assignments" or not folded:
        return select(*columns)
    releases = tables.releases
    last = (
        select(releases.c.assignment_id, func.max(releases.c.id).label("id"))
        .group_by(releases.c.assignment_id)
        .subquery()
    )
    position = table.c.keys().index("until") - 1  # the table's own id stands first
    columns[position] = case((last.c.id.is_not(None), releases.c.until), else_=table.c.until)
    ends = table.outerjoin(last, last.c.assignment_id == table.c.assignment_id)
    return select(*columns).select_from(ends.outerjoin(releases, releases.c.id == last.c.id))


def _in_force(table: Table, key: str, as_of: date | None) -> list[ColumnElement[bool]]:
    """Keep rows that no later one of their key replaces (half the time of a window function)."""
    later = table.alias("later")
    moments = tuple_(later.c.valid_from, later.c.id) > tuple_(table.c.valid_from, table.c.id)
    replaced = select(later.c.id).where(later.c[key] == table.c[key], moments)
    if as_of is None:
        return [~replaced.exists(), ~table.c.retired]
    replaced = replaced.where(later.c.valid_from <= as_of)
    return [table.c.valid_from <= as_of, ~replaced.exists(), ~table.c.retired]


def frame_of(connection: Connection, tables: Tables, layer: str, statement: Select[Any]) -> Frame:
    """
    Run a query made by `rows_of`.

    Parameters
    ----------
    connection, tables, layer, statement
        The query, and what it was made with.

    Returns
    -------
    geopandas.GeoDataFrame or pandas.DataFrame
        Conformed, sorted by key.
    """
    frame = to_frame(fetch(connection, statement), kept(layer), tables.crs, connection.dialect.name)
    return frame if frame.index.is_monotonic_increasing else frame.sort_index(kind="stable")


def _period(table: Table, wanted: IssueFilter) -> list[ColumnElement[bool]]:
    """Compare whole milliseconds: text with and without microseconds does not sort as time."""
    reported = table.c.reported_at
    conditions = []
    if wanted.since is not None:
        floor = wanted.since.replace(microsecond=wanted.since.microsecond // 1000 * 1000)
        conditions.append(reported >= floor)
    if wanted.until is not None:
        conditions.append(reported < wanted.until + timedelta(milliseconds=1))
    return conditions


def near(connection: Connection, tables: Tables, bbox: BBox) -> ColumnElement[bool]:
    """Return the condition that a row of `issues` may lie in a box, borders included."""
    table = tables.layers["issues"]
    west, south, east, north = bbox
    if connection.dialect.name != GEOPACKAGE:
        inside: ColumnElement[bool] = table.c[GEOMETRY].op("&&")(
            func.ST_MakeEnvelope(
                west, south, east, north, tables.srid, type_=table.c[GEOMETRY].type
            )
        )
        return inside
    columns: list[ColumnClause[Any]] = [
        column(name) for name in ("id", "minx", "maxx", "miny", "maxy")
    ]
    tree = sql_table(f"rtree_{table.name}_{GEOMETRY}", *columns).c
    beside = and_(tree.minx <= east, tree.maxx >= west, tree.miny <= north, tree.maxy >= south)
    return table.c.id.in_(select(tree.id).where(beside))


def _exactly(frame: Frame, wanted: IssueFilter) -> pd.Series[bool]:
    """Say which rows are wanted: to the microsecond, and to the last bit of a coordinate."""
    kept = pd.Series(data=True, index=frame.index)
    if wanted.since is not None:
        kept &= frame["reported_at"] >= wanted.since
    if wanted.until is not None:
        kept &= frame["reported_at"] < wanted.until
    if wanted.bbox is not None:
        west, south, east, north = wanted.bbox
        bounds = frame.geometry.bounds
        kept &= (bounds["minx"] <= east) & (bounds["maxx"] >= west)
        kept &= (bounds["miny"] <= north) & (bounds["maxy"] >= south)
    return kept


def _as_text(value: object) -> object:
    """Return a parameter as a GeoPackage keeps it."""
    if isinstance(value, datetime):
        return moment_text(value)
    return value.isoformat() if isinstance(value, date) else value
