"""
One contract, two stores: whatever a test here asks, both databases must answer alike.

PostGIS runs in a private cluster that these fixtures make and drop; ``GRIDMAP_TEST_POSTGIS_URL``
names a server to use instead. Where there is no PostGIS its tests skip, with CI set they fail.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import psycopg
import pytest
from fastapi import FastAPI
from geopandas.testing import assert_geodataframe_equal

from api.settings import Settings
from geodata.database import Database, connect, migrate
from geodata.store import Store
from tests.town import town
from web.main import create_app

CRS = "EPSG:4490"
NEW_YEAR = date(2026, 1, 1)
STORES = ["gpkg", pytest.param("postgis", marks=pytest.mark.postgis)]


class Clock:
    """A clock that goes on by a second whenever it is looked at."""

    def __init__(self) -> None:
        self.now = datetime(2026, 6, 1, 8, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture(scope="session")
def frames() -> dict[str, pd.DataFrame]:
    return {name: frame.sort_index() for name, frame in town(CRS).items()}


@pytest.fixture
def gpkg_url(tmp_path: Path) -> str:
    """Return the address of a GeoPackage that is not there yet."""
    return f"gpkg:///{tmp_path / 'register.gpkg'}"


@pytest.fixture(scope="session")
def gpkg_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a GeoPackage with an empty register, to copy from."""
    path = tmp_path_factory.mktemp("template") / "register.gpkg"
    database = connect(f"gpkg:///{path}")
    migrate(database, crs=CRS, name="漠河")
    database.close()
    return path


@pytest.fixture(scope="session")
def postgis_server() -> Iterator[str]:
    """Start a PostgreSQL server with PostGIS, for this session only, and return its address."""
    if given := os.environ.get("GRIDMAP_TEST_POSTGIS_URL"):
        yield given.rstrip("/")
        return
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not binaries:
        _skip_or_fail("there is no PostgreSQL on this machine")
    folder = Path(tempfile.mkdtemp(prefix="gridmap-pg-"))
    run = _runner(binaries[-1].parent, folder)
    port = _free_port()
    settings = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} -c max_connections=100"
    hasty = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    data = str(folder / "data")
    run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
    log = str(folder / "log")
    run("pg_ctl", "-D", data, "-w", "-l", log, "-o", f"{settings} {hasty}", "start")
    try:
        yield f"postgresql+psycopg://postgres@127.0.0.1:{port}"
    finally:
        run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgis_template(postgis_server: str) -> Iterator[str]:
    """Make a database with an empty register, to copy from, and return its name."""
    name = f"template_{uuid.uuid4().hex[:10]}"
    _admin(postgis_server, f"CREATE DATABASE {name}")
    database = connect(f"{postgis_server}/{name}")
    try:
        migrate(database, crs=CRS, name="漠河")
    finally:
        database.close()
    yield name
    _admin(postgis_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def new_database(postgis_server: str) -> Iterator[Callable[[str], str]]:
    """Return the maker of databases from a template; they are dropped after the test."""
    made: list[str] = []

    def make(template: str) -> str:
        made.append(f"test_{uuid.uuid4().hex[:10]}")
        _admin(postgis_server, f"CREATE DATABASE {made[-1]} TEMPLATE {template}")
        return f"{postgis_server}/{made[-1]}"

    yield make
    for name in made:
        _admin(postgis_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def postgis_url(new_database: Callable[[str], str]) -> str:
    """Return the address of an empty database."""
    return new_database("template1")


@pytest.fixture(params=STORES)
def bare(request: pytest.FixtureRequest) -> Iterator[Database]:
    """Return a database that holds no register yet, on each store in turn."""
    opened = connect(request.getfixturevalue(f"{request.param}_url"))
    yield opened
    opened.close()


@pytest.fixture(params=STORES)
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """Return an empty register in EPSG:4490, on each store in turn."""
    if request.param == "gpkg":
        opened = connect(request.getfixturevalue("gpkg_url"))
        assert opened.path is not None
        shutil.copy(request.getfixturevalue("gpkg_template"), opened.path)  # neither is open
    else:
        template = request.getfixturevalue("postgis_template")
        opened = connect(request.getfixturevalue("new_database")(template))
    yield opened
    opened.close()


@pytest.fixture
def store(database: Database) -> Store:
    """Return the store over an empty register, whose clock is the test's."""
    return Store(database, clock=Clock())


@pytest.fixture
def town_store(store: Store, frames: dict[str, pd.DataFrame]) -> Store:
    """Return a store that holds the town, valid from the first day of 2026."""
    with store.write(who="tester", action="import") as writer:
        for layer, frame in frames.items():
            writer.add(layer, frame, NEW_YEAR)
    return store


@pytest.fixture
def served_town(town_store: Store) -> Iterator[FastAPI]:
    """Return the whole service over the town, whose connections are closed afterwards."""
    url = town_store.database.engine.url.render_as_string(hide_password=False)
    app = create_app(Settings(database_url=url, language="en"))
    yield app
    app.state.service.workspaces.whole.store.close()
    town_store.close()


def assert_same(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    """Compare frames wholly: index, order, dtypes, values, geometries, CRS."""
    if isinstance(expected, gpd.GeoDataFrame):
        assert_geodataframe_equal(found, expected)
        assert found.crs == expected.crs
    else:
        pd.testing.assert_frame_equal(found, expected)


def _skip_or_fail(reason: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(f"PostGIS is needed in CI: {reason}")
    pytest.skip(reason)


def _runner(binaries: Path, folder: Path) -> Callable[..., None]:
    """Return what runs a program of PostgreSQL, which refuses to be run by root."""
    as_root = os.name == "posix" and os.geteuid() == 0
    user: dict[str, Any] = {}
    if as_root:
        shutil.chown(folder, "postgres", "postgres")
        user = {"user": "postgres", "group": "postgres", "extra_groups": []}
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "PGTZ": "UTC"}

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [str(binaries / program), *arguments],
            check=True,
            env=environment,
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=60,
            **user,
        )

    return run


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _admin(server: str, statement: str) -> None:
    address = server.replace("+psycopg", "") + "/postgres"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(statement.encode())
