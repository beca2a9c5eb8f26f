"""Recurrence over HTTP and on its page: the same places, rates and names, for whom they concern."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import geopandas as gpd
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.settings import Settings
from geodata.database import connect
from geodata.store import Store
from gridmap import layers
from gridmap.access import Scope
from tests.people import client_of
from tests.registers import CRS, town_register
from tests.town import METRIC, SQUARES, place
from web.main import create_app

G1, _G2, _G3, G4, *_ = SQUARES
WEST, EAST = (Scope("division", f"23270110000{n}") for n in (1, 2))
PERIOD = {"since": "2026-05-01", "until": "2026-09-30"}


def issue(
    key: str, x: float, y: float, since: str, until: str | None, **more: Any
) -> dict[str, Any]:
    return {
        "issue_id": key,
        "reported_at": f"{since}T02:00:00Z",
        "closed_at": None if until is None else f"{until}T02:00:00Z",
        "state": "dispatched" if until is None else "closed_out",
        "category": "野广告",
        "channel": "hotline",
        "grid": G1,
        "unit_id": "u2",
        "geometry": place(x, y),
        **more,
    }


# a, b, c follow each other in grid 001, handled by u2, for which u1 answers; d, e in grid 004, for
# which nobody answers; f came back nowhere
ISSUES = (
    issue("back-a", 80, 170, "2026-06-01", "2026-06-05"),
    issue("back-b", 80, 170, "2026-06-10", "2026-06-12"),
    issue("back-c", 80, 170, "2026-06-30", None),
    issue("back-d", 150, 50, "2026-07-01", "2026-07-02", grid=G4, category="小广告"),
    issue("back-e", 150, 50, "2026-07-08", "2026-07-09", grid=G4, category="小广告"),
    issue("back-f", 80, 170, "2026-08-20", "2026-08-21"),
)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    url = town_register(tmp_path_factory.mktemp("recurrences"))
    store = Store(connect(url))
    frame = gpd.GeoDataFrame(list(ISSUES), geometry="geometry", crs=METRIC).to_crs(CRS)
    with store.write(who="a test", action="import") as writer:
        writer.add("issues", layers.conform(frame, layers.LAYERS["issues"]), date(2026, 6, 1))
    store.close()
    return create_app(Settings(database_url=url, language="en"))


@pytest.fixture(scope="module")
def office(app: FastAPI) -> TestClient:
    return client_of(app, "city_office")


def asked(client: TestClient, **more: Any) -> Any:
    return client.get("/api/v1/recurrences", params=PERIOD | more)


def test_stubborn_places_are_told_with_who_answers_now(office: TestClient) -> None:
    answer = asked(office)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    first, second = told["features"]
    assert first["geometry"]["type"] == "Point"
    assert (
        first["properties"]
        | {
            "n": 3,
            "members": ["back-a", "back-b", "back-c"],
            "median_interval_days": 11.5,  # 5 and 18 days
            "unit_id": "u2",
            "grid_now": G1,
            "grid_name": "第1网格",
            "answers": "u1",
            "answers_name": "市林业局",
        }
        == first["properties"]
    )
    assert (second["properties"]["n"], second["properties"]["answers"]) == (2, None)
    assert (told["recurrences"], told["since"], told["until"]) == (3, "2026-05-01", "2026-09-30")


def test_rates_have_their_numerator_denominator_and_interval(office: TestClient) -> None:
    rates = asked(office).json()["rates"]
    by_category = {row["category"]: row for row in rates["category"]}
    # of a, b and f two came back; Wilson (1927) of 2 in 3
    assert by_category["野广告"] == {
        "category": "野广告",
        "recurred": 2,
        "closed": 3,
        "rate": pytest.approx(2 / 3),
        "low": pytest.approx(0.2077, abs=1e-4),
        "high": pytest.approx(0.9385, abs=1e-4),
    }
    (unit,) = rates["unit_id"]
    assert (unit["unit_id"], unit["unit_name"]) == ("u2", "市教育局")
    assert (unit["recurred"], unit["closed"]) == (3, 5)


def test_what_is_near_and_soon_is_the_callers(office: TestClient) -> None:
    assert asked(office, within_days=10).json()["recurrences"] == 2
    assert asked(office, at_least=3).json()["recurrences"] == 3
    assert len(asked(office, at_least=3).json()["features"]) == 1
    assert asked(office, category="小广告").json()["recurrences"] == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"within_m": 0},
        {"within_m": 501},
        {"within_m": "nan"},
        {"within_days": 367},
        {"at_least": 1},
        {"since": "0001-01-01"},
        {"until": "9999-12-31"},
        {"street": "x"},
        {"since": "2026-10-01"},
    ],
)
def test_a_question_that_cannot_be_is_refused(office: TestClient, wrong: dict[str, Any]) -> None:
    assert asked(office, **wrong).status_code in (400, 422)


def test_a_part_of_the_city_sees_its_own(app: FastAPI) -> None:
    west, east = (client_of(app, "subdistrict_office", scope) for scope in (WEST, EAST))
    assert len(asked(west).json()["features"]) == 2
    told = asked(east).json()
    assert (told["features"], told["rates"]["category"]) == ([], [])
    mine = client_of(app, "unit_coordinator", Scope("unit", "u1"))
    assert [row["properties"]["n"] for row in asked(mine).json()["features"]] == [3]
    assert "back-d" not in mine.get("/recurrence", params=PERIOD).text
    nobody = TestClient(app, base_url="http://127.0.0.1")
    assert asked(nobody).status_code == 401


# The page


def test_the_page_lists_places_with_their_issues_and_rates(office: TestClient) -> None:
    text = office.get("/recurrence", params=PERIOD).text
    for said in ("市林业局", "第1网格", "11.5 days", "66.67%", "20.77%", "93.85%"):
        assert said in text
    assert re.findall(r'href="/issues/(back-\w)"', text) == [
        "back-a",
        "back-b",
        "back-c",
        "back-d",
        "back-e",
    ]
    assert "nobody" in text
    assert "closed out until 2026-08-31" in text  # 30 days before the end of September


def test_the_map_has_a_circle_with_its_number_for_each_place(office: TestClient) -> None:
    text = office.get("/maps/recurrence", params=PERIOD).text
    assert re.findall(r"background:#a63a08\W+u003e(\d+)", text) == ["3", "2"]
    assert "市林业局" in text


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"metres": "abc"}, "is not a number of metres from 1 to 500"),
        ({"metres": "1e9"}, "is not a number of metres from 1 to 500"),
        ({"days": "nan"}, "is not a number of days from 1 to 366"),
        ({"since": "2026-10-01"}, "before it begins"),
        ({"since": "yesterday"}, "is not a day"),
        ({"until": "9999-12-31"}, "is not a day"),
    ],
)
def test_wrong_input_is_refused_in_words_beside_the_form(
    office: TestClient, wrong: dict[str, str], said: str
) -> None:
    answer = office.get("/recurrence", params=PERIOD | wrong)
    assert answer.status_code in (400, 422)
    assert said in re.search(r'id="fault" role="alert">([^<]*)<', answer.text)[1]  # type: ignore[index]
    (value,) = wrong.values()
    assert f'value="{value}"' in answer.text


def test_a_register_without_issues_says_so(app: FastAPI) -> None:
    east = client_of(app, "field_staff", Scope("unit", "u4"))
    answer = east.get("/recurrence")
    assert answer.status_code == 200
    assert "/maps/recurrence" not in answer.text
