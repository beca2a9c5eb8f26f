"""The offices' Excel form: a template, what is held, and bringing a filled one in."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote

import pandas as pd
from fastapi import APIRouter, Depends, Form, Query, Request, Response, UploadFile
from pydantic import Field

from api.callers import caller, may, permit
from api.deps import ContactsDep, answer
from api.frames import records
from api.i18n import translator
from api.queries import Query as Asked
from api.sentences import listed
from api.service import service_of
from geodata.documents import LONGEST_NAME, NOT_IN_NAMES
from geodata.forms.books import export, template
from geodata.forms.marking import marked
from geodata.forms.office import FormOptions, OfficeForms
from geodata.forms.preview import FormPreview
from geodata.forms.words import Language

router = APIRouter(prefix="/forms", tags=["forms"])
IMPORTS, PRINTS = [permit("form.import")], [permit("paper.print")]
MEDIA_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LISTED = 1000  # guesses, and assignments that the form lacks
NAMES: dict[str, dict[Language, str]] = {
    "template": {"zh_CN": "责任网格表模板", "en": "form-template"},
    "export": {"zh_CN": "责任网格表", "en": "form"},
    "marked": {"zh_CN": "责任网格表待改正", "en": "form-to-mend"},
}


class ExportQuery(Asked):
    """Of which day."""

    as_of: date | None = Field(default=None, description="The day; today in the city.")


@dataclass(frozen=True)
class Sent:
    """
    A form that was sent.

    Parameters
    ----------
    path
        Where it lies while the request is answered.
    name
        What the sender calls it.
    options
        How it is read.
    """

    path: Path
    name: str
    options: FormOptions


def sent(
    file: UploadFile,
    since: Annotated[date, Form()],
    datum: Annotated[str, Form(max_length=60)] = "",
    retire_missing: Annotated[bool, Form()] = False,
) -> Iterator[Sent]:
    """Keep what was sent in a private folder until the request is answered."""
    with tempfile.TemporaryDirectory(prefix="gridmap-form-") as folder:
        path = Path(folder) / "form.xlsx"  # by its content; its own name is only told
        with path.open("wb") as kept:
            shutil.copyfileobj(file.file, kept)
        options = FormOptions(since, datum.strip() or None, retire_missing)
        yield Sent(path, called(file.filename), options)


SentDep = Annotated[Sent, Depends(sent)]


@router.get("/template.xlsx", dependencies=IMPORTS)
def empty_form(request: Request) -> Response:
    """Return the form to fill in, with what may be named in its drop-downs."""
    today = FormOptions(service_of(request).today())
    frames = forms_of(request, "form.import").context(today).frames
    return workbook(template(frames, language=spoken(request)), request, "template")


@router.get("/export.xlsx", dependencies=PRINTS)
def filled_form(
    query: Annotated[ExportQuery, Query()], request: Request, contacts: ContactsDep
) -> Response:
    """Return the form filled with what is held; reading it again changes nothing."""
    day = query.as_of or service_of(request).today()
    frames = forms_of(request, "paper.print").context(FormOptions(day)).frames
    content = export(frames, day, contacts=contacts, language=spoken(request))
    return workbook(content, request, "export")


@router.post("/preview", dependencies=IMPORTS)
def preview(given: SentDep, request: Request) -> Response:
    """Read a form and say what bringing it in would do; nothing is changed."""
    found = forms_of(request, "form.import").preview(given.path, given.options)
    return answer(told(found, spoken(request)), None)


@router.post("/marked", dependencies=IMPORTS)
def hand_back(given: SentDep, request: Request) -> Response:
    """Return the workbook with what is wrong marked in its cells."""
    found = forms_of(request, "form.import").preview(given.path, given.options)
    return handed_back(given.path, found, request)


@router.post("", dependencies=IMPORTS)
def bring_in(given: SentDep, request: Request) -> Response:
    """Read a form and bring it in, all of it or nothing."""
    forms = forms_of(request, "form.import")
    found = forms.preview(given.path, given.options)
    return answer({"counts": forms.commit(found, given.options, given.name)}, None)


def forms_of(request: Request, action: Literal["form.import", "paper.print"]) -> OfficeForms:
    """Return the use cases of forms, for the part of the city in which the caller may."""
    service = service_of(request)
    store = service.workspaces.of(may(request, action)).store
    return OfficeForms(store, person=caller(request).person, time_zone=service.zone.key)


def called(name: str | None) -> str:
    """
    Return what a file is called, fit to be told and to be written in the journal.

    Parameters
    ----------
    name
        As the sender's browser gave it.

    Examples
    --------
    >>> called("包保/表.xlsx"), called(None)
    ('包保 表.xlsx', 'form.xlsx')
    """
    return NOT_IN_NAMES.sub(" ", name or "").strip()[-LONGEST_NAME:] or "form.xlsx"


def told(found: FormPreview, language: str) -> dict[str, Any]:
    """
    Return a preview as it goes over the wire.

    Parameters
    ----------
    found
        The preview.
    language
        Of faults and notes.
    """
    return {
        "counts": found.counts,
        "guesses": records(found.guesses.head(LISTED)),
        "guesses_total": len(found.guesses),
        "faults": listed(found.faults, language),
        "faults_total": len(found.faults),
        "notes": remarks(found, language),
        "missing": records(found.missing.head(LISTED).reset_index()),
        "missing_total": len(found.missing),
        "refused": found.refused,
    }


def remarks(found: FormPreview, language: str) -> list[str]:
    """Return what was remarked of a form, in a language."""
    gettext = translator(language).gettext
    return [str(gettext(one.template)).format(**one.values) for one in found.notes]


def handed_back(path: Path, found: FormPreview, request: Request) -> Response:
    """Return a workbook with its faults marked, in the reader's language."""
    language = spoken(request)
    said: Mapping[str, str] = {
        message: str(translator(language).gettext(message))
        for message in found.faults["message"].unique()
    }
    faults: pd.DataFrame = found.faults.assign(message=found.faults["message"].map(said))
    return workbook(marked(path, faults, language=language), request, "marked")


def workbook(content: bytes, request: Request, name: str) -> Response:
    """Return a workbook to be saved under a name of `NAMES`."""
    title = quote(NAMES[name][spoken(request)] + ".xlsx")
    plain = NAMES[name]["en"] + ".xlsx"
    headers = {
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{title}",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, media_type=MEDIA_XLSX, headers=headers)


def spoken(request: Request) -> Language:
    """Return the reader's language, as forms know it."""
    language = getattr(request.state, "language", service_of(request).settings.language)
    return "en" if language == "en" else "zh_CN"
