"""The service over the town of `tests.town`, on a day of June 2026."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.main import create_app
from api.settings import Settings
from tests.closed_loop import loop_app, loop_register
from tests.registers import town_register


@pytest.fixture(scope="session")
def town_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return town_register(tmp_path_factory.mktemp("town"))


@pytest.fixture(scope="session")
def app(town_url: str) -> FastAPI:
    return create_app(Settings(database_url=town_url, language="en", public_register=True))


@pytest.fixture(scope="session")
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, base_url="http://127.0.0.1") as made:
        yield made


@pytest.fixture(scope="session")
def loop_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the register of `tests.closed_loop` once, to copy from."""
    folder = tmp_path_factory.mktemp("loop")
    loop_register(folder)
    return folder / "town.gpkg"


@pytest.fixture
def loop(loop_template: Path, tmp_path: Path) -> FastAPI:
    """Serve a town of its own, in which issues are reported."""
    return loop_app(loop_template, tmp_path)
