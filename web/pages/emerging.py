"""Emerging hot spots: where it begins, grows, stays and ends, with a map through time."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any

import folium
import geopandas as gpd
import pandas as pd
from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field

from api.callers import permit
from api.errors import status_of
from api.sentences import QueryError, sentence
from geodata.reports.emerging import Found, find, last_day_over, span_of, usual_period
from geodata.reports.selection import Selection
from geodata.workspace import RESPONSIBILITY
from gridmap.errors import GridMapError, TooLittleDataError
from gridmap.patterns import NONE, PATTERNS, RULES
from gridmap.steps import EVERY, Every
from web.maps.emerging import NAMES, emerging_map, sign
from web.maps.ground import beneath, topology_of
from web.pages.choices import require_known
from web.pages.coverage import with_boxes
from web.pages.days import day, in_reach
from web.pages.drawn import map_answer
from web.pages.place import Place, place_of
from web.pages.shell import Visit, VisitDep, render
from web.words import gettext_noop as _

router = APIRouter(include_in_schema=False, dependencies=[permit("hotspot.read")])
SHOWN = 15
STEP_NAMES = {"week": _("Weeks"), "month": _("By month"), "quarter": _("Quarters")}
SET_ASIDE = _("{n} issues that were refused or merged into others are not counted.")
MEANINGS = {
    "new": _("Hot in the last step, and never before."),
    "consecutive": _("Hot in the last steps without a break, two or more, and never before."),
    "intensifying": _("Hot in nine steps of ten, the last included, and ever more so."),
    "persistent": _("Hot in nine steps of ten, the last included, neither more nor less so."),
    "diminishing": _("Hot in nine steps of ten, the last included, but less and less so."),
    "sporadic": _("Hot in the last step and on and off before; never cold."),
    "oscillating": _("Hot in the last step; before that sometimes hot and sometimes cold."),
    "historical": _("Hot in nine steps of ten, but not in the last."),
}


class Wanted(BaseModel):
    """What is looked for, as it was typed."""

    every: str = Field(default="month", max_length=20)
    since: str = Field(default="", max_length=20)
    until: str = Field(default="", max_length=20)
    category: str = Field(default="", max_length=200)
    channel: str = Field(default="", max_length=200)
    division: str = Field(default="", max_length=40)
    as_of: str = ""
    lang: str = ""


@dataclass(frozen=True)
class Asked:
    """
    What is looked for.

    Parameters
    ----------
    selection
        Of which days, category and channel.
    every
        In which steps.
    """

    selection: Selection
    every: Every

    @property
    def link(self) -> dict[str, str]:
        """The same, for an address."""
        return {
            "every": self.every,
            "since": self.selection.since.isoformat(),
            "until": self.selection.until.isoformat(),
            "category": self.selection.category or "",
            "channel": self.selection.channel or "",
        }


@router.get("/emerging")
def emerging(visit: VisitDep, wanted: Annotated[Wanted, Query()]) -> HTMLResponse:
    """Show the patterns over time, or say why there are none."""
    context: dict[str, Any] = {
        "wanted": wanted.model_dump(),
        "step_names": STEP_NAMES,
        "categories": visit.reports.categories(),
        "channels": visit.reports.channels(),
        "any_issues": visit.reports.issue_days() is not None,
        "found": None,
        "place": None,
        "refusal": "",
        "fault": "",
    }
    status = HTTPStatus.OK
    try:
        query = asked(visit, wanted)
        context["wanted"] = {**query.link}
        place = context["place"] = place_of(visit, wanted.division)
        found = found_of(visit, query)
    except TooLittleDataError as refusal:
        context["refusal"] = sentence(refusal, visit.words.language)
    except GridMapError as error:
        status = status_of(error)
        context["fault"] = sentence(error, visit.words.language)
    else:
        context |= told(place, query, found)
    return render(visit, "emerging.html", section="emerging", status=status, **context)


@router.get("/maps/emerging")
def on_map(visit: VisitDep, wanted: Annotated[Wanted, Query()]) -> Response:
    """Return the map through time, a page of its own; the refusal if there is too little."""
    place, query = place_of(visit, wanted.division), asked(visit, wanted)
    try:
        found = found_of(visit, query)
    except TooLittleDataError as refusal:
        why = sentence(refusal, visit.words.language)
        return render(visit, "maps/refusal.html", refusal=why)
    spots, ledger = found.emerging, _ledger(visit, found, query)

    def draw() -> folium.Map:
        return emerging_map(
            spots.table,
            spots.classes,
            found.steps.whole,
            beneath(visit.reports, visit.as_of) | {"shown": place.ground},
            visit.words,
            topology=topology_of(visit.reports, spots.table, visit.as_of),
            ledger=ledger,
        )

    of = (spots.method.input_hash, place.code, ledger)
    return map_answer(visit, visit.words.say(_("Emerging hot spots")), RESPONSIBILITY, draw, *of)


def _ledger(visit: Visit, found: Found, query: Asked) -> str | None:
    """Return the path of the ledger of one grid in the steps, its code to follow."""
    if not visit.may("issue.read"):
        return None
    which = {"category": query.selection.category, "channel": query.selection.channel}
    since, until = span_of(found.steps)
    days = {"since": since.isoformat(), "until": until.isoformat()}
    return visit.link("/issues", state="all", **days, **which) + "&grid="


def asked(visit: Visit, wanted: Wanted) -> Asked:
    """
    Read the form; the usual steps if no period is named.

    Raises
    ------
    QueryError
        If a day is none, or there is no such step.
    NotFoundError
        If there is no such category or channel.
    """
    every = next((step for step in EVERY if step == wanted.every), None)
    if every is None:
        msg = "There is no step {every}; there are {steps}."
        raise QueryError(msg, every=repr(wanted.every), steps=", ".join(EVERY))
    require_known(visit, category=wanted.category, channel=wanted.channel)
    over = last_day_over(visit.as_of, visit.today)
    workspace, zone = visit.reports.workspace, visit.reports.zone
    first, last = usual_period(workspace, every, zone, over=over)
    until = in_reach(min(day(wanted.until, last), over))
    since = in_reach(day(wanted.since, min(first, until)))
    return Asked(Selection(since, until, wanted.category or None, wanted.channel or None), every)


def found_of(visit: Visit, query: Asked) -> Found:
    """Return the patterns of a question."""
    reports = visit.reports
    return find(reports.workspace, query.selection, query.every, reports.zone, visit.as_of)


def told(place: Place, query: Asked, found: Found) -> dict[str, Any]:
    """
    Return what the page shows of an answer.

    Parameters
    ----------
    place, query
        Of which part of the city, and what: grids are compared with the whole city, and those of
        the place are shown.
    found
        The answer.
    """
    visit, spots = place.visit, found.emerging
    words = visit.words
    here = spots.table[spots.table.index.isin(place.grids)] if place.code else spots.table
    method = spots.method.sentences()
    if found.tally.n_set_aside:
        method = [*method, (SET_ASIDE, {"n": found.tally.n_set_aside})]
    cautions = spots.method.cautions()
    last = spots.classes.loc[here.index].iloc[:, -1]
    return {
        "found": found,
        "query": query,
        "steps": found.steps,
        "groups": groups(found, here, visit),
        "n_marked": int((here["pattern"] != NONE).sum()),
        "n_areas": len(here),
        "ledger": _ledger(visit, found, query),
        "hot_now": int((last >= 2).sum()),  # noqa: PLR2004 - classes of 95 % and 99 %
        "cold_now": int((last <= -2).sum()),  # noqa: PLR2004
        "map_address": visit.link("/maps/emerging", division=place.code, **query.link),
        "method": words.text(method[: len(method) - len(cautions)] if cautions else method),
        "cautions": [words.say(template, **values) for template, values in cautions],
        "fingerprint": spots.method.input_hash[:16],
        "meanings": [
            (words.say(NAMES[f"{rule.name}_hot"]), sign(f"{rule.name}_hot", words), rule.name)
            for rule in RULES
        ],
        "meaning": {name: words.say(text) for name, text in MEANINGS.items()},
    }


def groups(found: Found, table: gpd.GeoDataFrame, visit: Visit) -> list[dict[str, Any]]:
    """
    Return the areas of each pattern that any has, those with the most issues first.

    Parameters
    ----------
    found
        The answer.
    table
        Those of its areas that are shown.
    visit
        Who asks.

    Returns
    -------
    list of dict
        ``pattern``, ``name``, ``sign``, ``n`` and the first `SHOWN` ``rows``, each with its
        ``bars``.
    """
    shown = []
    for pattern in PATTERNS:
        these = table[table["pattern"] == pattern]
        if pattern == NONE or these.empty:
            continue
        first = these.sort_values("count", ascending=False, kind="stable").head(SHOWN)
        shown.append(
            {
                "pattern": pattern,
                "name": visit.words.say(NAMES[pattern]),
                "sign": sign(pattern, visit.words),
                "n": len(these),
                "rows": _rows(first, found),
            }
        )
    return shown


def _rows(areas: gpd.GeoDataFrame, found: Found) -> list[dict[str, Any]]:
    boxed = with_boxes(areas.reset_index(names="code"))
    courses = [bars(found, code) for code in areas.index]
    rows: list[dict[str, Any]] = boxed.to_dict("records")
    return [{**row, "bars": course} for row, course in zip(rows, courses, strict=True)]


def bars(found: Found, code: object) -> list[dict[str, Any]]:
    """
    Return the course of an area, a bar a step: how high, and hot or cold.

    Parameters
    ----------
    found
        The answer.
    code
        The area.
    """
    counts: pd.Series = found.emerging.counts.loc[code]
    classes: pd.Series = found.emerging.classes.loc[code]
    most = max(int(counts.max()), 1)
    return [
        {
            "n": int(count),
            "height": round(int(count) / most, 3),
            "side": "hot" if level >= 2 else "cold" if level <= -2 else "",  # noqa: PLR2004
            "since": step.since.isoformat(),
        }
        for count, level, step in zip(counts, classes, found.steps.whole, strict=True)
    ]
