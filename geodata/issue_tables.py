"""
The tables of the closed loop that are no layers and no books.

Like accounts these are working papers, whose rows are changed or deleted in place: an index of the
last row of each issue, so that a ledger of a million is searched by its present state; receipts of
what phones sent, so that each is accepted once; tracks of people, which are forgotten after a time;
saved views; and the receipts of citizens.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Column, Index, MetaData, Table, Text

from geodata.column_types import Moment, Whole

HEAD_TEXTS = (
    "state",
    "category",
    "channel",
    "grid",
    "unit_id",
    "number",
    "reporter",
    "reporter_unit",
    "fixer_unit",
)
HEAD_MOMENTS = ("reported_at", "due_at")
FOUND_BY = ("state", "due_at", "grid", "unit_id", "reported_at", "category", "reporter", "number")


@dataclass(frozen=True)
class IssueTables:
    """
    The working papers of the closed loop.

    Parameters
    ----------
    heads
        Of each issue its last ``row`` of the layer, and the columns by which it is found. Written
        with the layer (`geodata.heads`), and rebuilt from it at any time.
    receipts
        What a person sent under a key, as a hash, and what was answered.
    tracks
        Where somebody walked on a patrol.
    views
        Questions to the ledger that a person saved.
    public_reports
        Hash of a citizen's receipt code, the issue, and the hash of where it came from.
    """

    heads: Table
    receipts: Table
    tracks: Table
    views: Table
    public_reports: Table


def issue_tables(metadata: MetaData) -> IssueTables:
    """
    Add the working papers of the closed loop to a register's metadata.

    Parameters
    ----------
    metadata
        The register's.
    """
    return IssueTables(
        heads=_heads(metadata),
        receipts=Table(
            "receipts",
            metadata,
            Column("person_id", Text, primary_key=True),
            Column("key", Text, primary_key=True),
            *_texts("payload", "answer"),
            _at(),
            Index(None, "at"),
        ),
        tracks=Table(
            "tracks",
            metadata,
            Column("patrol_id", Text, primary_key=True),
            *_texts("unit_id", "track"),
            _at(),
            Index(None, "at"),
        ),
        views=Table(
            "views",
            metadata,
            Column("view_id", Text, primary_key=True),
            *_texts("person_id", "name", "query"),
            _at(),
            Index(None, "person_id"),
        ),
        public_reports=Table(
            "public_reports",
            metadata,
            Column("receipt_hash", Text, primary_key=True),
            *_texts("issue_id", "source"),
            _at(),
            Index(None, "source", "at"),
        ),
    )


def _heads(metadata: MetaData) -> Table:
    return Table(
        "issue_heads",
        metadata,
        Column("issue_id", Text, primary_key=True),
        Column("row", Whole, nullable=False),
        *(Column(name, Text) for name in HEAD_TEXTS),
        Column("reported_at", Moment, nullable=False),
        Column("due_at", Moment),
        *(Index(None, name) for name in FOUND_BY),
    )


def _texts(*names: str) -> tuple[Column[str], ...]:
    return tuple(Column(name, Text, nullable=False) for name in names)


def _at() -> Column[object]:
    return Column("at", Moment, nullable=False)
