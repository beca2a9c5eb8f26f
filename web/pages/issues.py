"""The ledger of issues: found by filters that stay in the address, on a map, acted on together."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from http import HTTPStatus
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, urlencode

import shapely
from fastapi import APIRouter, Form, Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from api.callers import permit
from api.errors import status_of
from api.frames import dump
from api.sentences import listed, sentence
from geodata.issues.acts import Act, Acts
from geodata.issues.ledger import Ledger, Wanted
from geodata.issues.setting import Setting
from gridmap.errors import GridMapError, InvalidError
from gridmap.issues.arrows import CLOSED, OPEN
from gridmap.layers import ISSUE_STATES
from web.pages.days import day
from web.pages.issue_rows import (
    bulk_acts,
    categories_of,
    choices_of,
    now_of,
    rows_of,
    setting_of,
)
from web.pages.issue_views import views_of
from web.pages.issue_words import DONE, TABLES, Said
from web.pages.shell import Visit, VisitDep, render
from web.words import gettext_noop as _

router = APIRouter(include_in_schema=False)
ROWS_AT_ONCE, POINTS_AT_ONCE, PAGE = 50, 5000, 1000
READS, ACTS = [permit("issue.read")], [permit("issue.note")]
LEVELS = ("district", "subdistrict", "community")
DEFAULT_STATE = "open"
ACTED = _("{n} issues: {act}.")


class Asked(BaseModel):
    """Which issues are shown; every part stays in the address."""

    q: str = Field(default="", max_length=100)
    state: str = Field(default="", max_length=20)
    light: Literal["", "green", "yellow", "red"] = ""
    category: str = Field(default="", max_length=200)
    channel: str = Field(default="", max_length=40)
    division: str = Field(default="", max_length=40)
    grid: str = Field(default="", max_length=80)
    unit_id: str = Field(default="", max_length=200)
    pending: Literal["", "extension", "appeal"] = ""
    since: str = Field(default="", max_length=20)
    until: str = Field(default="", max_length=20)
    sort: Literal["", "due"] = ""
    mine: bool = False
    cursor: str = Field(default="", max_length=400)

    def kept(self, **changed: object) -> dict[str, object]:
        """Return the parts that are not left out, some of them changed, without the page."""
        told = self.model_dump(exclude={"cursor"}) | changed
        return {name: value for name, value in told.items() if value not in ("", None, False)}

    @property
    def narrowed(self) -> int:
        """How many of the filters that are folded away are in use."""
        folded = (self.channel, self.division, self.since, self.until, self.sort, self.mine)
        return sum(bool(value) for value in folded)


class Bulk(BaseModel):
    """What is done to the chosen issues."""

    issue_id: list[str] = Field(default_factory=list, max_length=1000)
    act: str = Field(default="", max_length=40)
    reason: str = Field(default="", max_length=2000)
    unit_id: str = Field(default="", max_length=200)
    condition: str = Field(default="", max_length=200)
    more: str = Field(default="", max_length=20)
    back: str = Field(default="", max_length=2000)


class Told(BaseModel):
    """What was just done, for the sentence above the list."""

    done: str = Field(default="", max_length=20)
    n: int = Field(default=0, ge=0, lt=10**6)


@router.get("/issues", dependencies=READS)
def issues(
    visit: VisitDep, asked: Annotated[Asked, Query()], told: Annotated[Told, Query()]
) -> Response:
    """Show the ledger."""
    said = Said(visit.words)
    done = visit.words.say(ACTED, n=told.n, act=said("done", told.done)) if told.done else ""
    return page(visit, asked, Bulk(), done=done if told.done in DONE else "")


@router.get("/issues/points.json", dependencies=READS)
def points(visit: VisitDep, asked: Annotated[Asked, Query()]) -> Response:
    """Return the places of all issues that are shown, page by page or not, for the map."""
    setting = setting_of(visit)
    ledger, cursor = Ledger(setting), None
    told: list[list[Any]] = []
    matched = seen = 0
    while seen < POINTS_AT_ONCE:
        wanted = wanted_of(asked, setting, PAGE, cursor)
        found = ledger.find(wanted)
        told += _points(found.issues)
        seen, matched, cursor = seen + len(found.issues), found.matched, found.next
        if cursor is None:
            break
    body = {"points": told, "matched": matched, "unplaced": seen - len(told), "seen": seen}
    return Response(
        dump(body), media_type="application/json", headers={"Cache-Control": "no-store"}
    )


@router.post("/issues/acts", dependencies=ACTS)
def act(visit: VisitDep, sent: Annotated[Bulk, Form()]) -> Response:
    """Act on the chosen issues, on all or on none."""
    asked = Asked(**dict(parse_qsl(sent.back)))  # type: ignore[arg-type]  # pydantic reads text
    try:
        order = Act(
            sent.act,
            reason=sent.reason.strip() or None,
            unit_id=sent.unit_id or None,
            condition=sent.condition or None,
            more=amount(sent.more),
        )
        done = Acts(setting_of(visit)).bulk(sent.issue_id, order)
    except GridMapError as error:
        return page(visit, asked, sent, error=error)
    query = urlencode({**asked.kept(), "done": sent.act, "n": len(done.states)})
    return RedirectResponse(f"/issues?{query}", status_code=HTTPStatus.SEE_OTHER)


def page(
    visit: Visit, asked: Asked, bulk: Bulk, *, done: str = "", error: GridMapError | None = None
) -> HTMLResponse:
    """
    Return the page of the ledger.

    Parameters
    ----------
    visit
        Who asks.
    asked
        Which issues.
    bulk
        What the form of acts is filled with.
    done
        What was just done, in words.
    error
        Why it was refused.
    """
    setting = setting_of(visit)
    found = Ledger(setting).find(wanted_of(asked, setting, ROWS_AT_ONCE, asked.cursor or None))
    rows = rows_of(visit, setting, found.issues, acts=True)
    refused = "" if error is None else sentence(error, visit.words.language)
    faults = listed(getattr(error, "faults", None), visit.words.language)
    numbers = {row["issue_id"]: row["number"] or row["issue_id"] for row in rows}
    answer = render(
        visit,
        "issues.html",
        section="issues",
        status=HTTPStatus.OK if error is None else status_of(error),
        said=Said(visit.words),
        asked=asked,
        rows=rows,
        found=found,
        chips=chips(visit, asked, found.counts),
        offered=_offered(visit, setting),
        acts=_acts_of(visit, rows),
        bulk=bulk,
        done=done,
        refused=refused,
        faults=[(numbers.get(row["value"], row["value"]), row["message"]) for row in faults],
        views=views_of(setting, asked.kept()),
        query=urlencode(asked.kept()),
        cleared=_cleared(asked),
        excel=excel(asked, setting),
        script=spoken(visit),
        **choices_of(visit, setting),
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def wanted_of(asked: Asked, setting: Setting, limit: int, cursor: str | None) -> Wanted:
    """
    Return what the ledger is asked.

    Parameters
    ----------
    asked
        As the address has it; what is open if no state is chosen.
    setting
        Whose zone a day is in.
    limit, cursor
        Of a page.
    """
    first, last = (_midnight(text, setting) for text in (asked.since, asked.until))
    return Wanted(
        states=states_of(asked.state),
        lights=(asked.light,) if asked.light else (),
        category=asked.category or None,
        channel=asked.channel or None,
        division=asked.division or None,
        grid=asked.grid or None,
        unit_id=asked.unit_id or None,
        q=asked.q,
        since=first,
        until=None if last is None else last + timedelta(days=1),
        mine=asked.mine,
        pending=asked.pending or None,
        sort="due" if asked.sort == "due" else "reported",
        cursor=cursor,
        limit=limit,
    )


def states_of(text: str) -> tuple[str, ...]:
    """
    Return the states that a word of the address stands for.

    Parameters
    ----------
    text
        A state, ``open``, ``closed`` or ``all``; what is open if empty.

    Raises
    ------
    InvalidError
        If it is none of these.
    """
    groups = {"": OPEN, "open": OPEN, "closed": CLOSED, "all": ()}
    if text in groups:
        return groups[text]
    if text not in ISSUE_STATES:
        msg = "There is no state {state}."
        raise InvalidError(msg, state=text[:20])
    return (text,)


def chips(visit: Visit, asked: Asked, counts: dict[str, int]) -> list[dict[str, Any]]:
    """
    Return the states as links with their counts: what is open, each state that occurs, all.

    Parameters
    ----------
    visit, asked
        Who asks for what.
    counts
        State → issues, whatever states are shown.
    """
    said = Said(visit.words)
    shown = [
        (
            DEFAULT_STATE,
            visit.words.say(_("All that is open")),
            sum(counts.get(state, 0) for state in OPEN),
        ),
        *((state, said("state", state), counts.get(state, 0)) for state in (*OPEN, *CLOSED)),
        ("all", visit.words.say(_("Every state")), sum(counts.values())),
    ]
    current = asked.state or DEFAULT_STATE
    return [
        {
            "state": state,
            "name": name,
            "n": n,
            "current": state == current,
            "href": f"/issues?{urlencode(asked.kept(state=state))}",
        }
        for state, name, n in shown
        if n or state in (current, DEFAULT_STATE, "all")
    ]


def excel(asked: Asked, setting: Setting) -> str:
    """Return the address at which the API gives the same issues as a workbook."""
    kept = asked.kept()
    state = str(kept.pop("state", DEFAULT_STATE))
    groups = {"open": {"open": "true"}, "closed": {"open": "false"}, "all": {}}
    chosen = groups.get(state, {"state": state})
    wanted = wanted_of(asked, setting, 1, None)
    if "mine" in kept:
        kept["mine"] = "true"
    for name, moment in (("since", wanted.since), ("until", wanted.until)):
        if moment is not None:
            kept[name] = moment.isoformat()
    return f"/api/v1/issues?{urlencode({**kept, **chosen, 'format': 'xlsx'})}"


def amount(text: str) -> float | None:
    """
    Read how much more time is meant.

    Raises
    ------
    InvalidError
        If it is no number.
    """
    if not text.strip():
        return None
    try:
        return float(text.strip().replace("，", ".").replace(",", "."))
    except ValueError:
        msg = "{text} is not a number."
        raise InvalidError(msg, text=repr(text[:20])) from None


def spoken(visit: Visit) -> dict[str, Any]:
    """Return what the script of the ledger says, in the reader's language."""
    said = visit.words.catalogue.gettext  # values are filled in by the script
    return {
        "state": {code: said(name) for code, name in TABLES["state"].items()},
        "light": {code: said(name) for code, name in TABLES["light"].items()},
        "chosen": said(_("{n} chosen")),
        "shown": said(_("{n} of {matched} on the map")),
        "unplaced": said(_("{n} without a place")),
        "open": said(_("Open it")),
        "nothing": said(_("No act is allowed for all of the chosen.")),
        "unreachable": said(_("The map could not be read; reload the page.")),
        "save": said(_("Name of this view")),
        "tag": visit.words.tag,
    }


