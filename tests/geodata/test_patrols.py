"""Patrols as use cases: sent once, measured here, seen by whom they concern, forgotten in time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import geopandas as gpd
import pytest

from geodata.calendars import calendar
from geodata.database import connect
from geodata.issues.setting import Setting
from geodata.patrols import Patrols, Recorded, Sent
from geodata.scoped import Workspaces
from geodata.store import Store
from geodata.tidying import tidy
from geodata.tracks import Fix
from geodata.workspace import Workspace
from gridmap.access import CITY, Grant, Person, Scope
from gridmap.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from tests.geodata.towns import ZONE
from tests.registers import town_register
from tests.town import COMMUNITIES, METRIC, place

MONDAY = date(2026, 6, 1)
NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)
MORNING = datetime(2026, 6, 1, 1, tzinfo=UTC)
WEST, EAST = (Scope("division", code) for code in COMMUNITIES)


def person(role: str, scope: Scope = CITY, name: str = "") -> Person:
    known = name or f"{role}-{scope.key}"
    return Person(f"p-{known}", known, frozenset({Grant(role, scope)}))


@dataclass
class Town:
    """A register, its clock, and who asks it."""

    store: Store
    workspaces: Workspaces
    now: datetime = NOON

    def of(self, who: Person) -> Patrols:
        return Patrols(Setting(self.workspaces, who, calendar(ZONE), ZONE))

    def staff(self, unit_id: str, name: str = "") -> Patrols:
        return self.of(person("field_staff", Scope("unit", unit_id), name))


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    url = town_register(tmp_path)
    clock: dict[str, Town] = {}
    store = Store(connect(url), clock=lambda: clock["town"].now)
    made = clock["town"] = Town(store, Workspaces(Workspace(store)))
    yield made
    store.close()


def fix(x: float, y: float, minute: float, accuracy: float = 5.0) -> Fix:
    spot = gpd.GeoSeries([place(x, y)], crs=METRIC).to_crs("EPSG:4326")[0]
    return (spot.x, spot.y, MORNING + timedelta(minutes=minute), accuracy)


ALONG = tuple(fix(x, 100, n) for n, x in enumerate(range(0, 121, 30)))  # the road, 0 to 120 m


def sent(patrol_id: str = "P-0001", unit_id: str = "u1", **more: Any) -> Sent:
    said: dict[str, Any] = {
        "started_at": MORNING,
        "ended_at": MORNING + timedelta(hours=1),
        "fixes": ALONG,
    }
    return Sent(patrol_id, unit_id, **{**said, **more})


def row(done: Recorded) -> dict[str, Any]:
    (found,) = done.patrol.to_dict("records")
    return {str(name): value for name, value in found.items()}


# What is recorded


def test_who_walked_is_known_by_account_whatever_their_name(town: Town) -> None:
    staff = person("field_staff", Scope("unit", "u1"), "王伟")
    first = town.of(staff).record(sent())
    renamed = replace(staff, name="王小伟")
    assert not town.of(renamed).record(sent()).new
    assert row(first)["by"] == "王伟"
    namesake = replace(staff, person_id="p-another")
    with pytest.raises(ConflictError, match="Another patrol"):
        town.of(namesake).record(sent())


def test_a_patrol_is_measured_against_the_beat_of_its_day(town: Town) -> None:
    done = town.staff("u1").record(sent())
    told = row(done)
    assert done.new
    assert (told["unit_name"], told["by"], told["day"].date()) == (
        "市林业局",
        "field_staff-u1",
        MONDAY,
    )
    assert told["person_id"] == "p-field_staff-u1"
    assert told["roads_m"] == 150.0
    assert told["walked_m"] == pytest.approx(140, rel=2e-3)  # 120 m, and 20 m of reach
    assert (told["points_due"], told["points_seen"]) == (0, 0)
    ((road, first, last),) = told["missed"]["roads"]
    assert (road, last, last - first) == ("r1", 150.0, pytest.approx(10, abs=0.3))
    assert town.store.verify() is None


def test_a_point_is_seen_in_passing_or_ticked_where_the_track_came_near(town: Town) -> None:
    market = (30.0, 150.0)
    passing = tuple(fix(market[0] + d, market[1] + 25, n) for n, d in enumerate((-20, 0, 20)))
    beside = tuple(fix(market[0] + d, market[1] + 60, n) for n, d in enumerate((-20, 0, 20)))
    far = tuple(fix(300 + d, market[1], n) for n, d in enumerate((-20, 0, 20)))
    staff = town.staff("u2")
    seen = {
        name: row(staff.record(sent(name, "u2", fixes=way, ticked=ticked)))
        for name, way, ticked in (
            ("P-passing", passing, ()),
            ("P-beside", beside, ()),
            ("P-ticked", beside, ("m1",)),
            ("P-from-home", far, ("m1", "s1", "no such point")),
        )
    }
    assert {name: told["points_seen"] for name, told in seen.items()} == {
        "P-passing": 1,
        "P-beside": 0,
        "P-ticked": 1,
        "P-from-home": 0,
    }
    assert seen["P-beside"]["missed"]["points"] == ["m1"]
    assert seen["P-from-home"]["walked"]["ticked"] == ["m1", "s1"]


def test_fixes_outside_the_time_or_not_exact_walk_nothing(town: Town) -> None:
    late = tuple((x, y, at + timedelta(hours=2), exact) for x, y, at, exact in ALONG)
    vague = tuple((x, y, at, 80.0) for x, y, at, _ in ALONG)
    staff = town.staff("u1")
    for name, fixes in (("P-late", late), ("P-vague", vague), ("P-none", ())):
        told = row(staff.record(sent(name, fixes=fixes)))
        assert (told["walked_m"], told["walked"]["roads"]) == (0.0, [])
        assert staff.track(name) == []


def test_the_same_patrol_twice_is_one(town: Town) -> None:
    staff = town.staff("u1")
    first = staff.record(sent())
    last = town.store.journal.last()
    again = staff.record(sent(fixes=()))
    assert (first.new, again.new) == (True, False)
    assert row(again) == row(first)
    assert town.store.journal.last() == last


def test_of_many_who_send_one_patrol_at_once_one_writes_it(town: Town) -> None:
    staff, ready, done = town.staff("u1"), Barrier(6), list[Recorded]()

    def send() -> None:
        ready.wait()
        done.append(staff.record(sent()))

    threads = [Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.new for one in done) == [False] * 5 + [True]
    assert len(town.store.read("patrols")) == 1
    assert town.store.verify() is None


def test_somebody_elses_number_is_taken(town: Town) -> None:
    town.staff("u1").record(sent())
    with pytest.raises(ConflictError, match="P-0001"):
        town.staff("u2").record(sent(unit_id="u2"))
    with pytest.raises(ConflictError, match="P-0001"):
        town.staff("u1", "another").record(sent())


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"ended_at": MORNING - timedelta(seconds=1)}, "ends after it begins"),
        ({"started_at": MORNING - timedelta(hours=24)}, "within a day"),
        ({"ended_at": NOON + timedelta(minutes=11)}, "when it has ended"),
        ({"fixes": (fix(0, 0, 0),) * 20_001}, "at most 20000 fixes"),
        (
            {
                "started_at": MORNING - timedelta(days=31),
                "ended_at": MORNING - timedelta(days=30, hours=23),
            },
            "within 30 days",
        ),
    ],
)
def test_a_patrol_that_cannot_be_is_refused(town: Town, more: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidError, match=message):
        town.staff("u1").record(sent(**more))
    assert len(town.store.read("patrols")) == 0


@pytest.mark.parametrize(
    "who",
    [
        person("field_staff", Scope("unit", "u2")),
        person("city_office"),
        person("inspector", WEST),
        person("leader"),
    ],
)
def test_nobody_walks_for_another_unit(town: Town, who: Person) -> None:
    with pytest.raises(ForbiddenError):
        town.of(who).record(sent())


# What is due


def units(found: Any) -> list[str]:
    return list(found["unit_id"])


def test_an_office_sees_what_is_due_and_what_is_done(town: Town) -> None:
    office = town.of(person("city_office"))
    assert units(office.due(MONDAY)) == ["u1", "u2", "u3"]  # u4 is not in use, p1 is a post
    town.staff("u1").record(sent("P-1"))
    town.staff("u1").record(sent("P-2", fixes=ALONG[:3]))
    found = office.due(MONDAY).set_index("unit_id")
    assert found.loc["u1", "patrols"] == 2
    assert found.loc["u1", "walked_m"] == pytest.approx(140, rel=2e-3)  # not twice
    assert found.loc["u2", ["patrols", "walked_m"]].to_list() == [0, 0.0]
    assert found.loc["u3", "unit_name"] == "市供电公司"
    assert units(office.missing(MONDAY)) == ["u2", "u3"]


def test_on_a_day_off_nothing_is_due_and_a_patrol_counts_all_the_same(town: Town) -> None:
    sunday = MONDAY - timedelta(days=1)
    office = town.of(person("city_office"))
    assert office.due(sunday).empty
    assert office.missing(sunday).empty
    day = timedelta(days=1)
    moved = sent(started_at=MORNING - day, ended_at=MORNING - day + timedelta(hours=1))
    told = row(town.staff("u1").record(moved))
    assert (told["day"].date(), told["roads_m"]) == (sunday, 150.0)
    assert units(office.listed(sunday)) == ["u1"]
    assert office.listed(MONDAY).empty


def test_the_day_of_a_patrol_is_the_citys(town: Town) -> None:
    early = datetime(2026, 5, 31, 22, tzinfo=UTC)  # six in the morning of the first of June
    told = row(town.staff("u1").record(sent(started_at=early, ended_at=MORNING)))
    assert told["day"].date() == MONDAY


def test_a_unit_sees_its_own_and_an_office_those_with_ground_in_its_part(town: Town) -> None:
    for unit_id in ("u1", "u2", "u3"):
        town.staff(unit_id).record(sent(f"P-{unit_id}", unit_id, fixes=()))
    west, east = (town.of(person("subdistrict_office", scope)) for scope in (WEST, EAST))
    assert sorted(units(west.listed(MONDAY))) == ["u1", "u2"]
    assert sorted(units(east.listed(MONDAY))) == ["u1", "u3"]  # u1's road runs into the east
    assert units(town.staff("u2").listed(MONDAY)) == ["u2"]
    assert units(town.staff("u2").due(MONDAY)) == ["u2"]
    assert units(town.staff("u2").listed(MONDAY, "u1")) == []
    assert len(town.of(person("leader")).listed(MONDAY)) == 3
    assert town.of(person("system_admin")).listed(MONDAY).empty


def test_a_beat_is_drawn_with_names(town: Town) -> None:
    roads = town.staff("u1").beat("u1", MONDAY).roads
    assert roads[["name", "from_m", "to_m"]].to_numpy().tolist() == [["中华路", 0.0, 150.0]]
    assert roads.to_crs(METRIC).length.to_list() == pytest.approx([150], rel=2e-3)
    beat = town.staff("u2").beat("u2", MONDAY)
    assert (beat.roads_m, len(beat.roads)) == (0.0, 0)
    assert beat.points[["point_id", "name", "category"]].to_numpy().tolist() == [
        ["m1", "中心市场", "market"]
    ]
    with pytest.raises(NotFoundError):
        town.staff("u2").beat("u1", MONDAY)
    with pytest.raises(NotFoundError):
        town.of(person("city_office")).beat("nobody", MONDAY)


# Where somebody was


def test_a_track_is_shown_to_its_person_and_to_the_offices_of_the_place(town: Town) -> None:
    staff = town.staff("u2")
    staff.record(sent(unit_id="u2"))
    kept = staff.track("P-0001")
    assert [spot[:2] for spot in kept] == [list(spot[:2]) for spot in ALONG]
    assert kept[0][2:] == ["2026-06-01T01:00:00+00:00", 5.0]
    for who in (person("city_office"), person("subdistrict_office", WEST)):
        assert town.of(who).track("P-0001") == kept
    for who in (
        person("subdistrict_office", EAST),
        person("field_staff", Scope("unit", "u2"), "a colleague"),
        person("unit_coordinator", Scope("unit", "u2")),
        person("leader"),
        person("auditor"),
        Person("", "public", frozenset()),
    ):
        with pytest.raises(NotFoundError, match="no track"):
            town.of(who).track("P-0001")


def test_the_journal_tells_which_office_read_a_track(town: Town) -> None:
    town.staff("u1").record(sent())
    before = town.store.journal.last()
    town.staff("u1").track("P-0001")
    assert town.store.journal.last() == before
    town.of(person("city_office", name="王一")).track("P-0001")
    told = town.store.journal.last()
    assert told is not None
    assert (told.who, told.action, told.what["patrol"]) == ("王一", "track-read", "P-0001")
    assert town.store.verify() is None


def test_no_book_and_no_journal_holds_a_track(town: Town) -> None:
    town.staff("u1").record(sent())
    book = town.store.read("patrols").to_csv()
    entry = town.store.journal.last()
    assert entry is not None
    for lon, lat, *_ in ALONG:
        assert str(lon) not in book + str(entry.what)
        assert str(lat) not in book + str(entry.what)


def test_tracks_are_forgotten_and_patrols_are_not(town: Town) -> None:
    staff = town.staff("u1")
    staff.record(sent("P-old"))
    town.now += timedelta(days=60)
    later = MORNING + timedelta(days=60)
    staff.record(sent("P-new", started_at=later, ended_at=later + timedelta(hours=1)))
    town.now += timedelta(days=31)
    assert tidy(town.store, None, town.now).tracks == 1
    assert staff.track("P-new") == []
    with pytest.raises(NotFoundError):
        staff.track("P-old")
    assert len(town.store.read("patrols")) == 2
    told = town.store.journal.last()
    assert told is not None
    assert (told.action, told.what["tracks"]) == ("tidy", 1)
    assert not tidy(town.store, None, town.now)
    assert town.store.journal.last() == told
