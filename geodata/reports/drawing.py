"""What the desk's map draws: the ground of a day, and the roads, points and compounds on it."""

from __future__ import annotations

import gzip
from dataclasses import replace
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from geodata.workspace import GROUND, Workspace
from gridmap import drawing
from gridmap.topology import Topology, dissolve

THINGS = ("roads", "inspection_points", "compounds")
OWN_OUTLINE = 1e-3
"""A community is outlined by itself if its grids lack or exceed this share of its ground."""
Ints = NDArray[np.int64]
Runs = dict[str, Ints]


def ground(workspace: Workspace, as_of: date) -> bytes:
    """
    Return grids and communities as they were on a day.

    Parameters
    ----------
    workspace, as_of
        The register and the day.

    Returns
    -------
    bytes
        gzip of `gridmap.drawing.pack`, the same for the same layers. Facts: ``as_of``, ``quantum``
        (degrees), ``n``, ``codes``, ``names``, and of each community ``code``, ``name``,
        ``subdistrict`` and its name. Runs beside those of `gridmap.drawing.streams`: ``parent``
        (position of the community), ``area`` (m²), ``residents`` (-1 if unknown); ``outline_of``,
        ``outline_size``, ``outline_x`` and ``outline_y`` are rings of communities whose border is
        not that of their grids.
    """
    return workspace.once("drawn ground", GROUND, as_of, lambda: _ground(workspace, as_of))


def things(workspace: Workspace, as_of: date) -> bytes:
    """
    Return roads, points and compounds as they were on a day.

    Parameters
    ----------
    workspace, as_of
        The register and the day.

    Returns
    -------
    bytes
        gzip of `gridmap.drawing.pack`. Facts: ``quantum`` and of ``roads``, ``points`` and
        ``compounds`` the columns; lengths of roads in metres. Runs: ``road_size``, ``road_x``,
        ``road_y``, ``point_x``, ``point_y``, ``compound_rings`` (rings of each), ``compound_size``,
        ``compound_x``, ``compound_y``.
    """
    names = (*GROUND, *THINGS)
    return workspace.once("drawn things", names, as_of, lambda: _things(workspace, as_of))


def _ground(workspace: Workspace, as_of: date) -> bytes:
    topology = workspace.topology(as_of)
    drawn = drawing.draw(topology)
    grids = workspace.measured("grids", as_of)
    communities = _communities(workspace, as_of, grids)
    names = grids["name"].fillna(grids.index.to_series())
    facts = {
        "as_of": as_of.isoformat(),
        "quantum": drawn.detail.quantum,
        "n": len(grids),
        "codes": list(grids.index),
        "names": list(names),
        "communities": _columns(communities.drop(columns="geometry").reset_index()),
    }
    numbers = drawing.streams(drawn) | {
        "parent": np.diff(communities.index.get_indexer(grids["parent"]), prepend=0),
        "area": np.round(grids.area.to_numpy()).astype(np.int64),
        "residents": grids["residents"].fillna(-1).to_numpy(dtype=np.int64),
    }
    split = set(grids["parent"].to_numpy()[drawn.left[drawn.loose]])
    numbers |= _outlines(topology, grids["parent"], communities, split)
    return _written(facts, numbers)


def _communities(workspace: Workspace, as_of: date, grids: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the communities, and as a row without name those that only a grid knows of."""
    known = workspace.measured("communities", as_of)[["name", "parent", "geometry"]]
    unknown = pd.Index(grids["parent"].unique()).difference(known.index)
    found = known.reindex(known.index.append(unknown)).rename_axis("code")
    above = workspace.frame("subdistricts", as_of)["name"]
    return found.rename(columns={"parent": "subdistrict"}).assign(
        subdistrict_name=lambda rows: rows["subdistrict"].map(above)
    )


def _outlines(
    topology: Topology,
    parent: pd.Series,
    communities: gpd.GeoDataFrame,
    split: set[str],
) -> Runs:
    """Return the rings of communities that their grids do not fill, or fill twice."""
    shapes = communities.geometry
    gridded = dissolve(topology, parent).area.reindex(shapes.index, fill_value=0.0)
    differ = (gridded - shapes.area).abs() > OWN_OUTLINE * shapes.area
    differ |= shapes.index.isin(split)
    rows = np.flatnonzero(differ.to_numpy() & shapes.notna().to_numpy())
    detail = drawing.detail_of(topology)
    rings, of = _rings(shapes.to_numpy()[rows])
    return {"outline_of": rows[of]} | _lines("outline", rings, communities.crs, detail)


def _things(workspace: Workspace, as_of: date) -> bytes:
    detail = _coarser(drawing.detail_of(workspace.topology(as_of)))
    crs = workspace.metric_crs(as_of)
    roads, points, compounds = (workspace.measured(name, as_of) for name in THINGS)
    rings, of = _rings(compounds.geometry.to_numpy())
    facts = {
        "quantum": detail.quantum,
        "roads": _columns(roads[["name"]].assign(length_m=roads.length.round(2)).reset_index()),
        "points": _columns(points[["name", "category"]].reset_index()),
        "compounds": _columns(compounds[["name", "kind"]].reset_index()),
    }
    at = drawing.quantise(shapely.get_coordinates(points.geometry), crs, detail.quantum)
    numbers = {
        **_lines("road", roads.geometry.to_numpy(), crs, detail),
        "point_x": np.diff(at[:, 0], prepend=0),
        "point_y": np.diff(at[:, 1], prepend=0),
        "compound_rings": np.bincount(of, minlength=len(compounds)),
        **_lines("compound", rings, crs, detail),
    }
    return _written(facts, numbers)


def _coarser(detail: drawing.Detail) -> drawing.Detail:
    """Return how finely roads and compounds are drawn: they are there to find one's way."""
    return replace(
        detail,
        tolerance_m=max(1.5, 1.5 * detail.tolerance_m),
        quantum=max(5e-6, 2 * detail.quantum),
    )


def _rings(shapes: NDArray[np.object_]) -> tuple[NDArray[np.object_], Ints]:
    """Return the rings of polygons, and of which polygon each is."""
    parts, of = shapely.get_parts(shapes, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    return rings, of[part] if len(rings) else of[:0]


def _lines(name: str, lines: NDArray[np.object_], crs: CRS, detail: drawing.Detail) -> Runs:
    sizes = shapely.get_num_coordinates(lines)
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    offsets, xy = drawing.thin(offsets, shapely.get_coordinates(lines), detail.tolerance_m)
    offsets, steps = drawing.without_repeats(offsets, drawing.quantise(xy, crs, detail.quantum))
    return {
        f"{name}_size": np.diff(offsets),
        f"{name}_x": np.diff(steps[:, 0], prepend=0),
        f"{name}_y": np.diff(steps[:, 1], prepend=0),
    }


def _columns(frame: pd.DataFrame) -> dict[str, list[Any]]:
    plain = frame.astype(object).where(frame.notna(), None)
    return {str(name): plain[name].to_list() for name in plain}


def _written(facts: dict[str, Any], numbers: Runs) -> bytes:
    return gzip.compress(drawing.pack(facts, numbers), compresslevel=6, mtime=0)
