"""The ground of the map, served: a partition, and one with a grid over others."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.bare_desk import bare_site
from tests.browser.conftest import served
from tests.browser.desk_map.maps import city, workspace
from tests.web import fakes


@pytest.fixture(scope="module")
def clean() -> Iterator[str]:
    with served(bare_site(workspace(city()), fakes.TODAY)) as address:
        yield address


@pytest.fixture(scope="module")
def overlapping() -> Iterator[str]:
    with served(bare_site(workspace(city(overlapping=True)), fakes.TODAY)) as address:
        yield address
