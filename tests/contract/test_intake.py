"""Reports on both stores: what each becomes, whose it is, when it was, and its number."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from geodata.store import Store
from gridmap import layers
from gridmap.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from tests.loop import CALENDAR, COVER, LITTER, ZONE, Loop, at, local, looped
from tests.town import SQUARES

G1, G2, *_, G7 = SQUARES
JUNE = date(2026, 6, 1)


@pytest.fixture
def loop(town_store: Store) -> Loop:
    return looped(town_store)


def test_what_is_set_right_on_the_spot_is_so_only_by_the_unit_that_answers(loop: Loop) -> None:
    own = loop.report("staff", fixed=True)
    assert own["state"] == "rectified"
    fixed = loop.told("office", own["issue_id"]).issue
    assert (fixed["fixer"], fixed["fixer_unit"]) == ("u1-staff", "u1")
    assert fixed["rectified_at"] == fixed["reported_at"]
    others = loop.report("u2", fixed=True)
    assert others["state"] == "dispatched"
    assert loop.told("office", others["issue_id"]).events[0]["details"]["fixed"] is True


@pytest.mark.parametrize(
    ("who", "x", "more", "state"),
    [
        ("u2", 70, {"category": COVER}, "reported"),  # two conditions: somebody has to choose
        ("u2", 70, {"category": "乱停车"}, "reported"),  # none
        ("u2", 70, {"category": "", "condition": "c2"}, "dispatched"),
        ("public", 70, {"channel": "citizen_app"}, "reported"),  # an office looks at it first
        ("u2", 250, {}, "dispatched"),
        ("u2", 170, {}, "dispatched"),
        ("u2", 350, {}, "filed"),  # nobody answers
        ("leader", None, {}, "filed"),
    ],
)
def test_what_lacks_a_condition_a_unit_or_trust_waits_for_the_office(
    loop: Loop, who: str, x: float | None, more: dict[str, Any], state: str
) -> None:
    answer = loop.report(who, x, 30 if x == 350 else 170, **more)
    assert loop.state(answer["issue_id"]) == state == answer["state"]


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"category": " "}, "needs a category"),
        ({"channel": "pigeon"}, "no channel pigeon"),
        ({"condition": "c9"}, "no filing condition c9"),
        ({"unit_id": "u1"}, "do not speak for the unit u1"),
        ({"place": None, "description": " "}, "needs a place, or words"),
        ({"description": "长" * 4001}, "4000 characters"),
        ({"place": shapely.Point(2.35, 48.85)}, "km outside the city"),
        ({"place": at(25_000, 100)}, "25 km outside the city"),
    ],
)
def test_a_report_that_cannot_be_is_refused_and_leaves_nothing(
    loop: Loop, more: dict[str, Any], why: str
) -> None:
    last = loop.store.journal.last()
    with pytest.raises(InvalidError, match=why):
        loop.report("u2", **more)
    assert loop.store.journal.last() == last


def test_a_report_from_just_outside_the_city_is_the_offices_to_look_at(loop: Loop) -> None:
    answer = loop.report("u2", 15_000)
    assert loop.state(answer["issue_id"]) == "filed"


def test_an_issue_that_comes_back_is_linked_to_the_one_it_repeats(loop: Loop) -> None:
    first = loop.report("u2")["issue_id"]
    loop.close_out(first)
    again = loop.report("u2", 80)
    assert again["recurs"] == first
    assert loop.told("office", again["issue_id"]).recurs["issue_id"] == first
    assert [one["issue_id"] for one in loop.told("office", first).recurred_by] == [
        again["issue_id"]
    ]


def test_an_issue_in_no_grid_is_seen_by_the_office_of_that_division(loop: Loop) -> None:
    answer = loop.report("u2", 390, 190)
    key = answer["issue_id"]
    assert (answer["grid"], answer["unit_id"], answer["state"]) == (None, None, "filed")
    assert loop.told("east", key).issue["issue_id"] == key
    assert key in loop.seen("east")
    with pytest.raises(NotFoundError):
        loop.told("west", key)
    assert key not in loop.seen("west")
    assert loop.act("east", key, "dispatch", unit_id="u2").states[key] == "dispatched"


def test_a_report_that_waited_in_a_phone_keeps_its_moment(loop: Loop) -> None:
    yesterday = local("2026-05-31 10:00")
    answer = loop.report("u2", reported_at=yesterday)
    story = loop.told("office", answer["issue_id"])
    assert datetime.fromisoformat(story.issue["reported_at"]) == yesterday
    assert "clock_not_believed" not in story.events[0]["details"]
    assert story.events[0]["at"] > story.issue["reported_at"]
    assert answer["number"].startswith("20260601")  # numbered on the day it came in


@pytest.mark.parametrize("told", [local("2099-01-01 10:00"), local("2026-04-01 10:00")])
def test_a_phone_whose_clock_cannot_be_right_is_not_believed_and_that_is_told(
    loop: Loop, told: datetime
) -> None:
    key = loop.report("u2", reported_at=told)["issue_id"]
    story = loop.told("office", key)
    moment = datetime.fromisoformat(story.issue["reported_at"])
    assert moment.astimezone(UTC).date() == JUNE
    assert story.events[0]["details"]["clock_not_believed"] is True


def hand_over(loop: Loop, since: str) -> None:
    """Give the grid 001 to the unit u3 from a day on."""
    store = loop.store
    end = pd.DataFrame(
        {"until": [pd.Timestamp(since)], "note": [None]},
        index=pd.Index(["a1"], name="assignment_id", dtype="str"),
    )
    row = {"assignment_id": ["b1"], "target_kind": "grid", "target": G1, "unit_id": "u3"}
    frame = pd.DataFrame({**row, "tier": "responsible", "scheme": "main", "since": since})
    with store.write(who="a test", action="transfer") as writer:
        writer.release(end)
        writer.add("assignments", layers.conform(frame, layers.LAYERS["assignments"]), JUNE)


def test_a_report_of_last_week_is_routed_by_last_weeks_assignments(loop: Loop) -> None:
    hand_over(loop, "2026-05-28")
    late = loop.report("u2", reported_at=local("2026-05-27 10:00"))
    new = loop.report("u2", 60)
    assert (late["unit_id"], new["unit_id"]) == ("u1", "u3")
    assert late["why"][0]["unit_id"] == "u1"


def test_a_corrected_place_is_routed_by_the_day_of_the_report_and_the_past_is_kept(
    loop: Loop,
) -> None:
    hand_over(loop, "2026-05-28")
    answer = loop.report("u2", 250, reported_at=local("2026-05-27 10:00"))
    key = answer["issue_id"]
    loop.act("u2", key, "move", place=at(70, 170))
    story = loop.told("office", key)
    assert (story.issue["grid"], story.issue["unit_id"]) == (G1, "u1")
    before = story.events[-1]["details"]["before"]
    assert (before["unit_id"], json.loads(before["why"])) == ("u3", answer["why"])
    with pytest.raises(ForbiddenError):
        loop.act("u3", loop.report("u2", 250)["issue_id"], "move", place=at(70, 170))


def test_numbers_go_on_whatever_else_a_register_has_numbered(loop: Loop) -> None:
    numbers = ["20260601ABCDE", "20260601-0017", "2026060100041", "20260601", "20260601999999999"]
    frame = gpd.GeoDataFrame(
        {"issue_id": [f"n{n}" for n in range(5)], "number": numbers, "category": LITTER},
        geometry=[at(60, 160)] * 5,
        crs="EPSG:4490",
    ).assign(reported_at=pd.Timestamp("2026-05-31T02:00:00Z"))
    loop.write("issues", frame)
    assert loop.report("u2")["number"] == "2026060100042"
    frame = frame.iloc[[0]].assign(issue_id="m", number="2026060199999")
    loop.write("issues", frame)
    assert [loop.report("u2", x)["number"] for x in (1, 2)] == ["20260601100000", "20260601100001"]


def test_an_id_that_is_another_issues_is_refused(loop: Loop) -> None:
    key = loop.report("u2")["issue_id"]
    with pytest.raises(ConflictError, match="already an issue"):
        loop.report("u3", issue_id=key)


def test_the_clock_shown_is_the_citys(loop: Loop) -> None:
    answer = loop.report("u2")
    due = datetime.fromisoformat(answer["due_at"])
    assert CALENDAR.is_workday(due.astimezone(ZONE).date())
    story = loop.told("u1", answer["issue_id"]).issue
    assert story["light"] == "green"
    assert story["share"] == pytest.approx(0, abs=1e-3)
    assert due - datetime.fromisoformat(story["filed_at"]) == timedelta(days=2)
