"""Patrols: who has walked on a day and who has not, and what a unit has missed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any, Literal

import folium
import geopandas as gpd
import pandas as pd
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from api.callers import may, permit
from api.sentences import QueryError
from api.service import service_of
from geodata.patrols import Patrols
from geodata.reports import exposures
from geodata.reports.beats import Beat
from geodata.reports.walks import STUB_M, Walk, walk
from geodata.workspace import RESPONSIBILITY
from web.maps.ground import lowest_divisions
from web.maps.patrols import patrol_map
from web.pages.coverage import with_boxes
from web.pages.days import day, in_reach
from web.pages.drawn import map_answer
from web.pages.shell import Visit, VisitDep, render
from web.words import Words, absent
from web.words import gettext_noop as _

router = APIRouter(include_in_schema=False, dependencies=[permit("patrol.read")])
LATEST = 14  # days of a unit's list
SHOWS = ("", "missing", "done")


class Wanted(BaseModel):
    """Which day, and which units of it."""

    day: str = Field(default="", max_length=20)
    show: Literal["", "missing", "done"] = ""
    as_of: str = ""
    lang: str = ""


@router.get("/patrols")
def patrols(visit: VisitDep, wanted: Annotated[Wanted, Query()]) -> Response:
    """Show a day's patrols; to who speaks for one unit alone, that unit's."""
    chosen = asked_day(visit, wanted)
    own = may(visit.request, "patrol.read")
    if len(own) == 1 and own[0].kind == "unit":
        return unit_page(visit, own[0].key, chosen)
    return day_page(visit, chosen, wanted.show)


@router.get("/patrols/{unit_id}")
def unit(visit: VisitDep, unit_id: str, wanted: Annotated[Wanted, Query()]) -> Response:
    """Show the patrols of a unit, and what it missed on a day."""
    return unit_page(visit, unit_id, asked_day(visit, wanted))


@router.get("/maps/patrols/{unit_id}")
def on_map(visit: VisitDep, unit_id: str, wanted: Annotated[Wanted, Query()]) -> Response:
    """Return the map of a unit's patrols on a day, a page of its own."""
    chosen, book = asked_day(visit, wanted), book_of(visit)
    beat = book.beat(unit_id, chosen)  # here it is refused; a map that is kept asks nobody
    due = book.is_workday(chosen)

    def draw() -> folium.Map:
        done = walked(visit, book, beat, chosen)
        beneath = {
            "roads": visit.reports.frame("roads", chosen),
            "divisions": lowest_divisions(visit.reports, chosen),
        }
        lines = {"missed" if due else "beat": done.missed, "walked": done.walked}
        points = done.points.assign(look=_looks(done.points["seen"], due=due))
        shown = {look: _in_words(rows, visit.words) for look, rows in lines.items()}
        return patrol_map(shown, points, beneath, visit.words)

    of = (unit_id, chosen, due, exposures.version(visit.reports.workspace, "walked"))
    return map_answer(visit, visit.words.say(_("Patrol")), RESPONSIBILITY, draw, *of)


def book_of(visit: Visit) -> Patrols:
    """Return the patrols, as the caller may see them."""
    return Patrols(service_of(visit.request).setting(visit.caller.person))


def asked_day(visit: Visit, wanted: Wanted) -> date:
    """
    Return the day that is asked for; today if none is.

    Raises
    ------
    QueryError
        If it is none, or is yet to come.
    """
    chosen = day(wanted.day, visit.today)
    if chosen > visit.today:
        msg = "{day} is yet to come; nobody has walked on it."
        raise QueryError(msg, day=chosen.isoformat())
    return in_reach(chosen)


def day_page(visit: Visit, chosen: date, show: str) -> Response:
    """
    Return the page of a day.

    Parameters
    ----------
    visit
        Who asks.
    chosen
        The day.
    show
        One of `SHOWS`: every unit, those who have not walked, those who have.
    """
    book = book_of(visit)
    due = ranked(book.due(chosen))
    missing = due["patrols"] == 0
    picked = {"": due, "missing": due[missing], "done": due[~missing]}[show]
    return _answer(
        visit,
        "patrols.html",
        book=book,
        chosen=chosen,
        show=show,
        rows=_rows(picked),
        counts={"": len(due), "missing": int(missing.sum()), "done": int((~missing).sum())},
        sums={name: float(due[name].sum()) for name in due.columns[-4:]},
        extra=[] if book.is_workday(chosen) else _patrol_rows(book.listed(chosen)),
    )


