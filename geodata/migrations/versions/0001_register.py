"""
The register: ten layers, releases, the journal, versions and meta.

Revision ID: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from geodata.column_types import GEOPACKAGE, Moment, Whole
from geodata.migrations.steps import create_kept, entry, refuse_changes

revision = "0001"
down_revision = None

AREA = "code! name! parent kind residents:integer"
# layer: its geometry type, its columns (the key first); "!" where a row may not go without
LAYERS = {
    "districts": ("MULTIPOLYGON", AREA),
    "subdistricts": ("MULTIPOLYGON", AREA),
    "communities": ("MULTIPOLYGON", AREA),
    "grids": ("MULTIPOLYGON!", "code! name parent! kind residents:integer"),
    "roads": ("LINESTRING!", "road_id! name! road_class"),
    "inspection_points": ("POINT!", "point_id! name! category! status address"),
    "compounds": (
        "MULTIPOLYGON!",
        "compound_id! name! kind residents:integer households:integer",
    ),
    "units": (
        "POINT",
        (
            "unit_id! name! short_name party kind headcount:integer holder contact phone"
            " active:boolean"
        ),
    ),
    "assignments": (
        "",
        (
            "assignment_id! target_kind! target! from_m:number to_m:number side unit_id! tier!"
            " scheme! since:date! until:date source note"
        ),
    ),
    "issues": (
        "POINT",
        (
            "issue_id! reported_at:datetime! category! channel description state due_at:datetime"
            " closed_at:datetime accuracy_m:number handler grid unit_id rule"
        ),
    ),
}
KEPT = (*LAYERS, "releases", "journal")  # rows are added, never changed or deleted
PLAIN = ("assignments", "releases")  # tables without geometry that GDAL and QGIS should list

REFUSE_FUNCTION = """
CREATE FUNCTION gridmap_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are added, never changed or deleted', TG_TABLE_NAME;
END $$
"""


def upgrade() -> None:
    """Make every table of a new register."""
    _create_books()
    for name, (geometry, columns) in LAYERS.items():
        _create_layer(name, geometry, columns)
    op.create_index("ix_issues_reported_at", "issues", ["reported_at"])
    if op.get_context().dialect.name == GEOPACKAGE:
        _list_plain_tables()
    else:
        op.execute(REFUSE_FUNCTION)
    for table in KEPT:
        refuse_changes(table)


def _create_books() -> None:
    texts = ("who", "action", "what", "before", "after", "previous", "hash")
    op.create_table(
        "journal",
        sa.Column("seq", Whole, autoincrement=False),
        sa.Column("at", Moment, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in texts),
        sa.PrimaryKeyConstraint("seq", name="pk_journal"),
    )
    op.create_table(
        "layer_versions",
        sa.Column("layer", sa.Text),
        sa.Column("version", Whole, nullable=False),
        sa.Column("rows", Whole, nullable=False),
        sa.PrimaryKeyConstraint("layer", name="pk_layer_versions"),
    )
    op.create_table(
        "register_meta",
        sa.Column("name", sa.Text),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_register_meta"),
    )
    op.create_table(
        "releases",
        sa.Column("id", Whole, nullable=False),
        sa.Column("assignment_id", sa.Text, nullable=False),
        sa.Column("until", sa.Date),
        sa.Column("note", sa.Text),
        *entry("releases"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_releases_entry", "releases", ["entry"])
    op.create_index("ix_releases_assignment_id", "releases", ["assignment_id"])


def _create_layer(name: str, shape: str, columns: str) -> None:
    key = columns.partition("!")[0]
    once = [sa.UniqueConstraint(key, name=f"uq_{name}_{key}")] if name == "assignments" else []
    create_kept(name, columns, shape, *once)


def _list_plain_tables() -> None:
    for table in PLAIN:
        op.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier) "  # noqa: S608
            f"VALUES ('{table}', 'attributes', '{table}')"
        )
