"""Coverage: what is left uncovered, where and why."""

from __future__ import annotations

from typing import Annotated, Literal

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response

from api.callers import permit
from geodata.workspace import RESPONSIBILITY
from gridmap.metric import between
from web.maps.coverage import coverage_map
from web.maps.palette import REASONS
from web.pages.drawn import map_answer
from web.pages.place import narrowed, place_of
from web.pages.shell import Visit, VisitDep, render
from web.words import gettext_noop as _

router = APIRouter(include_in_schema=False, dependencies=[permit("register.read")])
Level = Literal["", "district", "subdistrict", "community", "grid"]
LEVELS = ("district", "subdistrict", "community")
ROWS_AT_ONCE = 200


@router.get("/coverage")
def coverage(
    visit: VisitDep,
    level: Annotated[Level, Query()] = "",
    reason: Annotated[str, Query(max_length=40)] = "",
    division: Annotated[str, Query(max_length=40)] = "",
) -> HTMLResponse:
    """Show the map of coverage, with the divisions and the gaps as tables beside it."""
    levels = used_levels(visit)
    chosen = level or (levels[-1] if levels else "grid")
    place = place_of(visit, division)
    reports = narrowed(place).reports
    divisions = reports.coverage(chosen, visit.as_of)
    every = reports.gaps(visit.as_of)
    gaps = every[every["reason"] == reason] if reason in REASONS else every
    return render(
        visit,
        "coverage.html",
        section="coverage",
        place=place,
        level=chosen,
        levels=levels or ["grid"],
        reason_code=reason if reason in REASONS else "",
        reasons=_by_reason(every),
        total=_total(divisions),
        divisions=with_boxes(divisions.reset_index(names="code")).to_dict("records"),
        gaps=with_boxes(gaps.head(ROWS_AT_ONCE)).to_dict("records"),
        gaps_n=len(gaps),
        gaps_m2=float(gaps["area_m2"].sum()),
    )


@router.get("/maps/coverage")
def on_map(
    visit: VisitDep,
    level: Annotated[Level, Query()] = "",
    division: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """Return the map of coverage, a page of its own."""
    levels = used_levels(visit)
    chosen = level or (levels[-1] if levels else "grid")
    here = narrowed(place_of(visit, division))

    def draw() -> folium.Map:
        return coverage_map(
            here.reports.coverage(chosen, here.as_of),
            here.reports.gaps(here.as_of),
            here.reports.frame("roads", here.as_of),
            here.words,
        )

    return map_answer(here, visit.words.say(_("Coverage")), RESPONSIBILITY, draw, chosen)


def used_levels(visit: Visit) -> list[str]:
    """Return the levels above the grids that this register has, from the top down."""
    tree = visit.reports.division_tree(visit.as_of)
    return [level for level in LEVELS if (tree["level"] == level).any()]


def with_boxes(frame: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return a table with ``box`` (west, south, east, north in degrees) in place of geometry."""
    bounds = _bounds(frame.geometry).round(6)
    known = bounds.notna().all(axis=1)
    rows = zip(bounds.to_numpy().tolist(), known, strict=True)
    boxes = [",".join(map(str, row)) if there else "" for row, there in rows]
    return frame.drop(columns=frame.geometry.name).assign(box=boxes)


def _bounds(shapes: gpd.GeoSeries) -> pd.DataFrame:
    """Return bounds in degrees of WGS 84; of degrees only the corners are carried over."""
    if not shapes.crs.is_geographic:
        return shapes.to_crs("EPSG:4326").bounds
    move = between(shapes.crs, "EPSG:4326")
    west, south, east, north = shapes.bounds.to_numpy().T
    corners = [*move.transform(west, south), *move.transform(east, north)]
    return pd.DataFrame(np.column_stack(corners), index=shapes.index)


def _by_reason(gaps: gpd.GeoDataFrame) -> list[tuple[str, int, float]]:
    told = gaps.groupby("reason")["area_m2"].agg(["size", "sum"])
    return [
        (reason, int(told.loc[reason, "size"]), float(told.loc[reason, "sum"]))
        for reason in REASONS
        if reason in told.index
    ]


def _total(divisions: gpd.GeoDataFrame) -> dict[str, float]:
    ground = float(divisions["ground_m2"].sum())
    covered = float(divisions["covered_m2"].sum())
    return {
        "ground_m2": ground,
        "covered_m2": covered,
        "share": covered / ground if ground else float("nan"),
    }
