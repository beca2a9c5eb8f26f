"""
Scopes: what of the register lies where a person may look or write.

A scope is the city, a division with all below it, or what a unit answers for. `reach` works out the
keys that lie in scopes, `narrow` leaves only their rows. Divisions above are known by name, so that
a chain can be followed to the top; they have no ground, and nothing can be changed of them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.access import Scope
from gridmap.layers import Frame

DIVISIONS = ("districts", "subdistricts", "communities")
PLACED = ("roads", "inspection_points", "compounds")
LAYERS_OF_KIND = {
    "grid": ("grids",),
    "road_segment": ("roads",),
    "inspection_point": ("inspection_points",),
    "compound": ("compounds",),
    "division": DIVISIONS,
}
"""Target kind → the layers whose keys its targets are."""


@dataclass(frozen=True, eq=False)
class Reach:
    """
    What lies in scopes.

    Parameters
    ----------
    keys
        Layer → the keys that lie inside; of divisions those that lie there wholly.
    above
        Codes of divisions above, known by name only.
    units
        Units that may be seen; all of them if None.
    ground
        The areas that lie inside, to say whether a place does.
    """

    keys: Mapping[str, pd.Index]
    above: pd.Index
    units: pd.Index | None
    ground: shapely.STRtree

    def covers(self, shapes: NDArray[np.object_]) -> NDArray[np.bool_]:
        """Say which geometries touch ground inside."""
        found = np.zeros(len(shapes), dtype=np.bool_)
        found[self.ground.query(shapes, predicate="intersects")[0]] = True
        return found

    def holds(self, kind: str, target: str) -> bool:
        """Say whether a target lies inside."""
        return any(target in self.keys[layer] for layer in LAYERS_OF_KIND[kind])


def reach(
    scopes: Collection[Scope], frames: Mapping[str, Frame], assignments: pd.DataFrame
) -> Reach:
    """
    Work out what lies in scopes.

    Parameters
    ----------
    scopes
        Divisions and units; whoever may see the whole city needs no reach.
    frames
        Divisions, grids, roads, inspection_points, compounds and units by layer, in one CRS.
    assignments
        What the units answer for.
    """
    wanted = {scope.key for scope in scopes if scope.kind == "division"}
    speaking = {scope.key for scope in scopes if scope.kind == "unit"}
    held = assignments[assignments["unit_id"].isin(speaking)]
    of_kind = held.groupby("target_kind")["target"].agg(set).to_dict()
    parent = _parents(frames)
    inside = _below(wanted | of_kind.get("division", set()), parent)
    grids = frames["grids"]
    in_grids = grids["parent"].isin(inside) | grids.index.isin(of_kind.get("grid", ()))
    keys = {name: frames[name].index[frames[name].index.isin(inside)] for name in DIVISIONS}
    keys["grids"] = grids.index[in_grids]
    drawn = [frames[name].loc[keys[name]].geometry for name in DIVISIONS] + [
        grids.loc[keys["grids"]].geometry
    ]
    ground = shapely.STRtree(np.concatenate([shapes.dropna().to_numpy() for shapes in drawn]))
    partial = Reach(keys, pd.Index([], dtype="str"), None, ground)
    for name, kind in zip(PLACED, ("road_segment", "inspection_point", "compound"), strict=True):
        frame = frames[name]
        shapes = frame.geometry.to_numpy()
        if name == "compounds":
            shapes = shapely.point_on_surface(shapes)
        near = partial.covers(shapes) | frame.index.isin(of_kind.get(kind, ()))
        keys[name] = frame.index[near]
    known = set(keys["grids"]) | inside
    above = _ancestors({*grids.loc[keys["grids"], "parent"].dropna(), *inside}, parent) - known
    seen = Reach(keys, pd.Index(sorted(above), dtype="str"), None, ground)
    if wanted:
        return seen
    beside = assignments.loc[_targets_in(assignments, seen), "unit_id"]
    units = pd.Index(sorted(speaking | set(beside)), dtype="str")
    return Reach(keys, seen.above, units, ground)


def narrow(layer: str, frame: Frame, inside: Reach) -> Frame:
    """
    Leave the rows of a layer that lie inside.

    Parameters
    ----------
    layer
        Its name.
    frame
        Its rows.
    inside
        What `reach` found.

    Returns
    -------
    geopandas.GeoDataFrame or pandas.DataFrame
        The rows inside. Divisions above have neither geometry nor residents; units are all there,
        or those that may be seen; assignments and issues follow their target and their place.
    """
    if layer == "units":
        return frame if inside.units is None else frame[frame.index.isin(inside.units)]
    if layer == "assignments":
        return frame[_targets_in(frame, inside)]
    if layer == "issues":
        return frame[_issues_in(frame, inside)]
    if layer not in DIVISIONS:
        return frame[frame.index.isin(inside.keys[layer])]
    known = frame[frame.index.isin(inside.keys[layer]) | frame.index.isin(inside.above)].copy()
    named = known.index.isin(inside.above)
    known.loc[named, "residents"] = pd.NA
    known.geometry = known.geometry.where(~named, None)
    return known


def _targets_in(assignments: pd.DataFrame, inside: Reach) -> NDArray[np.bool_]:
    """Say which assignments are of a target inside, or of a division above."""
    kind, target = assignments["target_kind"], assignments["target"]
    found = np.zeros(len(assignments), dtype=np.bool_)
    for name, layers in LAYERS_OF_KIND.items():
        of_kind = (kind == name).to_numpy()
        for layer in layers:
            found |= of_kind & target.isin(inside.keys[layer]).to_numpy()
    return found | ((kind == "division") & target.isin(inside.above)).to_numpy()


def _issues_in(issues: gpd.GeoDataFrame, inside: Reach) -> NDArray[np.bool_]:
    """Say which issues lie inside: where their grid is or, without one, where their place is."""
    there = issues["grid"].isin(inside.keys["grids"]).to_numpy().copy()
    loose = np.flatnonzero((issues["grid"].isna() & issues.geometry.notna()).to_numpy())
    there[loose] = inside.covers(issues.geometry.to_numpy()[loose])
    return there


def _parents(frames: Mapping[str, Frame]) -> dict[str, str | None]:
    return {
        str(code): None if pd.isna(above) else str(above)
        for name in DIVISIONS
        for code, above in frames[name]["parent"].items()
    }


def _below(codes: set[str], parent: Mapping[str, str | None]) -> set[str]:
    """Return codes that are known, with every division below them."""
    found = {code for code in codes if code in parent}
    grown = True
    while grown:
        more = {code for code, above in parent.items() if above in found} - found
        found |= more
        grown = bool(more)
    return found


def _ancestors(codes: set[str], parent: Mapping[str, str | None]) -> set[str]:
    found: set[str] = set()
    waiting = [code for code in codes if code]
    while waiting:
        code = waiting.pop()
        if code in found:
            continue
        found.add(code)
        above = parent.get(code)
        if above is not None:
            waiting.append(above)
    return found & set(parent)
