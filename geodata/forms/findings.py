"""What is found while a form is read: faults at their cells, and names that were taken for keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import pandas as pd

from geodata.forms.names import Names
from geodata.forms.tables import Table
from geodata.notes import Note
from geodata.parsers.parsed import Fault

FaultRow: TypeAlias = tuple[str, str, int, str, str, str, str, str]
FAULTS = ["sheet", "cell", "row", "column", "code", "value", "message", "nearest"]
GUESSES = ["sheet", "cell", "said", "taken_as"]
PLACE = ("lon", "lat", "datum")
UNKNOWN = "Nothing has this name; see the nearest ones."
SEVERAL = "Several have this name; give the code of one."
CODES = ("unknown-name", "ambiguous-name")


@dataclass
class Findings:
    """
    The faults, guesses and notes of one form, in the order in which they were found.

    Parameters
    ----------
    notes
        What was remarked while reading.
    """

    notes: list[Note] = field(default_factory=list)
    _faults: dict[FaultRow, None] = field(default_factory=dict)  # each once, in order
    _guesses: dict[tuple[str, str, str, str], None] = field(default_factory=dict)

    def fault(self, table: Table, fault: Fault, nearest: Iterable[str] = ()) -> None:
        """
        Note that a cell is wrong.

        Parameters
        ----------
        table
            Its sheet.
        fault
            Row, field, code, value and message; row 0 is that of the headings.
        nearest
            What may have been meant.
        """
        cell, heading = table.cell(fault.row, fault.column), table.heading(fault.column)
        near = "、".join(nearest)
        row = table.top(fault.row, fault.column)
        said = (fault.code, fault.value[:80], fault.message, near)
        self._faults[(table.title, cell, row, heading, *said)] = None

    def guess(self, table: Table, row: int, field: str, said: str, taken_as: str) -> None:
        """Note what a cell that names no key was taken for."""
        self._guesses[table.title, table.cell(row, field), said, taken_as] = None

    def key(self, table: Table, row: int, field: str, names: Names, said: str) -> str | None:
        """
        Return what a name in a cell means, and note it: what was taken, or that nothing can be.

        Parameters
        ----------
        table, row, field
            Where it stands.
        names
            Of what it may be.
        said
            The text, or one of several in the cell.
        """
        match = names.find(said)
        if match.key is None:
            several = bool(match.keys)
            message = SEVERAL if several else UNKNOWN
            told = Fault(row, field, CODES[several], said, message)
            self.fault(table, told, names.nearest(said))
        elif not match.by_key:
            self.guess(table, row, field, said, match.key)
        return match.key

    def faulty(self) -> set[str]:
        """Return the cells that are known to be wrong."""
        return {fault[1] for fault in self._faults}

    def faults(self) -> pd.DataFrame:
        """Return one row a fault, in the order of the sheets' rows."""
        titles = list(dict.fromkeys(fault[0] for fault in self._faults))
        ordered = sorted(self._faults, key=lambda fault: (titles.index(fault[0]), *_place(fault)))
        return pd.DataFrame(ordered, columns=FAULTS)

    def guesses(self) -> pd.DataFrame:
        """Return one row a name that was taken for a key."""
        return pd.DataFrame(list(self._guesses), columns=GUESSES)


def _place(fault: FaultRow) -> tuple[int, int, str]:
    """Return row and column of a fault; AA stands behind Z."""
    letters = fault[1].rpartition("!")[2].rstrip("0123456789")
    return fault[2], len(letters), letters


@dataclass(frozen=True)
class Origin:
    """
    Where a row for a layer came from.

    Parameters
    ----------
    table, row
        Its sheet and row.
    fields
        Column of the layer → field of the form, where they are called differently.
    """

    table: Table
    row: int
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Rows:
    """
    Rows for one layer, as texts; each with where it came from.

    Parameters
    ----------
    columns
        Of the layer.
    texts, origins
        One entry a row.
    """

    columns: Sequence[str]
    texts: list[Mapping[str, str]] = field(default_factory=list)
    origins: list[Origin] = field(default_factory=list)

    def add(self, origin: Origin, texts: Mapping[str, str]) -> None:
        """Add a row."""
        self.origins.append(origin)
        self.texts.append(texts)

    def frame(self) -> pd.DataFrame:
        """Return the texts, indexed by the number of the row from 1; blank ones are missing."""
        index = pd.RangeIndex(1, len(self.texts) + 1, name="row")
        given = {name for row in self.texts for name in row}
        kept = [name for name in self.columns if name in given]
        frame = pd.DataFrame(list(self.texts), index=index, columns=kept, dtype="str")
        return frame.mask(frame == "")

    def origin(self, label: int) -> Origin:
        """Return where the row of a label came from."""
        return self.origins[label - 1]

    def tell(self, findings: Findings, faults: pd.DataFrame, *, but: Iterable[str] = ()) -> None:
        """
        Note the faults that an import found, each at its cell.

        Parameters
        ----------
        findings
            Where they are noted; a cell known to be wrong already says more.
        faults
            As from `geodata.importing.prepare`.
        but
            Columns whose absence is no fault of the form.
        """
        known, left_out = findings.faulty(), set(but)
        for fault in faults.itertuples(index=False):
            if fault.code == "missing" and fault.column in left_out:
                continue
            origin = self.origin(int(fault.row))
            name = origin.fields.get(fault.column, fault.column)
            told = PLACE if fault.column == "geometry" else (name,)
            if known.isdisjoint(origin.table.cell(origin.row, one) for one in told):
                at = 0 if fault.code == "missing-column" else origin.row
                more = Fault(at, name, fault.code, str(fault.value), fault.message)
                findings.fault(origin.table, more)
