"""
The life of issues with several actors on a real register, against a plain dictionary.

Whatever people try in whatever order, both say the same of every issue, and of what they refuse;
heads, ledger and events agree with the layer, and nothing that was written is ever lost.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import func, select

from geodata.database import connect
from geodata.errors import OvertakenError
from geodata.heads import COPIED
from geodata.store import Store
from gridmap.errors import GridMapError, InvalidError, NotFoundError
from tests.geodata.issues import known as model
from tests.geodata.issues.known import COUNTS, FROM, SPOTS, WHO, Known, Try
from tests.loop import COVER, LITTER, Loop, at, looped
from tests.registers import town_register

TOWNS = ["i1", "i2", "i3"]
"""Issues that came with the town."""


class Clock:
    """Some minutes later whenever it is looked at."""

    def __init__(self) -> None:
        self.now = datetime(2026, 6, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(minutes=7)
        return self.now


class IssueModel(RuleBasedStateMachine):
    """Two of an office, three of two units, an inspector and a leader act on a few issues."""

    issues: Bundle[str] = Bundle("issues")

    @initialize()
    def open_register(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.store = Store(connect(town_register(Path(self.folder.name))), Clock())
        self.loop: Loop = looped(self.store)
        self.known: dict[str, Known] = {}
        self.rows = self.counted()

    def teardown(self) -> None:
        assert self.store.verify() is None
        for key, known in self.known.items():
            events = self.loop.told("office", key).events
            assert [event["act"] for event in events] == known.acts
            states = [event["to_state"] for event in events]
            assert [event["from_state"] for event in events] == [None, *states[:-1]]
            assert states[-1] == known.state
        self.store.close()
        self.folder.cleanup()

    def counted(self) -> dict[str, int]:
        tables = self.store.tables
        with self.store.database.reading() as connection:
            return {
                name: connection.execute(select(func.count()).select_from(table)).scalar() or 0
                for name, table in (*tables.layers.items(), ("journal", tables.journal))
            }

    @rule(
        target=issues,
        who=st.sampled_from(["office", "staff", "u2", "leader"]),
        x=st.sampled_from(list(SPOTS)),
        sure=st.sampled_from([True, True, False]),
        fixed=st.booleans(),
    )
    def report(self, who: str, x: int, *, sure: bool, fixed: bool) -> str:
        y = 30 if x == 350 else 170
        category = LITTER if sure else COVER
        answer = self.loop.report(who, x, y, category=category, fixed=fixed)
        known = model.reported(who, x, sure=sure, fixed=fixed)
        known.version = answer["version"]
        self.known[answer["issue_id"]] = known
        assert (answer["state"], answer["unit_id"]) == (known.state, known.unit)
        return str(answer["issue_id"])

    @rule(key=issues, kind=st.sampled_from(["after", "before"]))
    def take_a_photo(self, key: str, kind: str) -> None:
        known = self.known[key]
        self.loop.photo(key, known.x, 30 if known.x == 350 else 170, kind)
        if kind == "after":
            known.shots.add(known.x)

    @rule(
        key=issues,
        into=issues,
        who=st.sampled_from(WHO),
        act=st.sampled_from(sorted(FROM)),
        unit_id=st.sampled_from(["u1", "u2", "u3", None]),
        stale=st.sampled_from([False, False, False, True]),
    )
    def try_anything(self, key: str, into: str, *, stale: bool, **tried: Any) -> None:
        self.attempt(key, Try(**tried, into=into, to=self.elsewhere(key)), stale=stale)

    @rule(
        key=issues,
        choices=st.lists(st.integers(0, 999), min_size=3, max_size=9),
        unit_id=st.sampled_from(["u1", "u2", "u3"]),
    )
    def live(self, key: str, choices: list[int], unit_id: str) -> None:
        """Do what somebody may do, one thing after the other, so that some come to their end."""
        for choice in choices:
            self.go_on(key, choice, unit_id)

    def go_on(self, key: str, choice: int, unit_id: str) -> None:
        known, to = self.known[key], self.elsewhere(key)
        possible = [Try(who, act, unit_id, key, to) for act in sorted(FROM) for who in WHO]
        if known.state == "reinspected" and known.x not in known.shots:
            self.take_a_photo(key, "after")
        possible = [t for t in possible if t.act != "merge" and model.refusal(t, known) is None]
        acts = sorted({tried.act for tried in possible})
        if acts:
            doers = [tried for tried in possible if tried.act == acts[choice % len(acts)]]
            self.attempt(key, doers[choice % len(doers)])

    @rule(key=issues, into=issues)
    def merge(self, key: str, into: str) -> None:
        self.attempt(key, Try("office", "merge", into=into))

    @rule(keys=st.lists(issues, min_size=2, max_size=3, unique=True))
    def escalate_together(self, keys: list[str]) -> None:
        tried = Try("second", "escalate")
        if any(model.refusal(tried, self.known[key]) for key in keys):
            with pytest.raises(InvalidError):
                self.loop.bulk("second", keys, "escalate", reason="逾期")
            return
        done = self.loop.bulk("second", keys, "escalate", reason="逾期")
        for key in keys:
            model.apply(tried, self.known[key])
            self.known[key].version = done.versions[key]

    def elsewhere(self, key: str) -> int:
        return 250 if self.known[key].x == 70 else 70

    def attempt(self, key: str, tried: Try, *, stale: bool = False) -> None:
        known = self.known[key]
        expected = self.expected(key, tried, stale=stale)
        with pytest.raises(expected) if expected else contextlib.nullcontext() as caught:
            done = self.loop.act(
                tried.who,
                key,
                tried.act,
                seen=known.version - stale,
                reason="说明",
                condition="c2",
                more=0.5,
                unit_id=tried.unit_id,
                into=tried.into,
                place=at(tried.to, 170) if tried.act == "move" else None,
            )
        if expected:
            assert caught.type is expected
            return
        model.apply(tried, known)
        assert done.states == {key: known.state}
        assert done.versions[key] > known.version
        known.version = done.versions[key]

    def expected(self, key: str, tried: Try, *, stale: bool) -> type[GridMapError] | None:
        """Say what an attempt comes to; what it is about is looked for before anything else."""
        if not model.sees(tried.who, self.known[key]):
            return NotFoundError
        if stale:
            return OvertakenError
        if tried.act == "merge":
            other = self.known[str(tried.into)]
            if not model.sees(tried.who, other):
                return NotFoundError
            if other.state in ("merged", "refused") or tried.into == key:
                return InvalidError
        return model.refusal(tried, self.known[key])

    @invariant()
    def they_say_the_same(self) -> None:
        kept = self.store.read("issues")
        plain = kept.astype(object).where(kept.notna(), None)
        assert set(plain.index) == {*self.known, *TOWNS}
        for key, known in self.known.items():
            row = plain.loc[key]
            assert (row["state"], row["unit_id"]) == (known.state, known.unit), known.acts
            assert (row["fixer"], row["fixer_unit"]) == (known.fixer, known.fixer_unit)
            assert (row["pending"], row["resumes"]) == (known.pending, known.resumes)
            assert row["merged_into"] == known.into
            counted = {name: row[name] or 0 for name in COUNTS.values()}
            assert counted == {name: known.counts[name] for name in COUNTS.values()}
            assert (row["paused_at"] is not None) == (known.state == "suspended")
            assert (row["closed_at"] is not None) == (known.state == "closed_out")
        self.require_heads(plain)

    def require_heads(self, plain: pd.DataFrame) -> None:
        """Compare the heads with the last rows of the layer, and the ledger with the model."""
        table = self.store.tables.loop.heads
        with self.store.database.reading() as connection:
            heads = {row.issue_id: row for row in connection.execute(select(table))}
        assert set(heads) == set(plain.index)
        for key, head in heads.items():
            assert [getattr(head, name) for name in COPIED] == [*plain.loc[key, list(COPIED)]]
        assert all(heads[key].row == known.version for key, known in self.known.items())
        counts = Counter(known.state for known in self.known.values())
        counts["reported"] += len(TOWNS)
        found = self.loop.find("office", limit=1)
        assert (found.counts, found.matched) == (dict(counts), len(plain))

    @invariant()
    def nothing_is_ever_lost(self) -> None:
        rows = self.counted()
        assert all(rows[name] >= before for name, before in self.rows.items())
        self.rows = rows


IssueModel.TestCase.settings = settings(
    max_examples=4,
    stateful_step_count=15,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestIssueModel = IssueModel.TestCase
