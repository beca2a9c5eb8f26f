"""
False alarms: of maps in which nothing is, hardly any may show a hot spot.

The real numbers of reports are thrown on the areas in proportion to what counts are divided by:
on equal areas for counts. A test at 5 % may mark one map of twenty, give or take what chance does.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from gridmap.demo import city
from gridmap.hotspots import hotspots
from gridmap.metric import to_metric
from gridmap.significance import permutations_needed
from gridmap.topology import contiguity, read_topology

MAPS, ALPHA = 200, 0.05
AT_MOST = round(MAPS * ALPHA + 2 * np.sqrt(MAPS * ALPHA * (1 - ALPHA)))  # 16


class Ground(NamedTuple):
    """Areas, their neighbours, what their counts may be divided by, and how many reports."""

    areas: gpd.GeoDataFrame
    near: csr_array
    exposure: pd.Series
    reports: int


def alarms(ground: Ground, *, rates: bool, maps: int = MAPS) -> int:
    """Throw the reports `maps` times, and count the maps that show anything significant."""
    exposure = ground.exposure if rates else pd.Series(1.0, index=ground.areas.index)
    share = (exposure / exposure.sum()).to_numpy()
    given = {"weights": ground.near, "denominator": exposure if rates else None}
    found = 0
    for seed in range(maps):
        thrown = np.random.default_rng(seed).multinomial(ground.reports, share)
        counts = pd.Series(thrown, index=ground.areas.index)
        spots = hotspots(ground.areas, counts, **given)
        if spots.method.cautions():  # as the service does
            needed = permutations_needed(len(ground.areas), ALPHA)
            spots = hotspots(ground.areas, counts, permutations=needed, seed=seed, **given)
        found += bool(spots.table["significant"].any())
    return found


@pytest.fixture(scope="module")
def demo() -> Ground:
    made = city()
    areas = to_metric(made.grids.set_index("code"))
    residents = areas["residents"].astype("float64")
    kept = (residents > 0).to_numpy()
    areas, residents = areas[kept], residents[kept]
    return Ground(areas, contiguity(read_topology(areas)), residents, len(made.issues))


@pytest.fixture(scope="module")
def washington(shared_data: Path) -> Ground:
    """Washington's single-member districts, by their ground, and its requests of a year."""
    folder = shared_data / "dc_311"
    if not folder.is_dir():
        pytest.skip("the requests of Washington are not beside this checkout")
    areas = gpd.read_parquet(folder / "smd.parquet").set_index("SMD_ID").to_crs("EPSG:26985")
    requests = pd.read_parquet(folder / "service_requests.parquet", columns=["SERVICEREQUESTID"])
    ground = pd.Series(areas.area, index=areas.index)
    return Ground(areas, contiguity(read_topology(areas)), ground, len(requests))


@pytest.mark.parametrize("rates", [False, True])
def test_chance_hardly_ever_makes_a_hot_spot_in_the_demo_city(demo: Ground, rates: bool) -> None:
    assert alarms(demo, rates=rates) <= AT_MOST


@pytest.mark.parametrize("rates", [False, True])
def test_chance_hardly_ever_makes_a_hot_spot_in_washington(washington: Ground, rates: bool) -> None:
    assert alarms(washington, rates=rates) <= AT_MOST


def test_rates_that_are_tested_as_they_are_would_raise_false_alarms(washington: Ground) -> None:
    # why `hotspots` tests deviations: districts are from 0.05 to 9 km²
    share = washington.exposure / washington.exposure.sum()
    found = 0
    for seed in range(60):
        thrown = np.random.default_rng(seed).multinomial(washington.reports, share.to_numpy())
        raw = pd.Series(thrown, index=washington.areas.index) / washington.exposure
        # a rate for a count: tested as it is
        spots = hotspots(washington.areas, raw, weights=washington.near)
        found += bool(spots.table["significant"].any())
    assert found > 60 * 0.15


@pytest.mark.parametrize("centre", [0, 7, 33])
def test_three_times_the_patrols_around_a_grid_make_no_hot_spot_of_its_rate(
    demo: Ground, centre: int
) -> None:
    rng = np.random.default_rng(3)
    walked = pd.Series(rng.uniform(20, 60, len(demo.areas)), index=demo.areas.index, name="walked")
    found = pd.Series(rng.poisson(walked * 2), index=demo.areas.index)
    before = hotspots(demo.areas, found, weights=demo.near, denominator=walked)
    around = [centre, *demo.near[[centre]].indices]
    found.iloc[around], walked.iloc[around] = found.iloc[around] * 3, walked.iloc[around] * 3
    after = hotspots(demo.areas, found, weights=demo.near, denominator=walked)
    assert not before.table["significant"].any()
    assert not after.table["significant"].any()
    # by number alone the same diligence is a hot spot
    assert hotspots(demo.areas, found, weights=demo.near).table["class"].iloc[centre] > 0
