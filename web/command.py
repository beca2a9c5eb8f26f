"""The `gridmap` command with its pages and maps."""

from __future__ import annotations

from api.commands import Faces
from api.commands.app import run
from web.main import create_app
from web.maps.files import RENDERERS


def main() -> None:
    """Run the command line."""
    run(Faces(create_app=create_app, renderers=RENDERERS))
