"""The phone over HTTP: its pack, its session, and visits of inspection points."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.service import Service
from geodata.accounts import Accounts
from gridmap.access import CITY, Grant, Scope
from gridmap.layers import ISSUE_CHANNELS
from tests.citizens import GARBAGE, LAMP, TWO
from tests.closed_loop import EAST, U2, U3, act, add_photo, desk, jpeg, phone, report, spot
from tests.people import CHEAP, PASSWORD, client_of

PACK, VISITS, VISIT = "/api/v1/field/pack", "/api/v1/visits", "visit-0001"
ANSWERS = {"clean": True, "bins": 3, "share": 0.5}


def pack(client: TestClient) -> Any:
    return client.get(PACK).json()


def own(collection: dict[str, Any], key: str) -> list[str]:
    """Return the keys of the features that are one's own."""
    told = [feature["properties"] for feature in collection["features"]]
    return [row[key] for row in told if row["mine"]]


def visit(client: TestClient, **more: Any) -> Any:
    """Send a visit of the market m1 by the unit u2, which answers for it."""
    body = {
        "visit_id": VISIT,
        "point_id": "m1",
        "unit_id": "u2",
        "at": "2026-11-22T08:00:00+08:00",
        "answers": ANSWERS,
        **more,
    }
    return client.post(VISITS, json=body)


# --- The pack -------------------------------------------------------------------------------------


def test_a_pack_says_what_is_ones_own_and_what_lies_around(loop: FastAPI) -> None:
    told = pack(phone(loop))
    assert own(told["grids"], "code") == ["232701100001001", "232701100001002"]
    assert own(told["points"], "point_id") == []
    (road,) = told["roads"]["features"]
    assert road["properties"]["mine"] == [[0.0, 150.0]]
    assert len(told["grids"]["features"]) == 7
    assert told["units"] == [{"unit_id": "u1", "name": "市林业局"}]
    theirs = pack(phone(loop, U2))
    assert own(theirs["grids"], "code") == ["232701100001002", "232701100001003"]  # assists on one
    assert own(theirs["points"], "point_id") == ["m1"]
    (point,) = [row for row in theirs["points"]["features"] if row["properties"]["mine"]]
    assert (point["properties"]["due"], point["properties"]["last_visit"]) == (True, None)
    assert theirs["roads"]["features"][0]["properties"]["mine"] == []


def test_a_pack_holds_conditions_checklists_settings_and_the_day(loop: FastAPI) -> None:
    told = pack(phone(loop))
    assert [row["condition_id"][-1] for row in told["conditions"]] == ["1", "2", "3"]
    items = told["checklists"]["market"]["items"]
    assert [(row["item_id"], row["check"], row["least"]) for row in items] == [
        ("clean", "yes_no", None),
        ("bins", "count", 2.0),
        ("share", "share", 0.9),
    ]
    assert told["channels"] == list(ISSUE_CHANNELS)
    assert told["settings"] == {
        "near_m": 100.0,
        "accuracy_m": 50.0,
        "visit_days": 7,
        "track_days": 90,
        "photo_side": 2048,
    }
    today = datetime.now(UTC).astimezone(loop.state.service.zone).date()
    assert (told["day"], told["patrol"]["day"], told["datum"]) == (*[f"{today}"] * 2, "wgs84")
    assert (told["patrol"]["roads_m"], told["patrol"]["points"]) == (150.0, 0)


def test_what_is_met_most_often_is_offered_first(loop: FastAPI) -> None:
    client = phone(loop)
    for _ in range(5):
        assert report(client, category=LAMP, condition=TWO).status_code == 201
    assert [row["category"] for row in pack(client)["conditions"]] == [LAMP, LAMP, GARBAGE]


def test_a_pack_is_sent_again_only_if_it_has_changed(loop: FastAPI) -> None:
    client = phone(loop)
    report(client)
    first = client.get(PACK)
    tag = {"If-None-Match": first.headers["ETag"]}
    assert first.headers["Cache-Control"] == "private, no-cache"
    same = client.get(PACK, headers=tag)
    assert (same.status_code, same.content) == (304, b"")
    assert phone(loop, U2).get(PACK, headers=tag).status_code == 200
    key = report(phone(loop, U2), place=spot(150, 170)).json()["issue_id"]
    changed = client.get(PACK, headers=tag)
    assert (changed.status_code, len(changed.json()["issues"])) == (200, 2)
    (issue,) = [row for row in changed.json()["issues"] if row["issue_id"] == key]
    assert (issue["state"], issue["light"], issue["unit_name"]) == (
        "dispatched",
        "green",
        "市林业局",
    )
    assert {"act": "accept", "needs": []} in issue["allowed"]
    act(desk(loop), key, "return", reason="不在辖区")
    office = client_of(loop, "city_office")
    act(office, key, "rule", unit_id="u3", reason="归供电公司")
    assert key not in {row["issue_id"] for row in pack(client)["issues"]}


