"""
What has ever been said of a key, when things changed, and what came with which entry.

Rows are never changed, so every one of them can be told again as it was written.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Connection, Table, select, union_all

from geodata import reading
from geodata.rows import Batch, Values, to_batch, to_frame
from geodata.tables import Tables
from gridmap.assignments import Changes
from gridmap.layers import Frame, kept


def written(connection: Connection, tables: Tables, table: str, entry: int) -> Batch:
    """
    Return the rows that came with an entry of the journal, as they were written.

    Parameters
    ----------
    connection, tables
        Of the register.
    table
        A layer, or ``releases``.
    entry
        The entry's number.
    """
    source = tables.releases if table == "releases" else tables.layers[table]
    mine, order = source.c.entry == entry, source.c.id
    if table == "releases":
        columns = ("assignment_id", "until", "note")
        query = select(*(source.c[name] for name in columns)).where(mine).order_by(order)
        values = zip(*reading.fetch(connection, query), strict=True)
        plain = [[value and str(value) for value in column] for column in values]
        return Batch(dict(zip(columns, plain, strict=False)))
    contract = kept(table)
    rows = reading.rows_of(connection, tables, table, folded=False).where(mine).order_by(order)
    frame = to_frame(reading.fetch(connection, rows), contract, tables.crs, connection.dialect.name)
    batch = to_batch(frame, contract)
    query = select(source.c.valid_from, source.c.retired).where(mine).order_by(order)
    books = reading.fetch(connection, query)
    begun: Values = [str(day) for day, _ in books]
    ended: Values = [bool(retired) for _, retired in books]
    return replace(batch, columns={**batch.columns, "valid_from": begun, "retired": ended})


def history(connection: Connection, tables: Tables, layer: str, key: str) -> Frame:
    """
    Return every row ever written for a key, oldest first.

    Parameters
    ----------
    connection, tables
        Of the register.
    layer, key
        Whose.

    Returns
    -------
    geopandas.GeoDataFrame or pandas.DataFrame
        The layer's columns and, before them, ``entry``, ``at``, ``who``, ``action`` of the journal,
        ``valid_from`` and ``retired``; the index counts. A book that has a column of that name
        keeps it, and the journal's is ``entry_at``. Each release of an assignment is a row of its
        own.
    """
    table = tables.layers[layer]
    mine = table.c[kept(layer).key] == key
    said = reading.rows_of(connection, tables, layer, folded=False).where(mine).order_by(table.c.id)
    frame = reading.frame_of(connection, tables, layer, said).reset_index()
    books = _books(connection, tables, table, table.c.valid_from, table.c.retired, where=mine)
    for name in reversed(books.columns):
        frame.insert(0, f"entry_{name}" if name in frame else name, books[name])
    return _with_releases(connection, tables, frame) if layer == "assignments" else frame


def past_of_target(connection: Connection, tables: Tables, kind: str, target: str) -> pd.DataFrame:
    """
    Return what was ever decided about a target, in the order in which it was written.

    Parameters
    ----------
    connection, tables
        Of the register.
    kind, target
        What.

    Returns
    -------
    pandas.DataFrame
        The columns of ``assignments`` after ``entry``, ``at``, ``who``, ``action``; one row for
        each assignment as it was written and one for each of its ends.
    """
    rows = tables.layers["assignments"].c
    return _past(connection, tables, (rows.target_kind == kind) & (rows.target == target))


def past_of_unit(connection: Connection, tables: Tables, unit_id: str) -> pd.DataFrame:
    """
    Return what was ever given to a unit and taken from it; as `past_of_target`.

    Parameters
    ----------
    connection, tables
        Of the register.
    unit_id
        Whose.
    """
    return _past(connection, tables, tables.layers["assignments"].c.unit_id == unit_id)


def _past(connection: Connection, tables: Tables, mine: ColumnElement[bool]) -> pd.DataFrame:
    rows, releases, journal = tables.layers["assignments"], tables.releases, tables.journal.c
    names = [column.name for column in kept("assignments").columns]
    books = (journal.seq.label("entry"), journal.at, journal.who, journal.action)
    begun = select(*books, *(rows.c[name] for name in names))
    begun = begun.join_from(rows, tables.journal).where(mine)
    told = [releases.c[name] if name in ("until", "note") else rows.c[name] for name in names]
    ended = select(*books, *told).join_from(releases, tables.journal)
    ended = ended.join(rows, rows.c.assignment_id == releases.c.assignment_id).where(mine)
    both = union_all(begun, ended).subquery()
    found = connection.execute(select(both).order_by(both.c.entry)).all()
    frame = pd.DataFrame(found, columns=["entry", "at", "who", "action", *names])
    days = {name: pd.to_datetime(frame[name]) for name in ("since", "until")}
    return frame.assign(**days)


def days(connection: Connection, tables: Tables, layer: str) -> list[date]:
    """
    Return the days from which rows of a layer hold, each once, in order.

    Parameters
    ----------
    connection, tables
        Of the register.
    layer
        Its name.
    """
    begun = tables.layers[layer].c.valid_from
    rows = connection.execute(select(begun).distinct().order_by(begun))
    return [row.valid_from for row in rows]


def step_of(connection: Connection, tables: Tables, entry: int) -> tuple[Changes, pd.Series]:
    """
    Return what an entry of the journal did to assignments.

    Parameters
    ----------
    connection, tables
        Of the register.
    entry
        The entry's number.

    Returns
    -------
    Changes, pandas.Series
        The rows that it added and ended, as they were written; and ``until`` of those that it
        ended as it was before, indexed by ``assignment_id``.
    """
    rows, releases = tables.layers["assignments"], tables.releases
    added = reading.rows_of(connection, tables, "assignments", folded=False)
    added = added.where(rows.c.entry == entry)
    ended = select(releases.c.assignment_id, releases.c.until, releases.c.note)
    found = connection.execute(ended.where(releases.c.entry == entry).order_by(releases.c.id)).all()
    frame = pd.DataFrame(found, columns=["assignment_id", "until", "note"])
    frame = frame.set_index("assignment_id").astype({"note": "str"})
    frame["until"] = pd.to_datetime(frame["until"]).astype("datetime64[us]")
    before = {key: _end_before(connection, tables, key, entry) for key in frame.index}
    return (
        Changes(reading.frame_of(connection, tables, "assignments", added), frame),
        pd.Series(pd.to_datetime(pd.Series(before, dtype="object")), dtype="datetime64[us]"),
    )


def _end_before(connection: Connection, tables: Tables, key: str, entry: int) -> date | None:
    releases, rows = tables.releases.c, tables.layers["assignments"].c
    earlier = select(releases.until).where(releases.assignment_id == key, releases.entry < entry)
    found = connection.execute(earlier.order_by(releases.id.desc()).limit(1)).first()
    if found is None:
        found = connection.execute(select(rows.until).where(rows.assignment_id == key)).first()
    return None if found is None else found.until


def _with_releases(connection: Connection, tables: Tables, frame: pd.DataFrame) -> pd.DataFrame:
    table = tables.releases
    mine = table.c.assignment_id.in_(frame["assignment_id"].to_list())
    ends = _books(connection, tables, table, table.c.until, table.c.note, where=mine)
    ends["until"] = pd.to_datetime(ends["until"]).astype(frame["until"].dtype)
    rows = [frame.iloc[[0]].assign(**end) for end in ends.to_dict("records")]
    return pd.concat([frame, *rows], ignore_index=True)


def _books(
    connection: Connection,
    tables: Tables,
    table: Table,
    *columns: ColumnElement[Any],
    where: ColumnElement[bool],
) -> pd.DataFrame:
    journal = tables.journal.c
    books = (journal.seq.label("entry"), journal.at, journal.who, journal.action)
    query = select(*books, *columns).join_from(table, tables.journal).where(where)
    rows = connection.execute(query.order_by(table.c.id))
    return pd.DataFrame(rows.all(), columns=list(rows.keys()))
