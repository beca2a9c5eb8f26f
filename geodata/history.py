"""
What has ever been said of a key, when things changed, and what came with which entry.

Rows are never changed, so every one of them can be told again as it was written.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Connection, Table, select

from geodata import reading
from geodata.rows import Batch, Values, to_batch, to_frame
from geodata.tables import Tables
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
        ``valid_from`` and ``retired``; the index counts. Each release of an assignment is a row of
        its own.
    """
    table = tables.layers[layer]
    mine = table.c[kept(layer).key] == key
    said = reading.rows_of(connection, tables, layer, folded=False).where(mine).order_by(table.c.id)
    frame = reading.frame_of(connection, tables, layer, said).reset_index()
    books = _books(connection, tables, table, table.c.valid_from, table.c.retired, where=mine)
    for name in reversed(books.columns):
        frame.insert(0, name, books[name])
    return _with_releases(connection, tables, frame) if layer == "assignments" else frame


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
