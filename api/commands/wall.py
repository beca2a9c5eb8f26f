"""The wall map on the command line."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from api.commands.session import Session
from geodata.paper.wall_map import LAYERS, ORIENTATIONS, SIZES, USUAL, WallOrder, wall_map

EXAMPLE = "Example: gridmap wallmap wall.pdf --size A0 --layer units --layer roads --layer index"
Layers = Annotated[list[str] | None, typer.Option(help=f"Some of {', '.join(LAYERS)}; repeatable.")]


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("wallmap", epilog=EXAMPLE)(wallmap)


def wallmap(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(dir_okay=False, help="A .pdf or a .png.")],
    size: Annotated[str, typer.Option(help=f"One of {', '.join(SIZES)}.")] = "A3",
    orientation: Annotated[str, typer.Option(help=f"{' or '.join(ORIENTATIONS)}.")] = "landscape",
    division: Annotated[str | None, typer.Option(help="Only this division.")] = None,
    layer: Layers = None,
    title: Annotated[str, typer.Option(help="Instead of the usual one.")] = "",
    contacts: Annotated[
        bool, typer.Option("--contacts", help="Names and telephones in the index.")
    ] = False,
    as_of: Annotated[str | None, typer.Option("--as-of", help="The day; today.")] = None,
    dpi: Annotated[int, typer.Option(help="Of a picture.")] = 150,
    page: Annotated[int, typer.Option(min=1, help="Of a picture.")] = 1,
) -> None:
    """Print who answers for which grid on one large sheet, with an index of units."""
    session: Session = context.obj
    order = WallOrder(
        division=division,
        size=size,
        orientation=orientation,
        layers=USUAL if layer is None else tuple(layer),
        title=title,
        form=file.suffix.lower().removeprefix("."),
        dpi=dpi,
        page=page,
        done=session.settings.flag_done,
        not_done=session.settings.flag_not_done,
    )
    with session.working("Drawing the wall map"):
        made = wall_map(
            session.reports,
            asdict(order),
            session.day(as_of),
            language=session.settings.language,
            contacts=contacts,
        )
    session.may_write(file).write_bytes(made)
    session.say("Written: {file}", file=file)
    session.answer({"file": str(file), "bytes": len(made)})
