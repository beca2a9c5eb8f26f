"""
The desk: claims, plans and the succession of grids; accounts; jobs.

Revision ID: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from geodata.column_types import Moment, Whole
from geodata.migrations.steps import create_kept, refuse_changes

revision = "0002"
down_revision = "0001"

# book: its columns (the key first); "!" where a row may not go without
BOOKS = {
    "claims": (
        "claim_id! unit_id! target_kind! target! since:date! state! reason asked_by!"
        " asked_at:datetime! decided_by decided_at:datetime"
    ),
    "plans": (
        "plan_id! name! state! effective:date! scheme! note draft! asked_by! asked_at:datetime!"
        " decided_by decided_at:datetime published:integer"
    ),
    "successions": "succession_id! from_code to_code act! share:number since:date! note",
}


def upgrade() -> None:
    """Add what the desk keeps."""
    for name, columns in BOOKS.items():
        create_kept(name, columns)
        refuse_changes(name)
    _create_accounts()
    _create_visits()
    _create_jobs()


def _create_accounts() -> None:
    op.create_table(
        "accounts",
        *_texts("person_id", "sign_in", "name"),
        sa.Column("password", sa.Text),
        _flag("must_change", sa.false()),
        sa.Column("totp_secret", sa.Text),
        sa.Column("totp_used", Whole),
        sa.Column("subject", sa.Text),
        _flag("active", sa.true()),
        sa.Column("failures", Whole, nullable=False, server_default="0"),
        sa.Column("locked_until", Moment),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("changed_at", Moment, nullable=False),
        sa.Column("version", Whole, nullable=False, server_default="1"),
        sa.PrimaryKeyConstraint("person_id", name="pk_accounts"),
        sa.UniqueConstraint("sign_in", name="uq_accounts_sign_in"),
        sa.UniqueConstraint("subject", name="uq_accounts_subject"),
    )
    op.create_table(
        "grants",
        sa.Column("id", Whole, nullable=False),
        *_texts("person_id", "role", "scope_kind"),
        sa.Column("scope_key", sa.Text, nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("id", name="pk_grants"),
        _of_account("grants"),
        sa.UniqueConstraint(
            "person_id", "role", "scope_kind", "scope_key", name="uq_grants_person_id"
        ),
        sqlite_autoincrement=True,
    )


def _create_visits() -> None:
    op.create_table(
        "sessions",
        *_texts("token_hash", "person_id", "csrf"),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("seen_at", Moment, nullable=False),
        sa.Column("agent", sa.Text, nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("token_hash", name="pk_sessions"),
        _of_account("sessions"),
    )
    op.create_index("ix_sessions_person_id", "sessions", ["person_id"])
    op.create_table(
        "tokens",
        *_texts("token_id", "person_id", "token_hash", "label"),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
        sa.Column("used_at", Moment),
        sa.Column("revoked_at", Moment),
        sa.PrimaryKeyConstraint("token_id", name="pk_tokens"),
        _of_account("tokens"),
        sa.UniqueConstraint("token_hash", name="uq_tokens_token_hash"),
    )
    op.create_index("ix_tokens_person_id", "tokens", ["person_id"])
    op.create_table(
        "sign_ins",
        sa.Column("id", Whole, nullable=False),
        *_texts("source"),
        sa.Column("at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sign_ins"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_sign_ins_source_at", "sign_ins", ["source", "at"])


def _create_jobs() -> None:
    op.create_table(
        "jobs",
        *_texts("job_id", "kind", "asked_by", "task", "state"),
        sa.Column("asked_at", Moment, nullable=False),
        sa.Column("seen_at", Moment, nullable=False),
        sa.Column("progress", sa.Text, nullable=False, server_default="{}"),
        sa.Column("result", sa.Text),
        sa.PrimaryKeyConstraint("job_id", name="pk_jobs"),
    )
    op.create_index("ix_jobs_asked_at", "jobs", ["asked_at"])


def _texts(*names: str) -> tuple[sa.Column[object], ...]:
    return tuple(sa.Column(name, sa.Text, nullable=False) for name in names)


def _flag(name: str, default: object) -> sa.Column[object]:
    return sa.Column(name, sa.Boolean, nullable=False, server_default=default)  # type: ignore[arg-type]


def _of_account(table: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_person_id"
    return sa.ForeignKeyConstraint(["person_id"], ["accounts.person_id"], name=name)
