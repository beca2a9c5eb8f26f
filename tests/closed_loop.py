"""The closed loop over HTTP: a town with conditions and a checklist, and what phones send to it."""

from __future__ import annotations

import io
import shutil
import uuid
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from fastapi import FastAPI
from PIL import Image
from starlette.testclient import TestClient

from api.main import create_app
from api.settings import Settings
from geodata.database import connect
from geodata.store import Store
from gridmap import layers
from gridmap.access import Scope
from tests.citizens import GARBAGE, ONE, publish_conditions
from tests.people import client_of
from tests.registers import town_register
from tests.town import METRIC, place

U1, U2, U3 = (Scope("unit", key) for key in ("u1", "u2", "u3"))
WEST, EAST = (Scope("division", f"23270110000{n}") for n in (1, 2))
ITEMS = pd.DataFrame(
    {
        "item_id": ["clean", "bins", "share"],
        "edition": "2026",
        "category": "market",
        "item": ["门前无垃圾积存", "垃圾桶数量", "摊位证照齐全比例"],
        "check": ["yes_no", "count", "share"],
        "least": [None, 2.0, 0.9],
        "weight": [10.0, 5.0, 5.0],
        "position": [1, 2, 3],
    }
)


def loop_register(folder: Path) -> str:
    """Keep the town with its conditions and a checklist for markets, and return its address."""
    path = folder / "town.gpkg"
    path.write_bytes(_kept_loop())
    return f"gpkg:///{path}"


@cache
def _kept_loop() -> bytes:
    """Keep them once in a process, to copy from."""
    with TemporaryDirectory() as folder:
        store = Store(connect(town_register(Path(folder))))
        publish_conditions(store)
        with store.write(who="a test", action="checklist") as writer:
            rows = layers.conform(ITEMS, layers.BOOKS["checklists"])
            writer.add("checklists", rows, date(2026, 1, 1))
        store.close()
        return (Path(folder) / "town.gpkg").read_bytes()


def loop_app(template: Path, folder: Path) -> FastAPI:
    """Serve a copy of a register that nobody has open."""
    path = folder / "town.gpkg"
    shutil.copy(template, path)
    url, photos = f"gpkg:///{path}", str(folder / "photos")
    return create_app(Settings(database_url=url, photos_url=photos, language="en"))


def phone(app: FastAPI, unit: Scope = U1) -> TestClient:
    """Return the phone of somebody of a unit, who walks about."""
    return client_of(app, "field_staff", unit)


def desk(app: FastAPI, unit: Scope = U1) -> TestClient:
    """Return somebody who answers for what a unit does."""
    return client_of(app, "unit_coordinator", unit)


def spot(x: float, y: float, **more: Any) -> dict[str, Any]:
    """Return the place x metres east and y metres north in the town, as a phone sends it."""
    at = gpd.GeoSeries([place(x, y)], crs=METRIC).to_crs("EPSG:4326").iloc[0]
    return {"lon": at.x, "lat": at.y, **more}


def reported(**more: Any) -> dict[str, Any]:
    """Return a report of garbage in the square of grid 001, for which the unit u1 answers."""
    told = {
        "issue_id": str(uuid.uuid4()),
        "category": GARBAGE,
        "condition": ONE,
        "description": "桶外有散落垃圾",
        "place": spot(50, 170, accuracy_m=8),
        **more,
    }
    return {name: value for name, value in told.items() if value is not None}


def report(client: TestClient, **more: Any) -> Any:
    """Send a report, and return the answer."""
    return client.post("/api/v1/issues", json=reported(**more))


def ledger(client: TestClient, **query: Any) -> Any:
    """Ask the ledger, and return what it answers."""
    answer = client.get("/api/v1/issues", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def act(client: TestClient, issue_id: str, name: str, seen: str | None = "*", **more: Any) -> Any:
    """Act on an issue, and return the answer."""
    headers = {} if seen is None else {"If-Match": seen}
    body = {"act": name, **more}
    return client.post(f"/api/v1/issues/{issue_id}/acts", json=body, headers=headers)


def jpeg(seed: int, side: int = 64, **options: Any) -> bytes:
    """Return a small photo of noise; another one for each seed."""
    pixels = np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)
    written = io.BytesIO()
    Image.fromarray(pixels).save(written, "JPEG", quality=85, **options)
    return written.getvalue()


def add_photo(client: TestClient, subject: str, photo_id: str, content: bytes, **query: Any) -> Any:
    """Hand in a photo of an issue, or of ``visits/…``, and return the answer."""
    home = subject if "/" in subject else f"issues/{subject}"
    path = f"/api/v1/{home}/photos/{photo_id}"
    return client.put(path, params=query, content=content, headers={"Content-Type": "image/jpeg"})
