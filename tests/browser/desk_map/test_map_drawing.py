"""The desk's map: what it decodes and draws is what shapely says."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import shapely
from libpysal.graph import Graph
from playwright.sync_api import Page

from tests.browser.bare_desk import bare_site
from tests.browser.conftest import Visit, served
from tests.browser.desk_map.maps import (
    AWAY_PX,
    city,
    degrees,
    drawn,
    heard,
    opened,
    source,
    workspace,
)
from tests.town import METRIC
from tests.web import fakes

QUANTUM = 1e-6


# What is decoded


def test_rings_are_the_source_within_a_step(visit: Visit, clean: str) -> None:
    page = opened(visit, clean).page
    rings = page.evaluate("ground.codes.map((_, i) => ground.rings(i))")
    for shape, decoded in zip(source(city()), rings, strict=True):
        drawing = shapely.MultiLineString(decoded)
        assert shapely.hausdorff_distance(drawing, shape.boundary) <= QUANTUM
        assert drawing.length == pytest.approx(shape.boundary.length, rel=2e-2)


def test_a_ground_says_what_the_register_says(visit: Visit, clean: str) -> None:
    page = opened(visit, clean).page
    grids = city()["grids"]
    told = page.evaluate("""() => ({
        codes: ground.codes, names: ground.names, residents: [...ground.residents],
        area: [...ground.area], centre: [...ground.centre], bounds: ground.bounds,
        parents: [...ground.parent].map(k => ground.communities[k].code),
        communities: ground.communities, of: ground.codes.map(c => ground.indexOf.get(c)),
        near: ground.codes.map((_, i) => [...ground.neighbours(i)]),
        road: { ...ground.roads[0], line: ground.roads[0].line }, points: ground.points,
        rings: ground.compounds[0].rings,
    })""")
    assert told["codes"] == list(grids.index)
    assert told["names"] == list(grids["name"])
    assert told["parents"] == list(grids["parent"])
    assert told["of"] == list(range(len(grids)))
    assert told["residents"] == grids["residents"].fillna(-1).to_list()
    assert told["area"] == pytest.approx(grids.to_crs(METRIC).area.to_numpy(), abs=5)
    centres = shapely.points(np.reshape(told["centre"], (-1, 2)))
    assert shapely.contains(source(city()), centres).all()
    graph = Graph.build_contiguity(grids.reset_index(), rook=False)
    near = {i: sorted(graph[i].index) if graph[i].any() else [] for i in range(len(grids))}
    assert dict(enumerate(told["near"])) == near
    bare = next(one for one in told["communities"] if one["code"] == "232701100003")
    shape = city()["communities"].to_crs("EPSG:4326").geometry["232701100003"]
    assert bare["bounds"] == pytest.approx(shape.bounds, abs=QUANTUM)
    assert told["bounds"][1] == pytest.approx(shape.bounds[1], abs=QUANTUM)
    assert told["road"]["name"] == "中华路"
    assert told["road"]["length_m"] == pytest.approx(1000.2, abs=1)
    assert [point["point_id"] for point in told["points"]] == ["m1", "s1"]
    assert len(told["rings"]) == 1


def test_the_second_time_nothing_is_sent(visit: Visit, clean: str) -> None:
    page = opened(visit, clean).page
    asked = """async headers => {
        const got = await fetch("/desk/ground", { headers, cache: "no-store" });
        return [got.status, got.headers.get("ETag"), (await got.arrayBuffer()).byteLength];
    }"""
    status, tag, size = page.evaluate(asked, {})
    assert status == 200
    assert size > 1000
    assert page.evaluate(asked, {"If-None-Match": tag})[::2] == [304, 0]
    assert page.evaluate("ground.version") == tag


# What is drawn


@pytest.mark.parametrize("zoom", [0, 1.25, 3])
def test_each_pixel_is_of_the_grid_that_lies_there(visit: Visit, clean: str, zoom: float) -> None:
    visitor = opened(visit, clean)
    assert_pixels(visitor.page, zoom, city())
    visitor.assert_clean()


@pytest.mark.parametrize("zoom", [0, 2])
def test_a_grid_over_others_is_drawn_whole(visit: Visit, overlapping: str, zoom: float) -> None:
    frames = city(overlapping=True)
    assert_pixels(opened(visit, overlapping).page, zoom, frames, over=len(frames["grids"]) - 1)


def assert_pixels(page: Page, zoom: float, frames: dict[str, Any], over: int | None = None) -> None:
    page.evaluate("by => desk.map.setZoom(desk.map.getZoom() + by, { animate: false })", zoom)
    page.evaluate("desk.map.panBy([37, -21], { animate: false })")
    drawn(page)
    rng = np.random.default_rng(5)
    pixels = np.column_stack([rng.integers(0, 1440, 4000), rng.integers(0, 900, 4000)])
    read = "text => JSON.stringify(JSON.parse(text).map(([x, y]) => desk.raster.ids[y * 1440 + x]))"
    ids = json.loads(page.evaluate(read, json.dumps(pixels.tolist())))
    places = degrees(page, (pixels + 0.5).tolist())
    a_pixel = np.linalg.norm(np.diff(degrees(page, [(0, 0), (1, 0)]), axis=0))
    shapes, points = source(frames), shapely.points(places)
    tree = shapely.STRtree(shapely.boundary(shapes))
    far = np.ones(len(points), dtype=bool)
    far[tree.query(points, "dwithin", distance=AWAY_PX * a_pixel)[0]] = False
    expected = np.full(len(points), -1)
    point, grid = shapely.STRtree(shapes).query(points, "within")
    top_last = np.argsort(grid == over, kind="stable")
    expected[point[top_last]] = grid[top_last]
    if over is not None:  # of others that lie over each other, either may be seen
        both = np.bincount(point, minlength=len(points)) > 1
        far &= ~both | (expected == over)
        far &= ~np.isin(expected, np.unique(grid[both[point]])) | (expected == over)
    assert far.sum() > 1500
    assert len(np.unique(expected[far])) > 3
    np.testing.assert_array_equal(np.array(ids)[far], expected[far])


def test_an_action_recolours_the_map_that_is_there(visit: Visit, clean: str) -> None:
    visitor = opened(visit, clean)
    page = visitor.page
    page.evaluate("window.pane = document.querySelector('.desk-stack')")
    where = page.evaluate("[desk.map.getCenter(), desk.map.getZoom()]")
    colour = """i => {
        const pen = desk.stack.pens.get("fill");
        const at = desk.screen([ground.middles[2 * i], ground.middles[2 * i + 1]]);
        return [...pen.getImageData(Math.round(at.x), Math.round(at.y), 1, 1).data];
    }"""
    page.evaluate("desk.setFill(i => i === 7 ? '#c2410c' : 'rgb(0, 0, 255)')")
    drawn(page)
    assert page.evaluate(colour, 7) == [194, 65, 12, 255]
    assert page.evaluate(colour, 8) == [0, 0, 255, 255]
    ink = "() => desk.stack.pens.get('marks').getImageData(0, 0, 1440, 900).data.some(v => v)"
    assert not page.evaluate(ink)
    page.evaluate("desk.setSelected([7, 8])")
    drawn(page)
    assert page.evaluate(ink)
    assert page.evaluate(colour, 8) != [0, 0, 255, 255]
    assert page.evaluate("pane === document.querySelector('.desk-stack')")
    assert page.evaluate("[desk.map.getCenter(), desk.map.getZoom()]") == where
    visitor.assert_clean()


def test_a_sharp_screen_gets_every_pixel(visit: Visit, clean: str) -> None:
    page = opened(visit, clean, width="narrow", device_scale_factor=2).page
    assert page.evaluate("desk.stack.pens.get('fill').canvas.width") == 780
    assert page.evaluate("desk.stack.pens.get('fill').canvas.style.width") == "390px"


def test_an_empty_register_opens(visit: Visit) -> None:
    with served(bare_site(workspace(fakes.empty_register()), fakes.TODAY)) as address:
        visitor = opened(visit, address)
        visitor.page.mouse.click(400, 400)
        assert heard(visitor.page, "pick") == [{"indices": [], "mode": "replace"}]
        visitor.assert_clean()


def test_a_name_is_text(visit: Visit) -> None:
    with served(bare_site(workspace(fakes.named_badly()), fakes.TODAY)) as address:
        visitor = opened(visit, address)
        visitor.page.mouse.move(720, 450)
        visitor.page.wait_for_selector(".desk-tip:not([hidden])")
        assert visitor.page.locator(".desk-tip strong").inner_text() in fakes.PAYLOADS
        assert visitor.page.evaluate("window.__xss") is None
        visitor.assert_clean()
