"""Grids drawn, cut, joined and reshaped, and the partition that they stay."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiPolygon, Polygon, box

from gridmap import layers, mending
from gridmap.errors import CodesExhaustedError, ConflictError, CrsError, InvalidError, NotFoundError
from gridmap.mending import Mending
from gridmap.metric import to_metric
from gridmap.topology import read_topology
from tests.gridmap.partitions import partitions
from tests.town import COMMUNITIES, METRIC, SQUARES, place, square, town

DEGREES = "EPSG:4490"
GRIDS = layers.LAYERS["grids"]
G1, G2, G3, G4, G5, G6, G7 = SQUARES
TOWNS = {crs: town(crs) for crs in (METRIC, DEGREES)}
BOTH = pytest.mark.parametrize("crs", [METRIC, DEGREES])
USED = list(SQUARES)
laws = settings(max_examples=30, deadline=None)


def grids(crs: str = METRIC) -> gpd.GeoDataFrame:
    return TOWNS[crs]["grids"].copy()


def drawn(shape: type, *xy: tuple[float, float], crs: str = METRIC) -> shapely.Geometry:
    """Draw a line or polygon, metres from the town's south-west corner, in a CRS."""
    flat = shape([place(x, y) for x, y in xy])
    return gpd.GeoSeries([flat], crs=METRIC).to_crs(crs).iloc[0]


def after(before: gpd.GeoDataFrame, done: Mending) -> gpd.GeoDataFrame:
    gone = [*done.retired, *done.changed.index.intersection(before.index)]
    return pd.concat([before.drop(index=gone), done.changed])


def vertices(frame: gpd.GeoDataFrame) -> set[tuple[float, float]]:
    return set(map(tuple, shapely.get_coordinates(frame.geometry.to_numpy()).tolist()))


def open_border(frame: gpd.GeoDataFrame) -> float:
    """Length of the border that no neighbour shares; a T-junction makes it longer."""
    level = read_topology(frame)
    lines = shapely.from_ragged_array(
        shapely.GeometryType.LINESTRING, level.arc_xy, (level.arc_offsets,)
    )
    return float(shapely.length(lines)[level.arc_right < 0].sum())


def assert_same_partition(before: gpd.GeoDataFrame, now: gpd.GeoDataFrame) -> None:
    """Assert the same ground, and that every inner border is shared to the last bit."""
    assert read_topology(now).is_partition
    assert open_border(now) == pytest.approx(open_border(before), rel=1e-9)
    old, new = before.geometry.to_numpy(), now.geometry.to_numpy()
    ground = shapely.area(old).sum()
    assert shapely.area(new).sum() == pytest.approx(ground, rel=1e-9)
    assert shapely.union_all(new).area == pytest.approx(ground, rel=1e-9)


def assert_is_box(done: Mending, code: str, *bounds: float) -> None:
    """Assert that a changed grid is a box, in metres from the town's corner."""
    shape = done.changed.geometry.to_crs(METRIC)[code]
    wanted = shapely.transform(box(*bounds), lambda xy: xy + shapely.get_coordinates(place(0, 0)))
    assert shapely.symmetric_difference(shape, wanted).area < 0.1


def drawn_around(shape: shapely.Geometry, frame: gpd.GeoDataFrame) -> Polygon:
    """Draw a box that is more than a metre, and less than ten, larger on every side."""
    reach = 5.0 if frame.crs == METRIC else 1e-4 / 2
    west, south, east, north = shape.bounds
    return box(west - reach, south - reach, east + reach, north + reach)


# --- split ----------------------------------------------------------------------------------------


@BOTH
def test_a_split_makes_two_grids_of_one_and_keeps_the_lineage(crs: str) -> None:
    line = drawn(LineString, (25, 90), (25, 210), crs=crs)
    done = mending.split(grids(crs), G1, line, used=USED)
    west, east = "232701100001005", "232701100001006"
    assert done.retired == (G1,)
    assert_is_box(done, west, 0, 100, 25, 200)
    assert_is_box(done, east, 25, 100, 100, 200)
    rows = done.lineage.set_index("to_code")
    assert set(rows["from_code"]) == {G1}
    assert set(rows["act"]) == {"split"}
    assert rows["share"].to_dict() == pytest.approx({west: 0.25, east: 0.75}, abs=1e-6)
    assert rows["area_m2"].to_dict() == pytest.approx({west: 2500, east: 7500}, rel=1e-4)
    assert done.changed.loc[west, "parent"] == COMMUNITIES[0]
    assert done.changed.loc[[west, east], "residents"].isna().all()
    assert done.faults.empty


