"""Citizens over HTTP: no account, a receipt, a status, photos, and what is not told."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.main import create_app
from api.settings import Settings
from geodata.issues.acts import Act, Acts
from geodata.issues.pictures import Pictures
from geodata.store import Store
from gridmap.access import Scope
from tests.citizens import GARBAGE, LAMP, OFFICE, publish_conditions, spot
from tests.geodata.photos import pictures
from tests.people import client_of
from tests.registers import town_register

PICTURE = pictures.encoded(pictures.quarters(), exif=pictures.exif(gps=pictures.place()))
AT = spot(80, 190)
PLACE = {"lon": AT.x, "lat": AT.y, "accuracy_m": 8}
REPORTS = "/api/v1/public/reports"


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    url = town_register(tmp_path)
    made = create_app(
        Settings(database_url=url, language="en", photos_url=str(tmp_path / "photos"))
    )
    publish_conditions(store_of(made))
    return made


@pytest.fixture
def anybody(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, base_url="http://127.0.0.1") as client:
        yield client


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Return a client of a service that no test writes to."""
    app = create_app(
        Settings(database_url=town_register(tmp_path_factory.mktemp("still")), language="en")
    )
    publish_conditions(store_of(app))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        yield client


def store_of(app: FastAPI) -> Store:
    store: Store = app.state.service.workspaces.whole.store
    return store


def body(**more: Any) -> dict[str, Any]:
    told = {"report_id": str(uuid.uuid4()), "category": GARBAGE, "description": "桶外有垃圾"}
    return {**told, "place": PLACE, **more}


def reported(client: TestClient, **more: Any) -> str:
    answer = client.post(REPORTS, json=body(**more))
    assert answer.status_code == 201, answer.text
    code: str = answer.json()["receipt"]
    return code


def photo(client: TestClient, code: str, key: str = "photo-0001", content: bytes = PICTURE) -> Any:
    return client.put(
        f"{REPORTS}/{code}/photos/{key}", content=content, headers={"Content-Type": "image/jpeg"}
    )


def issue_of(app: FastAPI) -> dict[str, Any]:
    """Return the issue that a citizen reported."""
    rows = store_of(app).read_issues().reset_index()
    found: dict[str, Any] = rows[rows["number"].notna()].to_dict("records")[0]
    return found


def act(app: FastAPI, name: str, **more: Any) -> None:
    """Have the office act on that issue."""
    Acts(app.state.service.setting(OFFICE)).act(issue_of(app)["issue_id"], Act(name, **more))


def test_anybody_may_ask_for_the_categories(reader: TestClient) -> None:
    answer = reader.get("/api/v1/public/categories")
    assert answer.json() == [
        {"category": GARBAGE, "group": "市容环境"},
        {"category": LAMP, "group": "公用设施"},
    ]
    assert "public" in answer.headers["cache-control"]


def test_a_report_is_answered_with_its_receipt_and_nothing_else(anybody: TestClient) -> None:
    answer = anybody.post(REPORTS, json=body())
    assert answer.status_code == 201
    assert set(answer.json()) == {"receipt", "state"}
    assert answer.json()["state"] == "received"
    assert answer.headers["cache-control"] == "no-store"


def test_a_report_sent_again_has_the_same_answer(anybody: TestClient) -> None:
    sent = body()
    first, again = anybody.post(REPORTS, json=sent), anybody.post(REPORTS, json=sent)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    other = anybody.post(REPORTS, json={**sent, "description": "别的"})
    assert other.status_code == 422
    assert other.json()["code"] == "idempotency"


def test_the_sixth_report_of_a_minute_is_told_when_to_come_again(anybody: TestClient) -> None:
    for _ in range(5):
        reported(anybody)
    answer = anybody.post(REPORTS, json=body())
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 60


@pytest.mark.parametrize(
    "wrong",
    [
        {"report_id": "1"},
        {"category": "没有"},
        {"place": None, "description": None},
        {"place": {"lon": 200, "lat": 50}},
        {"description": "长" * 4001},
        {"phone": "13800000000"},
    ],
)
def test_a_report_that_cannot_be_is_refused(reader: TestClient, wrong: dict[str, Any]) -> None:
    assert reader.post(REPORTS, json=body(**wrong)).status_code == 422


