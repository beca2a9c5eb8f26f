"""Maps for leaders: the load of units, and the points that reach the standard."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import folium
import geopandas as gpd
from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field

from api.callers import permit
from geodata.reports.loads import unit_loads
from geodata.reports.reaching import points_reaching
from geodata.workspace import RESPONSIBILITY
from web.maps.ground import beneath, topology_of
from web.maps.load import load_map
from web.maps.points import points_map
from web.pages.drawn import map_answer
from web.pages.place import narrowed, place_of
from web.pages.shell import Visit, VisitDep, render
from web.words import gettext_noop as _

router = APIRouter(include_in_schema=False, dependencies=[permit("leading.read")])
ROWS = 200
TITLES = {"load": _("Load of the units"), "points": _("Points that reach the standard")}


class Wanted(BaseModel):
    """Which map, of which place; the period is kept for the way back."""

    show: Literal["load", "points"] = "load"
    division: str = Field(default="", max_length=40)
    period: str = Field(default="", max_length=20)
    since: str = Field(default="", max_length=20)
    as_of: str = ""
    lang: str = ""

    @property
    def link(self) -> dict[str, str]:
        """The same, for an address."""
        return {name: getattr(self, name) for name in ("show", "period", "since")}


@router.get("/leaders/maps")
def maps(visit: VisitDep, wanted: Annotated[Wanted, Query()]) -> HTMLResponse:
    """Show one of the maps with its figures beside it."""
    shows = {name: visit.words.say(title) for name, title in TITLES.items()}
    place = place_of(visit, wanted.division)
    here = narrowed(place)
    return render(
        visit,
        "leaders_maps.html",
        section="leaders",
        wanted=wanted,
        place=place,
        show=wanted.show,
        shows=shows,
        title=shows[wanted.show],
        **(of_units(here) if wanted.show == "load" else of_points(here)),
    )


@router.get("/maps/load")
def load(visit: VisitDep, wanted: Annotated[Wanted, Query()]) -> Response:
    """Return the map of the units' load, a page of its own."""
    here = narrowed(place_of(visit, wanted.division))

    def draw() -> folium.Map:
        grids = unit_loads(here.reports.workspace, here.as_of)
        borders = topology_of(here.reports, grids, here.as_of)
        ground = beneath(here.reports, here.as_of)
        return load_map(grids, ground, here.words, topology=borders)

    return map_answer(here, visit.words.say(TITLES["load"]), RESPONSIBILITY, draw)


@router.get("/maps/points")
def points(visit: VisitDep, wanted: Annotated[Wanted, Query()]) -> Response:
    """Return the map of inspection points, a page of its own."""
    here = narrowed(place_of(visit, wanted.division))

    def draw() -> folium.Map:
        return points_map(_points(here), beneath(here.reports, here.as_of), here.words)

    visits = here.reports.workspace.store.whole.version("visits")
    return map_answer(here, visit.words.say(TITLES["points"]), RESPONSIBILITY, draw, visits)


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
