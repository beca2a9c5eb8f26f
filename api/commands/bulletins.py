"""Commands of the monthly bulletin: list, freeze, amend, verify, write to a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from api.commands.session import Session
from api.sentences import QueryError
from geodata.bulletins import Bulletins
from geodata.calendars import calendar_of_city
from geodata.issues.setting import Setting
from geodata.paper.bulletin_pdf import bulletin_pdf
from geodata.paper.bulletin_sheets import bulletin_sheets
from geodata.paper.bulletin_word import bulletin_word
from geodata.paper.meeting_pack import meeting_pack
from geodata.scoped import Workspaces
from gridmap.access import OPERATOR
from gridmap.bulletins import Month

MonthText = Annotated[str, typer.Argument(help="As 2026-03.")]
FILES = {".pdf": bulletin_pdf, ".docx": bulletin_word, ".xlsx": bulletin_sheets}
SHOWN = ["month", "state", "amendment", "frozen_by", "frozen_at"]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(
        name="bulletin", help="The monthly bulletin: freeze, amend, verify.", no_args_is_help=True
    )
    group.command("list", epilog="Example: gridmap bulletin list")(list_months)
    group.command("freeze", epilog="Example: gridmap bulletin freeze 2026-03")(freeze)
    group.command("amend", epilog="Example: gridmap bulletin amend 2026-03 --reason 补报")(amend)
    group.command("verify", epilog="Example: gridmap bulletin verify")(verify)
    group.command("write", epilog="Example: gridmap bulletin write 2026-03 -o 2026-03.docx")(write)
    app.add_typer(group)


def list_months(context: typer.Context) -> None:
    """List the months, and how far the bulletin of each is."""
    session: Session = context.obj
    months = _kept(session).months()
    session.table(pd.DataFrame(months)[SHOWN])
    session.answer({"bulletins": months})


def freeze(context: typer.Context, month: MonthText) -> None:
    """Freeze a month that is over: its figures never change again."""
    session: Session = context.obj
    with session.working("Putting the figures together"):
        done = _kept(session).freeze(Month.of(month))
    session.say("Frozen: {month}, hash {hash}.", month=month, hash=done.hash)
    session.answer(done.told())


def amend(
    context: typer.Context,
    month: MonthText,
    reason: Annotated[str, typer.Option(help="Why it is corrected.")],
) -> None:
    """Add a numbered amendment with the figures of the register as it is now."""
    session: Session = context.obj
    with session.working("Putting the figures together"):
        done = _kept(session).amend(Month.of(month), reason)
    session.say(
        "Amendment {n} of {month}, hash {hash}.", n=done.amendment, month=month, hash=done.hash
    )
    session.answer(done.told())


def verify(context: typer.Context, month: Annotated[str | None, typer.Argument()] = None) -> None:
    """
    Recompute the hashes of all editions, or of a month's.

    Leaves with 1 where one does not fit.
    """
    session: Session = context.obj
    found = _kept(session).verify(None if month is None else Month.of(month))
    session.say(
        "{editions} editions, {faults} faults",
        editions=found["editions"],
        faults=len(found["faults"]),
    )
    session.table(pd.DataFrame(found["faults"]))
    session.answer(found)
    if not found["sound"]:
        raise typer.Exit(1)


def write(
    context: typer.Context,
    month: MonthText,
    output: Annotated[Path, typer.Option("--output", "-o", help="Ends in pdf, docx or xlsx.")],
    amendment: Annotated[int | None, typer.Option(help="The last edition if left out.")] = None,
    pack: Annotated[
        bool, typer.Option("--pack", help="The workbook for the meeting, with the ledger.")
    ] = False,
) -> None:
    """Write a bulletin as PDF, Word or Excel."""
    session: Session = context.obj
    ending = output.suffix.lower()
    if ending not in FILES or (pack and ending != ".xlsx"):
        msg = "{file} should end in {endings}."
        raise QueryError(msg, file=output.name, endings=".xlsx" if pack else ", ".join(FILES))
    session.may_write(output)
    setting = _setting(session)
    edition = _kept(session).edition(Month.of(month), amendment)
    language = session.settings.language
    if pack:
        content = meeting_pack(edition, language, setting)
    else:
        content = FILES[ending](edition, language, session.zone)
    output.write_bytes(content)
    session.say("Written: {file}", file=output)
    session.answer({**edition.told(), "file": str(output)})


def _kept(session: Session) -> Bulletins:
    return Bulletins(_setting(session), may_draft=True)


def _setting(session: Session) -> Setting:
    city = calendar_of_city(session.workspace, session.zone, session.settings.working_hours)
    return Setting(Workspaces(session.workspace), OPERATOR, city, session.zone)
