"""A town whose issues have pages: the closed loop of `tests.closed_loop` with its pages."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.testclient import TestClient

from geodata.database import connect
from geodata.store import Store
from gridmap.access import CITY, Scope
from tests.citizens import GARBAGE, ONE
from tests.closed_loop import U1, act, add_photo, jpeg, loop_app, loop_register, report, spot
from tests.people import client_of
from web.main import add_pages


def emptied(folder: Path) -> Path:
    """Keep the town of `tests.closed_loop` without the issues that it begins with."""
    loop_register(folder)
    path = folder / "town.gpkg"
    store = Store(connect(f"gpkg:///{path}"))
    with store.write(who="a test", action="import") as writer:
        writer.retire("issues", ["i1", "i2", "i3"], date(2026, 1, 1))
    store.close()
    return path


def paged(template: Path, folder: Path) -> FastAPI:
    """Serve a copy of a register with its pages."""
    app = loop_app(template, folder)
    add_pages(app)
    return app


def office(app: FastAPI) -> TestClient:
    return client_of(app, "city_office")


def inspector(app: FastAPI) -> TestClient:
    return client_of(app, "inspector")


def coordinator(app: FastAPI, unit: Scope = U1) -> TestClient:
    return client_of(app, "unit_coordinator", unit)


def leader(app: FastAPI) -> TestClient:
    return client_of(app, "leader", CITY)


def issue_of(app: FastAPI, **more: Any) -> str:
    """Let somebody of u1 report garbage in grid 001; it is dispatched to u1 at once."""
    answer = report(client_of(app, "field_staff", U1), **more)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["issue_id"])


def nameless(app: FastAPI, **more: Any) -> str:
    """Let somebody report without a condition and without a place: it waits for the office."""
    told = {"category": "乱堆乱放", "condition": None, "place": None, **more}
    return issue_of(app, **told)


def closed(app: FastAPI) -> str:
    """Lead an issue along the whole way, and return its id."""
    issue_id = issue_of(app)
    unit, checker = coordinator(app), inspector(app)
    add_photo(unit, issue_id, "photo-before", jpeg(1), kind="before", **spot(50, 171))
    did(unit, issue_id, "accept")
    did(unit, issue_id, "rectify", reason="已清理")
    add_photo(unit, issue_id, "photo-after", jpeg(2), kind="after", **spot(50, 180))
    did(checker, issue_id, "reinspect")
    did(checker, issue_id, "close_out")
    return issue_id


def did(client: TestClient, issue_id: str, name: str, **more: Any) -> None:
    answer = act(client, issue_id, name, **more)
    assert answer.status_code == 200, answer.text


def text_of(html: str) -> str:
    """Return what a reader sees of a page, scripts and markup left out."""
    plain = re.sub(r"(?s)<(script|style|svg)\b.*?</\1>", " ", html)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", plain)).split())


def state_of(client: TestClient, issue_id: str) -> str:
    return str(client.get(f"/api/v1/issues/{issue_id}").json()["issue"]["state"])


def seen_of(client: TestClient, issue_id: str) -> int:
    return int(client.get(f"/api/v1/issues/{issue_id}").json()["version"])


__all__ = [
    "GARBAGE",
    "ONE",
    "closed",
    "coordinator",
    "did",
    "emptied",
    "inspector",
    "issue_of",
    "leader",
    "nameless",
    "office",
    "paged",
    "seen_of",
    "state_of",
    "text_of",
]
