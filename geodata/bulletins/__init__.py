"""
The monthly bulletin: its figures, how they are frozen, and how they are told.

`figures` assembles a month from the reports, `kept` freezes it, `telling` says it as a document,
which `geodata.paper` sets as Word and PDF and the pages show.
"""

from geodata.bulletins.kept import Bulletins, Edition

__all__ = ["Bulletins", "Edition"]
