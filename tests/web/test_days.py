"""Days, months and years as they are typed: read alike on every page, and refused alike."""

from __future__ import annotations

from datetime import date

import pytest
from fastapi import FastAPI

from api.sentences import QueryError
from api.settings import Settings
from tests.people import client_of
from tests.registers import town_register
from web.main import create_app
from web.pages.days import day, in_reach, month_of, typed_day, year_of

TODAY = date(2026, 3, 17)
NO_DAYS = ("yesterday", "2026-02-30", "2026-03", "17.3.2026")
NO_MONTHS = ("May", "2026-13", "2026-5", "1999-12", "2101-01", "2026-02-30")
NO_YEARS = ("this", "1999", "2101", "20260", "-1", "²⁰²⁶")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    url = town_register(tmp_path_factory.mktemp("town"))
    return create_app(Settings(database_url=url, language="en"))


def test_a_day_is_read_and_none_is_the_default() -> None:
    assert [day(text, TODAY) for text in ("2026-03-01", " 2026-03-01 ")] == [date(2026, 3, 1)] * 2
    assert [day(text, TODAY) for text in ("", "  ")] == [TODAY] * 2
    assert typed_day("2026-03-01", "first") == date(2026, 3, 1)


@pytest.mark.parametrize("text", NO_DAYS)
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(QueryError, match="is not a day"):
        day(text, TODAY)
    with pytest.raises(QueryError, match="is not a day") as refused:
        typed_day(text, "first")
    assert refused.value.values["field"] == "first"


def test_a_day_that_has_to_be_there_is_not_left_out() -> None:
    with pytest.raises(QueryError, match="is not a day"):
        typed_day("", "first")


def test_a_day_out_of_reach_is_refused() -> None:
    assert in_reach(date(1900, 1, 1)) == date(1900, 1, 1)
    for found in (date(1899, 12, 31), date(3000, 1, 1)):
        with pytest.raises(QueryError, match="is not a day"):
            in_reach(found)


def test_a_month_is_read_and_a_day_stands_for_its_month() -> None:
    first = date(2026, 3, 1)
    assert {month_of(text) for text in ("2026-03", "2026-03-17", " 2026-03 ")} == {first}
    assert month_of("", first) == first
    assert month_of("2999-01", last_year=9999) == date(2999, 1, 1)


@pytest.mark.parametrize("text", [*NO_MONTHS, ""])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(QueryError, match="is not a month") as refused:
        month_of(text)
    assert refused.value.values["field"] == "month"


@pytest.mark.parametrize("text", NO_YEARS)
def test_what_is_no_year_is_refused(text: str) -> None:
    assert (year_of("2024", 2026), year_of("", 2026)) == (2024, 2026)
    with pytest.raises(QueryError, match="is not a year from 2000 to 2100"):
        year_of(text, 2026)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/coverage?as_of=yesterday", "is not a day"),
        ("/ranking?month=2026-13", "is not a month"),
        ("/ranking?month=1999-12", "is not a month"),
        ("/board?year=1999", "is not a year from 2000 to 2100"),
        ("/board/map?month=2101-01", "is not a month"),
        ("/cadence?month=May", "is not a month"),
        ("/evaluation?since=3000-01-01", "is not a day"),
        ("/recurrence?until=1899-12-31", "is not a day"),
        ("/comparison?after_until=3000-01-01", "is not a day"),
        ("/emerging?since=1899-12-31", "is not a day"),
        ("/journal?since=3000-01-01", "is not a day"),
        ("/patrols?day=1899-12-31", "is not a day"),
        ("/patrols?day=3000-01-01", "is yet to come"),
    ],
)
def test_every_page_says_what_it_cannot_read(path: str, said: str, town: FastAPI) -> None:
    role = "auditor" if path.startswith("/journal") else "city_office"
    page = client_of(town, role).get(path)
    assert (page.status_code, said in page.text) == (400, True)
