"""Rules along roads: where too few things stand, to the metre."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shapely import LineString, Point

from gridmap.errors import CrsError, InvalidError
from gridmap.road_rules import Rule, check_rules, failing, positions

METRIC = "EPSG:4550"
Stretch = tuple[float, float, int, int]
CITIES = settings(max_examples=200, deadline=None)


def along(at: list[float], length: float, least: int, window: float) -> list[Stretch]:
    return list(failing(np.array(at, dtype=float), length, least, window))


def inside(stretches: list[Stretch], x: float) -> bool:
    return any(a < x < b for a, b, *_ in stretches)


def roads(*lines: list[tuple[float, float]], road_class: str = "主干路") -> gpd.GeoDataFrame:
    ids = [f"r{n}" for n in range(1, len(lines) + 1)]
    shapes = [LineString(line) for line in lines]
    return gpd.GeoDataFrame({"road_class": road_class}, index=ids, geometry=shapes, crs=METRIC)


def ads(*spots: tuple[float, float], category: str = "公益广告") -> gpd.GeoDataFrame:
    shapes = [Point(*spot) for spot in spots]
    frame = gpd.GeoDataFrame(geometry=shapes, crs=METRIC)
    return frame.assign(category=category)


PER_200 = Rule("a", "每200米1处", None, "公益广告", 1, 200.0)


def test_of_the_gaps_50_190_230_520_10_two_are_longer_than_200_m() -> None:
    assert along([50, 240, 470, 990], 1000, 1, 200) == [(240, 470, 0, 0), (470, 990, 0, 0)]


def test_a_gap_of_just_the_window_passes() -> None:
    assert along([200, 400], 600, 1, 200) == []
    assert along([200, 400.001], 600, 1, 200) == [(200, 400.001, 0, 0)]


@pytest.mark.parametrize(("every", "worst"), [(75, 4), (60, None), (100, 3), (20, None)])
def test_five_in_300_m_are_there_every_60_m_and_not_every_75(every: int, worst: int | None) -> None:
    found = along([float(at) for at in range(0, 1001, every)], 1000, 5, 300)
    assert [stretch[3] for stretch in found] == ([] if worst is None else [worst])


def test_the_four_ads_have_a_window_of_300_m_with_none() -> None:
    (stretch,) = along([50, 240, 470, 990], 1000, 5, 300)
    assert stretch == (0, 1000, 4, 0)


def test_a_road_not_longer_than_the_window_breaks_no_rule() -> None:
    assert along([], 200, 5, 200) == []
    assert along([], 200.5, 5, 200) == [(0, 200.5, 0, 0)]


def test_things_at_the_ends_and_twice_on_a_spot_count() -> None:
    assert along([0, 200], 200, 1, 200) == []
    assert along([0, 0, 300, 300], 300, 2, 299) == [(0, 300, 0, 0)]


@CITIES
@given(
    st.lists(st.integers(0, 60), max_size=14),
    st.integers(1, 60),
    st.integers(1, 5),
    st.integers(1, 30),
)
def test_windows_slid_by_half_metres_find_the_same(
    at: list[int], length: int, least: int, window: int
) -> None:
    # between whole metres a half shows every window that a real number would
    at = [p for p in at if p <= length]
    assume(length > window)
    counts = {
        x / 2: sum(x / 2 <= p <= x / 2 + window for p in at)
        for x in range(2 * (length - window) + 1)
    }
    found = along([float(p) for p in at], length, least, window)
    short = {x for x, n in counts.items() if n < least}
    assert bool(found) == bool(short)
    for x in short:
        (stretch,) = [s for s in found if s[0] <= x and x + window <= s[1]]
        assert stretch[3] <= counts[x]
    for a, b, n, worst in found:
        within = [n for x, n in counts.items() if a <= x and x + window <= b]
        assert worst == min(within) < least
        reached = {x for x in short if a <= x and x + window <= b}
        # the failing windows cover the stretch, but for the half metre beside a thing
        assert min(reached) - a <= 0.5
        assert b - (max(reached) + window) <= 0.5
        assert n == sum(a < p < b for p in at)


@CITIES
@given(
    st.lists(st.integers(0, 300), min_size=1, max_size=25),
    st.integers(0, 24),
    st.one_of(st.none(), st.integers(0, 300)),
    st.integers(1, 4),
    st.integers(1, 80),
)
def test_moving_one_thing_changes_nothing_farther_off_than_the_window(
    at: list[int], which: int, to: int | None, least: int, window: int
) -> None:
    old = at[which % len(at)]
    after = [*at]
    after.remove(old)
    after += [] if to is None else [to]
    before, now = (along([float(p) for p in ps], 300, least, window) for ps in (at, after))
    touched = [old] if to is None else [old, to]
    for x in np.arange(0.25, 300, 0.5):
        if all(abs(x - p) > window for p in touched):
            assert inside(before, x) == inside(now, x)


@given(st.lists(st.integers(0, 100), max_size=10), st.integers(1, 4), st.integers(1, 40))
def test_a_road_drawn_the_other_way_fails_at_the_same_places(
    at: list[int], least: int, window: int
) -> None:
    one = along([float(p) for p in at], 100, least, window)
    other = along([100.0 - p for p in at], 100, least, window)
    assert sorted((100 - b, 100 - a, n, worst) for a, b, n, worst in other) == sorted(one)


def test_a_thing_counts_for_the_nearest_road_only_and_not_from_far_off() -> None:
    both = roads([(0, 0), (1000, 0)], [(0, 40), (1000, 40)])
    things = ads((100, 10), (200, 25), (300, 20), (400, -31), (500, 71))
    found = positions(both, things, within_m=30)
    assert found["road_id"].to_list() == ["r1", "r2", "r1"]  # half way between: the lower id
    assert found["at_m"].to_list() == [100, 200, 300]


def test_a_rule_is_for_its_class_of_roads_and_its_kind_of_things() -> None:
    line = [(0.0, 0.0), (500.0, 0.0)]
    things = ads((100, 5), (250, 5), (400, 5))
    main = Rule("main", "", "主干路", "公益广告", 1, 200.0)
    lamps = Rule("lamps", "", "主干路", "路灯", 1, 200.0)
    other = Rule("other", "", "支路", "路灯", 1, 200.0)
    found = check_rules(roads(line), things, [main, lamps, other])
    assert found["rule_id"].to_list() == ["lamps"]
    assert found.iloc[0][["from_m", "to_m", "found", "worst"]].to_list() == [0, 500, 0, 0]


def test_along_a_bent_road_metres_are_those_of_its_line() -> None:
    bent = roads([(0, 0), (300, 0), (300, 400)])
    found = check_rules(bent, ads((150, 8), (308, 50), (300, 390)), [PER_200])
    assert found[["from_m", "to_m"]].to_numpy().tolist() == [[350, 690]]


def test_roads_without_rules_and_without_things_are_answered_in_the_same_form() -> None:
    nothing = ads().set_crs(METRIC)
    none = check_rules(roads([(0, 0), (100, 0)]), nothing, [])
    some = check_rules(roads([(0, 0), (900, 0)]), nothing, [PER_200])
    assert none.empty
    assert (some.dtypes == none.dtypes).all()
    assert some[["from_m", "to_m", "found"]].to_numpy().tolist() == [[0, 900, 0]]


def test_degrees_and_rules_of_nothing_are_refused() -> None:
    line = roads([(0, 0), (100, 0)])
    with pytest.raises(CrsError):
        check_rules(line.set_crs("EPSG:4490", allow_override=True), ads((1, 1)), [PER_200])
    for rule in (Rule("b", "", None, "x", 0, 200.0), Rule("b", "", None, "x", 1, 0.0)):
        with pytest.raises(InvalidError, match="The rule b needs"):
            check_rules(line, ads((1, 1)), [rule])
