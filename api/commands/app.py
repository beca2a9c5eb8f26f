"""The command line put together."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

import gridmap
from api.commands.faces import Faces
from api.commands.index import Index
from gridmap.errors import GridMapError


def build(faces: Faces) -> typer.Typer:
    """
    Put the command line together.

    Parameters
    ----------
    faces
        The service with its pages, and the maps as files.
    """
    app = typer.Typer(
        name="gridmap",
        cls=Index,
        help="The spatial register with which a city runs its responsibility grid.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="markdown",
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback()
    def start(
        context: typer.Context,
        json: bool = typer.Option(False, "--json", help="Answer in JSON, for programs."),
        database: str = typer.Option("", help="Where the register is, instead of the setting."),
        language: str = typer.Option("", help="zh_CN or en."),
        _version: bool = typer.Option(
            False, "--version", is_eager=True, callback=_print_version, help="Print the version."
        ),
    ) -> None:
        from api.commands.session import started  # noqa: PLC0415 -- seconds, and no help needs it

        given = {"database_url": database, "language": language}
        context.obj = started(given, as_json=json, faces=faces)

    return app


def run(faces: Faces) -> None:
    """Run the command line and leave with its exit code."""
    try:
        build(faces)(standalone_mode=True)
    except GridMapError as error:
        from api.commands.session import Session  # noqa: PLC0415 -- imported by what refused

        Session.refuse(error, as_json="--json" in sys.argv[1:])
        sys.exit(1)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"gridmap {gridmap.__version__} ({Path(gridmap.__file__).parent})")
        raise typer.Exit
