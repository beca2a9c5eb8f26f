"""Patrols over HTTP: what a phone sends, what an office sees, and who sees where somebody was."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.main import create_app
from api.settings import Settings
from geodata.calendars import calendar
from gridmap.access import Scope
from tests.people import client_of
from tests.registers import town_register
from tests.town import METRIC, place

ZONE = ZoneInfo("Asia/Shanghai")
EAST = Scope("division", "232701100002")


def worked(n: int) -> date:
    """Return the n-th last day that was worked before today."""
    day, city = datetime.now(ZONE).date(), calendar(ZONE)
    while n:
        day -= timedelta(days=1)
        n -= city.is_workday(day)
    return day


DAY, EARLIER = worked(1), worked(2)
SUNDAY = DAY - timedelta(days=7 + (DAY.weekday() + 1) % 7)
MORNING = datetime.combine(DAY, time(9), ZONE)


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    return create_app(Settings(database_url=town_register(tmp_path), language="en"))


@pytest.fixture
def phone(app: FastAPI) -> TestClient:
    return client_of(app, "field_staff", Scope("unit", "u1"))


@pytest.fixture
def office(app: FastAPI) -> TestClient:
    return client_of(app, "city_office")


def fix(x: float, y: float, minute: float) -> list[Any]:
    spot = gpd.GeoSeries([place(x, y)], crs=METRIC).to_crs("EPSG:4326")[0]
    return [spot.x, spot.y, (MORNING + timedelta(minutes=minute)).isoformat(), 5.0]


TRACK = [fix(x, 100, n) for n, x in enumerate(range(0, 121, 30))]


def send(client: TestClient, **more: Any) -> Any:
    body = {
        "patrol_id": "patrol-0001",
        "unit_id": "u1",
        "started_at": MORNING.isoformat(),
        "ended_at": (MORNING + timedelta(hours=1)).isoformat(),
        "track": TRACK,
        **more,
    }
    return client.post("/api/v1/patrols", json=body)


def asked(client: TestClient, what: str = "", **query: Any) -> Any:
    return client.get(f"/api/v1/patrols{what}", params={"day": DAY.isoformat(), **query})


def test_a_phone_sends_a_patrol_and_is_told_what_was_walked(phone: TestClient) -> None:
    answer = send(phone)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert (told["unit_name"], told["day"], told["roads_m"]) == ("市林业局", DAY.isoformat(), 150.0)
    assert told["walked_m"] == pytest.approx(140, rel=2e-3)
    assert told["missed"]["roads"] == [["r1", pytest.approx(140, abs=0.3), 150.0]]
    assert told["missed"]["points"] == told["walked"]["points"] == []


def test_the_same_patrol_again_is_answered_as_before(phone: TestClient) -> None:
    first, again = send(phone), send(phone)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert len(asked(phone).json()["patrols"]) == 1


def test_an_office_sees_what_is_due_done_and_missing(phone: TestClient, office: TestClient) -> None:
    before = asked(office, "/missing").json()
    assert [row["unit_name"] for row in before["missing"]] == ["市林业局", "市教育局", "市供电公司"]
    send(phone)
    after = asked(office, "/missing").json()
    assert (after["day"], after["is_workday"]) == (DAY.isoformat(), True)
    assert [row["unit_id"] for row in after["missing"]] == ["u2", "u3"]
    due = {row["unit_id"]: row for row in asked(office, "/due").json()["due"]}
    assert due["u1"]["walked_m"] == pytest.approx(140, rel=2e-3)
    assert (due["u1"]["patrols"], due["u2"]["patrols"], due["u2"]["points"]) == (1, 0, 1)
    yesterday = asked(office, "/missing", day=EARLIER.isoformat()).json()["missing"]
    assert len(yesterday) == 3


def test_on_a_day_off_nothing_is_due(office: TestClient) -> None:
    for what, key in (("/due", "due"), ("/missing", "missing")):
        told = asked(office, what, day=SUNDAY.isoformat()).json()
        assert (told["is_workday"], told[key]) == (False, [])


def test_a_phone_is_told_the_roads_and_points_of_its_beat(app: FastAPI) -> None:
    u1, u2 = (client_of(app, "field_staff", Scope("unit", key)) for key in ("u1", "u2"))
    told = asked(u1, "/due", unit_id="u1").json()
    (road,) = told["roads"]["features"]
    assert (road["properties"]["name"], road["geometry"]["type"]) == ("中华路", "LineString")
    assert (told["roads_m"], [row["unit_id"] for row in told["due"]]) == (150.0, ["u1"])
    (point,) = asked(u2, "/due", unit_id="u2").json()["points"]["features"]
    assert (point["id"], point["properties"]["category"]) == ("m1", "market")
    assert asked(u2, "/due", unit_id="u1").status_code == 404


def test_a_unit_sees_its_own_patrols_only(app: FastAPI, phone: TestClient) -> None:
    send(phone)
    other = client_of(app, "unit_coordinator", Scope("unit", "u2"))
    assert asked(other).json()["patrols"] == []
    assert [row["unit_id"] for row in asked(other, "/missing").json()["missing"]] == ["u2"]
    assert len(asked(phone).json()["patrols"]) == 1
    assert asked(phone, unit_id="u2").json()["patrols"] == []


def test_nobody_sends_a_patrol_for_another_unit(app: FastAPI, office: TestClient) -> None:
    other = client_of(app, "field_staff", Scope("unit", "u2"))
    assert send(other).status_code == 403
    assert send(office).status_code == 403
    assert send(client_of(app, "inspector")).status_code == 403
    assert asked(office).json()["patrols"] == []


def test_a_number_that_another_patrol_has_is_refused(app: FastAPI, phone: TestClient) -> None:
    send(phone)
    other = client_of(app, "field_staff", Scope("unit", "u2"))
    answer = send(other, unit_id="u2")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


@pytest.mark.parametrize(
    "more",
    [
        {"patrol_id": "short"},
        {"patrol_id": "../../etc/passwd"},
        {"started_at": "2026-06-01T09:00:00"},
        {"ended_at": "9999-12-31T23:59:59.999999Z"},
        {"started_at": "0001-01-01T00:00:00Z"},
        {"track": [[181, 0, MORNING.isoformat(), 5]]},
        {"track": [[True, 0, MORNING.isoformat(), 5]]},
        {"track": [["122.5", "52.9", MORNING.isoformat(), 5]]},
        {"track": [[122.5, 52.9, MORNING.isoformat(), -1]]},
        {"track": [[122.5, 52.9, MORNING.isoformat()]]},
        {"track": TRACK * 4001},
        {"more": 1},
    ],
)
def test_a_patrol_that_cannot_be_is_refused(
    phone: TestClient, office: TestClient, more: dict[str, Any]
) -> None:
    assert send(phone, **more).status_code == 422
    assert asked(office).json()["patrols"] == []


def test_a_track_is_for_its_person_and_the_offices_of_the_place(app: FastAPI) -> None:
    own = client_of(app, "field_staff", Scope("unit", "u2"))
    assert send(own, unit_id="u2").status_code == 201
    path = "/api/v1/patrols/patrol-0001/track"
    assert [spot[:2] for spot in own.get(path).json()["track"]] == [spot[:2] for spot in TRACK]
    assert client_of(app, "city_office").get(path).status_code == 200
    for role, scope in (("unit_coordinator", Scope("unit", "u2")), ("subdistrict_office", EAST)):
        assert client_of(app, role, scope).get(path).status_code == 404
    for role in ("leader", "auditor", "inspector"):
        assert client_of(app, role).get(path).status_code == 404
    journal = client_of(app, "auditor").get("/api/v1/journal").json()
    assert "track-read" in [entry["action"] for entry in journal["entries"]]


def test_who_has_not_signed_in_sees_nothing(app: FastAPI) -> None:
    nobody = TestClient(app, base_url="http://127.0.0.1")
    for what in ("", "/due", "/missing", "/patrol-0001/track"):
        assert nobody.get(f"/api/v1/patrols{what}").status_code == 401
    assert send(nobody).status_code == 401


def test_the_day_is_todays_if_none_is_asked_for(office: TestClient) -> None:
    today = datetime.now(UTC).astimezone(ZONE).date()
    told = office.get("/api/v1/patrols").json()["day"]
    assert date.fromisoformat(told) - today <= timedelta(days=1)
