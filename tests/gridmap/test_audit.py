"""Gaps, overlaps and what else keeps a level from being a partition."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon, affinity, box

from gridmap.audit import audit
from gridmap.errors import CrsError
from gridmap.metric import to_metric
from tests.gridmap.partitions import METRIC, cells, partition, partitions

laws = settings(max_examples=25, deadline=None)
BOWTIE = Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])


def areas(crs: str = METRIC, **shapes: Polygon | MultiPolygon | None) -> gpd.GeoDataFrame:
    index = pd.Index(list(shapes), name="code")
    return gpd.GeoDataFrame({"parent": "AOI"}, geometry=list(shapes.values()), index=index, crs=crs)


def whole(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the outline of a partition as the one parent of its areas."""
    ground = shapely.union_all(frame.geometry.to_numpy())
    return gpd.GeoDataFrame(geometry=[ground], index=[frame["parent"].iloc[0]], crs=frame.crs)


def kinds(faults: gpd.GeoDataFrame) -> dict[tuple[str, tuple[str, ...]], float]:
    return dict(
        zip(zip(faults["fault"], faults["codes"], strict=True), faults["area_m2"], strict=True)
    )


@pytest.fixture
def worked() -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return three grids on one square kilometre, with a fault of each kind (worked by hand)."""
    grids = areas(
        G1=box(-20, 0, 500, 1000),
        G2=box(490, 0, 1000, 600),
        G3=box(500, 600, 1000, 990) - box(700, 700, 750, 750),
    )
    return grids, areas(AOI=box(0, 0, 1000, 1000))


def test_the_worked_square_kilometre_has_its_four_faults(
    worked: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame],
) -> None:
    faults = audit(*worked)
    assert faults["fault"].tolist() == ["outside_parent", "overlap", "sliver", "hole"]
    assert faults["codes"].tolist() == [("G1",), ("G1", "G2"), ("G1", "G3"), ("G3",)]
    assert faults["area_m2"].tolist() == pytest.approx([20000, 6000, 5000, 2500], abs=1e-6)
    assert faults["width_m"].tolist()[2:] == pytest.approx([10000 / 1020, 25.0], abs=1e-6)
    assert faults["parent"].fillna("").tolist() == ["AOI", "", "AOI", "AOI"]
    assert faults.crs == METRIC
    assert [shape.bounds for shape in faults.geometry] == [
        (-20, 0, 0, 1000),
        (490, 0, 500, 600),
        (500, 990, 1000, 1000),
        (700, 700, 750, 750),
    ]


def test_without_parents_only_ground_inside_the_outline_is_missed(
    worked: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame],
) -> None:
    assert audit(worked[0])["fault"].tolist() == ["overlap", "hole"]


def test_a_wide_gap_is_no_sliver(
    worked: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame],
) -> None:
    faults = audit(*worked, sliver_width_m=9.0)
    assert kinds(faults)["gap", ("G1", "G3")] == pytest.approx(5000)


def test_the_frames_given_are_not_changed(
    worked: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame],
) -> None:
    grids, parents = worked[0].copy(), worked[1].copy()
    audit(*worked)
    assert_geodataframe_equal(worked[0], grids)
    assert_geodataframe_equal(worked[1], parents)


# Partitions and single faults in them


@given(partitions())
@laws
def test_a_partition_has_no_fault(frame: gpd.GeoDataFrame) -> None:
    assert len(audit(frame)) == 0
    assert len(audit(frame, whole(frame))) == 0


@given(partitions(nobody=True))
@laws
def test_the_gaps_of_a_level_are_the_ground_of_nobody(frame: gpd.GeoDataFrame) -> None:
    filled = frame.union_all().convex_hull
    parents = gpd.GeoDataFrame(geometry=[filled], index=["all"], crs=frame.crs)
    faults = audit(frame, parents)
    assert set(faults["fault"]) <= {"gap", "hole", "sliver"}
    assert faults["area_m2"].sum() == pytest.approx(filled.area - frame.area.sum(), abs=1e-2)


@given(st.integers(0, 24), st.integers(0, 99))
@laws
def test_a_grid_that_is_left_out_is_one_gap_of_its_area(at: int, seed: int) -> None:
    frame = partition(np.arange(25).reshape(5, 5), seed=seed)
    faults = audit(frame.drop(frame.index[at]), whole(frame))
    assert faults["fault"].tolist() == ["gap"]
    assert faults["area_m2"].item() == pytest.approx(frame.area.iloc[at], rel=1e-9)
    beside = frame.index[frame.touches(frame.geometry.iloc[at])]
    assert faults["codes"].item() == tuple(beside)


@given(st.integers(0, 8), st.integers(0, 99), st.floats(-0.5, 0.5), st.floats(-0.5, 0.5))
@laws
def test_a_vertex_that_was_moved_makes_gaps_and_overlaps_beside_it(
    at: int, seed: int, dx: float, dy: float
) -> None:
    frame = partition(np.arange(9).reshape(3, 3), seed=seed)
    xy = shapely.get_coordinates(frame.geometry.iloc[at])
    xy[0] += dx, dy
    xy[-1] = xy[0]
    moved = MultiPolygon([Polygon(xy)])
    assume(moved.is_valid)
    others = frame.drop(frame.index[at]).union_all()
    overlap = moved.intersection(others).area
    assume(overlap > 1)
    rounding = 0.1  # what is nowhere wider than a millimetre, along a border of 100 m
    outline = whole(frame)
    frame.iloc[at, frame.columns.get_loc("geometry")] = moved
    faults = audit(frame, outline)
    assert set(faults["fault"]) <= {"overlap", "sliver", "gap", "outside_parent"}
    found = faults.loc[faults["fault"] == "overlap"]
    assert found["area_m2"].sum() == pytest.approx(overlap, abs=rounding)
    assert all(frame.index[at] in codes for codes in found["codes"])
    lost = outline.geometry.iloc[0].difference(frame.union_all()).area
    missed = faults.loc[faults["fault"].isin(["sliver", "gap"]), "area_m2"].sum()
    assert missed == pytest.approx(lost, abs=rounding)


def test_an_overlap_far_from_any_unpaired_edge_is_found() -> None:
    # Inside of two sheets, one on the other, all edges are paired; the cells overlap all the same.
    below, above = cells(5, 5).ravel(), cells(5, 5, seed=1).ravel()
    shapes = [*below, *(affinity.translate(cell, 30, 20) for cell in above)]
    frame = areas(**{f"g{n:02d}": shape for n, shape in enumerate(shapes)})
    faults = audit(frame)
    found = {codes for kind, codes in kinds(faults) if kind == "overlap"}
    one, other = shapely.STRtree(shapes).query(shapes)
    shared = shapely.intersection(np.array(shapes)[one], np.array(shapes)[other])
    real = (one < other) & (shapely.area(shared) > 1e-3)
    oracle = {(frame.index[i], frame.index[j]) for i, j in zip(one[real], other[real], strict=True)}
    assert ("g12", "g37") in oracle
    assert found == oracle


def test_a_small_grid_drawn_over_others_overlaps_each() -> None:
    frame = partition(np.arange(9).reshape(3, 3))
    west, south, _, _ = frame.geometry["g04"].bounds
    patch = MultiPolygon([box(west - 40, south + 20, west + 40, south + 50)])
    frame.loc["new"] = ["all", patch]
    faults = audit(frame)
    assert set(faults["fault"]) == {"overlap"}
    assert set(faults["codes"]) == {("g03", "new"), ("g04", "new")}
    assert faults["area_m2"].sum() == pytest.approx(80 * 30, abs=1e-6)


def test_a_vertex_beside_a_neighbours_edge_leaves_a_sliver() -> None:
    # The neighbour's edge runs straight on where the two others meet 5 cm below it.
    south = [box(0, 0, 100, 100), box(100, 0, 200, 100)]
    bent = [
        Polygon([(0, 0), (100, 0), (100, 99.95), (0, 100)]),
        Polygon([(100, 0), (200, 0), (200, 100), (100, 99.95)]),
    ]
    north = box(0, 100, 200, 200)
    straight = areas(a=south[0], b=south[1], n=north)
    parents = areas(AOI=box(0, 0, 200, 200))
    assert len(audit(straight, parents)) == 0
    faults = audit(areas(a=bent[0], b=bent[1], n=north), parents)
    assert faults["fault"].tolist() == ["sliver"]
    assert faults["area_m2"].item() == pytest.approx(5.0)
    assert faults["codes"].item() == ("a", "b", "n")


# Duplicates and invalid polygons


def test_one_polygon_under_two_codes_is_a_duplicate_and_no_overlap() -> None:
    square = box(0, 0, 100, 100)
    turned = Polygon([(100, 100), (100, 0), (0, 0), (0, 100)])
    faults = audit(areas(a=square, b=box(100, 0, 200, 100), c=turned, d=MultiPolygon([square])))
    assert kinds(faults) == {("duplicate", ("a", "c", "d")): 10000.0}


def test_an_invalid_polygon_is_reported_and_its_ground_shows_as_a_gap() -> None:
    grids = areas(bad=BOWTIE, good=box(100, 0, 200, 100))
    faults = audit(grids, areas(AOI=box(0, 0, 200, 100)))
    invalid = faults[faults["fault"] == "invalid"]
    gap = faults[faults["fault"] == "gap"]
    assert invalid["codes"].tolist() == [("bad",)]
    assert invalid["note"].item() == "Self-intersection[50 50]"
    assert gap["area_m2"].tolist() == [10000]
    assert gap["note"].item() == "Perhaps the ground of the invalid bad."


def test_an_invalid_parent_is_reported_by_its_code() -> None:
    faults = audit(areas(a=box(0, 0, 100, 100)), areas(AOI=BOWTIE))
    assert faults[["fault", "codes", "parent"]].to_numpy().tolist() == [["invalid", (), "AOI"]]


def test_four_hundred_crossing_edges_are_only_reported() -> None:
    star = Polygon(np.random.default_rng(0).uniform(0, 1000, (400, 2)))
    faults = audit(areas(star=star))
    assert faults["fault"].tolist() == ["invalid"]


# Parents


def test_ground_in_a_neighbouring_parent_is_outside_but_no_gap() -> None:
    parents = areas(P=box(0, 0, 100, 100), Q=box(100, 0, 200, 100))
    grids = areas(p=box(0, 0, 130, 100), q=box(130, 0, 200, 100))
    grids["parent"] = ["P", "Q"]
    faults = audit(grids, parents)
    assert kinds(faults) == {("outside_parent", ("p",)): 3000.0}
    assert faults["parent"].item() == "P"


def test_a_gap_in_two_parents_is_listed_in_each() -> None:
    parents = areas(P=box(0, 0, 100, 100), Q=box(100, 0, 200, 100))
    grids = areas(p=box(0, 0, 60, 100), q=box(150, 0, 200, 100))
    grids["parent"] = ["P", "Q"]
    faults = audit(grids, parents)
    assert faults[["fault", "codes", "parent", "area_m2"]].to_numpy().tolist() == [
        ["gap", ("q",), "Q", 5000.0],
        ["gap", ("p",), "P", 4000.0],
    ]


def test_a_parent_without_areas_is_one_gap() -> None:
    parents = areas(P=box(0, 0, 100, 100), Q=box(100, 0, 200, 100))
    grids = areas(p=box(0, 0, 100, 100))
    grids["parent"] = "P"
    faults = audit(grids, parents)
    assert faults[["fault", "parent", "area_m2"]].to_numpy().tolist() == [["gap", "Q", 10000.0]]


def test_areas_of_a_parent_without_geometry_are_not_outside() -> None:
    grids = areas(p=box(0, 0, 100, 100), x=box(100, 0, 200, 100))
    grids["parent"] = ["P", "elsewhere"]
    assert len(audit(grids, areas(P=None))) == 0


def test_a_level_without_areas_has_no_faults_of_its_own() -> None:
    empty = areas()
    assert audit(empty).columns.tolist() == [
        "fault",
        "codes",
        "parent",
        "area_m2",
        "width_m",
        "note",
        "geometry",
    ]
    assert len(audit(empty)) == 0
    assert audit(empty, areas(AOI=box(0, 0, 10, 10)))["fault"].tolist() == ["sliver"]


# Noise and guards


def test_a_real_gap_at_the_end_of_a_hair_crack_is_found() -> None:
    crack = Polygon([(0, 50), (99, 50), (99, 49), (100, 49), (100, 50.0001), (0, 50.0001)])
    frame = areas(g=box(-10, 0, 110, 100) - crack)
    assert 2 * crack.area / crack.length < 0.05
    assert audit(frame, minimum_width_m=0.05)["area_m2"].tolist() == [pytest.approx(crack.area)]
    assert len(audit(areas(g=box(-10, 0, 110, 100) - box(0, 50, 99, 50.0001)))) == 0


def test_an_audit_needs_metres(shared_data: Path) -> None:
    frame = gpd.read_parquet(shared_data / "dc_311" / "smd.parquet")
    with pytest.raises(CrsError, match="An audit needs a projected CRS in metres"):
        audit(frame)


def test_areas_and_parents_share_a_crs() -> None:
    square = box(0, 0, 100, 100)
    with pytest.raises(CrsError, match="an audit needs one CRS"):
        audit(areas(a=square), areas("EPSG:4551", AOI=square))


# Real layers


@pytest.fixture(scope="module")
def washington(shared_data: Path) -> gpd.GeoDataFrame:
    frame = gpd.read_parquet(shared_data / "dc_311" / "smd.parquet")
    return to_metric(frame.rename(columns={"SMD_ID": "code", "ANC_ID": "parent"}).set_index("code"))


def test_washingtons_districts_tile_their_commissions(
    washington: gpd.GeoDataFrame, shared_data: Path
) -> None:
    commissions = gpd.read_parquet(shared_data / "dc_311" / "anc.parquet").set_index("ANC_ID")
    assert len(audit(washington)) == 0
    assert len(audit(washington, commissions.to_crs(washington.crs))) == 0


def test_washingtons_districts_tile_the_city_to_a_millionth(
    washington: gpd.GeoDataFrame, shared_data: Path
) -> None:
    # The boundary is of another survey: along it the two differ by millimetres, at one place by
    # 0.9 m, which is reported.
    boundary = gpd.read_parquet(shared_data / "dc_311" / "dc_boundary.parquet").to_crs(
        washington.crs
    )
    boundary.index = pd.Index(["DC"])
    faults = audit(washington.assign(parent="DC"), boundary)
    assert set(faults["fault"]) == {"sliver", "outside_parent"}
    assert faults["area_m2"].sum() < 1e-6 * boundary.area.sum()
    assert faults.loc[faults["width_m"] > 0.1, "codes"].tolist() == [("8D07",)]


def test_washington_without_one_district_has_one_gap(
    washington: gpd.GeoDataFrame, shared_data: Path
) -> None:
    commissions = gpd.read_parquet(shared_data / "dc_311" / "anc.parquet").set_index("ANC_ID")
    faults = audit(washington.drop("2B03"), commissions.to_crs(washington.crs))
    assert faults["fault"].tolist() == ["gap"]
    assert faults["parent"].tolist() == ["2B"]
    assert faults["area_m2"].item() == pytest.approx(washington.geometry["2B03"].area, rel=1e-5)


def test_bostons_four_invalid_neighbourhoods_are_left_out(shared_data: Path) -> None:
    frame = to_metric(gpd.read_file(shared_data / "boston_311" / "neighborhoods.geojson"))
    frame.index = frame["name"]
    faults = audit(frame)
    invalid = faults[faults["fault"] == "invalid"]
    assert {code for (code,) in invalid["codes"]} == set(frame.index[~frame.is_valid])
    assert invalid["note"].str.contains("elf-intersection").all()
    sound = frame[frame.is_valid]
    overlap = sound.area.sum() - sound.union_all().area
    assert faults.loc[faults["fault"] == "overlap", "area_m2"].sum() == pytest.approx(overlap)


def test_beijings_townships_do_not_overlap(shared_data: Path) -> None:
    path = shared_data / "beijing_townships" / "beijing_townships.parquet"
    frame = to_metric(gpd.read_parquet(path))
    frame.index = frame.index.astype("str")
    assert len(audit(frame)) == 0


def test_ten_thousand_grids_with_one_fault_are_found_faulty_there_only() -> None:
    shapes = cells(100, 100, bends=20)
    frame = gpd.GeoDataFrame(
        {"parent": np.repeat(np.arange(100), 100).astype("str")},
        geometry=shapes.ravel(),
        index=pd.Index([f"g{n:04d}" for n in range(10_000)], name="code"),
        crs=METRIC,
    )
    parents = frame.dissolve("parent", method="coverage")
    assert len(audit(frame, parents)) == 0
    faults = audit(frame.drop("g5050"), parents)
    assert faults[["fault", "parent"]].to_numpy().tolist() == [["gap", "50"]]
    assert faults["area_m2"].item() == pytest.approx(frame.geometry["g5050"].area, rel=1e-9)
