"""Registers for tests: the hand-made town, kept."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from geodata.database import connect, migrate
from geodata.store import Store
from tests.town import town

CRS = "EPSG:4490"
SINCE = date(2026, 1, 1)


def town_register(folder: Path) -> str:
    """Keep the town in a GeoPackage, valid from the first day of 2026, and return its address."""
    path = folder / "town.gpkg"
    path.write_bytes(_kept_town())
    return f"gpkg:///{path}"


@cache
def _kept_town() -> bytes:
    """Keep the town once in a process: a copy takes a thousandth of the time."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "town.gpkg"
        _keep_town(f"gpkg:///{path}")
        return path.read_bytes()


def _keep_town(url: str) -> None:
    database = connect(url)
    migrate(database, crs=CRS, codes="cn", name="试验镇")
    store = Store(database, clock=lambda: datetime(2026, 6, 1, 4, tzinfo=UTC))
    with store.write(who="a test", action="import") as writer:
        for layer, frame in town(CRS).items():
            writer.add(layer, frame, SINCE)
    store.close()
