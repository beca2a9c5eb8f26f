"""The `gridmap` command with its pages and maps."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import Any

from api.commands import Faces, run


def main() -> None:
    """Run the command line; pages and maps are loaded by the commands that need them."""
    names = ("coverage", "hotspots")
    renderers = {name: partial(_call, "web.maps.files", f"{name}_file") for name in names}
    run(Faces(create_app=partial(_call, "web.main", "create_app"), renderers=renderers))


def _call(module: str, name: str, *given: object, **named: object) -> Any:  # noqa: ANN401
    return getattr(import_module(module), name)(*given, **named)
