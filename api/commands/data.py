"""Commands that bring files in and take files out."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from api.commands.session import Session
from api.sentences import QueryError, listed
from geodata import writers
from geodata.importing import Preview
from geodata.register import ImportOptions
from gridmap import layers

LAYER_HELP = f"One of {', '.join(layers.LAYERS)}."


class Duplicates(StrEnum):
    """Which of several rows with one key counts."""

    REFUSE = "refuse"
    FIRST = "first"
    LAST = "last"


Headings = Annotated[
    list[str] | None, typer.Option("--map", help="HEADING=column; may be given many times.")
]
Since = Annotated[str | None, typer.Option(help="Day from which this holds; today if left out.")]
RetireMissing = Annotated[
    bool, typer.Option("--retire-missing", help="Retire what the file no longer has.")
]
ParentsByPlace = Annotated[
    bool, typer.Option("--parents-by-place", help="Find the division above by where it lies.")
]
Counting = Annotated[Duplicates, typer.Option(help="Which of several rows with one key counts.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(
        "import", epilog="Example: gridmap import units 单位.xlsx --map 单位名称=name --dry-run"
    )(import_layer)
    app.command("export", epilog="Example: gridmap export grids grids.gpkg --as-of 2026-06-30")(
        export_layer
    )


def import_layer(
    context: typer.Context,
    layer: Annotated[str, typer.Argument(help=LAYER_HELP)],
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
    mapping: Headings = None,
    crs: Annotated[str | None, typer.Option(help="CRS of the file: EPSG:…, gcj02, bd09.")] = None,
    sheet: Annotated[str | None, typer.Option(help="Sheet of a workbook.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Encoding of a text file.")] = None,
    since: Since = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show, and change nothing.")] = False,
    retire_missing: RetireMissing = False,
    parents_by_place: ParentsByPlace = False,
    duplicates: Counting = Duplicates.REFUSE,
) -> None:
    """Read a file into a layer: all of it, or nothing."""
    session: Session = context.obj
    options = ImportOptions(
        mapping=_pairs(mapping or []),
        crs=crs,
        sheet=sheet,
        encoding=encoding,
        since=session.day(since),
        retire_missing=retire_missing,
        parents_by_place=parents_by_place,
        duplicates=duplicates.value,
    )
    with session.working("Reading and comparing"):
        preview = session.register.preview(layer, file, options)
    _show(session, layer, preview)
    if len(preview.faults) > 0:
        raise typer.Exit(1)
    if dry_run:
        session.say("Nothing was changed (dry run).")
        return
    with session.working("Writing"):
        session.register.commit(layer, preview, options, source=file.name)
    session.say("Done.")


def export_layer(
    context: typer.Context,
    layer: Annotated[str, typer.Argument(help=LAYER_HELP)],
    file: Annotated[Path, typer.Argument(help=".geojson .gpkg .parquet .xlsx .csv")],
    as_of: Annotated[str | None, typer.Option(help="The day; today if left out.")] = None,
) -> None:
    """Write a layer to a file; importing it again changes nothing."""
    session: Session = context.obj
    layers.layer(layer)
    frame = session.workspace.frame(layer, session.day(as_of))
    with session.working("Writing"):
        writers.write(frame, session.may_write(file), layer=layer)
    session.say("{n} rows in {file}", n=len(frame), file=file)
    session.answer({"rows": len(frame), "file": str(file)})


def _pairs(given: list[str]) -> dict[str, str]:
    pairs = dict(part.partition("=")[::2] for part in given)
    if wrong := [heading for heading, column in pairs.items() if not column]:
        msg = "--map takes HEADING=column; {given} has no column."
        raise QueryError(msg, given=", ".join(wrong))
    return pairs


def _show(session: Session, layer: str, preview: Preview) -> None:
    counts = preview.counts
    session.say(
        "{layer}: {added} to add, {changed} to change, {unchanged} as they are, "
        "{retired} to retire, {refused} refused",
        layer=layer,
        **counts,
    )
    notes = [session.words(note.template, **note.values) for note in preview.notes]
    for note in notes:
        session.say("· {note}", note=note)
    faults = pd.DataFrame(listed(preview.faults, session.settings.language))
    session.table(faults)
    session.answer(
        {
            "layer": layer,
            **counts,
            "notes": notes,
            "errors": faults.to_dict("records"),
        }
    )
