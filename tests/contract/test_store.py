"""What a store keeps, it gives back; and it gives back what was in force on the day asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from geodata.database import Database
from geodata.errors import StaleError
from geodata.store import Store
from gridmap.errors import ConflictError, CrsError, InvalidError, NotFoundError
from gridmap.layers import LAYERS, conform, empty

from .conftest import CRS, NEW_YEAR, assert_same

Frames = dict[str, pd.DataFrame]
WEST_GRID, MARCH, JUNE = "232701100001001", date(2026, 3, 1), date(2026, 6, 1)


def test_a_register_knows_what_it_was_made_with(store: Store) -> None:
    assert (store.meta.crs, store.meta.codes, store.meta.name) == (CRS, "cn", "漠河")


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_that_was_never_written_is_empty(store: Store, layer: str) -> None:
    found = store.read(layer)
    assert_same(found, empty(LAYERS[layer], CRS))
    assert store.version(layer) == 0


def test_every_layer_comes_back_as_it_was_conformed(town_store: Store, frames: Frames) -> None:
    for layer, frame in frames.items():
        assert_same(town_store.read(layer), frame)


def test_rows_come_back_in_the_order_of_their_keys(store: Store, frames: Frames) -> None:
    with store.write(who="tester", action="import") as writer:
        writer.add("grids", frames["grids"].iloc[::-1], NEW_YEAR)
    assert_same(store.read("grids"), frames["grids"])


def test_more_than_a_thousand_rows_come_back_the_same(store: Store) -> None:
    crowd = _crowd(3000)
    with store.write(who="tester", action="import") as writer:
        writer.add("grids", crowd, NEW_YEAR)
    assert_same(store.read("grids"), crowd)


def test_missing_geometries_and_values_come_back_missing(store: Store) -> None:
    table = pd.DataFrame(
        {"issue_id": ["a", "b"], "reported_at": pd.to_datetime(["2026-03-01", "2026-03-02"])}
    ).assign(category="暴露垃圾", accuracy_m=[np.nan, 0.1 + 0.2])
    places = [None, shapely.Point(122.53, 52.97)]
    frame = conform(gpd.GeoDataFrame(table, geometry=places, crs=CRS), LAYERS["issues"])
    with store.write(who="tester", action="report") as writer:
        writer.add("issues", frame, MARCH)
    assert_same(store.read("issues"), frame)


def test_moments_keep_their_microseconds(store: Store, frames: Frames) -> None:
    moments = pd.to_datetime(
        ["2026-03-01T00:00:00.000001Z", "2026-03-01T00:00:00.5Z", "1999-12-31T23:59:59.999999Z"]
    )
    issues = frames["issues"].assign(reported_at=moments.astype("datetime64[us, UTC]"))
    with store.write(who="tester", action="report") as writer:
        writer.add("issues", issues, MARCH)
    assert_same(store.read("issues"), issues)


def test_any_text_comes_back(store: Store, frames: Frames) -> None:
    texts = ["'; DROP TABLE units; --", "𠮷 %s %(a)s :b ?", "line\nbreak\ttab", "=1+1", "٣é\u200b"]
    units = frames["units"].assign(holder=pd.array(texts, dtype="str"))
    with store.write(who="tester", action="import") as writer:
        writer.add("units", units, NEW_YEAR)
    assert_same(store.read("units"), units)


def test_a_changed_grid_is_what_it_was_until_the_day_it_changed(
    town_store: Store, frames: Frames
) -> None:
    changed = frames["grids"].loc[[WEST_GRID]].assign(residents=pd.array([999], dtype="Int64"))
    with town_store.write(who="tester", action="edit") as writer:
        writer.add("grids", changed, MARCH)
    assert_same(town_store.read("grids", MARCH - timedelta(days=1)), frames["grids"])
    for later in (MARCH, JUNE, None):
        assert town_store.read("grids", later).loc[WEST_GRID, "residents"] == 999
        assert len(town_store.read("grids", later)) == len(frames["grids"])


def test_nothing_is_in_force_before_the_first_day(town_store: Store) -> None:
    assert town_store.read("grids", NEW_YEAR - timedelta(days=1)).empty


def test_of_two_rows_for_one_day_the_later_written_counts(
    town_store: Store, frames: Frames
) -> None:
    for name in ("first", "second"):
        with town_store.write(who="tester", action="edit") as writer:
            writer.add("grids", frames["grids"].loc[[WEST_GRID]].assign(name=name), MARCH)
    assert town_store.read("grids", MARCH).loc[WEST_GRID, "name"] == "second"


def test_a_row_for_the_past_does_not_replace_a_later_one(town_store: Store, frames: Frames) -> None:
    grid = frames["grids"].loc[[WEST_GRID]]
    for day, name in ((JUNE, "june"), (MARCH, "march")):
        with town_store.write(who="tester", action="edit") as writer:
            writer.add("grids", grid.assign(name=name), day)
    names = [town_store.read("grids", day).loc[WEST_GRID, "name"] for day in (MARCH, JUNE, None)]
    assert names == ["march", "june", "june"]


def test_a_retired_grid_is_gone_from_its_day_on_and_can_come_back(
    town_store: Store, frames: Frames
) -> None:
    with town_store.write(who="tester", action="retire") as writer:
        writer.retire("grids", [WEST_GRID], MARCH)
    with town_store.write(who="tester", action="edit") as writer:
        writer.add("grids", frames["grids"].loc[[WEST_GRID]], JUNE)
    there = [WEST_GRID in town_store.read("grids", day).index for day in (NEW_YEAR, MARCH, JUNE)]
    assert there == [True, False, True]


def test_what_is_not_there_cannot_be_retired(town_store: Store) -> None:
    with (
        pytest.raises(NotFoundError, match="999999"),
        town_store.write(who="tester", action="retire") as writer,
    ):
        writer.retire("grids", [WEST_GRID, "999999"], MARCH)
    assert WEST_GRID in town_store.read("grids").index


def test_a_released_assignment_ends_on_its_day(town_store: Store, frames: Frames) -> None:
    with town_store.write(who="tester", action="release") as writer:
        writer.release(_releases({"a1": "2026-06-01", "a4": "2026-07-01"}))
    found = town_store.read("assignments")
    expected = frames["assignments"].copy()
    expected.loc["a1", "until"] = pd.Timestamp("2026-06-01")
    expected.loc["a4", "until"] = pd.Timestamp("2026-07-01")
    assert_same(found, expected)


def test_the_last_release_counts_and_may_take_an_earlier_one_back(town_store: Store) -> None:
    for until in ("2026-06-01", "2026-08-01"):
        with town_store.write(who="tester", action="release") as writer:
            writer.release(_releases({"a1": until}))
    assert town_store.read("assignments").loc["a1", "until"] == pd.Timestamp("2026-08-01")
    with town_store.write(who="tester", action="release") as writer:
        writer.release(_releases({"a1": None}))
    assert pd.isna(town_store.read("assignments").loc["a1", "until"])


def test_an_assignment_is_written_once(town_store: Store, frames: Frames) -> None:
    with (
        pytest.raises(ConflictError, match="a1"),
        town_store.write(who="tester", action="assign") as writer,
    ):
        writer.add("assignments", frames["assignments"].loc[["a1"]], MARCH)
    with (
        pytest.raises(ConflictError),
        town_store.write(who="tester", action="retire") as writer,
    ):
        writer.retire("assignments", ["a1"], MARCH)


def test_an_assignment_that_is_not_kept_cannot_be_released(town_store: Store) -> None:
    with (
        pytest.raises(NotFoundError, match="a99"),
        town_store.write(who="tester", action="release") as writer,
    ):
        writer.release(_releases({"a1": "2026-06-01", "a99": "2026-06-01"}))
    assert town_store.read("assignments")["until"].isna().all()


def test_history_tells_every_row_of_a_key_with_its_entry(town_store: Store, frames: Frames) -> None:
    with town_store.write(who="editor", action="edit") as writer:
        writer.add("grids", frames["grids"].loc[[WEST_GRID]].assign(name="新"), MARCH)
    with town_store.write(who="chief", action="retire") as writer:
        writer.retire("grids", [WEST_GRID], JUNE)
    told = town_store.history("grids", WEST_GRID)
    assert told["who"].to_list() == ["tester", "editor", "chief"]
    assert told["name"].to_list() == ["第1网格", "新", "新"]
    assert told["valid_from"].to_list() == [NEW_YEAR, MARCH, JUNE]
    assert told["retired"].to_list() == [False, False, True]
    assert told["entry"].to_list() == [1, 2, 3]
    assert isinstance(told, gpd.GeoDataFrame)
    assert told.crs == CRS
    assert town_store.history("grids", "nowhere").empty


def test_history_of_an_assignment_tells_its_releases(town_store: Store) -> None:
    with town_store.write(who="chief", action="release") as writer:
        writer.release(_releases({"a1": "2026-06-01"}))
    told = town_store.history("assignments", "a1")
    assert told["who"].to_list() == ["tester", "chief"]
    assert told["until"].to_list() == [pd.NaT, pd.Timestamp("2026-06-01")]
    assert told["note"].iloc[1] == "搬迁"


def test_issues_are_found_by_period_category_and_place(town_store: Store, frames: Frames) -> None:
    def found(**wanted: object) -> list[str]:
        return town_store.read_issues(**wanted).index.to_list()

    second = datetime(2026, 3, 2, 2, tzinfo=UTC)
    assert found() == ["i1", "i2", "i3"]
    assert found(since=second) == ["i2", "i3"]
    assert found(until=second) == ["i1"]
    assert found(since=second + timedelta(microseconds=1)) == ["i3"]
    assert found(until=second + timedelta(microseconds=1)) == ["i1", "i2"]
    assert found(category="暴露垃圾", since=second) == ["i2"]
    west, south, east, north = frames["issues"].loc[["i1", "i2"]].total_bounds
    assert found(bbox=(west, south, east, north)) == ["i1", "i2"]
    assert found(bbox=(west, south, np.nextafter(east, 0), north)) == ["i1"]


def test_issues_are_found_by_their_last_state(town_store: Store, frames: Frames) -> None:
    done = frames["issues"].loc[["i1"]].assign(state="closed_out", grid=WEST_GRID, unit_id="u1")
    with town_store.write(who="tester", action="close") as writer:
        writer.add("issues", done, JUNE)
    assert town_store.read_issues(state="closed_out").index.to_list() == ["i1"]
    assert town_store.read_issues(state="reported").index.to_list() == ["i2", "i3"]
    assert town_store.read_issues(grid=WEST_GRID, unit_id="u1").index.to_list() == ["i1"]
    assert len(town_store.history("issues", "i1")) == 2


def test_a_version_counts_the_transactions_that_touched_its_layer(
    town_store: Store, frames: Frames
) -> None:
    before = town_store.versions()
    assert {before[layer] for layer in frames} == {1}
    with town_store.write(who="tester", action="edit") as writer:
        writer.add("grids", frames["grids"].iloc[:1], MARCH)
        writer.add("grids", frames["grids"].iloc[1:2], MARCH)
        writer.release(_releases({"a1": "2026-06-01"}))
    assert town_store.versions() == before | {"grids": 2, "assignments": 2}


def test_a_write_upon_a_layer_that_has_moved_is_refused(town_store: Store, frames: Frames) -> None:
    seen = {"grids": town_store.version("grids")}
    with town_store.write(who="faster", action="edit", expected_version=seen) as writer:
        writer.add("grids", frames["grids"].iloc[:1], MARCH)
    with (
        pytest.raises(StaleError) as caught,
        town_store.write(who="slower", action="edit", expected_version=seen) as writer,
    ):
        writer.add("grids", frames["grids"].iloc[1:2], MARCH)
    assert caught.value.versions["grids"] == 2
    assert town_store.version("grids") == 2


def test_a_failed_transaction_leaves_nothing(town_store: Store, frames: Frames) -> None:
    versions, entries = town_store.versions(), town_store.journal.entries()

    def fail() -> None:
        with town_store.write(who="tester", action="edit") as writer:
            writer.add("grids", frames["grids"].assign(name="gone"), MARCH)
            writer.retire("units", ["u1"], MARCH)
            msg = "the caller changed her mind"
            raise RuntimeError(msg)

    with pytest.raises(RuntimeError):
        fail()
    for layer, frame in frames.items():
        assert_same(town_store.read(layer), frame)
    assert town_store.versions() == versions
    assert town_store.journal.entries() == entries


def test_a_writer_reads_what_it_has_written(town_store: Store, frames: Frames) -> None:
    with town_store.write(who="tester", action="edit") as writer:
        writer.retire("grids", [WEST_GRID], MARCH)
        assert WEST_GRID not in writer.read("grids").index
        assert WEST_GRID in writer.read("grids", NEW_YEAR).index
        assert WEST_GRID in town_store.read("grids").index  # others see it at the commit
    assert_same(town_store.read("grids"), frames["grids"].drop(WEST_GRID))


@pytest.mark.parametrize("statement", ["UPDATE grids SET name = 'x'", "DELETE FROM grids"])
def test_the_database_refuses_to_change_history(
    town_store: Store, database: Database, frames: Frames, statement: str
) -> None:
    with pytest.raises(DatabaseError, match="never changed"), database.writing() as connection:
        connection.execute(text(statement))
    assert_same(town_store.read("grids"), frames["grids"])


def test_a_frame_in_another_crs_is_refused(store: Store, frames: Frames) -> None:
    with (
        pytest.raises(CrsError, match="4550"),
        store.write(who="tester", action="import") as writer,
    ):
        writer.add("grids", frames["grids"].to_crs("EPSG:4550"), NEW_YEAR)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda grids: grids.reset_index(),
        lambda grids: grids.drop(columns="parent"),
        lambda grids: pd.concat([grids, grids]),
        lambda grids: grids.assign(name="a\0b"),
        lambda grids: grids.set_geometry(grids.centroid),
        lambda grids: grids.set_geometry(shapely.force_3d(grids.geometry)),
    ],
    ids=["no key", "no column", "key twice", "NUL", "wrong kind", "third dimension"],
)
def test_a_frame_that_is_not_conformed_is_refused(
    store: Store, frames: Frames, spoil: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame]
) -> None:
    spoilt = spoil(frames["grids"].to_crs("EPSG:4550")).set_crs("EPSG:4550").to_crs(CRS)
    with pytest.raises(InvalidError), store.write(who="tester", action="import") as writer:
        writer.add("grids", spoilt, NEW_YEAR)
    assert store.read("grids").empty


def test_a_layer_that_does_not_exist_is_named(store: Store) -> None:
    with pytest.raises(NotFoundError, match="gridz"):
        store.read("gridz")


def _releases(until: dict[str, str | None]) -> pd.DataFrame:
    ids = pd.Index(until, name="assignment_id", dtype="str")
    days = pd.to_datetime(pd.Series(list(until.values()), index=ids))
    return pd.DataFrame({"until": days, "note": "搬迁"}, index=ids)


def _crowd(n: int) -> gpd.GeoDataFrame:
    number = np.arange(n)
    west, south = 114 + number % 60 / 1000, 30 + number // 60 / 1000
    squares = shapely.box(west, south, west + 0.001, south + 0.001)
    codes = [f"{420100000000000 + i}" for i in number]
    table = {"code": codes, "parent": [code[:12] for code in codes], "residents": number % 97}
    return conform(gpd.GeoDataFrame(table, geometry=squares, crs=CRS), LAYERS["grids"])
