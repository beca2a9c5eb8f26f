"""
The tables of accounts: who may sign in, with which roles, and who is signed in.

Unlike the layers these are working papers: rows are changed in place. What is done to an account is
told by the journal; what it is worth stealing (passwords, tokens) is kept as a hash only.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
    true,
)

from geodata.column_types import Moment, Whole


@dataclass(frozen=True)
class AccountTables:
    """
    The tables of accounts.

    Parameters
    ----------
    accounts
        People: how they sign in, whether they may, when somebody last guessed wrong.
    grants
        Role and scope, one row each; a person may have several.
    sessions
        Who is signed in at a browser; the token is kept as its SHA-256.
    tokens
        Bearer tokens for programs; kept as their SHA-256.
    sign_ins
        Attempts by source, to slow down who tries many.
    """

    accounts: Table
    grants: Table
    sessions: Table
    tokens: Table
    sign_ins: Table


def account_tables(metadata: MetaData) -> AccountTables:
    """
    Add the tables of accounts to a register's metadata.

    Parameters
    ----------
    metadata
        The register's.
    """
    return AccountTables(
        accounts=_accounts(metadata),
        grants=_grants(metadata),
        sessions=_sessions(metadata),
        tokens=_tokens(metadata),
        sign_ins=_sign_ins(metadata),
    )


def _accounts(metadata: MetaData) -> Table:
    return Table(
        "accounts",
        metadata,
        Column("person_id", Text, primary_key=True),
        Column("sign_in", Text, nullable=False),
        Column("name", Text, nullable=False),
        Column("password", Text),
        Column("must_change", Boolean, nullable=False, server_default=false()),
        Column("totp_secret", Text),
        Column("totp_used", Whole),
        Column("subject", Text),
        Column("active", Boolean, nullable=False, server_default=true()),
        Column("failures", Whole, nullable=False, server_default="0"),
        Column("locked_until", Moment),
        Column("created_at", Moment, nullable=False),
        Column("changed_at", Moment, nullable=False),
        Column("version", Whole, nullable=False, server_default="1"),
        UniqueConstraint("sign_in"),
        UniqueConstraint("subject"),
    )


def _grants(metadata: MetaData) -> Table:
    return Table(
        "grants",
        metadata,
        Column("id", Whole, primary_key=True),
        Column("person_id", Text, ForeignKey("accounts.person_id"), nullable=False),
        Column("role", Text, nullable=False),
        Column("scope_kind", Text, nullable=False),
        Column("scope_key", Text, nullable=False, server_default=""),
        UniqueConstraint("person_id", "role", "scope_kind", "scope_key"),
        sqlite_autoincrement=True,
    )


def _sessions(metadata: MetaData) -> Table:
    return Table(
        "sessions",
        metadata,
        Column("token_hash", Text, primary_key=True),
        Column("person_id", Text, ForeignKey("accounts.person_id"), nullable=False),
        Column("csrf", Text, nullable=False),
        Column("created_at", Moment, nullable=False),
        Column("seen_at", Moment, nullable=False),
        Column("agent", Text, nullable=False, server_default=""),
        Index(None, "person_id"),
    )


def _tokens(metadata: MetaData) -> Table:
    return Table(
        "tokens",
        metadata,
        Column("token_id", Text, primary_key=True),
        Column("person_id", Text, ForeignKey("accounts.person_id"), nullable=False),
        Column("token_hash", Text, nullable=False),
        Column("label", Text, nullable=False),
        Column("created_at", Moment, nullable=False),
        Column("expires_at", Moment, nullable=False),
        Column("used_at", Moment),
        Column("revoked_at", Moment),
        UniqueConstraint("token_hash"),
        Index(None, "person_id"),
    )


def _sign_ins(metadata: MetaData) -> Table:
    return Table(
        "sign_ins",
        metadata,
        Column("id", Whole, primary_key=True),
        Column("source", Text, nullable=False),
        Column("at", Moment, nullable=False),
        Index(None, "source", "at"),
        sqlite_autoincrement=True,
    )
