"""The phone's arithmetic, in a browser, against oracles of our own and of others."""

from __future__ import annotations

import json
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from playwright.sync_api import Page

from tests.browser.field.conftest import photo, spot
from tests.browser.field.lab import run
from tests.town import METRIC, SOUTH, WEST
from tests.web import fakes

# DOMAIN B6.5: latitude, longitude in WGS 84, then in GCJ-02.
SHIFTS = [
    (31.1774276, 121.5272106, 31.17530398, 121.53154186),
    (22.543847, 113.912316, 22.54079613, 113.91717648),
    (39.911954, 116.377817, 39.91334546, 116.38404722),
    (52.9721, 122.5386, 52.97361279, 122.54562857),
    (47.7275, 128.8405, 47.72976785, 128.84755374),
    (46.2392, 130.5529, 46.24112703, 130.56028793),
    (42.8879, 125.1436, 42.89041962, 125.1499971),
    (43.8378, 126.5494, 43.84005399, 126.55509034),
]


@pytest.mark.parametrize(("lat", "lon", "lat2", "lon2"), SHIFTS)
def test_the_shift_of_gcj_is_the_published_one(
    lab: Page, lat: float, lon: float, lat2: float, lon2: float
) -> None:
    assert run(lab, "datum", "m.wgsToGcj(g.at)", at=[lon, lat]) == pytest.approx(
        [lon2, lat2], abs=1e-6
    )
    back = run(lab, "datum", "m.gcjToWgs(g.at)", at=[lon2, lat2])
    assert back == pytest.approx([lon, lat], abs=1e-6)


def test_outside_china_nothing_is_shifted(lab: Page) -> None:
    assert run(lab, "datum", "m.wgsToGcj(g.at)", at=[-0.12, 51.5]) == [-0.12, 51.5]


def test_which_datum_a_phone_answers_in_follows_from_where_it_stands(lab: Page) -> None:
    standing = [122.5386, 52.9721]
    shifted = run(lab, "datum", "m.wgsToGcj(g.at)", at=standing)
    near = [standing[0] + 0.0003, standing[1]]  # 20 m
    far = [standing[0] + 0.003, standing[1]]  # 200 m
    told = [
        run(lab, "datum", "m.datumOf(g.said, g.at)", said=said, at=standing)
        for said in (shifted, near, far)
    ]
    assert told == ["gcj02", "wgs84", None]


def test_where_one_is_is_what_shapely_says(lab: Page) -> None:
    rng = np.random.default_rng(5)
    points = rng.uniform((WEST - 50, SOUTH - 50), (WEST + 450, SOUTH + 250), (150, 2))
    grids = fakes.small_town()["grids"].to_crs(METRIC)
    places = gpd.GeoSeries(shapely.points(points), crs=METRIC)
    degrees = shapely.get_coordinates(places.to_crs("EPSG:4326").to_numpy())
    shown = json.loads(
        gpd.GeoDataFrame(
            {"code": grids.index, "mine": False}, geometry=grids.geometry.to_numpy(), crs=METRIC
        )
        .to_crs("EPSG:4326")
        .to_json()
    )
    call = """g.places.map((place) => {
      const { grid, border, candidates } = m.whereIs(m.groundOf(g.grids), place, 30);
      return [grid?.properties.code ?? null, border, candidates.map((one) => one.properties.code)];
    })"""
    told = run(lab, "locate", call, grids=shown, places=degrees.tolist())
    for (code, border, candidates), point in zip(told, places, strict=True):
        inside = grids.index[grids.contains(point)]
        assert code == (inside[0] if len(inside) else None)
        edge = grids.boundary.distance(point)
        if code is not None:
            assert border == pytest.approx(edge[code], abs=0.05)
        near = edge[(edge <= 29.9) & (edge.index != code)]
        assert set(near.index) <= set(candidates)
        assert set(candidates) <= set(edge[edge <= 30.1].index) - {code}


def test_a_hole_is_not_inside(lab: Page) -> None:
    ring = shapely.box(0, 0, 3, 3) - shapely.box(1, 1, 2, 2)
    geometry = json.loads(shapely.to_geojson(ring))
    asked = [[0.5, 0.5], [1.5, 1.5], [4, 4]]
    told = run(
        lab, "locate", "g.at.map((p) => m.contains(p, g.geometry))", at=asked, geometry=geometry
    )
    assert told == [True, False, False]


def test_a_place_on_a_shared_border_belongs_to_one_grid(lab: Page) -> None:
    west, east = (json.loads(shapely.to_geojson(shapely.box(x, 0, x + 1, 1))) for x in (0, 1))
    told = run(lab, "locate", "[g.a, g.b].map((one) => m.contains([1, 0.5], one))", a=west, b=east)
    assert sorted(told) == [False, True]


