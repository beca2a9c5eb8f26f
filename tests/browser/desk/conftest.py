"""The town of `tests.town`, served for the desk: to each test that writes, a town of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.browser.conftest import Visit
from tests.browser.desks import Site, desk_of, register, town_frames


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keep the town once; tests that write are given a copy."""
    folder = tmp_path_factory.mktemp("town")
    register(folder, town_frames())
    return folder / "desk.gpkg"


@pytest.fixture
def site(kept: Path, tmp_path: Path, visit: Visit) -> Iterator[Site]:
    """Serve a town of one's own."""
    copied = shutil.copy(kept, tmp_path)
    with desk_of(f"gpkg:///{copied}") as made:
        yield replace(made, visit=visit)


@pytest.fixture(scope="session")
def served_town(kept: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    copied = shutil.copy(kept, tmp_path_factory.mktemp("still"))
    with desk_of(f"gpkg:///{copied}") as made:
        yield made


@pytest.fixture
def still(served_town: Site, visit: Visit) -> Site:
    """Serve the town to tests that write nothing."""
    return replace(served_town, visit=visit)
