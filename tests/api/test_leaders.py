"""The leaders' morning and charts over HTTP: the same figures, for whom they concern."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import openpyxl
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.main import create_app
from api.settings import Settings
from gridmap.access import CITY, Scope
from tests.leading import G1, G3, leading_register
from tests.people import client_of
from tests.town import COMMUNITIES

WEST, EAST = COMMUNITIES
JUNE = {"since": "2026-06-01", "until": "2026-06-30"}
CHARTS = ("trend", "calendar", "categories", "stages", "ages", "on_time")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    url = leading_register(tmp_path_factory.mktemp("leaders"))
    return create_app(Settings(database_url=url, language="en"))


@pytest.fixture(scope="module")
def leader(app: FastAPI) -> TestClient:
    return client_of(app, "leader", CITY)


def got(client: TestClient, path: str, **more: Any) -> Any:
    answer = client.get(f"/api/v1{path}", params=JUNE | more)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_morning_is_told_with_numerators_intervals_and_reasons(leader: TestClient) -> None:
    told = got(leader, "/leaders")
    assert (told["level"], told["compared"]["places"]) == ("city", 7)
    assert told["standing"]["overdue"] == 12
    (worse,) = (row for row in told["worse"] if row["stands_out"])
    assert (worse["code"], worse["later"], worse["earlier"]) == (G1, 12, 0)
    assert worse["ratio"] is None  # to nothing
    assert worse["low"] > 1
    (unit,) = told["units"]
    assert (unit["unit_id"], unit["overdue"], unit["n"]) == ("u1", 12, 14)
    assert told["moment"] == "2026-07-01T00:00:00+08:00"


def test_a_division_and_a_grid_have_a_morning_of_their_own(leader: TestClient) -> None:
    assert got(leader, "/leaders", division=EAST)["since_yesterday"]["reported"] == 1
    assert got(leader, "/leaders", division=G3)["standing"]["open"] == 0


def test_a_running_period_is_up_to_its_day(leader: TestClient) -> None:
    told = leader.get("/api/v1/leaders", params={"period": "quarter", "until": "2026-06-30"}).json()
    assert (told["since"], told["until"]) == ("2026-04-01", "2026-06-30")


@pytest.mark.parametrize("chart", CHARTS)
def test_every_chart_is_told_as_rows_and_as_a_workbook(leader: TestClient, chart: str) -> None:
    told = got(leader, f"/charts/{chart}")
    assert told["rows"]
    answer = leader.get(f"/api/v1/charts/{chart}.xlsx", params=JUNE)
    assert f'filename="{chart}.xlsx"' in answer.headers["content-disposition"]
    sheet = openpyxl.load_workbook(BytesIO(answer.content)).active
    assert sheet.max_row == len(told["rows"]) + 1


def test_charts_are_narrowed_by_place_and_channel(leader: TestClient) -> None:
    def reported(**more: str) -> int:
        return int(got(leader, "/charts/stages", **more)["rows"][0]["n"])

    assert (reported(), reported(division=WEST), reported(channel="unit_patrol")) == (25, 24, 9)
    assert reported(category="", channel="") == 25  # as a form sends what nobody chose


@pytest.mark.parametrize(
    ("path", "wrong", "status"),
    [
        ("/leaders", {"division": "999"}, 404),
        ("/leaders", {"since": "2026-07-01"}, 422),
        ("/leaders", {"since": "0001-01-01"}, 400),
        ("/leaders", {"until": "9999-12-31"}, 400),
        ("/leaders", {"period": "century"}, 400),
        ("/leaders", {"street": "x"}, 400),
        ("/charts/pie", {}, 404),
        ("/charts/pie.xlsx", {}, 404),
        ("/charts/trend", {"since": "2026-07-01"}, 422),
        ("/charts/trend", {"division": "999"}, 404),
    ],
)
def test_a_question_that_cannot_be_is_refused(
    leader: TestClient, path: str, wrong: dict[str, str], status: int
) -> None:
    answer = leader.get(f"/api/v1{path}", params=JUNE | wrong)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_leader_of_a_part_is_told_of_that_part_alone(app: FastAPI) -> None:
    east = client_of(app, "leader", Scope("division", EAST))
    told = got(east, "/leaders")
    assert (told["standing"]["open"], told["worse"], told["units"]) == (1, [], [])
    assert {row["code"] for row in told["below"]} <= {EAST} | {f"{EAST}00{n}" for n in (5, 6, 7)}
    assert got(east, "/charts/stages")["rows"][0]["n"] == 1
    refused = east.get("/api/v1/leaders", params=JUNE | {"division": G1})
    assert refused.status_code == 404
    for path in ("/leaders", "/charts/on_time", "/charts/categories"):
        assert G1 not in str(got(east, path))


def test_units_and_strangers_are_not_told(app: FastAPI) -> None:
    unit = client_of(app, "unit_coordinator", Scope("unit", "u1"))
    stranger = TestClient(app, base_url="http://127.0.0.1")
    for path in ("/leaders", "/charts/trend", "/charts/trend.xlsx"):
        assert unit.get(f"/api/v1{path}").status_code == 403
        assert stranger.get(f"/api/v1{path}").status_code == 401
