"""The desk against a plain dictionary: whatever is done in whatever order, they say the same."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
)

from geodata.desk import Desk, Order
from gridmap.assignments import PRIMARY, Target, in_force
from gridmap.errors import ConflictError
from tests.geodata.towns import Office, opened
from tests.registers import town_register
from tests.town import SQUARES

DAY = date(2026, 7, 1)
GRIDS = [*SQUARES][2:]
UNITS = ["u1", "u2", "u3"]
Held = dict[str, str]


class DeskModel(RuleBasedStateMachine):
    """Assign, take over, release, transfer, undo and redo, all on one day."""

    steps: Bundle[tuple[int, Held]] = Bundle("steps")

    @initialize()
    def open_register(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        town_register(Path(self.folder.name))
        self.office: Office = opened(Path(self.folder.name) / "town.gpkg")
        self.desk: Desk = self.office.desk
        self.model: Held = dict(self.now())

    def teardown(self) -> None:
        assert self.office.store.verify() is None  # nothing was lost on the way
        self.office.store.close()
        self.folder.cleanup()

    def rows(self) -> Any:
        rows = in_force(self.office.store.read("assignments"), DAY)
        mine = (rows["target_kind"] == "grid") & (rows["tier"] == PRIMARY)
        return rows[mine]

    def now(self) -> Held:
        rows = self.rows()
        return dict(zip(rows["target"], rows["unit_id"], strict=True))

    def done(self, step: Any, before: Held) -> Any:
        """Remember a step that did something, with what was before it."""
        return multiple() if step.entry is None else (step.entry, before)

    @rule(
        target=steps,
        grids=st.lists(st.sampled_from(GRIDS), min_size=1, max_size=3, unique=True),
        unit=st.sampled_from(UNITS),
        take_over=st.booleans(),
    )
    def assign(self, grids: list[str], unit: str, *, take_over: bool) -> Any:
        before = dict(self.model)
        targets = tuple(Target("grid", grid) for grid in grids)
        order = Order(targets, ((unit, PRIMARY),), DAY, take_over=take_over)
        others = [grid for grid in grids if self.model.get(grid, unit) != unit]
        try:
            step = self.desk.assign(order, seen=self.desk.seen())
        except ConflictError:
            assert others
            assert not take_over
            return multiple()
        assert take_over or not others
        self.model |= dict.fromkeys(grids, unit)
        return self.done(step, before)

    @rule(target=steps, unit=st.sampled_from(UNITS))
    def release_everything_of(self, unit: str) -> Any:
        before = dict(self.model)
        rows = self.rows()
        ids = list(rows.index[rows["unit_id"] == unit])
        if not ids:
            return multiple()
        step = self.desk.release(ids, until=DAY, seen=self.desk.seen())
        self.model = {grid: held for grid, held in self.model.items() if held != unit}
        return self.done(step, before)

    @rule(target=steps, giver=st.sampled_from(UNITS), taker=st.sampled_from(UNITS))
    def transfer(self, giver: str, taker: str) -> Any:
        before = dict(self.model)
        rows = self.rows()
        ids = list(rows.index[rows["unit_id"] == giver])
        if not ids:
            return multiple()
        step = self.desk.transfer(giver, taker, since=DAY, only=ids, seen=self.desk.seen())
        self.model = {grid: taker if held == giver else held for grid, held in self.model.items()}
        return self.done(step, before)

    @rule(target=steps, step=consumes(steps))
    def undo_if_it_is_the_last(self, step: tuple[int, Held]) -> Any:
        entry, before = step
        if entry != self.desk.seen():
            return multiple()
        after = dict(self.model)
        undone = self.desk.undo(entry, seen=self.desk.seen())
        self.model = before
        assert undone.entry is not None
        return undone.entry, after  # taking this back is the redo

    @invariant()
    def they_say_the_same(self) -> None:
        assert self.now() == self.model


DeskModel.TestCase.settings = settings(
    max_examples=8,
    stateful_step_count=12,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestDeskModel = DeskModel.TestCase
