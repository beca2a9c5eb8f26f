"""The register: divisions, grids and units, and search by name, code or pinyin."""

from __future__ import annotations

from typing import Annotated, Any

import geopandas as gpd
import pandas as pd
from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from api.callers import permit
from web.maps.offline import page
from web.maps.sheet import DRAWN, focus_map, surroundings
from web.pages.shell import Visit, VisitDep, inactive, render
from web.words import absent
from web.words import gettext_noop as _

router = APIRouter(include_in_schema=False, dependencies=[permit("register.read")])
UNITS_AT_ONCE = 200
PAGES = {"grids": "/register/grids/", "units": "/register/units/"}
WHOLE = "*"  # asks for the whole city, above all divisions
DIVISIONS = ("districts", "subdistricts", "communities")


@router.get("/register")
def register(
    visit: VisitDep,
    division: Annotated[str | None, Query()] = None,
    q: Annotated[str, Query(max_length=100)] = "",
) -> HTMLResponse:
    """Show a division with what is directly below it, or what a search found."""
    tree = visit.reports.division_tree(visit.as_of)
    division = opening(tree) if division is None else division.removeprefix(WHOLE)
    context: dict[str, Any] = {"tree": branches(tree, division), "division": None, "path": []}
    if q.strip():
        context |= {"found": results(visit, q), "q": q}
        return render(visit, "register.html", section="register", whole=WHOLE, **context)
    children = visit.reports.children(division or None, visit.as_of)
    context |= {
        "found": None,
        "q": "",
        "division": _row(tree, division),
        "path": lineage(tree, division),
        "children": children.to_dict("records"),
    }
    return render(visit, "register.html", section="register", whole=WHOLE, **context)


@router.get("/register/search")
def search(visit: VisitDep, q: Annotated[str, Query(max_length=100)] = "") -> HTMLResponse:
    """Return what a search found so far, as a part of a page."""
    return render(visit, "parts/found.html", found=results(visit, q), q=q)


@router.get("/register/units")
def units(visit: VisitDep, q: Annotated[str, Query(max_length=100)] = "") -> HTMLResponse:
    """List the units."""
    listed = visit.reports.frame("units", visit.as_of).reset_index()
    if q.strip():
        found = visit.reports.search(q, UNITS_AT_ONCE)
        listed = listed[listed["unit_id"].isin(found.loc[found["layer"] == "units", "code"])]
    shown = pd.DataFrame(listed).head(UNITS_AT_ONCE)
    return render(
        visit,
        "units.html",
        section="register",
        units=shown.to_dict("records"),
        total=len(listed),
        q=q,
    )


@router.get("/register/grids/{code}")
def grid(visit: VisitDep, code: str) -> HTMLResponse:
    """Show one grid: where it is, who answers for it and since when."""
    sheet = visit.reports.grid(code, visit.as_of)
    return render(
        visit,
        "grid.html",
        section="register",
        sheet=sheet,
        lineage=sheet.lineage.to_dict("records"),
        assignments=sheet.assignments.to_dict("records"),
        former=sheet.former.to_dict("records"),
        chain_rows=sheet.chain.to_dict("records"),
        inactive=inactive(visit),
    )


@router.get("/register/units/{unit_id}")
def unit(visit: VisitDep, unit_id: str) -> HTMLResponse:
    """Show one unit: what it holds, and whom to call."""
    sheet = visit.reports.unit(unit_id, visit.as_of)
    return render(
        visit,
        "unit.html",
        section="register",
        sheet=sheet,
        assignments=sheet.assignments.to_dict("records"),
        former=sheet.former.to_dict("records"),
    )


@router.get("/maps/grids/{code}")
def grid_on_map(visit: VisitDep, code: str) -> HTMLResponse:
    """Return the map of a grid among its neighbours."""
    sheet = visit.reports.grid(code, visit.as_of)
    crs = sheet.neighbours.crs
    name = {"name": [sheet.name]}
    focus = gpd.GeoDataFrame(name, geometry=[sheet.geometry], index=[code], crs=crs)
    return _map(visit, focus, visit.words.say(_("This grid")))


