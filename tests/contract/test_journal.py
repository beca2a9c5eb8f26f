"""The journal tells who did what, and cannot be altered unseen."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime

import pandas as pd
import pytest
from sqlalchemy import text

from geodata.changes import TOLD
from geodata.database import POSTGRESQL, Database
from geodata.store import Store
from gridmap.errors import NotFoundError

from .conftest import NEW_YEAR

Frames = dict[str, pd.DataFrame]
MARCH = date(2026, 3, 1)
GRID = "232701100001001"


def test_an_entry_tells_who_did_what_when_and_what_it_changed(
    town_store: Store, frames: Frames
) -> None:
    changed = frames["grids"].loc[[GRID]].assign(name="新网格")
    with town_store.write(who="王一", action="edit", what={"reason": "更名"}) as writer:
        writer.add("grids", changed, MARCH)
        writer.retire("units", ["u4"], MARCH)
    entry = town_store.journal.last()
    assert entry is not None
    assert (entry.seq, entry.who, entry.action) == (2, "王一", "edit")
    assert entry.at == datetime(2026, 6, 1, 8, 0, 2, tzinfo=UTC)
    assert entry.what["reason"] == "更名"
    assert entry.before == {
        "grids": {"version": 1, "rows": 7},
        "units": {"version": 1, "rows": 5},
    }
    assert entry.after == {"grids": {"version": 2, "rows": 8}, "units": {"version": 2, "rows": 6}}
    grids, units = entry.what["changes"]["grids"], entry.what["changes"]["units"]
    assert grids["changed"] == 1
    assert grids["rows"] == [
        {
            "key": GRID,
            "valid_from": "2026-03-01",
            "before": {"name": "第1网格"},
            "after": {"name": "新网格"},
        }
    ]
    assert units["retired"] == 1
    assert units["rows"][0]["before"]["name"] == "市原建委"
    assert units["rows"][0]["after"] is None


def test_a_new_row_has_nothing_before_it(store: Store, frames: Frames) -> None:
    with store.write(who="tester", action="import") as writer:
        writer.add("roads", frames["roads"], NEW_YEAR)
    roads = store.journal.entry(1).what["changes"]["roads"]
    assert roads["added"] == 1
    (row,) = roads["rows"]
    assert (row["key"], row["before"], row["after"]["name"]) == ("r1", None, "中华路")


def test_people_are_not_named_in_the_journal(town_store: Store, frames: Frames) -> None:
    with town_store.write(who="tester", action="edit") as writer:
        writer.add("units", frames["units"].loc[["u1"]].assign(phone="0457-9999999"), MARCH)
    (row,) = town_store.journal.entry(2).what["changes"]["units"]["rows"]
    assert (row["before"], row["after"]) == ({"phone": "***"}, {"phone": "***"})
    told = [json.dumps(entry.what, ensure_ascii=False) for entry in town_store.journal.entries()]
    assert not any("0457" in what or "王一" in what for what in told)


def test_of_many_rows_only_counts_and_a_digest_are_told(store: Store, frames: Frames) -> None:
    unit = frames["units"].loc[["u1"]]
    ids = pd.Index([f"n{i}" for i in range(TOLD + 1)], name="unit_id", dtype="str")
    crowd = unit.loc[["u1"] * len(ids)].set_index(ids)
    with store.write(who="tester", action="import") as writer:
        writer.add("units", crowd, NEW_YEAR)
    with store.write(who="tester", action="import") as writer:
        writer.add("units", crowd.assign(name="改"), MARCH)
    first, second = (store.journal.entry(seq).what["changes"]["units"] for seq in (1, 2))
    assert (first["added"], second["changed"]) == (TOLD + 1, TOLD + 1)
    assert "rows" not in first
    assert "rows" not in second
    assert first["digest"] != second["digest"]


def test_the_digest_of_the_same_rows_is_the_same_on_both_databases(
    town_store: Store,
) -> None:
    changes = town_store.journal.entry(1).what["changes"]
    digests = "".join(changes[layer]["digest"] for layer in sorted(changes))
    summary = hashlib.sha256(digests.encode()).hexdigest()[:16]
    assert summary == _DIGESTS.setdefault("town", summary)


_DIGESTS: dict[str, str] = {}


def test_a_write_of_nothing_is_still_told(store: Store) -> None:
    with store.write(who="tester", action="export", what={"layer": "grids"}):
        pass
    entry = store.journal.entry(1)
    assert entry.what == {"layer": "grids", "changes": {}}
    assert (entry.before, entry.after) == ({}, {})


def test_entries_come_page_by_page_the_newest_first(store: Store) -> None:
    for number in range(1, 6):
        who = "odd" if number % 2 else "even"
        with store.write(who=who, action="note", what={"n": number}):
            pass
    journal = store.journal
    page = journal.entries(2)
    assert [entry.seq for entry in page] == [5, 4]
    assert [entry.seq for entry in journal.entries(2, page[-1].seq)] == [3, 2]
    assert [entry.seq for entry in journal.entries(who="odd")] == [5, 3, 1]
    assert [entry.seq for entry in journal.entries(action="other")] == []
    assert [entry.seq for entry in journal.entries(since=page[-1].at, until=page[0].at)] == [4]
    with pytest.raises(NotFoundError):
        journal.entry(6)


def test_the_hash_is_that_of_the_recipe(store: Store) -> None:
    for number in (1, 2):
        with store.write(who="王", action="note", what={"n": number}):
            pass
    first, second = store.journal.entry(1), store.journal.entry(2)
    recipe = (
        '["{seq}","2026-06-01T08:00:0{seq}.000Z","王","note",'
        '"{{\\"changes\\":{{}},\\"n\\":{seq}}}","{{}}","{{}}"]'
    )
    previous = "0" * 64
    for entry in (first, second):
        body = recipe.format(seq=entry.seq).replace(f'["{entry.seq}"', f"[{entry.seq}", 1)
        assert entry.previous == previous
        assert entry.hash == hashlib.sha256((previous + body).encode()).hexdigest()
        previous = entry.hash


def test_a_whole_chain_verifies(town_store: Store) -> None:
    assert town_store.journal.verify() is None


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE journal SET who = 'nobody' WHERE seq = 2", 2),
        ("UPDATE journal SET what = '{}' WHERE seq = 3", 3),
        ("UPDATE journal SET hash = previous WHERE seq = 2", 2),
        ("DELETE FROM journal WHERE seq = 2", 2),
        ("DELETE FROM journal WHERE seq = 1", 1),
    ],
)
def test_an_altered_chain_breaks_where_it_was_altered(
    store: Store, database: Database, statement: str, broken: int
) -> None:
    for number in range(1, 5):
        with store.write(who="tester", action="note", what={"n": number}):
            pass
    _without_guard(database, statement)
    assert store.journal.verify() == broken


def test_an_altered_row_is_found_by_the_digest_of_its_entry(
    town_store: Store, database: Database, frames: Frames
) -> None:
    release = pd.DataFrame(
        {"until": [pd.Timestamp("2026-06-01"), pd.NaT], "note": ["搬迁", None]},
        index=pd.Index(["a1", "a2"], name="assignment_id"),
    )
    with town_store.write(who="tester", action="edit") as writer:
        writer.add("grids", frames["grids"].iloc[:2].assign(name="新"), MARCH)
        writer.add("grids", frames["grids"].iloc[3:4], MARCH)
        writer.retire("units", ["u4"], MARCH)
        writer.release(release)
    assert town_store.verify() is None
    _without_guard(
        database, "UPDATE grids SET residents = 1 WHERE entry = 2 AND name = '新'", "grids"
    )
    assert town_store.journal.verify() is None
    assert town_store.verify() == 2


def _without_guard(database: Database, statement: str, table: str = "journal") -> None:
    """Do what only the owner of the tables can: take the guard away first."""
    with database.writing() as connection:
        if database.dialect == POSTGRESQL:
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        else:
            connection.execute(text(f"DROP TRIGGER {table}_refuse_update"))
            connection.execute(text(f"DROP TRIGGER {table}_refuse_delete"))
        connection.execute(text(statement))
