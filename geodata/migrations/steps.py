"""What revisions share: tables whose rows are added, and never changed or deleted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

from geodata.column_types import COLUMN_TYPE, GEOPACKAGE, Shape, Whole


def column(text: str) -> sa.Column[object]:
    """Return a column written as ``name:dtype!``; ``!`` where a row may not go without."""
    name, _, dtype = text.rstrip("!").partition(":")
    return sa.Column(name, COLUMN_TYPE[dtype or "text"], nullable=not text.endswith("!"))  # type: ignore[index]


def geometry(text: str) -> sa.Column[object]:
    """Return the geometry column of a type written as ``POINT!``, in the register's CRS."""
    nullable = not text.endswith("!")
    srid = context.config.attributes["srid"]
    return sa.Column(
        "geometry", Shape(text.rstrip("!"), srid=srid, nullable=nullable), nullable=nullable
    )


def entry(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    """Return the key of rows, and the entry that they came with: it is written after them."""
    return (
        sa.Column("entry", Whole, nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        sa.ForeignKeyConstraint(
            ["entry"],
            ["journal.seq"],
            name=f"fk_{table}_entry",
            deferrable=True,
            initially="DEFERRED",
        ),
    )


def create_kept(name: str, columns: str, shape: str = "", *more: sa.schema.SchemaItem) -> None:
    """
    Make the table of a layer or book.

    Parameters
    ----------
    name
        Of the table.
    columns
        Its columns between spaces, the key first; see `column`.
    shape
        Its type of geometry, see `geometry`; none for a plain table.
    *more
        Further constraints.
    """
    key = columns.partition("!")[0]
    op.create_table(
        name,
        sa.Column("id", Whole, nullable=False),
        *(column(text) for text in columns.split()),
        *([geometry(shape)] if shape else []),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("retired", sa.Boolean, nullable=False, server_default=sa.false()),
        *entry(name),
        *more,
        sqlite_autoincrement=True,
    )
    op.create_index(f"ix_{name}_{key}_valid_from", name, [key, "valid_from"])
    op.create_index(f"ix_{name}_entry", name, ["entry"])


def refuse_changes(table: str) -> None:
    """Have the database refuse whatever would change or delete a row."""
    if op.get_context().dialect.name == GEOPACKAGE:
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuse_{change.lower()} BEFORE {change} ON {table} BEGIN "
                f"SELECT RAISE(ABORT, 'rows of {table} are added, never changed or deleted'); END"
            )
        return
    for change, each in (("UPDATE OR DELETE", "ROW"), ("TRUNCATE", "STATEMENT")):
        op.execute(
            f"CREATE TRIGGER {table}_refuse_{change.split()[-1].lower()} BEFORE {change} "
            f"ON {table} FOR EACH {each} EXECUTE FUNCTION gridmap_refuse_change()"
        )
