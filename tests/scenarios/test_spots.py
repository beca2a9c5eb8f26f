"""Hot spots and periods of Boston and Washington, against GeoPandas, pandas and esda."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from esda.getisord import G_Local
from libpysal.graph import Graph

from geodata.reports import comparing, doubts, spots
from geodata.reports.selection import Selection
from geodata.reports.spots import Measure
from geodata.workspace import Workspace
from gridmap import layers
from tests.scenarios.test_reports import DEFAULT, EASTERN, boston_reports, washington_reports
from tests.web.fakes import StillStore, empty_register

pytestmark = pytest.mark.scenario
YEAR = Selection(date(2015, 1, 1), date(2015, 12, 31))
BLOCKS = Measure("square", 1000.0)


def still(areas: gpd.GeoDataFrame, reports: pd.DataFrame) -> Workspace:
    """Keep areas, indexed by code, and reports in memory."""
    frames = empty_register()
    grids = areas.reset_index()[["code", "geometry"]].assign(parent="all")
    points = gpd.points_from_xy(reports.pop("x"), reports.pop("y"))
    issues = gpd.GeoDataFrame(reports, geometry=points, crs=areas.crs)
    for name, frame in (("grids", grids), ("issues", issues)):
        frames[name] = layers.conform(frame, layers.LAYERS[name])
    empty = [name for name, layer in layers.LAYERS.items() if layer.is_spatial]
    for name in set(empty) - {"grids", "issues"}:
        frames[name] = frames[name].to_crs(areas.crs)
    meta = SimpleNamespace(crs="EPSG:4326", codes="free", name="", metric_crs="")
    store: Any = StillStore(frames, meta)
    return Workspace(store)


@pytest.fixture(scope="module")
def boston(shared_data: Path) -> Workspace:
    told = boston_reports(shared_data / "boston_311")
    areas = gpd.read_file(shared_data / "boston_311" / "neighborhoods.geojson")
    areas.geometry = shapely.make_valid(areas.geometry.to_numpy(), method="structure")
    columns = {
        "issue_id": told["CASE_ENQUIRY_ID"].astype(str),
        "reported_at": told["opened"].dt.tz_localize("UTC"),
        "category": told["TYPE"],
        "x": told["LONGITUDE"],
        "y": told["LATITUDE"],
    }
    return still(areas.rename(columns={"name": "code"}).set_index("code"), pd.DataFrame(columns))


@pytest.fixture(scope="module")
def washington(shared_data: Path) -> Workspace:
    told = washington_reports(shared_data)
    smd = gpd.read_parquet(shared_data / "dc_311" / "smd.parquet")
    columns = {
        "issue_id": told["SERVICEREQUESTID"].astype(str),
        "reported_at": told["ADDDATE"],
        "category": told["SERVICECODEDESCRIPTION"],
        "x": told.geometry.x,
        "y": told.geometry.y,
    }
    return still(smd.rename(columns={"SMD_ID": "code"}).set_index("code"), pd.DataFrame(columns))


def theirs(areas: gpd.GeoDataFrame, points: gpd.GeoSeries) -> tuple[pd.Series, pd.Series]:
    """Return counts of GeoPandas and z of esda for the same areas and points."""
    parts = areas[["geometry"]].rename_axis("code")
    joined = gpd.sjoin(gpd.GeoDataFrame(geometry=points), parts, predicate="intersects")
    owner = joined["code"].groupby(level=0).min()  # on a border, the lowest code
    counts = owner.value_counts().reindex(parts.index, fill_value=0)
    near = Graph.build_contiguity(parts, rook=False, strict=True).assign_self_weight()
    found = G_Local(counts.to_numpy(float), near, transform="B", star=True, permutations=0)
    return counts, pd.Series(found.Zs, parts.index)


def test_bostons_default_point_is_a_pile_and_the_rest_is_as_esda_has_it(boston: Workspace) -> None:
    zone = ZoneInfo("UTC")
    found = spots.find(boston, YEAR, zone, BLOCKS, YEAR.until)
    pile = found.piles.iloc[0]
    assert (pile["x"], pile["y"]) == pytest.approx(DEFAULT, abs=1e-9)
    assert pile["n"] == found.method.n_on_piles == 17_070  # as the data's own notes say
    metric = boston.metric_crs(YEAR.until)
    table = found.table.to_crs(metric)
    places = boston.frame("issues", YEAR.until).geometry
    apart = places[~places.geom_equals(shapely.Point(pile["x"], pile["y"]))].to_crs(metric)
    areas = spots.areas(boston, "square", 1000.0, YEAR.until)[0]
    counts, z = theirs(areas, apart)
    pd.testing.assert_series_equal(table["count"], counts, check_names=False, check_dtype=False)
    np.testing.assert_allclose(table["z"], z, atol=1e-6)
    kept = spots.find(boston, YEAR, zone, Measure("square", 1000.0, keep_piles=True), YEAR.until)
    there = kept.table.contains(shapely.Point(DEFAULT)).to_numpy()
    assert kept.table.loc[there, "class"].eq(3).all()
    assert kept.table.loc[there, "count"].item() - found.table.loc[there, "count"].item() == 17_070


def test_washingtons_hot_districts_are_those_of_esda_and_hold_on_other_partitions(
    washington: Workspace,
) -> None:
    wanted = Selection(date(2016, 7, 1), date(2016, 8, 31))
    found = spots.find(washington, wanted, EASTERN, Measure(), wanted.until)
    issues = washington.frame("issues", wanted.until)
    days = issues["reported_at"].dt.tz_convert(EASTERN).dt.date
    meant = issues[(days >= wanted.since) & (days <= wanted.until)]
    counts, z = theirs(washington.frame("grids", wanted.until), meant.geometry)
    pd.testing.assert_series_equal(
        found.table["count"], counts, check_names=False, check_dtype=False
    )
    np.testing.assert_allclose(found.table["z"], z, atol=1e-6)
    compared = doubts.partitions(washington, wanted, EASTERN, Measure(), wanted.until)
    assert set(compared.shares) == {"square", "hex"}
    assert compared.shares.notna().all(axis=None)


def test_washingtons_two_periods_are_counted_as_pandas_counts_them(washington: Workspace) -> None:
    autumn = Selection(date(2015, 9, 12), date(2015, 10, 11))
    summer = Selection(date(2016, 7, 18), date(2016, 8, 16))
    asked = comparing.Asked(autumn, summer, by="grid")
    found = comparing.compared(washington, asked, EASTERN, summer.until)
    issues = washington.frame("issues", summer.until)
    days = issues["reported_at"].dt.tz_convert(EASTERN).dt.date
    inside = shapely.union_all(washington.frame("grids", summer.until).geometry.to_numpy())
    placed = issues.geometry.intersects(inside)
    for period, column in ((autumn, "before"), (summer, "after")):
        meant = (days >= period.since) & (days <= period.until) & placed
        assert found.table[column].sum() == meant.sum()
    ratio = found.table["after"].sum() / found.table["before"].sum()
    assert found.city.ratio == pytest.approx(ratio, rel=1e-9)
