"""
Which commands there are, and in which module each lies.

A module of commands imports what its commands work with, which takes seconds altogether. The list
of the commands, their completion and the version need none of it.
"""

from __future__ import annotations

from collections import UserDict
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

COMMANDS = {
    "demo": ("service", "Invent a city, write its files, and import them as a user would."),
    "serve": ("service", "Serve the pages, the maps and the API."),
    "migrate": ("service", "Make a register, or bring its tables up to date."),
    "backup": (
        "backups",
        "Copy the register to a new file that is whole, while the service goes on.",
    ),
    "restore": ("backups", "Make a register of a backup, and prove that it is what was written."),
    "import": ("data", "Read a file into a layer: all of it, or nothing."),
    "export": ("data", "Write a layer to a file; importing it again changes nothing."),
    "check": (
        "analysis",
        "Audit a level: gaps, overlaps, slivers, holes, ground outside the parent, duplicates.",
    ),
    "locate": (
        "analysis",
        "Find the grid, the community and who answers for each place of a file.",
    ),
    "coverage": (
        "analysis",
        "Prove what is covered, and name every uncovered piece of ground with its reason.",
    ),
    "hotspots": (
        "analysis",
        "Find where issues concentrate more than chance allows (Getis-Ord Gi*, corrected).",
    ),
    "emerging": (
        "emerging",
        "Find hot spots that begin, grow, stay and end (Gi* in space and time, Mann-Kendall).",
    ),
    "plan": (
        "planning",
        "Plan who holds what, with the proof of how good the plan is; it is kept as a draft.",
    ),
    "user": ("people", "Accounts: who may sign in."),
    "standard": (
        "standards",
        "Read a sheet of filing conditions and publish it as an edition: all of it, or nothing.",
    ),
    "calendar": ("calendars", "The city's own days off and make-up workdays."),
    "remind": ("reminding", "Tell people what is due today, and send what waits in the outbox."),
    "tidy": (
        "tidying",
        (
            "Forget what has had its time: old tracks, old receipts, sources of citizens, "
            "stray photo files."
        ),
    ),
    "wallmap": (
        "wall",
        "Print who answers for which grid on one large sheet, with an index of units.",
    ),
    "bulletin": ("bulletins", "The monthly bulletin: freeze, amend, verify."),
    "board": ("board", "The boards of the special groups: list, plan, freeze."),
}
"""Name → the module, and what the list of commands says; the command itself says the same."""


class Loaded(UserDict[str, Any]):
    """The commands, each imported when it is first asked for."""

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 -- Typer's own copy of Click
        """Return a command, from its module where nobody asked before."""
        command = super().__getitem__(name)
        if isinstance(command, str):
            group = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode="markdown")
            import_module(f"api.commands.{command}").add_to(group)
            self.data |= typer.main.get_group(group).commands
        return self.data[name]


class Index(TyperGroup):
    """A group that lists its commands without importing them."""

    def __init__(self, **given: Any) -> None:  # noqa: ANN401 -- what Typer gives to any group
        """Make the group; there is nothing to choose."""
        super().__init__(**given)
        self.commands = Loaded({name: module for name, (module, _) in COMMANDS.items()})

    def list_commands(self, ctx: object) -> list[str]:  # noqa: ARG002
        """Return the names, in the order in which a city comes to need them."""
        return list(COMMANDS)

    def get_command(self, ctx: object, cmd_name: str) -> TyperCommand | None:  # noqa: ARG002
        """Return what a list says of a command; it cannot be called."""
        if cmd_name not in COMMANDS:
            return None
        return TyperCommand(cmd_name, help=COMMANDS[cmd_name][1])

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401
        """Return the command that is called."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command and self.commands[str(name)], rest
