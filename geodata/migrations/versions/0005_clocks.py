"""
Clocks: what was granted besides a limit, the city's own days, and who and what stands behind rows.

Revision ID: 0005
"""

from __future__ import annotations

from alembic import op

from geodata.migrations.steps import column, create_kept, refuse_changes

revision = "0005"
down_revision = "0004"

# rows from before have none of them; their digests stay true (`geodata.changes.LATER`)
COLUMNS = {
    "issues": ("granted:number",),
    "conditions": ("group_code", "category_code"),
    "patrols": ("person_id",),
}


def upgrade() -> None:
    """Add what the clocks need."""
    for table, columns in COLUMNS.items():
        for text in columns:
            op.add_column(table, column(text))
    create_kept("city_days", "day_id! day:date! works:boolean! whole_year:boolean! note")
    refuse_changes("city_days")