@router.get("/maps/units/{unit_id}")
def unit_on_map(visit: VisitDep, unit_id: str) -> HTMLResponse:
    """Return the map of a unit's grids among all."""
    held = visit.reports.unit(unit_id, visit.as_of).grids
    return _map(visit, held, visit.words.say(_("Its grids")))


def _map(visit: Visit, focus: gpd.GeoDataFrame, title: str) -> HTMLResponse:
    every = visit.reports.areas("grid", visit.as_of)
    others = every[~every.index.isin(focus.index)]
    if len(focus):
        others = others[others.intersects(surroundings(focus, DRAWN).iloc[0])]
    roads = visit.reports.frame("roads", visit.as_of)
    return HTMLResponse(page(focus_map(focus, others, roads, visit.words, title=title), title))


def opening(tree: pd.DataFrame) -> str:
    """Return where the register opens: below divisions that are the only one of their level."""
    here = ""
    below = tree[~tree["parent"].isin(tree["code"])]
    while len(below) == 1:
        here = str(below["code"].iloc[0])
        below = tree[tree["parent"] == here]
    return here


def results(visit: Visit, q: str) -> list[dict[str, Any]]:
    """Return what a search found, each with the page that shows it."""
    if not q.strip():
        return []
    found = visit.reports.search(q, 50)
    return [{**row, "page": _page(visit, row)} for row in found.to_dict("records")]


def _page(visit: Visit, row: dict[str, Any]) -> str | None:
    if row["layer"] in PAGES:
        return visit.link(PAGES[row["layer"]] + str(row["code"]))
    if row["layer"] in DIVISIONS:
        return visit.link("/register", division=row["code"])
    return None


def branches(tree: pd.DataFrame, current: str) -> list[dict[str, Any]]:
    """
    Return the divisions as a tree in lines.

    Parameters
    ----------
    tree
        `Reports.division_tree`.
    current
        Code of the division that is shown.

    Returns
    -------
    list of dict
        Each row with ``depth`` (0 at the top), ``current``, ``shown`` (its parent is on the way to
        the current one, or it is at the top) and ``open``.
    """
    way = {row["code"] for row in lineage(tree, current)}
    depth: dict[str, int] = {}
    listed = []
    for row in tree.to_dict("records"):
        parent = None if absent(row["parent"]) else str(row["parent"])
        depth[row["code"]] = depth.get(parent, -1) + 1 if parent else 0
        listed.append(
            {
                **row,
                "depth": depth[row["code"]],
                "current": row["code"] == current,
                "open": row["code"] in way,
                "shown": depth[row["code"]] == 0 or parent in way,
            }
        )
    return _parents_first(listed)


def _parents_first(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    below: dict[str | None, list[dict[str, Any]]] = {}
    known = {row["code"] for row in rows}
    for row in rows:
        parent = row["parent"] if not absent(row["parent"]) and row["parent"] in known else None
        below.setdefault(parent, []).append(row)
    ordered: list[dict[str, Any]] = []
    waiting = list(reversed(below.get(None, [])))
    while waiting:
        row = waiting.pop()
        ordered.append(row)
        waiting.extend(reversed(below.get(row["code"], [])))
    return ordered


def lineage(tree: pd.DataFrame, code: str) -> list[dict[str, Any]]:
    """Return the divisions from the top down to one, itself the last."""
    rows = {row["code"]: row for row in tree.to_dict("records")}
    way: list[dict[str, Any]] = []
    at: Any = code
    while at in rows and len(way) < len(rows):
        way.append(rows[at])
        at = rows[at]["parent"]
    return way[::-1]


def _row(tree: pd.DataFrame, code: str) -> dict[str, Any] | None:
    way = lineage(tree, code)
    return way[-1] if way else None
