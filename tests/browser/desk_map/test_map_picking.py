"""The desk's map: what it picks is what shapely says."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from playwright.sync_api import Page
from shapely import Polygon

from tests.browser.conftest import Visit
from tests.browser.desk_map.maps import (
    city,
    degrees,
    drawn,
    drawn_path,
    heard,
    opened,
    screen,
    source,
)
from tests.browser.waiting import waited


def test_a_click_picks_the_grid_under_it(visit: Visit, clean: str) -> None:
    visitor = opened(visit, clean)
    page = visitor.page
    shapes = source(city())
    rng = np.random.default_rng(2)
    west, south, east, north = shapely.total_bounds(shapes)
    places = rng.uniform((west, south), (east, north), (60, 2))
    near = shapely.STRtree(shapely.boundary(shapes)).query(
        shapely.points(places), "dwithin", distance=5e-5
    )[0]
    places = np.delete(places, np.unique(near), axis=0)
    assert len(places) > 20
    for lon, lat in places:
        page.mouse.click(*screen(page, lon, lat))
        expected = np.flatnonzero(shapely.contains_xy(shapes, lon, lat)).tolist()
        assert heard(page, "pick") == [{"indices": expected, "mode": "replace"}]
    visitor.assert_clean()


@pytest.mark.parametrize(
    ("key", "click", "drag"),
    [("Shift", "toggle", "add"), ("Control", "toggle", "toggle"), ("Alt", "remove", "remove")],
)
def test_keys_change_how_a_pick_counts(
    visit: Visit, clean: str, key: str, click: str, drag: str
) -> None:
    page = opened(visit, clean).page
    page.evaluate("desk.setTool('box')")
    page.keyboard.down(key)
    page.mouse.click(700, 400)
    assert heard(page, "pick")[0]["mode"] == click
    drawn_path(page, [(600, 300), (800, 500)])
    assert heard(page, "pick")[0]["mode"] == drag


def assert_picked(page: Page, path: list[tuple[float, float]]) -> None:
    """Compare a pick with what has its middle in a ring: all that is within, nothing apart."""
    (pick,) = heard(page, "pick")
    ring = Polygon(degrees(page, path))
    centres = shapely.points(np.reshape(page.evaluate("[...ground.centre]"), (-1, 2)))
    picked = set(pick["indices"])
    assert picked == set(np.flatnonzero(shapely.contains(ring, centres)))
    shapes = source(city())
    assert set(np.flatnonzero(shapely.within(shapes, ring))) <= picked
    assert picked <= set(np.flatnonzero(shapely.intersects(shapes, ring)))
    assert len(picked) > 5


def test_a_box_picks_what_has_its_middle_in_it(visit: Visit, clean: str) -> None:
    page = opened(visit, clean).page
    page.evaluate("desk.setTool('box')")
    before = page.evaluate("desk.map.getCenter()")
    drawn_path(page, [(560, 220), (840, 520)])
    assert_picked(page, [(560, 220), (840, 220), (840, 520), (560, 520)])
    assert page.evaluate("desk.map.getCenter()") == before


def lasso_path() -> list[tuple[float, float]]:
    turn = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    reach = 190 * (1 + 0.35 * np.sin(5 * turn))
    return [(710 + r * np.cos(a), 380 + r * np.sin(a)) for r, a in zip(reach, turn, strict=True)]


def test_a_lasso_picks_what_has_its_middle_in_it(visit: Visit, clean: str) -> None:
    page = opened(visit, clean).page
    page.evaluate("desk.setTool('lasso')")
    drawn_path(page, lasso_path())
    assert_picked(page, lasso_path())


def test_a_lasso_is_drawn_with_one_finger(visit: Visit, clean: str) -> None:
    visitor = opened(visit, clean, has_touch=True)
    page = visitor.page
    page.evaluate("desk.setTool('lasso')")
    hand = page.context.new_cdp_session(page)
    path = lasso_path()
    for n, (x, y) in enumerate(path):
        kind = "touchMove" if n else "touchStart"
        hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    hand.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert_picked(page, path)
    visitor.assert_clean()


def test_a_small_lasso_picks_what_it_touches(visit: Visit, clean: str) -> None:
    page = opened(visit, clean).page
    page.evaluate(
        "desk.map.setZoom(desk.map.getZoom() + 2, { animate: false }); desk.setTool('lasso')"
    )
    drawn(page)
    corner = page.evaluate("desk.screen([ground.middles[60], ground.middles[61]])")
    x, y = corner["x"] + 20, corner["y"] + 20
    drawn_path(page, [(x, y), (x + 12, y), (x + 12, y + 12), (x, y + 12), (x, y + 2)])
    assert heard(page, "pick") == [{"indices": [30], "mode": "replace"}]


def test_the_map_is_worked_by_keys(visit: Visit, clean: str) -> None:
    visitor = opened(visit, clean)
    page = visitor.page
    page.focus("#map")
    page.keyboard.press("Alt+ArrowRight")
    first = heard(page, "focus")[0]["index"]
    page.keyboard.press("Alt+ArrowRight")
    second = heard(page, "focus")[0]["index"]
    page.keyboard.press("Enter")
    assert heard(page, "pick") == [{"indices": [second], "mode": "replace"}]
    page.keyboard.press("Alt+ArrowLeft")
    assert heard(page, "focus") == [{"index": first}]
    page.keyboard.press("Shift+Space")
    assert heard(page, "pick") == [{"indices": [first], "mode": "add"}]
    near, middles = page.evaluate(
        "([a]) => [[...ground.neighbours(a)], [...ground.middles]]", [first]
    )
    assert second in near
    assert middles[2 * second] > middles[2 * first]
    zoom = page.evaluate("desk.map.getZoom()")
    page.keyboard.press("+")
    waited(lambda: page.evaluate("desk.map.getZoom()") > zoom, "the map is nearer")
    visitor.assert_clean()


def test_a_road_and_a_point_are_picked_where_they_are(visit: Visit, clean: str) -> None:
    visitor = opened(visit, clean)
    page = visitor.page
    page.evaluate("desk.setLayer('roads', true); desk.setLayer('points', true)")
    drawn(page)
    point = page.evaluate("ground.points[1]")
    page.mouse.click(*screen(page, point["lon"], point["lat"]))
    assert page.evaluate("heard.splice(0).filter(one => one.name !== 'hover')") == [
        {"name": "pickpoint", "point_id": "s1"}
    ]
    page.evaluate("desk.setTool('road')")
    (lon, lat), (lon2, lat2) = page.evaluate("ground.roads[0].line")
    page.mouse.click(*screen(page, (lon + lon2) / 2, (lat + lat2) / 2))
    place, road = page.evaluate("heard.splice(0).filter(one => one.name !== 'hover')")
    assert road == {"name": "pickroad", "road_id": "r1"}
    assert place["lon"] == pytest.approx((lon + lon2) / 2, abs=2e-5)
    assert place["lat"] == pytest.approx((lat + lat2) / 2, abs=2e-5)
    visitor.assert_clean()
