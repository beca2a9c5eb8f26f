"""Registers for tests: the hand-made town, kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from geodata.database import Database, connect, migrate
from geodata.store import Store
from tests.town import town

CRS = "EPSG:4490"
SINCE = date(2026, 1, 1)


def town_register(folder: Path) -> str:
    """Keep the town in a GeoPackage, valid from the first day of 2026, and return its address."""
    path = folder / "town.gpkg"
    path.write_bytes(_kept_town())
    return f"gpkg:///{path}"


def keep(path: Path, frames: Mapping[str, pd.DataFrame], name: str = "试验镇") -> str:
    """Keep frames in a new GeoPackage from the first day of 2026, and return its address."""
    store = Store(new_register(path, name), clock=lambda: datetime(2026, 6, 1, 4, tzinfo=UTC))
    with store.write(who="a test", action="import") as writer:
        for layer, frame in frames.items():
            writer.add(layer, frame, SINCE)
    store.close()
    return f"gpkg:///{path}"


def new_register(path: Path, name: str = "试验镇") -> Database:
    """Make a register without anything in a new GeoPackage, and open it."""
    path.write_bytes(_migrated(name))
    return connect(f"gpkg:///{path}")


@cache
def _kept_town() -> bytes:
    """Keep the town once in a process: a copy takes a thousandth of the time."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "town.gpkg"
        keep(path, town(CRS))
        return path.read_bytes()


@cache
def _migrated(name: str) -> bytes:
    """Go through the migrations once in a process."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "new.gpkg"
        database = connect(f"gpkg:///{path}")
        migrate(database, crs=CRS, codes="cn", name=name)
        database.close()
        return path.read_bytes()
