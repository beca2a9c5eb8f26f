"""The setting in which issues are reported and acted upon: who asks, when, by what rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import TypeAlias
from zoneinfo import ZoneInfo

import numpy as np

from geodata.issues.sight import Sight
from geodata.scoped import Workspaces
from geodata.store import Store
from geodata.workspace import GROUND, Workspace
from gridmap import conditions
from gridmap.access import Person
from gridmap.clocks import Calendar
from gridmap.errors import InvalidError
from gridmap.issues.orders import NEAR_M, Condition

Box: TypeAlias = tuple[float, float, float, float]
LAID_OUT = (*GROUND, "roads")


@dataclass(frozen=True)
class Setting:
    """
    Who asks, and the city they ask about.

    Parameters
    ----------
    workspaces
        The working sets.
    person
        Who.
    calendar
        When the city works.
    zone
        Its time zone.
    near_m
        How near to the place a photo must have been taken, in metres.
    """

    workspaces: Workspaces
    person: Person
    calendar: Calendar
    zone: ZoneInfo
    near_m: float = NEAR_M

    @property
    def whole(self) -> Workspace:
        """The working set of the whole city: an issue is routed wherever it is."""
        return self.workspaces.whole

    @property
    def store(self) -> Store:
        """The store of the whole city."""
        return self.whole.store

    @cached_property
    def sight(self) -> Sight:
        """Which issues the person may see."""
        return Sight(self.workspaces, self.person)

    def day(self, moment: datetime) -> date:
        """Return the day of a moment in the city."""
        return moment.astimezone(self.zone).date()

    def extent(self, as_of: date) -> Box | None:
        """Return west, south, east, north of the city's ground and roads in degrees, if any."""
        return self.whole.once("extent", LAID_OUT, as_of, lambda: self._extent(as_of))

    def _extent(self, as_of: date) -> Box | None:
        bounds = [self.whole.frame(name, as_of).total_bounds for name in LAID_OUT]
        known = np.array([box for box in bounds if np.isfinite(box).all()])
        if not len(known):
            return None
        west, south = known[:, :2].min(axis=0).tolist()
        east, north = known[:, 2:].max(axis=0).tolist()
        return west, south, east, north

    def units(self, as_of: date) -> Mapping[str, str]:
        """Return the units to which an issue may be given: id → name."""
        frame = self.whole.frame("units", as_of)
        active = frame[frame["active"].fillna(value=True).astype(bool)]
        return dict(active["name"])

    def condition(self, condition_id: str | None, category: str | None = None) -> Condition | None:
        """
        Return a filing condition.

        Parameters
        ----------
        condition_id
            Which; if left out, the only one of the category, and none if there are several.
        category
            Of issues.

        Raises
        ------
        InvalidError
            If there is none of that id.
        """
        known = self.whole.frame("conditions", date.max)
        if condition_id is None:
            row = conditions.default_of(conditions.latest(known), category or "")
            if row is None:
                return None
        elif condition_id in known.index:
            row = known.loc[condition_id]
        else:
            msg = "There is no filing condition {condition_id}."
            raise InvalidError(msg, condition_id=condition_id[:80])
        return Condition(str(row.name), str(row["category"]), conditions.limit_of(row))
