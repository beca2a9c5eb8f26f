"""
The reference pages that are written from the code, so that they cannot fall behind it.

Layers, errors, settings, routes and commands are each stated once, in the code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from http import HTTPStatus
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import typer.main
from fastapi import APIRouter
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.fields import FieldInfo

import api.refusals
import api.sentences
import geodata.errors
from api import queries
from api.commands import Faces, build
from api.errors import STATUS
from api.main import API, BESIDE
from api.settings import Settings
from geodata import columns
from gridmap import errors, layers
from gridmap.issues.arrows import ARROWS
from web.main import PAGES


def pages() -> dict[str, Iterator[str]]:
    """Return every page: its name, and its lines."""
    return {
        "layers": _layers(),
        "states": _states(),
        "errors": _errors(),
        "settings": _settings(),
        "http": _http(),
        "commands": _commands(),
    }


def write(folder: Path) -> None:
    """Write every page into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in pages().items():
        text = "\n".join(lines) + "\n"
        page = folder / f"{name}.md"
        if not page.exists() or page.read_text(encoding="utf-8") != text:
            page.write_text(text, encoding="utf-8")


def all_errors() -> list[type[errors.GridMapError]]:
    """Return every error of the project, parents first."""
    modules = (errors, geodata.errors, api.refusals, api.sentences)
    found = [
        thing
        for module in modules
        for thing in vars(module).values()
        if isinstance(thing, type) and issubclass(thing, errors.GridMapError)
    ]
    return list(dict.fromkeys(found))


def _row(*cells: object) -> str:
    shown = (" ".join(str(cell).split()).replace("|", r"\|") for cell in cells)
    return f"| {' | '.join(shown)} |"


def _states() -> Iterator[str]:
    yield "# States of an issue\n"
    yield "一件问题能走的每一步：从哪些状态到哪个状态，谁可以，要什么，记什么。\n"
    yield "Every step that an issue may take. A target `=` leaves the state as it is, `<` leads "
    yield "back to the one before a suspension or a merger. *Unit*: of the unit that answers, or "
    yield "an office; *independent*: neither who fixed it nor their unit; *reporter*: or an "
    yield "office.\n"
    yield _row("act", "from", "to", "action", "whose", "needs", "counts")
    yield _row(*["---"] * 7)
    for arrow in ARROWS.values():
        sources = ", ".join(source or "(new)" for source in arrow.sources)
        needs = ", ".join(arrow.needs)
        told = (arrow.action, arrow.whose, needs, arrow.counts)
        yield _row(f"`{arrow.act}`", sources, f"`{arrow.target}`", *told)


def _layers() -> Iterator[str]:
    yield "# Layers\n"
    yield "导入的文件用下面的列名或表头均可；“也认”一栏是自动识别的其他表头。\n"
    yield "A file that is imported has these columns, under these names or headings. The last "
    yield "column of each table holds other headings that are understood.\n"
    for layer in layers.LAYERS.values():
        geometry = ", ".join(layer.geometry) or "none"
        optional = " (may be left out)" if layer.geometry and not layer.geometry_required else ""
        yield f"\n## {layer.name} ({layer.chinese})\n"
        yield f"Key: `{layer.key}`. Geometry: {geometry}{optional}.\n"
        yield "| column | heading | type | | also 也认 |\n|---|---|---|---|---|"
        for column in layer.columns:
            said = "; ".join(_said_of(column, layer.name))
            also = "、".join(_also(column, layer.name))
            yield _row(f"`{column.name}`", column.chinese, column.dtype, said, also)


def _said_of(column: layers.Column, layer: str) -> Iterator[str]:
    if column.required:
        yield "required"
    if column.choices:
        words = {value: word for word, value in columns.translate(column.name, layer).items()}
        named = (f"`{c}` ({words[c]})" if c in words else f"`{c}`" for c in column.choices)
        yield f"one of {', '.join(named)}"
    if column.references:
        yield f"a key of {column.references}"


def _also(column: layers.Column, layer: str) -> list[str]:
    own = columns.SYNONYMS.get(layer, {}).get(column.name, ())
    known = dict.fromkeys([*own, *columns.COMMON.get(column.name, ())])
    return [heading for heading in known if heading != column.chinese]


def _errors() -> Iterator[str]:
    yield "# Errors\n"
    yield "Over HTTP an error is `application/problem+json`; its `code` never changes."
    yield "On the command line it is a sentence, and the exit code is 1.\n"
    yield "| code | status | meaning |\n|---|---|---|"
    for error in all_errors():
        meaning = (error.__doc__ or "").strip().splitlines()[0]
        yield _row(f"`{error.code}`", _status(error).value, meaning)