@BOTH
def test_the_neighbour_gets_the_new_vertex_and_nothing_else(crs: str) -> None:
    before = grids(crs)
    done = mending.split(before, G1, drawn(LineString, (25, 90), (25, 210), crs=crs), used=USED)
    assert sorted(done.changed.index.intersection(before.index)) == [G3]
    old, new = before.loc[[G3]], done.changed.loc[[G3]]
    assert vertices(old) < vertices(new)
    (added,) = vertices(new) - vertices(old)
    assert added in vertices(done.changed.drop(index=G3))
    columns = ["name", "parent", "kind", "residents"]
    pd.testing.assert_frame_equal(old[columns], new[columns])
    assert_same_partition(before, after(before, done))


def test_the_largest_part_may_keep_the_code_and_the_name() -> None:
    line = drawn(LineString, (25, 90), (25, 210))
    done = mending.split(grids(), G1, line, used=USED, keep="largest")
    assert done.retired == ()
    assert_is_box(done, G1, 25, 100, 100, 200)
    assert done.changed.loc[G1, "name"] == "第1网格"
    assert sorted(done.lineage["to_code"]) == [G1, "232701100001005"]
    assert done.lineage["share"].sum() == pytest.approx(1.0)


def test_a_line_that_passes_near_a_corner_goes_through_it() -> None:
    done = mending.split(grids(), G1, drawn(LineString, (-5, 94.9), (105, 205.6)), used=USED)
    assert vertices(done.changed) <= vertices(grids())
    assert sorted(done.lineage["area_m2"]) == pytest.approx([5000, 5000])


def test_a_line_that_all_but_reaches_the_border_is_drawn_on_to_it() -> None:
    done = mending.split(grids(), G1, drawn(LineString, (50, 100.4), (50, 199.5)), used=USED)
    assert sorted(done.lineage["share"]) == pytest.approx([0.5, 0.5])
    assert_same_partition(grids(), after(grids(), done))


def test_a_line_may_cut_a_grid_into_more_than_two() -> None:
    line = drawn(LineString, (-10, 120), (70, 120), (70, 180), (-10, 180))
    done = mending.split(grids(), G1, line, used=USED)
    assert sorted(done.lineage["area_m2"]) == pytest.approx([70 * 60, 100 * 100 - 70 * 60])
    line = drawn(LineString, (30, 90), (30, 210), (60, 210), (60, 90))
    done = mending.split(grids(), G1, line, used=USED)
    assert sorted(done.lineage["area_m2"]) == pytest.approx([3000, 3000, 4000])


def test_a_hole_may_be_cut_through() -> None:
    ring = square(0, 0, 300).geoms[0] - square(1, 1).geoms[0]
    frame = gpd.GeoDataFrame(
        {"code": ["ring", "core"], "parent": "c"}, geometry=[ring, square(1, 1)], crs=METRIC
    )
    before = layers.conform(frame, GRIDS)
    done = mending.split(before, "ring", drawn(LineString, (150, -1), (150, 301)), used=())
    assert sorted(done.lineage["area_m2"]) == pytest.approx([40000, 40000])
    assert_same_partition(before, after(before, done))
    assert len(done.faults) == 0


def test_a_part_that_the_line_does_not_meet_goes_with_the_nearest() -> None:
    parts = MultiPolygon([*square(0, 0).geoms, *square(2, 0).geoms])
    frame = gpd.GeoDataFrame({"code": ["x"], "parent": "c"}, geometry=[parts], crs=METRIC)
    done = mending.split(
        layers.conform(frame, GRIDS), "x", drawn(LineString, (30, -1), (30, 101)), used=()
    )
    assert done.lineage.set_index("to_code")["area_m2"].to_dict() == {"c-1": 17000, "c-2": 3000}


@pytest.mark.parametrize(
    "line", [((-10, 150), (-20, 150)), ((20, 120), (80, 180)), ((20, 90), (20, 150))]
)
def test_a_line_that_does_not_cross_the_grid_is_refused(line: tuple[tuple[float, float]]) -> None:
    with pytest.raises(InvalidError, match="does not cross"):
        mending.split(grids(), G1, drawn(LineString, *line), used=USED)


