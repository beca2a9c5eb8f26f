"""The GeoPackage is one that others can read, and no act of ours loses a commit."""

from __future__ import annotations

import ast
import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely
from sqlalchemy import func, select

import geodata
from geodata import backup as backups
from geodata.database import connect, migrate
from geodata.errors import BackupError, SchemaError
from geodata.store import Store
from geodata.tables import tables

from .conftest import CRS, NEW_YEAR, Clock, assert_same

Frames = dict[str, pd.DataFrame]
SOURCES = Path(geodata.__file__).parent
# what opens files: none of it may be handed the live register in our own process
OPENERS = {"open", "read_bytes", "read_text", "copy2", "copyfile", "read_file", "read_dataframe"}
LIVE = (
    "backup",
    "bulk",
    "database",
    "geopackage",
    "gpkg_functions",
    "history",
    "journal",
    "reading",
    "store",
    "tables",
    "writer",
)
READ_ELSEWHERE = """
import json, sys
import pyogrio
frame = pyogrio.read_dataframe(sys.argv[1], layer="units")
info = pyogrio.read_info(sys.argv[1], layer="grids")
bbox = tuple(float(value) for value in sys.argv[2:])
near = pyogrio.read_dataframe(sys.argv[1], layer="grids", bbox=bbox or None)
print(json.dumps({"units": sorted(frame["unit_id"]), "crs": info["crs"],
                  "type": info["geometry_type"], "near": sorted(near["code"]),
                  "layers": sorted(pyogrio.list_layers(sys.argv[1])[:, 0])}))
"""


@pytest.fixture
def gpkg_store(gpkg_url: str, frames: Frames) -> Iterator[Store]:
    database = connect(gpkg_url)
    migrate(database, crs=CRS)
    store = Store(database, clock=Clock())
    with store.write(who="tester", action="import") as writer:
        for layer, frame in frames.items():
            writer.add(layer, frame, NEW_YEAR)
    yield store
    store.close()


@pytest.fixture
def path(gpkg_store: Store) -> Path:
    assert gpkg_store.database.path is not None
    return gpkg_store.database.path


