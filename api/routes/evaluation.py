"""Evaluation: what became of the issues of a period, by who answers for them or where they lie."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

import pandas as pd
from fastapi import APIRouter, Request, Response
from fastapi import Query as InQuery
from pydantic import Field

from api.callers import permit
from api.deps import ReportsDep, TagDep, answer, day
from api.frames import records
from api.i18n import translator
from api.queries import DayQuery
from api.routes.journal import FIRST_DAY, LAST_DAY
from geodata.issues.sheet import MEDIA_XLSX
from geodata.reports.evaluation import evaluate, evaluate_city, sheet
from gridmap.indicators import INDICATORS

router = APIRouter(prefix="/evaluation", tags=["evaluation"], dependencies=[permit("leading.read")])
By = Literal["unit", "subdistrict", "community", "grid", "district", "channel", "category"]
HEADINGS = {
    "unit": "单位",
    "subdistrict": "街道（乡镇）",
    "community": "社区（村）",
    "grid": "网格",
    "district": "区县",
    "channel": "渠道",
    "category": "问题类别",
}


class EvaluationQuery(DayQuery):
    """Of which period, and by what."""

    by: By = "unit"
    since: date | None = Field(
        default=None, ge=FIRST_DAY, le=LAST_DAY, description="First day; that of `until`'s month."
    )
    until: date | None = Field(
        default=None, ge=FIRST_DAY, le=LAST_DAY, description="Last day; `as_of` if left out."
    )
    channel: str | None = Field(default=None, max_length=200)
    format: Literal["json", "xlsx"] = "json"

    def period(self, as_of: date) -> tuple[date, date]:
        """Return first and last day: the month up to `as_of` if nobody says."""
        until = self.until or as_of
        return self.since or until.replace(day=1), until


@router.get("")
def evaluation(
    query: Annotated[EvaluationQuery, InQuery()],
    request: Request,
    reports: ReportsDep,
    made: TagDep,
) -> Response:
    """Return each indicator with its numerator, denominator and 95 % interval."""
    as_of = day(query, reports)
    period = query.period(as_of)
    channel, zone = query.channel or None, reports.zone
    table = evaluate(reports.workspace, period, query.by, as_of, channel=channel, zone=zone)
    if query.format == "xlsx":
        return workbook(table, query.by, str(request.state.language))
    city = evaluate_city(reports.workspace, period, as_of, channel=channel, zone=zone)
    body = {
        "since": period[0],
        "until": period[1],
        "as_of": as_of,
        "by": query.by,
        "indicators": described(str(request.state.language)),
        "city": records(city),
        "rows": records(table.reset_index()),
    }
    return answer(body, made)


def described(language: str) -> list[dict[str, Any]]:
    """
    Return what the indicators mean.

    Parameters
    ----------
    language
        Of titles and definitions.
    """
    say = translator(language).gettext
    return [
        {
            "indicator": name,
            "title": say(one.title),
            "definition": say(one.definition),
            "better": one.better or None,
            "by_effort": one.by_effort,
        }
        for name, one in INDICATORS.items()
    ]


def workbook(table: pd.DataFrame, by: str, language: str) -> Response:
    """
    Return an evaluation as a workbook: a row for each key, with numerators and denominators.

    Parameters
    ----------
    table
        As `geodata.reports.evaluation.evaluate` returns it.
    by
        One of `geodata.reports.evaluation.BY`.
    language
        Of the headings.
    """
    say = translator(language).gettext
    titles = {name: str(say(one.title)) for name, one in INDICATORS.items()}
    content = sheet(table, HEADINGS[by], titles)
    headers = {
        "Content-Disposition": f'attachment; filename="evaluation-{by}.xlsx"',
        "Cache-Control": "no-store",
    }
    return Response(content, media_type=MEDIA_XLSX, headers=headers)
