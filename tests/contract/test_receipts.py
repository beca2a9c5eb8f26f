"""Many phones at once on both stores: each report once, each number once, one act at a time."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select

from geodata.errors import OvertakenError, ReusedKeyError
from geodata.receipts import Once, hashed
from geodata.store import Store
from gridmap.errors import ConflictError
from tests.loop import PEOPLE, Loop, looped

PHONES = 50


@pytest.fixture
def loop(town_store: Store) -> Loop:
    return looped(town_store)


def key(who: str = "u2", name: str = "r-1", **sent: Any) -> Once:
    return Once(PEOPLE[who].person_id, name, hashed({"category": "暴露垃圾", **sent}))


def together(n: int, work: Callable[[int], Any]) -> list[Any]:
    """Let threads begin at one moment; return what each has returned, or raised."""
    gate = Barrier(n)

    def start(number: int) -> Any:
        gate.wait()
        try:
            return work(number)
        except Exception as error:  # noqa: BLE001 - looked at by the test
            return error

    with ThreadPoolExecutor(n) as pool:
        return list(pool.map(start, range(n)))


def issues_of(loop: Loop) -> set[str]:
    return set(loop.store.read("issues").index) - {"i1", "i2", "i3"}


def counted(loop: Loop, table: str) -> int:
    rows = loop.store.tables.layers[table]
    with loop.store.database.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(rows)).scalar() or 0)


def test_fifty_times_the_same_report_is_one_issue_with_one_number(loop: Loop) -> None:
    answers = together(PHONES, lambda _: loop.report("u2", once=key()))
    assert {answer["number"] for answer in answers} == {"2026060100001"}
    assert all(answer == answers[0] for answer in answers)
    assert issues_of(loop) == {answers[0]["issue_id"]}
    assert counted(loop, "issue_events") == 3
    assert loop.store.verify() is None


def test_reports_at_once_have_numbers_of_their_own_without_a_gap(loop: Loop) -> None:
    answers = [together(6, lambda n: loop.report("u2", 20 + 3 * n)) for _ in range(2)]
    numbers = sorted(answer["number"] for part in answers for answer in part)
    assert numbers == [f"20260601{n:05d}" for n in range(1, 13)]


def test_the_answer_of_an_act_that_was_lost_is_given_again_whatever_came_after(loop: Loop) -> None:
    issue = loop.report("u2")["issue_id"]
    once = key("u1", "a-1", act="return")
    first = loop.act("u1", issue, "return", reason="不属于本单位", once=once)
    loop.act("office", issue, "rule", unit_id="u2", reason="按网格划分")
    again = loop.act("u1", issue, "return", reason="不属于本单位", once=once)
    assert (first.replayed, again.replayed) == (False, True)
    assert (again.versions, again.states, again.events) == (
        first.versions,
        first.states,
        first.events,
    )
    story = loop.told("office", issue)
    assert (story.issue["state"], story.issue["returns"]) == ("dispatched", 1)


def test_something_else_under_a_known_key_is_refused_and_another_persons_key_is_their_own(
    loop: Loop,
) -> None:
    first = loop.report("u2", once=key())
    with pytest.raises(ReusedKeyError):
        loop.report("u2", description="别的", once=key(description="别的"))
    with pytest.raises(ReusedKeyError):
        loop.act("u2", first["issue_id"], "note", reason="x", once=key(act="note"))
    other = loop.report("u1", once=key("u1"))
    assert other["issue_id"] != first["issue_id"]
    assert len(issues_of(loop)) == 2


def test_a_report_that_failed_leaves_its_key_free(loop: Loop) -> None:
    taken = loop.report("u1")["issue_id"]
    with pytest.raises(ConflictError):
        loop.report("u2", issue_id=taken, once=key())
    assert loop.report("u2", once=key())["state"] == "dispatched"


def test_of_two_different_acts_on_one_version_one_wins_and_the_other_is_told_by_whom(
    loop: Loop,
) -> None:
    answer = loop.report("u2")
    issue, seen = answer["issue_id"], answer["version"]

    def work(n: int) -> Any:
        if n:
            return loop.act("u1", issue, "accept", seen=seen)
        return loop.act("office", issue, "transfer", unit_id="u2", reason="x", seen=seen)

    results = together(2, work)
    (lost,) = [result for result in results if isinstance(result, OvertakenError)]
    (won,) = [result for result in results if not isinstance(result, Exception)]
    assert lost.seen == won.versions[issue]
    first, state = ("名u1-head", "accepted") if lost is results[0] else ("名office", "dispatched")
    assert [change["who"] for change in lost.changes] == [first]
    assert loop.state(issue) == state == won.states[issue]
    assert counted(loop, "issue_events") == 4


def test_of_many_who_accept_without_looking_one_does_and_the_rest_come_too_late(
    loop: Loop,
) -> None:
    issue = loop.report("u2")["issue_id"]
    results = together(12, lambda _: loop.act("u1", issue, "accept"))
    assert sum(isinstance(result, ConflictError) for result in results) == 11
    assert counted(loop, "issue_events") == 4
    assert loop.store.verify() is None


def test_who_reads_while_others_act_counts_every_issue_once(loop: Loop) -> None:
    keys = [loop.report("u2", 20 + 3 * n)["issue_id"] for n in range(4)]

    def work(n: int) -> Any:
        if n < 4:
            return loop.act("u1", keys[n], "accept")
        return loop.find("office", limit=50).counts

    results = together(8, work)
    assert not [result for result in results if isinstance(result, Exception)]
    for counts in results[4:]:  # a reader sees whole transactions only
        assert counts.get("dispatched", 0) + counts.get("accepted", 0) == 4
