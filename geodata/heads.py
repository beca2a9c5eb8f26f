"""
Heads: of each issue the last row of its layer, with the columns by which it is found.

The layer keeps every row that an issue ever had. A ledger asks for issues by what they are now; so
the transaction that adds rows also writes here which of them is the last: the one that holds from
the latest day and, of several, the one written last, as `geodata.reading.in_force` reads it.
"""

from __future__ import annotations

from sqlalchemy import Connection, Table, delete, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from geodata.column_types import GEOPACKAGE
from geodata.tables import Tables

COPIED = (
    "state",
    "category",
    "channel",
    "grid",
    "unit_id",
    "number",
    "reporter",
    "reporter_unit",
    "fixer_unit",
    "reported_at",
    "due_at",
)


def follow(connection: Connection, tables: Tables, entry: int) -> None:
    """
    Bring the heads up to the rows that came with an entry of the journal.

    Parameters
    ----------
    connection
        Of the transaction that added the rows.
    tables
        The register's.
    entry
        Its entry.
    """
    issues, heads = tables.layers["issues"], tables.loop.heads
    later = issues.alias("later")
    moments = tuple_(later.c.valid_from, later.c.id) > tuple_(issues.c.valid_from, issues.c.id)
    replaced = select(later.c.id).where(later.c.issue_id == issues.c.issue_id, moments)
    touched = select(issues.c.issue_id).where(issues.c.entry == entry)
    last = issues.c.issue_id.in_(touched) & ~replaced.exists()
    rows = select(issues.c.issue_id, issues.c.id, *(issues.c[name] for name in COPIED)).where(
        last, ~issues.c.retired
    )
    insert = _insert(connection, heads).from_select(["issue_id", "row", *COPIED], rows)
    new = {name: insert.excluded[name] for name in ("row", *COPIED)}
    connection.execute(insert.on_conflict_do_update(index_elements=["issue_id"], set_=new))
    gone = select(issues.c.issue_id).where(last, issues.c.retired)
    connection.execute(delete(heads).where(heads.c.issue_id.in_(gone)))


def _insert(connection: Connection, heads: Table) -> sqlite.Insert | postgresql.Insert:
    on_geopackage = connection.dialect.name == GEOPACKAGE
    return sqlite.insert(heads) if on_geopackage else postgresql.insert(heads)
