"""The pages of patrols: a day of all units, the days of one, and for a unit its own."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.settings import Settings
from gridmap.access import Scope
from tests.api.test_patrols import DAY, EARLIER, SUNDAY, send
from tests.people import client_of
from tests.registers import town_register
from web.main import create_app
from web.pages import patrols

ROW = re.compile(r"<tr[^>]*>(.*?)</tr>", re.DOTALL)


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    return create_app(Settings(database_url=town_register(tmp_path), language="en"))


@pytest.fixture
def office(app: FastAPI) -> TestClient:
    return client_of(app, "city_office")


@pytest.fixture
def phone(app: FastAPI) -> TestClient:
    return client_of(app, "field_staff", Scope("unit", "u1"))


def page(client: TestClient, path: str = "/patrols", day: date = DAY, **query: str) -> str:
    answer = client.get(path, params={"day": day.isoformat(), **query})
    assert answer.status_code == 200, answer.text
    return answer.text


def rows(text: str, *names: str) -> list[str]:
    """Return which of some names the rows of a table begin with, in order."""
    found = [re.sub(r"<[^>]+>|\s+", " ", row) for row in ROW.findall(text)]
    return [name for row in found for name in names if name in row[:60]]


def test_who_has_not_walked_stands_first(office: TestClient, phone: TestClient) -> None:
    send(phone)
    names = ("市林业局", "市教育局", "市供电公司")
    text = page(office)
    assert rows(text, *names)[-1] == "市林业局"
    assert set(rows(text, *names)) == set(names)
    assert "140 m of 150 m" in text
    assert rows(page(office, show="missing"), *names) == rows(text, *names)[:2]
    assert rows(page(office, show="done"), *names) == ["市林业局"]


def test_a_unit_has_its_days_and_what_it_missed(office: TestClient, phone: TestClient) -> None:
    send(phone)
    text = page(office, "/patrols/u1")
    assert "中华路" in text
    assert "140–150 m" in text
    assert f"/maps/patrols/u1?day={DAY.isoformat()}" in text
    last = datetime.now(UTC).date()
    days = re.findall(r"/patrols/u1\?day=([\d-]+)\"(?: aria-current=\"true\")?>", text)
    assert len(set(days)) == 14
    assert DAY.isoformat() in days
    assert date.fromisoformat(max(days)) - last <= timedelta(days=1)
    none = page(office, "/patrols/u1", EARLIER)
    assert "0–150 m" in none  # the whole beat


def test_a_point_that_was_not_seen_is_told_and_drawn(office: TestClient) -> None:
    text = page(office, "/patrols/u2")
    assert "中心市场" in text
    assert "not seen" in text
    assert "It has no road to walk." in text
    drawn = page(office, "/maps/patrols/u2")
    assert "Point not seen" in drawn
    assert "Point seen" not in drawn


def test_walked_is_solid_and_missed_is_dashed_on_the_map(
    office: TestClient, phone: TestClient
) -> None:
    before = page(office, "/maps/patrols/u1")
    assert "Due and not walked" in before
    assert '"dashArray": "9 7"' in before
    send(phone)
    after = page(office, "/maps/patrols/u1")
    assert after.count('"dashArray": "9 7"') >= 1
    figures = re.findall(r'class="word">([^<]+)</span><span class="figure">([^<]+)<', after)
    assert dict(figures) == {"Due and not walked": "10 m", "Walked": "140 m"}


def test_the_map_is_kept_and_packed_until_somebody_walks_and_nobody_else_is_shown_it(
    app: FastAPI, office: TestClient, phone: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[object] = []
    draw = patrols.patrol_map
    monkeypatch.setattr(patrols, "patrol_map", lambda *of: drawn.append(of) or draw(*of))
    path = {"url": "/maps/patrols/u1", "params": {"day": DAY.isoformat()}}
    first = office.get(**path)
    assert first.headers["Content-Encoding"] == "gzip"
    assert (office.get(**path).text, len(drawn)) == (first.text, 1)
    assert client_of(app, "field_staff", Scope("unit", "u2")).get(**path).status_code == 404
    send(phone)
    assert (office.get(**path).text != first.text, len(drawn)) == (True, 2)


def test_on_a_day_off_nothing_is_due_and_the_page_says_so(office: TestClient) -> None:
    text = page(office, day=SUNDAY)
    assert "no working day; no patrol is due" in text
    assert "Not walked" not in text
    unit = page(office, "/patrols/u1", SUNDAY)
    assert "Roads missed" not in unit
    drawn = page(office, "/maps/patrols/u1", SUNDAY)
    assert "not due" in drawn
    assert "Due and not walked" not in drawn


def test_a_unit_is_shown_its_own_at_once_and_no_other(app: FastAPI, phone: TestClient) -> None:
    send(phone)
    text = page(phone)
    assert "<h1>市林业局</h1>" in text
    assert "市教育局" not in text
    other = phone.get("/patrols/u2")
    missing = phone.get("/patrols/u999")
    assert (other.status_code, missing.status_code) == (404, 404)
    assert phone.get("/maps/patrols/u2").status_code == 404
    east = client_of(app, "subdistrict_office", Scope("division", "232701100002"))
    assert rows(page(east), "市教育局", "市供电公司") == ["市供电公司"]


def test_a_day_that_cannot_be_is_refused_in_words(office: TestClient) -> None:
    tomorrow = (datetime.now(UTC).date() + timedelta(days=3)).isoformat()
    for day, said in (
        (tomorrow, "yet to come"),
        ("0001-01-01", "is not a day"),
        ("yesterday", "is not a day"),
    ):
        answer = office.get("/patrols", params={"day": day})
        assert answer.status_code == 400
        assert said in answer.text
    assert office.get("/patrols?show=street").status_code in (400, 422)


def test_two_patrols_of_a_day_count_together(office: TestClient, phone: TestClient) -> None:
    half: dict[str, Any] = {"patrol_id": "patrol-0002"}
    send(phone)
    send(phone, **half)
    text = page(office)
    assert "2 patrols" in text
    assert "140 m of 150 m" in text
