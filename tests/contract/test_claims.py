"""Claims on both stores: every change is a row of the book, and the journal tells of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest

from geodata.claims import Claims, Terms
from geodata.errors import OvertakenError
from geodata.store import Store
from geodata.workspace import Workspace
from gridmap.access import Grant, Person, Scope
from gridmap.assignments import Target
from gridmap.claims import Proposal
from gridmap.errors import AlreadyAssignedError, ConflictError

FREE, FAR, HELD = "232701100001004", "232701100002007", "232701100001001"
TODAY, JULY = date(2026, 6, 1), date(2026, 7, 1)
UNIT = Person("p1", "何平", frozenset({Grant("unit_coordinator", Scope("unit", "u2"))}))
OFFICE = Person("p2", "方圆", frozenset({Grant("city_office")}))


def book(store: Store, person: Person) -> Claims:
    whole = Workspace(store)
    return Claims(whole, whole, person, TODAY)


def ask(store: Store, *codes: str) -> list[str]:
    targets = tuple(Target("grid", code) for code in codes)
    step = book(store, UNIT).propose(Proposal("u2", targets, JULY, "相邻"))
    return step.claims["claim_id"].to_list()


def given(store: Store) -> dict[str, str]:
    rows = store.read("assignments")
    new = rows[rows["since"] >= "2026-07-01"]
    return dict(zip(new["target"], new["unit_id"], strict=True))


def test_a_claim_is_kept_row_by_row_and_its_past_can_be_read(town_store: Store) -> None:
    (key,) = ask(town_store, FREE)
    book(town_store, OFFICE).refuse([key], "已另有安排")
    past = town_store.history("claims", key)
    assert past["state"].to_list() == ["proposed", "refused"]
    assert past["reason"].to_list() == ["相邻", "已另有安排"]
    assert past["action"].to_list() == ["claim", "claim-refuse"]
    assert past["who"].to_list() == ["何平", "方圆"]
    assert town_store.verify() is None


def test_claims_are_accepted_with_their_assignments_in_one_entry(town_store: Store) -> None:
    keys = ask(town_store, FREE, FAR)
    step = book(town_store, OFFICE).accept(keys, Terms(note="第一批"))
    entry = town_store.journal.last()
    assert entry is not None
    assert (entry.seq, entry.action) == (step.entry, "claim-accept")
    assert entry.what["changes"]["claims"]["changed"] == 2
    assert entry.what["changes"]["assignments"]["added"] == 2
    assert given(town_store) == {FREE: "u2", FAR: "u2"}
    assert town_store.verify() is None


def test_of_several_claims_all_are_accepted_or_none(town_store: Store) -> None:
    keys = ask(town_store, FREE, HELD)
    last = town_store.journal.last()
    with pytest.raises(AlreadyAssignedError) as caught:
        book(town_store, OFFICE).accept(keys, Terms())
    assert caught.value.holders == {HELD: "u1"}
    assert set(town_store.read("claims")["state"]) == {"proposed"}
    assert town_store.journal.last() == last
    assert given(town_store) == {}


def test_of_two_who_decide_at_once_one_is_told_that_the_other_was_first(town_store: Store) -> None:
    (key,) = ask(town_store, FREE)
    ready = Barrier(2)

    def decide(accepts: bool) -> str:
        mine = book(town_store, OFFICE)
        ready.wait()
        try:
            if accepts:
                mine.accept([key], Terms())
            else:
                mine.refuse([key], "否")
        except ConflictError as error:
            return str(error)
        return "done"

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(decide, (True, False)))
    assert said == [f"The claim of u2 on {FREE} is not open any more: 方圆 was first.", "done"]
    state = town_store.read("claims").loc[key, "state"]
    assert given(town_store) == ({FREE: "u2"} if state == "accepted" else {})


def test_an_office_that_was_overtaken_at_the_desk_is_told_by_whom(town_store: Store) -> None:
    (first,) = ask(town_store, FREE)
    office = book(town_store, OFFICE)
    seen = office.seen()
    office.accept([first], Terms())
    (second,) = (
        book(town_store, other("u1"))
        .propose(Proposal("u1", (Target("grid", FREE),), JULY))
        .claims["claim_id"]
    )
    with pytest.raises(OvertakenError) as caught:
        office.accept([second], Terms(take_over=True), seen=seen)
    assert [change["who"] for change in caught.value.changes] == ["方圆"]
    assert given(town_store) == {FREE: "u2"}


def other(unit: str) -> Person:
    return Person("p3", "另一位", frozenset({Grant("unit_coordinator", Scope("unit", unit))}))
