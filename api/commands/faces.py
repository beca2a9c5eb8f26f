"""What the command line is lent by the pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from api.settings import Settings

Render = Callable[..., bytes]


@dataclass(frozen=True)
class Faces:
    """
    What the command line is lent by the pages, which it may not import.

    Parameters
    ----------
    create_app
        Settings → the whole service.
    renderers
        Name of an answer (``coverage``, ``hotspots``) → a function that draws it as one HTML file.
    """

    create_app: Callable[[Settings], Any]
    renderers: Mapping[str, Render] = field(default_factory=dict)
