"""The pictures of README and guide: made anew with every run, so that they cannot age."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from PIL import Image
from playwright.sync_api import expect

from geodata.accounts import Accounts
from geodata.database import connect
from geodata.demo_boards import add_demo_boards
from geodata.demo_bulletins import add_demo_bulletin
from geodata.demo_materials import add_demo_materials
from geodata.demo_patrols import add_demo_patrols
from geodata.paper.raster import picture
from geodata.paper.wall_map import wall_map
from geodata.store import Store
from gridmap import demo, layers
from gridmap.access import CITY, Grant
from tests.browser.conftest import WIDTHS, Visit, Visitor, served
from tests.browser.desks import Site, desk_of, register, select
from tests.browser.waiting import waited
from tests.people import CHEAP, PASSWORD
from tests.web import fakes

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
SHOWN = {"overview": "/", "coverage": "/coverage", "hotspots": "/hotspots?category=占道经营"}
LED = {
    "morning": "/leaders",
    "presentation": "/leaders/wall",
    "local-moran": "/hotspots?category=占道经营&statistic=local_moran",
    "roads": "/hotspots/roads?category=占道经营",
    "emerging": "/emerging?category=占道经营",
    "recurrence": "/recurrence",
    "comparison": "/comparison",
    "load": "/leaders/maps?show=load",
    "points": "/leaders/maps?show=points",
    "charts": "/charts",
    "board": "/board",
    "board-wall": "/board/wall",
    "board-map": "/board/map",
    "cadence": "/cadence",
    "ranking": "/ranking?month=2026-05",
    "evaluation": "/evaluation",
    "bulletin": "/bulletins/2026-05",
}
WHOLE = {"charts"}  # pages of which the first screen does not show what they are for
TALL = {"local-moran", "emerging", "comparison"}  # their map begins low on the page
GROWING = {"charts", "evaluation"}  # the columns of the charts grow for a second
WALLS = {"presentation", "board-wall"}  # made for a screen of 16:9, never for a telephone
NOW = datetime(2026, 6, 30, 4, tzinfo=UTC)
WIDER = "document.documentElement.scrollWidth > window.innerWidth"
WIDTH = 1100  # of a picture, in pixels
MOST = 120_000  # bytes of a picture


@pytest.fixture(scope="module")
def demo_city() -> Iterator[str]:
    """Serve the demo city from memory."""
    city = demo.city()
    frames = {
        name: layers.conform(getattr(city, name), contract)
        for name, contract in layers.LAYERS.items()
    }
    with served(fakes.site(frames, name=city.name)) as address:
        yield address


@pytest.mark.parametrize("name", SHOWN)
def test_the_demo_city_is_worth_a_picture(visit: Visit, demo_city: str, name: str) -> None:
    visitor = visit(demo_city)
    visitor.open(SHOWN[name])
    visitor.page.wait_for_timeout(1200)  # the columns of the chart grow for a second
    path = PICTURES / f"{name}.jpg"
    assert len(visitor.page.screenshot(path=path, type="jpeg", quality=62)) > 20_000
    visitor.assert_clean()


def test_the_desk_is_worth_a_picture(visit: Visit, tmp_path: Path) -> None:
    city = demo.city()
    frames = {
        name: layers.conform(getattr(city, name), contract)
        for name, contract in layers.LAYERS.items()
    }
    with desk_of(register(tmp_path, frames, city.name), language="zh_CN") as made:
        accounts = Accounts(made.app.state.service.workspaces.whole.store, hasher=CHEAP)
        office = [Grant("city_office")]
        accounts.add("office", "创城办 方圆", office, password=PASSWORD, by="tests")
        visitor = replace(made, visit=visit).open(name="office")
        grids = frames["grids"].index
        select(visitor.page, *grids[60:72])
        visitor.page.wait_for_timeout(600)
        path = PICTURES / "desk.jpg"
        assert len(visitor.page.screenshot(path=path, type="jpeg", quality=62)) > 20_000
        visitor.assert_clean()


@pytest.fixture(scope="module")
def commanded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Serve the demo city with its patrols, boards and bulletin, on the last day of June."""
    city = demo.ended_on(demo.city(), NOW.date() - timedelta(days=1))
    frames = {
        name: layers.conform(getattr(city, name), contract)
        for name, contract in layers.LAYERS.items()
    }
    frames["issues"] = dispatched(frames)
    url = register(tmp_path_factory.mktemp("commanded"), frames, city.name)
    store = Store(connect(url), clock=lambda: NOW)
    with store.write(who="tests", action="import") as writer:
        writer.add("visits", inspected(frames), date(2026, 6, 29))
    add_demo_patrols(store)
    add_demo_boards(store)
    add_demo_materials(store, ZoneInfo("Asia/Shanghai"))
    add_demo_bulletin(store, ZoneInfo("Asia/Shanghai"))
    store.close()
    with desk_of(url, language="zh_CN") as made:
        accounts = Accounts(made.app.state.service.workspaces.whole.store, hasher=CHEAP)
        accounts.add("leader", "市领导 顾远", [Grant("leader")], password=PASSWORD, by="tests")
        yield made