def unit_page(visit: Visit, unit_id: str, chosen: date) -> Response:
    """
    Return the page of a unit.

    Parameters
    ----------
    visit
        Who asks.
    unit_id
        Whose patrols.
    chosen
        The day whose patrols are drawn.
    """
    book = book_of(visit)
    beat = book.beat(unit_id, chosen)
    done = walked(visit, book, beat, chosen)
    frame = service_of(visit.request).workspaces.whole.frame("units", chosen)
    missed = with_boxes(_in_words(done.missed, visit.words))
    return _answer(
        visit,
        "patrol_unit.html",
        book=book,
        chosen=chosen,
        unit_id=unit_id,
        unit_name=str(frame["name"].get(unit_id, unit_id)),
        done=done,
        share=done.walked_m / done.roads_m if done.roads_m else None,
        missed=_rows(missed),
        points=_rows(with_boxes(done.points)),
        days=latest(book, unit_id, chosen),
        has_beat=len(beat.roads) > 0 or len(beat.points) > 0,
        several=len(may(visit.request, "patrol.read")) != 1
        or may(visit.request, "patrol.read")[0].kind != "unit",
    )


def walked(visit: Visit, book: Patrols, beat: Beat, chosen: date) -> Walk:
    """Return what a unit walked and missed on a day."""
    whole = service_of(visit.request).workspaces.whole
    return walk(whole, beat, book.listed(chosen, beat.unit_id), chosen)


def ranked(due: pd.DataFrame) -> pd.DataFrame:
    """
    Return what is due, who has not walked first, then who has walked the least of it.

    Parameters
    ----------
    due
        What `geodata.patrols.Patrols.due` answers.

    Returns
    -------
    pandas.DataFrame
        With ``share``, missing where there is no road to walk.
    """
    whole = due["roads_m"] - due["walked_m"] < STUB_M
    metres = due["walked_m"].where(~whole | (due["walked_m"] == 0), due["roads_m"])
    share = metres / due["roads_m"].where(due["roads_m"] > 0)
    order = due.assign(walked_m=metres, share=share, walked_once=due["patrols"] > 0)
    order = order.sort_values(["walked_once", "share", "unit_name"], kind="stable")
    columns = ["unit_id", "unit_name", "patrols", "share"]
    return order[[*columns, "roads_m", "walked_m", "points", "points_seen"]]


def latest(book: Patrols, unit_id: str, chosen: date) -> list[dict[str, Any]]:
    """
    Return the last days of a unit, the latest first, each with its patrols.

    Parameters
    ----------
    book
        The patrols.
    unit_id
        Whose.
    chosen
        A day that is among them.
    """
    last = book.today if book.today - chosen < timedelta(days=LATEST) else chosen
    days = [last - timedelta(days=n) for n in range(LATEST)]
    return [
        {
            "day": one,
            "is_workday": book.is_workday(one),
            "patrols": _patrol_rows(book.listed(one, unit_id)),
        }
        for one in days
    ]


def worked_before(book: Patrols, chosen: date) -> date:
    """Return the last working day before a day; no holiday is longer than `LATEST` days."""
    days = [chosen - timedelta(days=n) for n in range(1, LATEST + 1)]
    return next((one for one in days if book.is_workday(one)), days[-1])


def _answer(visit: Visit, template: str, *, book: Patrols, chosen: date, **more: Any) -> Response:  # noqa: ANN401
    answer = render(
        visit,
        template,
        section="patrols",
        chosen=chosen,
        is_workday=book.is_workday(chosen),
        is_today=chosen == visit.today,
        before=chosen - timedelta(days=1),
        after=chosen + timedelta(days=1),
        worked=worked_before(book, chosen),
        **more,
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _patrol_rows(found: pd.DataFrame) -> list[dict[str, Any]]:
    """Return patrols as lists show them, with what of each was missed."""
    rows = _rows(found)
    for row in rows:
        row["missed_m"] = sum(last - first for _road, first, last in row["missed"]["roads"])
        row["share"] = row["walked_m"] / row["roads_m"] if row["roads_m"] else None
    return rows


def _in_words(lines: gpd.GeoDataFrame, words: Words) -> gpd.GeoDataFrame:
    """Return stretches with ``metres``, which tells from where to where."""
    spans = [
        words.say(_("{start}–{end} m"), start=words.number(first), end=words.number(last))
        for first, last in zip(lines["from_m"], lines["to_m"], strict=True)
    ]
    names = [
        key if absent(name) else name
        for key, name in zip(lines["road_id"], lines["name"], strict=True)
    ]
    return lines.assign(metres=spans, length_m=lines["to_m"] - lines["from_m"], name=names)


def _looks(seen: pd.Series, *, due: bool) -> list[str]:
    other = "unseen" if due else "quiet"
    return ["seen" if one else other for one in seen]


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = frame.to_dict("records")
    return rows
