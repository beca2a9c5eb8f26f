"""Hot spots kept on disk outlive the process, and are never believed where they are broken."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from geopandas.testing import assert_geodataframe_equal

from geodata.database import connect
from geodata.kept import Kept, key_of, shelf
from geodata.reports import quadrants, road_spots, spots
from geodata.reports.spots import Measure
from geodata.scoped import Workspaces
from geodata.store import Store
from geodata.workspace import Workspace
from gridmap.access import Scope
from gridmap.errors import TooLittleDataError
from gridmap.hotspots import HotSpots
from tests.geodata.test_spots import AS_OF, WANTED, register
from tests.geodata.towns import ZONE


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    store = register(tmp_path_factory.mktemp("kept")).reports.workspace.store
    return store.database.engine.url.render_as_string(hide_password=False)


def found(url: str) -> HotSpots:
    """Ask as a process that has just begun."""
    store = Store(connect(url))
    try:
        return spots.find(Workspace(store, shelf(None, store)), WANTED, ZONE, Measure(), AS_OF)
    finally:
        store.close()


def test_a_second_process_reads_what_the_first_worked_out(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = found(url)
    monkeypatch.setattr(spots, "_found", None)
    again = found(url)
    assert_geodataframe_equal(again.table, first.table)
    assert again.method == first.method
    assert again.piles.equals(first.piles)


def test_quadrants_are_kept_too(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def asked() -> HotSpots:
        store = Store(connect(url))
        try:
            return quadrants.find(
                Workspace(store, shelf(None, store)), WANTED, ZONE, Measure(), AS_OF
            )
        finally:
            store.close()

    first = asked()
    monkeypatch.setattr(quadrants, "_found", None)
    assert_geodataframe_equal(asked().table, first.table)


def test_stretches_of_roads_are_kept_too(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def asked() -> road_spots.RoadSpots:
        store = Store(connect(url))
        try:
            own = Workspace(store, shelf(None, store))
            return road_spots.find_on_roads(own, own, WANTED, ZONE, AS_OF)
        finally:
            store.close()

    first = asked()
    monkeypatch.setattr(road_spots, "_found", None)
    again = asked()
    assert_geodataframe_equal(again.spots.table, first.spots.table)
    assert_geodataframe_equal(again.stretches, first.stretches)
    assert again.spots.method == first.spots.method


def test_the_key_moves_with_a_layer_that_counts_and_with_no_other(tmp_path: Path) -> None:
    store = register(tmp_path).reports.workspace.store
    before = {name: key_of(store, [name]) for name in ("grids", "roads")}
    with store.write(who="test", action="import", what={}) as writer:
        writer.retire("roads", ["r7"], AS_OF)
    assert key_of(store, ["roads"]) != before["roads"]
    assert key_of(store, ["grids"]) == before["grids"]
    store.close()


def test_a_broken_file_is_worked_out_again(url: str) -> None:
    first = found(url)
    store = Store(connect(url))
    folder = Path(f"{store.database.path}.kept")
    store.close()
    files = {file: file.stat().st_size for file in folder.glob("*.spots")}
    for file, size in files.items():
        file.write_bytes(file.read_bytes()[: size // 2])
    assert found(url).method == first.method
    assert any(file.stat().st_size > size // 2 for file, size in files.items())


def test_what_was_asked_for_longest_ago_goes_first(tmp_path: Path) -> None:
    (tmp_path / "of somebody else.txt").write_bytes(b"x" * 10)
    for age, name in enumerate(("new.spots", "old.spots", "older.part")):
        path = tmp_path / name
        path.write_bytes(b"x" * 10)
        os.utime(path, (1000 - age, 1000 - age))
    assert Kept(tmp_path, most_bytes=15).tidy() == 2
    assert {path.name for path in tmp_path.iterdir()} == {"new.spots", "of somebody else.txt"}


def test_what_moves_meanwhile_is_not_kept(url: str, tmp_path: Path) -> None:
    made, keys = found(url), iter("ab")
    assert Kept(tmp_path / "kept").once(lambda: next(keys), lambda: made) is made
    assert not (tmp_path / "kept").exists()


def test_that_there_is_too_little_is_kept_like_any_answer(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(connect(url))
    early = replace(WANTED, since=date(2025, 1, 1), until=date(2025, 1, 31))

    def asked() -> str:
        with pytest.raises(TooLittleDataError) as refusal:
            spots.find(Workspace(store, shelf(None, store)), early, ZONE, Measure(), AS_OF)
        return str(refusal.value)

    first = asked()
    monkeypatch.setattr(spots, "_found", None)
    assert asked() == first
    store.close()


def test_what_is_kept_of_a_part_of_the_city_moves_with_what_decides_what_lies_in_it(
    tmp_path: Path,
) -> None:
    office = register(tmp_path)
    west = Workspaces(office.workspace).of((Scope("unit", "u1"),)).store
    east = Workspaces(office.workspace).of((Scope("unit", "u2"),)).store
    before = key_of(west, ["issues"]), key_of(office.store, ["issues"])
    assert len({*before, key_of(east, ["issues"])}) == 3
    with office.store.write(who="test", action="import", what={}) as writer:
        writer.retire("roads", ["r7"], AS_OF)
    assert key_of(west, ["issues"]) != before[0]
    assert key_of(office.store, ["issues"]) == before[1]
    office.store.close()


def test_a_register_in_a_database_keeps_them_where_the_operator_says(tmp_path: Path) -> None:
    elsewhere: Any = SimpleNamespace(database=SimpleNamespace(path=None))
    assert shelf(None, elsewhere) is None
    (tmp_path / "large.spots").write_bytes(b"x" * (1024 * 1024 + 1))
    roomy, narrow = (shelf(tmp_path, elsewhere, megabytes) for megabytes in (2, 1))
    assert roomy is not None
    assert narrow is not None
    assert (roomy.tidy(), narrow.tidy()) == (0, 1)
