"""Whatever is mended, the partition stays one."""

import geopandas as gpd
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st
from shapely import LineString

from gridmap import layers, mending
from gridmap.errors import ConflictError, InvalidError
from gridmap.topology import read_topology
from tests.gridmap.mendings import (
    DEGREES,
    GRIDS,
    after,
    assert_same_partition,
    drawn_around,
    laws,
    vertices,
)
from tests.gridmap.partitions import partitions
from tests.town import METRIC


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
