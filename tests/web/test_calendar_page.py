"""The calendar: the year as it is drawn, and an announcement looked at before it is made."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI

from geodata.calendars import KNOWN_UNTIL
from gridmap.working_time import Calendar
from tests.web.issue_town import emptied, inspector, issue_of, office, paged, text_of
from web.pages.calendar import months

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    template = emptied(tmp_path_factory.mktemp("empty"))
    return paged(template, tmp_path_factory.mktemp("calendar"))


def held(page: str) -> dict[str, str]:
    """Return what the page that shows an announcement holds of it."""
    part = page[page.index('id="preview"') :]
    found = re.findall(r'<input type="hidden" name="(days|year|source)" value="([^"]*)"', part)
    return {name: unescape(value) for name, value in found}


def test_a_month_has_its_days_off_and_its_worked_weekends() -> None:
    """October 2026 as it was announced: off from the first to the seventh, the tenth is worked."""
    off = frozenset(date(2026, 10, n) for n in range(1, 8))
    known = Calendar(ZONE, off, frozenset({date(2026, 10, 10)}))
    october = months(2026, known, {date(2026, 10, 10)}, date(2026, 10, 9))[9]
    first, second = october["weeks"][:2]
    assert [None if one is None else one["mark"] for one in first] == [None] * 3 + ["off"] * 2 + [
        "",
        "",
    ]
    assert [one["mark"] for one in second] == ["off", "off", "off", "", "", "worked", ""]
    assert [one["own"] for one in second].index(True) == 5
    assert [one["today"] for one in second].index(True) == 4


def test_what_an_announcement_moves_is_shown_before_it_is_made(town: FastAPI) -> None:
    key, client, today = issue_of(town), office(town), town.state.service.today()
    asked = {"first": str(today), "last": str(today + timedelta(days=4)), "note": "暴雪停工"}
    seen = client.post("/calendar", data=asked | {"works": "false"})
    assert seen.status_code == 200
    assert f"/issues/{key}" in seen.text
    assert client.get("/api/v1/calendar").json()["days"] == []
    done = client.post("/calendar/announce", data=held(seen.text), follow_redirects=False)
    assert done.status_code == 303
    assert done.headers["location"] == f"/calendar?year={today.year}&moved=1"
    days = client.get("/api/v1/calendar").json()["days"]
    assert [(one["works"], one["note"]) for one in days] == [(False, "暴雪停工")] * 5
    page = inspector(town).get(done.headers["location"])
    assert "1 deadlines were moved" in page.text
    assert "暴雪停工" in page.text
    assert 'name="works"' not in page.text  # who may not announce has no form


def test_a_year_is_brought_as_a_table_and_announced_as_it_was_looked_at(town: FastAPI) -> None:
    year = KNOWN_UNTIL.year + 1
    table = f"日期,至,上班,依据\n{year}-02-05,{year}-02-11,放假,春节\n{year}-02-14,,上班,春节\n"
    sent = {"file": ("放假安排.csv", table.encode(), "text/csv")}
    client = office(town)
    seen = client.post("/calendar", data={"year": str(year)}, files=sent)
    assert "8 days are announced" in seen.text
    client.post("/calendar/announce", data=held(seen.text))
    told = client.get("/api/v1/calendar").json()
    assert told["known_until"] == f"{year}-12-31"
    assert sum(one["whole_year"] for one in told["days"]) == 8


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, "is not a day"),
        ({"first": "tomorrow"}, "'tomorrow' is not a day"),
        ({"first": "2031-05-05", "last": "2031-05-01"}, "end before they begin"),
        ({"first": "2031-05-05", "year": "next"}, "is not a year"),
        ({"first": "2024-05-05", "year": "2024"}, "The holidays of 2024 are known"),
    ],
)
def test_what_cannot_be_announced_is_refused_beside_the_form(
    town: FastAPI, asked: dict[str, str], said: str
) -> None:
    answer = office(town).post("/calendar", data=asked)
    assert answer.status_code in (400, 422)
    assert said in text_of(answer.text)
    assert 'id="preview"' not in answer.text


def test_programs_announce_and_look_as_the_page_does(town: FastAPI) -> None:
    body = {"days": [{"day": "2032-02-07", "until": "2032-02-08", "works": True}]}
    client = office(town)
    before = client.get("/api/v1/calendar").json()["days"]
    seen = client.post("/api/v1/calendar?preview=true", json=body)
    assert (seen.status_code, seen.json()["entry"], len(seen.json()["days"])) == (200, None, 2)
    assert client.get("/api/v1/calendar").json()["days"] == before
    assert client.post("/api/v1/calendar", json=body).status_code == 201
    assert len(client.get("/api/v1/calendar").json()["days"]) == len(before) + 2
    assert inspector(town).post("/api/v1/calendar", json=body).status_code == 403