def test_a_part_too_thin_to_walk_is_refused() -> None:
    with pytest.raises(InvalidError, match="wide on average") as caught:
        mending.split(grids(), G1, drawn(LineString, (-1, 104), (101, 104)), used=USED)
    assert caught.value.values["width_m"] == pytest.approx(2 * 400 / 208)  # noqa: PD011 - an error


def test_an_unknown_grid_and_grids_without_crs_are_refused() -> None:
    line = drawn(LineString, (25, 90), (25, 210))
    with pytest.raises(NotFoundError, match="nowhere"):
        mending.split(grids(), "nowhere", line, used=USED)
    with pytest.raises(CrsError):
        mending.split(grids().set_crs(None, allow_override=True), G1, line, used=USED)


def test_no_code_is_given_twice() -> None:
    line = drawn(LineString, (25, 90), (25, 210))
    every = [f"{COMMUNITIES[0]}{n:03d}" for n in range(1, 1000)]
    done = mending.split(grids(), G1, line, used=set(every) - {every[500], every[700]})
    assert sorted(done.lineage["to_code"]) == [every[500], every[700]]
    with pytest.raises(CodesExhaustedError):
        mending.split(grids(), G1, line, used=every)


# --- merge ----------------------------------------------------------------------------------------


@BOTH
def test_merged_grids_are_one_with_the_ground_and_residents_of_all(crs: str) -> None:
    done = mending.merge(grids(crs), [G1, G2], used=USED)
    (code,) = done.changed.index
    assert code == "232701100001005"
    assert sorted(done.retired) == [G1, G2]
    assert_is_box(done, code, 0, 100, 200, 200)
    assert done.changed.loc[code, "residents"] == 300
    assert done.lineage[["from_code", "to_code", "act", "share"]].to_numpy().tolist() == [
        [G1, code, "merge", 1.0],
        [G2, code, "merge", 1.0],
    ]
    assert_same_partition(grids(crs), after(grids(crs), done))


def test_one_of_the_merged_codes_may_stay_with_its_name() -> None:
    done = mending.merge(grids(), [G1, G2, G4], into=G2, used=USED)
    assert done.changed.index.to_list() == [G2]
    assert done.changed.loc[G2, "name"] == "第2网格"
    assert sorted(done.retired) == [G1, G4]
    assert set(done.lineage["to_code"]) == {G2}


def test_residents_that_are_known_of_one_alone_are_not_known_of_both() -> None:
    before = grids()
    before.loc[G2, "residents"] = pd.NA
    assert mending.merge(before, [G1, G2], used=USED).changed["residents"].isna().all()


@pytest.mark.parametrize(
    ("codes", "into", "sentence"),
    [
        ([G1, G4], None, "do not lie beside"),
        ([G2, G5], None, "several communities"),
        ([G1], None, "Two grids or more"),
        ([G1, G1], None, "Two grids or more"),
        ([G1, G2], G3, "not among"),
    ],
)
def test_what_cannot_be_one_grid_is_refused(
    codes: list[str], into: str | None, sentence: str
) -> None:
    with pytest.raises(InvalidError, match=sentence):
        mending.merge(grids(), codes, into=into, used=USED)


# --- create, retire, adopt ------------------------------------------------------------------------


@BOTH
def test_what_is_drawn_over_others_or_outside_is_cut_away_and_told(crs: str) -> None:
    outline = drawn(Polygon, (250, 100), (450, 100), (450, 220), (250, 220), crs=crs)
    community = TOWNS[crs]["communities"].geometry[COMMUNITIES[1]]
    done = mending.create(
        grids(crs), outline, parent=COMMUNITIES[1], used=USED, name="新网格", community=community
    )
    (code,) = done.lineage["to_code"]
    assert code == "232701100002001"
    assert_is_box(done, code, 300, 100, 400, 200)
    assert done.trimmed_m2 == pytest.approx(200 * 120 - 100 * 100, rel=1e-4)
    assert done.changed.loc[code, ["name", "parent"]].to_list() == ["新网格", COMMUNITIES[1]]
    assert done.lineage["from_code"].isna().all()
    assert done.lineage["share"].isna().all()
    now = after(grids(crs), done)
    assert read_topology(now).is_partition
    assert open_border(now) == pytest.approx(open_border(grids(crs)), rel=1e-4)
    assert done.faults.empty


