"""Issues on both stores: reported, routed, acted upon, told."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import select

from geodata.errors import OvertakenError
from geodata.heads import COPIED
from geodata.store import Store
from gridmap.errors import ForbiddenError, InvalidError, NotFoundError
from tests.loop import COVER, ZONE, Loop, at, looped
from tests.town import SQUARES

G1, G2, *_, G7 = SQUARES
JUNE = date(2026, 6, 1)


@pytest.fixture
def loop(town_store: Store) -> Loop:
    return looped(town_store)


def heads(loop: Loop) -> dict[str, Any]:
    table = loop.store.tables.loop.heads
    with loop.store.database.reading() as connection:
        rows = connection.execute(select(table)).all()
    return {row.issue_id: row for row in rows}


def require_heads(loop: Loop) -> None:
    """Compare the heads with the layer, column by column."""
    kept = loop.store.read("issues")
    found = heads(loop)
    assert set(found) == set(kept.index)
    for key, row in found.items():
        last = kept.loc[key, list(COPIED)]
        expected = last.astype(object).where(last.notna(), None)
        assert [getattr(row, name) for name in COPIED] == expected.to_list()


def test_an_issue_lives_from_the_report_to_the_independent_close_out(loop: Loop) -> None:
    answer = loop.report("u2", description="桶外有散落垃圾")
    key = answer["issue_id"]
    assert (answer["state"], answer["unit_id"], answer["unit_name"]) == (
        "dispatched",
        "u1",
        "市林业局",
    )
    assert (answer["grid"], answer["rule"], answer["condition"]) == (G1, "grid", "c1")
    assert answer["number"] == "2026060100001"
    due = datetime.fromisoformat(answer["due_at"]).astimezone(ZONE)
    assert f"{due:%Y-%m-%d %H}" == "2026-06-03 16"  # Monday at four, and two working days
    loop.act("u1", key, "accept")
    loop.act("staff", key, "rectify")
    loop.act("inspector", key, "reinspect")
    with pytest.raises(InvalidError, match="with a photo taken after"):
        loop.act("inspector", key, "close_out")
    loop.photo(key, 390)
    with pytest.raises(InvalidError, match="was taken 320 m from the place"):
        loop.act("inspector", key, "close_out")
    loop.photo(key, 75)
    done = loop.act("inspector", key, "close_out")
    story = loop.told("office", key)
    assert done.states == {key: "closed_out"}
    assert (story.version, story.issue["state"]) == (done.versions[key], "closed_out")
    assert [(event["act"], event["by"], event["by_unit"]) for event in story.events] == [
        ("report", "u2-head", "u2"),
        ("file", "rule", None),
        ("dispatch", "rule", None),
        ("accept", "u1-head", "u1"),
        ("rectify", "u1-staff", "u1"),
        ("reinspect", "inspector", None),
        ("close_out", "inspector", None),
    ]
    assert story.events[-1]["details"] == {
        "evidence": "near",
        "distance_m": pytest.approx(5, abs=0.1),
    }
    assert [photo["distance_m"] for photo in story.photos] == pytest.approx([320, 5], abs=0.1)
    assert loop.find("office", states=["closed_out"]).counts["closed_out"] == 1
    require_heads(loop)
    assert loop.store.verify() is None


def test_events_lead_from_state_to_state_without_a_break(loop: Loop) -> None:
    key = loop.report("u2")["issue_id"]
    loop.act("u1", key, "return", reason="不属于本单位")
    loop.act("office", key, "rule", unit_id="u2", reason="按网格划分")
    loop.act("office", key, "suspend", reason="冬季不宜施工")
    loop.act("office", key, "resume")
    events = loop.told("office", key).events
    assert [event["from_state"] for event in events[1:]] == [e["to_state"] for e in events[:-1]]
    assert events[-1]["to_state"] == "dispatched"
    assert loop.told("office", key).issue["returns"] == 1
    assert len(loop.store.history("issues", key)) == 5  # the intake is one row


def test_an_issue_is_found_by_its_number_too(loop: Loop) -> None:
    answer = loop.report("u2")
    assert loop.told("office", answer["number"]).issue["issue_id"] == answer["issue_id"]
    with pytest.raises(NotFoundError):
        loop.told("office", "2026060199999")


def test_who_set_it_right_and_whose_unit_did_cannot_close_it_out(loop: Loop) -> None:
    key = loop.report("u2")["issue_id"]
    loop.act("second", key, "rectify")
    with pytest.raises(ForbiddenError):
        loop.act("second", key, "reinspect")
    with pytest.raises(ForbiddenError):
        loop.act("u1", key, "reinspect")
    assert loop.act("office", key, "reinspect").states[key] == "reinspected"


def test_a_photo_of_the_first_attempt_is_no_evidence_of_the_second(loop: Loop) -> None:
    key = loop.report("u2")["issue_id"]
    loop.act("u1", key, "rectify")
    loop.photo(key, 75)
    loop.act("inspector", key, "reject", reason="仍有垃圾")
    loop.act("u1", key, "rectify")
    loop.act("inspector", key, "reinspect")
    with pytest.raises(InvalidError, match="with a photo taken after"):
        loop.act("inspector", key, "close_out")
    loop.photo(key, 75)
    loop.act("inspector", key, "close_out")
    loop.act("office", key, "reopen", reason="群众反映")
    loop.act("u1", key, "rectify")
    loop.act("inspector", key, "reinspect")
    with pytest.raises(InvalidError, match="with a photo taken after"):
        loop.act("inspector", key, "close_out")
    assert len(loop.told("office", key).photos) == 2  # none is lost


def test_duplicates_are_suggested_and_a_merger_is_a_persons_act_that_can_be_undone(
    loop: Loop,
) -> None:
    first = loop.report("u2")["issue_id"]
    twin = loop.report("leader", 75, channel="hotline")
    likely = twin["duplicates"]
    assert [one["issue_id"] for one in likely] == [first, "i1"]  # an old one lies there, too
    assert likely[0]["distance_m"] == pytest.approx(5, abs=0.1)
    key = twin["issue_id"]
    assert loop.state(key) == "dispatched"  # nobody has merged it yet
    before = loop.told("office", key).issue
    with pytest.raises(ForbiddenError):
        loop.act("u1", key, "merge", into=first)
    loop.act("office", key, "merge", into=first)
    assert [one["issue_id"] for one in loop.told("office", first).merged] == [key]
    assert loop.told("office", key).duplicates == []
    loop.act("office", key, "unmerge", reason="两处不同")
    after = loop.told("office", key).issue
    changing = {"version", "share"}
    assert {k: v for k, v in after.items() if k not in changing} == {
        k: v for k, v in before.items() if k not in changing
    }
    assert loop.told("office", first).merged == []


def test_nothing_is_merged_with_itself_with_what_is_gone_or_with_what_is_not_seen(
    loop: Loop,
) -> None:
    west, east = (loop.report("u2", x)["issue_id"] for x in (70, 250))
    gone = loop.report("u2", 60, category=COVER)["issue_id"]
    loop.act("office", gone, "refuse", reason="不属实")
    for into in (west, gone):
        with pytest.raises(InvalidError):
            loop.act("office", west, "merge", into=into)
    with pytest.raises(NotFoundError):
        loop.act("west", west, "merge", into=east)
    with pytest.raises(NotFoundError):
        loop.act("office", west, "merge", into="nothing")
    assert loop.act("office", west, "merge", into=east).states == {west: "merged"}
    with pytest.raises(InvalidError):
        loop.act("office", east, "merge", into=west)


def test_of_what_is_linked_a_reader_is_told_what_they_may_see(loop: Loop) -> None:
    west, east = (loop.report("u2", x)["issue_id"] for x in (70, 250))
    loop.act("office", west, "merge", into=east)
    assert [one["issue_id"] for one in loop.told("office", east).merged] == [west]
    assert loop.told("east", east).merged == []


def test_many_issues_are_acted_upon_together_or_not_at_all(loop: Loop) -> None:
    keys = [loop.report("u2", x)["issue_id"] for x in (60, 65, 70)]
    loop.act("u1", keys[1], "accept")
    last = loop.store.journal.last()
    with pytest.raises(InvalidError, match="1 of 3 issues") as caught:
        loop.bulk("office", keys, "accept")
    faults = caught.value.faults
    told = faults[["row", "column", "code", "value"]].to_dict("records")
    assert told == [{"row": 1, "column": "issue_id", "code": "conflict", "value": keys[1]}]
    assert loop.store.journal.last() == last
    done = loop.bulk("office", [*keys, keys[0]], "escalate", reason="逾期")
    assert set(done.states) == set(keys)
    assert [loop.told("office", key).issue["level"] for key in keys] == [1, 1, 1]
    entry = loop.store.journal.last()
    assert entry is not None
    assert entry.what["issues"] == keys
    require_heads(loop)


@pytest.mark.parametrize("keys", [[], ["x"] * 1001 + [str(n) for n in range(1001)]])
def test_nobody_acts_on_no_issue_or_on_thousands(loop: Loop, keys: list[str]) -> None:
    with pytest.raises(InvalidError, match="between one and 1000"):
        loop.bulk("office", keys, "note", reason="x")


def test_issues_are_moved_one_by_one(loop: Loop) -> None:
    keys = [loop.report("u2", x)["issue_id"] for x in (60, 65)]
    with pytest.raises(InvalidError, match="one by one"):
        loop.bulk("office", keys, "move", place=at(250, 150))


def test_whoever_has_seen_an_older_version_is_told_who_was_first_and_what_they_did(
    loop: Loop,
) -> None:
    answer = loop.report("u2")
    key, seen = answer["issue_id"], answer["version"]
    loop.act("u1", key, "accept", seen=seen)
    with pytest.raises(OvertakenError, match="名u1-head acted") as caught:
        loop.act("office", key, "transfer", unit_id="u2", reason="x", seen=seen)
    change = caught.value.changes[0]
    assert (change["who"], change["action"], change["unit_name"]) == (
        "名u1-head",
        "accept",
        "市林业局",
    )
    assert caught.value.seen == loop.told("office", key).version
    loop.write("issues", loop.store.read("issues").loc[[key]].reset_index())
    with pytest.raises(OvertakenError, match="a test acted"):
        loop.act("office", key, "escalate", reason="x", seen=caught.value.seen)


def test_heads_follow_imports_acts_and_retirements(loop: Loop) -> None:
    require_heads(loop)  # what came with the town
    key = loop.report("u2")["issue_id"]
    loop.act("u1", key, "accept")
    require_heads(loop)
    changed = loop.store.read("issues").loc[["i1"]].assign(category="占道经营", grid=G7)
    loop.write("issues", changed.reset_index(), date(2026, 3, 1))
    require_heads(loop)
    assert heads(loop)["i1"].grid == G7
    loop.write("issues", changed.assign(grid=G2).reset_index(), date(2026, 2, 1))
    require_heads(loop)  # what holds from an earlier day replaces nothing
    assert heads(loop)["i1"].grid == G7
    with loop.store.write(who="a test", action="retire") as writer:
        writer.retire("issues", ["i2", key], date(2026, 7, 1))
    require_heads(loop)
    assert {"i2", key}.isdisjoint(heads(loop))
    with pytest.raises(NotFoundError):
        loop.act("office", key, "note", reason="x")


def test_an_act_counts_after_a_row_that_is_dated_later(loop: Loop) -> None:
    key = loop.report("u2")["issue_id"]
    row = loop.store.read("issues").loc[[key]].assign(address="中华路")
    loop.write("issues", row.reset_index(), date(2026, 7, 1))
    loop.act("u1", key, "accept")
    kept = loop.store.read("issues").loc[key]
    assert (kept["state"], kept["address"]) == ("accepted", "中华路")
    require_heads(loop)
