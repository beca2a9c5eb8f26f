"""
Reporting without an account (随手拍): a form that works without scripts, and the receipt's page.

The page shows nothing of the register but the names of roads: which ground is whose is for those
who have an account, unless the city has opened the register to everybody.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse
from starlette.datastructures import UploadFile

from api.callers import permit
from api.citizens import CitizensDep, bounds_of, source_of, word_of
from api.errors import status_of
from api.loop import point_of
from api.sentences import QueryError, sentence
from api.service import service_of
from geodata.errors import ThrottledError
from geodata.issues.citizens import ALLOWANCE, Citizens, Receipt
from geodata.issues.intake import Report
from geodata.issues.progress import STATES
from geodata.issues.services import commonest, services
from gridmap.access import PUBLIC
from gridmap.errors import GridMapError, InvalidError
from web.pages.shell import Visit, VisitDep, render
from web.words import gettext_noop as _

router = APIRouter(include_in_schema=False, dependencies=[permit("report.publicly")])
SENTENCES = {
    "sending": _("Sending…"),
    "sending_photos": _("Sending the photos…"),
    "no_category": _("Choose what it is about."),
    "no_place": _("Say where it is: on the map, or in words."),
    "kept": _("There is no network. Your report is kept on this device and is sent later."),
    "late": _("A report that was kept on this device has been sent."),
    "photo_lost": _("Your report has arrived, but a photo could not be taken: {reason}"),
    "failed": _("This did not work: {reason}"),
    "not_chosen": _("Drag the map until the cross is on the spot."),
    "chosen": _("The place is chosen."),
    "within": _("The place is chosen, to about {metres} m."),
    "asking": _("Asking the device…"),
    "denied": _("This device does not give its position. Drag the map instead."),
    "no_photo": _("This file is no photo that can be read. Take or choose another."),
    "too_many": _("A report may have {most} photos."),
    "nothing_found": _("Nothing is called that. Choose the nearest, and describe it below."),
    "copied": _("Copied"),
    "remove": _("Remove"),
}
FIELDS = ("category", "lon", "lat", "address", "description")
LONGEST = 4000
SHOWN_FIRST = 8


@dataclass(frozen=True)
class Filled:
    """
    The form as it was sent.

    Parameters
    ----------
    texts
        Its fields by name.
    photos
        The bytes of its photos.
    """

    texts: Mapping[str, str]
    photos: tuple[bytes, ...]

    def report(self) -> Report:
        """
        Return what it reports.

        Raises
        ------
        InvalidError
            If it is too long.
        QueryError
            If the place is none.
        """
        words = {name: self.texts.get(name, "").strip() for name in ("description", "address")}
        if sum(map(len, words.values())) > LONGEST:
            msg = "A report may have {longest} characters."
            raise InvalidError(msg, longest=LONGEST)
        lon, lat = self.texts.get("lon", ""), self.texts.get("lat", "")
        place = point_of(*_degrees(lon, lat), "wgs84") if lon and lat else None
        return Report(
            category=self.texts.get("category", ""),
            description=words["description"] or None,
            address=words["address"] or None,
            place=place,
            datum="wgs84" if place is not None else None,
            source="pin" if place is not None else "address",
        )


async def filled(request: Request) -> Filled:
    """Return the form that was sent, files that were left empty left out."""
    form = await request.form()
    texts = {name: value for name, value in form.multi_items() if isinstance(value, str)}
    files = [value for value in form.getlist("photo") if isinstance(value, UploadFile)]
    photos = [content for file in files if (content := await file.read())]
    await form.close()
    return Filled(texts, tuple(photos))


FilledDep = Annotated[Filled, Depends(filled)]


@router.get("/report")
def form(visit: VisitDep) -> HTMLResponse:
    """Show the form."""
    return page(visit, {})


@router.post("/report")
def send(visit: VisitDep, sent: FilledDep, citizens: CitizensDep) -> HTMLResponse:
    """Accept what a browser without scripts sends; the same form again has the same receipt."""
    key = sent.texts.get("report_id") or str(uuid.uuid4())
    try:
        receipt = citizens.report(key, sent.report(), source_of(visit.request))
    except GridMapError as error:
        answer = page(visit, sent.texts, error)
        answer.status_code = status_of(error)
        if isinstance(error, ThrottledError):
            answer.headers["Retry-After"] = str(error.retry_after)
        return answer
    lost = _photos(visit, citizens, receipt, key, sent)
    return page(visit, {}, receipt=receipt.code, lost=lost)


@router.get("/report/status")
def status(
    visit: VisitDep, citizens: CitizensDep, code: Annotated[str, Query(max_length=80)] = ""
) -> HTMLResponse:
    """Show what became of a report."""
    found, refused = None, None
    if code.strip():
        try:
            found = citizens.status(code)
        except GridMapError as error:
            refused = error
    language = visit.words.language
    answer = render(
        visit,
        "report_status.html",
        section="report",
        status=HTTPStatus.OK if refused is None else status_of(refused),
        code=code,
        found=found,
        word="" if found is None else word_of(found.state, language),
        steps=[(state, word_of(state, language)) for state in STATES if state != "refused"],
        refused="" if refused is None else sentence(refused, language),
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def page(
    visit: Visit,
    typed: Mapping[str, str],
    error: GridMapError | None = None,
    *,
    receipt: str = "",
    lost: str = "",
) -> HTMLResponse:
    """
    Return the form, or the receipt in its place.

    Parameters
    ----------
    visit
        Who asks.
    typed
        What was typed before.
    error
        Why that was refused.
    receipt
        The receipt's code, once the report has been accepted.
    lost
        Why a photo could not be taken.
    """
    service, said = service_of(visit.request), visit.words.catalogue.gettext
    setting = service.setting(PUBLIC)
    offered = services(setting).values()
    groups = [
        (group, [one.category for one in part])
        for group, part in groupby(offered, key=lambda one: one.group)
    ]
    answer = render(
        visit,
        "report.html",
        section="report",
        groups=groups,
        typed={name: typed.get(name, "") for name in FIELDS},
        report_id=str(uuid.uuid4()),
        bounds=bounds_of(service),
        most=ALLOWANCE.photos,
        told={name: said(text) for name, text in SENTENCES.items()},
        common=commonest(setting, SHOWN_FIRST),
        refused="" if error is None else sentence(error, visit.words.language),
        receipt=receipt,
        lost=lost,
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _photos(visit: Visit, citizens: Citizens, receipt: Receipt, key: str, sent: Filled) -> str:
    """Keep the photos of a report, and say why one could not be kept."""
    files, lost = service_of(visit.request).photos, ""
    for n, content in enumerate(sent.photos):
        try:
            citizens.add_photo(receipt.code, _photo_id(key, n), content, files)
        except GridMapError as error:
            lost = sentence(error, visit.words.language)
    return lost


def _photo_id(key: str, n: int) -> str:
    """Return the name of a photo of a form: the same when the form is sent again."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{key}/{n}"))


def _degrees(lon: str, lat: str) -> tuple[float, float]:
    msg = "{text} is not a number from −{limit} to {limit}."
    found: list[float] = []
    for text, limit in ((lon, 180.0), (lat, 90.0)):
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not abs(value) <= limit:
            raise QueryError(msg, text=repr(text[:40]), limit=f"{limit:g}")
        found.append(value)
    return found[0], found[1]
