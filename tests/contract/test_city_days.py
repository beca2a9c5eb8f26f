"""The city's own days on both stores: announced, kept, and the deadlines they move."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest

from geodata.calendars import KNOWN_UNTIL, calendar_of_city
from geodata.city_days import CityDays
from geodata.issues.ledger import Ledger, Wanted, listed
from geodata.issues.tasks import tasks
from geodata.store import Store
from gridmap.errors import InvalidError
from gridmap.working_time import OFFICE_HOURS
from tests.loop import COVER, PEOPLE, ZONE, Loop, local, looped

HOURS = "08:30-12:00,13:30-17:30"
NEXT = KNOWN_UNTIL.year + 1
STORM = pd.DataFrame({"day": ["2026-06-02"], "works": ["否"], "note": ["台风停工"]})
BOTH = pd.concat([STORM, pd.DataFrame({"day": ["2026-06-06"], "works": ["是"], "note": ["补班"]})])


class Told:
    """The moment that a test says it is."""

    def __init__(self) -> None:
        self.at = local("2026-06-01 16:00")

    def __call__(self) -> datetime:
        return self.at.astimezone(UTC)

    def go(self, text: str) -> None:
        self.at = local(text)


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def loop(town_store: Store, told: Told) -> Loop:
    return looped(Store(town_store.database, clock=told))


def days(loop: Loop) -> CityDays:
    return CityDays(loop.store, PEOPLE["office"], ZONE, OFFICE_HOURS)


def due(loop: Loop, key: str) -> str:
    at = datetime.fromisoformat(loop.told("office", key).issue["due_at"])
    return f"{at.astimezone(ZONE):%m-%d %H:%M}"


def lived(loop: Loop, told: Told) -> dict[str, str]:
    """Let issues come and be acted upon from Monday to Friday; return them by name."""
    made = {
        name: loop.report("u2", 30 + 10 * n)["issue_id"]
        for n, name in enumerate(("plain", "extended", "paused", "fixed", "closed"))
    }
    made["urgent"] = loop.report("u2", 150, category=COVER, condition="c2")["issue_id"]
    loop.act("u1", made["extended"], "ask_extension", more=1.0, reason="缺材料")
    loop.act("office", made["extended"], "grant_extension", more=1.0)
    loop.act("office", made["paused"], "suspend", reason="施工")
    loop.act("u1", made["fixed"], "rectify")
    loop.close_out(made["closed"])
    told.go("2026-06-02 10:00")
    made["of that day"] = loop.report("u2", 35, 120)["issue_id"]
    told.go("2026-06-03 08:30")
    loop.act("office", made["paused"], "resume")
    told.go("2026-06-05 10:00")
    made["late"] = loop.report("u2", 45, 120)["issue_id"]
    return made


BEFORE = {
    "plain": "06-03 16:00",
    "extended": "06-04 16:00",
    "paused": "06-04 17:30",  # two days from Wednesday morning
    "fixed": "06-03 16:00",
    "closed": "06-03 16:00",
    "urgent": "06-01 18:00",
    "of that day": "06-04 10:00",
    "late": "06-09 10:00",
}
AFTER = BEFORE | {
    "plain": "06-04 16:00",
    "extended": "06-05 16:00",
    "fixed": "06-04 16:00",
    "of that day": "06-04 17:30",  # from Wednesday morning, as if sent in the night
    "late": "06-08 10:00",  # Saturday is worked
}


def test_a_storm_and_a_saturday_worked_move_every_open_deadline_that_counts_them(
    loop: Loop, told: Told
) -> None:
    made = lived(loop, told)
    told.go("2026-06-05 12:00")
    seen = days(loop).preview(BOTH)
    assert {name: due(loop, key) for name, key in made.items()} == BEFORE
    done = days(loop).announce(BOTH, source="通知.xlsx")
    assert {name: due(loop, key) for name, key in made.items()} == AFTER
    pd.testing.assert_frame_equal(seen.moves, done.moves)
    entry = loop.store.journal.entry(done.entry or 0)
    assert (entry.action, entry.what["moved"], entry.what["days"]) == ("calendar", 5, 2)
    events = loop.told("office", made["plain"]).events
    before = datetime.fromisoformat(events[-1]["details"]["before"]["due_at"])
    assert (events[-1]["act"], before) == ("calendar", local("2026-06-03 16:00"))
    assert loop.told("office", made["closed"]).events[-1]["act"] == "close_out"
    heads = loop.find("office", limit=100).issues["due_at"].sort_index()
    kept = loop.store.read("issues")["due_at"]
    pd.testing.assert_series_equal(heads, kept[heads.index])
    assert loop.store.verify() is None
    again = days(loop).recount()  # by what is known now nothing moves any more
    assert (len(again.moves), again.untold) == (0, 0)


def test_a_deadline_that_came_from_elsewhere_stays_and_is_counted(loop: Loop, told: Told) -> None:
    key = loop.report("u2")["issue_id"]
    came = loop.store.read("issues").loc[[key]].rename({key: "came"})
    came.index.name = "issue_id"
    loop.write("issues", came.reset_index())
    told.go("2026-06-01 18:00")
    done = days(loop).announce(STORM)
    assert (done.moves["issue_id"].to_list(), done.untold) == ([key], 1)
    assert due(loop, "came") == "06-03 16:00"


def test_a_year_is_known_once_it_is_announced_and_its_deadlines_are_sure(
    loop: Loop, told: Told
) -> None:
    told.at = datetime(NEXT - 1, 12, 31, 16, tzinfo=ZONE)
    key = loop.report("u2")["issue_id"]
    first = loop.store.read("issues").loc[key, "due_at"]
    spring = [date(NEXT, 1, 1) + timedelta(days=n) for n in range(10)]
    rows = pd.DataFrame({"day": [*map(str, spring)], "works": "否"})
    city = calendar_of_city(loop.workspaces.whole, ZONE, HOURS)
    assert city.guesses(first, "working_days")
    asking = replace(loop.of("u1"), calendar=city)
    assert Ledger(asking).find(Wanted()).issues["due_provisional"][key]
    (waits, *_) = tasks(asking)
    assert (waits.name, listed(waits.issues)[0]["due_provisional"]) == ("accept", True)
    done = days(loop).announce(rows, NEXT)
    assert done.known_until == date(NEXT, 12, 31)
    assert done.moves["issue_id"].to_list() == [key]
    city = calendar_of_city(loop.workspaces.whole, ZONE, HOURS)
    assert not city.is_workday(spring[-1])
    sure = Ledger(replace(loop.of("u1"), calendar=city)).find(Wanted()).issues
    assert not sure["due_provisional"].any()
    # the notice is corrected: what it says no more is a day like any other
    shorter = days(loop).announce(rows.iloc[:9], NEXT)
    assert shorter.withdrawn == [str(spring[-1])]
    city = calendar_of_city(loop.workspaces.whole, ZONE, HOURS)
    assert city.is_workday(spring[-1]) == (spring[-1].isoweekday() <= 5)


def test_what_is_no_announcement_is_refused_and_nothing_is_written(loop: Loop) -> None:
    before = loop.store.versions()
    faulty = pd.DataFrame(
        {"day": ["2026-06-02", "2026-06-02", "Tuesday"], "works": ["否", "", "x"]}
    )
    with pytest.raises(InvalidError) as caught:
        days(loop).announce(faulty)
    faults = caught.value.faults
    assert faults is not None
    assert {*zip(faults["column"], faults["code"], strict=True)} == {
        ("day_id", "duplicate"),
        ("works", "missing"),
        ("day", "type"),
        ("works", "type"),
    }
    with pytest.raises(InvalidError, match="no day to announce"):
        days(loop).announce(STORM.iloc[:0])
    with pytest.raises(InvalidError, match="no day to announce"):
        days(loop).announce(STORM, NEXT)
    with pytest.raises(InvalidError, match="are known"):
        days(loop).announce(STORM, 2026)
    assert loop.store.versions() == before
