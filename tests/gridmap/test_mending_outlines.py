"""Grids drawn, ended, adopted and reshaped."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from shapely import LineString, Polygon, box

from gridmap import layers, mending
from gridmap.errors import ConflictError, InvalidError, NotFoundError
from gridmap.metric import to_metric
from gridmap.topology import read_topology
from tests.gridmap.mendings import (
    BOTH,
    DEGREES,
    G1,
    G2,
    G3,
    G4,
    G7,
    GRIDS,
    TOWNS,
    USED,
    after,
    assert_is_box,
    assert_same_partition,
    drawn,
    grids,
    open_border,
    vertices,
)
from tests.town import COMMUNITIES, METRIC, place, square

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
