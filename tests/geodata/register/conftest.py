"""The town's register, and files to be brought into it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.geodata.register.acts import WriteText
from tests.geodata.towns import Office, opened
from tests.registers import town_register


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(town_register(tmp_path_factory.mktemp("template")).removeprefix("gpkg:///"))


@pytest.fixture
def office(template: Path, tmp_path: Path) -> Iterator[Office]:
    shutil.copy(template, tmp_path / "town.gpkg")
    made = opened(tmp_path / "town.gpkg")
    yield made
    made.store.close()


@pytest.fixture
def text(tmp_path: Path) -> WriteText:
    def write(name: str, content: str) -> Path:
        (tmp_path / name).write_text(content, "utf-8")
        return tmp_path / name

    return write
