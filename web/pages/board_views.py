"""The board from across a room, and on the map."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse

from api.callers import permit
from api.service import service_of
from geodata.reports.board import Board
from gridmap import flags
from gridmap.access import CITY
from web.maps.board import LEVELS, board_map
from web.maps.ground import lowest_divisions
from web.maps.offline import page as map_page
from web.pages.board import Wanted, asked_month, boards_of, colours, of_month, rows_of, shown
from web.pages.shell import Visit, VisitDep
from web.words import gettext_noop as _

router = APIRouter(include_in_schema=False, dependencies=[permit("board.read")])
ON_WALL = 6  # tasks that are readable from five metres
SECONDS = 60  # after which the wall is drawn anew


@router.get("/board/wall")
def wall(visit: VisitDep, wanted: Annotated[Wanted, Query()]) -> Response:
    """Show a group's month, or all groups', to be read from across a room."""
    chosen = asked_month(visit, wanted)
    book = boards_of(visit)
    if not wanted.group:
        return every_group(visit, book.board(chosen.year), chosen)
    found = book.month(wanted.group, chosen)
    tasks = rows_of(visit, found.of(wanted.group, chosen), book)
    parts = max(1, -(-len(tasks) // ON_WALL))
    part = wanted.part % parts
    following = {"group": wanted.group, "month": f"{chosen:%Y-%m}", "part": (part + 1) % parts}
    return shown(
        visit,
        "board_wall.html",
        month=chosen,
        seconds=SECONDS if parts == 1 else SECONDS // 3,
        following=visit.link("/board/wall", **following),
        group=found.groups.loc[wanted.group].to_dict(),
        flag_of_month=found.flag(wanted.group, chosen),
        counts=Counter(task["flag"] for task in tasks),
        tasks=tasks[part * ON_WALL : (part + 1) * ON_WALL],
        n_tasks=len(tasks),
        part=part,
        parts=parts,
    )


def every_group(visit: Visit, found: Board, chosen: date) -> Response:
    """Show the flags of all groups that have tasks in a month."""
    cards = _cards(found, chosen)
    return shown(
        visit,
        "board_walls.html",
        month=chosen,
        seconds=SECONDS,
        following=visit.link("/board/wall", month=f"{chosen:%Y-%m}"),
        cards=cards,
        parts=1,
    )


@router.get("/board/map")
def map_view(visit: VisitDep, wanted: Annotated[Wanted, Query()]) -> Response:
    """Show the divisions with their flags of a month."""
    chosen = asked_month(visit, wanted)
    tasks = of_month(boards_of(visit).board(chosen.year), chosen)
    placed = tasks[tasks["division"].notna()]
    rows = [
        {
            "code": code,
            "name": part["division_name"].fillna(str(code)).iloc[0],
            "flag": flags.together(part["flag"]),
            "done": int((part["flag"] == "done").sum()),
            "n": len(part),
            "titles": list(part["title"].unique()),
        }
        for code, part in placed.groupby("division")
    ]
    return shown(
        visit,
        "board_map.html",
        month=chosen,
        rows=rows,
        elsewhere=len(tasks) - len(placed),
        map_address=visit.link("/maps/board", month=f"{chosen:%Y-%m}"),
    )


@router.get("/maps/board")
def on_map(visit: VisitDep, wanted: Annotated[Wanted, Query()]) -> HTMLResponse:
    """Return the map of a month's flags, a page of its own."""
    chosen = asked_month(visit, wanted)
    city = service_of(visit.request).reports((CITY,))  # a board is the whole city's
    areas = {name: city.frame(name, visit.as_of) for name in LEVELS}
    drawn = board_map(
        of_month(boards_of(visit).board(chosen.year), chosen),
        areas,
        lowest_divisions(city, visit.as_of),
        colours(visit),
        visit.words,
    )
    return HTMLResponse(map_page(drawn, visit.words.say(_("Flags by division"))))


def _cards(found: Board, chosen: date) -> list[dict[str, Any]]:
    """Return the groups that have a board in a month."""
    tasks = of_month(found, chosen)
    cards = []
    for group, row in found.groups.iterrows():
        mine = tasks[tasks["group_id"] == group]
        if len(mine):
            done = int((mine["flag"] == "done").sum())
            flag = flags.together(mine["flag"])
            told = {"group_id": group, "name": row["name"], "flag": flag}
            cards.append({**told, "done": done, "n": len(mine)})
    return cards
