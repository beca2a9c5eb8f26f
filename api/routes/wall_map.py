"""Wall maps over HTTP: one large sheet as PDF or PNG, made in a process of its own."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field, field_validator

from api.callers import may, permit, scopes_of
from api.deps import ContactsDep, ReportsDep
from api.queries import DayQuery
from geodata import printing
from geodata.paper.wall_map import DPI, USUAL, WHOLE_CITY, WallOrder
from geodata.paper.wall_map import wall_map as draw_wall_map
from gridmap.access import CITY
from gridmap.errors import NotFoundError

router = APIRouter(prefix="/papers", tags=["papers"], dependencies=[permit("paper.print")])
MEDIA = {"pdf": "application/pdf", "png": "image/png"}
AT_ONCE = 200  # grids of a map that is drawn while the request waits in this process
NEEDS = {"hotspots": "hotspot.read", "flags": "board.read"}


class WallQuery(DayQuery):
    """Which wall map."""

    division: str | None = Field(default=None, description="The whole city if left out.")
    size: Literal["A3", "A2", "A1", "A0"] = "A3"
    orientation: Literal["portrait", "landscape"] = "landscape"
    layer: list[str] = Field(
        default=list(USUAL),
        description="What is drawn beside grids and borders; `grids` alone draws no more.",
    )
    title: str = Field(default="", max_length=60, description="Instead of the usual one.")
    contacts: bool = Field(
        default=False, description="Whom to call, in the index; only for who may see it."
    )

    @field_validator("division", mode="before")
    @classmethod
    def _whole(cls, value: object) -> object:
        """Take an empty choice of a form for the whole city."""
        return value or None


class PictureQuery(WallQuery):
    """Which page of it, and how fine."""

    dpi: int = Field(default=150, ge=DPI[0], le=DPI[1])
    page: int = Field(default=1, ge=1, le=1000)


@router.get("/wall-map.pdf")
def wall_map(
    query: Annotated[WallQuery, Query()],
    request: Request,
    reports: ReportsDep,
    contacts: ContactsDep,
) -> Response:
    """Return who answers for which grid on one large sheet, with an index of units."""
    return _made(query, request, reports, contacts=contacts, form="pdf")


@router.get("/wall-map.png")
def wall_picture(
    query: Annotated[PictureQuery, Query()],
    request: Request,
    reports: ReportsDep,
    contacts: ContactsDep,
) -> Response:
    """Return one page of a wall map as a picture."""
    more = {"dpi": query.dpi, "page": query.page}
    return _made(query, request, reports, contacts=contacts, form="png", **more)


def _made(
    query: WallQuery,
    request: Request,
    reports: ReportsDep,
    *,
    contacts: bool,
    form: str,
    **more: Any,  # noqa: ANN401
) -> Response:
    as_of = query.as_of or reports.today()
    if query.division is not None and query.division not in reports.divisions(as_of).index:
        msg = "There is no division {code} in the register on that day."
        raise NotFoundError(msg, code=query.division)
    asked: dict[str, Any] = {
        "order": asdict(_order(query, request, form=form, **more)),
        "as_of": as_of,
        "language": str(getattr(request.state, "language", request.app.state.settings.language)),
        "contacts": contacts and query.contacts,
    }
    # PDFium, which draws pictures, knows no threads
    if form == "pdf" and len(reports.frame("grids", as_of)) <= AT_ONCE:
        made = draw_wall_map(reports, **asked)
    else:
        made = printing.printed(reports, "wall-map", scopes_of(request), **asked)
    headers = {
        "Content-Disposition": f'inline; filename="wall-map.{form}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(made, media_type=MEDIA[form], headers=headers)


def _order(query: WallQuery, request: Request, *, form: str, **more: Any) -> WallOrder:  # noqa: ANN401
    settings = request.app.state.settings
    return WallOrder(
        division=query.division,
        size=query.size,
        orientation=query.orientation,
        layers=_layers(query.layer, request),
        title=query.title,
        form=form,
        **more,
        done=settings.flag_done,
        not_done=settings.flag_not_done,
    )


def _layers(asked: list[str], request: Request) -> tuple[str, ...]:
    """Leave out the grids, which are always drawn, and what the caller may not see."""
    whole = CITY in scopes_of(request)
    return tuple(
        layer
        for layer in dict.fromkeys(asked)
        if layer != "grids"
        and (layer not in WHOLE_CITY or (whole and CITY in may(request, NEEDS[layer])))
    )
