"""The pictures of the README: made anew with every run, so that they cannot age."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gridmap import demo, layers
from tests.browser.conftest import Visit, served
from tests.web import fakes

SHOWN = {"overview": "/", "coverage": "/coverage", "hotspots": "/hotspots"}


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
    assert visitor.picture(f"readme-{name}").stat().st_size > 20_000
    visitor.assert_clean()
