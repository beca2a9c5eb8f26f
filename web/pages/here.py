"""Who answers here: a place, and the chain of those who answer for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import HTMLResponse

from api.callers import permit
from api.frames import TO_WGS84, dump, features
from api.sentences import QueryError
from web.pages.shell import Visit, VisitDep, inactive, render

router = APIRouter(include_in_schema=False, dependencies=[permit("register.read")])
Datum = Literal["wgs84", "gcj02", "bd09"]
ACCURACY_AT_MOST = 100_000.0


@dataclass(frozen=True)
class Place:
    """
    A place as it was given.

    Parameters
    ----------
    lon, lat
        Degrees, as they were given.
    datum
        What they are measured in.
    accuracy_m
        How exact they are; the setting if nobody said.
    """

    lon: float
    lat: float
    datum: Datum
    accuracy_m: float | None

    def in_register(self) -> tuple[float, float]:
        """Return longitude and latitude in the register's datum."""
        moved = TO_WGS84[self.datum](np.array([[self.lon, self.lat]]))
        return float(moved[0, 0]), float(moved[0, 1])


def place(
    lon: Annotated[str, Query(max_length=40)] = "",
    lat: Annotated[str, Query(max_length=40)] = "",
    datum: Annotated[Datum, Query()] = "wgs84",
    accuracy: Annotated[str, Query(max_length=40)] = "",
) -> Place | None:
    """
    Read a place, if one is asked for.

    Raises
    ------
    QueryError
        If it is none on Earth.
    """
    if not lon.strip() and not lat.strip():
        return None
    at = (_number(lon, 180.0), _number(lat, 90.0))
    exact = _number(accuracy, ACCURACY_AT_MOST) if accuracy.strip() else None
    return Place(*at, datum, None if exact is None else abs(exact))


PlaceDep = Annotated[Place | None, Depends(place)]


@router.get("/here")
def here(visit: VisitDep, asked: PlaceDep) -> HTMLResponse:
    """Show the map to click on and, if a place is given, who answers there."""
    context = {"asked": asked, **_answer(visit, asked)}
    return render(visit, "here.html", section="here", **context)


@router.get("/here/answer")
def answer(visit: VisitDep, asked: PlaceDep) -> HTMLResponse:
    """Return who answers at a place, as a part of a page."""
    return render(visit, "parts/answer.html", asked=asked, **_answer(visit, asked))


@router.get("/here/ground.json")
def ground(visit: VisitDep) -> Response:
    """Return what the map draws: the grids, and the roads over them."""
    drawn = [
        features(frame[frame.geometry.notna()][["name", "geometry"]].assign(layer=layer))
        for layer in ("grids", "roads")
        for frame in [visit.reports.frame(layer, visit.as_of)]
    ]
    body = {"type": "FeatureCollection", "features": drawn[0] + drawn[1]}
    return Response(dump(body), media_type="application/geo+json")


def _answer(visit: Visit, asked: Place | None) -> dict[str, Any]:
    if asked is None:
        return {"answer": None}
    settings = visit.request.app.state.settings
    accuracy = settings.accuracy_m if asked.accuracy_m is None else asked.accuracy_m
    lon, lat = asked.in_register()
    found = visit.reports.responsible(lon, lat, visit.as_of, accuracy)
    return {
        "answer": found,
        "accuracy": accuracy,
        "at": (lon, lat),
        "rows": found.rows.to_dict("records"),
        "chain": found.chain.to_dict("records"),
        "lineage": found.lineage.to_dict("records"),
        "candidates": found.candidates.to_dict("records"),
        "inactive": inactive(visit),
    }


def _number(text: str, limit: float) -> float:
    msg = "{text} is not a number from −{limit} to {limit}."
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not abs(value) <= limit:
        raise QueryError(msg, text=repr(text[:40]), limit=f"{limit:g}")
    return value