def test_a_photo_tells_where_and_when_it_was_taken(lab: Page) -> None:
    lon, lat = spot(40, 140)
    told = run(
        lab, "exif", "m.readExif(Uint8Array.from(g.bytes).buffer)", bytes=list(photo(at=(lon, lat)))
    )
    assert told["place"]["lon"] == pytest.approx(lon, abs=1e-6)
    assert told["place"]["lat"] == pytest.approx(lat, abs=1e-6)
    assert told["at"] == "2026-06-01T01:30:00.000Z"


@pytest.mark.parametrize("cut", [1, 2, 3, 20, 60, 120, 200])
def test_a_photo_that_is_cut_short_tells_nothing_and_breaks_nothing(lab: Page, cut: int) -> None:
    content = list(photo(at=spot(40, 140))[:cut])
    told = run(lab, "exif", "m.readExif(Uint8Array.from(g.bytes).buffer)", bytes=content)
    assert told["at"] is None
    assert run(lab, "exif", "m.readExif(new ArrayBuffer(0))") == {"place": None, "at": None}


def test_a_photo_without_a_place_tells_none(lab: Page) -> None:
    told = run(lab, "exif", "m.readExif(Uint8Array.from(g.bytes).buffer)", bytes=list(photo()))
    assert told == {"place": None, "at": None}


@pytest.mark.parametrize(
    ("typed", "first"),
    [("bllj", "暴露垃圾"), ("垃圾", "垃圾箱"), ("zdjy", "占道经营"), ("BLLJ ", "暴露垃圾")],
)
def test_a_category_is_found_by_name_and_by_initials(lab: Page, typed: str, first: str) -> None:
    names = ["暴露垃圾", "占道经营", "垃圾箱", "路灯不亮"]
    assert (
        run(lab, "initials", "m.matching(g.names, g.typed)", names=names, typed=typed)[0] == first
    )
    assert run(lab, "initials", "m.matching(g.names, 'qqq')", names=names) == []


def road(*, mine: list[list[float]]) -> dict[str, Any]:
    """Return the town's road, 400 m from west to east."""
    geometry = {"type": "LineString", "coordinates": [spot(x, 100) for x in (0, 200, 400)]}
    return {"geometry": geometry, "properties": {"road_id": "r1", "mine": mine}}


def fix(x: float, y: float, second: int) -> dict[str, Any]:
    lon, lat = spot(x, y)
    minute, second = divmod(second, 60)
    at = f"2026-06-01T01:{minute:02d}:{second:02d}Z"
    return {"lon": lon, "lat": lat, "at": at, "accuracy": 6}


def test_only_ones_own_stretch_is_counted_and_only_what_was_walked(lab: Page) -> None:
    fixes = [fix(x, 103, x) for x in range(0, 101, 20)]
    call = """(() => {
      const walked = new m.Walked([g.road]);
      for (const one of g.fixes) walked.add(one);
      return [walked.total, walked.metres, walked.lines().length];
    })()"""
    total, metres, lines = run(lab, "walking", call, road=road(mine=[[0, 150]]), fixes=fixes)
    assert total == pytest.approx(150, abs=1)
    assert 100 <= metres <= 130  # to 100 m, and what lies within the buffer beyond
    assert lines == 1


def test_what_lies_between_two_fixes_far_apart_was_not_walked(lab: Page) -> None:
    fixes = [fix(0, 100, 0), fix(390, 100, 30)]
    call = """(() => {
      const walked = new m.Walked([g.road]);
      for (const one of g.fixes) walked.add(one);
      return walked.metres;
    })()"""
    assert run(lab, "walking", call, road=road(mine=[[0, 400]]), fixes=fixes) <= 70


@pytest.mark.parametrize(
    ("last", "now", "kept"),
    [
        (None, (0, 0, 0, 6), True),
        (None, (0, 0, 0, 51), False),
        ((0, 0, 0), (5, 0, 10, 6), False),
        ((0, 0, 0), (11, 0, 1, 6), True),
        ((0, 0, 0), (0, 0, 15, 6), True),
        ((0, 0, 10), (50, 0, 9, 6), False),  # a clock that was put back
    ],
)
def test_fixes_are_kept_sparingly(lab: Page, last: Any, now: Any, kept: bool) -> None:
    *at, accuracy = now
    given = {"last": last and fix(*last), "now": fix(*at) | {"accuracy": accuracy}}
    assert run(lab, "walking", "m.keeps(g.last, g.now)", **given) is kept


def test_points_are_passed_within_thirty_metres(lab: Page) -> None:
    points = [
        {
            "geometry": {"type": "Point", "coordinates": spot(x, 0)},
            "properties": {"point_id": f"{x}"},
        }
        for x in (0, 29, 31)
    ]
    told = run(lab, "walking", "m.passed(g.points, g.fix)", points=points, fix=fix(0, 0, 0))
    assert told == ["0", "29"]
