"""
The register: ten layers, releases, the journal, versions and meta.

Revision ID: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

from geodata.column_types import COLUMN_TYPE, GEOPACKAGE, Moment, Shape, Whole

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
        _keep_rows_in_geopackage()
    else:
        _keep_rows_in_postgis()


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
        *_entry("releases"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_releases_entry", "releases", ["entry"])
    op.create_index("ix_releases_assignment_id", "releases", ["assignment_id"])


def _create_layer(name: str, geometry: str, columns: str) -> None:
    key = columns.partition("!")[0]
    once = [sa.UniqueConstraint(key, name=f"uq_{name}_{key}")] if name == "assignments" else []
    op.create_table(
        name,
        sa.Column("id", Whole, nullable=False),
        *(_column(text) for text in columns.split()),
        *([_geometry(geometry)] if geometry else []),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("retired", sa.Boolean, nullable=False, server_default=sa.false()),
        *_entry(name),
        *once,
        sqlite_autoincrement=True,
    )
    op.create_index(f"ix_{name}_{key}_valid_from", name, [key, "valid_from"])
    op.create_index(f"ix_{name}_entry", name, ["entry"])


def _column(text: str) -> sa.Column[object]:
    name, _, dtype = text.rstrip("!").partition(":")
    return sa.Column(name, COLUMN_TYPE[dtype or "text"], nullable=not text.endswith("!"))  # type: ignore[index]


def _geometry(text: str) -> sa.Column[object]:
    nullable = not text.endswith("!")
    srid = context.config.attributes["srid"]
    return sa.Column(
        "geometry", Shape(text.rstrip("!"), srid=srid, nullable=nullable), nullable=nullable
    )


def _entry(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    """Return the key of rows, and the entry that they came with: it is written after them."""
    return (
        sa.Column("entry", Whole, nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        sa.ForeignKeyConstraint(
            ["entry"],
            ["journal.seq"],
            name=f"fk_{table}_entry",
            deferrable=True,
            initially="DEFERRED",
        ),
    )


def _keep_rows_in_geopackage() -> None:
    for table in KEPT:
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuse_{change.lower()} BEFORE {change} ON {table} BEGIN "
                f"SELECT RAISE(ABORT, 'rows of {table} are added, never changed or deleted'); END"
            )
    for table in PLAIN:
        op.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier) "  # noqa: S608
            f"VALUES ('{table}', 'attributes', '{table}')"
        )


def _keep_rows_in_postgis() -> None:
    op.execute(REFUSE_FUNCTION)
    for table in KEPT:
        for change, each in (("UPDATE OR DELETE", "ROW"), ("TRUNCATE", "STATEMENT")):
            op.execute(
                f"CREATE TRIGGER {table}_refuse_{change.split()[-1].lower()} BEFORE {change} "
                f"ON {table} FOR EACH {each} EXECUTE FUNCTION gridmap_refuse_change()"
            )
