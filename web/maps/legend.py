"""Legends: what colours, patterns, letters and signs mean, and the patterns themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from web.maps.palette import REASONS

TEMPLATES = Path(__file__).parents[1] / "templates"
_pages = Environment(
    loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True
)


@dataclass(frozen=True)
class Entry:
    """
    One line of a legend.

    Parameters
    ----------
    word
        What it means.
    fill
        A colour, or ``url(#…)`` of a pattern.
    line
        Colour of its border.
    mark, css
        What is written on it, so that the colour is not the only code, and in which class.
    figure
        How much of it there is, with its unit.
    shape
        ``area``, ``dashed``, ``line`` or ``circle``.
    """

    word: str
    fill: str
    line: str = "#ffffff"
    mark: str = ""
    css: str = ""
    figure: str = ""
    shape: str = "area"


def legend(title: str, entries: Sequence[Entry], *, note: str = "") -> str:
    """
    Return a legend as markup, with the patterns that its entries refer to.

    Parameters
    ----------
    title, note
        What stands above and below.
    entries
        Its lines.
    """
    template = _pages.get_template("maps/legend.html")
    return template.render(title=title, entries=entries, note=note, patterns=PATTERNS)


@dataclass(frozen=True)
class Pattern:
    """
    A pattern of lines or dots over a colour.

    Parameters
    ----------
    colour
        Of the ground and, in full, of the lines.
    path
        Lines in a tile of 8 by 8.
    turn
        Degrees that the tile is turned.
    """

    colour: str
    path: str
    turn: int = 0


PATTERNS = {
    "no_grid": Pattern(REASONS["no_grid"], "M0 4H8M4 0V8", 45),
    "no_unit": Pattern(REASONS["no_unit"], "M4 0V8", 45),
    "unit_inactive": Pattern(REASONS["unit_inactive"], "M0 4H8"),
    "no_contact": Pattern(REASONS["no_contact"], "M4 3.2a.8.8 0 1 0 .01 0z"),
}
