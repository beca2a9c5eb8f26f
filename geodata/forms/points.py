"""The sheet of points: what is inspected, where, and under which key."""

from __future__ import annotations

import pandas as pd

from geodata.forms import words
from geodata.forms.findings import CODES, SEVERAL, Findings, Origin, Rows
from geodata.forms.names import Names
from geodata.forms.parties import PLACED, given_key, key_of, names_of
from geodata.forms.tables import Table
from geodata.parsers.parsed import Fault
from gridmap.layers import LAYERS

COLUMNS = [column.name for column in LAYERS["inspection_points"].columns]


def points(table: Table, current: pd.DataFrame, findings: Findings) -> Rows:
    """
    Read the sheet of points.

    Parameters
    ----------
    table
        The form's.
    current
        The layer ``inspection_points`` as it is.
    findings
        Where faults and guesses are noted.
    """
    rows, known = Rows(COLUMNS), names_of(current)
    for row in table.rows:
        texts = {
            name: words.meant(name, table.text(row, name))
            for name in COLUMNS
            if name in table.columns
        }
        key = _key(table, row, known, findings)
        rows.add(Origin(table, row, PLACED), {**texts, "point_id": key or ""})
    return rows


def _key(table: Table, row: int, known: Names, findings: Findings) -> str | None:
    said, name = table.text(row, "point_id"), table.text(row, "name")
    if said or not name:
        return given_key(said, known) or None
    match = known.find(name)
    if len(match.keys) > 1:
        told = Fault(row, "name", CODES[1], name, SEVERAL)
        findings.fault(table, told, known.nearest(name))
        return None
    key = match.key or key_of("P", name, table.text(row, "address"))
    findings.guess(table, row, "name", name, key)
    return key