def _offered(visit: Visit, setting: Setting) -> dict[str, Any]:
    tree = visit.reports.division_tree(visit.today)
    units = setting.units(visit.today)
    return {
        "categories": categories_of(setting),
        "divisions": [
            (row["code"], row["name"], LEVELS.index(row["level"]))
            for row in tree.to_dict("records")
            if row["level"] in LEVELS
        ],
        "units": sorted(units.items(), key=lambda item: item[1]),
        "lights": ("red", "yellow", "green"),
    }


def _acts_of(visit: Visit, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the acts that are allowed to at least one of some issues."""
    allowed = {act for row in rows for act in row["acts"]}
    return [act for act in bulk_acts(visit) if act["act"] in allowed]


def _cleared(asked: Asked) -> str:
    """Return the address without filters, in the same state; empty if there are none."""
    state = {"state": asked.state} if asked.state else {}
    return f"/issues?{urlencode(state)}" if asked.kept() != state else ""


def _points(found: Any) -> list[list[Any]]:  # noqa: ANN401 - a frame
    placed = found[found.geometry.notna()]
    where = shapely.get_coordinates(placed.geometry.to_numpy()).round(6).tolist()
    columns = ("number", "category", "state", "light")
    rows = placed[list(columns)].astype(object).where(placed[list(columns)].notna(), None)
    told = zip(placed.index, where, rows.itertuples(index=False), strict=True)
    return [[issue_id, *place, *row] for issue_id, place, row in told]


def _midnight(text: str, setting: Setting) -> datetime | None:
    if not text.strip():
        return None
    told: date = day(text, now_of(setting).date())
    return datetime.combine(told, time(), tzinfo=setting.zone)
