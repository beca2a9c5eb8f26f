"""Whatever is assigned, released and transferred, a calendar says the same."""

from datetime import date, timedelta

import pandas as pd
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from gridmap import assignments, layers
from gridmap.errors import AlreadyAssignedError, ConflictError, InvalidError
from tests.gridmap.targets import ASSIGNMENTS, G1, G2, G3, grids

START = date(2026, 1, 1)
DAYS = st.integers(0, 30).map(lambda n: START + timedelta(days=n))
UNITS = st.sampled_from(["u1", "u2", "u3"])
TARGETS = st.sampled_from([G1, G2, G3])


class History(RuleBasedStateMachine):
    """
    Compare the frame with a plain dictionary.

    The model writes down, for each target and each of sixty days, who answers for it. It knows
    nothing of intervals.
    """

    def __init__(self) -> None:
        super().__init__()
        self.rows = layers.empty(ASSIGNMENTS)
        self.calendar: dict[tuple[str, int], str] = {}

    @rule(code=TARGETS, unit=UNITS, since=DAYS)
    def assign(self, code: str, unit: str, since: date) -> None:
        span = range((since - START).days, 60)
        holders = {self.calendar.get((code, day)) for day in span}
        try:
            changes = assignments.assign(self.rows, grids(code), unit, since=since)
        except AlreadyAssignedError as refused:
            named = set(refused.holders[code].split(", "))
            self._refused(named, holders, unit)
            return
        assert holders in ({None}, {unit})
        assert len(changes.added) == (holders == {None})
        self._accept(changes)
        self.calendar |= {(code, day): unit for day in span}

    @rule(code=TARGETS, until=DAYS)
    def release(self, code: str, until: date) -> None:
        open_rows = self.rows[(self.rows["target"] == code) & self.rows["until"].isna()]
        for key in open_rows.index:
            try:
                changes = assignments.release(self.rows, [key], until=until)
            except InvalidError:
                assert open_rows.loc[key, "since"] >= pd.Timestamp(until)
                return
            self._accept(changes)
            for day in range((until - START).days, 60):
                self.calendar.pop((code, day), None)

    def _refused(self, named: set[str], holders: set[str | None], unit: str) -> None:
        assert named
        assert named <= holders
        assert holders != {unit}

    @rule(giver=UNITS, taker=UNITS, since=DAYS)
    def transfer(self, giver: str, taker: str, since: date) -> None:
        try:
            changes = assignments.transfer(self.rows, giver, taker, since=since)
        except ConflictError:
            return
        self._accept(changes)
        for key, unit in self.calendar.items():
            if unit == giver and key[1] >= (since - START).days:
                self.calendar[key] = taker

    def _accept(self, changes: assignments.Changes) -> None:
        after = assignments.apply(self.rows, changes)
        earlier = after.loc[self.rows.index]
        pd.testing.assert_frame_equal(
            earlier.drop(columns="until"), self.rows.drop(columns="until")
        )
        same = earlier["until"].eq(self.rows["until"]) | self.rows["until"].isna()
        assert same.all()
        assert after.index.is_unique
        self.rows = after

    def teardown(self) -> None:
        """Nothing is ever taken back, so the last frame answers for every day before it."""
        assert layers.check(self.rows.reset_index(), ASSIGNMENTS).empty
        for day in range(0, 60, 4):
            rows = assignments.in_force(self.rows, START + timedelta(days=day))
            found = dict(zip(rows["target"], rows["unit_id"], strict=True))
            assert len(found) == len(rows)
            assert found == {
                target: unit for (target, when), unit in self.calendar.items() if when == day
            }
        assert assignments.overlaps(self.rows, START + timedelta(days=20)).empty


TestHistory = History.TestCase
TestHistory.settings = settings(max_examples=8, stateful_step_count=10, deadline=None)
