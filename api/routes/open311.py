"""
Open311: GeoReport v2, by which other cities' programs and the hotline's own system report and ask.

Every category of the newest filing conditions is a service, and every issue that an office has
published a request; ``api_key`` is a bearer token of ours, and shows besides what its holder may
see. XML and JSON are the same answers. Nothing is fetched from an address that somebody sends, and
names, addresses and telephones of senders are not kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from fastapi import APIRouter, Depends, Request, Response

from api.callers import permit
from api.geo_report import (
    Form,
    FormDep,
    GeoReportRoute,
    gettext_of,
    given_key,
    known_jurisdiction,
    moment,
    person_of,
    require_jurisdiction,
    require_key,
    span,
    told,
)
from api.loop import KeyHeader, once, point_of
from api.sentences import QueryError
from api.service import Service, service_of
from geodata.issues.citizens import cleaned
from geodata.issues.intake import Intake, Report
from geodata.issues.published import Asked, Published
from geodata.issues.services import Service as Offered
from geodata.issues.services import code_of, services
from gridmap.access import PUBLIC
from gridmap.errors import NotFoundError
from gridmap.issues.arrows import OPEN

PREFIX = "/open311/v2"
router = APIRouter(
    prefix=PREFIX,
    tags=["open311"],
    route_class=GeoReportRoute,
    dependencies=[
        permit("report.publicly"),
        Depends(known_jurisdiction),
    ],
)
SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
CHANGED = "2026-11-22T00:00:00+08:00"  # of what discovery tells
MOST_IDS = 1000
LONGEST = 4000
LONGITUDE, LATITUDE = 180.0, 90.0


@router.get("/discovery.{form}")
def discovery(form: Form, request: Request) -> Response:
    """Say where the service is, and in which formats it answers."""
    settings, _ = service_of(request).settings, gettext_of(request)
    endpoint = {
        "specification": SPECIFICATION,
        "url": settings.base_url.rstrip("/") + PREFIX,
        "changeset": CHANGED,
        "type": "production",
        "formats": ["text/xml", "application/json"],
    }
    body = {
        "changeset": CHANGED,
        "contact": _("The office that keeps the register gives out keys."),
        "key_service": settings.base_url.rstrip("/") + "/me",
        "endpoints": [endpoint],
    }
    return told(form, "discovery", body)


@router.get("/services.{form}")
def service_list(form: Form, request: Request) -> Response:
    """List the categories in which one may report."""
    found = services(service_of(request).setting(PUBLIC)).values()
    body = [
        {
            "service_code": offered.code,
            "service_name": offered.category,
            "description": "；".join(words for _, words in offered.conditions if words),
            "metadata": len(offered.conditions) > 1,
            "type": "realtime",
            "keywords": offered.category,
            "group": offered.group,
        }
        for offered in found
    ]
    return told(form, "services", body)


@router.get("/services/{service_code}.{form}")
def service_definition(service_code: str, form: Form, request: Request) -> Response:
    """Say what else may be told of a category: the filing condition, where it has several."""
    offered, _ = _offered(service_of(request), service_code), gettext_of(request)
    attribute = {
        "variable": True,
        "code": "condition",
        "datatype": "singlevaluelist",
        "required": False,
        "datatype_description": "",
        "order": 1,
        "description": _("Filing condition"),
        "values": [{"key": key, "name": words} for key, words in offered.conditions],
    }
    several = len(offered.conditions) > 1
    body = {"service_code": offered.code, "attributes": [attribute] if several else []}
    return told(form, "service_definition", body)


@router.post("/requests.{form}")
def create_request(form: Form, request: Request, sent: FormDep, key: KeyHeader = None) -> Response:
    """Report an issue: the answer is its number."""
    service = service_of(request)
    require_jurisdiction(service.settings.jurisdiction, sent.get("jurisdiction_id"))
    setting = service.setting(require_key(request, sent))
    report = _report(service, sent)
    # Not 201: clients are out that take nothing but 200 for an answer (City-of-Bloomington/
    # open311-android#22), and the specification names no status.
    taken = Intake(setting).report(report, once(setting, key, dict(sent)))
    answer = {
        "service_request_id": taken.answer["number"],
        "service_notice": _notice(request, sent, taken.answer["due_at"]),
        "account_id": None,
    }
    return told(form, "service_requests", [answer])


@router.get("/tokens/{token}.{form}")
def from_token(token: str, form: Form, request: Request) -> Response:
    """Return the number of a request; ours are numbered at once, so it is its own token."""
    found = _one(request, token)
    body = [{"service_request_id": _number(found), "token": token}]
    return told(form, "service_requests", body)


@router.get("/requests.{form}")
def request_list(form: Form, request: Request) -> Response:
    """List requests: by their numbers, or by category, time and whether they are open."""
    asked = request.query_params
    service = service_of(request)
    if numbers := _listed(asked.get("service_request_id")):
        if len(numbers) > MOST_IDS:
            msg = "Ask for {most} requests at once, not more."
            raise QueryError(msg, most=MOST_IDS)
        wanted = Asked(numbers=numbers)
    else:
        wanted = _asked(service, asked)
    setting = service.setting(person_of(request, given_key(request)))
    found = Published(setting).find(wanted)
    return told(form, "service_requests", [_told(request, row) for row in found])


@router.get("/requests/{service_request_id}.{form}")
def one_request(service_request_id: str, form: Form, request: Request) -> Response:
    """Return a request."""
    found = _one(request, service_request_id)
    return told(form, "service_requests", [_told(request, found)])


def _offered(service: Service, code: str) -> Offered:
    known = services(service.setting(PUBLIC))
    if code not in known:
        msg = "service_code {code} was not found."
        raise NotFoundError(msg, code=code[:80])
    return known[code]


def _one(request: Request, number: str) -> dict[str, Any]:
    setting = service_of(request).setting(person_of(request, given_key(request)))
    found = Published(setting).find(Asked(numbers=[number]))
    if not found:
        msg = "service_request_id {number} was not found."
        raise NotFoundError(msg, number=number[:80])
    return found[0]


def _report(service: Service, form: Mapping[str, str]) -> Report:
    """Return what a form reports."""
    if not form.get("service_code"):
        _missing("service_code")
    offered = _offered(service, form["service_code"])
    condition = form.get("attribute[condition]") or None
    if condition is not None and condition not in dict(offered.conditions):
        msg = "attribute[condition] {condition} is none of this service."
        raise QueryError(msg, condition=condition[:80])
    description = cleaned(form.get("description"))
    if len(description or "") > LONGEST:
        msg = "A report may have {longest} characters."
        raise QueryError(msg, longest=LONGEST)
    lon, lat = _place(form)
    address = cleaned(form.get("address_string"))
    if lon is None and address is None:
        _missing("lat and long, or address_string,")
    return Report(
        category=offered.category,
        condition=condition,
        channel="open311",
        description=description,
        address=address,
        place=None if lon is None or lat is None else point_of(lon, lat, "wgs84"),
        datum=None if lon is None else "wgs84",
        source="address" if lon is None else "pin",
    )


def _place(form: Mapping[str, str]) -> tuple[float | None, float | None]:
    lon, lat = form.get("long", "").strip(), form.get("lat", "").strip()
    if not lon and not lat:
        return None, None
    if not lon or not lat:
        _missing("long" if lat else "lat")
    return _degrees(lon, "long", LONGITUDE), _degrees(lat, "lat", LATITUDE)


def _degrees(text: str, name: str, most: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not abs(value) <= most:
        msg = "{name} is a number of degrees, not {text}."
        raise QueryError(msg, name=name, text=text[:40])
    return value


def _missing(name: str) -> NoReturn:
    msg = "{name} was not provided."
    raise QueryError(msg, name=name)


def _notice(request: Request, form: Mapping[str, str], due_at: str | None) -> str:
    """Return what happens next, and what was left out."""
    _ = gettext_of(request)
    said = [_("An office looks at the report and files it.")]
    if due_at is not None:
        due = moment(due_at, "due_at", None).astimezone(service_of(request).zone)
        due_on = f"{due:%Y-%m-%d %H:%M}"
        said = [_("The unit that answers has until {due} to set it right.").format(due=due_on)]
    if form.get("media_url"):
        said.append(_("Pictures are not fetched from other addresses."))
    return " ".join(said)


def _asked(service: Service, asked: Mapping[str, str]) -> Asked:
    zone = service.zone
    first, last = (
        moment(asked[name], name, zone) if asked.get(name) else None
        for name in ("start_date", "end_date")
    )
    since, until = span(first, last, service.workspaces.whole.store.now())
    codes = _listed(asked.get("service_code"))
    categories = [_offered(service, code).category for code in codes] if codes else None
    states = set(_listed(asked.get("status")))
    if not states <= {"open", "closed"}:
        msg = "status is open or closed, not {status}."
        raise QueryError(msg, status=asked["status"][:40])
    is_open = None if len(states) != 1 else states == {"open"}
    return Asked(categories=categories, since=since, until=until, is_open=is_open)


def _listed(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]


def _number(issue: Mapping[str, Any]) -> str:
    return str(issue["number"] or issue["issue_id"])


def _told(request: Request, issue: Mapping[str, Any]) -> dict[str, Any]:
    """Return an issue as a request; of who reported it, nothing."""
    service = service_of(request)
    moments = {
        name: None if issue[column] is None else issue[column].astimezone(service.zone).isoformat()
        for name, column in (
            ("requested_datetime", "reported_at"),
            ("updated_datetime", "updated_at"),
            ("expected_datetime", "due_at"),
        )
    }
    place, photos = issue["place"], issue["photos"]
    base = service.settings.base_url.rstrip("/")
    body = {
        "service_request_id": _number(issue),
        "status": "open" if issue["state"] in OPEN else "closed",
        "status_notes": issue["reason"],
        "service_name": issue["category"],
        "service_code": code_of(issue["category"]),
        "description": issue["description"],
        "agency_responsible": issue["unit_name"],
        "service_notice": None,
        **moments,
        "address": issue["address"],
        "address_id": None,
        "zipcode": None,
        "lat": None if place is None else round(place.y, 6),
        "long": None if place is None else round(place.x, 6),
        "media_url": f"{base}/api/v1/public/photos/{photos[0]}" if photos else None,
    }
    if request.query_params.get("extensions") == "true":
        body["extended_attributes"] = {"state": issue["state"]}
    return body