def test_an_outline_drawn_by_hand_is_moved_onto_vertices_and_edges_near_it() -> None:
    outline = drawn(Polygon, (300.4, 100.3), (350, 99.2), (399.8, 100.5), (400, 200), (299.7, 199))
    done = mending.create(grids(), outline, parent=COMMUNITIES[1], used=USED)
    assert_is_box(done, "232701100002001", 300, 100, 400, 200)
    assert done.trimmed_m2 == pytest.approx(0, abs=1e-6)
    assert (350.0, 100.0) in {
        (x - place(0, 0).x, y - place(0, 0).y) for x, y in vertices(done.changed.loc[[G7]])
    }
    assert done.faults.empty


def test_an_edge_that_runs_along_several_grids_gets_their_vertices() -> None:
    done = mending.create(
        grids(), drawn(Polygon, (0, 200), (400, 200), (400, 260), (0, 260)), parent="x", used=USED
    )
    assert done.changed.index.to_list() == ["x-1"]
    shared = {(x - place(0, 0).x, y - place(0, 0).y) for x, y in vertices(done.changed)}
    assert shared >= {(100.0, 200.0), (200.0, 200.0), (300.0, 200.0)}
    assert read_topology(after(grids(), done)).is_partition


def test_a_gap_left_beside_the_outline_is_among_the_faults() -> None:
    frame = grids().drop(index=[G4])
    outline = drawn(Polygon, (103, 0), (200, 0), (200, 100), (103, 100))
    done = mending.create(frame, outline, parent=COMMUNITIES[0], used=USED)
    # The gap is open to the south: no neighbour encloses it, and no fault is invented
    assert done.faults.empty
    outline = drawn(
        Polygon, (103, 0), (200, 0), (200, 100), (103, 100), (103, 3), (100, 3), (100, 0)
    )
    done = mending.create(frame, outline, parent=COMMUNITIES[0], used=USED)
    assert done.faults["fault"].to_list() == ["sliver"]
    assert done.faults["area_m2"].item() == pytest.approx(3 * 97)


@pytest.mark.parametrize(
    ("outline", "sentence"),
    [
        (((500, 0), (600, 0), (600, 100)), "outside of"),
        (((10, 10), (90, 10), (90, 90), (10, 90)), "outside of"),
        (((210, 10), (290, 10), (290, 90), (210, 90)), "Nothing of the outline"),
        (((310, 110), (390, 190), (310, 190), (390, 110)), "not valid"),
    ],
)
def test_an_outline_of_which_nothing_is_left_is_refused(
    outline: tuple[tuple[float, float]], sentence: str
) -> None:
    with pytest.raises(InvalidError, match=sentence):
        mending.create(
            grids(),
            drawn(Polygon, *outline),
            parent=COMMUNITIES[1],
            used=USED,
            community=TOWNS[METRIC]["communities"].geometry[COMMUNITIES[1]],
        )


def test_a_code_that_was_ever_given_is_refused() -> None:
    outline = drawn(Polygon, (300, 100), (400, 100), (400, 200), (300, 200))
    for code in (G1, "232701100002009"):
        with pytest.raises(ConflictError, match="given before"):
            mending.create(
                grids(), outline, parent=COMMUNITIES[1], code=code, used=["232701100002009"]
            )


def test_a_grid_that_ends_leaves_its_ground_to_nobody() -> None:
    nine = [square(column, row) for column in range(3) for row in range(3)]
    frame = gpd.GeoDataFrame(
        {"code": [f"n{k}" for k in range(9)], "parent": "c"}, geometry=nine, crs=METRIC
    )
    done = mending.retire(layers.conform(frame, GRIDS), ["n4"])
    assert done.changed.empty
    assert done.retired == ("n4",)
    assert done.lineage["act"].to_list() == ["retire"]
    assert done.lineage["to_code"].isna().all()
    assert done.faults["area_m2"].to_list() == [10000]


