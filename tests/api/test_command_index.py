"""The list of the commands: quick, and true."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from api import commands
from api.commands.index import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {"pandas", "numpy", "shapely", "sqlalchemy", "pydantic", "starlette", "babel", "pypinyin"}
PROGRAM = """
import sys
from gridmap.__main__ import main
try:
    main()
finally:
    print("imported:", *{name.partition(".")[0] for name in sys.modules})
"""


@pytest.fixture(scope="module")
def program() -> typer.Typer:
    """Return the command line, put together."""
    return commands.build(commands.Faces(create_app=lambda _: None))


@pytest.mark.parametrize("word", ["--help", "--version"])
def test_what_needs_no_register_imports_nothing_that_takes_long(word: str) -> None:
    said = subprocess.run(
        [sys.executable, "-c", PROGRAM, word], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert "gridmap" in said
    imported = set(said.split("imported:")[1].split())
    assert "typer" in imported
    assert imported & HEAVY == set()


def test_the_list_says_what_each_command_says_of_itself(program: typer.Typer) -> None:
    made: Any = typer.main.get_group(program)
    told = {name: made.commands[name].help.split("\n\n")[0] for name in COMMANDS}
    assert told == {name: what for name, (_, what) in COMMANDS.items()}


def test_every_command_of_every_module_is_in_the_list() -> None:
    found = {}
    for module in iter_modules(commands.__path__):
        group = typer.Typer()
        add_to = getattr(import_module(f"api.commands.{module.name}"), "add_to", None)
        if add_to is not None:
            add_to(group)
            found |= dict.fromkeys(typer.main.get_group(group).commands, module.name)
    assert found == {name: module for name, (module, _) in COMMANDS.items()}


def test_a_command_that_is_mistyped_is_guessed(program: typer.Typer) -> None:
    said = CliRunner().invoke(program, ["covrage"])
    assert said.exit_code == 2
    assert "'coverage'" in said.output


def test_the_names_are_completed_with_what_they_do(program: typer.Typer) -> None:
    made: Any = typer.main.get_group(program)
    context = made.make_context("gridmap", [], resilient_parsing=True)
    offered = {item.value: item.help for item in made.shell_complete(context, "t")}
    assert offered == {"tidy": made.get_command(context, "tidy").get_short_help_str()}
