"""
The tables of commanding that are no books: what is sent to people.

Working papers like those of `geodata.issue_tables`: what people find in their inbox, and what waits
to be sent elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Column, Index, MetaData, Table, Text

from geodata.column_types import Moment, Whole


@dataclass(frozen=True)
class CommandTables:
    """
    The working papers of commanding.

    Parameters
    ----------
    notices
        What people find in their inbox.
    outbox
        What waits to be sent by mail or to a webhook, and how often that was tried.
    """

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
