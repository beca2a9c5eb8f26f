"""The review of citizens' reports: nothing of theirs is filed or shown before somebody looked."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from api.callers import permit
from geodata.issues.account import Account, account
from geodata.issues.ledger import Found, Ledger, Wanted
from geodata.issues.setting import Setting
from gridmap.issues.arrows import CLOSED, OPEN
from web.pages.issue import asked_more, forms_of, issue_of, photos_of
from web.pages.issue_rows import choices_of, rows_of, setting_of
from web.pages.issue_words import DONE, Said
from web.pages.shell import Visit, VisitDep, render
from web.words import gettext_noop as _

router = APIRouter(include_in_schema=False, dependencies=[permit("issue.office")])
Channel = Literal["citizen_app", "open311"]
CHANNELS: tuple[Channel, ...] = ("citizen_app", "open311")
SHOWN = 50
REVIEWED = ("file", "refuse", "merge", "publish", "unpublish", "note")
STATES = {
    "waiting": (_("To be looked at"), ("reported",)),
    "taken": (_("In work"), tuple(state for state in OPEN if state != "reported")),
    "closed": (_("Closed"), CLOSED),
}


class Asked(BaseModel):
    """Which reports, and which of them is looked at."""

    issue: str = Field(default="", max_length=80)
    channel: Channel = "citizen_app"
    show: Literal["waiting", "taken", "closed"] = "waiting"
    cursor: str = Field(default="", max_length=400)
    done: str = Field(default="", max_length=20)


@router.get("/review")
def review(visit: VisitDep, asked: Annotated[Asked, Query()]) -> HTMLResponse:
    """Show what citizens have reported, and one of it with its photos."""
    setting, said = setting_of(visit), Said(visit.words)
    ledger = Ledger(setting)
    states = STATES[asked.show][1]
    wanted = Wanted(states=states, channel=asked.channel, cursor=asked.cursor or None, limit=SHOWN)
    found = ledger.find(wanted)
    rows = rows_of(visit, setting, found.issues)
    chosen = asked.issue or (rows[0]["issue_id"] if rows else "")
    answer = render(
        visit,
        "review.html",
        section="issues",
        status=HTTPStatus.OK,
        said=said,
        asked=asked,
        rows=rows,
        found=found,
        query=urlencode(_kept(asked)),
        tabs=tabs(visit, asked, ledger, found),
        done=said("done", asked.done) if asked.done in DONE else "",
        refused="",
        **(_chosen(visit, setting, account(setting, chosen)) if chosen else {"issue": None}),
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def tabs(visit: Visit, asked: Asked, ledger: Ledger, found: Found) -> list[dict[str, Any]]:
    """
    Return the lists as links with their counts, of each channel that has any.

    Parameters
    ----------
    visit, asked
        Who asks for what.
    ledger
        Where the other channel is counted.
    found
        What was found of this one.
    """
    said = Said(visit.words)
    told = []
    for channel in CHANNELS:
        own = channel == asked.channel
        counts = found.counts if own else ledger.find(Wanted(channel=channel, limit=1)).counts
        if not own and not counts:
            continue
        for show, (name, states) in STATES.items():
            told.append(
                {
                    "name": visit.words.say(name),
                    "channel": said("channel", channel),
                    "n": sum(counts.get(state, 0) for state in states),
                    "href": f"/review?{urlencode({'channel': channel, 'show': show})}",
                    "current": own and show == asked.show,
                }
            )
    return told


def _chosen(visit: Visit, setting: Setting, found: Account) -> dict[str, Any]:
    """Return what is shown of the report that is looked at."""
    issue = issue_of(found, Said(visit.words), setting)
    allowed = [arrow for arrow in found.allowed if arrow.act in REVIEWED]
    photos = photos_of(visit, found)
    return {
        "issue": issue,
        "account": found,
        "seen": found.version,
        "photos": photos,
        "every_photo": [photo for group in photos.values() for photo in group],
        "near_m": setting.near_m,
        "forms": forms_of(allowed, issue, None),
        "asked_more": asked_more(found),
        "script": {
            "kept": visit.words.say(_("Kept. This is what the public may see.")),
            "failed": visit.words.say(_("It could not be kept; try again.")),
            "boxes": visit.words.catalogue.gettext(_("{n} places will be blurred")),
            "none": visit.words.say(_("Nothing is blurred")),
        },
        **choices_of(visit, setting, issue["category"]),
    }


def _kept(asked: Asked) -> dict[str, str]:
    return {"channel": asked.channel, "show": asked.show}