def _status(error: type[errors.GridMapError]) -> HTTPStatus:
    known = (STATUS[parent] for parent in error.__mro__ if parent in STATUS)
    return next(known, HTTPStatus.INTERNAL_SERVER_ERROR)


def _settings() -> Iterator[str]:
    yield "# Settings\n"
    yield "From the environment, or a file `.env` in the working directory.\n"
    yield "| variable | default | meaning |\n|---|---|---|"
    for name, field in Settings.model_fields.items():
        yield _row(f"`GRIDMAP_{name.upper()}`", f"`{field.default}`", field.description)


def _http() -> Iterator[str]:
    yield "# HTTP\n"
    yield "The OpenAPI description is served at `/api/v1/openapi.json`.\n"
    for module in (*API, *BESIDE):
        prefix = "" if module in BESIDE else "/api/v1"
        for route in _routes(module.router):
            yield f"\n## {_method(route)} {prefix}{route.path}\n"
            yield (route.endpoint.__doc__ or "").strip() + "\n"
            yield from _parameters(route)
    yield "\n## Pages\n"
    yield "For people; their addresses may be kept and sent.\n"
    yield "| address | shows |\n|---|---|"
    for module in PAGES:
        for route in _routes(module.router):
            yield _row(f"`{route.path}`", (route.endpoint.__doc__ or "").strip().splitlines()[0])


def _routes(router: APIRouter) -> list[APIRoute]:
    return [route for route in router.routes if isinstance(route, APIRoute)]


def _method(route: APIRoute) -> str:
    return ", ".join(sorted(route.methods or ()))


def _parameters(route: APIRoute) -> Iterator[str]:
    hints = " ".join(str(hint) for hint in route.endpoint.__annotations__.values())
    models = (getattr(queries, name, None) for name in re.findall(r"\w+", hints))
    for model in models:
        if isinstance(model, type) and issubclass(model, BaseModel):
            yield "| parameter | default | meaning |\n|---|---|---|"
            for name, field in model.model_fields.items():
                yield _row(f"`{name}`", _default(field), _meaning(field))
            return


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    return "" if field.default is None else f"`{field.default}`"


def _meaning(field: FieldInfo) -> str:
    choices = ", ".join(f"`{choice}`" for choice in _choices(field.annotation))
    return " ".join(part for part in (field.description, choices and f"One of {choices}.") if part)


def _choices(annotation: object) -> list[str]:
    if get_origin(annotation) is Literal:
        return [str(choice) for choice in get_args(annotation)]
    return [choice for part in get_args(annotation) for choice in _choices(part)]


def _commands() -> Iterator[str]:
    yield "# Commands\n"
    yield "Exit codes: 0 done, 1 refused (the reasons are printed), 2 wrong usage.\n"
    group: Any = typer.main.get_command(build(Faces(create_app=lambda _: None)))
    yield "These stand before the command: `gridmap --json coverage`.\n"
    yield from _options(group)
    for name, command in _named(group):
        arguments = (p.name for p in command.params if p.param_type_name == "argument")
        usage = " ".join([name, *(str(argument).upper() for argument in arguments)])
        yield f"\n## gridmap {name}\n\n{(command.help or '').strip()}\n"
        yield f"`gridmap {usage}`, for example"
        yield f"`{(command.epilog or '').removeprefix('Example: ')}`\n"
        yield from _options(command)


def _named(group: Any, before: str = "") -> Iterator[tuple[str, Any]]:  # noqa: ANN401
    """Return every command with its whole name; `user add` lies in a group of its own."""
    for name, command in sorted(group.commands.items()):
        if hasattr(command, "commands"):
            yield from _named(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


def _options(command: Any) -> Iterator[str]:  # noqa: ANN401 -- Typer's own copy of Click
    yield "| option | default | meaning |\n|---|---|---|"
    for parameter in command.params:
        option = parameter.param_type_name == "option"
        names = [*parameter.opts, *parameter.secondary_opts]
        shown = ", ".join(names) if option else str(parameter.name).upper()
        default = parameter.default
        known = isinstance(default, str | int | float) and not isinstance(default, bool) and default
        enum = isinstance(parameter.bare_type, type) and issubclass(parameter.bare_type, StrEnum)
        choices = ", ".join(f"`{choice}`" for choice in parameter.bare_type) if enum else ""
        told = getattr(parameter, "help", None) or ""
        meaning = f"{told} One of {choices}." if choices else told
        yield _row(f"`{shown}`", f"`{default}`" if known else "", meaning)
