"""The city at a glance."""

from __future__ import annotations

from typing import Any

import folium
import pandas as pd
from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from api.callers import permit
from geodata.workspace import RESPONSIBILITY
from web.maps.city import city_map
from web.maps.ground import lowest_divisions
from web.maps.palette import REASONS
from web.pages.drawn import map_answer
from web.pages.shell import VisitDep, render
from web.words import Words
from web.words import gettext_noop as _

router = APIRouter(include_in_schema=False, dependencies=[permit("register.read")])
SERIES_AT_MOST = 5
MONTHS = 24


@router.get("/")
def overview(visit: VisitDep) -> HTMLResponse:
    """Show key figures, the map of the covered and the uncovered, and how issues move."""
    found = visit.reports.overview(visit.as_of)
    reasons = [(reason, found.gap_m2_by_reason.get(reason, 0.0)) for reason in REASONS]
    return render(
        visit,
        "overview.html",
        section="overview",
        overview=found,
        reasons=[(reason, area) for reason, area in reasons if area > 0],
        uncovered_m2=found.ground_m2 - found.covered_m2,
        trend=trend(found.issues_by_month, visit.words),
        categories=found.issues_by_category.head(8).to_dict(),
        categories_n=len(found.issues_by_category),
        units=found.units_with_most.to_dict("records"),
    )


@router.get("/maps/city")
def city(visit: VisitDep) -> Response:
    """Return the map of the overview, a page of its own."""
    reports, day = visit.reports, visit.as_of

    def draw() -> folium.Map:
        return city_map(
            lowest_divisions(reports, day),
            reports.areas("grid", day),
            reports.gaps(day),
            reports.frame("roads", day),
            visit.words,
        )

    return map_answer(visit, visit.words.say(_("Overview")), RESPONSIBILITY, draw)


def trend(months: pd.DataFrame, words: Words) -> dict[str, Any]:
    """
    Return what the chart of issues over time draws.

    Parameters
    ----------
    months
        ``month``, ``category``, ``n``.
    words
        In whose language.

    Returns
    -------
    dict
        ``months`` (labels, none left out) and ``series`` (name, values): the largest categories,
        the rest as one.
    """
    if months.empty:
        return {"months": [], "series": []}
    wide = months.pivot_table(
        index="month", columns="category", values="n", aggfunc="sum", fill_value=0
    )
    axis = pd.date_range(wide.index.min(), wide.index.max(), freq="MS")[-MONTHS:]
    wide = wide.reindex(axis, fill_value=0)
    order = wide.sum().sort_values(ascending=False, kind="stable").index
    series = [
        {"name": str(name), "values": wide[name].astype(int).tolist()}
        for name in order[:SERIES_AT_MOST]
    ]
    rest = wide[order[SERIES_AT_MOST:]].sum(axis=1).astype(int)
    if rest.any():
        series.append({"name": words.say(_("Others")), "values": rest.tolist()})
    return {"months": [words.month(month) for month in axis], "series": series}
