"""The hotline: what a caller says becomes an issue while they are still on the line."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import Annotated, Any

import geopandas as gpd
import shapely
from fastapi import APIRouter, Form, Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from api.callers import permit
from api.errors import status_of
from api.frames import dump
from api.loop import once
from api.queries import Latitude, Longitude
from api.sentences import sentence
from geodata.issues.account import account
from geodata.issues.foresight import foresee
from geodata.issues.intake import Intake, Report
from geodata.issues.setting import Setting
from gridmap.errors import GridMapError, InvalidError
from gridmap.issues.arrows import CLOSED
from web.pages.issue import moment
from web.pages.issue_rows import choices_of, in_force, setting_of
from web.pages.issue_words import Said
from web.pages.shell import Visit, VisitDep, render
from web.words import gettext_noop as _

router = APIRouter(include_in_schema=False, dependencies=[permit("issue.office")])
FOUND_BY_ADDRESS = ("inspection_points", "compounds", "roads", "grids", "communities")
PLACES_SHOWN, SEARCHED = 12, 80


class Call(BaseModel):
    """What the clerk has written down."""

    issue_id: str = Field(default="", max_length=64)
    description: str = Field(default="", max_length=4000)
    category: str = Field(default="", max_length=100)
    condition: str = Field(default="", max_length=200)
    address: str = Field(default="", max_length=500)
    lon: str = Field(default="", max_length=40)
    lat: str = Field(default="", max_length=40)
    source: str = Field(default="", max_length=10)

    def place(self) -> shapely.Point | None:
        """
        Return the place; None if none was found yet.

        Raises
        ------
        InvalidError
            If it is none on Earth.
        """
        if not self.lon.strip() and not self.lat.strip():
            return None
        try:
            lon, lat = float(self.lon), float(self.lat)
        except ValueError:
            lon = lat = float("nan")
        if not (abs(lon) <= 180 and abs(lat) <= 90):  # noqa: PLR2004 - degrees of the Earth
            msg = "There is no such place: {lon}, {lat}."
            raise InvalidError(msg, lon=self.lon[:20], lat=self.lat[:20])
        return shapely.Point(lon, lat)


@router.get("/hotline")
def hotline(visit: VisitDep, taken: Annotated[str, Query(max_length=80)] = "") -> Response:
    """Show the clerk's page, with what was just taken down."""
    setting = setting_of(visit)
    done = account(setting, taken).issue if taken else None
    return page(visit, setting, Call(issue_id=str(uuid.uuid4())), done=done)


@router.post("/hotline")
def take(visit: VisitDep, call: Annotated[Call, Form()]) -> Response:
    """Take down what a caller reports; the same form sent twice is one issue."""
    setting = setting_of(visit)
    try:
        place = call.place()
        report = Report(
            category=call.category.strip(),
            channel="hotline",
            condition=call.condition or None,
            description=call.description.strip() or None,
            address=call.address.strip() or None,
            place=place,
            datum="wgs84",
            source="address" if call.source == "address" else "pin",
            issue_id=call.issue_id or None,
        )
        key = once(setting, call.issue_id or None, call.model_dump(mode="json"))
        answer = Intake(setting).report(report, key).answer
    except GridMapError as error:
        return page(visit, setting, call, error=error)
    return RedirectResponse(f"/hotline?taken={answer['issue_id']}", HTTPStatus.SEE_OTHER)


@router.get("/hotline/places.json")
def places(visit: VisitDep, q: Annotated[str, Query(max_length=100)] = "") -> Response:
    """Find a place by the name of a point, a compound, a road or a grid of ours."""
    found = visit.reports.search(q, SEARCHED)
    found = found[found["layer"].isin(FOUND_BY_ADDRESS)].head(PLACES_SHOWN)
    told = [
        {"name": row.name, "where": row.where, "kind": visit.words.word("layer", row.layer), **at}
        for row in found.itertuples(index=False)
        if (at := _position(visit, row.layer, row.code)) is not None
    ]
    return Response(
        dump({"places": told}),
        media_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


@router.get("/hotline/here")
def here(
    visit: VisitDep,
    lon: Annotated[Longitude, Query()],
    lat: Annotated[Latitude, Query()],
    category: Annotated[str, Query(max_length=100)] = "",
) -> HTMLResponse:
    """Return who would answer there and what may be the same, as a part of a page."""
    setting = setting_of(visit)
    found = foresee(setting, shapely.Point(lon, lat), category.strip())
    return render(
        visit,
        "parts/foreseen.html",
        said=Said(visit.words),
        foreseen=found,
        open_ones=[row for row in found.duplicates if row["state"] not in CLOSED],
        closed_ones=[row for row in found.duplicates if row["state"] in CLOSED],
    )


def page(
    visit: Visit,
    setting: Setting,
    call: Call,
    *,
    error: GridMapError | None = None,
    done: dict[str, Any] | None = None,
) -> HTMLResponse:
    """
    Return the clerk's page.

    Parameters
    ----------
    visit, setting
        Who asks.
    call
        What the form is filled with.
    error
        Why it was refused.
    done
        The issue that was just taken down.
    """
    told = choices_of(visit, setting)
    answer = render(
        visit,
        "hotline.html",
        section="issues",
        status=HTTPStatus.OK if error is None else status_of(error),
        said=Said(visit.words),
        call=call,
        refused="" if error is None else sentence(error, visit.words.language),
        done=done,
        due=moment(done["due_at"]) if done else None,
        categories=categories(setting),
        script={
            "conditions": conditions_of(visit, setting),
            "words": {
                "any": visit.words.say(_("Decided by the office")),
                "nothing": visit.words.say(_("Nothing of ours is called that.")),
            },
        },
        **told,
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def categories(setting: Setting) -> dict[str, list[str]]:
    """Return the categories by their group."""
    known = in_force(setting)
    groups: dict[str, list[str]] = {}
    for group, category in known[["group", "category"]].drop_duplicates().itertuples(index=False):
        groups.setdefault(str(group), []).append(str(category))
    return groups


def conditions_of(visit: Visit, setting: Setting) -> dict[str, list[list[str]]]:
    """Return the filing conditions of each category: id, and words with the limit."""
    said = Said(visit.words)
    told: dict[str, list[list[str]]] = {}
    for condition_id, row in in_force(setting).iterrows():
        limit = said.limit(row["limit_amount"], row["limit_kind"])
        entry = [str(condition_id), f"{row['condition']} ({limit})"]
        told.setdefault(str(row["category"]), []).append(entry)
    return told


def _position(visit: Visit, layer: str, code: str) -> dict[str, float] | None:
    """Return where a thing is: on it, and of a road halfway along."""
    frame: gpd.GeoDataFrame = visit.reports.frame(layer, visit.today)
    if code not in frame.index or frame.geometry[code] is None:
        return None
    shape = frame.geometry[code]
    lines = shapely.get_dimensions(shape) == 1
    point = (
        shapely.line_interpolate_point(shapely.line_merge(shape), 0.5, normalized=True)
        if lines
        else shape.representative_point()
    )
    if point.is_empty:
        point = shape.representative_point()
    return {"lon": round(point.x, 6), "lat": round(point.y, 6)}
