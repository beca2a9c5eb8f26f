"""The migrations, run one after the other, make the tables that the program believes in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, Table, inspect, text

from geodata.database import (
    POSTGRESQL,
    Database,
    connect,
    migrate,
    require_current,
    schema_version,
)
from geodata.errors import DatabaseUrlError, SchemaError
from geodata.migrations import HEAD
from geodata.store import Store
from geodata.tables import GEOMETRY, tables
from gridmap.errors import InvalidError


def test_the_newest_migration_is_the_one_the_program_needs() -> None:
    config = Config()
    config.set_main_option("script_location", "geodata:migrations")
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:4326"])
def test_a_migrated_database_has_exactly_the_tables_of_the_models(bare: Database, crs: str) -> None:
    srid = int(crs.removeprefix("EPSG:"))
    migrate(bare, crs=crs)
    with bare.reading() as connection:
        found = _shape(connection)
    assert found == _expected(tables(srid).metadata, bare.dialect)
    assert set(_geometry_columns(bare)) == {
        (layer, table.c[GEOMETRY].type.geometry_type, srid)
        for layer, table in tables(srid).layers.items()
        if GEOMETRY in table.c
    }


def test_every_geometry_column_has_a_spatial_index(database: Database) -> None:
    queries = {
        "geopackage": "SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%rtree%'",
        POSTGRESQL: "SELECT indexname FROM pg_indexes WHERE indexdef LIKE '%USING gist%'",
    }
    names = {"geopackage": "rtree_{}_geometry", POSTGRESQL: "idx_{}_geometry"}
    spatial = [name for name, table in tables(4490).layers.items() if GEOMETRY in table.c]
    with database.reading() as connection:
        found = set(connection.execute(text(queries[database.dialect])).scalars())
    assert found >= {names[database.dialect].format(layer) for layer in spatial}


def test_migrating_again_changes_nothing(store: Store, database: Database) -> None:
    migrate(database, crs="EPSG:4326", name="another city")
    assert Store(database).meta == store.meta


def test_a_migration_that_fails_leaves_no_table(
    bare: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alembic.op.create_index", _fail)
    with pytest.raises(RuntimeError):
        migrate(bare)
    monkeypatch.undo()
    with bare.reading() as connection:
        assert schema_version(connection) is None
        assert not inspect(connection).has_table("grids")
    migrate(bare)
    require_current(bare)


def test_where_there_is_no_register_the_command_is_named(bare: Database) -> None:
    with pytest.raises(SchemaError, match="gridmap migrate"):
        Store(bare)
    assert bare.path is None or not bare.path.exists()


def test_an_older_register_is_refused_and_the_command_named(database: Database) -> None:
    _pretend(database, "0000")
    with pytest.raises(SchemaError, match="gridmap migrate"):
        Store(database)


def test_a_newer_register_is_refused_and_not_migrated_down(database: Database) -> None:
    _pretend(database, "9999")
    with pytest.raises(SchemaError, match="9999"):
        Store(database)
    with pytest.raises(SchemaError, match="9999"):
        migrate(database)


@pytest.mark.parametrize("choice", [{"crs": "EPSG:3857"}, {"codes": "us"}])
def test_a_choice_that_does_not_exist_is_refused(tmp_path: Path, choice: dict[str, str]) -> None:
    path = tmp_path / "register.gpkg"
    with pytest.raises(InvalidError):
        migrate(connect(f"gpkg:///{path}"), **choice)
    assert not path.exists()


@pytest.mark.parametrize(
    "url", ["", "register.gpkg", "sqlite:///a.db", "gpkg://", "postgresql://me@here/db"]
)
def test_an_address_of_no_known_kind_is_refused(url: str) -> None:
    with pytest.raises(DatabaseUrlError):
        connect(url)


def test_a_password_is_not_in_the_message() -> None:
    with pytest.raises(DatabaseUrlError) as caught:
        connect("mysql://me:secret@here/db")
    assert "secret" not in str(caught.value)


def _fail(*_arguments: object, **_keywords: object) -> None:
    msg = "the power went out"
    raise RuntimeError(msg)


def _pretend(database: Database, revision: str) -> None:
    with database.writing() as connection:
        connection.execute(
            text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision}
        )


def _shape(connection: Connection) -> dict[str, Any]:
    """Return columns, keys and indexes of the database, without what belongs to the database."""
    inspector = inspect(connection)
    own = {"spatial_ref_sys", "alembic_version"}
    names = [
        name
        for name in inspector.get_table_names()
        if name not in own and not name.startswith(("gpkg_", "rtree_", "sqlite_"))
    ]
    return {
        name: {
            "columns": {
                column["name"]: (_kind(column["type"]), column["nullable"])
                for column in inspector.get_columns(name)
            },
            "key": inspector.get_pk_constraint(name)["constrained_columns"],
            "foreign": {
                (tuple(key["constrained_columns"]), key["referred_table"])
                for key in inspector.get_foreign_keys(name)
            },
            "unique": {
                tuple(unique["column_names"]) for unique in inspector.get_unique_constraints(name)
            },
            "indexes": {
                index["name"]: tuple(index["column_names"])
                for index in inspector.get_indexes(name)
                if not index.get("duplicates_constraint")
            },
        }
        for name in names
    }


def _expected(metadata: MetaData, dialect: str) -> dict[str, Any]:
    return {table.name: _expected_table(table, dialect) for table in metadata.sorted_tables}


def _expected_table(table: Table, dialect: str) -> dict[str, Any]:
    probe = connect(
        "gpkg:///x.gpkg" if dialect == "geopackage" else "postgresql+psycopg://x@x/x"
    ).engine.dialect
    return {
        "columns": {
            column.name: (
                "GEOMETRY" if column.name == GEOMETRY else column.type.compile(probe).split("(")[0],
                bool(column.nullable),
            )
            for column in table.columns
        },
        "key": [column.name for column in table.primary_key],
        "foreign": {
            ((key.parent.name,), key.column.table.name)
            for key in sorted(table.foreign_keys, key=str)
        },
        "unique": {
            tuple(constraint.columns.keys())
            for constraint in table.constraints
            if type(constraint).__name__ == "UniqueConstraint"
        },
        "indexes": {
            str(index.name): tuple(index.columns.keys())
            for index in table.indexes
            if GEOMETRY not in index.columns or dialect == POSTGRESQL
        },
    }


def _kind(found: Any) -> str:
    name = type(found).__name__.upper()
    names = {"GEOMETRY": "GEOMETRY", "NULLTYPE": "GEOMETRY", "DOUBLE_PRECISION": "DOUBLE PRECISION"}
    if name == "TIMESTAMP":
        return "TIMESTAMP WITH TIME ZONE" if found.timezone else "TIMESTAMP"
    return names.get(name, name)


def _geometry_columns(database: Database) -> list[tuple[str, str, int]]:
    queries = {
        "geopackage": "SELECT table_name, geometry_type_name, srs_id FROM gpkg_geometry_columns",
        POSTGRESQL: "SELECT f_table_name, type, srid FROM geometry_columns",
    }
    with database.reading() as connection:
        rows = connection.execute(text(queries[database.dialect])).all()
    return [(row[0], row[1], row[2]) for row in rows]
