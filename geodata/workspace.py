"""
The working set of a city: frames in memory, and what is built from them once per version.

Whole-city questions are answered from frames, not from SQL. Everything here is a pure function of
the store's layer versions and of a day, so any worker can rebuild it; nothing is kept that another
worker would need.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from datetime import date
from typing import Any, NamedTuple, TypeVar

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from geodata.kept import Kept
from geodata.store import Store
from gridmap import divisions, layers, metric
from gridmap.ground import City, Ground, survey
from gridmap.locate import Locator
from gridmap.responsibility import Place
from gridmap.topology import Topology, read_topology

Built = TypeVar("Built")
UNDATED = ("assignments", "issues")
GROUND = ("districts", "subdistricts", "communities", "grids")
KEPT = 160  # what every page asks of a day is about 70 results; so two days fit


class Key(NamedTuple):
    """Under which a result is kept: what it is, of which layers and spell, and their versions."""

    name: str
    layers: tuple[str, ...]
    since: date
    more: tuple[Hashable, ...]
    versions: tuple[int, ...]


class Workspace:
    """
    Frames, locator, topology and city of a day, each built once per version.

    Parameters
    ----------
    store
        Where the layers are kept.
    kept
        Where answers are kept that outlive the process; nowhere if None.

    Notes
    -----
    Safe to use from several threads: a thing that two ask for at once is built once.
    """

    def __init__(self, store: Store, kept: Kept | None = None) -> None:
        self.store = store
        self.kept = kept
        self._built: OrderedDict[Key, Any] = OrderedDict()
        self._building: dict[Key, threading.Lock] = {}
        self._lock = threading.Lock()
        self._reading = threading.Lock()
        self._read: tuple[gpd.GeoDataFrame | None, int] = (None, 0)

    def frame(self, layer: str, as_of: date) -> layers.Frame:
        """
        Return a layer as it was on a day, in the register's CRS.

        Issues and assignments bear days of their own, so these come whole.
        """
        if layer in UNDATED:
            build = self._issues if layer == "issues" else lambda: self.store.read(layer)
            return self._kept("frame", (layer,), date.max, build, ())
        return self._once(
            "frame", [layer], as_of, lambda: self.store.read(layer, as_of), more=(layer,)
        )

    def measured(self, layer: str, as_of: date) -> gpd.GeoDataFrame:
        """Return a spatial layer as it was on a day, in metres."""
        return self._once(
            "measured",
            [layer, *GROUND],
            as_of,
            lambda: metric.to_metric(self.frame(layer, as_of), self.metric_crs(as_of)),
            more=(layer,),
        )

    def metric_crs(self, as_of: date) -> CRS:
        """Return the CRS in which this register is measured."""

        def choose() -> CRS:
            if self.store.meta.metric_crs:
                return CRS.from_user_input(self.store.meta.metric_crs)
            grounds = [self.frame(name, as_of).geometry for name in GROUND]
            return metric.metric_crs(pd.concat(grounds).set_crs(self.store.meta.crs))

        return self._once("metric crs", GROUND, as_of, choose)

    def locator(self, as_of: date) -> Locator:
        """Return the index of the day's grids, in the register's CRS."""
        return self._once("locator", ["grids"], as_of, lambda: Locator(self.frame("grids", as_of)))

    def topology(self, as_of: date) -> Topology:
        """Return the shared borders of the day's grids, in metres."""
        return self._once(
            "topology", GROUND, as_of, lambda: read_topology(self.measured("grids", as_of))
        )

    def lineage(self, as_of: date) -> pd.DataFrame:
        """Return community, subdistrict and district of each grid."""
        return self._once(
            "lineage",
            GROUND,
            as_of,
            lambda: divisions.lineage(*(self.frame(name, as_of) for name in reversed(GROUND))),
        )

    def ground(self, as_of: date) -> Ground:
        """Return the city's ground in pieces, whoever answers for them."""
        names = (*GROUND, "roads", "inspection_points", "compounds")
        return self._once("ground", names, as_of, lambda: survey(self.city(as_of)))

    def city(self, as_of: date, scheme: str = "main") -> City:
        """Return what coverage is worked out from, in metres."""

        def build() -> City:
            return City(
                **{
                    name: self.measured(name, as_of)
                    for name, contract in layers.LAYERS.items()
                    if contract.is_spatial and name != "issues"
                },
                assignments=self.frame("assignments", as_of),
                scheme=scheme,
            )

        return self._once("city", RESPONSIBILITY, as_of, build, more=(scheme,))

    def place(self, as_of: date, scheme: str = "main") -> Place:
        """Return what responsibility is looked up in."""

        def build() -> Place:
            grids = self.frame("grids", as_of)
            return Place.of(self.city(as_of, scheme), grids, self.locator(as_of))

        return self._once("place", RESPONSIBILITY, as_of, build, more=(scheme,))

    def days(self, names: Iterable[str] = layers.LAYERS) -> list[date]:
        """Return the days on which anything of some layers began or ceased to hold, in order."""
        names = tuple(names)

        def build() -> list[date]:
            found = {day for name in names if name not in UNDATED for day in self.store.days(name)}
            if "assignments" in names:
                held = self.frame("assignments", date.max)
                moments = pd.concat([held["since"], held["until"]]).dropna().unique()
                found |= {moment.date() for moment in pd.DatetimeIndex(moments)}
            return sorted(found)

        return self._kept("days", names, date.max, build, names)

    def once(
        self,
        name: str,
        names: Iterable[str],
        as_of: date,
        build: Callable[[], Built],
        *more: Hashable,
    ) -> Built:
        """
        Return a result that holds until one of some layers moves.

        Parameters
        ----------
        name
            What the result is.
        names
            The layers it is worked out from.
        as_of
            The day.
        build
            How to work it out.
        *more
            What else the result depends on.
        """
        return self._once(name, names, as_of, build, more=more)

    def _issues(self) -> gpd.GeoDataFrame:
        """Return all issues: those read before, and what has come since."""
        with self._reading:
            self._read = self.store.catch_up(*self._read)
            return self._read[0]

    def _once(
        self,
        name: str,
        names: Iterable[str],
        as_of: date,
        build: Callable[[], Built],
        more: tuple[Hashable, ...] = (),
    ) -> Built:
        """Build for a day; days between which nothing changed share what was built."""
        names = tuple(names)
        days = self.days(names)
        spell = bisect_right(days, as_of)
        return self._kept(name, names, days[spell - 1] if spell else date.min, build, more)

    def _kept(
        self,
        name: str,
        names: tuple[str, ...],
        since: date,
        build: Callable[[], Built],
        more: tuple[Hashable, ...],
    ) -> Built:
        versions = self.store.versions()
        key = Key(name, names, since, more, tuple(versions[layer] for layer in names))
        with self._lock:
            if key in self._built:
                self._built.move_to_end(key)
                found: Built = self._built[key]
                return found
            mine = self._building.setdefault(key, threading.Lock())
        with mine:
            with self._lock:
                if key in self._built:
                    done: Built = self._built[key]
                    return done
            try:
                made = build()
            finally:
                with self._lock:
                    self._building.pop(key, None)
            with self._lock:
                self._keep(key, made)
        return made

    def _keep(self, key: Key, made: object) -> None:
        """Keep a result; what it was in another version of its layers nobody asks for again."""
        for old in [old for old in self._built if old[:-1] == key[:-1]]:
            del self._built[old]
        self._built[key] = made
        while len(self._built) > KEPT:
            self._built.popitem(last=False)


RESPONSIBILITY = (
    *GROUND,
    "roads",
    "inspection_points",
    "compounds",
    "units",
    "assignments",
)
