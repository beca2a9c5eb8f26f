"""
The pack: all that a phone needs for a day without a network.

It holds what its owner answers for and what lies around it, in degrees of WGS 84 with six decimals
(a decimetre), the conditions and checklists, the open issues of theirs, and the day's patrol. Of
ground around, a phone is told who answers for it, as the signs on the walls do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy import func, select

from geodata.checklists import Checklists
from geodata.issues import records
from geodata.issues.ledger import Ledger, Wanted, listed
from geodata.issues.setting import Setting
from geodata.patrols import Patrols
from geodata.photos.encoding import SIDE
from geodata.reports import beats
from geodata.tracks import KEPT_DAYS
from gridmap import access, assignments, conditions
from gridmap.assignments import PRIMARY
from gridmap.issues import life
from gridmap.layers import ISSUE_CHANNELS
from gridmap.walking import WORST_M

AROUND_M = 300.0
DECIMALS = 6
VISIT_DAYS = 7
MOST_ISSUES = 300
CONDITION_COLUMNS = (
    "condition_id",
    "category",
    "condition",
    "group",
    "sort",
    "limit_amount",
    "limit_kind",
)
ITEM_COLUMNS = ("item_id", "item", "check", "least", "weight")
KEPT_HERE = ("reporter", "reporter_role", "handler", "fixer", "share")
"""Of an issue, who it was is nothing for a phone, which may be lost; the share used is another at
every moment, and would make every pack a new one."""
NO_STRETCHES = pd.DataFrame({"road_id": [], "from_m": [], "to_m": []})


@dataclass(frozen=True)
class Own:
    """
    What somebody answers for.

    Parameters
    ----------
    grids, points
        Codes of grids, ids of inspection points.
    stretches
        ``road_id``, ``from_m``, ``to_m`` of each stretch of road.
    """

    grids: pd.Index
    points: pd.Index
    stretches: pd.DataFrame


class Packs:
    """
    The packs of phones.

    Parameters
    ----------
    setting
        Who asks.
    """

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._whole = setting.whole
        self._day = setting.day(setting.store.now())

    def pack(self) -> dict[str, Any]:
        """Return the pack of the caller for today, as JSON has it."""
        own = self._own()
        nearby = self._nearby(own)
        units = self._setting.units(self._day)
        person = self._setting.person
        return {
            "day": self._day.isoformat(),
            "datum": "wgs84",
            "person": {
                "person_id": person.person_id,
                "name": person.name,
                "roles": sorted(person.roles),
            },
            "units": [
                {"unit_id": unit_id, "name": units[unit_id]}
                for unit_id in sorted(person.units)
                if unit_id in units
            ],
            "settings": {
                "near_m": self._setting.near_m,
                "accuracy_m": WORST_M,
                "visit_days": VISIT_DAYS,
                "track_days": KEPT_DAYS,
                "photo_side": SIDE,
            },
            **nearby,
            "conditions": self._conditions(),
            "checklists": self._checklists(),
            "issues": self._issues(),
            "patrol": self._patrol(own),
            "channels": list(ISSUE_CHANNELS),
        }

    def _own(self) -> Own:
        """Return what the caller's units answer for, or what lies in an inspector's scopes."""
        person, whole = self._setting.person, self._whole
        if not person.units:
            return self._inspected()
        held = assignments.in_force(whole.frame("assignments", self._day), self._day)
        held = held[held["unit_id"].isin(person.units)]
        targets = held.groupby("target_kind")["target"].agg(list).to_dict()
        lineage = whole.lineage(self._day)
        below = lineage.isin(targets.get("division", [])).any(axis=1)
        grids = lineage.index[below | lineage.index.isin(targets.get("grid", []))]
        beat = beats.every(whole, self._day).only(pd.Index(sorted(person.units)))
        points = pd.Index(sorted(set(beat.points["point_id"])), dtype="str")
        return Own(grids, points, beat.roads[["road_id", "from_m", "to_m"]])

    def _inspected(self) -> Own:
        scopes = access.where(self._setting.person, "field.read")
        store = self._setting.workspaces.of(scopes).store if scopes else None
        names = ("grids", "inspection_points")
        seen = [store.read(name, self._day).index if store else pd.Index([]) for name in names]
        return Own(seen[0], seen[1], NO_STRETCHES)

    def _nearby(self, own: Own) -> dict[str, Any]:
        """Return what the caller answers for and what lies around it, layer by layer."""
        ground = self._ground(own)
        grids = self._around("grids", ground)
        points = self._around("inspection_points", ground)
        seen = self._last_visits(points.index)
        long_ago = pd.Timestamp(self._setting.store.now()) - timedelta(days=VISIT_DAYS)
        stretches = own.stretches.groupby("road_id")[["from_m", "to_m"]].agg(list)
        roads = self._around("roads", ground)
        lineage = self._whole.lineage(self._day)
        inside = lineage.reindex(grids.index)["community"].dropna().unique()
        communities = self._whole.frame("communities", self._day)
        return {
            "grids": _collection(
                grids,
                code=grids.index,
                name=grids["name"],
                mine=grids.index.isin(own.grids),
                unit_name=self._holders().reindex(grids.index),
                community=lineage.reindex(grids.index)["community"].map(communities["name"]),
            ),
            "roads": _collection(
                roads,
                road_id=roads.index,
                name=roads["name"],
                road_class=roads["road_class"],
                mine=[_pairs(stretches, road_id) for road_id in roads.index],
            ),
            "points": _collection(
                points,
                point_id=points.index,
                name=points["name"],
                category=points["category"],
                unit_id=self._answering("inspection_point").reindex(points.index),
                mine=points.index.isin(own.points),
                last_visit=seen,
                due=points.index.isin(own.points) & (seen.isna() | (seen < long_ago)),
            ),
            "compounds": _named(self._around("compounds", ground), "compound_id"),
            "communities": _named(communities[communities.index.isin(inside)], "code"),
        }

    def _ground(self, own: Own) -> shapely.Geometry:
        """Return the ground of which the pack tells, in metres."""
        roads = self._whole.measured("roads", self._day).geometry
        parts = [
            self._whole.measured("grids", self._day).geometry.loc[own.grids].to_numpy(),
            self._whole.measured("inspection_points", self._day)
            .geometry.loc[own.points]
            .to_numpy(),
            roads.loc[roads.index.isin(own.stretches["road_id"])].to_numpy(),
        ]
        shapes = np.concatenate(parts)
        return shapely.union_all(shapely.buffer(shapely.convex_hull(shapes), AROUND_M))

    def _around(self, layer: str, ground: shapely.Geometry) -> gpd.GeoDataFrame:
        measured = self._whole.measured(layer, self._day)
        near = np.sort(measured.sindex.query(ground, predicate="intersects"))
        return self._whole.frame(layer, self._day).loc[measured.index[near]]

    def _holders(self) -> pd.Series:
        """Return the name of the unit that is primary of each grid."""
        return self._answering("grid").map(self._whole.frame("units", self._day)["name"])

    def _answering(self, kind: str) -> pd.Series:
        """Return the unit that is primary of each target of a kind; of several, the lowest id."""
        held = assignments.in_force(self._whole.frame("assignments", self._day), self._day)
        held = held[(held["target_kind"] == kind) & (held["tier"] == PRIMARY)]
        first = held.sort_values("unit_id").drop_duplicates("target")
        return first.set_index("target")["unit_id"]

    def _last_visits(self, points: pd.Index) -> pd.Series:
        table = self._setting.store.tables.layers["visits"]
        statement = select(table.c.point_id, func.max(table.c.at)).group_by(table.c.point_id)
        with self._setting.store.database.reading() as connection:
            found = dict(connection.execute(statement).all())
        at = pd.to_datetime(pd.Series(found, dtype="object"), utc=True)
        return at.reindex(points)

    def _conditions(self) -> list[dict[str, Any]]:
        """Return the conditions, those of the category that is met most often first."""
        known = conditions.latest(self._whole.frame("conditions", date.max))
        met = self._whole.frame("issues", self._day)["category"].value_counts()
        often = known["category"].map(met).fillna(0)
        known = known.loc[often.sort_values(ascending=False, kind="stable").index]
        return _plain(known.reset_index()[list(CONDITION_COLUMNS)])

    def _checklists(self) -> dict[str, Any]:
        items = Checklists(self._whole, self._setting.person, self._day).listed().reset_index()
        return {
            str(category): {
                "edition": str(rows["edition"].iloc[0]),
                "items": _plain(rows[list(ITEM_COLUMNS)]),
            }
            for category, rows in items.groupby("category")
        }

    def _issues(self) -> list[dict[str, Any]]:
        """Return the open issues of the caller, what is due first, with what they may do."""
        wanted = Wanted(is_open=True, mine=True, limit=MOST_ISSUES)
        found = Ledger(self._setting).find(wanted).issues
        rows, sight = records.plain_rows(found), self._setting.sight
        told = listed(found)
        for row, issue in zip(told, rows, strict=True):
            arrows = life.allowed(issue, sight.actor(issue))
            for name in KEPT_HERE:
                row.pop(name)
            row["allowed"] = [{"act": arrow.act, "needs": list(arrow.needs)} for arrow in arrows]
        return sorted(told, key=lambda row: (row["due_at"] is None, row["due_at"] or ""))

    def _patrol(self, own: Own) -> dict[str, Any]:
        patrols, person = Patrols(self._setting), self._setting.person
        done = patrols.listed(self._day)
        mine = done[done["unit_id"].isin(person.units)]
        length = own.stretches["to_m"] - own.stretches["from_m"]
        return {
            "day": self._day.isoformat(),
            "due": bool(person.units) and patrols.is_workday(self._day),
            "done": [str(key) for key in mine.index],
            "roads_m": float(length.sum()),
            "points": len(own.points),
        }


def _collection(frame: gpd.GeoDataFrame, **properties: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return features with properties, their coordinates rounded."""
    geometries = shapely.transform(frame.geometry.to_numpy(), lambda xy: np.round(xy, DECIMALS))
    table = pd.DataFrame(properties, index=frame.index)
    features = [
        {"type": "Feature", "geometry": shapely.geometry.mapping(shape), "properties": told}
        for shape, told in zip(geometries, _plain(table), strict=True)
    ]
    return {"type": "FeatureCollection", "features": features}


def _named(frame: gpd.GeoDataFrame, key: str) -> dict[str, Any]:
    return _collection(frame, **{key: frame.index}, name=frame["name"])


def _pairs(stretches: pd.DataFrame, road_id: str) -> list[list[float]]:
    if road_id not in stretches.index:
        return []
    row = stretches.loc[road_id]
    return [[float(a), float(b)] for a, b in zip(row["from_m"], row["to_m"], strict=True)]


def _plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    values = frame.astype(object)
    found: list[dict[str, Any]] = records.jsonable(
        values.where(values.notna(), None).to_dict("records")
    )
    return found
