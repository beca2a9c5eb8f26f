"""Grids proposed for a community that has none."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from shapely import LineString, MultiPolygon, Polygon, box

from gridmap import layers, mending
from gridmap.audit import audit
from gridmap.balance import Blocks, regions
from gridmap.errors import InvalidError, TooLittleDataError
from gridmap.metric import to_metric
from gridmap.proposals import Proposal, propose
from gridmap.topology import contiguity, read_topology
from tests.gridmap.lattice import lattice
from tests.gridmap.partitions import cells
from tests.town import COMMUNITIES, METRIC, SQUARES, SUBDISTRICT, place, town

DEGREES = "EPSG:4490"
PARENT = COMMUNITIES[0]
CROSS = [[(-10.0, 100.0), (210.0, 100.0)], [(100.0, -10.0), (100.0, 210.0)]]
TOWNS = {crs: town(crs) for crs in (METRIC, DEGREES)}


def ground(*xy: tuple[float, float]) -> Polygon:
    return Polygon([place(*one) for one in xy])


def square(size: float = 200.0) -> Polygon:
    return ground((0, 0), (size, 0), (size, size), (0, size))


def roads(*lines: list[tuple[float, float]], crs: str = METRIC) -> gpd.GeoDataFrame:
    shapes = gpd.GeoSeries([LineString([place(*xy) for xy in line]) for line in lines], crs=METRIC)
    frame = gpd.GeoDataFrame(
        {"road_id": [f"r{n}" for n in range(len(lines))], "name": "路"}, geometry=shapes, crs=METRIC
    )
    return layers.conform(frame, layers.LAYERS["roads"]).to_crs(crs)


def compounds(*boxes: tuple[float, float, float, float], residents: list[int]) -> gpd.GeoDataFrame:
    corner = shapely.get_coordinates(place(0, 0))
    frame = gpd.GeoDataFrame(
        {
            "compound_id": [f"c{n}" for n in range(len(boxes))],
            "name": "小区",
            "residents": residents,
        },
        geometry=[shapely.transform(box(*one), lambda xy: xy + corner) for one in boxes],
        crs=METRIC,
    )
    return layers.conform(frame, layers.LAYERS["compounds"])


def assert_tiles(proposal: Proposal, community: shapely.Geometry, crs: object) -> None:
    """Assert that the grids are a partition of the community, and that each hangs together."""
    grids = proposal.grids
    level = read_topology(grids)
    assert level.is_partition
    shapes = grids.geometry.to_numpy()
    assert shapely.area(shapes).sum() == pytest.approx(shapely.area(community), rel=1e-9)
    apart = shapely.symmetric_difference(level.ground, community)
    assert shapely.area(apart) <= 1e-9 * shapely.area(community)
    parents = gpd.GeoDataFrame(
        geometry=[community], index=pd.Index([grids["parent"].iloc[0]], name="code"), crs=crs
    )
    metric = to_metric(parents)
    assert audit(grids.to_crs(metric.crs), metric).empty
    for code, blocks in proposal.blocks.groupby("code"):
        beside = contiguity(read_topology(blocks), queen=False)
        assert connected_components(beside, directed=False)[0] == 1, code


# --- by hand --------------------------------------------------------------------------------------


@pytest.mark.parametrize("crs", [METRIC, DEGREES])
def test_four_blocks_between_two_roads_are_four_grids(crs: str) -> None:
    community = TOWNS[crs]["communities"].geometry[PARENT]
    found = propose(community, roads(*CROSS, crs=crs), by="area", n=4, parent=PARENT, used=SQUARES)
    codes = [f"{PARENT}{n:03d}" for n in range(5, 9)]
    assert found.grids.index.to_list() == codes
    assert found.loads.to_list() == pytest.approx([10000] * 4, rel=1e-4)
    assert found.spread == pytest.approx(1.0, abs=1e-4)
    assert found.sd == pytest.approx(0.0, abs=1.0)
    assert found.target == pytest.approx(10000, rel=1e-4)
    assert len(found.blocks) == 4
    # Codes run from the north-west, row by row
    middle = found.grids.to_crs(METRIC).representative_point()
    east = (middle.x > place(100, 0).x).to_list()
    north = (middle.y > place(0, 100).y).to_list()
    assert (east, north) == ([False, True, False, True], [True, True, False, False])
    assert_tiles(found, community, crs)


def test_the_number_of_grids_follows_from_the_load_of_one() -> None:
    found = propose(square(), roads(*CROSS), by="area", target=19000, parent=PARENT, used=())
    assert len(found.grids) == 2
    assert found.target == 19000
    assert found.loads.to_list() == pytest.approx([20000, 20000])


def test_a_road_that_leads_nowhere_bounds_nothing() -> None:
    lane = [(50.0, 150.0), (80.0, 150.0)]
    found = propose(square(), roads(*CROSS, lane), by="area", n=4, parent=PARENT, used=())
    assert len(found.blocks) == 4


def test_a_sliver_between_a_road_and_the_border_belongs_to_the_block_beside_it() -> None:
    along = [(-10.0, 196.0), (210.0, 196.0)]
    found = propose(square(), roads(*CROSS, along), by="area", n=4, parent=PARENT, used=())
    assert len(found.blocks) == 4
    assert found.loads.to_list() == pytest.approx([10000] * 4)


def test_where_roads_leave_only_slivers_the_ground_is_cut_as_it_is() -> None:
    close = [[(x, -10.0), (x, 70.0)] for x in np.arange(6.0, 60.0, 6.0)]
    across = [[(-10.0, y), (70.0, y)] for y in np.arange(6.0, 60.0, 6.0)]
    found = propose(square(60), roads(*close, *across), by="area", n=4, parent=PARENT, used=())
    assert len(found.grids) == 4
    assert_tiles(found, square(60), METRIC)


def test_without_roads_the_ground_is_cut_straight_into_even_parts() -> None:
    for n in (1, 2, 3, 7):
        found = propose(square(), roads(), by="area", n=n, parent=PARENT, used=())
        assert found.loads.to_list() == pytest.approx([40000 / n] * n)
        assert_tiles(found, square(), METRIC)


def test_a_long_community_is_cut_across() -> None:
    long = ground((0, 0), (400, 0), (400, 50), (0, 50))
    found = propose(long, roads(), by="area", n=4, parent=PARENT, used=())
    widths = found.grids.bounds.eval("maxx - minx").to_list()
    assert widths == pytest.approx([100] * 4)


def test_blocks_too_large_for_even_grids_are_cut_where_roads_alone_do_not_do() -> None:
    found = propose(square(), roads(*CROSS), by="area", n=3, parent=PARENT, used=())
    assert len(found.grids) == 3
    assert found.spread < 1.3
    assert_tiles(found, square(), METRIC)


def test_residents_are_shared_out_by_the_ground_of_their_compounds() -> None:
    homes = compounds((0, 0, 100, 100), (150, 150, 200, 200), residents=[300, 100])
    strips = [[(x, -10.0), (x, 210.0)] for x in (25.0, 50.0, 75.0, 100.0)]
    found = propose(
        square(), roads(*strips), by="residents", n=2, parent=PARENT, used=(), compounds=homes
    )
    # 75 in each of the four strips, 100 in the east: three strips, and one with the east
    assert sorted(found.loads) == pytest.approx([175, 225])
    assert_tiles(found, square(), METRIC)


def test_compounds_count_where_they_lie() -> None:
    spots = [(x, y, x + 20, y + 20) for x in (10, 140) for y in (10, 50, 140)]
    homes = compounds(*spots, residents=[1] * 6)
    found = propose(
        square(), roads(*CROSS), by="compounds", n=2, parent=PARENT, used=(), compounds=homes
    )
    assert found.loads.to_list() == [3, 3]


def test_a_community_in_two_pieces_has_a_grid_in_each_at_least() -> None:
    far = ground((500, 0), (600, 0), (600, 100), (500, 100))
    both = MultiPolygon([square(), far])
    for n in (1, 2, 5):
        found = propose(both, roads(*CROSS), by="area", n=n, parent=PARENT, used=())
        assert len(found.grids) == max(n, 2)
        assert_tiles(found, both, METRIC)


def test_the_same_seed_gives_the_same_grids() -> None:
    one, other = (
        propose(square(), roads(*CROSS), by="area", n=3, parent=PARENT, used=(), seed=5)
        for _ in range(2)
    )
    assert one.grids.geometry.to_wkb().equals(other.grids.geometry.to_wkb())


def test_a_proposal_fits_its_neighbours_once_it_is_adopted() -> None:
    before = TOWNS[METRIC]["grids"]
    west = before[before["parent"] == PARENT]
    rest = before.drop(index=west.index)
    community = TOWNS[METRIC]["communities"].geometry[PARENT]
    found = propose(community, roads(), by="area", n=3, parent=PARENT, used=before.index)
    done = mending.adopt(rest, found.grids, used=before.index)
    now = pd.concat([rest.drop(index=rest.index.intersection(done.changed.index)), done.changed])
    level = read_topology(now)
    assert level.is_partition
    assert len(now) == 3 + 3
    assert done.faults.empty
    pairs = contiguity(level, queen=False)
    assert connected_components(pairs, directed=False)[0] == 1


@pytest.mark.parametrize(
    ("wanted", "error", "sentence"),
    [
        ({"by": "area"}, InvalidError, "and not both"),
        ({"by": "area", "n": 2, "target": 5.0}, InvalidError, "and not both"),
        ({"by": "area", "n": 0}, InvalidError, "positive"),
        ({"by": "area", "target": -1.0}, InvalidError, "positive"),
        ({"by": "residents", "n": 2}, InvalidError, "need the layer compounds"),
        ({"by": "residents", "n": 2, "compounds": 0}, TooLittleDataError, "nothing to share out"),
    ],
)
def test_what_cannot_be_proposed_is_refused(
    wanted: dict[str, object], error: type[Exception], sentence: str
) -> None:
    if "compounds" in wanted:
        wanted = wanted | {"compounds": compounds((0, 0, 10, 10), residents=[0])}
    with pytest.raises(error, match=sentence):
        propose(square(), roads(), parent=PARENT, used=(), **wanted)  # type: ignore[arg-type]
    crossed = ground((0, 0), (100, 100), (100, 0), (0, 100))
    with pytest.raises(InvalidError, match="not valid"):
        propose(crossed, roads(), by="area", n=2, parent=SUBDISTRICT, used=())


# --- balance --------------------------------------------------------------------------------------


def on_lattice(side: int, load: list[float]) -> Blocks:
    row, column = np.divmod(np.arange(side * side), side)
    xy = np.stack([100.0 * column, 100.0 * row], axis=1)
    return Blocks(csr_array(lattice(side, queen=False)), np.array(load), xy)


def test_equal_blocks_are_shared_out_evenly() -> None:
    for n in (2, 3, 4, 6):
        label = regions(on_lattice(6, [1.0] * 36), n)
        assert np.bincount(label).tolist() == [36 // n] * n


@given(st.integers(2, 4), st.data())
@settings(max_examples=25, deadline=None)
def test_regions_hang_together_and_are_as_many_as_asked(side: int, data: st.DataObject) -> None:
    load = data.draw(st.lists(st.floats(0.1, 9), min_size=side * side, max_size=side * side))
    n = data.draw(st.integers(1, side * side))
    blocks = on_lattice(side, load)
    label = regions(blocks, n)
    assert sorted(set(label)) == list(range(n))
    for region in range(n):
        members = np.flatnonzero(label == region)
        part = blocks.beside[members][:, members]
        assert connected_components(part, directed=False)[0] == 1


# --- laws -----------------------------------------------------------------------------------------


@given(
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.integers(0, 99),
    st.lists(st.tuples(*[st.integers(-30, 130)] * 4), max_size=5),
    st.integers(1, 9),
    st.sampled_from([METRIC, DEGREES]),
)
@settings(max_examples=25, deadline=None)
def test_grids_tile_the_community_whatever_its_roads(
    shape: tuple[int, int],
    seed: int,
    drawn: list[tuple[int, int, int, int]],
    n: int,
    crs: str,
) -> None:
    whole = shapely.coverage_union_all(cells(*shape, seed=seed))
    community = gpd.GeoSeries([whole], crs=METRIC).to_crs(crs).iloc[0]
    scale = max(shape)
    lines = [
        [(scale * a, scale * b), (scale * c, scale * d)] for a, b, c, d in drawn if (a, b) != (c, d)
    ]
    found = propose(community, roads(*lines, crs=crs), by="area", n=n, parent=PARENT, used=())
    assert len(found.grids) == n
    assert len(found.loads) == n
    assert_tiles(found, community, crs)