def test_a_pack_names_nobody_but_its_owner(loop: FastAPI) -> None:
    office = client_of(loop, "city_office")
    report(office, description="群众来电")
    client = phone(loop)
    told = client.get(PACK).text
    me = pack(client)["person"]
    assert "群众来电" in told
    assert not re.search(r"0457-\d|王一|李二|孙五", told)
    assert set(re.findall(r"\bp[0-9a-f]{12}\b", told)) == {me["person_id"]}
    assert told.count(me["person_id"]) == 1
    assert '"reporter"' not in told


def test_an_inspector_has_the_ground_of_their_scope(loop: FastAPI) -> None:
    told = pack(client_of(loop, "inspector", EAST))
    assert own(told["grids"], "code") == [f"23270110000200{n}" for n in (5, 6, 7)]
    assert own(told["points"], "point_id") == ["s1"]
    assert (told["units"], told["patrol"]["due"]) == ([], False)
    assert len(own(pack(client_of(loop, "city_office"))["grids"], "code")) == 7


def test_who_has_a_community_has_all_its_grids(loop: FastAPI) -> None:
    leader = phone(loop, Scope("unit", "p1"))
    assert own(pack(leader)["grids"], "code") == [f"23270110000100{n}" for n in (1, 2, 3, 4)]


def test_who_holds_nothing_has_an_empty_pack(loop: FastAPI) -> None:
    store = loop.state.service.workspaces.whole.store
    units = store.read("units").loc[["u1"]].rename(index={"u1": "u9"})
    with store.write(who="a test", action="edit") as writer:
        writer.add("units", units, date(2026, 1, 1))
    told = pack(phone(loop, Scope("unit", "u9")))
    layers = ("grids", "roads", "points", "compounds", "communities")
    assert [told[name]["features"] for name in layers] == [[]] * 5
    assert told["issues"] == []


def test_nobody_has_a_pack_without_signing_in_nor_an_auditor(loop: FastAPI) -> None:
    assert TestClient(loop, base_url="http://127.0.0.1").get(PACK).status_code == 401
    assert client_of(loop, "auditor").get(PACK).status_code == 403


def test_a_page_from_the_cache_asks_who_has_signed_in(loop: FastAPI) -> None:
    service: Service = loop.state.service
    accounts = Accounts(service.workspaces.whole.store, hasher=CHEAP)
    grants = [Grant("field_staff", U2)]
    person_id = accounts.add("zhou", "周二", grants, password=PASSWORD, by="tests")
    client = TestClient(loop, base_url="http://127.0.0.1")
    path = "/api/v1/field/session"
    refused = client.get(path)
    assert (refused.status_code, refused.headers["Content-Type"]) == (
        401,
        "application/problem+json",
    )
    token = accounts.sign_in("zhou", PASSWORD, source="127.0.0.1").token
    client.cookies.set("gridmap_session", token)
    told = client.get(path)
    assert told.headers["Cache-Control"] == "no-store"
    body = told.json()
    assert (body["person_id"], body["name"]) == (person_id, "周二")
    assert visit(client).status_code == 403  # without the token of the session
    client.headers["X-CSRF-Token"] = body["csrf"]
    assert visit(client).status_code == 201


# --- Visits ---------------------------------------------------------------------------------------


def test_a_visit_is_scored_and_says_how_far_off_it_was(loop: FastAPI) -> None:
    answer = visit(phone(loop, U2), place=spot(30, 190, accuracy_m=5))
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert (told["score"], told["out_of"]) == (15.0, 20.0)  # the share 0.5 is below 0.9
    assert told["distance_m"] == pytest.approx(40, abs=0.2)
    (point,) = [
        row["properties"]
        for row in pack(phone(loop, U2))["points"]["features"]
        if row["properties"]["mine"]
    ]
    assert datetime.fromisoformat(point["last_visit"]) == datetime(2026, 11, 22, tzinfo=UTC)


