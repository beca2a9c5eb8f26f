"""The working set: what is built once, shared, and built anew."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from geodata import workspace as module
from gridmap.assignments import Target
from tests.geodata.towns import Office, opened
from tests.registers import town_register
from tests.town import SQUARES

MARCH, MAY = date(2026, 3, 1), date(2026, 5, 1)
GRIDS = list(SQUARES)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    town_register(tmp_path)
    made = opened(tmp_path / "town.gpkg")
    yield made
    made.store.close()


def test_days_between_which_nothing_changed_share_what_was_built(office: Office) -> None:
    work = office.workspace
    assert work.city(date(2026, 2, 1)) is work.city(date(2029, 9, 9))
    assert work.locator(date(2026, 2, 1)) is work.locator(date(2029, 9, 9))
    assert work.locator(date(2025, 12, 31)) is not work.locator(date(2026, 1, 1))


def test_an_assignment_that_begins_or_ends_divides_the_days(office: Office) -> None:
    office.assign([Target("grid", GRIDS[3])], "u2", since=MARCH)
    office.desk.release(["a1"], until=MAY)
    work = office.workspace
    cities = [work.city(day) for day in (date(2026, 2, 28), MARCH, date(2026, 4, 30), MAY)]
    assert cities[1] is cities[2]
    assert len({id(city) for city in cities}) == 3
    assert work.days(["assignments"]) == [date(2026, 1, 1), MARCH, MAY]


def test_what_does_not_depend_on_assignments_stays_when_they_move(office: Office) -> None:
    work = office.workspace
    locator, ground, city = work.locator(MAY), work.ground(MAY), work.city(MAY)
    office.assign([Target("grid", GRIDS[3])], "u2", since=MARCH)
    assert work.locator(MAY) is locator
    assert work.ground(MAY) is ground
    assert work.city(MAY) is not city


def test_a_layer_that_another_process_wrote_is_read_anew(office: Office, tmp_path: Path) -> None:
    assert GRIDS[3] in set(office.reports.gaps(MAY)["code"])
    other = opened(tmp_path / "town.gpkg")
    other.assign([Target("grid", GRIDS[3])], "u2", since=MARCH)
    other.store.close()
    assert GRIDS[3] not in set(office.reports.gaps(MAY)["code"])


def test_an_older_version_of_a_result_is_let_go(office: Office) -> None:
    work = office.workspace
    for until in (MARCH, MAY):
        work.once("told", ["assignments"], MAY, object)
        office.desk.release([{MARCH: "a1", MAY: "a2"}[until]], until=date(2027, 1, 1))
    work.once("told", ["assignments"], MAY, object)
    assert [key.name for key in work._built].count("told") == 1


def test_what_was_used_longest_ago_is_let_go_first(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = office.workspace
    first = work.once("told", ["grids"], MAY, object, 0)
    monkeypatch.setattr(module, "KEPT", 8)
    for number in range(1, 12):
        work.once("told", ["grids"], MAY, object, number)
        assert work.once("told", ["grids"], MAY, object, 0) is first
    assert len(work._built) == 8


def test_two_threads_that_ask_at_once_get_one_and_the_same(office: Office) -> None:
    built, started, found = [], threading.Barrier(4), []

    def build() -> object:
        built.append(threading.get_ident())
        threading.Event().wait(0.05)
        return object()

    def ask() -> None:
        started.wait()
        found.append(office.workspace.once("slow", ["grids"], MAY, build))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(built) == 1
    assert len({id(thing) for thing in found}) == 1


def test_a_build_that_fails_is_tried_again(office: Office) -> None:
    def fail() -> object:
        msg = "broken"
        raise ValueError(msg)

    with pytest.raises(ValueError, match="broken"):
        office.workspace.once("told", ["grids"], MAY, fail)
    assert office.workspace.once("told", ["grids"], MAY, lambda: "whole") == "whole"
    assert not office.workspace._building
