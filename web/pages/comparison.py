"""Before and after: two periods side by side, and whether the change could be chance."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from typing import Annotated, Any, Literal

import folium
import numpy as np
from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field

from api.callers import permit
from api.errors import status_of
from api.routes.comparison import kilometres, require_over
from api.sentences import QueryError, sentence
from geodata.reports.comparing import BY, Asked, Compared, compared, usual_spans
from geodata.reports.emerging import last_day_over
from geodata.reports.selection import Selection
from geodata.workspace import RESPONSIBILITY
from gridmap.comparison import Against, Change
from gridmap.errors import GridMapError
from gridmap.steps import Step
from web.maps.comparison import MARKS, VERDICTS, comparison_map, times
from web.maps.ground import beneath, topology_of
from web.pages.choices import require_known
from web.pages.coverage import with_boxes
from web.pages.days import day, in_reach
from web.pages.drawn import map_answer
from web.pages.place import Place, narrowed, place_of
from web.pages.shell import Visit, VisitDep, render
from web.words import gettext_noop as _

router = APIRouter(include_in_schema=False, dependencies=[permit("hotspot.read")])
SHOWN = 60
A_MONTH = 30
ORDER = {"worse": 0, "better": 1, "unclear": 2, "none": 3, "not_walked": 4}
PAIRS = {
    "month": _("Last month with the month before"),
    "year": _("Last month with the same month last year"),
    "quarter": _("Last quarter with the quarter before"),
}
SENTENCES = {
    "better": _("Fewer issues than before, by more than chance explains."),
    "worse": _("More issues than before, by more than chance explains."),
    "unclear": _("The difference could be chance: the interval holds 1."),
    "none": _("There is nothing to compare."),
    "not_walked": _("No area was walked in both periods."),
}
BESIDE = {
    "better": _("It fell more there than elsewhere, by more than chance explains."),
    "worse": _("It rose more there, or fell less, than elsewhere, by more than chance explains."),
    "unclear": _("What changed there changed elsewhere too; the difference could be chance."),
    "none": _("One of the four counts is 0; there is nothing to compare."),
}


class Wanted(BaseModel):
    """What is compared, as it was typed."""

    pair: str = Field(default="", max_length=20)
    before_since: str = Field(default="", max_length=20)
    before_until: str = Field(default="", max_length=20)
    after_since: str = Field(default="", max_length=20)
    after_until: str = Field(default="", max_length=20)
    category: str = Field(default="", max_length=200)
    channel: str = Field(default="", max_length=200)
    by: str = Field(default="community", max_length=20)
    acted: str = Field(default="", max_length=20)
    km_before: str = Field(default="", max_length=20)
    km_after: str = Field(default="", max_length=20)
    per: str = Field(default="", max_length=20)
    division: str = Field(default="", max_length=40)
    shown: Literal["before", "after"] = "before"
    as_of: str = ""
    lang: str = ""


@router.get("/comparison")
def comparison(visit: VisitDep, wanted: Annotated[Wanted, Query()]) -> HTMLResponse:
    """Show two periods side by side, or say why they cannot be compared."""
    context: dict[str, Any] = {
        "wanted": wanted.model_dump(),
        "pairs": pairs(visit),
        "areas": BY,
        "categories": visit.reports.categories(),
        "channels": visit.reports.channels(),
        "divisions": [],
        "any_issues": visit.reports.issue_days() is not None,
        "found": None,
        "place": None,
        "fault": "",
    }
    status = HTTPStatus.OK
    try:
        place = place_of(visit, wanted.division)
        here = narrowed(place)
        context |= {"place": place, "divisions": _divisions(here)}
        query = asked(visit, wanted)
        context["wanted"] = {"pair": "", **link(query)}
        found = compared(here.reports.workspace, query, here.reports.zone, here.as_of)
    except GridMapError as error:
        status = status_of(error)
        context["fault"] = sentence(error, visit.words.language)
    else:
        context |= told(place, query, found)
    return render(visit, "comparison.html", section="comparison", status=status, **context)


@router.get("/maps/comparison")
def on_map(visit: VisitDep, wanted: Annotated[Wanted, Query()]) -> Response:
    """Return the map of one of the two periods, a page of its own."""
    here = narrowed(place_of(visit, wanted.division))
    query = asked(visit, wanted)
    found = compared(here.reports.workspace, query, here.reports.zone, here.as_of)
    scale = scale_of(query)
    rates = {name: found.table[name] * scale for name in ("rate_before", "rate_after")}
    ledger = _ledger(visit, query, wanted.shown)

    def draw() -> folium.Map:
        return comparison_map(
            found.table.assign(**rates),
            wanted.shown,
            beneath(here.reports, here.as_of),
            visit.words,
            unit=visit.words.say(per(query)),
            topology=topology_of(here.reports, found.table, here.as_of),
            ledger=ledger,
        )

    title = {"before": _("Period before"), "after": _("Period after")}[wanted.shown]
    layers = ("issues", *RESPONSIBILITY)
    of = (repr(query), ledger, *(float(found.table[name].sum()) for name in rates))
    return map_answer(here, visit.words.say(title), layers, draw, *of)


def _ledger(visit: Visit, query: Asked, shown: str) -> str | None:
    """Return the path of the ledger of one area in a period, its code to follow."""
    if not visit.may("issue.read"):
        return None
    asked_for = query.before if shown == "before" else query.after
    which = {"category": asked_for.category, "channel": asked_for.channel}
    days = {"since": asked_for.since.isoformat(), "until": asked_for.until.isoformat()}
    area = "grid" if query.by == "grid" else "division"
    return f"{visit.link('/issues', state='all', **days, **which)}&{area}="


def pairs(visit: Visit) -> dict[str, tuple[str, tuple[Step, Step]]]:
    """Return the pairs of periods that are offered: name → title, and the two periods."""
    over = last_day_over(visit.as_of, visit.today)
    spans = usual_spans(visit.reports.workspace, visit.reports.zone, over=over)
    return {name: (visit.words.say(PAIRS[name]), span) for name, span in spans.items()}


def asked(visit: Visit, wanted: Wanted) -> Asked:
    """
    Read the form; the last month and the one before if nothing is named.

    Raises
    ------
    QueryError
        If a day is none or yet to come, a number is none, or there is no such pair or area.
    NotFoundError
        If there is no such category or channel.
    """
    offered = pairs(visit)
    chosen = wanted.pair or "month"
    if chosen not in offered or wanted.by not in BY:
        msg = "There is nothing to compare by {text}."
        raise QueryError(msg, text=repr(wanted.by if chosen in offered else wanted.pair))
    require_known(visit, category=wanted.category, channel=wanted.channel)
    first, second = offered[chosen][1]
    typed = wanted if not wanted.pair else Wanted()
    which = (wanted.category or None, wanted.channel or None)
    query = Asked(
        Selection(_day(typed.before_since, first[0]), _day(typed.before_until, first[1]), *which),
        Selection(_day(typed.after_since, second[0]), _day(typed.after_until, second[1]), *which),
        by=wanted.by,
        acted=wanted.acted or None,
        km=kilometres(_kilometres(wanted.km_before), _kilometres(wanted.km_after)),
        per=wanted.per or None,
    )
    require_over(query, last_day_over(visit.as_of, visit.today))
    return query


def link(query: Asked) -> dict[str, str]:
    """Return what is compared, for an address."""
    before, after = query.spans
    days = {
        "before_since": before.since.isoformat(),
        "before_until": before.until.isoformat(),
        "after_since": after.since.isoformat(),
        "after_until": after.until.isoformat(),
    }
    which = {"category": query.before.category or "", "channel": query.before.channel or ""}
    walked = query.km or ("", "")
    km = {"km_before": f"{walked[0]}", "km_after": f"{walked[1]}"}
    how = {"by": query.by, "acted": query.acted or "", "per": query.per or ""}
    return {**days, **which, **how, **km}


def per(query: Asked) -> str:
    """Return what rates are counted by, for the catalogue."""
    by_days = query.km is None and query.per is None
    return _("Issues in 30 days") if by_days else _("Issues per kilometre walked")


def scale_of(query: Asked) -> float:
    """Return how many days, or kilometres, a rate is told for."""
    return float(A_MONTH) if query.km is None and query.per is None else 1.0


def told(place: Place, query: Asked, found: Compared) -> dict[str, Any]:
    """
    Return what the page shows of an answer.

    Parameters
    ----------
    place, query
        Of which part of the city, and what is asked.
    found
        The answer.
    """
    visit = place.visit
    words, scale = visit.words, scale_of(query)
    known = visit.reports.issue_days()
    begun = known[0] if known and known[0] > query.before.since else None
    table = found.table.assign(order=found.table["verdict"].map(ORDER))
    counted = table["verdict"].value_counts()
    shown = table.sort_values(["order", "p"], kind="stable").head(SHOWN)
    return {
        "found": found,
        "query": query,
        "spans": query.spans,
        "asked_link": link(query),
        "per": words.say(per(query)),
        "city": _change(found.city, visit, scale),
        "acted": found.acted and _change(found.acted, visit, scale),
        "others": found.others and _change(found.others, visit, scale),
        "beside": found.against and _beside(found.against, visit),
        "rows": [
            _row(row, visit, scale)
            for row in with_boxes(shown.reset_index(names="code")).to_dict("records")
        ],
        "n_rows": len(table),
        "n_by": {name: int(counted.get(name, 0)) for name in ORDER},
        "begun": begun and begun.isoformat(),
        "channels_new": [words.word("channel", name) for name in found.channels],
        "acted_name": _name_of(visit, query.acted),
        "maps": {
            name: visit.link("/maps/comparison", shown=name, division=place.code, **link(query))
            for name in ("before", "after")
        },
    }


def _change(change: Change, visit: Visit, scale: float) -> dict[str, Any]:
    return {
        "before": change.before,
        "after": change.after,
        "rate_before": change.rate_before * scale,
        "rate_after": change.rate_after * scale,
        "ratio": times(change.ratio, visit.words),
        "ends": _ends(change.low, change.high, visit),
        "dispersion": change.dispersion,
        "verdict": change.verdict,
        "said": visit.words.say(SENTENCES[change.verdict]),
    }


def _beside(answer: Against, visit: Visit) -> dict[str, Any]:
    return {
        "ratio": times(answer.ratio, visit.words),
        "ends": _ends(answer.low, answer.high, visit),
        "verdict": answer.verdict,
        "said": visit.words.say(BESIDE[answer.verdict]),
    }


def _row(row: dict[Any, Any], visit: Visit, scale: float) -> dict[str, Any]:
    words = visit.words
    return {
        **row,
        "rate_before": row["rate_before"] * scale,
        "rate_after": row["rate_after"] * scale,
        "times": times(row["ratio"], words),
        "ends": _ends(row["low"], row["high"], visit),
        "mark": MARKS.get(row["verdict"], ""),
        "judged": words.say(VERDICTS[row["verdict"]]),
    }


def _ends(low: float, high: float, visit: Visit) -> str:
    if np.isnan(low) and np.isnan(high):
        return visit.words.number(None)
    top = "∞" if not np.isfinite(high) else visit.words.number(high, 2)
    return f"{visit.words.number(low, 2)} – {top}"


def _divisions(visit: Visit) -> list[tuple[str, str]]:
    found = visit.reports.divisions(visit.as_of)
    below = found[found["level"].isin(["community", "subdistrict"])]
    return [(str(code), str(name)) for code, name in below["name"].items()]


def _name_of(visit: Visit, code: str | None) -> str:
    return dict(_divisions(visit)).get(code or "", code or "")


def _day(text: str, default: date) -> date:
    return in_reach(day(text, default))


def _kilometres(text: str) -> float | None:
    if not text.strip():
        return None
    try:
        found = float(text.strip())
    except ValueError:
        found = np.nan
    if not 0 < found <= 1e7:  # noqa: PLR2004 - as the API takes them
        msg = "{text} is not a number of kilometres."
        raise QueryError(msg, text=repr(text[:20]))
    return found
