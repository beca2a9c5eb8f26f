"""The desk's map: what is drawn and moved on it is what was meant."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from tests.browser.bare_desk import bare_site
from tests.browser.conftest import Visit, served
from tests.browser.desk_map.maps import (
    city,
    degrees,
    drawn,
    drawn_path,
    heard,
    opened,
    screen,
    source,
    workspace,
)
from tests.web import fakes


def test_a_line_and_a_polygon_are_drawn_by_clicks(visit: Visit, clean: str) -> None:
    page = opened(visit, clean).page
    page.evaluate("desk.setTool('draw')")
    path = [(600, 300), (700, 320), (760, 400)]
    for at in path:
        page.mouse.click(*at)
    page.keyboard.press("Enter")
    ((line,), places) = heard(page, "drawn"), degrees(page, path)
    assert line["geometry"]["type"] == "LineString"
    np.testing.assert_allclose(line["geometry"]["coordinates"], places, atol=1e-9)
    for at in [*path, path[0]]:
        page.mouse.click(*at)
    (closed,) = heard(page, "drawn")
    assert closed["geometry"]["type"] == "Polygon"
    np.testing.assert_allclose(
        closed["geometry"]["coordinates"][0], [*places, places[0]], atol=1e-9
    )


def test_a_vertex_of_a_shared_border_is_moved(visit: Visit, clean: str) -> None:
    visitor = opened(visit, clean)
    page = visitor.page
    shapes = source(city())
    here, beside = 55, 56
    common = shapely.line_merge(shapely.intersection(shapes[here], shapes[beside]))
    page.evaluate(f"desk.fit([{here}, {beside}]); desk.setTool('edit')")
    drawn(page)
    middle = common.interpolate(0.37, normalized=True)
    page.mouse.click(*screen(page, middle.x, middle.y))
    page.wait_for_selector(".desk-handle")
    vertices = shapely.get_coordinates(common)
    assert page.locator(".desk-handle").count() == len(vertices)
    x, y = screen(page, *vertices[1])
    drawn_path(page, [(x, y), (x + 30, y + 10)])
    (moved,) = heard(page, "moved")
    ((lon, lat, lon2, lat2),) = moved["moves"]
    assert (lon, lat) == pytest.approx(tuple(vertices[1]), abs=1e-7)
    np.testing.assert_allclose(screen(page, lon2, lat2), (x + 30, y + 10), atol=2)
    visitor.assert_clean()


def test_mended_ground_keeps_the_view_and_what_was_chosen(visit: Visit, clean: str) -> None:
    with served(bare_site(workspace(fakes.wide_town()), fakes.TODAY)) as other:
        visitor = opened(visit, clean)
        page = visitor.page
        first = workspace(city()).frame("grids", fakes.TODAY).index
        second = workspace(fakes.wide_town()).frame("grids", fakes.TODAY).index
        both = [code for code in first if code in set(second)]
        gone = [code for code in first if code not in set(second)]
        assert both
        assert gone
        page.evaluate(
            "codes => desk.setSelected(codes.map(c => ground.indexOf.get(c)))", [*both, *gone]
        )
        where = page.evaluate("[desk.map.getCenter(), desk.map.getZoom()]")
        got = {
            part: page.request.get(f"{other}/desk/ground?part={part}").body()
            for part in ("grids", "things")
        }
        page.route(
            "**/desk/ground*",
            lambda asked: asked.fulfill(
                body=got["things" if "part" in asked.request.url else "grids"]
            ),
        )
        page.evaluate("async () => desk.replaceGround(await loadGround('/desk/ground'))")
        drawn(page)
        kept = page.evaluate("[...desk.choices.selected].map(i => desk.ground.codes[i])")
        assert sorted(kept) == sorted(both)
        assert page.evaluate("[desk.map.getCenter(), desk.map.getZoom()]") == where
        assert page.evaluate("desk.raster.ids.some(id => id >= 0)")
        visitor.assert_clean()
