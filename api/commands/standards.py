"""Publishing filing conditions on the command line."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from api.commands.session import Session
from api.sentences import QueryError, listed
from geodata.standards import StandardOptions, StandardPreview, Standards
from gridmap.access import OPERATOR
from gridmap.demo.standard import DEMO_EDITION, demo_conditions

EXAMPLE = "Example: gridmap standard 立案处置标准.xlsx --edition 2026-07 --preview"


class Sort(StrEnum):
    """What a sheet lists."""

    COMPONENT = "component"
    EVENT = "event"


class Bare(StrEnum):
    """What 小时 and 天 are, where a sheet says no more."""

    CALENDAR = "calendar"
    WORKING = "working"


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("standard", epilog=EXAMPLE)(standard)


def standard(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(exists=True, dir_okay=False, readable=True)] = None,
    edition: Annotated[
        str, typer.Option(help="What it is published as: its date, such as 2026-07.")
    ] = "",
    sheet: Annotated[str | None, typer.Option(help="Sheet of a workbook.")] = None,
    header: Annotated[int | None, typer.Option(min=1, help="Row of the headings.")] = None,
    sort: Annotated[
        Sort | None, typer.Option(help="What it lists, where the sheet does not say.")
    ] = None,
    bare: Annotated[
        Bare | None, typer.Option(help="What 小时 and 天 are, where the sheet says no more.")
    ] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Show, and change nothing.")] = False,
    demo: Annotated[bool, typer.Option("--demo", help="Publish the made-up standard.")] = False,
) -> None:
    """Read a sheet of filing conditions and publish it as an edition: all of it, or nothing."""
    session: Session = context.obj
    standards = Standards(session.store, OPERATOR, session.today())
    if demo == (file is not None):
        msg = "Name a file, or --demo."
        raise QueryError(msg)
    if file is None:
        _publish(session, standards, demo_conditions(), edition or DEMO_EDITION, "demo")
        return
    options = StandardOptions(sheet, header, sort, bare.value if bare else None)
    with session.working("Reading the sheet"):
        found = standards.preview(file, options)
    answer = _tell(session, found)
    if found.refused or preview:
        session.answer(answer)
    if found.refused:
        raise typer.Exit(1)
    if preview:
        session.say("Nothing was published (preview).")
        return
    _publish(session, standards, found.conditions, edition, file.name)


def _publish(
    session: Session, standards: Standards, conditions: pd.DataFrame, edition: str, source: str
) -> None:
    with session.working("Writing"):
        kept = standards.publish(conditions, edition, source)
    name = str(kept["edition"].iloc[0])
    session.say("{n} filing conditions are published as {edition}.", n=len(kept), edition=name)
    session.answer({"edition": name, "conditions": len(kept)})


def _tell(session: Session, found: StandardPreview) -> dict[str, object]:
    counts = found.counts
    session.say(
        "{conditions} filing conditions in {categories} categories, {refused} rows refused",
        **{name: counts[name] for name in ("conditions", "categories", "refused")},
    )
    notes = [session.words(note.template, **note.values) for note in found.notes]
    for note in notes:
        session.say("· {note}", note=note)
    faults = pd.DataFrame(listed(found.faults, session.settings.language))
    session.table(faults)
    return {**counts, "notes": notes, "errors": faults.to_dict("records")}
