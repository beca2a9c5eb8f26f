"""The command line put together."""

from __future__ import annotations

import sys
from pathlib import Path

import typer
from pydantic import ValidationError

import gridmap
from api.commands import (
    analysis,
    board,
    bulletins,
    calendars,
    data,
    emerging,
    people,
    planning,
    reminding,
    service,
    standards,
    tidying,
    wall,
)
from api.commands.faces import Faces
from api.commands.session import Session
from api.sentences import QueryError
from api.settings import Settings
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
        given = {"database_url": database, "language": language}
        settings = _settings({name: value for name, value in given.items() if value})
        context.obj = Session(settings, as_json=json, faces=faces)

    for module in (
        service,
        data,
        analysis,
        emerging,
        planning,
        people,
        standards,
        calendars,
        reminding,
        tidying,
        wall,
        bulletins,
        board,
    ):
        module.add_to(app)
    return app


def run(faces: Faces) -> None:
    """Run the command line and leave with its exit code."""
    try:
        build(faces)(standalone_mode=True)
    except GridMapError as error:
        Session.refuse(error, as_json="--json" in sys.argv[1:])
        sys.exit(1)


def _settings(given: dict[str, str]) -> Settings:
    try:
        return Settings.model_validate({**Settings().model_dump(), **given})
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()
        )
        msg = "A setting cannot be what it is set to: {wrong}."
        raise QueryError(msg, wrong=wrong) from error


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"gridmap {gridmap.__version__} ({Path(gridmap.__file__).parent})")
        raise typer.Exit
