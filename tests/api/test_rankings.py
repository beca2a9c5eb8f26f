"""Evaluation and rankings over HTTP and on their pages."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from api.i18n import translator
from api.routes.evaluation import described
from api.settings import Settings
from gridmap.access import Scope
from gridmap.formulas import RANKABLE
from gridmap.indicators import INDICATORS
from tests.people import client_of
from tests.ranked import ranked_register
from tests.town import COMMUNITIES
from web.main import create_app

U1, U3 = Scope("unit", "u1"), Scope("unit", "u3")
WEST = Scope("division", COMMUNITIES[0])
MAY = {"since": "2026-05-01", "until": "2026-05-31"}
EVALUATION, RANKINGS = "/api/v1/evaluation", "/api/v1/rankings"
APPEAL = {
    "level": "unit",
    "subject": "u3",
    "month": "2026-05",
    "reason": "停电抢修",
    "issues": ["u3-39"],
}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ranked")
    ranked_register(folder)
    return folder / "town.gpkg"


def serve(database: Path) -> FastAPI:
    return create_app(Settings(database_url=f"gpkg:///{database}", language="en"))


@pytest.fixture(scope="module")
def still(template: Path) -> FastAPI:
    """Serve the town to those who only look."""
    return serve(template)


@pytest.fixture
def app(template: Path, tmp_path: Path) -> FastAPI:
    return serve(Path(shutil.copy(template, tmp_path / "town.gpkg")))


def appealed(app: FastAPI, **more: Any) -> Any:
    return client_of(app, "unit_coordinator", U3).post(f"{RANKINGS}/appeals", json=APPEAL | more)


def test_every_figure_comes_with_numerator_denominator_and_interval(still: FastAPI) -> None:
    told = client_of(still, "leader").get(EVALUATION, params=MAY).json()
    rows = {(row["key"], row["indicator"]): row for row in told["rows"]}
    found = rows["u3", "on_time"]
    assert (found["part"], found["whole"], found["share"]) == (6, 40, 0.15)
    assert found["low"] < 0.15 < found["high"]
    assert rows["u3", "missed"]["share"] is None
    assert [one["indicator"] for one in told["indicators"]] == list(INDICATORS)
    assert len(told["city"]) == len(INDICATORS)


def test_an_evaluation_is_kept_by_its_reader_until_something_changes(still: FastAPI) -> None:
    client = client_of(still, "leader")
    first = client.get(EVALUATION, params=MAY)
    tag = {"If-None-Match": first.headers["ETag"]}
    assert client.get(EVALUATION, params=MAY, headers=tag).status_code == 304


def test_a_leader_of_a_part_is_told_of_that_part(still: FastAPI) -> None:
    told = client_of(still, "leader", WEST).get(EVALUATION, params=MAY).json()
    assert {row["key"] for row in told["rows"]} == {"u1", "u2"}
    assert told["city"][0]["whole"] == 80


def test_an_evaluation_as_a_workbook(still: FastAPI) -> None:
    answer = client_of(still, "leader").get(EVALUATION, params={**MAY, "format": "xlsx"})
    assert answer.headers["Content-Type"].startswith("application/vnd.openxmlformats")
    assert answer.content[:2] == b"PK"


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"since": "2026-06-01", "until": "2026-05-01"}, 422),
        ({"by": "planet"}, 400),
        ({"since": "May"}, 400),
    ],
)
def test_what_cannot_be_evaluated_is_refused(
    params: dict[str, str], status: int, still: FastAPI
) -> None:
    assert client_of(still, "leader").get(EVALUATION, params=params).status_code == status


def test_units_do_not_evaluate_and_see_the_ranking(still: FastAPI) -> None:
    client = client_of(still, "unit_coordinator", U3)
    assert client.get(EVALUATION).status_code == 403
    told = client.get(RANKINGS, params={"month": "2026-05", "subject": "u3"}).json()
    assert {row["key"]: row["first"] for row in told["rows"]} == {
        "u1": 1,
        "u2": 1,
        "u3": 3,
        "u4": None,
    }
    assert told["formula"]["edition"] == "示范版"
    assert told["terms"][0]["indicator"] == "on_time"
    assert all(one["part"] != one["to_part"] for one in told["needed"])


def test_a_month_that_is_none_is_refused(still: FastAPI) -> None:
    client = client_of(still, "leader")
    for month in ("2026-13", "May", "2999-01"):
        assert client.get(RANKINGS, params={"month": month}).status_code in {400, 422}


def test_a_quarter_and_a_year_are_ranked_as_a_month_is(still: FastAPI) -> None:
    client = client_of(still, "leader")
    month = client.get(RANKINGS, params={"month": "2026-05"}).json()
    for every, first, last in (
        ("quarter", "2026-04-01", "2026-06-30"),
        ("year", "2026-01-01", "2026-12-31"),
    ):
        told = client.get(RANKINGS, params={"month": "2026-05", "every": every}).json()
        assert (told["every"], told["first"], told["last"]) == (every, first, last)
        assert told["rows"] == month["rows"]
    usual = client.get(RANKINGS, params={"every": "quarter", "as_of": "2026-07-15"}).json()
    assert (usual["first"], usual["final"]) == ("2026-04-01", True)
    assert client.get(RANKINGS, params={"every": "week"}).status_code == 400


def test_an_appeal_is_ruled_on_by_the_office_and_the_ranking_says_so(app: FastAPI) -> None:
    made = appealed(app)
    assert made.status_code == 201
    appeal_id = made.json()["appeal_id"]
    office = client_of(app, "city_office")
    ruling = f"{RANKINGS}/appeals/{appeal_id}/ruling"
    assert office.post(ruling, json={"state": "upheld", "reason": "属实"}).status_code == 201
    told = office.get(RANKINGS, params={"month": "2026-05"}).json()
    assert told["left_out"] == 1
    assert {row["key"]: row["n"] for row in told["rows"]}["u3"] == 39
    again = office.post(ruling, json={"state": "dismissed", "reason": "重复"})
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    (listed,) = office.get(f"{RANKINGS}/appeals").json()["appeals"]
    assert (listed["state"], listed["issues"]) == ("upheld", ["u3-39"])


def test_who_may_not_appeal_or_rule_is_refused(app: FastAPI) -> None:
    assert appealed(app, subject="u1", issues=["u1-39"]).status_code == 404
    assert appealed(app, issues=["u1-39"]).status_code == 422
    assert appealed(app, reason=" ").status_code == 422
    appeal_id = appealed(app).json()["appeal_id"]
    assert appealed(app).status_code == 409
    body = {"state": "upheld", "reason": "属实"}
    for role, scope in (("unit_coordinator", U3), ("subdistrict_office", WEST)):
        path = f"{RANKINGS}/appeals/{appeal_id}/ruling"
        assert client_of(app, role, scope).post(path, json=body).status_code == 403
    other = client_of(app, "unit_coordinator", U1)
    path = f"{RANKINGS}/appeals/{appeal_id}/withdrawal"
    assert other.post(path, json={}).status_code == 404
    assert client_of(app, "unit_coordinator", U3).post(path, json={}).status_code == 201


def test_a_formula_that_rewards_volume_is_refused(app: FastAPI) -> None:
    office = client_of(app, "city_office")
    body = {
        "edition": "2099",
        "name": "试行",
        "since": "2099-01-01",
        "terms": [{"indicator": "on_time", "weight": 100, "direction": "high"}],
    }
    volume = [{"indicator": "reported", "weight": 100, "direction": "high"}]
    assert office.post(f"{RANKINGS}/formulas", json=body | {"terms": volume}).status_code == 422
    assert office.post(f"{RANKINGS}/formulas", json=body).status_code == 201
    assert office.post(f"{RANKINGS}/formulas", json=body).status_code == 409
    editions = [one["edition"] for one in office.get(f"{RANKINGS}/formulas").json()["formulas"]]
    assert editions == ["2099", "示范版"]
    leader = client_of(app, "leader")
    assert leader.post(f"{RANKINGS}/formulas", json=body).status_code == 403


def test_a_formula_is_tried_on_a_month_before_it_is_published(app: FastAPI) -> None:
    office = client_of(app, "city_office")
    body = {
        "edition": "2099",
        "name": "试行",
        "since": "2099-01-01",
        "terms": [{"indicator": "closed", "weight": 100, "direction": "high"}],
        "month": "2026-05",
    }
    told = office.post(f"{RANKINGS}/formulas/trial", json=body)
    assert told.status_code == 200, told.text
    slow = next(row for row in told.json()["rows"] if row["key"] == "u3")
    # the slow unit closed all its issues as the others did: nobody is told apart any more
    assert (slow["first_before"], slow["first"], slow["last"]) == (3, 1, 3)
    assert {"indicator": "on_time", "before": 30.0, "after": 0.0} in told.json()["differences"]
    assert len(office.get(f"{RANKINGS}/formulas").json()["formulas"]) == 1
    leader = client_of(app, "leader")
    assert leader.post(f"{RANKINGS}/formulas/trial", json=body).status_code == 403


def test_a_formula_is_looked_at_and_then_published_by_form(app: FastAPI) -> None:
    office = client_of(app, "city_office")
    page = office.get("/ranking/formula")
    (since,) = re.findall(r'<option value="([-0-9]+)" selected>', page.text)[:1]
    weight = ["60" if name == "on_time" else "40" if name == "rework" else "" for name in RANKABLE]
    form = {"edition": "2099", "name": "试行", "since": since, "weight": weight}
    path = "/ranking/formula"
    short = office.post(path, data=form | {"weight": ["30", *weight[1:]]})
    assert (short.status_code, "sum to 100, not 130" in short.text) == (422, True)
    odd = office.post(path, data=form | {"weight": ["viel", *weight[1:]]})
    assert (odd.status_code, "is not a number" in odd.text) == (400, True)
    looked = office.post(path, data=form)
    assert looked.status_code == 200, looked.text
    assert "30 → <strong>60</strong>" in looked.text
    (mark,) = re.findall(r'name="looked" value="(\w+)"', looked.text)
    publication = f"{path}/publication"
    changed = form | {"looked": mark, "name": "另一名称"}
    assert "published; months" not in office.post(publication, data=changed).text
    done = office.post(publication, data=form | {"looked": mark})
    assert "published; months" in done.text
    assert "60" in done.text
    again = office.post(path, data=form)
    assert (again.status_code, "There is an edition 2099 already." in again.text) == (409, True)
    assert client_of(app, "leader").get(path).status_code == 403


def test_the_page_of_the_evaluation_shows_shares_with_their_numbers(still: FastAPI) -> None:
    page = client_of(still, "leader").get("/evaluation", params={**MAY, "indicator": "on_time"})
    assert page.status_code == 200
    assert "6/40" in page.text
    assert "81/125" in page.text
    one = INDICATORS["on_time"]
    assert one.definition in page.text
    assert str(translator("zh_CN").gettext(one.definition)) in page.text


def test_an_evaluation_of_days_without_issues_says_so(still: FastAPI) -> None:
    period = {"since": "2020-01-01", "until": "2020-01-31"}
    page = client_of(still, "leader").get("/evaluation", params=period)
    assert "No issues in these days" in page.text


@pytest.mark.parametrize("query", [{"since": "yesterday"}, {"by": "x"}, {"indicator": "x"}])
def test_the_page_says_what_it_does_not_understand(query: dict[str, str], still: FastAPI) -> None:
    page = client_of(still, "leader").get("/evaluation", params=query)
    assert page.status_code == 400
    assert 'role="alert"' in page.text


def test_the_page_of_a_ranking_marks_ones_own_place_and_says_what_would_change_it(
    still: FastAPI,
) -> None:
    page = client_of(still, "unit_coordinator", U3).get("/ranking", params={"month": "2026-05"})
    assert page.status_code == 200
    assert page.text.count('aria-current="true"') == 1
    assert "Equal from No. 1" in page.text
    assert "What would change the rank" in page.text
    assert 'name="issue" value="u3-39"' in page.text
    assert "u1-39" not in page.text


def test_the_page_of_a_quarter_leads_to_its_neighbours_and_says_that_appeals_are_of_months(
    app: FastAPI,
) -> None:
    assert appealed(app).status_code == 201
    unit = client_of(app, "unit_coordinator", U3)
    asked = {"every": "quarter", "month": "2026-05"}
    page = unit.get("/ranking", params=asked).text
    assert "By unit · Quarter 2 of 2026" in page
    assert "Equal from No. 1" in page
    before, after = re.findall(r'rel="(?:prev|next)" href="([^"]+)"', page)
    assert "Quarter 1 of 2026" in unit.get(before.replace("&amp;", "&")).text
    assert "Quarter 3 of 2026" in unit.get(after.replace("&amp;", "&")).text
    assert "Appeals are made against the ranking of a month." in page
    assert 'href="/ranking?level=unit&amp;month=2026-05#appeals"' in page
    # neither to appeal, to withdraw nor, for the office, to rule
    office = client_of(app, "city_office").get("/ranking", params=asked).text
    assert "/ranking/appeals" not in page + office
    assert "The year 2026" in unit.get("/ranking", params=asked | {"every": "year"}).text
    assert unit.get("/ranking", params=asked | {"every": "week"}).status_code == 422


def test_an_appeal_and_its_ruling_by_form(app: FastAPI) -> None:
    unit = client_of(app, "unit_coordinator", U3)
    form = {
        "level": "unit",
        "month": "2026-05",
        "subject": "u3",
        "reason": "停电",
        "issue": "u3-39",
    }
    refused = unit.post("/ranking/appeals", data=form | {"reason": " "})
    assert refused.status_code == 422
    assert "An appeal needs a reason." in refused.text
    assert unit.post("/ranking/appeals", data=form, follow_redirects=False).status_code == 303
    office = client_of(app, "city_office")
    page = office.get("/ranking", params={"month": "2026-05"}).text
    action = page.split('action="/ranking/appeals/')[1].split('"')[0]
    ruling = {"level": "unit", "month": "2026-05", "state": "upheld", "reason": "属实"}
    done = office.post(f"/ranking/appeals/{action}", data=ruling)
    assert done.status_code == 200
    assert "1 issue is left out by rulings." in done.text


def test_the_ranking_of_a_month_to_come_is_refused_in_words(still: FastAPI) -> None:
    page = client_of(still, "leader").get("/ranking", params={"month": "2999-01"})
    assert page.status_code == 422
    assert "has not begun" in page.text


def test_every_indicator_is_told_in_chinese() -> None:
    for told, one in zip(described("zh_CN"), INDICATORS.values(), strict=True):
        assert told["title"] != one.title
        assert told["definition"] != one.definition
