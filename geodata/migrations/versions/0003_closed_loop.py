"""
The closed loop: what becomes of issues, photos, conditions, checklists, patrols and rounds.

Revision ID: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from geodata.column_types import Moment, Whole
from geodata.migrations.steps import column, create_kept, refuse_changes

revision = "0003"
down_revision = "0002"

ISSUE_COLUMNS = (
    "number condition address datum why reporter reporter_role reporter_unit"
    " limit_amount:number limit_kind filed_at:datetime rectified_at:datetime fixer fixer_unit"
    " paused_at:datetime resumes pending extensions:integer returns:integer reworks:integer"
    " reopenings:integer level:integer exempt:boolean merged_into recurs public:boolean"
)
# book: its columns (the key first), its geometry; "!" where a row may not go without
BOOKS = {
    "conditions": (
        (
            "condition_id! edition! sort! group! category! condition! closing limit_amount:number!"
            " limit_kind! handler supervisor basis position:integer"
        ),
        "",
    ),
    "checklists": (
        "item_id! edition! category! item! check! least:number weight:number! position:integer",
        "",
    ),
    "road_rules": (
        "rule_id! edition! name! road_class category! least:integer! window_m:number! source",
        "",
    ),
    "visits": (
        (
            "visit_id! point_id! unit_id! at:datetime! by! patrol_id edition answers score:number"
            " out_of:number distance_m:number note"
        ),
        "",
    ),
    "patrols": (
        (
            "patrol_id! unit_id! by! day:date! started_at:datetime! ended_at:datetime"
            " roads_m:number walked_m:number points_due:integer points_seen:integer missed walked"
        ),
        "",
    ),
    "rounds": ("round_id! name! since:date! until:date! edition note", ""),
    "pairings": ("pairing_id! round_id! inspector! target!", ""),
    "issue_events": (
        (
            "event_id! issue_id! at:datetime! act! from_state to_state! by! by_role by_unit reason"
            " details"
        ),
        "",
    ),
    "photos": (
        (
            "photo_id! subject_kind! subject! kind! key! thumb! sent! width:integer!"
            " height:integer! size:integer! taken_at:datetime look position_source"
            " at:datetime! by! public_key"
        ),
        "POINT",
    ),
}
FOUND_BY = {"issue_events": "issue_id", "photos": "subject", "visits": "point_id"}
HEADS = ("state", "due_at", "grid", "unit_id", "reported_at", "category", "reporter", "number")


def upgrade() -> None:
    """Add what the closed loop keeps."""
    for text in ISSUE_COLUMNS.split():
        op.add_column("issues", column(text))
    for name, (columns, shape) in BOOKS.items():
        create_kept(name, columns, shape)
        if name in FOUND_BY:
            op.create_index(f"ix_{name}_{FOUND_BY[name]}", name, [FOUND_BY[name]])
        refuse_changes(name)
    _create_heads()
    _create_papers()
    op.execute(FILL_HEADS)


def _create_heads() -> None:
    op.create_table(
        "issue_heads",
        sa.Column("issue_id", sa.Text, nullable=False),
        sa.Column("row", Whole, nullable=False),
        *(
            sa.Column(name, sa.Text)
            for name in ("state", "category", "channel", "grid", "unit_id", "number")
        ),
        *(sa.Column(name, sa.Text) for name in ("reporter", "reporter_unit", "fixer_unit")),
        sa.Column("reported_at", Moment, nullable=False),
        sa.Column("due_at", Moment),
        sa.PrimaryKeyConstraint("issue_id", name="pk_issue_heads"),
    )
    for name in HEADS:
        op.create_index(f"ix_issue_heads_{name}", "issue_heads", [name])


def _create_papers() -> None:
    op.create_table(
        "receipts",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("person_id", "key", "payload")),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("person_id", "key", name="pk_receipts"),
    )
    op.create_index("ix_receipts_at", "receipts", ["at"])
    op.create_table(
        "tracks",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("patrol_id", "unit_id", "track")),
        sa.Column("at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("patrol_id", name="pk_tracks"),
    )
    op.create_index("ix_tracks_at", "tracks", ["at"])
    op.create_table(
        "views",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("view_id", "person_id", "name")),
        sa.Column("query", sa.Text, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("view_id", name="pk_views"),
    )
    op.create_index("ix_views_person_id", "views", ["person_id"])
    op.create_table(
        "public_reports",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("receipt_hash", "issue_id")),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("receipt_hash", name="pk_public_reports"),
    )
    op.create_index("ix_public_reports_source_at", "public_reports", ["source", "at"])


FILL_HEADS = """
INSERT INTO issue_heads (issue_id, row, state, category, channel, grid, unit_id, number, reporter,
                         reporter_unit, fixer_unit, reported_at, due_at)
SELECT issue_id, id, state, category, channel, grid, unit_id, number, reporter, reporter_unit,
       fixer_unit, reported_at, due_at
FROM issues AS kept
WHERE NOT retired AND id = (
    SELECT id FROM issues AS other WHERE other.issue_id = kept.issue_id
    ORDER BY valid_from DESC, id DESC LIMIT 1
)
"""
