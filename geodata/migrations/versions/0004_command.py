"""
Commanding: boards, rankings, bulletins, material, saved runs, and what is sent to people.

Revision ID: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from geodata.column_types import Moment, Whole
from geodata.migrations.steps import create_kept, refuse_changes

revision = "0004"
down_revision = "0003"

# book: its columns, the key first; "!" where a row may not go without
BOOKS = {
    "board_groups": "group_id! name! lead_unit position:integer note",
    "board_tasks": (
        "task_id! group_id! item! month:date! title! unit_id division rule! target:number!"
        " amount:number evidence reason reported_by reported_at:datetime position:integer"
    ),
    "board_months": (
        "board_month_id! group_id! month:date! state! report flags hash by! at:datetime!"
    ),
    "formulas": "formula_id! edition! name! terms! since:date! note",
    "appeals": (
        "appeal_id! edition! month:date! level! subject! state! reason! issues asked_by!"
        " asked_at:datetime! ruling decided_by decided_at:datetime"
    ),
    "bulletins": (
        "bulletin_id! month:date! amendment:integer! figures! hash! previous reason frozen_by!"
        " frozen_at:datetime!"
    ),
    "runs": (
        "run_id! name! kind! parameters! input_hash! result_hash! version! seed:integer summary!"
        " by! at:datetime!"
    ),
    "material_slots": (
        "slot_id! edition! month:date! name! sort! wanted:integer! unit_id! due:date!"
        " position:integer note"
    ),
    "material_steps": (
        "step_id! slot_id! act! given:integer reason details by! by_unit at:datetime!"
    ),
    "cadences": "cadence_id! name! beat! workday:integer! kind! roles! active:boolean",
}


def upgrade() -> None:
    """Add what commanding keeps."""
    for name, columns in BOOKS.items():
        create_kept(name, columns)
        refuse_changes(name)
    _create_papers()


def _create_papers() -> None:
    op.create_table(
        "notices",
        *_texts("notice_id", "person_id", "kind", "template", "values", "link"),
        sa.Column("at", Moment, nullable=False),
        sa.Column("read_at", Moment),
        sa.PrimaryKeyConstraint("notice_id", name="pk_notices"),
    )
    op.create_index("ix_notices_person_id_at", "notices", ["person_id", "at"])
    op.create_table(
        "outbox",
        *_texts("message_id", "channel", "address", "body", "state"),
        sa.Column("at", Moment, nullable=False),
        sa.Column("next_at", Moment),
        sa.Column("tries", Whole, nullable=False),
        sa.Column("fault", sa.Text),
        sa.PrimaryKeyConstraint("message_id", name="pk_outbox"),
    )
    op.create_index("ix_outbox_state_next_at", "outbox", ["state", "next_at"])


def _texts(*names: str) -> tuple[sa.Column[str], ...]:
    return tuple(sa.Column(name, sa.Text, nullable=False) for name in names)
