"""One issue: its story, its photos, where it is, and what the reader may do to it now."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal
from urllib.parse import quote

import shapely
from fastapi import APIRouter, File, Form, Query, Response, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from api.callers import permit
from api.errors import status_of
from api.frames import dump, features
from api.sentences import sentence
from api.service import service_of
from geodata.issues.account import Account, account
from geodata.issues.acts import Act, Acts
from geodata.issues.pictures import Pictures, Sent
from geodata.issues.setting import Setting
from gridmap.errors import GridMapError, InvalidError
from gridmap.issues.arrows import RUNNING, Arrow
from gridmap.metric import metres_per_degree
from web.pages.issue_rows import choices_of, clock_of, now_of, people_of, setting_of
from web.pages.issue_story import story
from web.pages.issue_words import DONE, Said, ordered
from web.pages.issues import amount
from web.pages.shell import Visit, VisitDep, render
from web.words import absent
from web.words import gettext_noop as _

router = APIRouter(include_in_schema=False)
READS, ACTS = [permit("issue.read")], [permit("issue.note")]
AROUND_M = 450.0
MEGABYTES = 13
WITH_PHOTO = {"rectify": "after", "reject": "after", "reinspect": "after", "appeal": "other"}
"""Acts with which photos may come, and what those show."""
MOMENTS = ("reported_at", "due_at", "filed_at", "rectified_at", "closed_at", "paused_at")
PhotoKind = Literal["before", "after", "near", "far", "other"]


class Sending(BaseModel):
    """What is done to the issue, as its form sends it."""

    act: str = Field(default="", max_length=40)
    seen: int = Field(default=0, ge=0, lt=2**53)
    reason: str = Field(default="", max_length=2000)
    unit_id: str = Field(default="", max_length=200)
    condition: str = Field(default="", max_length=200)
    into: str = Field(default="", max_length=80)
    more: str = Field(default="", max_length=20)
    lon: str = Field(default="", max_length=40)
    lat: str = Field(default="", max_length=40)
    back: Literal["", "review"] = ""
    photo: list[UploadFile] = Field(default_factory=list, max_length=12)

    model_config = {"arbitrary_types_allowed": True}


@router.get("/issues/{issue_id}", dependencies=READS)
def issue(
    visit: VisitDep, issue_id: str, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """Show an issue."""
    said = Said(visit.words)
    return page(visit, issue_id, done=said("done", done) if done in DONE else "")


@router.get("/issues/{issue_id}/ground.json", dependencies=READS)
def ground(visit: VisitDep, issue_id: str) -> Response:
    """Return what lies around an issue, for its map; the whole city if its place is not known."""
    found = account(setting_of(visit), issue_id).issue
    box = None if found["lon"] is None else _around(found["lon"], found["lat"])
    drawn = []
    for layer in ("grids", "roads"):
        frame = visit.reports.frame(layer, visit.today)
        frame = frame[frame.geometry.notna()]
        near = frame if box is None else frame.iloc[frame.sindex.query(box)]
        drawn += features(near[["name", "geometry"]].assign(layer=layer))
    body = {"type": "FeatureCollection", "features": drawn}
    return Response(dump(body), media_type="application/geo+json")


@router.post("/issues/{issue_id}/acts", dependencies=ACTS)
def act(visit: VisitDep, issue_id: str, sent: Annotated[Sending, Form()]) -> Response:
    """Do something to an issue; photos that came with it are kept first."""
    setting = setting_of(visit)
    try:
        order = _order(setting, sent)
        for photo in sent.photo:
            if photo.size:
                _keep(visit, setting, issue_id, photo, WITH_PHOTO.get(sent.act, "other"))
        Acts(setting).act(issue_id, order, seen=sent.seen or None)
    except GridMapError as error:
        return page(visit, issue_id, sent=sent, error=error)
    if sent.back:
        return RedirectResponse(f"/{sent.back}?done={sent.act}", status_code=HTTPStatus.SEE_OTHER)
    return back(issue_id, sent.act)


@router.post("/issues/{issue_id}/photos", dependencies=ACTS)
def add_photos(
    visit: VisitDep,
    issue_id: str,
    photo: Annotated[list[UploadFile], File()],
    kind: Annotated[PhotoKind, Form()] = "before",
) -> Response:
    """Add photos to an issue."""
    setting = setting_of(visit)
    try:
        for one in photo:
            if one.size:
                _keep(visit, setting, issue_id, one, kind)
    except GridMapError as error:
        return page(visit, issue_id, sent=Sending(act="photo"), error=error)
    return back(issue_id, "photo")


def back(issue_id: str, done: str) -> Response:
    """Return to the issue after something was done, so that going back repeats nothing."""
    address = f"/issues/{quote(issue_id, safe='')}?done={done}"
    return RedirectResponse(address, status_code=HTTPStatus.SEE_OTHER)


def page(
    visit: Visit,
    issue_id: str,
    *,
    sent: Sending | None = None,
    error: GridMapError | None = None,
    done: str = "",
) -> HTMLResponse:
    """
    Return the page of an issue.

    Parameters
    ----------
    visit
        Who asks.
    issue_id
        Which.
    sent
        What a form was filled with that was refused.
    error
        Why.
    done
        What was just done, in words.
    """
    setting, said = setting_of(visit), Said(visit.words)
    found = account(setting, issue_id)
    told = issue_of(found, said, setting)
    answer = render(
        visit,
        "issue.html",
        section="issues",
        status=HTTPStatus.OK if error is None else status_of(error),
        said=said,
        issue=told,
        seen=found.version,
        photos=photos_of(visit, found),
        near_m=setting.near_m,
        forms=forms_of(found.allowed, told, sent, visit.caller.person.units),
        refused="" if error is None else sentence(error, visit.words.language),
        done=done,
        events=story(visit, found, setting),
        found=found,
        map=_map(visit, found),
        asked_more=asked_more(found),
        **choices_of(visit, setting, told["category"]),
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def issue_of(found: Account, said: Said, setting: Setting) -> dict[str, Any]:
    """
    Return an issue as its page shows it: moments read, the clock and the counters in words.

    Parameters
    ----------
    found
        What is known of it.
    said
        The words.
    setting
        Of the request.
    """
    told = dict(found.issue) | {name: moment(found.issue[name]) for name in MOMENTS}
    told |= clock_of(told, said, now_of(setting))
    told["limit"] = said.limit(told["limit_amount"], told["limit_kind"], told["granted"])
    told["time"] = said("time", told["limit_kind"])
    told["counters"] = said.counters(told)
    told["running"] = told["state"] in RUNNING
    known = setting.whole.frame("conditions", setting.day(now_of(setting)))
    named = told["condition"] in known.index
    told["condition_name"] = known.loc[told["condition"], "condition"] if named else None
    return told


def photos_of(visit: Visit, found: Account) -> dict[str, list[dict[str, Any]]]:
    """
    Return the photos of an issue: those from before, those from after, and the others.

    Parameters
    ----------
    visit
        Who asks.
    found
        What is known of it.
    """
    names = people_of(visit, {photo["by"] for photo in found.photos})
    every = [
        photo
        | {"at": moment(photo["at"]), "taken_at": moment(photo["taken_at"])}
        | {"by_name": names.get(photo["by"], "")}
        for photo in found.photos
    ]
    return {
        "before": [photo for photo in every if photo["kind"] == "before"],
        "after": [photo for photo in every if photo["kind"] == "after"],
        "others": [photo for photo in every if photo["kind"] not in ("before", "after")],
    }


def forms_of(
    allowed: list[Arrow],
    issue: Mapping[str, Any],
    sent: Sending | None,
    units: Collection[str] = (),
) -> dict[str, list[dict[str, Any]]]:
    """
    Return the forms of what may be done: what usually comes next, and the rest.

    Parameters
    ----------
    allowed
        What the reader may do.
    issue
        As `issue_of` tells it.
    sent
        What one of the forms was filled with that was refused: it is shown open.
    units
        For which the reader speaks. What an office may do in the name of a unit is not what it
        does next.
    """
    needs = {arrow.act: list(arrow.needs) for arrow in allowed}
    filled = {"unit_id": issue["unit_id"] or "", "condition": issue["condition"] or ""}
    placed = not absent(issue["lon"])
    place = {name: f"{issue[name]:.6f}" if placed else "" for name in ("lon", "lat")}

    def form(act: str, *, is_next: bool) -> dict[str, Any]:
        mine = sent is not None and sent.act == act
        values = sent.model_dump(exclude={"photo"}) if sent is not None and mine else {}
        return {
            "act": act,
            "needs": needs[act],
            "open": mine or (is_next and (sent is None or sent.act not in needs)),
            "refused": mine,
            "photo": WITH_PHOTO.get(act, ""),
            "given": {"reason": "", "into": "", "more": "", **filled, **place, **values},
        }

    own = issue["unit_id"] in units
    usual = [arrow.act for arrow in allowed if arrow.whose != "unit" or own]
    following, others = ordered(usual)
    others += [act for act in needs if act not in usual]
    return {
        "next": [form(act, is_next=n == 0) for n, act in enumerate(following)],
        "others": [form(act, is_next=False) for act in others],
    }


def asked_more(found: Account) -> str:
    """Return how much more time was asked for last; empty if nobody has asked."""
    asked = [event for event in found.events if event["act"] == "ask_extension"]
    return f"{float(asked[-1]['details']['more']):g}" if asked else ""


def moment(text: object) -> datetime | None:
    """Return a moment that is told as text; None if there is none."""
    return None if absent(text) or text == "" else datetime.fromisoformat(str(text))


def _order(setting: Setting, sent: Sending) -> Act:
    return Act(
        sent.act,
        reason=sent.reason.strip() or None,
        unit_id=sent.unit_id or None,
        condition=sent.condition or None,
        into=_id_of(setting, sent.into.strip()) if sent.into.strip() else None,
        more=amount(sent.more),
        place=_place(sent) if sent.act == "move" else None,
    )


def _id_of(setting: Setting, number: str) -> str:
    """Return the id of an issue that is called by its number, as people do."""
    return str(account(setting, number).issue["issue_id"])


def _place(sent: Sending) -> shapely.Point | None:
    try:
        lon, lat = float(sent.lon), float(sent.lat)
    except ValueError:
        return None
    if not (abs(lon) <= 180 and abs(lat) <= 90):  # noqa: PLR2004 - degrees of the Earth
        msg = "There is no such place: {lon}, {lat}."
        raise InvalidError(msg, lon=sent.lon[:20], lat=sent.lat[:20])
    return shapely.Point(lon, lat)


def _keep(visit: Visit, setting: Setting, issue_id: str, photo: UploadFile, kind: str) -> None:
    content = photo.file.read((MEGABYTES << 20) + 1)
    files = service_of(visit.request).photos
    Pictures(setting, files).add_to_issue(issue_id, Sent(str(uuid.uuid4()), content, kind))


def _map(visit: Visit, found: Account) -> dict[str, Any]:
    """Return what the map of the issue shows, and says."""
    said, words = Said(visit.words), visit.words
    issue = found.issue
    placed = [photo for photo in found.photos if photo["lon"] is not None]
    return {
        "issue": None if issue["lon"] is None else [issue["lon"], issue["lat"]],
        "state": issue["state"],
        "light": issue["light"],
        "grid": issue["grid"],
        "photos": [
            {
                "lon": photo["lon"],
                "lat": photo["lat"],
                "kind": photo["kind"],
                "name": said("photo", photo["kind"]),
                "far": words.metres(photo["distance_m"]) if photo["distance_m"] is not None else "",
            }
            for photo in placed
        ],
        "words": {"here": words.say(_("Place of the issue")), "moved": words.say(_("New place"))},
    }


def _around(lon: float, lat: float) -> shapely.Polygon:
    across, up = (AROUND_M / scale for scale in metres_per_degree(lat))
    box: shapely.Polygon = shapely.box(lon - across, lat - up, lon + across, lat + up)
    return box
