"""A register from before the clocks of 0005: its rows stay as they were, and so do their hashes."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest
from alembic import command
from sqlalchemy import text

from geodata import journal
from geodata.changes import digest, fits
from geodata.database import Database, migrate, schema_version
from geodata.rows import Batch
from geodata.store import Store
from geodata.tables import tables
from tests.loop import Loop, looped

upgrade = command.upgrade
AT = datetime(2026, 6, 1, 8, tzinfo=UTC)
SHOWN = "2026-06-01T08:00:00.000Z"
NOTHING = "\0"
# table: the columns of 0004 in the order in which they were hashed, and what a row holds
ISSUES = (
    "issue_id reported_at category channel description state due_at closed_at accuracy_m handler"
    " grid unit_id rule number condition address datum why reporter reporter_role reporter_unit"
    " limit_amount limit_kind filed_at rectified_at fixer fixer_unit paused_at resumes pending"
    " extensions returns reworks reopenings level exempt merged_into recurs public"
)
CONDITIONS = (
    "condition_id edition sort group category condition closing limit_amount limit_kind handler"
    " supervisor basis position"
)
PATROLS = (
    "patrol_id unit_id by day started_at ended_at roads_m walked_m points_due points_seen missed"
    " walked"
)
ROWS: dict[str, tuple[str, dict[str, Any]]] = {
    "issues": (
        ISSUES,
        {
            "issue_id": "a",
            "reported_at": SHOWN,
            "category": "暴露垃圾",
            "channel": "hotline",
            "state": "accepted",
            "due_at": SHOWN,
            "unit_id": "u1",
            "limit_amount": 2.0,
            "limit_kind": "working_days",
            "pending": "extension",
            "extensions": 1,
        },
    ),
    "conditions": (
        CONDITIONS,
        {
            "condition_id": "2026-0001",
            "edition": "2026",
            "sort": "event",
            "group": "市容环境",
            "category": "暴露垃圾",
            "condition": "地面有暴露垃圾",
            "limit_amount": 2.0,
            "limit_kind": "working_days",
            "position": 1,
        },
    ),
    "patrols": (
        PATROLS,
        {
            "patrol_id": "p1",
            "unit_id": "u1",
            "by": "张三",
            "day": "2026-06-01",
            "started_at": SHOWN,
            "ended_at": SHOWN,
            "roads_m": 150.0,
            "walked_m": 140.5,
            "points_due": 0,
            "points_seen": 0,
            "missed": "{}",
            "walked": "{}",
        },
    ),
}


def hashed(columns: str, row: dict[str, Any]) -> str:
    """Return the digest of one row as version 0004 wrote it."""
    held = [NOTHING if row.get(name) is None else str(row[name]) for name in columns.split()]
    return hashlib.sha256("\x1f".join([*held, "2026-06-01", "False"]).encode()).hexdigest()


def kept_by(bare: Database, patch: pytest.MonkeyPatch, revision: str, rows: dict[str, Any]) -> None:
    """Make a register of a revision that holds rows, and a journal that vouches for them."""
    patch.setattr(command, "upgrade", lambda config, _: upgrade(config, revision))
    migrate(bare)
    patch.undo()
    changes = {
        name: {"added": 1, "digest": hashed(columns, row)} for name, (columns, row) in rows.items()
    }
    with bare.writing() as connection:
        assert schema_version(connection) == revision
        for name, (_, row) in rows.items():
            names = ", ".join(f'"{column}"' for column in row)
            values = ", ".join(f":{column}" for column in row)
            statement = (
                f"INSERT INTO {name} ({names}, valid_from, retired, entry)"  # noqa: S608
                f" VALUES ({values}, '2026-06-01', FALSE, 1)"
            )
            connection.execute(text(statement), row)
        if revision > "0002":
            connection.execute(text(HEAD), rows["issues"][1])
        entry = {"at": AT, "who": "x", "action": "import", "what": {"changes": changes}}
        journal.append(connection, tables(4490), entry | {"before": {}, "after": {}})


@pytest.fixture
def older(bare: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Return a register of revision 0004 that holds an issue, a condition and a patrol."""
    kept_by(bare, monkeypatch, "0004", ROWS)
    return bare


HEAD = (
    "INSERT INTO issue_heads"
    " (issue_id, row, state, category, channel, unit_id, reported_at, due_at) VALUES"
    " (:issue_id, 1, :state, :category, :channel, :unit_id, :reported_at, :due_at)"
)


def test_rows_from_before_are_whole_and_what_is_added_to_them_is_vouched_for(
    older: Database,
) -> None:
    migrate(older)
    store = Store(older, clock=lambda: AT)
    assert store.verify() is None
    issue = store.read("issues").loc["a"]
    assert pd.isna(issue["granted"])
    assert store.read("conditions")[["group_code", "category_code"]].isna().all(axis=None)
    patrol = store.read("patrols").loc["p1"]
    assert (patrol["by"], pd.isna(patrol["person_id"])) == ("张三", True)
    assert store.read("city_days").empty
    loop = Loop(store)
    loop.act("office", "a", "grant_extension", more=1.0)
    after = store.history("issues", "a")
    assert after["granted"].to_list()[1:] == [1.0]
    assert after["extensions"].to_list() == [1, 2]
    assert store.verify() is None


def test_what_a_later_column_holds_is_in_the_digest_and_what_it_lacks_is_not() -> None:
    before = Batch({"issue_id": ["a", "b"], "retired": [False, False]})
    empty = Batch({"issue_id": ["a", "b"], "granted": [None, None], "retired": [False, False]})
    first = Batch({"issue_id": ["a", "b"], "granted": [1.0, None], "retired": [False, False]})
    other = Batch({"issue_id": ["a", "b"], "granted": [None, 1.0], "retired": [False, False]})
    assert digest(before) == digest(empty)
    assert len({digest(empty), digest(first), digest(other)}) == 3


def test_a_register_from_before_the_closed_loop_is_vouched_for(
    bare: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = ISSUES.partition(" number")[0]
    row = {name: value for name, value in ROWS["issues"][1].items() if name in columns.split()}
    kept_by(bare, monkeypatch, "0002", {"issues": (columns, row)})
    migrate(bare)
    assert Store(bare).verify() is None


def test_rows_from_before_the_closed_loop_fit_and_what_was_put_into_them_does_not() -> None:
    before = Batch({"issue_id": ["a"], "state": ["reported"], "retired": [False]})
    loop = {"number": [None], "reporter": [None]}
    after = Batch({"issue_id": ["a"], "state": ["reported"], **loop, "retired": [False]})
    told = digest(before)
    assert digest(after) != told  # since then these columns are hashed, whatever they hold
    assert fits(after, told)
    assert fits(after, digest(after))
    altered = [{"state": ["refused"]}, {"number": ["20260601-00001"]}, {"reporter": ["x"]}]
    assert not any(fits(Batch(after.columns | change), told) for change in altered)


def test_a_code_that_was_put_in_afterwards_is_found(store: Store) -> None:
    looped(store)
    assert store.verify() is None
    with store.database.writing() as connection:
        _unguarded(connection, store.database)
        connection.execute(text("UPDATE conditions SET group_code = '99'"))
    assert store.verify() == 1


def _unguarded(connection: Any, database: Database) -> None:
    """Take away what refuses changes, as somebody with the keys of the database could."""
    if database.path is None:
        connection.execute(text("ALTER TABLE conditions DISABLE TRIGGER USER"))
    else:
        connection.execute(text("DROP TRIGGER conditions_refuse_update"))
