"""Registers for tests: the hand-made town, kept."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from geodata.database import connect, migrate
from geodata.store import Store
from tests.town import town

CRS = "EPSG:4490"
SINCE = date(2026, 1, 1)


def town_register(folder: Path) -> str:
    """Keep the town in a GeoPackage, valid from the first day of 2026, and return its address."""
    url = f"gpkg:///{folder / 'town.gpkg'}"
    database = connect(url)
    migrate(database, crs=CRS, codes="cn", name="试验镇")
    store = Store(database, clock=lambda: datetime(2026, 6, 1, 4, tzinfo=UTC))
    with store.write(who="a test", action="import") as writer:
        for layer, frame in town(CRS).items():
            writer.add(layer, frame, SINCE)
    store.close()
    return url
