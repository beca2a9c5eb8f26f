"""One door to everything that can be asked of a register."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import geopandas as gpd
import pandas as pd

from geodata.reports import desk, drawing, ground, places, search, selection, sheets, spots
from geodata.reports import heat as heats
from geodata.reports import overview as glance
from geodata.reports.desk import DeskState
from geodata.reports.ground import Audit, Slivers
from geodata.reports.heat import Heat
from geodata.reports.overview import Overview
from geodata.reports.places import Answer
from geodata.reports.selection import Selection
from geodata.reports.sheets import GridSheet, UnitSheet
from geodata.reports.spots import Measure
from geodata.store import Meta
from geodata.workspace import Workspace
from gridmap import assignments, layers
from gridmap.hotspots import HotSpots
from gridmap.layers import Frame
from gridmap.method import Counting
from gridmap.scopes import LAYERS_OF_KIND


class Reports:
    """
    What can be asked of a register.

    Parameters
    ----------
    workspace
        The register and its working set.
    today
        What tells the day in the city.
    zone
        The city's time zone.
    """

    def __init__(self, workspace: Workspace, *, today: Callable[[], date], zone: ZoneInfo) -> None:
        self._workspace = workspace
        self.zone = zone
        self.today = today

    @property
    def workspace(self) -> Workspace:
        """The register and its working set."""
        return self._workspace

    @property
    def meta(self) -> Meta:
        """What was chosen when the register was made."""
        return self._workspace.store.meta

    def versions(self) -> dict[str, int]:
        """Return how often each layer has been written."""
        return self._workspace.store.versions()

    def frame(self, layer: str, as_of: date) -> Frame:
        """Return a layer as it was on a day, in the register's CRS."""
        return self._workspace.frame(layers.layer(layer).name, as_of)

    def measured(self, layer: str) -> gpd.GeoDataFrame:
        """Return a spatial layer as it is today, in metres."""
        return self._workspace.measured(layers.layer(layer).name, self.today())

    def days(self) -> tuple[date, date]:
        """Return the first day on which anything held, and the last on which anything happened."""
        changes = self._workspace.days()
        issues = self.issue_days()
        known = [*changes, *(issues or ())] or [self.today()]
        return min(known), max(min(max(known), self.today()), min(known))

    def issue_days(self) -> tuple[date, date] | None:
        """Return the first and the last day with an issue."""
        issues = glance.reported_by(self._workspace, date.max, self.zone)
        if issues.empty:
            return None
        return issues["day"].min().date(), issues["day"].max().date()

    def usual_period(self) -> tuple[date, date]:
        """Return the last year up to today that has issues: what is looked at if nobody says."""
        known = self.issue_days()
        last = min(known[1], self.today()) if known else self.today()
        return last - timedelta(days=364), last

    def categories(self) -> list[str]:
        """Return the categories of issues, the most frequent first."""
        return list(self.frame("issues", date.max)["category"].value_counts().index)

    def channels(self) -> list[str]:
        """Return the channels of issues, the most frequent first."""
        return list(self.frame("issues", date.max)["channel"].value_counts().index)

    def overview(self, as_of: date) -> Overview:
        """Return the city at a glance."""
        return glance.overview(self._workspace, as_of, self.zone)

    def division_tree(self, as_of: date) -> pd.DataFrame:
        """Return the divisions, parents before children; see `ground.tree`."""
        return ground.tree(self._workspace, as_of)

    def divisions(
        self, as_of: date, level: str | None = None, parent: str | None = None
    ) -> gpd.GeoDataFrame:
        """Return divisions of a level, or below one, or all."""
        found = ground.division_frame(self._workspace, as_of)
        if level is not None:
            found = found[found["level"] == level]
        return found if parent is None else found[found["parent"] == parent]

    def children(self, code: str | None, as_of: date) -> pd.DataFrame:
        """Return what lies directly below a division; see `ground.children`."""
        return ground.children(self._workspace, code, as_of)

    def grids(
        self, as_of: date, parent: str | None = None, unit_id: str | None = None
    ) -> gpd.GeoDataFrame:
        """Return grids below a division at any depth, or that a unit holds, or all."""
        found = self.frame("grids", as_of)
        if parent is not None:
            lineage = self._workspace.lineage(as_of)
            below = (lineage == parent).any(axis=1) | (found["parent"] == parent)
            found = found[below.to_numpy()]
        if unit_id is not None:
            held = ground.held_grids(self._workspace, as_of, primary=False)
            found = found[found.index.isin(held.loc[held["unit_id"] == unit_id, "target"])]
        return found

    def ever(self, kind: str) -> pd.Index:
        """Return the targets of a kind that were ever there."""
        store = self._workspace.store
        return pd.Index([key for name in LAYERS_OF_KIND[kind] for key in store.ever(name).index])

    def desk(self, as_of: date) -> DeskState:
        """Return what the desk starts from; see `desk.desk_state`."""
        return desk.desk_state(self._workspace, as_of)

    def drawing(self, as_of: date, part: Literal["grids", "things"]) -> bytes:
        """Return what the desk's map draws; see `drawing.ground` and `drawing.things`."""
        drawn = drawing.ground if part == "grids" else drawing.things
        return drawn(self._workspace, as_of)

    def in_force(self, as_of: date) -> pd.DataFrame:
        """Return the assignments of a day."""
        return assignments.in_force(self.frame("assignments", as_of), as_of)

    def search(self, text: str, limit: int = 20, as_of: date | None = None) -> pd.DataFrame:
        """Find a thing by name, code, pinyin or initials; see `search.search`."""
        return search.search(self._workspace, text, limit, as_of or self.today())

    def grid(self, code: str, as_of: date) -> GridSheet:
        """Return everything about one grid."""
        return sheets.grid_sheet(self._workspace, code, as_of, self.zone)

    def unit(self, unit_id: str, as_of: date) -> UnitSheet:
        """Return everything about one unit."""
        return sheets.unit_sheet(self._workspace, unit_id, as_of)

    def areas(self, level: str, as_of: date) -> gpd.GeoDataFrame:
        """Return the areas of a level that are drawn."""
        found = self.frame(ground.layer_of(level), as_of)
        return found[found.geometry.notna()]

    def coverage(self, level: str, as_of: date) -> gpd.GeoDataFrame:
        """Return what is covered of each division of a level."""
        return ground.coverage_table(self._workspace, level, as_of)

    def gaps(self, as_of: date) -> gpd.GeoDataFrame:
        """Return the uncovered ground, the largest piece first."""
        return ground.gaps(self._workspace, as_of)

    def slivers(self, as_of: date) -> Slivers:
        """Return the uncovered slivers that `gaps` does not list."""
        return ground.slivers(self._workspace, as_of)

    def overlaps(self, as_of: date) -> pd.DataFrame:
        """Return targets with two primary units in one scheme; see `assignments.overlaps`."""
        return assignments.overlaps(self.frame("assignments", as_of), as_of)

    def audit(self, level: str, as_of: date) -> Audit:
        """Audit a level within the levels above it."""
        return ground.audit_level(self._workspace, level, as_of)

    def issues(
        self,
        since: date | None = None,
        until: date | None = None,
        category: str | None = None,
        channel: str | None = None,
    ) -> gpd.GeoDataFrame:
        """Return the issues of a period, with and without a place."""
        wanted = Selection(since or date.min, until or date.max, category, channel)
        return selection.issues(self._workspace, wanted, self.zone)

    def issue_points(
        self,
        *,
        since: date,
        until: date,
        category: str | None = None,
        channel: str | None = None,
    ) -> gpd.GeoDataFrame:
        """Return the issues of a period that have a place."""
        wanted = Selection(since, until, category, channel)
        return selection.placed(self._workspace, wanted, self.zone)

    def hotspots(  # noqa: PLR0913 - which issues, and how they are counted
        self,
        *,
        since: date,
        until: date,
        as_of: date,
        category: str | None = None,
        channel: str | None = None,
        by: str = "grid",
        size_m: float | None = None,
        per: str | None = None,
        keep_piles: bool = False,
        group: str | None = None,
        smooth: bool = False,
        counting: Counting = "reports",
    ) -> HotSpots:
        """Find hot spots; see `spots.find`."""
        wanted = Selection(since, until, category, channel, group)
        measure = Measure(by, size_m, per, keep_piles, smooth, counting)
        return spots.find(self._workspace, wanted, self.zone, measure, as_of)

    def heat(
        self,
        *,
        since: date,
        until: date,
        category: str | None = None,
        channel: str | None = None,
        group: str | None = None,
    ) -> Heat | None:
        """Return the density of issues; None where there are none."""
        wanted = Selection(since, until, category, channel, group)
        return heats.heat(self._workspace, wanted, self.zone, until)

    def responsible(self, lon: float, lat: float, as_of: date, accuracy_m: float) -> Answer:
        """Say who answers at a place; see `places.who_answers`."""
        return places.who_answers(self._workspace, lon, lat, as_of, accuracy_m)

    def locate(
        self,
        points: gpd.GeoSeries,
        as_of: date,
        accuracy_m: float | None = None,
        level: str = "grid",
    ) -> pd.DataFrame:
        """Find the area, and who answers, for many places; see `places.table`."""
        return places.table(self._workspace, points, as_of, accuracy_m=accuracy_m, level=level)

    def locate_file(
        self,
        path: Path,
        as_of: date,
        *,
        crs: str | None = None,
        accuracy_m: float | None = None,
        level: str = "grid",
    ) -> pd.DataFrame:
        """Find the area, and who answers, for the places of a file."""
        return places.table_of_file(
            self._workspace, path, as_of, given_crs=crs, accuracy_m=accuracy_m, level=level
        )
