"""Declared totals against the register's own counts."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import pandas as pd
from fastapi import APIRouter, Response
from pydantic import Field

from api.callers import permit
from api.deps import ReportsDep, answer
from api.frames import records
from api.orders import Body, Key
from geodata.reports import totals

router = APIRouter(
    prefix="/inspection-points", tags=["register"], dependencies=[permit("register.read")]
)


class Declared(Body):
    """One declared total: of a whole, or of a part of it."""

    group: Key
    name: Key | None = None
    declared: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None


class Reconciling(Body):
    """Totals as they were declared, and what their parts are."""

    by: Literal["category", "district", "subdistrict", "community"] = "category"
    declared: Annotated[list[Declared], Field(min_length=1, max_length=10_000)]
    as_of: date | None = None


@router.post("/reconciliation")
def reconciliation(asked: Reconciling, reports: ReportsDep) -> Response:
    """Compare declared totals of points with the register's, and a whole with its own parts."""
    declared = pd.DataFrame([one.model_dump() for one in asked.declared])
    as_of = asked.as_of or reports.today()
    rows = totals.reconciled(reports.workspace, declared, asked.by, as_of)
    return answer({"as_of": as_of, "by": asked.by, "rows": records(rows)}, None)
