"""A register from before the closed loop, brought up to date: its issues are found and go on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from alembic import command
from sqlalchemy import select, text

from geodata.database import Database, migrate, schema_version
from geodata.store import Store
from tests.loop import Loop

upgrade = command.upgrade
ROWS = [
    # issue, from when on, state, retired; numbered from 1 by the database
    ("a", "2026-01-01", "reported", False),
    ("a", "2026-03-01", "dispatched", False),
    ("b", "2026-03-01", "closed_out", False),
    ("b", "2026-02-01", "reported", False),  # written later, of an earlier day
    ("c", "2026-01-01", "reported", False),
    ("c", "2026-04-01", "reported", True),
    ("d", "2026-01-01", None, False),
]
INSERT = text(
    "INSERT INTO issues (issue_id, reported_at, category, channel, state, unit_id, due_at,"
    " valid_from, retired, entry) VALUES (:issue_id, :reported_at, '暴露垃圾', 'hotline',"
    " :state, 'u1', NULL, :valid_from, :retired, 1)"
)
ENTRY = text(
    "INSERT INTO journal (seq, at, who, action, what, before, after, previous, hash)"
    " VALUES (1, :at, 'x', 'import', '{}', '{}', '{}', '', '')"
)


@pytest.fixture
def older(bare: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Return a register of revision 0002 that holds issues."""
    monkeypatch.setattr(command, "upgrade", lambda config, _: upgrade(config, "0002"))
    migrate(bare)
    monkeypatch.undo()
    with bare.writing() as connection:
        assert schema_version(connection) == "0002"
        connection.execute(ENTRY, {"at": moment(bare)})
        for row in ROWS:
            names = ("issue_id", "valid_from", "state", "retired")
            told = dict(zip(names, row, strict=True)) | {"reported_at": moment(bare)}
            connection.execute(INSERT, told)
    return bare


def moment(database: Database) -> Any:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return "2026-01-01T00:00:00.000Z" if database.path is not None else at


def test_the_heads_are_filled_with_the_last_row_of_each_issue(older: Database) -> None:
    migrate(older)
    store = Store(older)
    heads = store.tables.loop.heads
    with older.reading() as connection:
        rows = connection.execute(select(heads).order_by(heads.c.issue_id)).all()
    found = [(row.issue_id, row.row, row.state or "reported", row.unit_id) for row in rows]
    assert found == [
        ("a", 2, "dispatched", "u1"),
        ("b", 3, "closed_out", "u1"),
        ("d", 7, "reported", "u1"),
    ]
    assert {row.reported_at for row in rows} == {datetime(2026, 1, 1, tzinfo=UTC)}


def test_issues_from_before_are_in_the_ledger_and_can_be_acted_upon(older: Database) -> None:
    migrate(older)
    loop = Loop(Store(older))
    assert loop.find("office").counts == {"closed_out": 1, "dispatched": 1, "reported": 1}
    assert loop.seen("office", is_open=True) == {"a", "d"}
    loop.act("office", "d", "refuse", reason="不属实")
    loop.act("office", "a", "escalate", reason="逾期")
    assert loop.find("office").counts == {"closed_out": 1, "dispatched": 1, "refused": 1}
    assert loop.store.history("issues", "d")["state"].to_list()[1:] == ["refused"]