def test_grids_drawn_elsewhere_are_adopted_and_neighbours_get_their_vertices() -> None:
    halves = [box(0, 0, 50, 100), box(50, 0, 100, 100)]
    shapes = [
        shapely.transform(half, lambda xy: xy + shapely.get_coordinates(place(300, 100)))
        for half in halves
    ]
    frame = gpd.GeoDataFrame(
        {"code": ["a", "b"], "parent": COMMUNITIES[1]}, geometry=shapes, crs=METRIC
    )
    rows = layers.conform(frame, GRIDS)
    done = mending.adopt(grids(), rows, used=USED)
    assert sorted(done.changed.index) == [G7, "a", "b"]
    assert done.lineage["act"].to_list() == ["create", "create"]
    now = after(grids(), done)
    assert read_topology(now).is_partition
    assert open_border(now) == pytest.approx(1200)
    with pytest.raises(ConflictError, match="overlap"):
        mending.adopt(now, rows.rename(index={"a": "c", "b": "d"}), used=USED)


# --- move -----------------------------------------------------------------------------------------


@BOTH
def test_a_vertex_moves_in_every_grid_that_has_it(crs: str) -> None:
    before = grids(crs)
    here, there = drawn(LineString, (100, 100), (110, 120), crs=crs).coords
    done = mending.move_border(before, {here: there})
    assert done.changed.index.to_list() == [G1, G2, G3, G4]
    assert here not in vertices(done.changed)
    assert there in vertices(done.changed)
    assert vertices(before) - vertices(after(before, done)) == {here}
    assert_same_partition(before, after(before, done))
    went = done.lineage.set_index(["from_code", "to_code"])["area_m2"]
    areas = to_metric(done.changed).area
    assert areas.to_dict() == pytest.approx({G1: 9500, G2: 8500, G3: 11500, G4: 10500}, rel=1e-4)
    assert went.groupby("to_code").sum().to_dict() == pytest.approx(areas.to_dict(), rel=1e-6)
    assert went.groupby("from_code").sum().to_dict() == pytest.approx(
        dict.fromkeys([G1, G2, G3, G4], 10000), rel=1e-4
    )
    assert done.lineage.groupby("from_code")["share"].sum().to_list() == pytest.approx([1.0] * 4)


def test_a_vertex_put_on_an_edge_is_in_both_neighbours_and_hands_over_no_ground() -> None:
    start, end, new = drawn(LineString, (100, 100), (100, 200), (100, 150)).coords
    done = mending.move_border(grids(), {}, inserts=[(start, end, new)])
    assert done.changed.index.to_list() == [G1, G2]
    assert done.lineage.empty
    assert_same_partition(grids(), after(grids(), done))


def test_an_edge_is_bent_by_a_vertex_that_is_put_beside_it() -> None:
    start, end, new = drawn(LineString, (100, 200), (100, 100), (120, 150)).coords
    done = mending.move_border(grids(), {}, inserts=[(start, end, new)])
    went = done.lineage.set_index(["from_code", "to_code"])["area_m2"].to_dict()
    assert went == pytest.approx({(G1, G1): 10000, (G2, G1): 1000, (G2, G2): 9000})
    assert_same_partition(grids(), after(grids(), done))


def test_several_vertices_are_put_on_one_edge_one_after_another() -> None:
    start, end, first, second = drawn(
        LineString, (100, 100), (100, 200), (90, 130), (90, 170)
    ).coords
    done = mending.move_border(grids(), {}, inserts=[(start, end, first), (first, end, second)])
    assert to_metric(done.changed).area.to_dict() == pytest.approx({G1: 9300, G2: 10700})


def test_a_vertex_is_known_by_coordinates_rounded_to_seven_decimals() -> None:
    here, there = drawn(LineString, (100, 100), (110, 120), crs=DEGREES).coords
    rounded = (round(here[0], 7), round(here[1], 7))
    assert rounded != here
    done = mending.move_border(grids(DEGREES), {rounded: there})
    assert here not in vertices(done.changed)


def test_moves_that_break_a_grid_or_run_over_another_are_refused() -> None:
    def move(here: tuple[float, float], there: tuple[float, float]) -> None:
        start, end = drawn(LineString, here, there).coords
        mending.move_border(grids(), {start: end})

    with pytest.raises(InvalidError, match="would not be valid"):
        move((100, 100), (100, 250))
    lone = grids().drop(index=[G2])
    start, end = drawn(LineString, (200, 200), (40, 150)).coords
    with pytest.raises(ConflictError, match="overlap"):
        mending.move_border(lone, {start: end})
    with pytest.raises(NotFoundError, match="No grid has a vertex"):
        move((150, 150), (160, 160))
    with pytest.raises(InvalidError, match="No vertex"):
        mending.move_border(grids(), {})
    start, end, new = drawn(LineString, (0, 0), (200, 200), (5, 5)).coords
    with pytest.raises(NotFoundError, match="edge"):
        mending.move_border(grids(), {}, inserts=[(start, end, new)])


