"""The monthly bulletin: its figures, frozen and amended, and the files made of them."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi import Query as InQuery
from pydantic import ConfigDict, Field

from api.callers import CallerDep, may, permit
from api.deps import TagDep, answer
from api.frames import dump
from api.orders import Body, Key, Note
from api.queries import Query
from api.service import service_of
from geodata import printing
from geodata.bulletins import Bulletins, Edition
from geodata.issues.setting import Setting
from geodata.issues.sheet import MEDIA_XLSX
from geodata.paper.bulletin_pdf import bulletin_pdf
from geodata.paper.bulletin_sheets import bulletin_sheets
from geodata.paper.bulletin_word import bulletin_word
from geodata.paper.meeting_pack import meeting_pack
from gridmap.bulletins import Month

router = APIRouter(prefix="/bulletins", tags=["bulletins"])
READS, FREEZES = [permit("bulletin.read")], [permit("bulletin.freeze")]
AT_ONCE = 200  # grids of a city whose pack is made while the request waits in this process
MEDIA_PDF = "application/pdf"
MEDIA_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


class EditionQuery(Query):
    """Which edition."""

    amendment: int | None = Field(
        default=None, ge=0, le=10_000, description="0 for the first; the last if left out."
    )


class NewAmendment(Body):
    """Why a bulletin is corrected."""

    model_config = ConfigDict(json_schema_extra={"example": {"reason": "补报3件问题"}})

    reason: Note
    previous: Key | None = Field(
        default=None, description="The hash of the edition that you have seen."
    )


def setting(request: Request, asking: CallerDep) -> Setting:
    """Return the setting in which a caller asks."""
    return service_of(request).setting(asking.person)


SettingDep = Annotated[Setting, Depends(setting)]


def bulletins(request: Request, asked: SettingDep) -> Bulletins:
    """Return the bulletins of the city; a month that is open is shown to who may freeze it."""
    return Bulletins(asked, may_draft=bool(may(request, "bulletin.freeze")))


BulletinsDep = Annotated[Bulletins, Depends(bulletins)]
AskedDep = Annotated[EditionQuery, InQuery()]


@router.get("", dependencies=READS)
def list_bulletins(kept: BulletinsDep, made: TagDep) -> Response:
    """Return the months, the latest first, and how far the bulletin of each is."""
    return answer({"bulletins": kept.months()}, made)


@router.get("/verify", dependencies=READS)
def verify_all(kept: BulletinsDep) -> Response:
    """Recompute the hashes of all editions."""
    return answer(kept.verify(), None)


@router.get("/{month}.pdf", dependencies=READS)
def as_pdf(month: str, query: AskedDep, kept: BulletinsDep, request: Request) -> Response:
    """Return a bulletin as PDF, with vector pictures."""
    edition, asked = _asked(month, query, kept, request)
    return _file(bulletin_pdf(edition, *asked), edition, "pdf", MEDIA_PDF)


@router.get("/{month}.docx", dependencies=READS)
def as_word(month: str, query: AskedDep, kept: BulletinsDep, request: Request) -> Response:
    """Return a bulletin as a Word document in the office's red-head form, to be edited."""
    edition, asked = _asked(month, query, kept, request)
    return _file(bulletin_word(edition, *asked), edition, "docx", MEDIA_DOCX)


@router.get("/{month}.xlsx", dependencies=READS)
def as_sheets(month: str, query: AskedDep, kept: BulletinsDep, request: Request) -> Response:
    """Return a bulletin's tables as an Excel workbook."""
    edition, asked = _asked(month, query, kept, request)
    return _file(bulletin_sheets(edition, *asked), edition, "xlsx", MEDIA_XLSX)


@router.get("/{month}/pack.xlsx", dependencies=READS)
def as_pack(
    month: str, query: AskedDep, kept: BulletinsDep, request: Request, asked: SettingDep
) -> Response:
    """Return the workbook for the meeting: tables, a sheet for each unit, the ledger."""
    language, of = _language(request), Month.of(month)
    number = kept.number(of, query.amendment)
    if len(asked.whole.frame("grids", kept.today)) <= AT_ONCE:
        made = meeting_pack(kept.edition(of, number), language, asked)
    else:
        hours = service_of(request).settings.working_hours
        made = printing.printed_pack(asked, of, number, language=language, hours=hours)
    return _named(made, of, number, "pack.xlsx", MEDIA_XLSX)


@router.get("/{month}", dependencies=READS)
def one_bulletin(month: str, query: AskedDep, kept: BulletinsDep, made: TagDep) -> Response:
    """Return the figures of a month, and what is said of its editions."""
    edition = kept.edition(Month.of(month), query.amendment)
    body = {
        **edition.told(),
        "figures": edition.figures,
        "editions": kept.editions(edition.month),
    }
    return answer(body, made)


@router.get("/{month}/verify", dependencies=READS)
def verify(month: str, kept: BulletinsDep) -> Response:
    """Recompute the hashes of a month's editions."""
    return answer(kept.verify(Month.of(month)), None)


@router.post("/{month}/freeze", status_code=HTTPStatus.CREATED, dependencies=FREEZES)
def freeze(month: str, kept: BulletinsDep) -> Response:
    """Freeze a month that is over: its figures never change again."""
    return _written(kept.freeze(Month.of(month)))


@router.post("/{month}/amendments", status_code=HTTPStatus.CREATED, dependencies=FREEZES)
def amend(month: str, new: NewAmendment, kept: BulletinsDep) -> Response:
    """Add a numbered amendment with the figures of the register as it is now."""
    return _written(kept.amend(Month.of(month), new.reason, new.previous))


def _asked(
    month: str, query: EditionQuery, kept: Bulletins, request: Request
) -> tuple[Edition, tuple[str, Any]]:
    edition = kept.edition(Month.of(month), query.amendment)
    return edition, (_language(request), service_of(request).zone)


def _language(request: Request) -> str:
    return str(getattr(request.state, "language", request.app.state.settings.language))


def _file(content: bytes, edition: Edition, ending: str, media: str) -> Response:
    return _named(content, edition.month, edition.amendment, ending, media)


def _named(
    content: bytes, month: Month, amendment: int | None, ending: str, media: str
) -> Response:
    number = "" if amendment is None else f"-{amendment}"
    name = f"bulletin-{month.code}{number}.{ending}"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, media_type=media, headers=headers)


def _written(edition: Edition) -> Response:
    headers = {"ETag": f'"{edition.hash}"', "Cache-Control": "no-store"}
    return Response(
        dump(edition.told()), HTTPStatus.CREATED, headers, media_type="application/json"
    )
