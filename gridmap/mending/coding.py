"""The codes that new grids get: the lowest that nobody ever had."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import count, islice

import geopandas as gpd
import pandas as pd

from gridmap.codes import DIGITS
from gridmap.divisions import issue_grid_codes
from gridmap.errors import ConflictError

OFFICIAL = (DIGITS["subdistrict"], DIGITS["community"])


def issue_codes(drawn: gpd.GeoDataFrame, used: Collection[str]) -> pd.Series:
    """
    Give new grids their codes.

    Parameters
    ----------
    drawn
        n new polygons with a column ``parent``, any CRS.
    used
        Every grid code that was ever given, retired ones included.

    Returns
    -------
    pandas.Series
        The codes under the index of `drawn`, named ``code``. Where the parent's code is official (9
        or 12 digits), those of `gridmap.divisions.issue_grid_codes`; in a register with codes of
        its own, the parent's with ``-1``, ``-2``, … in the order of the rows.

    Raises
    ------
    CodeError, CodesExhaustedError
        As `gridmap.divisions.issue_grid_codes`.
    """
    official = drawn["parent"].map(_is_official)
    codes = pd.Series(pd.NA, index=drawn.index, dtype="str", name="code")
    if official.any():
        codes[official] = issue_grid_codes(drawn[official], used)
    for parent, rows in drawn[~official].groupby("parent"):
        codes[rows.index] = list(islice(_unused(str(parent), set(used)), len(rows)))
    return codes


def require_unused(code: str, used: Collection[str]) -> None:
    """
    Refuse a code that was ever given.

    Parameters
    ----------
    code
        The code that is asked for.
    used
        Every grid code that was ever given.

    Raises
    ------
    ConflictError
        If it is among them.
    """
    if code in used:
        msg = "The code {code} was given before; no code is used twice."
        raise ConflictError(msg, code=code)


def _is_official(parent: object) -> bool:
    text = str(parent)
    return text.isascii() and text.isdigit() and len(text) in OFFICIAL


def _unused(parent: str, used: set[str]) -> Iterator[str]:
    return (code for n in count(1) if (code := f"{parent}-{n}") not in used)