def test_a_backup_of_the_live_register_loses_nothing(
    gpkg_store: Store, frames: Frames, tmp_path: Path
) -> None:
    """The commits are still in the write-ahead log: a plain copy of the file would lack them."""
    copy = backups.backup(gpkg_store.database, tmp_path / "copy.gpkg")
    for layer, frame in frames.items():
        if isinstance(frame, gpd.GeoDataFrame):
            found = pyogrio.read_dataframe(copy, layer=layer).set_index(frame.index.name)
            assert found.index.sort_values().to_list() == frame.index.to_list()
            there = frame.geometry.dropna()
            assert found.geometry.loc[there.index].geom_equals_exact(there, 0).all()
    assert not list(tmp_path.glob("copy.gpkg-*"))
    # and the register goes on: what is written after others read the copy is there for all
    with gpkg_store.write(who="tester", action="edit") as writer:
        writer.retire("units", ["u4"], NEW_YEAR)
    gpkg_store.close()
    with closing(sqlite3.connect(gpkg_store.database.path or "")) as connection:
        assert connection.execute("SELECT count(*) FROM units").fetchone() == (6,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_no_code_that_holds_the_live_register_opens_files_another_way() -> None:
    """Only sqlite3 opens it; GDAL, open() or a file copy would drop the locks of this process."""
    for module in LIVE:
        tree = ast.parse((SOURCES / f"{module}.py").read_text())
        imported = {
            name.name.partition(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in node.names
        }
        called = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
        openers = {name for name in called if name.rpartition(".")[2] in OPENERS}
        assert not imported & {"pyogrio", "shutil", "zipfile"}, module
        assert openers <= {"os.open"}, module  # of a folder, by backup


def test_another_process_reads_what_is_committed_and_its_leaving_loses_nothing(
    gpkg_store: Store, path: Path, frames: Frames
) -> None:
    for number in range(3):
        unit = (
            frames["units"]
            .iloc[[0]]
            .set_index(pd.Index([f"n{number}"], name="unit_id", dtype="str"))
        )
        with gpkg_store.write(who="tester", action="edit") as writer:
            writer.add("units", unit, NEW_YEAR)
        told = _read_elsewhere(path)
        assert told["units"] == gpkg_store.read("units").index.to_list()
    assert told["crs"] == CRS
    assert told["type"] == "MultiPolygon"
    assert {"grids", "units", "assignments", "releases"} <= set(told["layers"])
    assert not {"journal", "register_meta"} & set(told["layers"])
    assert gpkg_store.journal.verify() is None


def test_another_process_finds_rows_by_place(path: Path, frames: Frames) -> None:
    west = frames["grids"].loc["232701100001003"]
    x, y = west.geometry.centroid.coords[0]
    assert _read_elsewhere(path, x, y, x, y)["near"] == ["232701100001003"]


def test_an_uncommitted_write_is_seen_by_nobody(gpkg_store: Store, path: Path) -> None:
    before = gpkg_store.read("units").index.to_list()
    with gpkg_store.write(who="tester", action="edit") as writer:
        writer.retire("units", ["u4"], NEW_YEAR)
        assert _read_elsewhere(path)["units"] == before


def test_the_index_of_places_holds_every_row(gpkg_store: Store, path: Path) -> None:
    with gpkg_store.write(who="tester", action="edit") as writer:
        writer.add("grids", _crowd(gpkg_store.read("grids")), NEW_YEAR)
    with closing(sqlite3.connect(path)) as connection:
        (check,) = connection.execute("SELECT rtreecheck('rtree_grids_geometry')").fetchone()
        query = "SELECT id, minx, maxx, miny, maxy FROM rtree_grids_geometry ORDER BY id"
        boxes = {row[0]: row[1:] for row in connection.execute(query)}
        rows = connection.execute("SELECT id, geometry FROM grids").fetchall()
    assert check == "ok"
    assert len(boxes) == len(rows) > 1000
    for key, blob in rows:
        west, south, east, north = shapely.from_wkb(blob[40:]).bounds
        assert boxes[key][0] <= west <= east <= boxes[key][1]
        assert boxes[key][2] <= south <= north <= boxes[key][3]


def test_the_trigger_is_back_after_a_crowd(gpkg_store: Store, path: Path, frames: Frames) -> None:
    crowd = _crowd(gpkg_store.read("grids"))
    with gpkg_store.write(who="tester", action="edit") as writer:
        writer.add("grids", crowd, NEW_YEAR)
        writer.add("grids", frames["grids"].iloc[:1], NEW_YEAR)
    with closing(sqlite3.connect(path)) as connection:
        counts = connection.execute(
            "SELECT (SELECT count(*) FROM grids), (SELECT count(*) FROM rtree_grids_geometry)"
        ).fetchone()
    assert counts == (7 + len(crowd) + 1,) * 2


def test_the_file_is_a_geopackage_from_its_first_bytes_on(path: Path) -> None:
    """GDAL looks at bytes 68 to 71, also while all else is still in the write-ahead log."""
    head = subprocess.run(
        [sys.executable, "-c", f"print(open({str(path)!r}, 'rb').read(72)[68:].decode())"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert head.stdout.strip() == "GPKG"


def test_durability_is_what_was_promised(gpkg_store: Store) -> None:
    with gpkg_store.database.reading() as connection:
        found = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    assert found == ["wal", 2, 1, 10_000]


def test_sql_functions_answer_as_shapely_does(gpkg_store: Store, frames: Frames) -> None:
    grids = tables(4490).layers["grids"]
    envelope = func.ST_MakeEnvelope(*frames["grids"].iloc[0].geometry.bounds, 4490)
    with gpkg_store.database.reading() as connection:
        for name in ("intersects", "touches", "within", "covers"):
            sql = getattr(func, f"ST_{name.capitalize()}")
            query = select(grids.c.code).where(sql(grids.c.geometry, envelope))
            box = shapely.box(*frames["grids"].iloc[0].geometry.bounds)
            expected = frames["grids"].index[getattr(frames["grids"], name)(box)]
            assert sorted(connection.execute(query).scalars()) == expected.to_list()


def test_the_column_type_takes_and_gives_shapely_geometries(
    gpkg_store: Store, frames: Frames
) -> None:
    grids = tables(4490).layers["grids"]
    code = frames["grids"].index[0]
    with gpkg_store.database.reading() as connection:
        found = connection.execute(select(grids.c.geometry).where(grids.c.code == code)).scalar()
        same = select(grids.c.code).where(grids.c.geometry == found)
        assert connection.execute(same).scalar() == code
    assert found.equals_exact(frames["grids"].geometry.iloc[0], 0)


def test_another_kind_of_database_is_not_made_a_register(tmp_path: Path) -> None:
    other, noise = tmp_path / "other.gpkg", tmp_path / "noise.gpkg"
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE grids (code TEXT)")
    noise.write_bytes(b"no database at all" * 100)
    for path in (other, noise):
        before = path.read_bytes()
        with pytest.raises(SchemaError, match="no register"):
            migrate(connect(f"gpkg:///{path}"))
        assert path.read_bytes() == before


def test_a_backup_is_restored_as_a_register(
    gpkg_store: Store, frames: Frames, tmp_path: Path
) -> None:
    copy = backups.backup(gpkg_store.database, tmp_path / "copy.gpkg")
    database = backups.restore(copy, f"gpkg:///{tmp_path / 'again.gpkg'}")
    again = Store(database)
    for layer, frame in frames.items():
        assert_same(again.read(layer), frame)
    assert again.journal.verify() is None
    again.close()


def test_a_backup_writes_over_nothing(gpkg_store: Store, tmp_path: Path) -> None:
    target = tmp_path / "precious.gpkg"
    target.write_text("precious")
    with pytest.raises(BackupError, match="already"):
        backups.backup(gpkg_store.database, target)
    assert target.read_text() == "precious"
    with pytest.raises(BackupError):
        backups.backup(gpkg_store.database, tmp_path / "no folder" / "copy.gpkg")


def test_a_damaged_backup_is_not_restored(gpkg_store: Store, tmp_path: Path) -> None:
    copy = backups.backup(gpkg_store.database, tmp_path / "copy.gpkg")
    whole = copy.read_bytes()
    half, other = tmp_path / "half.gpkg", tmp_path / "other.gpkg"
    half.write_bytes(whole[: len(whole) // 2])
    other.write_bytes(b"something else")
    for source in (half, other, tmp_path / "nothing.gpkg"):
        with pytest.raises(BackupError):
            backups.restore(source, f"gpkg:///{tmp_path / 'again.gpkg'}")
    assert not (tmp_path / "again.gpkg").exists()


@pytest.mark.postgis
def test_a_backup_of_postgis_names_the_tool_for_it(postgis_url: str, tmp_path: Path) -> None:
    database = connect(postgis_url)
    with pytest.raises(BackupError, match="pg_dump"):
        backups.backup(database, tmp_path / "copy.gpkg")
    with pytest.raises(BackupError, match="pg_restore"):
        backups.restore(tmp_path / "copy.gpkg", postgis_url)
    database.close()


def _read_elsewhere(path: Path, *bbox: float) -> dict[str, list[str]]:
    """Read with GDAL in a process of its own, as QGIS would."""
    found = subprocess.run(
        [sys.executable, "-c", READ_ELSEWHERE, str(path), *map(repr, bbox)],
        check=True,
        capture_output=True,
        text=True,
    )
    assert found.stderr == ""  # no word of GDAL's about content that does not conform
    told: dict[str, list[str]] = json.loads(found.stdout)
    return told


def _crowd(grids: pd.DataFrame) -> pd.DataFrame:
    copies = pd.concat([grids] * 200)
    codes = [f"{800000000000000 + number}" for number in range(len(copies))]
    return copies.set_index(pd.Index(codes, name="code", dtype="str"))