def dispatched(frames: dict[str, Any]) -> Any:
    """Return the issues with the grid in which they lie, and its unit, as an import finds them."""
    issues, grids = frames["issues"], frames["grids"][["geometry"]]
    within = issues[["geometry"]].sjoin(grids, predicate="within")
    grid = within.iloc[:, -1].groupby(level=0).first().reindex(issues.index)
    held = frames["assignments"].query("target_kind == 'grid' and tier == 'responsible'")
    unit = held.drop_duplicates("target").set_index("target")["unit_id"]
    return issues.assign(grid=grid.astype("str"), unit_id=grid.map(unit).astype("str"))


def inspected(frames: dict[str, Any]) -> pd.DataFrame:
    """Return a visit of two points in three; every second of them has the full score."""
    points = [point for n, point in enumerate(frames["inspection_points"].index) if n % 3]
    scores = [100.0 if n % 2 else 50.0 + n % 50 for n in range(len(points))]
    visits = pd.DataFrame({"visit_id": [f"v{point}" for point in points], "point_id": points})
    visits = visits.assign(unit_id=frames["units"].index[0], at="2026-06-29T02:00Z", by="方圆")
    return layers.conform(visits.assign(score=scores, out_of=100.0), layers.kept("visits"))


def led(visit: Visit, commanded: Site) -> Visitor:
    """Return a window in the name of a leader."""
    visitor = visit(commanded.address, locale="zh-CN")
    session = commanded.session("leader", "leader")
    cookie = {"name": "gridmap_session", "value": session, "url": commanded.address}
    visitor.page.context.add_cookies([cookie])
    return visitor


def kept(visitor: Visitor, name: str) -> None:
    """Keep what a window shows, not wider than the guide prints it."""
    whole = name in WHOLE
    visitor.page.screenshot(full_page=whole)  # the first makes the browser paint every tile
    visitor.page.wait_for_timeout(200)
    shot = visitor.page.screenshot(full_page=whole)
    with Image.open(io.BytesIO(shot)) as seen:
        small = seen.convert("RGB").resize((WIDTH, WIDTH * seen.height // seen.width))
    path = PICTURES / f"{name}.jpg"
    small.save(path, quality=66, optimize=True)
    assert 20_000 < path.stat().st_size < MOST * (2 if whole else 1)


def test_what_leaders_see_is_worth_a_picture(visit: Visit, commanded: Site) -> None:
    visitor = led(visit, commanded)  # one window for all: it keeps styles, scripts and fonts
    for name, path in LED.items():
        width, height = WIDTHS["wide"]
        visitor.page.set_viewport_size({"width": width, "height": height + 250 * (name in TALL)})
        page = visitor.open(path)
        expect(page.locator("h1"), name).to_have_count(1)
        expect(page.locator(".chart:not([data-ready])"), name).to_have_count(0)
        page.wait_for_timeout(1200 if name in GROWING else 200)
        kept(visitor, name)
        if name not in WALLS:
            width, height = WIDTHS["narrow"]
            page.set_viewport_size({"width": width, "height": height})
            waited(lambda: not visitor.page.evaluate(WIDER), f"{name} fits a telephone")
    visitor.assert_clean()


def test_what_a_unit_walked_is_worth_a_picture(visit: Visit, commanded: Site) -> None:
    visitor = led(visit, commanded)
    page = visitor.open("/patrols?day=2026-06-29&show=done")
    visitor.follow(page.locator("main table a[href*='/patrols/']").first)
    expect(page.frame_locator("main iframe").locator(".leaflet-pane").first).to_be_attached()
    page.wait_for_timeout(300)
    kept(visitor, "patrols")
    visitor.assert_clean()


def test_the_first_leaf_of_the_bulletin_is_worth_a_picture(visit: Visit, commanded: Site) -> None:
    answer = led(visit, commanded).page.request.get(
        f"{commanded.address}/api/v1/bulletins/2026-05.pdf"
    )
    assert answer.ok
    with Image.open(io.BytesIO(picture(answer.body(), 1, 100))) as leaf:
        path = PICTURES / "bulletin-page.jpg"
        leaf.convert("RGB").save(path, quality=66, optimize=True)
    assert 20_000 < path.stat().st_size < MOST


def test_the_wall_map_is_worth_a_picture(commanded: Site) -> None:
    reports = commanded.app.state.service.reports((CITY,))
    order = {"form": "png", "dpi": 110}
    drawn = wall_map(reports, order, NOW.date(), language="zh_CN", contacts=False)
    with Image.open(io.BytesIO(drawn)) as sheet:
        small = sheet.convert("RGB").resize((1240, 1240 * sheet.height // sheet.width))
    path = PICTURES / "wall-map.jpg"
    small.save(path, quality=46, optimize=True)
    assert 20_000 < path.stat().st_size < MOST
