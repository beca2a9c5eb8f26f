"""The desk's map: what it decodes, draws and picks is what shapely says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from libpysal.graph import Graph
from playwright.sync_api import Page
from shapely import LineString, Point, Polygon

from geodata.workspace import Workspace
from tests.browser.bare_desk import bare_site
from tests.browser.conftest import Visit, Visitor, served
from tests.browser.waiting import waited
from tests.gridmap.partitions import SIZE, SOUTH, WEST, partition
from tests.town import METRIC, raw_town
from tests.web import fakes

SIDE = 10
QUANTUM = 1e-6
AWAY_PX = 1.5  # from a border: nearer than this the screen may say either


@cache
def city(*, overlapping: bool = False) -> dict[str, Any]:
    """Return wobbly grids in two communities, beside a third that has none."""
    labels = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    labels[2, 2:5] = labels[2, 2]  # a long grid
    labels[6, 6] = labels[6, 8]  # one in two parts
    labels[4, 4] = -1  # ground without a grid
    drawn = partition(labels, seed=3)
    raw = raw_town()
    east = drawn.geometry.representative_point().x > WEST + SIZE * SIDE / 2
    parents = np.array(list(raw["communities"]["code"]))[east.to_numpy().astype(int)]
    grids = gpd.GeoDataFrame(
        {
            "code": [f"{parent}{n:03d}" for n, parent in enumerate(parents)],
            "name": [f"第{n}网格" for n in range(len(drawn))],
            "parent": parents,
            "residents": pd.array([None, *range(1, len(drawn))], dtype="Int64"),
        },
        geometry=drawn.geometry.to_list(),
        crs=METRIC,
    )
    bare = shapely.box(WEST, SOUTH - 400, WEST + 1000, SOUTH - 60)
    whole = [*grids.dissolve("parent").geometry, bare]
    if overlapping:
        x, y = WEST + 620, SOUTH + 130
        over = Polygon([(x, y), (x + 170, y + 20), (x + 120, y + 160), (x - 30, y + 90)])
        grids.loc[len(grids)] = [f"{parents[-1]}999", "压", parents[-1], 3, over]
    raw["communities"] = gpd.GeoDataFrame(
        {
            "code": [*raw["communities"]["code"], "232701100003"],
            "name": ["向阳社区", "北山社区", "新村"],
            "parent": raw["communities"]["parent"].iloc[0],
        },
        geometry=whole,
        crs=METRIC,
    )
    raw["grids"] = grids
    raw["roads"].geometry = [LineString([(WEST, SOUTH + 500), (WEST + 1000, SOUTH + 520)])]
    raw["inspection_points"].geometry = [
        Point(WEST + 230, SOUTH + 745),
        Point(WEST + 850, SOUTH + 220),
    ]
    return fakes.conformed(raw)


def workspace(frames: dict[str, Any]) -> Workspace:
    meta = SimpleNamespace(crs=fakes.CRS, codes="cn", name="漠河市", metric_crs="")
    store: Any = fakes.StillStore(frames, meta)
    return Workspace(store)


@pytest.fixture(scope="module")
def clean() -> Iterator[str]:
    with served(bare_site(workspace(city()), fakes.TODAY)) as address:
        yield address


@pytest.fixture(scope="module")
def overlapping() -> Iterator[str]:
    with served(bare_site(workspace(city(overlapping=True)), fakes.TODAY)) as address:
        yield address


def opened(visit: Visit, address: str, **options: Any) -> Visitor:
    visitor = visit(address, **options)
    visitor.open("/")
    drawn(visitor.page)
    return visitor


def drawn(page: Page) -> None:
    """Wait until what was asked for is on the screen."""
    page.evaluate("() => new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))")


def heard(page: Page, name: str) -> list[dict[str, Any]]:
    found = page.evaluate("name => heard.splice(0).filter(one => one.name === name)", name)
    return [{key: value for key, value in one.items() if key != "name"} for one in found]


def screen(page: Page, lon: float, lat: float) -> tuple[float, float]:
    at = page.evaluate("([x, y]) => desk.map.latLngToContainerPoint([y, x])", [lon, lat])
    return at["x"], at["y"]


def degrees(page: Page, places: list[tuple[float, float]]) -> np.ndarray:
    moved = """text => JSON.stringify(JSON.parse(text).map(at => {
        const { lng, lat } = desk.map.containerPointToLatLng(at);
        return [lng, lat];
    }))"""
    return np.array(json.loads(page.evaluate(moved, json.dumps(places))))


def source(frames: dict[str, Any]) -> np.ndarray:
    return np.asarray(frames["grids"].to_crs("EPSG:4326").geometry.to_numpy())


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


# What is picked


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


def drawn_path(page: Page, path: list[tuple[float, float]]) -> None:
    page.mouse.move(*path[0])
    page.mouse.down()
    for x, y in path[1:]:
        page.mouse.move(x, y, steps=2)
    page.mouse.up()


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


# What is mended


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
