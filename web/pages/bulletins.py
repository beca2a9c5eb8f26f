"""The monthly bulletin: the months, one of them as it will be printed, freezing and amending."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from api.callers import permit
from api.service import service_of
from geodata.bulletins import Bulletins, Edition
from geodata.bulletins.blocks import Drawn, Heading, Paragraph, Rows, Signature
from geodata.bulletins.kept import FROM
from geodata.bulletins.telling import tell
from geodata.bulletins.wording import Say
from geodata.paper.bulletin_charts import HEIGHTS, pngs
from gridmap.bulletins import Month
from gridmap.errors import GridMapError, InvalidError, NotFoundError
from web.pages.office import Refusal, refusal
from web.pages.shell import Visit, VisitDep, render
from web.words import gettext_noop as _

router = APIRouter(include_in_schema=False)
READS, FREEZES = [permit("bulletin.read")], [permit("bulletin.freeze")]
NOTHING_REFUSED = Refusal()
PICTURE_MM = 156.0
STATES = {
    "running": _("The month is running"),
    "open": _("Not frozen"),
    "frozen": _("Frozen"),
    "amended": _("Amended"),
}
DONE = {
    "frozen": _("The month is frozen: its figures never change again."),
    "amended": _("The amendment is made; the editions before it stay."),
}
KINDS = {
    Heading: "heading",
    Paragraph: "paragraph",
    Rows: "table",
    Drawn: "picture",
    Signature: "signature",
}


class Wanted(BaseModel):
    """Which edition, and what was just done."""

    amendment: int | None = Field(default=None, ge=0, le=10_000)
    done: str = Field(default="", max_length=20)
    as_of: str = ""
    lang: str = ""


WantedDep = Annotated[Wanted, Query()]


@router.get("/bulletins", dependencies=READS)
def bulletins(visit: VisitDep) -> Response:
    """List the months, and how far the bulletin of each is."""
    months = kept_of(visit).months()
    return render(
        visit,
        "bulletins.html",
        section="bulletins",
        months=months,
        states=_states(visit),
        drafts=visit.may("bulletin.freeze"),
    )


@router.get("/bulletins/{month}", dependencies=READS)
def bulletin(visit: VisitDep, month: str, wanted: WantedDep) -> Response:
    """Show a month as it is printed, with what can be done to it."""
    edition = kept_of(visit).edition(Month.of(month), wanted.amendment)
    said = visit.words.say(DONE[wanted.done]) if wanted.done in DONE else ""
    return page(visit, edition, done=said)


@router.get("/bulletins/{month}/pictures/{picture}.png", dependencies=READS)
def draw(visit: VisitDep, month: str, picture: str, wanted: WantedDep) -> Response:
    """Return a picture of a bulletin."""
    known = next((one for one in HEIGHTS if one == picture), None)
    if known is None:
        msg = "There is no picture {name}."
        raise NotFoundError(msg, name=picture[:40])
    edition = kept_of(visit).edition(Month.of(month), wanted.amendment)
    language = visit.words.language
    # all of them: the page asks for one after the other, and the fonts are what takes long
    drawn = service_of(visit.request).workspaces.whole.once(
        "bulletin pictures",
        FROM,
        edition.month.last,
        lambda: pngs(HEIGHTS, PICTURE_MM, edition.figures, Say(language)),
        edition.month.code,
        edition.hash,
        language,
    )
    return Response(
        drawn[known], media_type="image/png", headers={"Cache-Control": "private, no-cache"}
    )


@router.post("/bulletins/{month}/freeze", dependencies=FREEZES)
def freeze(visit: VisitDep, month: str, sure: Annotated[bool, Form()] = False) -> Response:
    """Freeze a month, after it was confirmed."""
    kept, asked = kept_of(visit), Month.of(month)
    try:
        if not sure:
            msg = "Confirm first that the figures have been looked at."
            raise InvalidError(msg)
        kept.freeze(asked)
    except GridMapError as error:
        return page(visit, kept.edition(asked), refusal(visit, error))
    return back(asked, "frozen")


@router.post("/bulletins/{month}/amendments", dependencies=FREEZES)
def amend(
    visit: VisitDep,
    month: str,
    reason: Annotated[str, Form(max_length=2000)] = "",
    previous: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Amend a month."""
    kept, asked = kept_of(visit), Month.of(month)
    try:
        kept.amend(asked, reason, previous or None)
    except GridMapError as error:
        return page(visit, kept.edition(asked), refusal(visit, error), reason=reason)
    return back(asked, "amended")


def kept_of(visit: Visit) -> Bulletins:
    """Return the bulletins of the city, in the visitor's name."""
    setting = service_of(visit.request).setting(visit.caller.person)
    return Bulletins(setting, may_draft=visit.may("bulletin.freeze"))


def back(month: Month, done: str) -> Response:
    """Return to the month after something was done, so that going back repeats nothing."""
    address = f"/bulletins/{month.code}?done={done}"
    return RedirectResponse(address, status_code=HTTPStatus.SEE_OTHER)


def page(
    visit: Visit,
    edition: Edition,
    refused: Refusal = NOTHING_REFUSED,
    *,
    done: str = "",
    reason: str = "",
) -> Response:
    """
    Return the page of a month.

    Parameters
    ----------
    visit
        Who asks.
    edition
        What is shown.
    refused
        Why what was asked of it was refused.
    done
        What was just done, in words.
    reason
        What was typed for an amendment that was refused.
    """
    kept, month = kept_of(visit), edition.month
    document = tell(edition, visit.words.language, visit.reports.zone)
    editions = kept.editions(month)
    freezes = visit.may("bulletin.freeze")
    answer = render(
        visit,
        "bulletin.html",
        section="bulletins",
        status=refused.status,
        document=document,
        blocks=[(KINDS[type(block)], block) for block in document.blocks],
        edition=edition.told(),
        moment=edition.frozen_at,
        editions=editions,
        last=not editions or edition.amendment == editions[-1]["amendment"],
        over=month.last < kept.today,
        freezes=freezes,
        verified=kept.verify(month) if editions else None,
        asked=_asked(edition, visit),
        refused=refused,
        done=done,
        reason=reason,
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _asked(edition: Edition, visit: Visit) -> str:
    """Return the query that names this edition and language in other addresses."""
    number = "" if edition.amendment is None else f"amendment={edition.amendment}&"
    return f"?{number}lang={visit.words.language}"


def _states(visit: Visit) -> dict[str, Any]:
    return {name: visit.words.say(said) for name, said in STATES.items()}
