"""The figures of the leaders' charts, as JSON and as Excel."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response
from fastapi import Query as InQuery
from pydantic import Field

from api.callers import permit
from api.deps import ReportsDep, answer
from api.frames import records
from api.routes.leaders import SpanQuery
from geodata.issues.sheet import MEDIA_XLSX
from geodata.reports import Reports
from geodata.reports.charts import Wanted, sheet
from geodata.reports.charts import chart as figures_of
from geodata.reports.parts import find_part

router = APIRouter(prefix="/charts", tags=["leaders"], dependencies=[permit("leading.read")])


class ChartQuery(SpanQuery):
    """Of which issues."""

    category: str | None = Field(default=None, max_length=200)
    channel: str | None = Field(default=None, max_length=200)

    def wanted(self, reading: Reports) -> Wanted:
        """Return it as the use case takes it; what is left empty is not asked."""
        span = self.span(reading)
        part = find_part(reading.workspace, self.division, span.until)
        return Wanted(span, part, self.category or None, self.channel or None)


@router.get("/{chart}.xlsx")
def as_excel(chart: str, query: Annotated[ChartQuery, InQuery()], reports: ReportsDep) -> Response:
    """Return the figures of a chart as a workbook."""
    content = sheet(reports.workspace, chart, query.wanted(reports))
    headers = {"Content-Disposition": f'attachment; filename="{chart}.xlsx"'}
    return Response(content, media_type=MEDIA_XLSX, headers=headers)


@router.get("/{chart}")
def one(chart: str, query: Annotated[ChartQuery, InQuery()], reports: ReportsDep) -> Response:
    """Return the figures of a chart: trend, calendar, categories, stages, ages or on_time."""
    wanted = query.wanted(reports)
    rows = figures_of(reports.workspace, chart, wanted)
    body = {
        "chart": chart,
        "division": wanted.part.code,
        "since": wanted.span.since,
        "until": wanted.span.until,
        "moment": wanted.span.moment.to_pydatetime(),
        "rows": records(rows),
    }
    return answer(body, None)
