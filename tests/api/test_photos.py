"""Photos over HTTP: kept once, shown to who may see them, never as they came."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from geodata.issues import pictures
from geodata.photos.reading import LIMITS
from geodata.photos.serving import HEADERS
from gridmap.access import CITY
from tests.closed_loop import (
    EAST,
    U2,
    U3,
    WEST,
    act,
    add_photo,
    desk,
    jpeg,
    phone,
    report,
    spot,
)
from tests.geodata.photos.pictures import encoded, exif, kept, opened, place, quarters
from tests.people import client_of

PHOTO = "photo-0001"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.fixture
def issue(loop: FastAPI) -> str:
    """Report garbage for which the unit u1 answers."""
    return str(report(phone(loop)).json()["issue_id"])


def listed(client: TestClient, issue: str) -> list[str]:
    """Return the photos of an issue."""
    photos = client.get(f"/api/v1/issues/{issue}").json()["photos"]
    return [photo["photo_id"] for photo in photos]


def test_a_photo_is_known_by_the_hash_of_what_was_sent(loop: FastAPI, issue: str) -> None:
    content, at = jpeg(1), spot(50, 200)
    where = {"lon": at["lon"], "lat": at["lat"]}
    answer = add_photo(phone(loop), issue, PHOTO, content, kind="near", **where)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert told["sent"] == hashlib.sha256(content).hexdigest()
    assert (told["photo_id"], told["width"], told["height"]) == (PHOTO, 64, 64)
    assert told["position_source"] == "phone"
    assert told["distance_m"] == pytest.approx(30, abs=0.1)


def test_a_photo_sent_again_is_answered_as_before_and_another_refused(
    loop: FastAPI, issue: str
) -> None:
    client = phone(loop)
    first, again = (add_photo(client, issue, PHOTO, jpeg(1)) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    other = add_photo(client, issue, PHOTO, jpeg(2))
    assert (other.status_code, other.json()["code"]) == (422, "idempotency")
    elsewhere = report(client).json()["issue_id"]
    assert add_photo(client, elsewhere, PHOTO, jpeg(1)).status_code == 422
    assert (listed(client, issue), listed(client, elsewhere)) == ([PHOTO], [])


def test_the_photo_of_a_report_that_has_not_come_is_not_there_yet(loop: FastAPI) -> None:
    answer = add_photo(phone(loop), "not-reported-yet", PHOTO, jpeg(1))
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


def test_a_datum_of_the_phone_is_shifted(loop: FastAPI, issue: str) -> None:
    at = spot(50, 170)
    where = {"lon": at["lon"], "lat": at["lat"]}
    shifted = add_photo(phone(loop), issue, PHOTO, jpeg(1), datum="gcj02", **where).json()
    assert 300 < shifted["distance_m"] < 900
    half = add_photo(phone(loop), issue, "photo-0002", jpeg(2), lon=at["lon"])
    assert half.status_code == 422


def test_the_moment_that_the_phone_tells_is_kept_where_exif_has_none(
    loop: FastAPI, issue: str
) -> None:
    client, at = phone(loop), "2026-11-22T08:30:00+08:00"
    add_photo(client, issue, PHOTO, jpeg(1), at=at)
    named = encoded(quarters(), exif=exif(taken="2026:11:20 07:00:00", offset="+08:00"))
    add_photo(client, issue, "photo-0002", named, at=at)
    photos = client.get(f"/api/v1/issues/{issue}").json()["photos"]
    taken = [photo["taken_at"] for photo in photos]
    assert taken == ["2026-11-22T00:30:00+00:00", "2026-11-19T23:00:00+00:00"]
    assert add_photo(client, issue, "photo-0003", jpeg(3), at="yesterday").status_code == 400


@pytest.mark.parametrize(
    "content",
    [b"hello", b"%PDF-1.7\n", SVG, b"<html></html>", b"GIF89a" + bytes(20), b"PK\x03\x04"],
)
def test_what_is_no_photo_is_refused_by_its_content(
    loop: FastAPI, issue: str, content: bytes
) -> None:
    answer = add_photo(phone(loop), issue, PHOTO, content)
    assert (answer.status_code, answer.json()["code"]) == (415, "no-photo")
    assert listed(phone(loop), issue) == []


@pytest.mark.parametrize("content", [b"", jpeg(1)[:1500], jpeg(1)[:20], b"\xff\xd8\xff" * 9])
def test_a_photo_that_is_broken_is_refused(loop: FastAPI, issue: str, content: bytes) -> None:
    answer = add_photo(phone(loop), issue, PHOTO, content)
    assert (answer.status_code, answer.json()["code"]) == (422, "unreadable")
    assert listed(phone(loop), issue) == []


def test_a_photo_that_is_too_large_is_refused(loop: FastAPI, issue: str) -> None:
    def pieces() -> Iterator[bytes]:
        yield from [bytes(1 << 20)] * 13

    declared = add_photo(phone(loop), issue, PHOTO, bytes(LIMITS.file_bytes + 1))
    assert (declared.status_code, declared.json()["code"]) == (413, "too-large")
    path = f"/api/v1/issues/{issue}/photos/{PHOTO}"
    streamed = phone(loop).put(path, content=pieces())  # nobody said how much it would be
    assert (streamed.status_code, streamed.json()["code"]) == (413, "too-large")
    assert listed(phone(loop), issue) == []


def test_an_issue_has_so_many_photos_and_no_more(
    loop: FastAPI, issue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert pictures.MOST == 12
    monkeypatch.setattr(pictures, "MOST", 2)
    client, content = phone(loop), jpeg(1)
    sent = [add_photo(client, issue, f"photo-{number:04}", content) for number in range(3)]
    assert [answer.status_code for answer in sent] == [201, 201, 422]
    assert listed(client, issue) == ["photo-0000", "photo-0001"]
    assert add_photo(client, issue, "photo-0001", content).status_code == 200


@pytest.mark.parametrize(
    "photo_id", ["short", "a" * 65, "photo%2F0001", "photo.0001", "照片照片照片照片"]
)
def test_a_photo_needs_a_name_that_a_phone_would_make(
    loop: FastAPI, issue: str, photo_id: str
) -> None:
    assert add_photo(phone(loop), issue, photo_id, jpeg(1)).status_code in {400, 404}


def test_a_foreign_issue_takes_no_photo_and_shows_none(loop: FastAPI, issue: str) -> None:
    add_photo(phone(loop), issue, PHOTO, jpeg(1))
    other = phone(loop, U3)
    assert add_photo(other, issue, "photo-0002", jpeg(2)).status_code == 404
    foreign, absent = (other.get(f"/api/v1/photos/{name}") for name in (PHOTO, "photo-9999"))
    assert (foreign.status_code, absent.status_code) == (404, 404)
    assert foreign.json()["detail"] == absent.json()["detail"].replace("photo-9999", PHOTO)
    nobody = TestClient(loop, base_url="http://127.0.0.1")
    assert nobody.get(f"/api/v1/photos/{PHOTO}").status_code == 401
    assert add_photo(nobody, issue, PHOTO, jpeg(1)).status_code == 401
    assert add_photo(client_of(loop, "auditor"), issue, PHOTO, jpeg(1)).status_code == 403
    assert listed(desk(loop), issue) == [PHOTO]


def test_who_may_see_an_issue_may_see_its_photos_as_long_as_it_is_theirs(
    loop: FastAPI, issue: str
) -> None:
    path = f"/api/v1/photos/{PHOTO}"
    add_photo(phone(loop), issue, PHOTO, jpeg(1))
    assert desk(loop, U2).get(path).status_code == 404
    office = client_of(loop, "city_office")
    act(office, issue, "transfer", unit_id="u2", reason="辖区有误")
    assert desk(loop, U2).get(path).status_code == 200


def test_a_photo_is_handed_out_as_a_picture_and_nothing_else(loop: FastAPI, issue: str) -> None:
    client = phone(loop)
    sent = encoded(
        quarters(1600, 1200), exif=exif(orientation=6, gps=place(), taken="2020:11:22 08:00:00")
    )
    told = add_photo(client, issue, PHOTO, sent, lon=122.5, lat=52.9).json()
    assert (told["position_source"], told["odd_time"]) == ("exif", True)
    full = client.get(f"/api/v1/photos/{PHOTO}")
    assert {name: full.headers[name] for name in HEADERS} == HEADERS
    assert full.headers["Content-Type"] == "image/jpeg"
    assert full.headers["Content-Disposition"] == f'inline; filename="photo-{PHOTO}.jpg"'
    assert kept(full.content)
    assert opened(full.content).size == (told["width"], told["height"]) == (1200, 1600)
    thumb = client.get(f"/api/v1/photos/{PHOTO}", params={"size": "thumb"})
    assert kept(thumb.content)
    assert len(thumb.content) < len(full.content)
    assert max(opened(thumb.content).size) < 1200
    assert client.get(f"/api/v1/photos/{PHOTO}?size=raw").status_code == 400


def test_offices_of_the_place_alone_blur_photos(loop: FastAPI, issue: str) -> None:
    content = encoded(quarters(400, 400))
    add_photo(phone(loop), issue, PHOTO, content)
    path, boxes = f"/api/v1/photos/{PHOTO}/redactions", {"boxes": [[0.1, 0.1, 0.4, 0.4]]}
    for client in (phone(loop), desk(loop), client_of(loop, "inspector")):
        assert client.post(path, json=boxes).status_code == 403
    assert client_of(loop, "subdistrict_office", EAST).post(path, json=boxes).status_code == 404
    west = client_of(loop, "subdistrict_office", WEST)
    for wrong in ([[0.1, 0.1, 1.4, 0.4]], [[0.1, 0.1]], [["a"] * 4], [[0.0] * 4] * 101):
        assert west.post(path, json={"boxes": wrong}).status_code == 422
    before = phone(loop).get(f"/api/v1/photos/{PHOTO}").content
    assert west.post(path, json=boxes).status_code == 200
    assert phone(loop).get(f"/api/v1/photos/{PHOTO}").content == before
    (photo,) = phone(loop).get(f"/api/v1/issues/{issue}").json()["photos"]
    blurred = loop.state.service.photos.open(photo["public_key"])
    assert kept(blurred)
    assert blurred != before
    assert client_of(loop, "city_office", CITY).get(f"/api/v1/photos/{PHOTO}").content == before