def test_a_visit_sent_again_is_one_and_another_under_its_key_refused(loop: FastAPI) -> None:
    client = phone(loop, U2)
    first, again = visit(client), visit(client)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    other = visit(client, answers=ANSWERS | {"clean": False})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency")
    assert len(loop.state.service.workspaces.whole.store.read("visits")) == 1


def test_a_point_is_due_again_after_a_week(loop: FastAPI) -> None:
    def due() -> bool:
        told = pack(phone(loop, U2))["points"]["features"]
        return any(row["properties"]["due"] for row in told)

    long_ago = datetime.now(UTC) - timedelta(days=8)
    visit(phone(loop, U2), at=long_ago.isoformat())
    assert due()
    visit(phone(loop, U2), visit_id="visit-0002", at=datetime.now(UTC).isoformat())
    assert not due()


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"visit_id": "short"}, 422),
        ({"visit_id": "../../etc/passwd"}, 422),
        ({"point_id": "nowhere"}, 404),
        ({"unit_id": "u1"}, 403),
        ({"edition": "1999"}, 404),
        ({"answers": {"clean": 7}}, 422),
        ({"answers": {"bins": -1}}, 422),
        ({"answers": {"share": 1.5}}, 422),
        ({"answers": {"other": True}}, 422),
        ({"answers": {"clean": "yes"}}, 422),
        ({"answers": {f"i{n}": True for n in range(201)}}, 422),
        ({"at": "2026-11-22T08:00:00"}, 422),
        ({"note": "x" * 5000}, 422),
        ({"note": "\x00"}, 422),
        ({"place": {"lon": 122.5, "lat": 91}}, 422),
        ({"more": 1}, 422),
    ],
)
def test_a_visit_that_cannot_be_is_refused(
    loop: FastAPI, more: dict[str, Any], status: int
) -> None:
    assert visit(phone(loop, U2), **more).status_code == status
    assert loop.state.service.workspaces.whole.store.read("visits").empty


def test_numbers_that_are_none_are_refused(loop: FastAPI) -> None:
    body = (
        '{"visit_id": "visit-0001", "point_id": "m1", "unit_id": "u2",'
        ' "at": "2026-11-22T08:00:00Z", "answers": {"bins": %s}}'
    )
    headers = {"Content-Type": "application/json"}
    for number in ("NaN", "1e400", "-Infinity"):
        content = (body % number).encode()
        answer = phone(loop, U2).post(VISITS, content=content, headers=headers)
        assert answer.status_code in {400, 422}, answer.text


def test_units_and_inspectors_visit_and_offices_do_not(loop: FastAPI) -> None:
    assert visit(client_of(loop, "inspector", CITY)).status_code == 201
    assert visit(client_of(loop, "city_office"), visit_id="visit-0002").status_code == 403
    nobody = TestClient(loop, base_url="http://127.0.0.1")
    assert visit(nobody, visit_id="visit-0003").status_code == 401


def test_a_photo_of_a_visit_is_its_visitors_and_seen_by_who_sees_the_point(loop: FastAPI) -> None:
    client, at = phone(loop, U2), spot(30, 150)
    visit(client)
    subject, content = f"visits/{VISIT}", jpeg(1)
    early = add_photo(client, "visits/visit-9999", "photo-0001", content)
    assert (early.status_code, early.json()["code"]) == (404, "not-found")
    told = add_photo(
        client, subject, "photo-0001", content, kind="other", lon=at["lon"], lat=at["lat"]
    )
    assert told.status_code == 201, told.text
    assert told.json()["distance_m"] == pytest.approx(0, abs=0.05)
    assert add_photo(client, subject, "photo-0001", content).status_code == 200
    mate = desk(loop, U2)  # of the same unit, but not who was there
    assert add_photo(mate, subject, "photo-0002", content).status_code == 404
    for somebody in (client, mate, client_of(loop, "city_office")):
        assert somebody.get("/api/v1/photos/photo-0001").status_code == 200
    assert phone(loop, U3).get("/api/v1/photos/photo-0001").status_code == 404
    boxes = {"boxes": [[0, 0, 1, 1]]}
    blurred = client_of(loop, "city_office").post(
        "/api/v1/photos/photo-0001/redactions", json=boxes
    )
    assert blurred.status_code == 404  # only photos of issues are ever published
