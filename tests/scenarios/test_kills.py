"""A service that is killed while phones send: what it said is true, and nothing is half there."""

from __future__ import annotations

import os
import random
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from geodata.database import connect
from geodata.photos.store import PhotoFiles
from geodata.store import Store
from tests.scenarios.phones import City, Phone, SilenceError, city, digest, served

pytestmark = pytest.mark.scenario
PHONES, REPORTS = 4, 40
KILLS = 10 if os.environ.get("GRIDMAP_ALL_PHONES") else 2


def _send_until_killed(town: City, phones: list[Phone], seconds: float) -> None:
    """Let phones send to a service that lives so long."""
    with served(town) as (process, port), ThreadPoolExecutor(PHONES) as pool:

        def work(phone: Phone) -> None:
            with phone.client(port) as client:
                phone.send(client)

        sending = [pool.submit(work, phone) for phone in phones]
        time.sleep(seconds)
        process.kill()
        assert [type(one.exception()) for one in sending] == [SilenceError] * PHONES


def _require_whole(town: City, phones: list[Phone]) -> tuple[int, int]:
    """Compare what is kept with itself and with what was answered; return how much there is."""
    store, files = Store(connect(town.url)), PhotoFiles(str(town.photos))
    issues = store.read_issues()
    issues = issues[issues["number"].notna()]
    events, photos = store.read("issue_events"), store.read("photos")
    acts = events.groupby("issue_id")["act"].agg(list)
    assert set(acts.index) == set(issues.index)
    for key, state in issues["state"].items():
        told = ["report", "file", "dispatch"][: len(acts[key])]
        assert sorted(acts[key]) == sorted(told)
        assert events.loc[events["issue_id"] == key, "to_state"].isin([state]).any()
    assert issues["number"].is_unique
    for row in photos.itertuples():
        assert row.subject in issues.index
        assert files.open(row.key)
        assert files.open(row.thumb)
    assert store.journal.verify() is None
    assert store.verify() is None
    for phone in phones:
        for record in phone.records:
            for path in record.answers:
                if "/photos/" in path:
                    photo_id = path.rpartition("/")[2]
                    sent = digest(record.photos[photo_id])
                    assert photos.loc[photo_id, "sent"] == sent
                else:
                    assert record.key in issues.index
    store.close()
    return len(issues), len(photos)


def test_a_killed_service_keeps_what_it_answered_and_nothing_half(tmp_path: Path) -> None:
    town = city(tmp_path, PHONES)
    phones = [Phone(number, token, patience=1) for number, token in enumerate(town.tokens)]
    for phone in phones:
        phone.take(REPORTS)
    chance, grown = random.Random(20261122), [(0, 0)]  # noqa: S311 - of a test
    for _ in range(KILLS):
        _send_until_killed(town, phones, chance.uniform(1.5, 4.0))
        grown.append(_require_whole(town, phones))
    assert grown == sorted(grown)
    assert grown[-1] > grown[0]
    with served(town) as (_, port):
        for phone in phones:
            del phone.records[6:]  # enough to see that the queue goes on where it stood
            with phone.client(port) as client:
                phone.send(client)
    _require_whole(town, phones)
    assert all(len(record.answers) == 2 for phone in phones for record in phone.records)
