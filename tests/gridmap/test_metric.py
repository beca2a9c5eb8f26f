"""Metres and square metres against the ellipsoid."""

import geopandas as gpd
import numpy as np
import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, box

from gridmap import metric
from gridmap.errors import CrsError

GEOD = pyproj.Geod(ellps="GRS80")


@given(longitude=st.floats(74, 134), latitude=st.floats(18, 53), size=st.floats(0.001, 0.5))
@settings(deadline=None, max_examples=40)
def test_areas_agree_with_the_ellipsoid(longitude: float, latitude: float, size: float) -> None:
    # many vertices: the sides of a geodesic polygon are not those of a box of degrees
    shape = box(longitude, latitude, longitude + size, latitude + size).segmentize(size / 200)
    area = metric.to_metric(gpd.GeoSeries([shape], crs="EPSG:4490")).area.iloc[0]
    assert area == pytest.approx(abs(GEOD.geometry_area_perimeter(shape)[0]), rel=1e-6)


def test_lengths_100_km_from_the_centre_are_right_to_three_in_a_hundred_thousand() -> None:
    towns = gpd.GeoSeries([Point(122.0, 53.0), Point(123.4, 53.0), Point(123.4, 53.01)], crs=4490)
    crs = metric.metric_crs(gpd.GeoSeries([Point(122.0, 53.0)], crs=4490))
    there = metric.to_metric(towns, crs)
    *_, truth = GEOD.inv(123.4, 53.0, 123.4, 53.01)
    assert there.iloc[1].distance(there.iloc[2]) == pytest.approx(truth, rel=3e-5)


def test_the_projection_stays_when_the_city_grows_a_little() -> None:
    small = gpd.GeoSeries([box(122.5, 52.9, 122.6, 53.0)], crs=4490)
    large = gpd.GeoSeries([box(122.4, 52.8, 122.9, 53.1)], crs=4490)
    assert metric.metric_crs(small) == metric.metric_crs(large)


def test_a_frame_in_metres_is_measured_as_it_is() -> None:
    crs = pyproj.CRS("EPSG:4550")
    assert metric.metric_crs(gpd.GeoSeries([Point(469000, 5871600)], crs=crs)) == crs


@pytest.mark.parametrize("crs", [None, "EPSG:2263"])
def test_no_crs_or_feet_are_refused(crs: str | None) -> None:
    with pytest.raises(CrsError):
        metric.metric_crs(gpd.GeoSeries([Point(0, 0)], crs=crs))


@pytest.mark.parametrize("crs", [None, "EPSG:4490", "EPSG:2263"])
def test_a_function_that_needs_metres_refuses_degrees(crs: str | None) -> None:
    with pytest.raises(CrsError, match="Coverage needs a projected CRS in metres"):
        metric.require_metric(gpd.GeoSeries([Point(0, 0)], crs=crs), "Coverage")


def test_an_empty_frame_has_a_metric_crs_too() -> None:
    assert metric.metric_crs(gpd.GeoSeries([], crs="EPSG:4490")).is_projected


@given(latitude=st.floats(-89, 89))
@settings(deadline=None, max_examples=50)
def test_a_degree_is_as_long_as_the_geodesic(latitude: float) -> None:
    east, north = metric.metres_per_degree(latitude)
    step = 1e-4
    *_, eastwards = GEOD.inv(0, latitude, step, latitude)
    *_, northwards = GEOD.inv(0, latitude - step / 2, 0, latitude + step / 2)
    np.testing.assert_allclose([east * step, north * step], [eastwards, northwards], rtol=1e-6)
