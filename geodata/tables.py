"""
The tables of a register.

One table a layer or book, shaped by its contract in `gridmap.layers`, four that keep account of
them, and the working papers: accounts, jobs, and those of the closed loop. Rows of layers, books,
releases and journal are only ever added (a trigger refuses anything else): a change is a new row
with a later ``valid_from``, an end a row with ``retired``. Every row names the journal entry with
which it came.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from geodata.account_tables import AccountTables, account_tables
from geodata.column_types import COLUMN_TYPE, Moment, Shape, Whole
from geodata.command_tables import CommandTables, command_tables
from geodata.issue_tables import IssueTables, issue_tables
from gridmap.layers import BOOKS, LAYERS, Layer

NAMING = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}
GEOMETRY = "geometry"
FOUND_BY = {
    "issues": ("reported_at",),
    "issue_events": ("issue_id",),
    "photos": ("subject",),
    "visits": ("point_id",),
}
"""Table → columns by which its rows are looked for, beside the key."""
BOOKKEEPING = ("id", "valid_from", "retired", "entry")


@dataclass(frozen=True)
class Tables:
    """
    Every table of a register.

    Parameters
    ----------
    srid
        EPSG number of the register's CRS.
    metadata
        All of them.
    layers
        Name of a layer or book → its table.
    releases
        Ends of assignments: ``assignment_id``, ``until``, ``note``.
    journal
        Who did what, in a chain of hashes.
    layer_versions
        How often each layer has been written, and how many rows that made.
    register_meta
        What was chosen when the register was made.
    people
        The tables of accounts.
    jobs
        What is worked out in the background.
    loop
        The working papers of the closed loop.
    command
        The working papers of commanding.
    """

    srid: int
    metadata: MetaData
    layers: dict[str, Table]
    releases: Table
    journal: Table
    layer_versions: Table
    register_meta: Table
    people: AccountTables
    jobs: Table
    loop: IssueTables
    command: CommandTables

    @property
    def crs(self) -> str:
        """The register's CRS, as ``EPSG:4490``."""
        return f"EPSG:{self.srid}"


@lru_cache(maxsize=8)
def tables(srid: int) -> Tables:
    """
    Return the tables of a register in that CRS.

    Parameters
    ----------
    srid
        EPSG number of the register's CRS.
    """
    metadata = MetaData(naming_convention=NAMING)
    return Tables(
        srid=srid,
        metadata=metadata,
        journal=_journal(metadata),
        layers={
            layer.name: _layer_table(layer, metadata, srid)
            for layer in (*LAYERS.values(), *BOOKS.values())
        },
        releases=_releases(metadata),
        layer_versions=Table(
            "layer_versions",
            metadata,
            Column("layer", Text, primary_key=True),
            Column("version", Whole, nullable=False),
            Column("rows", Whole, nullable=False),
        ),
        register_meta=Table(
            "register_meta",
            metadata,
            Column("name", Text, primary_key=True),
            Column("value", Text, nullable=False),
        ),
        people=account_tables(metadata),
        loop=issue_tables(metadata),
        command=command_tables(metadata),
        jobs=_jobs(metadata),
    )


def _journal(metadata: MetaData) -> Table:
    return Table(
        "journal",
        metadata,
        Column("seq", Whole, primary_key=True, autoincrement=False),
        Column("at", Moment, nullable=False),
        *(Column(name, Text, nullable=False) for name in ("who", "action", "what")),
        *(Column(name, Text, nullable=False) for name in ("before", "after")),
        *(Column(name, Text, nullable=False) for name in ("previous", "hash")),
    )


def _releases(metadata: MetaData) -> Table:
    return Table(
        "releases",
        metadata,
        Column("id", Whole, primary_key=True),
        Column("assignment_id", Text, nullable=False),
        Column("until", Date),
        Column("note", Text),
        _entry(),
        Index(None, "assignment_id"),
        sqlite_autoincrement=True,
    )


def _jobs(metadata: MetaData) -> Table:
    return Table(
        "jobs",
        metadata,
        Column("job_id", Text, primary_key=True),
        *(Column(name, Text, nullable=False) for name in ("kind", "asked_by", "task", "state")),
        Column("asked_at", Moment, nullable=False),
        Column("seen_at", Moment, nullable=False),
        Column("progress", Text, nullable=False, server_default="{}"),
        Column("result", Text),
        Index(None, "asked_at"),
    )


def _layer_table(layer: Layer, metadata: MetaData, srid: int) -> Table:
    columns = [
        Column(
            column.name,
            COLUMN_TYPE[column.dtype],
            nullable=not column.required,
        )
        for column in layer.columns
    ]
    if layer.is_spatial:
        kind = layer.geometry[-1].upper()
        shape = Shape(kind, srid=srid, nullable=not layer.geometry_required)
        columns.append(Column(GEOMETRY, shape, nullable=not layer.geometry_required))
    extras: list[Index | UniqueConstraint] = [Index(None, layer.key, "valid_from")]
    if layer.name == "assignments":  # an assignment is written once; its end is a release
        extras.append(UniqueConstraint(layer.key))
    extras += [Index(None, name) for name in FOUND_BY.get(layer.name, ())]
    return Table(
        layer.name,
        metadata,
        Column("id", Whole, primary_key=True),
        *columns,
        Column("valid_from", Date, nullable=False),
        Column("retired", Boolean, nullable=False, server_default=false()),
        _entry(),
        *extras,
        sqlite_autoincrement=True,
    )


def _entry() -> Column[int]:
    """Return the journal entry's column; the entry itself is written last, so it is deferred."""
    entry = ForeignKey("journal.seq", deferrable=True, initially="DEFERRED")
    return Column("entry", Whole, entry, nullable=False, index=True)
