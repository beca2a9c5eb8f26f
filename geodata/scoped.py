"""
The register as somebody sees it who may not see the whole city.

A `ScopedStore` reads what the store reads, and leaves what lies in its scopes. Every frame, index
and figure of a `Workspace` over it is worked out from these rows alone: nothing outside can be
reached, counted or guessed from a total, because it is not there.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import date
from typing import Any

import pandas as pd

from geodata.store import Store
from geodata.workspace import UNDATED, Workspace
from gridmap import assignments, layers, scopes
from gridmap.access import CITY, Scope
from gridmap.layers import Frame
from gridmap.scopes import Reach

BASIS = (
    "districts",
    "subdistricts",
    "communities",
    "grids",
    "roads",
    "inspection_points",
    "compounds",
    "assignments",
)
"""Layers that decide what lies in a scope: when one moves, everything may."""
OPEN_BOOKS = (
    *("plans", "conditions", "checklists", "road_rules", "rounds"),
    *("board_groups", "board_tasks", "board_months", "formulas", "bulletins", "runs"),
    *("material_slots", "material_steps", "cadences"),
)
KEPT = 64


class ScopedStore(Store):
    """
    A store that holds what lies in scopes, and nothing else.

    Parameters
    ----------
    whole
        The working set of the whole city.
    seen
        The scopes.
    """

    def __init__(self, whole: Workspace, seen: tuple[Scope, ...]) -> None:
        super().__init__(whole.store.database, whole.store.now)
        self._whole = whole
        self._scopes = seen

    @property
    def whole(self) -> Store:
        """The store of the whole city."""
        return self._whole.store

    @property
    def basis(self) -> tuple[str, ...]:
        """The layers that decide what lies in the scopes."""
        return BASIS

    @property
    def part(self) -> tuple[Scope, ...]:
        """The scopes."""
        return self._scopes

    def versions(self) -> dict[str, int]:
        """Return versions that move whenever the layer, or what lies in the scopes, may have."""
        found = super().versions()
        basis = sum(found[layer] for layer in BASIS)
        return {layer: basis + version for layer, version in found.items()}

    def read(self, layer: str, as_of: date | None = None) -> Frame:
        """Return the rows inside; see `Store.read`."""
        frame = super().read(layer, as_of)
        if layer in layers.BOOKS:
            return self._book(layer, frame)
        dated = None if layer in UNDATED else as_of
        return scopes.narrow(layer, frame, self.reach(dated))

    def read_issues(self, **wanted: Any) -> Frame:  # noqa: ANN401
        """Return the issues inside; see `Store.read_issues`."""
        return scopes.narrow("issues", super().read_issues(**wanted), self.reach(None))

    def catch_up(self, known: Frame | None, entry: int) -> tuple[Frame, int]:  # noqa: ARG002
        """Return the issues inside, of those that the whole city's working set has read."""
        found = self._whole.frame("issues", date.max)
        return scopes.narrow("issues", found, self.reach(None)), 0

    def ever(self, layer: str) -> Frame:
        """Return the last state of every key that was ever inside; see `Store.ever`."""
        return scopes.narrow(layer, super().ever(layer), self.reach(None))

    def days(self, layer: str) -> list[date]:
        """Return the days on which rows of the layer, or the scopes' extent, changed."""
        found = set(super().days(layer))
        for name in BASIS:
            found |= set(self._whole.days([name]))
        return sorted(found)

    def history(self, layer: str, key: str) -> Frame:
        """Return every row ever written for a key inside; see `Store.history`."""
        found = super().history(layer, key)
        return found if key in self.ever(layer).index else found.iloc[:0]

    def own(self, kind: str, as_of: date) -> pd.Index:
        """Return the targets inside; see `Store.own`."""
        inside = self.reach(as_of)
        parts = [inside.keys[layer] for layer in scopes.LAYERS_OF_KIND[kind]]
        return parts[0].append(parts[1:])

    def reach(self, as_of: date | None) -> Reach:
        """
        Return what lies in the scopes.

        Parameters
        ----------
        as_of
            The day; what ever lay in them if left out.
        """
        if as_of is None:
            return self._whole.once("ever in reach", BASIS, date.max, self._ever, self._scopes)

        def build() -> Reach:
            frames = {name: self._whole.frame(name, as_of) for name in BASIS[:-1]}
            held = assignments.in_force(self._whole.frame("assignments", as_of), as_of)
            return scopes.reach(self._scopes, frames, held)

        return self._whole.once("in reach", BASIS, as_of, build, self._scopes)

    def _ever(self) -> Reach:
        frames = {name: self._whole.store.ever(name) for name in BASIS[:-1]}
        return scopes.reach(self._scopes, frames, self._whole.frame("assignments", date.max))

    def _book(self, layer: str, frame: Frame) -> Frame:
        """
        Leave what of a book may be seen.

        Claims follow their target and their unit, successions their grids; what is the whole
        city's is shown. Of the rest nothing: its use cases ask the whole city's store, and say
        themselves who may see what.
        """
        inside = self.reach(None)
        if layer == "claims":
            mine = frame["unit_id"].isin([s.key for s in self._scopes if s.kind == "unit"])
            held = [
                inside.holds(kind, target)
                for kind, target in zip(frame["target_kind"], frame["target"], strict=True)
            ]
            return frame[mine | pd.Series(held, index=frame.index, dtype=bool)]
        if layer == "successions":
            grids = inside.keys["grids"]
            return frame[frame["from_code"].isin(grids) | frame["to_code"].isin(grids)]
        return frame if layer in OPEN_BOOKS else frame.iloc[:0]


class Workspaces:
    """
    The working sets of everybody who asks: one for each set of scopes.

    Parameters
    ----------
    whole
        That of the whole city.
    """

    def __init__(self, whole: Workspace) -> None:
        self.whole = whole
        self._made: OrderedDict[tuple[Scope, ...], Workspace] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, seen: tuple[Scope, ...]) -> Workspace:
        """
        Return the working set of scopes.

        Parameters
        ----------
        seen
            As `gridmap.access.where` answers.
        """
        if CITY in seen:
            return self.whole
        with self._lock:
            if seen not in self._made:
                self._made[seen] = Workspace(ScopedStore(self.whole, seen), self.whole.kept)
            self._made.move_to_end(seen)
            while len(self._made) > KEPT:
                self._made.popitem(last=False)
            return self._made[seen]
