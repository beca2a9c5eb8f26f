"""The rules of the outbox, as tables: what is sent when, and what an answer means."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.field.lab import run


def record(key: str, order: int, **more: Any) -> dict[str, Any]:
    made = {
        "key": key,
        "person_id": "a",
        "kind": "report",
        "subject": key,
        "body": {},
        "made_at": "2026-06-01T01:00:00Z",
        "order": order,
        "state": "waiting",
        "sent": False,
        "fault": None,
        "tries": 0,
        "not_before": 0,
    }
    return made | more


def act(key: str, order: int, subject: str, **more: Any) -> dict[str, Any]:
    return record(key, order, kind="act", subject=subject, **more)


def ready(lab: Page, records: list[dict[str, Any]], now: float | None = None) -> list[str]:
    call = "m.ready(g.records, 'a', g.now ?? Infinity).map(({ key }) => key)"
    found: list[str] = run(lab, "outbox", call, records=records, now=now)
    return found


def test_records_go_in_the_order_in_which_they_were_made(lab: Page) -> None:
    assert ready(lab, [record("r2", 2), record("r1", 1), record("r3", 3)]) == ["r1", "r2", "r3"]


def test_an_act_waits_for_the_report_on_which_it_builds(lab: Page) -> None:
    assert ready(lab, [record("r1", 1), act("a1", 2, "r1"), act("a2", 3, "r1")]) == ["r1"]
    assert ready(lab, [act("a1", 2, "r1"), act("a2", 3, "r1")]) == ["a1"]


def test_what_was_refused_holds_back_what_builds_on_it_and_nothing_else(lab: Page) -> None:
    poison = record("r1", 1, state="refused")
    assert ready(lab, [poison, act("a1", 2, "r1"), record("r2", 3)]) == ["r2"]


def test_nobody_sends_what_is_anothers(lab: Page) -> None:
    assert ready(lab, [record("r1", 1, person_id="b"), record("r2", 2)]) == ["r2"]


def test_what_just_failed_waits_its_time(lab: Page) -> None:
    assert ready(lab, [record("r1", 1, not_before=1000), record("r2", 2)], 999) == ["r2"]
    assert ready(lab, [record("r1", 1, not_before=1000)], 1000) == ["r1"]


@pytest.mark.parametrize(
    ("kind", "steps"),
    [
        ("report", ["record", "photo", "photo"]),
        ("visit", ["record", "photo", "photo"]),
        ("act", ["photo", "photo", "record"]),
    ],
)
def test_photos_follow_what_they_hang_on_and_precede_the_act_that_needs_them(
    lab: Page, kind: str, steps: list[str]
) -> None:
    parts = [{"key": key, "kind": "after", "lon": None} for key in ("p1", "p2")]
    call = "m.requests(g.record, g.parts).map(({ step }) => step)"
    assert run(lab, "outbox", call, record=record("r1", 1, kind=kind), parts=parts) == steps


def test_what_the_service_has_already_is_not_sent_again(lab: Page) -> None:
    parts = [{"key": "p2", "kind": "before", "lon": None}]
    call = "m.requests(g.record, g.parts).map(({ path }) => path)"
    told = run(lab, "outbox", call, record=record("r1", 1, sent=True), parts=parts)
    assert told == ["/api/v1/issues/r1/photos/p2"]


OURS = {"json": True}
ANSWERS = [
    (None, "later"),
    ({"status": 201, **OURS, "told": {"issue_id": "r1"}}, "done"),
    ({"status": 200, **OURS, "told": {"issue_id": "r1"}}, "done"),
    ({"status": 200, **OURS, "told": {"issue_id": "other"}}, "portal"),
    ({"status": 200, **OURS, "told": {}}, "portal"),
    ({"status": 200, "json": False, "told": None}, "portal"),
    ({"status": 0, "json": False, "told": None}, "portal"),  # a redirection
    ({"status": 302, "json": False, "told": None}, "portal"),
    ({"status": 403, "json": False, "told": None}, "portal"),
    ({"status": 511, "json": False, "told": None}, "portal"),
    ({"status": 401, **OURS, "told": {"code": "sign-in"}}, "sign-in"),
    ({"status": 403, **OURS, "told": {"code": "csrf"}}, "renew"),
    ({"status": 403, **OURS, "told": {"code": "forbidden"}}, "refused"),
    ({"status": 404, **OURS, "told": {}}, "refused"),
    ({"status": 409, **OURS, "told": {}}, "conflict"),
    ({"status": 410, **OURS, "told": {}}, "conflict"),
    ({"status": 412, **OURS, "told": {}}, "conflict"),
    ({"status": 413, "json": False, "told": None}, "refused"),  # of a proxy
    ({"status": 415, **OURS, "told": {}}, "refused"),
    ({"status": 422, **OURS, "told": {"code": "idempotency"}}, "refused"),
    ({"status": 429, **OURS, "told": {}}, "later"),
    ({"status": 500, **OURS, "told": {}}, "retry"),
    ({"status": 502, "json": False, "told": None}, "later"),
    ({"status": 503, **OURS, "told": {}}, "later"),
]


@pytest.mark.parametrize(("answer", "meaning"), ANSWERS)
def test_an_answer_means_what_the_table_says(lab: Page, answer: Any, meaning: str) -> None:
    request = {"expect": "issue_id", "id": "r1"}
    assert run(lab, "outbox", "m.verdict(g.a, g.r)", a=answer, r=request) == meaning


def test_the_next_try_is_no_sooner_than_the_service_named(lab: Page) -> None:
    waits = run(lab, "outbox", "g.f.map(([n, s]) => m.pause(n, s))", f=[[1, 0], [1, 30], [3, 30]])
    assert waits == [5, 30, 60]
    assert run(lab, "outbox", "m.pause(1, g.s)", s=86_400) == 300  # no longer than ever


def test_a_refusal_keeps_the_sentence_and_every_fault(lab: Page) -> None:
    told = {"detail": "不对。", "code": "invalid", "errors": [{"message": "缺类别。"}]}
    answer = {"status": 422, "json": True, "told": told}
    kept = run(lab, "outbox", "m.untaken(g.r, 'refused', g.a, 0)", r=record("r1", 1), a=answer)
    assert kept["state"] == "refused"
    assert kept["fault"]["text"] == "不对。 缺类别。"
    assert kept["body"] == {}


def test_an_edited_record_is_a_new_one(lab: Page) -> None:
    refused = record("r1", 4, state="refused", tries=1, fault={"text": "?"})
    made = run(lab, "outbox", "m.renewed(g.r, { category: '路灯不亮' }, 'n1')", r=refused)
    assert (made["key"], made["subject"], made["order"]) == ("n1", "n1", 4)
    assert made["body"] == {"category": "路灯不亮", "issue_id": "n1"}
    assert (made["state"], made["fault"], made["tries"]) == ("waiting", None, 0)


@pytest.mark.parametrize(
    ("more", "may"),
    [
        ({}, True),
        ({"tries": 1}, False),  # the service may have it though no answer came
        ({"tries": 1, "state": "refused"}, True),
        ({"tries": 1, "state": "refused", "sent": True}, False),
        ({"tries": 1, "state": "conflict"}, False),  # a report of that number is there
        ({"tries": 1, "state": "conflict", "kind": "act"}, True),  # what was done is answered again
        ({"kind": "patrol"}, False),
    ],
)
def test_only_what_the_service_cannot_have_is_edited(
    lab: Page, more: dict[str, Any], may: bool
) -> None:
    assert run(lab, "outbox", "m.canEdit(g.r)", r=record("r1", 1, **more)) is may


def test_it_is_told_before_a_browser_may_clear_what_it_keeps(lab: Page) -> None:
    old = [record("r1", 1)]
    script = "m.ageing(g.r, Date.parse(g.r[0].made_at) + g.days * 86400000, g.promised)"
    told = [
        run(lab, "outbox", script, r=old, days=days, promised=promised)
        for days, promised in ((4, False), (4, True), (1, False))
    ]
    assert told == [True, False, False]


def test_what_follows_an_act_may_be_done_before_it_is_sent(lab: Page) -> None:
    issue = {"issue_id": "i1", "allowed": [{"act": "accept", "needs": []}]}
    waiting = [act("a1", 1, "i1", body={"act": "accept"})]
    call = "m.allowedNow(g.issue, g.records).map(({ act }) => act)"
    assert run(lab, "issue", call, issue=issue, records=[]) == ["accept"]
    assert run(lab, "issue", call, issue=issue, records=waiting) == ["rectify", "return"]


@pytest.mark.parametrize(
    ("due", "told", "light"),
    [
        ("2026-06-01T00:59:00Z", "green", "red"),
        ("2026-06-01T01:01:00Z", "green", "green"),
        ("2026-06-01T01:01:00Z", "yellow", "yellow"),
        (None, None, None),
    ],
)
def test_a_clock_goes_on_without_a_network(lab: Page, due: Any, told: Any, light: Any) -> None:
    call = "m.lightOf(g.issue, Date.parse('2026-06-01T01:00:00Z'))"
    assert run(lab, "clocks", call, issue={"due_at": due, "light": told}) == light


@pytest.mark.parametrize("act", ["moved()", "tick('m1')"])
def test_a_patrol_tells_of_a_step_once_the_step_is_kept(lab: Page, act: str) -> None:
    call = f"""await (async () => {{
      let written;
      const fix = {{ lon: 122.54, lat: 52.97, at: "2026-06-01T00:00:00Z", accuracy: 5 }};
      const patrolling = new m.Patrolling({{
        on() {{}}, pack: null, position: Object.assign(new EventTarget(), {{ now: fix }}),
        vault: {{ keepPatrol: () => new Promise((done) => {{ written = done; }}) }},
      }});
      patrolling.state = {{ track: [], points: [], ticked: [] }};
      const told = [];
      patrolling.addEventListener("changed", () => told.push("changed"));
      const done = patrolling.{act};
      const before = told.length;
      written();
      await done;
      return [before, told.length];
    }})()"""
    assert run(lab, "patrolling", call) == [0, 1]
