"""The ledger: who opens it, what it finds, and what is done with many issues at once."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI

from gridmap.access import Scope
from gridmap.errors import InvalidError
from gridmap.issues.arrows import ACTS, ARROWS
from gridmap.layers import ISSUE_CHANNELS, ISSUE_STATES, LIMIT_KINDS
from tests.closed_loop import EAST, U2, spot
from tests.people import client_of
from tests.web.issue_town import (
    GARBAGE,
    closed,
    coordinator,
    did,
    issue_of,
    leader,
    nameless,
    office,
    state_of,
    text_of,
)
from web.pages import issue_words
from web.pages.issues import Asked, states_of

PAGES = ("/issues", "/tasks", "/hotline", "/review")


# --- Words ----------------------------------------------------------------------------------------


def test_every_state_act_channel_and_limit_has_its_word() -> None:
    assert set(issue_words.STATES) == set(ISSUE_STATES)
    assert set(issue_words.ACTS) == set(ACTS)
    assert set(issue_words.DONE) == {"report", "photo", "calendar", *ACTS}
    assert set(issue_words.CHANNELS) == set(ISSUE_CHANNELS)
    assert set(issue_words.LIMITS) == set(issue_words.UNITS_OF_TIME) == set(LIMIT_KINDS)
    assert set(issue_words.NEEDS) == {need for arrow in ARROWS.values() for need in arrow.needs}


@pytest.mark.parametrize(
    ("acts", "first"),
    [
        (["file", "refuse", "note"], ["file", "refuse"]),
        (["return", "accept", "note"], ["accept", "return"]),
        (["rectify", "grant_extension", "deny_extension"], ["grant_extension", "deny_extension"]),
        (["reject", "reinspect"], ["reinspect", "reject"]),
        (["reject", "close_out"], ["close_out", "reject"]),
        (["note", "publish"], []),
    ],
)
def test_the_usual_next_act_stands_first_with_what_is_decided_against_it(
    acts: list[str], first: list[str]
) -> None:
    following, others = issue_words.ordered(acts)
    assert following == first
    assert sorted(following + others) == sorted(acts)


# --- Who sees which page --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "scope", "open_to_them"),
    [
        ("city_office", Scope("city"), {"/issues", "/tasks", "/hotline", "/review"}),
        ("unit_coordinator", Scope("unit", "u1"), {"/issues", "/tasks"}),
        ("inspector", Scope("city"), {"/issues", "/tasks"}),
        ("leader", Scope("city"), {"/issues", "/tasks"}),
        ("system_admin", Scope("city"), set()),
    ],
)
def test_each_role_opens_its_pages_and_is_shown_links_to_no_others(
    two: FastAPI, role: str, scope: Scope, open_to_them: set[str]
) -> None:
    client = client_of(two, role, scope)
    answers = {path: client.get(path) for path in PAGES}
    assert {path for path in PAGES if answers[path].status_code == 200} == open_to_them
    for path in open_to_them:
        nav = re.search(r'(?s)<nav class="office-nav".*?</nav>', answers[path].text)
        assert nav is not None
        linked = set(re.findall(r'href="([^"]+)"', nav[0]))
        assert linked & set(PAGES) == open_to_them


@pytest.mark.parametrize("first", ["/tasks", "/plans", "/leaders"])
def test_each_page_of_a_section_says_which_it_is(loop: FastAPI, first: str) -> None:
    client = office(loop)

    def nav(path: str) -> str:
        found = re.search(r'(?s)<nav class="office-nav".*?</nav>', client.get(path).text)
        assert found is not None, path
        return found[0]

    pages = re.findall(r'href="([^"]+)"', nav(first))
    assert len(pages) > 5
    for path in pages:
        assert re.findall(r'href="([^"]+)" aria-current="page"', nav(path)) == [path]


def test_an_empty_ledger_and_empty_tasks_say_so_kindly(loop: FastAPI) -> None:
    for client in (coordinator(loop, U2), office(loop)):
        assert "Nothing is waiting for you" in client.get("/tasks").text
    assert "No open issue" in coordinator(loop, U2).get("/issues").text
    assert "No report is waiting" in office(loop).get("/review").text


# --- The ledger -----------------------------------------------------------------------------------


def test_the_ledger_opens_with_what_is_open_and_counts_every_state(loop: FastAPI) -> None:
    issue_of(loop)
    nameless(loop)
    closed(loop)
    answer = office(loop).get("/issues")
    text = text_of(answer.text)
    assert len(re.findall(r"<tr data-issue=", answer.text)) == 2
    for chip in ("All that is open 2", "Reported 1", "Dispatched 1", "Closed out 1"):
        assert chip in text
    every = office(loop).get("/issues?state=closed_out").text
    assert len(re.findall(r"<tr data-issue=", every)) == 1


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("category=暴露垃圾", 1),
        ("category=路灯", 1),
        ("unit_id=u1", 1),
        ("unit_id=u2", 1),
        ("division=232701100001", 2),
        ("division=232701100002", 0),
        ("grid=232701100001003", 1),
        ("channel=hotline", 0),
        ("q=散落", 2),
        ("q=nothing of that", 0),
        ("since=2099-01-01", 0),
        ("until=2020-01-01", 0),
        ("light=green", 2),
        ("light=red", 0),
        ("pending=appeal", 0),
        ("sort=due", 2),
    ],
)
def test_filters_find_what_they_say_in_the_list_and_on_the_map(
    two: FastAPI, query: str, found: int
) -> None:
    client = office(two)
    page = client.get(f"/issues?{query}").text
    assert len(re.findall(r"<tr data-issue=", page)) == found
    points = client.get(f"/issues/points.json?{query}").json()
    assert (points["matched"], len(points["points"])) == (found, found)
    if not found:
        assert "No issue fits" in page


def test_a_day_is_taken_whole_at_both_ends(loop: FastAPI) -> None:
    issue_of(loop)
    client = office(loop)
    told = client.get("/api/v1/issues").json()["issues"][0]["reported_at"]
    day = f"{datetime.fromisoformat(told).astimezone(loop.state.service.zone):%Y-%m-%d}"
    assert "<tr data-issue=" in client.get(f"/issues?since={day}&until={day}").text
    earlier = f"{date.fromisoformat(day) - timedelta(days=1)}"
    assert "No issue fits" in client.get(f"/issues?until={earlier}").text


def test_the_map_tells_of_issues_without_a_place(loop: FastAPI) -> None:
    nameless(loop)
    issue_id = issue_of(loop)
    told = office(loop).get("/issues/points.json").json()
    assert (told["matched"], told["unplaced"]) == (2, 1)
    [[found, lon, lat, number, category, state, light]] = told["points"]
    place = spot(50, 170)
    assert (found, category, state, light) == (issue_id, GARBAGE, "dispatched", "green")
    assert number.endswith("00002")
    assert (lon, lat) == pytest.approx((place["lon"], place["lat"]), abs=2e-6)


def test_pages_follow_each_other_and_show_every_issue_once(
    loop: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.pages.issues.ROWS_AT_ONCE", 2)
    made = {issue_of(loop, place=spot(20 + 15 * n, 120)) for n in range(5)}
    client, address, seen = office(loop), "/issues", []
    for _ in range(3):
        page = client.get(address).text
        seen += re.findall(r'<tr data-issue="([^"]+)"', page)
        following = re.search(r'class="next" href="([^"]+)"', page)
        address = following[1].replace("&amp;", "&") if following else ""
    assert address == ""
    assert sorted(seen) == sorted(made)


def test_excel_is_of_the_same_issues_as_the_page(loop: FastAPI) -> None:
    issue_of(loop)
    client = office(loop)
    page = client.get(
        f"/issues?state=dispatched&category={GARBAGE}&since=2026-01-01&mine=true"
    ).text
    href = re.search(r'href="(/api/v1/issues[^"]+)" download', page)
    assert href is not None
    query = parse_qs(urlsplit(href[1].replace("&amp;", "&")).query)
    assert query["state"] == ["dispatched"]
    assert query["category"] == [GARBAGE]
    assert query["format"] == ["xlsx"]
    answer = client.get(href[1].replace("&amp;", "&"))
    assert answer.status_code == 200, answer.text
    assert answer.content[:2] == b"PK"
    plain = re.search(r'href="(/api/v1/issues[^"]+)" download', client.get("/issues").text)
    assert plain is not None
    assert parse_qs(urlsplit(plain[1].replace("&amp;", "&")).query)["open"] == ["true"]


def test_an_unknown_state_is_refused() -> None:
    assert states_of("all") == ()
    with pytest.raises(InvalidError, match="no state nowhere"):
        states_of("nowhere")
    assert Asked(mine=True, q="").kept() == {"mine": True}


def test_views_are_saved_opened_and_deleted_by_their_owner_alone(loop: FastAPI) -> None:
    client = office(loop)
    saved = client.post("/issues/views", data={"name": "本周超期", "query": "light=red&sort=due"})
    assert saved.status_code == 200
    page = client.get("/issues?light=red&sort=due").text
    chip = re.search(r'<span class="view-chip" aria-current="true">.*?</span>', page, re.DOTALL)
    assert chip is not None
    assert "本周超期" in chip[0]
    assert "本周超期" not in coordinator(loop).get("/issues").text
    [delete] = re.findall(r'action="(/issues/views/[^"]+/delete)"', page)
    assert coordinator(loop).post(delete).status_code == 404
    assert "本周超期" in client.get("/issues").text
    client.post(delete)
    assert "本周超期" not in client.get("/issues").text


def test_many_issues_are_acted_on_together_or_not_at_all(loop: FastAPI) -> None:
    both = [issue_of(loop), issue_of(loop, place=spot(20, 110))]
    client = coordinator(loop)
    did(client, both[1], "accept")
    sent = {"issue_id": both, "act": "accept", "back": "state=all"}
    refused = client.post("/issues/acts", data=sent)
    assert refused.status_code == 422
    assert "1 of 2 issues do not allow this" in refused.text
    assert len(re.findall(r'name="issue_id"[^>]*checked', refused.text)) == 2
    assert state_of(client, both[0]) == "dispatched"
    done = client.post(
        "/issues/acts",
        data={"issue_id": both, "act": "return", "reason": "不归我们", "back": "state=all"},
        follow_redirects=False,
    )
    assert done.headers["location"] == "/issues?state=all&done=return&n=2"
    assert [state_of(client, one) for one in both] == ["returned", "returned"]
    assert "2 issues: was returned." in client.get(done.headers["location"]).text


def test_rows_offer_only_acts_that_their_reader_may_do(loop: FastAPI) -> None:
    issue_of(loop)

    def offered(page: str) -> set[str]:
        return set(" ".join(re.findall(r'data-acts="([^"]*)"', page)).split())

    assert offered(coordinator(loop).get("/issues").text) == {
        "accept",
        "return",
        "rectify",
        "ask_extension",
        "appeal",
        "note",
    }
    assert "dispatch" not in offered(office(loop).get("/issues").text)
    assert offered(leader(loop).get("/issues").text) == {"note"}


def test_an_issue_of_another_community_is_not_in_an_offices_ledger(loop: FastAPI) -> None:
    issue_id = issue_of(loop)
    east = client_of(loop, "subdistrict_office", EAST)
    assert "No open issue" in east.get("/issues").text
    assert east.get("/issues/points.json").json()["points"] == []
    assert east.get(f"/issues/{issue_id}").status_code == 404
    assert east.post(f"/issues/{issue_id}/acts", data={"act": "note"}).status_code == 404