def test_the_status_tells_of_the_report_and_of_nobody(app: FastAPI, anybody: TestClient) -> None:
    code = reported(anybody, address="中华路 3 号")
    act(app, "refuse", reason="不在管理范围")
    told = anybody.get(f"{REPORTS}/{code}?lang=en").json()
    assert set(told) == {"state", "words", "category", "reported_at", "updated_at", "note"}
    assert (told["state"], told["words"], told["note"]) == (
        "refused",
        "Not accepted",
        "不在管理范围",
    )
    assert anybody.get(f"{REPORTS}/ZZZZ-ZZZZ-ZZZZ-ZZZZ").status_code == 404


def test_who_reports_is_not_let_in_anywhere_else(anybody: TestClient) -> None:
    code = reported(anybody)
    for path in ("/api/v1/grids", "/api/v1/units", "/api/v1/assignments", "/api/v1/issues"):
        answer = anybody.get(path, headers={"Authorization": f"Bearer {code}"})
        assert answer.status_code == 401
        assert anybody.get(path).status_code == 401


def test_a_photo_is_taken_once_and_shown_to_nobody_outside(
    app: FastAPI, anybody: TestClient
) -> None:
    code = reported(anybody)
    first, again = photo(anybody, code), photo(anybody, code)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert set(first.json()) == {"photo_id", "sent", "width", "height"}
    assert anybody.get("/api/v1/public/photos/photo-0001").status_code == 404
    service = app.state.service
    assert Pictures(service.setting(OFFICE), service.photos).content("photo-0001")


def test_a_published_photo_is_the_blurred_one(app: FastAPI, anybody: TestClient) -> None:
    photo(anybody, reported(anybody))
    service = app.state.service
    office = Pictures(service.setting(OFFICE), service.photos)
    act(app, "publish")
    # the issue is public; its photo is not, before somebody has looked at it
    assert anybody.get("/api/v1/public/photos/photo-0001").status_code == 404
    office.publish("photo-0001", [(0.0, 0.0, 1.0, 1.0)])
    shown = anybody.get("/api/v1/public/photos/photo-0001")
    assert shown.status_code == 200
    assert shown.content != office.content("photo-0001")
    assert shown.headers["x-content-type-options"] == "nosniff"
    act(app, "unpublish")
    assert anybody.get("/api/v1/public/photos/photo-0001").status_code == 404


@pytest.mark.parametrize(
    ("content", "status"), [(b"GIF89a", 415), (b"", 422), (b"\xff\xd8\xff" * (5 << 20), 413)]
)
def test_what_is_no_photo_is_refused(anybody: TestClient, content: bytes, status: int) -> None:
    code = reported(anybody)
    assert photo(anybody, code, content=content).status_code in {status, 422}
    assert photo(anybody, code).status_code == 201


def test_a_photo_without_a_receipt_is_refused(reader: TestClient) -> None:
    assert photo(reader, "ZZZZ-ZZZZ-ZZZZ-ZZZZ").status_code == 404


def test_roads_come_without_those_who_answer_for_them(reader: TestClient) -> None:
    box = f"{AT.x - 0.01},{AT.y - 0.01},{AT.x + 0.01},{AT.y + 0.01}"
    (road,) = reader.get("/api/v1/public/roads", params={"bbox": box}).json()["features"]
    assert road["properties"] == {"name": "中华路", "road_class": "main"}
    far = reader.get("/api/v1/public/roads", params={"bbox": "0,0,0.1,0.1"})
    assert far.json()["features"] == []
    for wrong in ("", "1,2,3", "0,0,90,90", "nan,0,0,0"):
        assert reader.get("/api/v1/public/roads", params={"bbox": wrong}).status_code == 400


def test_who_is_signed_in_for_a_unit_is_shown_the_same_roads(app: FastAPI) -> None:
    unit = client_of(app, "unit_coordinator", Scope("unit", "u3"))
    box = f"{AT.x - 0.01},{AT.y - 0.01},{AT.x + 0.01},{AT.y + 0.01}"
    assert len(unit.get("/api/v1/public/roads", params={"bbox": box}).json()["features"]) == 1


def test_a_unit_that_reports_as_a_citizen_is_not_believed_more(app: FastAPI) -> None:
    unit = client_of(app, "unit_coordinator", Scope("unit", "u1"))
    reported(unit)
    found = issue_of(app)
    assert (found["state"], found["reporter"]) == ("reported", "public")
