"""
The reference pages that are written from the code, so that they cannot fall behind it.

Layers, errors, settings, routes and commands are each stated once, in the code.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import typer
import typer.main
from fastapi.routing import APIRoute

import geodata.errors
from api import queries
from api.commands import Faces, build
from api.errors import STATUS, status_of
from api.routes import coverage, health, hotspots, locate, register
from api.sentences import QueryError
from api.settings import Settings
from gridmap import errors, layers

ROUTERS = (locate, register, coverage, hotspots, health)


def write(folder: Path) -> None:
    """Write every page into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in {
        "layers": _layers(),
        "errors": _errors(),
        "settings": _settings(),
        "http": _http(),
        "commands": _commands(),
    }.items():
        text = "\n".join(lines) + "\n"
        page = folder / f"{name}.md"
        if not page.exists() or page.read_text(encoding="utf-8") != text:
            page.write_text(text, encoding="utf-8")


def all_errors() -> list[type[errors.GridMapError]]:
    """Return every error of the project, parents first."""
    modules = (errors, geodata.errors)
    found = [
        thing
        for module in modules
        for thing in vars(module).values()
        if isinstance(thing, type) and issubclass(thing, errors.GridMapError)
    ]
    return list(dict.fromkeys([*found, QueryError]))


def _layers() -> Iterator[str]:
    yield "# Layers\n\nA file that is imported has these columns, under these names or headings."
    for layer in layers.LAYERS.values():
        geometry = ", ".join(layer.geometry) or "none"
        yield f"\n## {layer.name} ({layer.chinese})\n"
        yield f"Key: `{layer.key}`. Geometry: {geometry}"
        yield "(may be left out).\n" if layer.geometry and not layer.geometry_required else ".\n"
        yield "| column | heading | type | |\n|---|---|---|---|"
        for column in layer.columns:
            notes = ["required"] if column.required else []
            notes += [f"one of {', '.join(column.choices)}"] if column.choices else []
            notes += [f"a key of {column.references}"] if column.references else []
            said = "; ".join(notes)
            yield f"| `{column.name}` | {column.chinese} | {column.dtype} | {said} |"


def _errors() -> Iterator[str]:
    yield "# Errors\n"
    yield "Over HTTP an error is `application/problem+json`; its `code` never changes."
    yield "On the command line it is a sentence, and the exit code is 1.\n"
    yield "| code | status | meaning |\n|---|---|---|"
    for error in all_errors():
        meaning = (error.__doc__ or "").strip().splitlines()[0]
        yield f"| `{error.code}` | {status_of(error('')).value} | {meaning} |"
    yield f"\nThe table from class to status has {len(STATUS)} rows (`api/errors.py`)."


def _settings() -> Iterator[str]:
    yield "# Settings\n"
    yield "From the environment, or a file `.env` in the working directory.\n"
    yield "| variable | default | meaning |\n|---|---|---|"
    for name, field in Settings.model_fields.items():
        yield f"| `GRIDMAP_{name.upper()}` | `{field.default}` | {field.description} |"


def _http() -> Iterator[str]:
    yield "# HTTP\n"
    yield "The OpenAPI description is served at `/api/v1/openapi.json`.\n"
    for module in ROUTERS:
        prefix = "" if module is health else "/api/v1"
        for route in module.router.routes:
            if isinstance(route, APIRoute):
                method = ", ".join(sorted(route.methods))
                yield f"\n## {method} {prefix}{route.path}\n"
                yield (route.endpoint.__doc__ or "").strip() + "\n"
                yield from _parameters(route)


def _parameters(route: APIRoute) -> Iterator[str]:
    hint = str(route.endpoint.__annotations__.get("query", ""))
    model = next((name for name in vars(queries) if f"[{name}," in hint), None)
    if model is None:
        return
    yield "| parameter | default | meaning |\n|---|---|---|"
    for name, field in getattr(queries, model).model_fields.items():
        default = "required" if field.is_required() else f"`{field.default}`"
        yield f"| `{name}` | {default} | {field.description or ''} |"


def _commands() -> Iterator[str]:
    yield "# Commands\n"
    yield "Exit codes: 0 done, 1 refused (the reasons are printed), 2 wrong usage."
    yield "`gridmap --json COMMAND …` answers in JSON.\n"
    group = typer.main.get_command(build(Faces(create_app=lambda _: None)))
    for name, command in sorted(group.commands.items()):
        yield f"\n## gridmap {name}\n\n{(command.help or '').strip()}\n"
        yield f"`{(command.epilog or '').removeprefix('Example: ')}`\n"
        yield "| option | default | meaning |\n|---|---|---|"
        for parameter in command.params:
            shown = ", ".join(parameter.opts) if parameter.opts else parameter.name
            told = getattr(parameter, "help", None) or ""
            default = (
                ""
                if parameter.default is None or callable(parameter.default)
                else parameter.default
            )
            yield f"| `{shown}` | {default} | {told} |"
