"""What a square or hexagon is called: the place it lies in and its number there, with its shape."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from gridmap.hotspots import HotSpots
from web.words import Words, absent
from web.words import gettext_noop as _

NAMES = {"sq": _("{place} · square {n}"), "hex": _("{place} · hexagon {n}")}
"""How the code of a cell begins → what it is called."""


def in_words(found: HotSpots, words: Words) -> HotSpots:
    """
    Return hot spots whose cells have a ``name`` in the reader's language.

    Parameters
    ----------
    found
        With ``place`` and ``number`` of cells (`gridmap.cells.cell_places`); what is found among
        grids, and cells without a place, stay as they are.
    words
        In whose language.
    """
    table = found.table
    if "place" not in table:
        return found
    names = [
        name if absent(place) else words.say(NAMES[str(code).split("-")[0]], place=place, n=number)
        for code, name, place, number in zip(
            table.index, table["name"], table["place"], table["number"], strict=True
        )
    ]
    return replace(found, table=table.assign(name=pd.Series(names, table.index, dtype="str")))
