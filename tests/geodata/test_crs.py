"""Coordinates mean one place, whatever they are called."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from shapely import Point

from geodata import crs
from gridmap.errors import CrsError

# (WGS 84, GCJ-02, BD-09) as longitude, latitude; two independent libraries agree to 1.5e-7°.
PLACES = {
    "Shanghai": (
        (121.5272106, 31.1774276),
        (121.53154186, 31.17530398),
        (121.53801569, 31.18132861),
    ),
    "Beijing": ((116.377817, 39.911954), (116.38404722, 39.91334546), (116.39045471, 39.91957555)),
    "Shenzhen": ((113.912316, 22.543847), (113.91717648, 22.54079613), (113.92368473, 22.54666744)),
}
CHINA_LON, CHINA_LAT = st.floats(73.5, 135.5), st.floats(3.5, 53.5)


@pytest.mark.parametrize("place", PLACES)
def test_a_place_has_the_published_coordinates_in_all_three_systems(place: str) -> None:
    wgs, gcj, bd = (np.array([xy]) for xy in PLACES[place])
    assert np.abs(crs.wgs84_to_gcj02(wgs) - gcj).max() < 2e-7
    assert np.abs(crs.gcj02_to_bd09(gcj) - bd).max() < 2e-7
    assert np.abs(crs.gcj02_to_wgs84(gcj) - wgs).max() < 2e-7
    assert np.abs(crs.bd09_to_wgs84(bd) - wgs).max() < 2e-7


def test_the_332_published_places_agree_to_a_hundred_thousandth_of_a_degree(
    shared_data: Path,
) -> None:
    table = pd.read_csv(shared_data / "refs/coord_vectors.csv")
    wgs, gcj, bd = (
        table[[f"{name}_x", f"{name}_y"]].to_numpy() for name in ("WGS84", "GCJ02", "BD09")
    )
    assert len(table) == 332
    assert np.abs(crs.wgs84_to_gcj02(wgs) - gcj).max() < 1e-5
    assert np.abs(crs.gcj02_to_wgs84(gcj) - wgs).max() < 1e-5
    assert np.abs(crs.gcj02_to_bd09(gcj) - bd).max() < 1e-5
    assert np.abs(crs.bd09_to_gcj02(bd) - gcj).max() < 1e-5


@settings(max_examples=200, deadline=None)
@given(lon=CHINA_LON, lat=CHINA_LAT)
def test_there_and_back_again_is_the_same_place(lon: float, lat: float) -> None:
    xy = np.array([[lon, lat]])
    assert np.abs(crs.gcj02_to_wgs84(crs.wgs84_to_gcj02(xy)) - xy).max() < 1e-9
    assert np.abs(crs.bd09_to_wgs84(crs.wgs84_to_bd09(xy)) - xy).max() < 1e-9


def test_outside_china_nothing_is_shifted() -> None:
    washington = np.array([[-77.0365, 38.8977], [2.35, 48.85]])
    assert (crs.wgs84_to_bd09(washington) == washington).all()
    assert (crs.gcj02_to_wgs84(washington) == washington).all()


def test_a_vertex_lands_on_the_same_bits_alone_and_among_others() -> None:
    rng = np.random.default_rng(7)
    many = np.column_stack([rng.uniform(73, 136, 5000), rng.uniform(3, 54, 5000)])
    together = crs.gcj02_to_wgs84(many)
    alone = np.vstack([crs.gcj02_to_wgs84(xy[None]) for xy in many[::500]])
    assert (together[::500] == alone).all()


@pytest.mark.parametrize(
    ("given_as", "name"),
    [
        ("EPSG:4490", "EPSG:4490"),
        ("4490", "EPSG:4490"),
        (" wgs84 ", "EPSG:4326"),
        ("WGS-84", "EPSG:4326"),
        ("CGCS2000", "EPSG:4490"),
        ("ＥＰＳＧ：4550", "EPSG:4550"),
        ("gk3-cm123", "EPSG:4550"),
        ("gk3-zone38", "EPSG:4526"),
        ("gk6-cm123", "EPSG:4510"),
        ("urn:ogc:def:crs:EPSG::4490", "EPSG:4490"),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326"),
        ("GCJ-02", "gcj02"),
        ("bd09", "bd09"),
        (CRS.from_epsg(4550).to_wkt("WKT1_ESRI"), "EPSG:4550"),
        (CRS.from_epsg(4326).to_wkt("WKT1_ESRI"), "EPSG:4326"),
    ],
)
def test_a_crs_is_known_by_each_of_its_names(given_as: str, name: str) -> None:
    assert crs.parse_crs(given_as).name == name


@pytest.mark.parametrize(
    ("given_as", "reason"),
    [
        ("EPSG:4214", "official parameters"),
        ("EPSG:2401", "official parameters"),
        ("4610", "official parameters"),
        (CRS.from_epsg(2327).to_wkt("WKT1_ESRI"), "official parameters"),
        ("999999", "no CRS 999999"),
        ("gk3-cm124", "no CRS"),
        ("somewhere", "no CRS"),
        ("+proj=longlat +nadgrids=@http://127.0.0.1/x", "PROJ string"),
        ("EPSG:4978", "neither geographic nor projected"),
        ("GEOGCS[broken", "cannot be read"),
    ],
)
def test_a_crs_that_cannot_be_used_is_refused_with_the_reason(given_as: str, reason: str) -> None:
    with pytest.raises(CrsError, match=reason):
        crs.parse_crs(given_as)


def test_between_cgcs2000_and_wgs84_no_number_changes() -> None:
    frame = gpd.GeoDataFrame(geometry=[Point(122.53860000000001, 52.9721)], crs="EPSG:4326")
    moved = crs.to_register_crs(frame, crs.parse_crs("EPSG:4326"), "EPSG:4490")
    assert moved.crs == "EPSG:4490"
    assert moved.geometry.iloc[0].equals_exact(frame.geometry.iloc[0], 0.0)


@pytest.mark.parametrize(
    ("name", "easting"), [("EPSG:4550", 469003.0104), ("gk3-zone41", 41469003.0104)]
)
def test_gauss_krueger_with_and_without_its_zone_is_one_place(name: str, easting: float) -> None:
    frame = gpd.GeoDataFrame(geometry=[Point(easting, 5871615.1370)])
    moved = crs.to_register_crs(frame, crs.parse_crs(name), "EPSG:4490").geometry.iloc[0]
    assert moved.x == pytest.approx(122.5386, abs=1e-8)
    assert moved.y == pytest.approx(52.9721, abs=1e-8)


def test_a_file_in_gcj02_is_shifted_back() -> None:
    frame = gpd.GeoDataFrame(geometry=[Point(122.54562857, 52.97361279), None], crs="EPSG:4326")
    moved = crs.to_register_crs(frame, crs.parse_crs("gcj02"), "EPSG:4490")
    assert moved.geometry.iloc[0].distance(Point(122.5386, 52.9721)) < 2e-7
    assert moved.geometry.iloc[1] is None
    assert moved.crs == "EPSG:4490"


def test_a_register_is_kept_in_degrees() -> None:
    frame = gpd.GeoDataFrame(geometry=[Point(122.5, 52.9)])
    with pytest.raises(CrsError, match="EPSG:4490 or EPSG:4326"):
        crs.to_register_crs(frame, crs.parse_crs("4490"), "EPSG:4550")
