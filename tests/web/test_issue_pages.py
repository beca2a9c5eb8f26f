"""The pages of issues: what each reader is shown, may do, and is told when it is refused."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI

from gridmap.access import Scope
from gridmap.errors import InvalidError
from gridmap.issues.arrows import ACTS, ARROWS
from gridmap.layers import ISSUE_CHANNELS, ISSUE_STATES, LIMIT_KINDS
from tests.citizens import LAMP, TWO
from tests.closed_loop import EAST, U2, act, jpeg, report, spot
from tests.people import client_of
from tests.web.fakes import PAYLOADS
from tests.web.issue_town import (
    GARBAGE,
    ONE,
    closed,
    coordinator,
    did,
    emptied,
    inspector,
    issue_of,
    leader,
    nameless,
    office,
    paged,
    seen_of,
    state_of,
    text_of,
)
from web.pages import issue_words
from web.pages.issues import Asked, states_of

PAGES = ("/issues", "/tasks", "/hotline", "/review")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return emptied(tmp_path_factory.mktemp("issue-pages"))


@pytest.fixture
def loop(template: Path, tmp_path: Path) -> FastAPI:
    return paged(template, tmp_path)


@pytest.fixture(scope="module")
def two(template: Path, tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """Serve two issues of two categories, units and grids; tests only look at them."""
    app = paged(template, tmp_path_factory.mktemp("two"))
    issue_of(app)
    issue_of(app, category=LAMP, condition=TWO, place=spot(50, 50))
    return app


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


# --- One issue ------------------------------------------------------------------------------------


def test_an_issue_tells_why_its_unit_answers_and_what_happened(loop: FastAPI) -> None:
    issue_id = closed(loop)
    text = text_of(office(loop).get(f"/issues/{issue_id}").text)
    assert "市林业局" in text
    assert "Grid 第1网格 Division 向阳社区" in text
    for done in ("Report", "File it", "Dispatch", "Take on", "Report it set right", "Close out"):
        assert done in text
    assert "The nearest photo was taken 10 m from the place." in text
    assert "Before it was set right" in text
    assert text.index("Close out") < text.index("Reinspection passed")  # the last stands first


def test_the_form_of_each_act_has_exactly_what_it_needs(loop: FastAPI) -> None:
    issue_id = nameless(loop)
    page = office(loop).get(f"/issues/{issue_id}").text
    forms = re.findall(r'(?s)<details class="act-fold (\w+)"( open)?.*?</details>', page)
    assert forms[0] == ("file", " open")
    assert [act for act, opened in forms if opened] == ["file"]
    bodies = dict(re.findall(r'(?s)<details class="act-fold (\w+)".*?(<form.*?</form>)', page))
    fields = {"condition": "condition", "unit": "unit_id", "into": "into", "more": "more"}
    for name, body in bodies.items():
        needs = set(ARROWS[name].needs)
        named = set(re.findall(r'name="(\w+)"', body))
        assert {need for need, field in fields.items() if field in named} == needs & set(fields)
        assert ({"lon", "lat"} <= named) == ("place" in needs)
        required = re.search(r'name="reason"[^>]*required', body) is not None
        assert required == ("reason" in needs)


def test_an_office_files_and_dispatches_by_the_forms(loop: FastAPI) -> None:
    issue_id, client = nameless(loop), office(loop)
    sent = {"act": "file", "condition": ONE, "seen": seen_of(client, issue_id)}
    done = client.post(f"/issues/{issue_id}/acts", data=sent, follow_redirects=False)
    assert (done.status_code, done.headers["location"]) == (303, f"/issues/{issue_id}?done=file")
    page = client.get(done.headers["location"]).text
    assert "The issue: was filed." in page
    assert "4 working hours" in page
    sent = {"act": "dispatch", "unit_id": "u2", "seen": seen_of(client, issue_id)}
    client.post(f"/issues/{issue_id}/acts", data=sent)
    assert state_of(client, issue_id) == "dispatched"
    assert "To be taken on 1" in text_of(coordinator(loop, U2).get("/tasks").text)


def test_what_is_refused_is_said_beside_its_form_and_what_was_typed_stays(loop: FastAPI) -> None:
    issue_id, client = issue_of(loop), coordinator(loop)
    seen = seen_of(client, issue_id)
    sent = {"act": "ask_extension", "reason": "备件未到", "more": "900", "seen": seen}
    answer = client.post(f"/issues/{issue_id}/acts", data=sent)
    assert answer.status_code == 422
    form = re.search(r'(?s)<details class="act-fold ask_extension" open.*?</details>', answer.text)
    assert form is not None
    assert "An extension may be as long as the limit itself" in form[0]
    assert 'value="900"' in form[0]
    assert "备件未到" in form[0]
    assert (
        "is not a number"
        in client.post(f"/issues/{issue_id}/acts", data=sent | {"more": "很久"}).text
    )


def test_who_was_overtaken_is_told_and_shown_the_issue_as_it_is_now(loop: FastAPI) -> None:
    issue_id, client = issue_of(loop), coordinator(loop)
    seen = seen_of(client, issue_id)
    did(office(loop), issue_id, "suspend", reason="等待施工")
    sent = {"act": "accept", "seen": seen}
    answer = client.post(f"/issues/{issue_id}/acts", data=sent)
    assert answer.status_code == 412
    assert "in the meantime" in answer.text
    assert "等待施工" in answer.text
    assert state_of(client, issue_id) == "suspended"


def test_the_office_decides_on_more_time_with_what_was_asked_for(loop: FastAPI) -> None:
    issue_id = issue_of(loop)
    did(coordinator(loop), issue_id, "ask_extension", reason="备件未到", more=2.0)
    page = office(loop).get(f"/issues/{issue_id}").text
    first = re.search(r'(?s)<details class="act-fold grant_extension" open.*?</details>', page)
    assert first is not None
    assert re.search(r'name="more"[^>]*value="2"', first[0])
    assert "More time asked for" in text_of(page)


def test_a_photo_that_comes_with_an_act_is_kept_as_of_after(loop: FastAPI) -> None:
    issue_id, client = issue_of(loop), coordinator(loop)
    answer = client.post(
        f"/issues/{issue_id}/acts",
        data={"act": "rectify", "seen": seen_of(client, issue_id)},
        files={"photo": ("a.jpg", jpeg(3), "image/jpeg")},
        follow_redirects=False,
    )
    assert answer.status_code == 303, answer.text
    [photo] = client.get(f"/api/v1/issues/{issue_id}").json()["photos"]
    assert photo["kind"] == "after"
    page = client.get(f"/issues/{issue_id}").text
    assert f"/api/v1/photos/{photo['photo_id']}?size=thumb" in page
    assert "position unknown" in page


def test_an_empty_file_field_is_no_photo_and_a_text_is_none(loop: FastAPI) -> None:
    issue_id, client = issue_of(loop), coordinator(loop)
    path = f"/issues/{issue_id}/photos"
    files = {"photo": ("a.jpg", b"not a photo", "image/jpeg")}
    refused = client.post(path, data={"kind": "before"}, files=files)
    assert refused.status_code in (415, 422)
    assert 'role="alert"' in refused.text
    # as browsers send a file field into which nothing was put
    part = 'Content-Disposition: form-data; name="{}"\r\n'
    fields = part.format("act") + "\r\naccept\r\n--x\r\n"
    fields += part.format('photo"; filename="') + "Content-Type: application/octet-stream\r\n\r\n"
    sent = client.post(
        f"/issues/{issue_id}/acts",
        content=f"--x\r\n{fields}\r\n--x--\r\n",
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )
    assert sent.status_code == 200, text_of(sent.text)
    assert state_of(client, issue_id) == "accepted"
    assert client.get(f"/api/v1/issues/{issue_id}").json()["photos"] == []


def test_a_corrected_place_finds_grid_and_unit_anew(loop: FastAPI) -> None:
    issue_id, client = nameless(loop), office(loop)
    assert "No place was given" in client.get(f"/issues/{issue_id}").text
    at = spot(50, 50)
    sent = {"act": "move", "lon": str(at["lon"]), "lat": str(at["lat"])}
    client.post(f"/issues/{issue_id}/acts", data=sent | {"seen": seen_of(client, issue_id)})
    issue = client.get(f"/api/v1/issues/{issue_id}").json()["issue"]
    assert (issue["grid"], issue["unit_id"]) == ("232701100001003", "u2")
    for wrong in ({"lon": "999", "lat": "1"}, {"lon": "", "lat": ""}, {"lon": "a", "lat": "b"}):
        answer = client.post(f"/issues/{issue_id}/acts", data={"act": "move", **wrong})
        assert answer.status_code == 422


def test_issues_are_merged_by_the_number_that_people_know(loop: FastAPI) -> None:
    first, client = issue_of(loop), office(loop)
    second = issue_of(loop, place=spot(52, 170))
    page = client.get(f"/issues/{second}").text
    assert "May be the same" in page
    number = client.get(f"/api/v1/issues/{first}").json()["issue"]["number"]
    assert f'name="into" value="{number}"' in page
    client.post(f"/issues/{second}/acts", data={"act": "merge", "into": number})
    assert state_of(client, second) == "merged"
    assert "Merged into this one" in client.get(f"/issues/{first}").text
    missing = client.post(f"/issues/{first}/acts", data={"act": "merge", "into": "20200101"})
    assert missing.status_code == 404


def test_an_issue_without_photo_and_with_a_long_story_is_still_shown(loop: FastAPI) -> None:
    issue_id, client = issue_of(loop, description="长" * 3000), office(loop)
    for n in range(40):
        did(client, issue_id, "note", reason=f"第{n}次回访")
    page = client.get(f"/issues/{issue_id}").text
    assert page.count("<blockquote>") == 40
    assert "Nobody has sent a photo." in page
    assert page.index("第39次回访") < page.index("第0次回访")


def test_the_map_of_an_issue_shows_only_what_is_around_it(loop: FastAPI) -> None:
    issue_id, client = issue_of(loop), office(loop)
    drawn = client.get(f"/issues/{issue_id}/ground.json").json()["features"]
    assert "232701100001001" in {one["id"] for one in drawn}
    assert {one["properties"]["layer"] for one in drawn} == {"grids", "roads"}
    assert (
        client_of(loop, "subdistrict_office", EAST)
        .get(f"/issues/{issue_id}/ground.json")
        .status_code
        == 404
    )


def test_words_of_people_are_text_on_every_page(loop: FastAPI) -> None:
    for payload in PAYLOADS:
        issue_id = issue_of(loop, description=payload, address=payload, place=spot(50, 170))
        act(office(loop), issue_id, "note", reason=payload)
    pages = ["/issues", "/tasks", f"/issues/{issue_id}", "/review"]
    for path in pages:
        page = office(loop).get(path).text
        assert "<img src=x" not in page
        assert "<svg onload" not in page
        assert "<script>window.__xss" not in page


# --- Tasks ----------------------------------------------------------------------------------------


def test_tasks_are_those_of_the_readers_role(loop: FastAPI) -> None:
    waiting, back, done = nameless(loop), issue_of(loop), issue_of(loop, place=spot(20, 110))
    did(coordinator(loop), back, "return", reason="不归我们")
    did(coordinator(loop), done, "accept")
    did(coordinator(loop), done, "rectify")
    issue_of(loop, place=spot(80, 190))
    told = text_of(office(loop).get("/tasks").text)
    for line in ("To be filed 1", "To be ruled on 1", "To be dispatched 0"):
        assert line in told
    page = office(loop).get("/tasks").text
    assert f'href="/issues/{waiting}"' in page
    assert "To be reinspected 1" in text_of(inspector(loop).get("/tasks").text)
    own = text_of(coordinator(loop).get("/tasks").text)
    assert "To be taken on 1" in own
    assert "To be filed" not in own
    assert "Nothing is waiting" in coordinator(loop, U2).get("/tasks").text
    assert "Overdue" in leader(loop).get("/tasks").text


def test_each_list_of_tasks_leads_to_just_its_issues_in_the_ledger(two: FastAPI) -> None:
    client = coordinator(two)
    page = client.get("/tasks").text
    panel = re.search(r'(?s)id="accept">.*?</section>', page)
    assert panel is not None
    href = re.search(r'href="(/issues\?[^"]+)"', panel[0])
    assert href is not None
    assert len(re.findall(r"<tr data-issue=", client.get(href[1].replace("&amp;", "&")).text)) == 1


# --- The hotline ----------------------------------------------------------------------------------


def call_of(page: str) -> str:
    found = re.search(r'name="issue_id" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def test_a_clerk_takes_a_call_down_and_reads_its_number_to_the_caller(loop: FastAPI) -> None:
    client = office(loop)
    at = spot(50, 170)
    sent = {
        "issue_id": call_of(client.get("/hotline").text),
        "description": "桶外垃圾三天没人收",
        "category": GARBAGE,
        "condition": ONE,
        "address": "中心市场",
        "lon": str(at["lon"]),
        "lat": str(at["lat"]),
        "source": "address",
    }
    done = client.post("/hotline", data=sent)
    number = re.search(r'taken-number num">(\d{13})<', done.text)
    assert number is not None
    assert "市林业局" in text_of(done.text)
    again = client.post("/hotline", data=sent)
    assert f">{number[1]}<" in again.text
    found = client.get("/api/v1/issues", params={"channel": "hotline", "open": True}).json()
    assert [one["number"] for one in found["issues"]] == [number[1]]
    assert found["issues"][0]["state"] == "dispatched"


def test_a_call_without_place_or_words_is_refused_and_the_form_kept(loop: FastAPI) -> None:
    client = office(loop)
    sent = {"issue_id": call_of(client.get("/hotline").text), "category": "没人听懂的类别"}
    answer = client.post("/hotline", data=sent)
    assert answer.status_code == 422
    assert "A report needs a place, or words that tell of it." in answer.text
    assert 'value="没人听懂的类别"' in answer.text
    assert call_of(answer.text) == sent["issue_id"]


def test_places_of_ours_are_found_by_name_and_pinyin_with_where_they_are(loop: FastAPI) -> None:
    client = office(loop)
    for q in ("中心市场", "zxsc"):
        [found] = client.get("/hotline/places.json", params={"q": q}).json()["places"]
        at = spot(30, 150)
        assert found["name"] == "中心市场"
        assert (found["lon"], found["lat"]) == pytest.approx((at["lon"], at["lat"]), abs=2e-6)
    [road] = client.get("/hotline/places.json", params={"q": "中华路"}).json()["places"]
    at = spot(200, 100)  # half of 400 m along
    assert (road["lon"], road["lat"]) == pytest.approx((at["lon"], at["lat"]), abs=3e-6)
    assert client.get("/hotline/places.json", params={"q": "市林业局"}).json()["places"] == []


def test_the_clerk_hears_at_once_who_answers_and_what_was_reported_nearby(loop: FastAPI) -> None:
    client, at = office(loop), spot(51, 171)
    place = {"lon": at["lon"], "lat": at["lat"], "category": GARBAGE}
    before = text_of(client.get("/hotline/here", params=place).text)
    assert "市林业局" in before
    assert "Grid 第1网格" in before
    assert "Nothing like it is open nearby." in before
    issue_id = issue_of(loop)
    after = client.get("/hotline/here", params=place).text
    assert f"/issues/{issue_id}" in after
    nobody = client.get("/hotline/here", params=spot(150, 50)).text
    assert "Nobody answers for this place" in nobody


# --- The review of citizens' reports --------------------------------------------------------------


def test_citizens_reports_wait_until_somebody_has_looked_at_them(loop: FastAPI) -> None:
    sent = {"channel": "citizen_app", "condition": None, "category": "乱堆乱放"}
    first = report(client_of(loop, "field_staff", Scope("unit", "u1")), **sent).json()["issue_id"]
    client = office(loop)
    page = client.get("/review")
    assert "To be looked at 1" in text_of(page.text)
    assert f'action="/issues/{first}/acts"' in page.text
    assert 'act-fold move"' not in page.text
    done = client.post(
        f"/issues/{first}/acts",
        data={"act": "file", "condition": ONE, "back": "review"},
        follow_redirects=False,
    )
    assert done.headers["location"] == "/review?done=file"
    after = text_of(client.get("/review?done=file").text)
    assert "The report: was filed." in after
    assert "No report is waiting" in after
    assert "In work 1" in text_of(client.get("/review?show=taken").text)


def test_a_photo_is_blurred_where_boxes_are_drawn_and_then_has_a_public_version(
    loop: FastAPI,
) -> None:
    sent = {"channel": "citizen_app", "condition": None, "category": "乱堆乱放"}
    staff = client_of(loop, "field_staff", Scope("unit", "u1"))
    issue_id = report(staff, **sent).json()["issue_id"]
    client = office(loop)
    files = {"photo": ("a.jpg", jpeg(7), "image/jpeg")}
    client.post(f"/issues/{issue_id}/photos", data={"kind": "before"}, files=files)
    page = client.get("/review").text
    [photo] = re.findall(r'data-photo="([^"]+)"', page)
    assert "No public version yet" in page
    boxes = {"boxes": [[0.1, 0.1, 0.4, 0.5]]}
    assert client.post(f"/api/v1/photos/{photo}/redactions", json=boxes).status_code == 200
    assert "A public version is kept" in client.get("/review").text
