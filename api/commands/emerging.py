"""The command that asks where it begins, grows, stays and ends."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from api.commands.session import Session
from api.frames import dump
from api.routes.emerging import told
from geodata import writers
from geodata.reports.emerging import Found, find, last_day_over, usual_period
from geodata.reports.selection import Selection
from gridmap.errors import InvalidError
from gridmap.patterns import NONE, PATTERNS
from gridmap.steps import EVERY

SHOWN = ["name", "pattern", "count", "hot_steps", "cold_steps", "last_z", "unit_name"]


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("emerging", epilog="Example: gridmap emerging --every week -o patterns.gpkg")(
        emerging
    )


def emerging(
    context: typer.Context,
    every: Annotated[str, typer.Option(help="week, month or quarter.")] = "month",
    since: Annotated[str | None, typer.Option(help="First day.")] = None,
    until: Annotated[str | None, typer.Option(help="Last day.")] = None,
    category: Annotated[str | None, typer.Option(help="Only issues of this category.")] = None,
    channel: Annotated[str | None, typer.Option(help="Only issues of this channel.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The ending says the format.")
    ] = None,
) -> None:
    """Find hot spots that begin, grow, stay and end (Gi* in space and time, Mann-Kendall)."""
    session: Session = context.obj
    steps = next((step for step in EVERY if step == every), None)
    if steps is None:
        msg = "There is no step {every}; there are {steps}."
        raise InvalidError(msg, every=every, steps=", ".join(EVERY))
    reports, today = session.reports, session.day(None)
    over = last_day_over(today, today)
    first, last = usual_period(reports.workspace, steps, reports.zone, over=over)
    last = min(session.day(until), over) if until else last
    first = session.day(since) if since else min(first, last)
    with session.working("Looking for patterns"):
        wanted = Selection(first, last, category, channel)
        found = find(reports.workspace, wanted, steps, reports.zone, today)
    _say(session, found)
    session.answer(told(found, "wgs84"))
    if output is not None:
        _write(session, output, found)


def _say(session: Session, found: Found) -> None:
    table = pd.DataFrame(found.emerging.table.drop(columns="geometry"))
    marked = table[table["pattern"] != NONE]
    order = marked["pattern"].map({name: n for n, name in enumerate(PATTERNS)})
    session.table(marked.loc[order.sort_values(kind="stable").index, SHOWN].reset_index())
    for template, values in found.emerging.method.sentences():
        session.say(template, **values)
    for step in (found.steps.before, found.steps.after):
        if step is not None:
            session.say(
                "Left out, as it is no whole step: {since} to {until}.",
                since=step.since.isoformat(),
                until=step.until.isoformat(),
            )


def _write(session: Session, output: Path, found: Found) -> None:
    session.may_write(output)
    if output.suffix.lower() == ".json":
        output.write_bytes(dump(told(found, "wgs84")))
    else:
        writers.write(found.emerging.table, output)
    session.say("Written: {file}", file=output)
