"""A demo city is a city: it tiles, it is named, and what is said to be planted in it is there."""

from __future__ import annotations

import itertools
from dataclasses import fields
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pandas.testing import assert_frame_equal

from gridmap import layers
from gridmap.demo import SIZES, DemoCity, city, ended_on
from gridmap.errors import NotFoundError
from gridmap.metric import metric_crs

CATEGORIES = {
    "街道办": 8,
    "街道实践所": 8,
    "社区": 17,
    "社区实践站": 17,
    "乡镇及所": 2,
    "行政村及站": 28,
    "实践中心": 1,
    "大型商场": 2,
    "实体店": 3,
    "青少年中心": 1,
}
POLYGON_LAYERS = ["districts", "subdistricts", "communities", "grids"]


@pytest.fixture(scope="module")
def town() -> DemoCity:
    return city()


@pytest.fixture(scope="module")
def thousand() -> DemoCity:
    return city("1k")


@pytest.fixture(scope="module", params=["mohe", "1k"])
def any_city(request: pytest.FixtureRequest) -> DemoCity:
    return request.getfixturevalue({"mohe": "town", "1k": "thousand"}[request.param])


def metres(city_: DemoCity, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame.to_crs(metric_crs(city_.districts))


def held(city_: DemoCity, kind: str, *tiers: str) -> pd.DataFrame:
    rows = city_.assignments
    return rows[(rows["target_kind"] == kind) & rows["tier"].isin(tiers)]


def test_the_town_has_the_numbers_of_mohe(town: DemoCity) -> None:
    assert len(town.subdistricts) == 1
    assert len(town.communities) == 4
    assert len(town.grids) == 101
    assert (town.units["party"] == "unit").sum() == 122
    assert town.inspection_points["category"].value_counts().to_dict() == CATEGORIES
    assert 5_900 <= len(town.issues) <= 6_000


def test_every_grid_has_one_responsible_unit_and_twenty_one_have_a_second(town: DemoCity) -> None:
    responsible = held(town, "grid", "responsible")
    assisting = held(town, "grid", "assisting")
    assert sorted(responsible["target"]) == sorted(town.grids["code"])
    assert assisting["target"].is_unique
    assert len(assisting) == 21
    units = pd.concat([responsible["unit_id"], assisting["unit_id"]])
    assert sorted(units) == sorted(town.units.loc[town.units["party"] == "unit", "unit_id"])


def test_a_leader_answers_for_every_community_and_for_the_town(town: DemoCity) -> None:
    rows = held(town, "division", "patch_leader")
    assert sorted(rows["target"]) == sorted([*town.communities["code"], *town.subdistricts["code"]])
    posts = town.units.set_index("unit_id").loc[rows["unit_id"]]
    assert set(posts["party"]) == {"post"}
    assert posts["holder"].notna().all()


@pytest.mark.parametrize("name", list(layers.LAYERS))
def test_every_layer_keeps_its_contract(any_city: DemoCity, name: str) -> None:
    contract = layers.LAYERS[name]
    frame = getattr(any_city, name)
    declared = [column.name for column in contract.columns]
    given = [name for name in frame.columns if name != "geometry"]
    # what becomes of an issue is written by those who act upon it, not by a file
    wanted = [name for name in declared if name in given] if name == "issues" else declared
    assert given == wanted
    faults = layers.check(frame, contract, {"units": pd.Index(any_city.units["unit_id"])})
    assert faults.empty, faults


def test_every_target_of_an_assignment_is_there(any_city: DemoCity) -> None:
    keys = {
        "grid": any_city.grids["code"],
        "road_segment": any_city.roads["road_id"],
        "inspection_point": any_city.inspection_points["point_id"],
        "compound": any_city.compounds["compound_id"],
        "division": pd.concat([any_city.subdistricts["code"], any_city.communities["code"]]),
    }
    for kind, rows in any_city.assignments.groupby("target_kind"):
        assert rows["target"].isin(keys[str(kind)]).all(), kind


def test_codes_say_which_division_is_the_parent(any_city: DemoCity) -> None:
    for name, digits in zip(POLYGON_LAYERS, (6, 9, 12, 15), strict=True):
        frame = getattr(any_city, name)
        assert set(frame["code"].str.len()) == {digits}
        assert frame["code"].is_monotonic_increasing
        if digits > 6:
            assert (frame["parent"] == frame["code"].str[: digits - 3]).all()
    parts = any_city.subdistricts["code"].str[6:].astype(int)
    assert ((parts >= 100) == (any_city.subdistricts["kind"] == "镇")).all()


@pytest.mark.parametrize("name", POLYGON_LAYERS)
def test_every_level_is_a_partition_with_shared_vertices(any_city: DemoCity, name: str) -> None:
    shapes = getattr(any_city, name).geometry.to_numpy()
    assert shapely.is_valid(shapes).all()
    assert shapely.coverage_is_valid(shapes)
    xy = shapely.get_coordinates(shapes)
    assert np.array_equal(xy, np.round(xy, 7))


def test_children_and_blind_areas_together_are_the_parent(any_city: DemoCity) -> None:
    blind: dict[str, list[shapely.Polygon]] = {}
    for area in any_city.truth["blind_areas"]:
        blind.setdefault(area["parent"], []).append(shapely.from_wkt(area["geometry"]))
    for upper, lower in itertools.pairwise(POLYGON_LAYERS):
        parents = getattr(any_city, upper).set_index("code").geometry
        for code, children in getattr(any_city, lower).groupby("parent"):
            pieces = [*children.geometry, *(blind.get(str(code), []) if lower == "grids" else [])]
            union = shapely.coverage_union_all(pieces)
            assert shapely.equals(union, parents[code])
            assert sum(p.area for p in pieces) == pytest.approx(parents[code].area, rel=1e-9)


def test_a_blind_area_is_as_large_as_what_the_grids_leave_uncovered(any_city: DemoCity) -> None:
    communities = metres(any_city, any_city.communities).set_index("code").geometry
    grids = metres(any_city, any_city.grids)
    uncovered = communities.area - grids.dissolve("parent").area
    planted = pd.DataFrame(any_city.truth["blind_areas"]).groupby("parent")["area_m2"].sum()
    assert len(any_city.truth["blind_areas"]) == {101: 2, 1000: 4}[len(grids)]
    assert planted.min() > 1_000
    for code, left in uncovered.items():
        assert left == pytest.approx(planted.get(code, 0.0), rel=1e-6, abs=1e-2)


@pytest.mark.parametrize(
    ("name", "column"),
    [
        *((name, "name") for name in POLYGON_LAYERS),
        ("roads", "name"),
        ("compounds", "name"),
        ("inspection_points", "name"),
        ("units", "name"),
        ("units", "short_name"),
        ("units", "contact"),
        ("units", "phone"),
    ],
)
def test_no_name_occurs_twice(any_city: DemoCity, name: str, column: str) -> None:
    assert getattr(any_city, name)[column].dropna().is_unique


def test_a_river_crosses_the_town_and_is_bridged(town: DemoCity) -> None:
    reaches = metres(town, town.grids[town.grids["kind"] == "河道"])
    roads = metres(town, town.roads)
    assert (reaches["residents"] == 0).all()
    west, _, east, _ = metres(town, town.districts).total_bounds
    assert np.ptp(reaches.total_bounds[[0, 2]]) > 0.8 * (east - west)
    crossing = roads.geometry.intersection(reaches.union_all().buffer(1.0)).length
    banks = roads["name"].str.contains("河北路|河南路")
    assert banks.sum() == 2
    assert ((crossing > 40) & (crossing < 0.9 * roads.length) & ~banks).sum() >= 2


def test_roads_run_on_the_borders_of_grids(town: DemoCity) -> None:
    grids, roads = metres(town, town.grids), metres(town, town.roads)
    drawn = {
        tuple(sorted(edge)) for ring in grids.exterior for edge in itertools.pairwise(ring.coords)
    }
    apart = [
        road.length
        for road in roads.geometry
        if not all(tuple(sorted(edge)) in drawn for edge in itertools.pairwise(road.coords))
    ]
    assert len(apart) <= 6  # roads with a bridge, where the river has no border
    assert set(town.roads["road_class"]) == {"主干路", "次干路", "支路", "巷"}


def test_compounds_lie_inside_one_grid_each_and_hold_no_more_people(town: DemoCity) -> None:
    inside = town.compounds.sjoin(town.grids[["code", "residents", "geometry"]], predicate="within")
    assert inside["compound_id"].is_unique
    assert len(inside) == len(town.compounds)
    people = inside.groupby("code").agg(
        own=("residents_left", "sum"), all=("residents_right", "max")
    )
    assert (people["own"] <= people["all"]).all()
    assert set(town.compounds["kind"]) == {"managed", "open", "abandoned"}


def test_residents_add_up(any_city: DemoCity) -> None:
    totals = {getattr(any_city, name)["residents"].sum() for name in POLYGON_LAYERS}
    assert len(totals) == 1


def test_one_unit_is_inactive_and_one_has_no_contact_and_their_grids_have_no_other(
    town: DemoCity,
) -> None:
    units = town.units.set_index("unit_id")
    assert units.index[~units["active"]].tolist() == [town.truth["inactive_unit"]]
    assert units.index[units["contact"].isna()].tolist() == [town.truth["no_contact_unit"]]
    for kind in ("inactive", "no_contact"):
        rows = held(town, "grid", "responsible", "assisting", "grid_worker")
        rows = rows[rows["target"].isin(town.truth[f"{kind}_grids"])]
        assert rows["unit_id"].tolist() == [town.truth[f"{kind}_unit"]]
    everywhere = town.assignments.loc[town.assignments["target_kind"] != "grid", "unit_id"]
    special = [town.truth["inactive_unit"], town.truth["no_contact_unit"]]
    assert not everywhere.isin(special).any()


def test_exactly_one_stretch_of_one_main_road_is_without_a_unit(any_city: DemoCity) -> None:
    length = metres(any_city, any_city.roads.set_index("road_id")).length
    rows = held(any_city, "road_segment", "responsible")
    bare = {}
    for road, stretches in rows.groupby("target"):
        ordered = stretches.sort_values("from_m")
        ends = [0.0, *ordered["to_m"]]
        starts = [*ordered["from_m"], length[road]]
        gaps = [(a, b) for a, b in zip(ends, starts, strict=True) if b - a > 1e-6]
        bare.update({(road, *gap): None for gap in gaps})
    left = any_city.truth["unassigned_road"]
    assert set(rows["target"]) == set(length.index)
    assert list(bare) == [(left["road_id"], left["from_m"], left["to_m"])]
    of_class = any_city.roads.set_index("road_id")["road_class"]
    assert of_class[left["road_id"]] in {"主干路", "次干路"}


def test_exactly_the_named_inspection_points_are_without_a_unit(any_city: DemoCity) -> None:
    rows = held(any_city, "inspection_point", "responsible")
    without = set(any_city.inspection_points["point_id"]) - set(rows["target"])
    assert without == set(any_city.truth["unassigned_points"])
    assert len(without) >= 3


def located(city_: DemoCity) -> gpd.GeoDataFrame:
    grids = city_.grids[["code", "geometry"]].rename(columns={"code": "in_grid"})
    joined = city_.issues.sjoin(grids, how="left", predicate="intersects")
    return joined[~joined.index.duplicated()]


def test_issues_are_of_one_local_year_and_lie_in_the_city(town: DemoCity) -> None:
    local = town.issues["reported_at"].dt.tz_convert("Asia/Shanghai")
    assert local.is_monotonic_increasing
    assert local.min() < pd.Timestamp("2025-10-02", tz="Asia/Shanghai")
    assert local.dt.date.min() >= pd.Timestamp("2025-10-01").date()
    assert local.dt.date.max() == pd.Timestamp("2026-09-30").date()
    assert located(town)["in_grid"].notna().all()
    closed = town.issues["closed_at"].notna()
    assert (closed == (town.issues["state"] == "closed_out")).all()
    assert (town.issues["closed_at"] > town.issues["reported_at"])[closed].all()
    assert 0.9 < closed.mean() < 0.99


def test_hot_spots_are_hot_in_their_category_and_season_only(any_city: DemoCity) -> None:
    issues = located(any_city)
    local = issues["reported_at"].dt.tz_convert("Asia/Shanghai").dt.tz_localize(None)
    residents = any_city.grids.set_index("code")["residents"].astype(float)
    for spot in any_city.truth["hot_spots"]:
        right = (issues["category"] == spot["category"]) & local.between(
            spot["since"], spot["until"], inclusive="left"
        )
        count = issues[right].groupby("in_grid").size().reindex(residents.index, fill_value=0)
        inside = count.index.isin(spot["grids"])
        others = count[~inside & (residents < residents.quantile(0.98))]
        assert count[inside].min() >= 16
        assert count[inside].mean() > 6 * others.mean()


def test_the_grids_of_a_hot_spot_hang_together_and_hot_spots_do_not_touch(
    any_city: DemoCity,
) -> None:
    shapes = any_city.grids.set_index("code").geometry
    areas = [shapes[spot["grids"]].union_all() for spot in any_city.truth["hot_spots"]]
    assert {area.geom_type for area in areas} == {"Polygon"}
    assert all(one.disjoint(other) for one, other in itertools.combinations(areas, 2))


def test_the_pile_is_one_place_with_very_many_issues(any_city: DemoCity) -> None:
    pile = next(d for d in any_city.truth["decoys"] if d["kind"] == "pile")
    places = any_city.issues.geometry.get_coordinates().value_counts()
    assert places.iloc[0] == pile["n"]
    assert places.index[0] == (pile["lon"], pile["lat"])
    assert places.iloc[1] <= 2


def test_the_crowded_grid_has_many_issues_but_not_for_each_of_its_people(town: DemoCity) -> None:
    pile, crowd = town.truth["decoys"]
    issues = located(town)
    count = issues.groupby("in_grid").size().drop(pile["grid"])
    hot = [grid for spot in town.truth["hot_spots"] for grid in spot["grids"]]
    residents = town.grids.set_index("code")["residents"].astype(float)
    rate = (count / residents.where(residents > 300)).dropna()
    assert count.drop(hot, errors="ignore").idxmax() == crowd["grid"]
    assert rate[crowd["grid"]] < rate.median()


def test_recurrences_are_exactly_the_planted_ones(any_city: DemoCity) -> None:
    pile = next(d for d in any_city.truth["decoys"] if d["kind"] == "pile")
    issues = metres(any_city, any_city.issues)
    lonlat = any_city.issues.geometry.get_coordinates()
    issues = issues[~((lonlat["x"] == pile["lon"]) & (lonlat["y"] == pile["lat"]))]
    tree = shapely.STRtree(issues.geometry.to_numpy())
    first, second = tree.query(issues.geometry.to_numpy(), predicate="dwithin", distance=20.0)
    wait = issues["reported_at"].to_numpy()[second] - issues["closed_at"].to_numpy()[first]
    again = (
        (issues["category"].to_numpy()[first] == issues["category"].to_numpy()[second])
        & (wait > np.timedelta64(0, "s"))
        & (wait <= np.timedelta64(30, "D"))
    )
    ids = issues["issue_id"].to_numpy()
    found = {(ids[a], ids[b]) for a, b in zip(first[again], second[again], strict=True)}
    assert found == {(a, b) for a, b in any_city.truth["recurrences"]}
    assert len(found) >= 35


def test_the_same_seed_gives_the_same_city_and_another_seed_another(town: DemoCity) -> None:
    again, other = city(), city(seed=7)
    for part in fields(DemoCity):
        one, two = getattr(town, part.name), getattr(again, part.name)
        if isinstance(one, pd.DataFrame):
            assert_frame_equal(one, two)
        else:
            assert one == two
    assert not town.grids.geometry.geom_equals(other.grids.geometry).any()
    assert len(other.grids) == 101


@pytest.mark.parametrize("seed", range(5))
def test_any_seed_gives_a_city_that_tiles(seed: int) -> None:
    made = city(seed=seed)
    assert len(made.grids) == 101
    assert len(made.truth["blind_areas"]) == 2
    assert len(made.truth["hot_spots"]) == 3
    assert shapely.coverage_is_valid(made.grids.geometry.to_numpy())


def test_a_thousand_grids_lie_in_two_districts(thousand: DemoCity) -> None:
    assert len(thousand.grids) == 1_000
    assert len(thousand.districts) == 2
    assert len(thousand.communities) == 40
    assert thousand.grids.groupby("parent").size().between(15, 40).all()


def test_an_unknown_size_is_refused() -> None:
    with pytest.raises(NotFoundError, match="mohe, 1k, 10k, 100k"):
        city("village")
    assert list(SIZES) == ["mohe", "1k", "10k", "100k"]


# Moved in time


def test_a_city_that_ends_on_another_day_is_the_same_city(town: DemoCity) -> None:
    moved = ended_on(town, date(2026, 11, 21))
    away = pd.Timedelta(days=52)
    assert (moved.issues["reported_at"] - town.issues["reported_at"] == away).all()
    assert (moved.assignments["since"] - town.assignments["since"] == away).all()
    local = moved.issues["reported_at"].dt.tz_convert("Asia/Shanghai").dt
    assert local.date.max() == date(2026, 11, 21)
    assert (moved.issues["number"].str[:8] == local.strftime("%Y%m%d")).all()
    assert moved.issues["number"].is_unique
    spans = [
        (date.fromisoformat(spot["until"]) - date.fromisoformat(before["until"])).days
        for spot, before in zip(moved.truth["hot_spots"], town.truth["hot_spots"], strict=True)
    ]
    assert set(spans) == {52}
    assert moved.grids.equals(town.grids)


def test_a_city_moved_to_its_own_last_day_stays_where_it_is(town: DemoCity) -> None:
    stays = ended_on(town, date(2026, 9, 30))
    assert stays.issues.equals(town.issues)
    assert stays.truth == town.truth
