"""Maps for leaders: the load of units, and the points that reach the standard."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import geopandas as gpd
from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from api.callers import permit
from geodata.reports.loads import unit_loads
from geodata.reports.reaching import points_reaching
from web.maps.ground import lowest_divisions
from web.maps.load import load_map
from web.maps.offline import page
from web.maps.points import points_map
from web.pages.shell import Visit, VisitDep, render
from web.words import gettext_noop as _

router = APIRouter(include_in_schema=False, dependencies=[permit("leading.read")])
ROWS = 200
TITLES = {"load": _("Load of the units"), "points": _("Points that reach the standard")}


@router.get("/leaders/maps")
def maps(
    visit: VisitDep, show: Annotated[Literal["load", "points"], Query()] = "load"
) -> HTMLResponse:
    """Show one of the maps with its figures beside it."""
    shows = {name: visit.words.say(title) for name, title in TITLES.items()}
    beside = of_units(visit) if show == "load" else of_points(visit)
    return render(
        visit,
        "leaders_maps.html",
        section="leaders",
        show=show,
        shows=shows,
        title=shows[show],
        **beside,
    )


@router.get("/maps/load")
def load(visit: VisitDep) -> HTMLResponse:
    """Return the map of the units' load, a page of its own."""
    grids = unit_loads(visit.reports.workspace, visit.as_of)
    drawn = load_map(
        grids,
        visit.reports.frame("roads", visit.as_of),
        lowest_divisions(visit.reports, visit.as_of),
        visit.words,
    )
    return HTMLResponse(page(drawn, visit.words.say(TITLES["load"])))


@router.get("/maps/points")
def points(visit: VisitDep) -> HTMLResponse:
    """Return the map of inspection points, a page of its own."""
    drawn = points_map(
        _points(visit),
        visit.reports.frame("roads", visit.as_of),
        lowest_divisions(visit.reports, visit.as_of),
        visit.words,
    )
    return HTMLResponse(page(drawn, visit.words.say(TITLES["points"])))


def of_units(visit: Visit) -> dict[str, Any]:
    """Return the units by their load, those with most for each first."""
    grids = unit_loads(visit.reports.workspace, visit.as_of)
    units = grids.dropna(subset=["load"]).drop_duplicates("unit_id")
    units = units.sort_values(["load", "unit_id"], ascending=[False, True], kind="stable")
    rows = units.drop(columns="geometry").head(ROWS).to_dict("records")
    return {"rows": rows, "n": len(units)}


def of_points(visit: Visit) -> dict[str, Any]:
    """Return the inspected points that fall short, the weakest first, and how many there are."""
    found = _points(visit)
    known = found[found["share"].notna()]
    short = known[known["share"] < 1].sort_values("share", kind="stable")
    return {
        "rows": short.drop(columns="geometry").head(ROWS).to_dict("records"),
        "n": len(short),
        "reached": len(known) - len(short),
        "inspected": len(known),
        "never": len(found) - len(known),
    }


def _points(visit: Visit) -> gpd.GeoDataFrame:
    return points_reaching(visit.reports.workspace, visit.as_of, visit.reports.zone)
