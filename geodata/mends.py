"""
Mends: the use cases that draw and mend grids.

A mend is one step: the grids that change, the codes that end, where their ground went, and what
becomes of who answered for them are written together, or nothing is. Issues keep the grid in which
they were reported, and the past keeps its shapes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

import geopandas as gpd
import pandas as pd
import shapely

from geodata import since as later
from geodata.desk import Desk, whole_history, write_changes
from geodata.workspace import Workspace
from geodata.writer import Writer
from gridmap import inheritance, mending, proposals
from gridmap.access import Person
from gridmap.errors import ConflictError, NotFoundError
from gridmap.inheritance import Carried
from gridmap.mending import Mending
from gridmap.proposals import By, Proposal
from gridmap.succession import heirs, successions

Grids: TypeAlias = gpd.GeoDataFrame
Mend: TypeAlias = Callable[[Grids, Collection[str]], Mending]


@dataclass(frozen=True)
class Mended:
    """
    What a mend has written, or would.

    Parameters
    ----------
    entry
        Its entry in the journal; None if it was only tried.
    seen
        The last entry that its author now knows of.
    mending
        The grids.
    carried
        What becomes of their assignments.
    """

    entry: int | None
    seen: int
    mending: Mending
    carried: Carried


@dataclass(frozen=True)
class When:
    """
    From when a mend holds, and what its author has seen.

    Parameters
    ----------
    since
        The first day.
    seen
        The last entry that the caller knows of; not looked at if left out.
    dry_run
        Whether it is only tried.
    note
        Why.
    """

    since: date
    seen: int | None = None
    dry_run: bool = False
    note: str | None = None


class Mends:
    """
    The use cases that draw and mend grids.

    Parameters
    ----------
    workspace
        What of the register its user may see and change.
    person
        In whose name the journal is written.
    """

    def __init__(self, workspace: Workspace, person: Person) -> None:
        self._workspace = workspace
        self._store = workspace.store
        self._desk = Desk(workspace, person)

    def create(
        self, outline: shapely.Polygon, *, parent: str, name: str | None, when: When
    ) -> Mended:
        """Draw a grid in a community; see `gridmap.mending.create`."""
        community = self._community(parent, when.since)

        def mend(grids: Grids, used: Collection[str]) -> Mending:
            return mending.create(
                grids,
                outline,
                parent=parent,
                name=name,
                used=used,
                community=community,
                metric=self._metric(when.since),
            )

        return self._mend("grid-create", mend, (), when)

    def split(
        self, code: str, line: shapely.LineString | None, *, road: str | None, when: When
    ) -> Mended:
        """Cut a grid along a line, or along a road; see `gridmap.mending.split`."""
        along = line if line is not None else self._road(road, when.since)

        def mend(grids: Grids, used: Collection[str]) -> Mending:
            return mending.split(grids, code, along, used=used, metric=self._metric(when.since))

        return self._mend("grid-split", mend, [code], when)

    def merge(self, codes: Collection[str], *, into: str | None, when: When) -> Mended:
        """Join grids; see `gridmap.mending.merge`."""

        def mend(grids: Grids, used: Collection[str]) -> Mending:
            metric = self._metric(when.since)
            return mending.merge(grids, codes, into=into, used=used, metric=metric)

        return self._mend("grid-merge", mend, codes, when)

    def move_border(
        self,
        moves: dict[mending.Vertex, mending.Vertex],
        inserts: Collection[mending.Insert],
        *,
        when: When,
    ) -> Mended:
        """Move a shared border; see `gridmap.mending.move_border`."""

        def mend(grids: Grids, _used: Collection[str]) -> Mending:
            metric = self._metric(when.since)
            return mending.move_border(grids, moves, inserts=list(inserts), metric=metric)

        return self._mend("grid-reshape", mend, None, when)

    def retire(self, codes: Collection[str], *, when: When) -> Mended:
        """End grids without heirs; see `gridmap.mending.retire`."""

        def mend(grids: Grids, _used: Collection[str]) -> Mending:
            return mending.retire(grids, codes, metric=self._metric(when.since))

        return self._mend("grid-retire", mend, codes, when)

    def propose(
        self, community: str, *, by: By, target: float | None, n: int | None, since: date
    ) -> Proposal:
        """
        Propose grids for a community that has none; see `gridmap.proposals.propose`.

        Raises
        ------
        NotFoundError, ConflictError
            If there is no such community, or it has grids already.
        """
        ground = self._community(community, since)
        if (self._workspace.frame("grids", since)["parent"] == community).any():
            msg = "The community {community} has grids already; mend these."
            raise ConflictError(msg, community=community)
        frame = self._workspace.frame
        return proposals.propose(
            ground,
            frame("roads", since),
            by=by,
            parent=community,
            used=self._used(),
            target=target,
            n=n,
            compounds=frame("compounds", since),
            metric=self._metric(since),
        )

    def adopt(
        self, community: str, *, by: By, target: float | None, n: int | None, when: When
    ) -> Mended:
        """Take the grids of `propose` into the register."""
        proposal = self.propose(community, by=by, target=target, n=n, since=when.since)

        def mend(grids: Grids, used: Collection[str]) -> Mending:
            metric = self._metric(when.since)
            return mending.adopt(grids, proposal.grids, used=used, metric=metric)

        return self._mend("grid-adopt", mend, (), when)

    def lineage(self, code: str, as_of: date) -> tuple[pd.DataFrame, pd.Series]:
        """
        Return where a grid's ground came from and went, and which grids have it on a day.

        Raises
        ------
        NotFoundError
            If there never was such a grid.
        """
        if code not in self._store.ever("grids").index:
            msg = "There is no grid {code}."
            raise NotFoundError(msg, code=code)
        rows = self._store.read("successions")
        told = rows.reset_index()
        mine = (told["from_code"] == code) | (told["to_code"] == code)
        return told[mine], heirs(told, code, as_of)

    def _mend(self, act: str, mend: Mend, codes: Collection[str] | None, when: When) -> Mended:
        self._require_own(codes or (), when.since)
        grids = self._store.whole.read("grids", when.since)
        mended = mend(grids, self._used())
        self._require_changed(mended, when.since)
        if when.dry_run:
            carried = self._carried(mended, whole_history(self._workspace), when)
            return Mended(None, self._desk.seen(), mended, carried)
        what = {
            "grids": sorted({*mended.changed.index, *mended.retired})[:50],
            "since": when.since.isoformat(),
        }
        with self._desk.writing(act, what) as writer:
            mended = mend(writer.read("grids", when.since), self._used())
            if when.seen is not None:
                writer.require_untouched(_targets(mended), when.seen)
                writer.require_unmended([*mended.changed.index, *mended.retired], when.seen)
            carried = self._carried(mended, writer.read("assignments"), when)
            _write(writer, mended, carried, when)
            return Mended(writer.entry, writer.entry, mended, carried)

    def _carried(self, mended: Mending, held: pd.DataFrame, when: When) -> Carried:
        return inheritance.carried(
            held, mended.lineage, mended.retired, since=when.since, note=when.note
        )

    def _require_own(self, codes: Collection[str], since: date) -> None:
        own = self._store.own("grid", since)
        if missing := [code for code in codes if code not in own]:
            msg = "There is no grid {code}."
            raise NotFoundError(msg, code=", ".join(missing[:5]))

    def _require_changed(self, mended: Mending, since: date) -> None:
        """Refuse what lies outside the author's part of the city, or is decided for a later day."""
        moved = {*mended.lineage["from_code"].dropna(), *mended.retired}
        self._require_own(sorted(moved), since)
        codes = [*mended.changed.index, *mended.retired]
        last, now = (self._store.whole.read("grids", day) for day in (None, since))
        known = [code for code in codes if code in now.index]
        later_rows = [
            code
            for code in known
            if code not in last.index or not last.geometry[code].equals(now.geometry[code])
        ]
        if later_rows:
            msg = "The grid {code} changes again on a later day; that is decided already."
            raise ConflictError(msg, code=", ".join(later_rows[:5]))

    def _community(self, code: str, since: date) -> Any:  # noqa: ANN401 - a shapely polygon
        if code not in self._store.own("division", since):
            msg = "There is no community {code}."
            raise NotFoundError(msg, code=code)
        drawn = self._workspace.frame("communities", since).geometry.get(code)
        if drawn is None:
            msg = "The community {code} is not drawn, so no grid can be drawn in it."
            raise ConflictError(msg, code=code)
        return drawn

    def _road(self, road: str | None, since: date) -> shapely.LineString:
        roads = self._workspace.frame("roads", since)
        if road not in roads.index:
            msg = "There is no road {road}."
            raise NotFoundError(msg, road=road)
        return roads.geometry[road]

    def _used(self) -> pd.Index:
        return self._store.whole.ever("grids").index

    def _metric(self, since: date) -> Any:  # noqa: ANN401 - a pyproj CRS
        return self._workspace.metric_crs(since)


def _targets(mended: Mending) -> pd.DataFrame:
    codes = [*mended.changed.index, *mended.retired]
    return pd.DataFrame({"target_kind": "grid", "target": codes})[later.KEY]


def _write(writer: Writer, mended: Mending, carried: Carried, when: When) -> None:
    writer.add("grids", mended.changed, when.since)
    writer.retire("grids", mended.retired, when.since)
    told = successions(mended.lineage, when.since, when.note).set_index("succession_id")
    writer.add("successions", told, when.since)
    write_changes(writer, carried)
