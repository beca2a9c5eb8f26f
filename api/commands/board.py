"""Commands of the board: list a month, bring a year's plan in, freeze a month."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from api.commands.session import Session
from api.frames import records
from api.routes.boards import month_of, told_tasks
from geodata.board_plans import Names, read_plan
from geodata.boards import Boards
from geodata.reports.board import Board
from gridmap import flags
from gridmap.access import OPERATOR
from gridmap.errors import InvalidError, NotFoundError

MonthText = Annotated[str, typer.Argument(help="As 2026-03.")]
GROUP_COLUMNS = ["name", "flag", "done", "tasks", "frozen"]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(
        name="board",
        help="The boards of the special groups: list, plan, freeze.",
        no_args_is_help=True,
    )
    group.command("list", epilog="Example: gridmap board list 2026-03")(list_groups)
    group.command("plan", epilog="Example: gridmap board plan 2026.xlsx")(plan)
    group.command("freeze", epilog="Example: gridmap board freeze 2026-03 --group 市容环境组")(
        freeze
    )
    app.add_typer(group)


def list_groups(
    context: typer.Context,
    month: Annotated[str | None, typer.Argument(help="As 2026-03; this month if left out.")] = None,
) -> None:
    """List the groups with their flags of a month."""
    session: Session = context.obj
    day = month_of(month) if month else flags.first_day(session.today())
    found = _kept(session).board(day.year)
    rows = [_row(found, str(key), day) for key in found.groups.index]
    told = pd.DataFrame(rows, columns=["group_id", *GROUP_COLUMNS])
    session.table(told[GROUP_COLUMNS])
    here = found.tasks[found.tasks["month"] == pd.Timestamp(day)]
    body = {"month": f"{day:%Y-%m}", "groups": records(told), "tasks": told_tasks(here)}
    session.answer(body)


def plan(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Excel, one monthly task a row.")],
    check: Annotated[
        bool, typer.Option("--check", help="Only list the faults; nothing is written.")
    ] = False,
) -> None:
    """
    Bring a year's plan in, all of it or nothing; what was reported stays.

    Leaves with 1 and lists every fault where there is one.
    """
    session: Session = context.obj
    kept = _kept(session)
    with session.working("Reading the plan"):
        found = read_plan(file, _names(session))
        faults = kept.faults(found)
    if check and not len(faults):
        session.say("{n} tasks, no fault.", n=len(found.tasks))
        session.answer({"tasks": len(found.tasks), "faults": 0})
        return
    if len(faults):
        msg = "The plan has {n} faults."
        raise InvalidError(msg, n=len(faults), faults=faults)
    counts = kept.plan(found, file.name)
    session.say("{tasks} new tasks, {known} known ones, {groups} new groups.", **counts)
    session.answer(dict(counts))


def freeze(
    context: typer.Context,
    month: MonthText,
    group: Annotated[
        str | None, typer.Option(help="Name of a group; all that have a board if left out.")
    ] = None,
    report: Annotated[str | None, typer.Option(help="The month's report in words.")] = None,
) -> None:
    """Freeze a month that is over, of a group or of all whose months are open."""
    session: Session = context.obj
    kept, day = _kept(session), month_of(month)
    found = kept.board(day.year)
    done: list[dict[str, str]] = []
    for key, name in _groups(found, group).items():
        open_one = len(found.of(key, day)) and found.frozen(key, day) is None
        if group is None and not open_one:
            continue
        done.append({"group": name, "hash": kept.freeze(key, day, report)})
        session.say("Frozen: {group}, hash {hash}.", **done[-1])
    if not done:
        session.say("Nothing is left to freeze.")
    session.answer({"month": f"{day:%Y-%m}", "frozen": done})


def _row(found: Board, key: str, day: date) -> dict[str, object]:
    tasks = found.of(key, day)
    return {
        "group_id": key,
        "name": found.groups.loc[key, "name"],
        "flag": found.flag(key, day),
        "done": int((tasks["flag"] == "done").sum()),
        "tasks": len(tasks),
        "frozen": found.frozen(key, day) is not None,
    }


def _groups(found: Board, name: str | None) -> dict[str, str]:
    """Return key → name of the groups that are meant."""
    every = {str(key): str(called) for key, called in found.groups["name"].items()}
    meant = {key: called for key, called in every.items() if name in (None, called, key)}
    if name is not None and not meant:
        msg = "There is no group {group_id}."
        raise NotFoundError(msg, group_id=name[:80])
    return meant


def _kept(session: Session) -> Boards:
    return Boards(session.workspace, OPERATOR, session.today(), session.zone)


def _names(session: Session) -> Names:
    """Return how units and divisions may be called in a plan."""
    whole, today = session.workspace, session.today()
    layers = ("districts", "subdistricts", "communities")
    return Names.of(whole.frame("units", today), [whole.frame(name, today) for name in layers])
