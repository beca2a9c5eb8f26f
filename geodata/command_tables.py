"""
The tables of commanding that are no books: what is worked out, and what is sent.

Working papers like those of `geodata.issue_tables`: answers of long analyses, kept until they are
not asked for any more; what people find in their inbox; and what waits to be sent elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Column, Index, LargeBinary, MetaData, Table, Text

from geodata.column_types import Moment, Whole


@dataclass(frozen=True)
class CommandTables:
    """
    The working papers of commanding.

    Parameters
    ----------
    results
        Under the hash of what was asked, and of what it was asked of, the answer.
    notices
        What people find in their inbox.
    outbox
        What waits to be sent by mail or to a webhook, and how often that was tried.
    """

    results: Table
    notices: Table
    outbox: Table


def command_tables(metadata: MetaData) -> CommandTables:
    """
    Add the working papers of commanding to a register's metadata.

    Parameters
    ----------
    metadata
        The register's.
    """
    return CommandTables(
        results=Table(
            "results",
            metadata,
            Column("key", Text, primary_key=True),
            Column("kind", Text, nullable=False),
            Column("answer", LargeBinary, nullable=False),
            Column("at", Moment, nullable=False),
            Column("used_at", Moment, nullable=False),
            Index(None, "used_at"),
        ),
        notices=Table(
            "notices",
            metadata,
            Column("notice_id", Text, primary_key=True),
            *_texts("person_id", "kind", "template", "values", "link"),
            Column("at", Moment, nullable=False),
            Column("read_at", Moment),
            Index(None, "person_id", "at"),
        ),
        outbox=Table(
            "outbox",
            metadata,
            Column("message_id", Text, primary_key=True),
            *_texts("channel", "address", "body", "state"),
            Column("at", Moment, nullable=False),
            Column("next_at", Moment),
            Column("tries", Whole, nullable=False),
            Column("fault", Text),
            Index(None, "state", "next_at"),
        ),
    )


def _texts(*names: str) -> tuple[Column[str], ...]:
    return tuple(Column(name, Text, nullable=False) for name in names)