def test_nothing_that_is_given_is_changed() -> None:
    before, kept = grids(), grids()
    start, end = drawn(LineString, (100, 100), (110, 120)).coords
    mending.split(before, G1, drawn(LineString, (25, 90), (25, 210)), used=USED)
    mending.merge(before, [G1, G2], used=USED)
    mending.move_border(before, {start: end})
    mending.retire(before, [G1])
    pd.testing.assert_frame_equal(before, kept)


# --- laws -----------------------------------------------------------------------------------------


@st.composite
def levels(draw: st.DrawFn) -> gpd.GeoDataFrame:
    frame = draw(partitions(nobody=draw(st.booleans())))
    crs = draw(st.sampled_from([METRIC, DEGREES]))
    return layers.conform(frame.reset_index(), GRIDS).to_crs(crs)


@given(levels(), st.data())
@laws
def test_whatever_is_split_the_partition_stays_one(
    before: gpd.GeoDataFrame, data: st.DataObject
) -> None:
    code = data.draw(st.sampled_from(list(before.index)))
    west, south, east, north = before.geometry[code].bounds
    share = st.floats(-0.2, 1.2)
    line = LineString(
        [
            (west + a * (east - west), south + b * (north - south))
            for a, b in data.draw(st.lists(st.tuples(share, share), min_size=2, max_size=4))
        ]
    )
    try:
        done = mending.split(before, code, line, used=before.index)
    except InvalidError:
        assume(condition=False)
    now = after(before, done)
    assert_same_partition(before, now)
    assert vertices(before) <= vertices(now)
    assert done.lineage["share"].sum() == pytest.approx(1.0)
    assert not set(done.faults["fault"]) & {"invalid", "overlap", "duplicate"}


@given(levels(), st.data())
@laws
def test_whatever_is_merged_the_partition_stays_one(
    before: gpd.GeoDataFrame, data: st.DataObject
) -> None:
    codes = data.draw(st.lists(st.sampled_from(list(before.index)), min_size=2, unique=True))
    try:
        done = mending.merge(before, codes, used=before.index)
    except InvalidError:
        assume(condition=False)
    now = after(before, done)
    assert_same_partition(before, now)
    assert len(now) == len(before) - len(codes) + 1


@given(levels(), st.data())
@laws
def test_whatever_border_is_moved_the_partition_stays_one(
    before: gpd.GeoDataFrame, data: st.DataObject
) -> None:
    vertex = data.draw(st.sampled_from(sorted(vertices(before))))
    step = 1.0 if before.crs == METRIC else 1e-5
    shift = st.floats(-5 * step, 5 * step)
    moved = (vertex[0] + data.draw(shift), vertex[1] + data.draw(shift))
    try:
        done = mending.move_border(before, {vertex: moved})
    except (InvalidError, ConflictError):
        assume(condition=False)
    now = after(before, done)
    assert read_topology(now).is_partition
    assert vertices(before) - {vertex} <= vertices(now)
    assert not set(done.faults["fault"]) & {"invalid", "overlap", "duplicate"}


@given(levels(), st.data())
@laws
def test_what_is_drawn_around_a_gap_fills_it_exactly(
    before: gpd.GeoDataFrame, data: st.DataObject
) -> None:
    code = data.draw(st.sampled_from(list(before.index)))
    rest = before.drop(index=[code])
    old = before.geometry[code]
    assume(len(old.geoms) == 1 and len(rest))
    assume(not shapely.get_num_interior_rings(old.geoms[0]))
    outline = drawn_around(old, before)
    done = mending.create(rest, outline, parent="all", used=before.index, community=old)
    (new,) = done.lineage["to_code"]
    filled = shapely.area(done.changed.geometry[new])
    assert filled == pytest.approx(shapely.area(old), rel=1e-9)
    assert_same_partition(before, after(rest, done))
