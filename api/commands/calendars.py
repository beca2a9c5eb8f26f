"""The city's own days on the command line: shown, announced, and what they do to deadlines."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from api.commands.session import Session
from api.frames import records
from geodata.calendars import read_hours
from geodata.city_days import Announced, CityDays
from geodata.day_sheet import days_of_file
from gridmap.access import OPERATOR

SHOWN = ["day", "works", "whole_year", "note"]
MOMENTS = ("before", "after")
EXAMPLES = {
    "show": "Example: gridmap calendar show",
    "announce": "Example: gridmap calendar announce 放假安排.xlsx --year 2027 --preview",
    "recount": "Example: gridmap calendar recount",
}


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(
        name="calendar",
        help="The city's own days off and make-up workdays.",
        no_args_is_help=True,
    )
    for name, command in (("show", show), ("announce", announce), ("recount", recount)):
        group.command(name, epilog=EXAMPLES[name])(command)
    app.add_typer(group)


def show(context: typer.Context) -> None:
    """List the days that the city has announced, and until when holidays are known."""
    session: Session = context.obj
    book = _kept(session)
    days, until = book.listed()[SHOWN], book.calendar().known_until
    session.table(days)
    session.say("Holidays are known until {until}.", until=until)
    session.answer({"known_until": str(until), "days": records(days)})


def announce(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
    year: Annotated[
        int | None, typer.Option(help="The year of which this is the whole announcement.")
    ] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Show, and change nothing.")] = False,
) -> None:
    """
    Announce days off and make-up workdays, and move the deadlines that count them.

    The file has the columns 日期, 至, 上班 (or 放假) and 依据.
    """
    session: Session = context.obj
    book = _kept(session)
    with session.working("Reckoning the deadlines"):
        days = days_of_file(file)
        done = book.preview(days, year) if preview else book.announce(days, year, file.name)
    _tell(session, done)
    if preview:
        session.say("Nothing was announced (preview).")


def recount(context: typer.Context) -> None:
    """
    Reckon the deadlines of all open issues by the calendar that is known now.

    For after an update that brings the holidays of another year, or after the working hours were
    set otherwise.
    """
    session: Session = context.obj
    with session.working("Reckoning the deadlines"):
        done = _kept(session).recount()
    _tell(session, done)


def _kept(session: Session) -> CityDays:
    hours = read_hours(session.settings.working_hours)
    return CityDays(session.store, OPERATOR, session.zone, hours)


def _tell(session: Session, done: Announced) -> None:
    moves = done.moves.assign(
        **{name: done.moves[name].map(lambda at: _local(session, at)) for name in MOMENTS}
    )
    session.table(moves)
    session.say(
        "{days} days announced, {withdrawn} withdrawn; {moved} deadlines moved, {untold} came from "
        "elsewhere and stay. Holidays are known until {until}.",
        days=len(done.days),
        withdrawn=len(done.withdrawn),
        moved=len(done.moves),
        untold=done.untold,
        until=done.known_until,
    )
    session.answer(
        {
            "entry": done.entry,
            "days": len(done.days),
            "withdrawn": done.withdrawn,
            "moved": records(done.moves),
            "untold": done.untold,
            "known_until": str(done.known_until),
        }
    )


def _local(session: Session, at: pd.Timestamp) -> str:
    return at.astimezone(session.zone).strftime("%Y-%m-%d %H:%M")
