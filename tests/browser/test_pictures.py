"""The pictures of the README: made anew with every run, so that they cannot age."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from geodata.accounts import Accounts
from gridmap import demo, layers
from gridmap.access import Grant
from tests.browser.conftest import Visit, served
from tests.browser.desks import desk_of, register, select
from tests.people import CHEAP, PASSWORD
from tests.web import fakes

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
SHOWN = {"overview": "/", "coverage": "/coverage", "hotspots": "/hotspots?category=占道经营"}


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
