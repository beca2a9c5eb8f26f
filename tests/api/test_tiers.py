"""Leaders and tiers over HTTP, and as pages that need no script."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.settings import Settings
from gridmap.access import Scope
from tests.people import client_of
from tests.registers import town_register
from web.main import create_app

WEST, EAST, SUBDISTRICT = "232701100001", "232701100002", "232701100"
FREE, FAR = f"{WEST}004", f"{EAST}007"
DAY = {"as_of": "2026-07-01"}


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    return create_app(Settings(database_url=town_register(tmp_path), language="en"))


@pytest.fixture
def office(app: FastAPI) -> TestClient:
    return client_of(app, "city_office")


def lacking(client: TestClient, **asked: str) -> set[tuple[str, str]]:
    answer = client.get("/api/v1/tiers", params={**DAY, **asked})
    assert answer.status_code == 200, answer.text
    return {(row["code"], row["tier"]) for row in answer.json()["missing"]}


def give(client: TestClient, target: str, unit: str, tier: str = "patch_leader") -> int:
    form = {"target": target, "unit": unit, "tier": tier, "since": "2026-06-01"}
    return client.post("/tiers/assignments", data=form, follow_redirects=False).status_code


def test_what_is_missing_is_told_by_level_with_who_stands_above(office: TestClient) -> None:
    found = office.get("/api/v1/tiers", params={**DAY, "level": "grid"}).json()
    assert found["required"] == ["patch_leader", "responsible"]
    assert not found["whole"]
    rows = {(row["code"], row["tier"]): row for row in found["missing"]}
    assert rows[(FREE, "responsible")]["above_names"] == ["包保领导甲"]
    assert rows[(FREE, "responsible")]["parent_name"] == "向阳社区"
    assert rows[(FAR, "patch_leader")]["above"] == []
    assert {row["level"] for row in found["figures"]} == {"grid"}


def test_tiers_that_are_named_are_asked_for(office: TestClient) -> None:
    assert lacking(office, tier="grid_worker", level="grid") == {
        (row["id"], "grid_worker") for row in office.get("/api/v1/grids").json()["features"]
    }
    assert office.get("/api/v1/tiers", params={"tier": "assisting"}).status_code == 400


def test_what_is_given_on_the_page_holds_and_mends_the_proof(office: TestClient) -> None:
    assert give(office, SUBDISTRICT, "p1") == 303
    assert lacking(office, tier="patch_leader") == set()
    assert give(office, "北山社区", "市林业局", "lead") == 303  # by their names
    assert (EAST, "lead") not in lacking(office)
    assert (WEST, "lead") in lacking(office)


def test_a_place_a_unit_or_a_tier_that_is_not_there_is_refused(office: TestClient) -> None:
    assert give(office, "nowhere", "p1") == 404
    assert give(office, EAST, "nobody") == 404
    assert give(office, EAST, "p1", "mayor") == 422


def test_an_office_gives_and_sees_only_what_lies_in_its_part(app: FastAPI) -> None:
    west = client_of(app, "subdistrict_office", Scope("division", WEST))
    assert not any(code.startswith(EAST) for code, _ in lacking(west))
    assert give(west, EAST, "p1") == 404
    assert give(west, WEST, "u2", "lead") == 303
    page = west.get("/tiers", params={"place": FAR})
    assert page.status_code == 200
    assert f"There is no place {FAR}" in page.text
    assert "北山社区" not in page.text


def test_what_holds_beyond_ones_part_cannot_be_ended(app: FastAPI, office: TestClient) -> None:
    assert give(office, EAST, "p1") == 303
    rows = office.get("/api/v1/assignments", params={**DAY, "target": EAST}).json()["assignments"]
    form = {"assignment_id": rows[0]["assignment_id"], "until": "2026-06-15"}
    west = client_of(app, "subdistrict_office", Scope("division", WEST))
    assert west.post("/tiers/releases", data=form).status_code == 404
    ended = office.post("/tiers/releases", data=form, follow_redirects=False)
    assert ended.status_code == 303
    assert (EAST, "patch_leader") in lacking(office)


def test_the_chain_of_a_division_asks_for_no_worker(office: TestClient) -> None:
    page = office.get("/tiers", params={"place": WEST, "tier": ["lead", "grid_worker"]}).text
    chain = page[page.index('<ol class="chain">') : page.index("</ol>")]
    assert "Patch leader" in chain  # held, though not asked for
    assert "Lead unit" in chain
    assert "Grid worker" not in chain


def test_a_day_of_the_past_is_looked_at_and_not_changed(office: TestClient) -> None:
    page = office.get("/tiers", params={"as_of": "2026-01-02"}).text
    assert 'class="proof open"' in page
    assert 'action="/tiers/assignments"' not in page
