"""
Fifty phones over a network that loses three answers in ten: everything arrives, and arrives once.

The usual run is smaller; with ``GRIDMAP_ALL_PHONES`` set there are fifty phones with twenty reports
each, every one with a photo.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2 as httpx
import pytest

from geodata.database import connect
from geodata.photos.decoding import decoded
from geodata.store import Store
from tests.closed_loop import add_photo, jpeg, reported
from tests.scenarios.fault_proxy import Faults, fault_proxy
from tests.scenarios.phones import City, Phone, city, digest, served

pytestmark = pytest.mark.scenario
ALL = bool(os.environ.get("GRIDMAP_ALL_PHONES"))
PHONES, REPORTS, PHOTO_EVERY = (50, 20, 1) if ALL else (10, 4, 2)
REPLAYS = 3


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> City:
    return city(tmp_path_factory.mktemp("phones"), PHONES)


@pytest.fixture(scope="module")
def port(town: City) -> Iterator[int]:
    with served(town) as (_, found):
        yield found


def office_of(town: City, port: int) -> httpx.Client:
    headers = {"Authorization": f"Bearer {town.office}"}
    return httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=120)


def every_issue(office: httpx.Client) -> list[dict[str, Any]]:
    """Return the issues that phones have sent, page by page."""
    found: list[dict[str, Any]] = []
    query: dict[str, Any] = {"channel": "unit_patrol", "since": "2026-11-01T00:00:00Z"}
    while True:
        page = office.get("/api/v1/issues", params=query | {"limit": 100}).json()
        found += page["issues"]
        if page["next"] is None:
            assert len(found) == page["matched"]
            return found
        query["cursor"] = page["next"]


def test_what_phones_send_over_a_bad_network_arrives_once(town: City, port: int) -> None:
    phones = [Phone(number, token) for number, token in enumerate(town.tokens)]
    bad = Faults(lose=0.3, cut=0.03, cut_after=1500, portal=0.02)
    with fault_proxy(port, bad, seed=20261122) as proxy:

        def work(phone: Phone) -> None:
            phone.take(REPORTS, PHOTO_EVERY)
            with phone.client(proxy.port) as client:
                for _ in range(1 + REPLAYS):
                    phone.send(client)

        with ThreadPoolExecutor(len(phones)) as pool:
            list(pool.map(work, phones))
    answered = proxy.told["passed"]
    assert proxy.told["lost"] > 0.2 * answered
    assert min(proxy.told["cut"], proxy.told["portal"]) > 0
    # of what nobody heard, too; who waits in vain for the writers before is asked to come again
    assert set(proxy.statuses) <= {200, 201, 503}
    assert proxy.statuses[503] < 0.05 * proxy.statuses.total()
    statuses = {status for phone in phones for status in phone.statuses}
    assert statuses <= {200, 201, 503}
    assert "Traceback" not in town.said
    _require_all_once(town, port, phones)


def _require_all_once(town: City, port: int, phones: list[Phone]) -> None:
    records = [record for phone in phones for record in phone.records]
    with office_of(town, port) as office:
        issues = every_issue(office)
        assert sorted(row["issue_id"] for row in issues) == sorted(r.key for r in records)
        assert len(issues) == PHONES * REPORTS
        numbers = sorted(int(row["number"][-5:]) for row in issues)
        assert numbers == list(range(1, len(issues) + 1))
        shown = {row["issue_id"]: row for row in issues}
        for record in records:
            assert shown[record.key]["description"] == record.body["description"]
            told = office.get(f"/api/v1/issues/{record.key}").json()
            acts = [event["act"] for event in told["events"]]
            assert acts == ["report", "file", "dispatch"][: len(acts)]
            assert [photo["photo_id"] for photo in told["photos"]] == list(record.photos)
            for photo_id, content in record.photos.items():
                path = f"/api/v1/issues/{record.key}/photos/{photo_id}"
                assert record.answers[path]["sent"] == digest(content)
                served_bytes = {office.get(f"/api/v1/photos/{photo_id}").content for _ in "12"}
                assert served_bytes == {decoded(content)[0]}
    store = Store(connect(town.url))
    photos = sum(len(record.photos) for record in records)
    assert len(store.read("photos")) == photos
    assert store.journal.verify() is None
    assert store.verify() is None
    store.close()


def test_over_a_slow_and_distant_network_every_report_arrives_with_its_photo(
    town: City, port: int
) -> None:
    """Two seconds there and back, 20 KB/s, one answer of twenty lost: all twenty arrive."""
    phones = [Phone(100 + number, token) for number, token in enumerate(town.tokens[:10])]
    slow = Faults(delay=2.0, rate=20_000, lose=0.05)
    with fault_proxy(port, slow, seed=16) as proxy:

        def work(phone: Phone) -> None:
            phone.take(2)
            with phone.client(proxy.port) as client:
                phone.send(client)

        with ThreadPoolExecutor(len(phones)) as pool:
            list(pool.map(work, phones))
    assert proxy.told["passed"] == 40
    with office_of(town, port) as office:
        for record in (record for phone in phones for record in phone.records):
            told = office.get(f"/api/v1/issues/{record.key}").json()
            assert [photo["photo_id"] for photo in told["photos"]] == list(record.photos)


def test_a_photo_cut_anywhere_on_its_way_is_not_kept_and_then_sent_whole(
    town: City, port: int
) -> None:
    content = jpeg(7, side=200, comment=bytes(20_000))
    body = reported()
    before = {path for path in town.photos.rglob("*") if path.is_file()}
    phone = Phone(0, town.tokens[0])
    with fault_proxy(port, Faults()) as proxy, phone.client(proxy.port) as client:
        assert client.post("/api/v1/issues", json=body).status_code == 201
        proxy.faults.cut = 1.0
        cuts = range(4096, len(content), 4096)
        assert len(cuts) > 5
        for after in cuts:
            proxy.faults.cut_after = after
            with pytest.raises(httpx.TransportError):
                add_photo(client, body["issue_id"], "photo-cut1", content)
        proxy.faults.cut = 0.0
        shown = client.get(f"/api/v1/issues/{body['issue_id']}").json()
        assert shown["photos"] == []
        assert {path for path in town.photos.rglob("*") if path.is_file()} == before
        whole = add_photo(client, body["issue_id"], "photo-cut1", content)
        assert (whole.status_code, whole.json()["sent"]) == (201, digest(content))
        assert client.get("/api/v1/photos/photo-cut1").content == decoded(content)[0]
    assert proxy.told["cut"] == len(cuts)
    assert "Traceback" not in town.said


def test_a_photo_that_says_it_is_too_large_is_refused_before_it_comes(
    town: City, port: int
) -> None:
    body = reported()
    phone = Phone(0, town.tokens[0])
    with phone.client(port) as client:
        client.post("/api/v1/issues", json=body)
    head = (
        f"PUT /api/v1/issues/{body['issue_id']}/photos/photo-big1 HTTP/1.1\r\n"
        f"Host: 127.0.0.1\r\nAuthorization: Bearer {phone.token}\r\n"
        f"Content-Type: image/jpeg\r\nContent-Length: {13 << 20}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
        line.sendall(head.encode())
        assert line.recv(4096).startswith(b"HTTP/1.1 413 ")  # and not a byte of it was sent


def test_an_answer_names_what_was_sent_so_that_no_other_is_taken_for_it(
    town: City, port: int
) -> None:
    phone, body = Phone(0, town.tokens[0]), reported()
    with fault_proxy(port, Faults(portal=1.0)) as proxy, phone.client(proxy.port) as client:
        stranger = client.post("/api/v1/issues", json=body)
        assert (stranger.status_code, stranger.headers["Content-Type"]) == (200, "text/html")
        proxy.faults.portal = 0.0
        assert client.get(f"/api/v1/issues/{body['issue_id']}").status_code == 404
        told = client.post("/api/v1/issues", json=body)
    assert (told.status_code, told.headers["Content-Type"]) == (201, "application/json")
    assert told.json()["issue_id"] == body["issue_id"]
    edited = Phone(0, town.tokens[0])
    with edited.client(port) as client:
        other = client.post("/api/v1/issues", json=body | {"description": "改过的"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency")
