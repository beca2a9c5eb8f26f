"""Papers and forms: what is printed, and the Excel form, taken away and brought in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Response, UploadFile
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from api.callers import permit, scopes_of
from api.errors import status_of
from api.routes.forms import called, forms_of, handed_back, remarks
from api.sentences import listed, sentence
from api.service import service_of
from geodata.forms.names import Called, Names, text
from geodata.forms.office import FormOptions
from geodata.forms.preview import WRITTEN, FormPreview
from geodata.forms.waiting import Waiting
from geodata.forms.words import DATUMS
from gridmap.access import CITY
from gridmap.errors import GridMapError, InvalidError, NotFoundError
from web.pages.days import day
from web.pages.shell import Visit, VisitDep, render
from web.pages.wall_form import wall_form
from web.words import absent
from web.words import gettext_noop as _

router = APIRouter(include_in_schema=False)
IMPORTS, PRINTS = [permit("form.import")], [permit("paper.print")]
SHOWN = 200
SUGGESTED = 3000
PAPERS = {
    "cards": ("/api/v1/papers/cards.pdf", "unit_id"),
    "roster": ("/api/v1/papers/roster.pdf", "community"),
    "sign-off": ("/api/v1/papers/sign-off.pdf", "division"),
}
DONE = _("Imported: {added} rows added, {changed} changed, {retired} assignments ended.")
NOTHING_NEW = _("The register holds all of this form already; nothing was written.")


class Wanted(BaseModel):
    """What was just brought in."""

    done: bool = False
    added: int = Field(default=0, ge=0, lt=10**9)
    changed: int = Field(default=0, ge=0, lt=10**9)
    retired: int = Field(default=0, ge=0, lt=10**9)
    as_of: str = ""
    lang: str = ""


class Printed(BaseModel):
    """Which paper, of what, of which day."""

    paper: str = Field(default="cards", max_length=20)
    of: str = Field(default="", max_length=200)
    as_of: str = Field(default="", max_length=20)
    lang: str = ""


class Kept(BaseModel):
    """An upload that waits, and how it is read."""

    ticket: str = Field(default="", max_length=64)
    name: str = Field(default="", max_length=500)
    since: str = Field(default="", max_length=20)
    datum: str = Field(default="", max_length=60)
    retire_missing: bool = False


@dataclass(frozen=True)
class Shown:
    """
    A preview as the page shows it.

    Parameters
    ----------
    kept
        The upload.
    counts
        Layer and its rows added, changed, unchanged, retired and refused.
    guesses, faults, missing
        The first rows of each, as `listed_guesses`, `listed` and `listed_missing` tell them.
    totals
        How many there are of each.
    notes
        What was remarked.
    moves
        Whether bringing it in would change anything.
    """

    kept: Kept
    counts: list[tuple[str, dict[str, int]]]
    guesses: list[dict[str, Any]]
    faults: list[dict[str, Any]]
    missing: list[dict[str, Any]]
    totals: dict[str, int]
    notes: list[str]
    moves: bool


@dataclass(frozen=True)
class Seen:
    """
    What the page is filled with.

    Parameters
    ----------
    kept, printed
        What its forms were sent with.
    preview
        What bringing an upload in would do.
    done
        What was just done, in words.
    faults
        Form → why it was refused.
    """

    kept: Kept = field(default_factory=Kept)
    printed: Printed = field(default_factory=Printed)
    preview: Shown | None = None
    done: str = ""
    faults: Mapping[str, str] = field(default_factory=dict)


@router.get("/papers", dependencies=PRINTS)
def papers(visit: VisitDep, wanted: Annotated[Wanted, Query()]) -> Response:
    """Show what can be printed, taken away and brought in."""
    done = ""
    if wanted.done:
        counts = wanted.model_dump(include={"added", "changed", "retired"})
        done = visit.words.say(DONE if any(counts.values()) else NOTHING_NEW, **counts)
    return page(visit, Seen(done=done))


@router.get("/papers/print", dependencies=PRINTS)
def print_paper(visit: VisitDep, wanted: Annotated[Printed, Query()]) -> Response:
    """Lead to a paper; a unit may be named as people call it."""
    try:
        address, about = _paper(wanted.paper)
        as_of = day(wanted.as_of, visit.today)
        said = wanted.of.strip()
        of = unit_called(visit, said, as_of) if said and wanted.paper == "cards" else said
    except GridMapError as error:
        return refused(visit, error, wanted.paper, printed=wanted)
    asked = {"as_of": as_of.isoformat()} | ({about: of} if of else {})
    return RedirectResponse(f"{address}?{urlencode(asked)}", status_code=HTTPStatus.SEE_OTHER)


@router.post("/papers/forms", dependencies=IMPORTS)
def upload(
    visit: VisitDep,
    file: UploadFile | None = None,
    since: Annotated[str, Form(max_length=20)] = "",
    datum: Annotated[str, Form(max_length=60)] = "",
    retire_missing: Annotated[bool, Form()] = False,
) -> Response:
    """Keep a filled form for a while, and show what bringing it in would do."""
    sent = Kept(since=since, datum=datum, retire_missing=retire_missing)
    try:
        if file is None or not file.filename:
            msg = "Choose the filled form first."
            raise InvalidError(msg)
        options_of(visit, sent)
        ticket = waiting_of(visit).keep(visit.caller.person.person_id, file.file)
    except GridMapError as error:
        return refused(visit, error, "upload", kept=sent)
    return look(visit, sent.model_copy(update={"ticket": ticket, "name": called(file.filename)}))


@router.post("/papers/forms/marked", dependencies=IMPORTS)
def hand_back(visit: VisitDep, sent: Annotated[Kept, Form()]) -> Response:
    """Return the upload with what is wrong marked in its cells."""
    try:
        path, options = found(visit, sent)
        preview = forms_of(visit.request, "form.import").preview(path, options)
        return handed_back(path, preview, visit.request)
    except GridMapError as error:
        return refused(visit, error, "upload", kept=sent)


@router.post("/papers/forms/import", dependencies=IMPORTS)
def bring_in(visit: VisitDep, sent: Annotated[Kept, Form()]) -> Response:
    """Bring the upload in as it was shown; with faults, or if others were faster, show it again."""
    forms = forms_of(visit.request, "form.import")
    try:
        path, options = found(visit, sent)
        preview = forms.preview(path, options)
        if preview.refused:
            return shown(visit, sent, preview, HTTPStatus.UNPROCESSABLE_ENTITY)
        counts = forms.commit(preview, options, called(sent.name))
    except GridMapError as error:
        return refused(visit, error, "upload", kept=sent)
    waiting_of(visit).drop(visit.caller.person.person_id, sent.ticket)
    told = {
        name: sum(counted[name] for counted in counts.values())
        for name in ("added", "changed", "retired")
    }
    return RedirectResponse(
        f"/papers?{urlencode({'done': 'true', **told})}", status_code=HTTPStatus.SEE_OTHER
    )


def look(visit: Visit, kept: Kept) -> Response:
    """Show what bringing in an upload that waits would do."""
    try:
        path, options = found(visit, kept)
        preview = forms_of(visit.request, "form.import").preview(path, options)
    except GridMapError as error:
        waiting_of(visit).drop(visit.caller.person.person_id, kept.ticket)
        return refused(visit, error, "upload", kept=kept)
    return shown(visit, kept, preview)


def shown(visit: Visit, kept: Kept, preview: FormPreview, status: int = HTTPStatus.OK) -> Response:
    """Show a preview above the cards."""
    return page(visit, Seen(kept, preview=_told(visit, kept, preview)), status)


def found(visit: Visit, kept: Kept) -> tuple[Path, FormOptions]:
    """
    Return an upload that waits and how it is read.

    Raises
    ------
    NotFoundError
        If it waits no longer.
    QueryError
        If the day is none.
    """
    options = options_of(visit, kept)
    return waiting_of(visit).find(visit.caller.person.person_id, kept.ticket), options


def options_of(visit: Visit, kept: Kept) -> FormOptions:
    """Return how an upload is read; today where no day is given."""
    since = day(kept.since, visit.today)
    return FormOptions(since, DATUMS.get(kept.datum), kept.retire_missing)


def waiting_of(visit: Visit) -> Waiting:
    """Return the uploads that wait: they lie beside the documents, and are not among them."""
    documents = service_of(visit.request).settings.documents_folder
    return Waiting(documents.with_name(f"{documents.name}-waiting"))


def unit_called(visit: Visit, said: str, as_of: date) -> str:
    """
    Return the unit of a name, a short name or a key.

    Parameters
    ----------
    visit
        Who asks.
    said
        As typed.
    as_of
        The day on which it is called so.

    Raises
    ------
    NotFoundError
        If none is called so, or several are; what is near is named.
    """
    units = visit.reports.frame("units", as_of)
    called_so = zip(units.index, units["name"], units["short_name"], strict=True)
    known = Names(Called(str(key), text(name), (text(short),)) for key, name, short in called_so)
    match = known.find(said)
    if match.key is None:
        msg = "No single unit is called {said}; near: {near}."
        near = visit.words.together(known.nearest(said))
        raise NotFoundError(msg, said=said, near=near)
    return match.key


def refused(
    visit: Visit,
    error: GridMapError,
    form: str,
    *,
    kept: Kept | None = None,
    printed: Printed | None = None,
) -> Response:
    """Show the page again as it was filled in, with the reason beside the form."""
    faults = {form: sentence(error, visit.words.language)}
    seen = Seen(kept or Kept(), printed or Printed(), faults=faults)
    return page(visit, seen, status_of(error))


def page(visit: Visit, seen: Seen, status: int = HTTPStatus.OK) -> Response:
    """
    Return the page of papers.

    Parameters
    ----------
    visit
        Who asks.
    seen
        What it is filled with.
    status
        Of the answer.
    """
    units = visit.reports.frame("units", visit.today)
    divisions = _divisions(visit)
    answer = render(
        visit,
        "papers.html",
        section="papers",
        status=status,
        seen=seen,
        faults=seen.faults,
        units=units.loc[units["active"].astype(bool), "name"].head(SUGGESTED).to_dict(),
        n_grids=len(visit.reports.frame("grids", visit.today)),
        divisions=divisions,
        wall=wall_form(visit),
        communities=[row for row in divisions if row["level"] == "community"],
        datums=list(DATUMS),
        imports=visit.may("form.import"),
        whole=CITY in scopes_of(visit.request),
        megabytes=service_of(visit.request).settings.body_limit >> 20,
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _told(visit: Visit, kept: Kept, preview: FormPreview) -> Shown:
    counts = preview.counts
    return Shown(
        kept=kept.model_copy(update={"since": day(kept.since, visit.today).isoformat()}),
        counts=[(layer, counts[layer]) for layer in WRITTEN if layer in counts],
        guesses=listed_guesses(preview),
        faults=listed(preview.faults, visit.words.language),
        missing=listed_missing(visit, preview, day(kept.since, visit.today)),
        totals={
            "guesses": len(preview.guesses),
            "faults": len(preview.faults),
            "missing": len(preview.missing),
        },
        notes=remarks(preview, visit.words.language),
        moves=any(one["added"] + one["changed"] + one["retired"] for one in counts.values()),
    )


def listed_guesses(preview: FormPreview) -> list[dict[str, Any]]:
    """Return which names were taken for which keys, and whether the form itself brings these."""
    fresh = {
        str(key)
        for layer in ("units", "inspection_points")
        if layer in preview.previews
        for key in preview.previews[layer].added.index
    }
    rows = preview.guesses.head(SHOWN)
    return [dict(row, fresh=row["taken_as"] in fresh) for row in rows.to_dict("records")]


def listed_missing(visit: Visit, preview: FormPreview, as_of: date) -> list[dict[str, Any]]:
    """Return what is held and not in the form, by the names of units."""
    rows = preview.missing.head(SHOWN).reset_index()
    called_so = visit.reports.frame("units", as_of)["name"]
    return [
        {**row, "unit_name": called_so.get(row["unit_id"], row["unit_id"])}
        for row in rows.to_dict("records")
    ]


def _paper(name: str) -> tuple[str, str]:
    if name not in PAPERS:
        msg = "There is no paper {name}."
        raise NotFoundError(msg, name=name)
    return PAPERS[name]


def _divisions(visit: Visit) -> list[dict[str, str]]:
    """Return the divisions that lie wholly where the caller may print, from the largest down."""
    service = service_of(visit.request)
    own = service.workspaces.of(scopes_of(visit.request)).store.own("division", visit.today)
    frame = visit.reports.divisions(visit.today)
    frame = frame[frame.index.isin(own)]
    return [
        {"code": str(code), "level": level, "name": str(code) if absent(name) else str(name)}
        for code, level, name in zip(frame.index, frame["level"], frame["name"], strict=True)
    ]
