"""The pictures of README and guide: made anew with every run, so that they cannot age."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from PIL import Image

from geodata.accounts import Accounts
from geodata.database import connect
from geodata.demo_boards import add_demo_boards
from geodata.demo_bulletins import add_demo_bulletin
from geodata.demo_patrols import add_demo_patrols
from geodata.paper.wall_map import wall_map
from geodata.store import Store
from gridmap import demo, layers
from gridmap.access import CITY, Grant
from tests.browser.conftest import Visit, served
from tests.browser.desks import Site, desk_of, register, select
from tests.people import CHEAP, PASSWORD
from tests.web import fakes

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
SHOWN = {"overview": "/", "coverage": "/coverage", "hotspots": "/hotspots?category=占道经营"}
LED = {
    "morning": "/leaders",
    "emerging": "/emerging?category=占道经营",
    "board": "/board",
    "ranking": "/ranking?month=2026-05",
    "bulletin": "/bulletins/2026-05",
}
NOW = datetime(2026, 6, 30, 4, tzinfo=UTC)
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
    picture = visitor.page.screenshot(path=PICTURES / f"{name}.jpg", type="jpeg", quality=62)
    assert len(picture) > 20_000
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
    add_demo_patrols(store)
    add_demo_boards(store)
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


@pytest.mark.parametrize("name", LED)
def test_what_leaders_see_is_worth_a_picture(visit: Visit, commanded: Site, name: str) -> None:
    visitor = visit(commanded.address)
    session = commanded.session("leader", "leader")
    cookie = {"name": "gridmap_session", "value": session, "url": commanded.address}
    visitor.page.context.add_cookies([cookie])
    visitor.open(LED[name])
    visitor.page.wait_for_timeout(1200)
    picture = visitor.page.screenshot(path=PICTURES / f"{name}.jpg", type="jpeg", quality=62)
    assert 20_000 < len(picture) < MOST
    visitor.assert_clean()


def test_the_wall_map_is_worth_a_picture(commanded: Site) -> None:
    reports = commanded.app.state.service.reports((CITY,))
    order = {"form": "png", "dpi": 110}
    drawn = wall_map(reports, order, NOW.date(), language="zh_CN", contacts=False)
    with Image.open(io.BytesIO(drawn)) as sheet:
        small = sheet.convert("RGB").resize((1240, 1240 * sheet.height // sheet.width))
    path = PICTURES / "wall-map.jpg"
    small.save(path, quality=46, optimize=True)
    assert 20_000 < path.stat().st_size < MOST
