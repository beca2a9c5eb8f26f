"""Tidying as operators meet it: a command, and a thread that never stops the service."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from api.commands import tidying
from api.main import create_app
from api.service import Service
from api.settings import Settings
from geodata.database import connect
from geodata.errors import BusyError
from geodata.store import Store
from geodata.tidying import Tidied
from tests.api.test_commands import Folder
from tests.commands import Commands
from tests.registers import town_register


def old_track(url: str) -> None:
    store = Store(connect(url))
    row = {"patrol_id": "P1", "unit_id": "u1", "track": "{}"}
    then = datetime.now(UTC) - timedelta(days=91)
    with store.database.writing() as connection:
        connection.execute(store.tables.loop.tracks.insert().values(**row, at=then))
    store.close()


def test_the_command_tells_what_was_forgotten(tmp_path: Path, commands: Commands) -> None:
    old_track(town_register(tmp_path))
    folder = Folder(tmp_path, commands)
    assert folder.answer("tidy") == {
        "tracks": 1,
        "receipts": 0,
        "public_sources": 0,
        "photos": 0,
    }
    again = folder.run("tidy")
    assert again.returncode == 0
    assert "0 tracks" in again.stdout


def test_the_service_tidies_when_it_starts(tmp_path: Path) -> None:
    url = town_register(tmp_path)
    old_track(url)
    settings = Settings(database_url=url, photos_url=str(tmp_path / "photos"))
    service: Service = create_app(settings).state.service
    stop = threading.Event()
    once: Any = SimpleNamespace(is_set=stop.is_set, wait=lambda _seconds: stop.set())
    tidying.tidy_daily(service, once)
    store = service.workspaces.whole.store
    told = store.journal.last()
    assert told is not None
    assert (told.who, told.action, told.what["tracks"]) == ("service", "tidy", 1)
    store.close()


def test_what_goes_wrong_is_told_in_the_log_and_tried_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stop, rounds = threading.Event(), list[float]()

    def tidy(*_: object) -> Tidied:
        if not rounds:
            msg = "Others are writing; try again."
            raise BusyError(msg)
        return Tidied(tracks=3)

    def wait(seconds: float) -> bool:
        rounds.append(seconds)
        if len(rounds) == 2:
            stop.set()
        return stop.is_set()

    monkeypatch.setattr(tidying, "tidy", tidy)
    store = SimpleNamespace(now=lambda: datetime.now(UTC))
    service: Any = SimpleNamespace(
        workspaces=SimpleNamespace(whole=SimpleNamespace(store=store)), photos=None
    )
    waiting: Any = SimpleNamespace(is_set=stop.is_set, wait=wait)
    with caplog.at_level("INFO"):
        tidying.tidy_daily(service, waiting)
    assert rounds == [86_400.0, 86_400.0]
    assert "tidying up has failed" in caplog.text
    assert "'tracks': 3" in caplog.text
