"""What a form is read against, and what bringing it in would do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from geodata.importing import Preview
from geodata.limits import DEFAULT, Limits
from geodata.notes import Note
from gridmap.layers import Frame

DIVISIONS = ("districts", "subdistricts", "communities")
LOOKED_IN = (*DIVISIONS, "grids", "roads", "compounds", "inspection_points", "units", "assignments")
WRITTEN = ("units", "inspection_points", "assignments")


@dataclass(frozen=True)
class FormContext:
    """
    What a form is read against.

    Parameters
    ----------
    frames
        Layer → its rows: those of the day, and of assignments the whole history. At least
        `LOOKED_IN`, conformed, in the register's CRS.
    crs, codes
        Of the register, as in `geodata.store.Meta`.
    since
        The day from which the form holds.
    time_zone
        Of dates.
    datum
        What coordinates are in whose row does not say.
    retire_missing
        Whether assignments end that the form's sheets should have and lack.
    versions
        Of the layers when they were read.
    limits
        What reading is held to.
    """

    frames: Mapping[str, Frame]
    crs: str
    codes: str
    since: date
    time_zone: str = "Asia/Shanghai"
    datum: str | None = None
    retire_missing: bool = False
    versions: Mapping[str, int] = field(default_factory=dict)
    limits: Limits = DEFAULT


@dataclass(frozen=True)
class FormPreview:
    """
    What bringing a form in would do.

    Parameters
    ----------
    previews
        Layer → as for one file; only layers that the form speaks of.
    guesses
        Names that were taken for keys: ``sheet``, ``cell``, ``said``, ``taken_as``.
    faults
        ``sheet``, ``cell`` (as ``包保关系!C17``), ``row``, ``column`` (the heading), ``code``,
        ``value``, ``message``, ``nearest`` (names that may have been meant).
    missing
        Assignments in force that the form's sheets lack; they stay, unless they are to be retired.
    notes
        What was remarked.
    """

    previews: Mapping[str, Preview]
    guesses: pd.DataFrame
    faults: pd.DataFrame
    missing: pd.DataFrame
    notes: list[Note]

    @property
    def refused(self) -> bool:
        """Whether anything stands in the way."""
        return len(self.faults) > 0

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """Layer → rows added, changed, unchanged, retired, and refused."""
        return {layer: preview.counts for layer, preview in self.previews.items()}
