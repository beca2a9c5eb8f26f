"""Emerging hot spots and comparisons over HTTP and on the command line, and what they refuse."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from typer.testing import CliRunner

from api.commands.app import build
from api.commands.faces import Faces
from api.main import create_app
from api.settings import Settings
from gridmap.access import Scope
from tests.browser.desks import register
from tests.courses import CODE, HOT, MONTHS, TOTAL, USUAL, courses
from tests.people import client_of
from tests.town import COMMUNITIES

YEAR = {"since": "2025-07-01", "until": "2026-06-30"}
TWO = {
    "before_since": "2026-03-01",
    "before_until": "2026-03-31",
    "after_since": "2026-06-01",
    "after_until": "2026-06-30",
}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return register(tmp_path_factory.mktemp("courses"), courses())


@pytest.fixture(scope="module")
def app(url: str) -> FastAPI:
    return create_app(Settings(database_url=url, language="en"))


@pytest.fixture(scope="module")
def office(app: FastAPI) -> Iterator[TestClient]:
    with client_of(app, "city_office") as client:
        yield client


def test_patterns_come_with_every_step_and_the_method(office: TestClient) -> None:
    answer = office.get("/api/v1/emerging", params=YEAR)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["every"], len(told["steps"]), told["left_out"]) == ("month", MONTHS, [])
    assert told["steps"][-1] == {"since": "2026-06-01", "until": "2026-06-30"}
    (row,) = (one for one in told["features"] if one["id"] == CODE)
    assert row["properties"]["pattern"] == "consecutive_hot"
    assert row["properties"]["counts"] == [USUAL] * 9 + [HOT] * 3
    assert [level > 0 for level in row["properties"]["classes"]] == [False] * 9 + [True] * 3
    assert len(row["properties"]["z"]) == MONTHS
    assert told["method"]["n_points"] == TOTAL
    assert sum(told["patterns"].values()) < len(told["features"]) == 62
    again = office.get(
        "/api/v1/emerging", params=YEAR, headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("asked", "status", "says"),
    [
        ({"every": "quarter", **YEAR}, 422, "at least 10 whole steps"),
        ({"every": "week", "since": "1990-01-01"}, 422, "too many"),
        ({"every": "day"}, 400, ""),
        ({"since": "2026-06-30", "until": "2026-01-01"}, 422, "before it begins"),
        ({"since": "0001-01-01"}, 400, ""),
        ({"category": "x" * 201}, 400, ""),
        ({"street": "x"}, 400, ""),
    ],
)
def test_a_question_that_cannot_be_is_refused(
    office: TestClient, asked: dict[str, str], status: int, says: str
) -> None:
    answer = office.get("/api/v1/emerging", params=asked)
    assert answer.status_code == status
    assert says in answer.json()["detail"]


def test_two_periods_are_told_with_intervals_and_verdicts(office: TestClient) -> None:
    answer = office.get("/api/v1/comparison", params={**TWO, "by": "grid"})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["before"] == {"since": "2026-03-01", "until": "2026-03-31", "days": 31}
    assert told["exposure"] == {"unit": "day", "before": 31, "after": 30}
    rows = {row["id"]: row["properties"] for row in told["features"]}
    assert sum(row["verdict"] == "worse" for row in rows.values()) == 9
    row = rows[CODE]
    assert (row["before"], row["after"], row["verdict"]) == (USUAL, HOT, "worse")
    assert 1 < row["low"] < row["ratio"] < row["high"]
    assert told["city"]["verdict"] == "worse"
    assert told["not_counted"] == {"on_piles": 0, "outside": 2, "set_aside": 1}


def test_the_ratio_of_ratios_is_told_where_something_was_done(office: TestClient) -> None:
    told = office.get("/api/v1/comparison", params={**TWO, "acted": COMMUNITIES[1]}).json()
    assert told["against"]["verdict"] == "worse"
    ratio = told["acted"]["ratio"] / told["others"]["ratio"]
    assert told["against"]["ratio"] == pytest.approx(ratio)
    assert [row["properties"]["acted"] for row in told["features"]] == [False, True]


@pytest.mark.parametrize(
    ("asked", "status", "says"),
    [
        ({"km_before": "10"}, 400, "of both periods"),
        ({"km_before": "0", "km_after": "1"}, 400, ""),
        ({"after_until": "2099-01-01"}, 400, "is not over"),
        ({"after_since": "2026-03-10"}, 422, "before the first has ended"),
        ({"before_until": "2026-02-01"}, 422, "before it begins"),
        ({"acted": "000000"}, 404, "no division 000000"),
        ({"by": "street"}, 400, ""),
    ],
)
def test_periods_that_cannot_be_compared_are_refused(
    office: TestClient, asked: dict[str, str], status: int, says: str
) -> None:
    answer = office.get("/api/v1/comparison", params={**TWO, **asked})
    assert answer.status_code == status
    assert says in answer.json()["detail"]


def test_a_district_sees_its_own_ground_alone(app: FastAPI) -> None:
    district = client_of(app, "district_office", Scope("division", COMMUNITIES[0]))
    told = district.get("/api/v1/comparison", params={**TWO, "by": "grid"}).json()
    assert {row["id"][:12] for row in told["features"]} == {COMMUNITIES[0]}
    assert (
        client_of(app, "field_staff", Scope("unit", "u1")).get("/api/v1/emerging").status_code
        == 403
    )


def run(url: str, *words: str) -> Any:
    program = build(Faces(create_app=create_app, renderers={}))
    return CliRunner().invoke(program, ["--database", url, "--language", "en", *words])


def test_the_command_lists_the_patterns_and_writes_them(url: str, tmp_path: Path) -> None:
    asked = ["emerging", "--since", YEAR["since"], "--until", "2026-07-10"]
    done = run(url, *asked, "-o", str(tmp_path / "out.geojson"))
    assert done.exit_code == 0, done.output
    assert "Left out, as it is no whole step: 2026-07-01 to 2026-07-10." in done.output
    kept = json.loads((tmp_path / "out.geojson").read_text("utf-8"))
    patterns = [row["properties"]["pattern"] for row in kept["features"]]
    assert patterns.count("consecutive_hot") >= 9
    told = run(url, "--json", *asked)
    assert told.exit_code == 0, told.output
