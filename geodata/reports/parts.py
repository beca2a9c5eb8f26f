"""Parts of the city: a division or a grid, what lies in it, and the issues there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from geodata.reports.names import lineage_rows
from geodata.workspace import GROUND, Workspace
from gridmap import layers
from gridmap.errors import NotFoundError

PLACES_AT_LEAST = 10  # five worse and five better: where there are fewer, the level below serves


@dataclass(frozen=True)
class Part:
    """
    The part of the city that is looked at.

    Parameters
    ----------
    level, code, name
        ``city``, empty and empty for all that may be seen.
    lineage
        ``level``, ``code``, ``name`` of the divisions above, the highest first.
    """

    level: str
    code: str
    name: str
    lineage: pd.DataFrame


def find_part(workspace: Workspace, code: str, as_of: date) -> Part:
    """
    Find a division or a grid by its code.

    Parameters
    ----------
    workspace, as_of
        The register, or the part of it that may be seen, and the day.
    code
        The code; all that may be seen if empty.

    Raises
    ------
    NotFoundError
        If there is none, or it may not be seen.
    """
    nothing = lineage_rows(pd.Series(dtype="str"), workspace, as_of)
    if not code:
        return Part("city", "", "", nothing)
    lineage = workspace.lineage(as_of)
    for n, level in enumerate(layers.LEVELS):
        frame = workspace.frame(layers.LAYER_OF_LEVEL[level], as_of)
        if code not in frame.index:
            continue
        inside = lineage.loc[[code]] if level == "grid" else lineage[lineage[level] == code]
        above = pd.Series(dtype="str") if inside.empty else inside.iloc[0][list(layers.LEVELS[:n])]
        name = frame["name"].get(code)
        told = code if pd.isna(name) else str(name)
        return Part(level, code, told, lineage_rows(above, workspace, as_of))
    msg = "There is no division {code} in the register on that day."
    raise NotFoundError(msg, code=code[:40])


def places(workspace: Workspace, as_of: date, level: str) -> pd.Series:
    """Return the division of a level in which each issue lies; missing outside of all."""

    def build() -> pd.Series:
        grid = workspace.frame("issues", as_of)["grid"]
        if level == "grid":
            return grid
        above = workspace.lineage(as_of)[level]
        numbers = above.index.get_indexer(pd.Index(grid))
        codes = above.to_numpy(dtype=object, na_value=None)
        found = np.where(numbers >= 0, codes[np.maximum(numbers, 0)], None) if len(codes) else None
        return pd.Series(found, index=grid.index, dtype="str")

    return workspace.once("issue places", ("issues", *GROUND), as_of, build, level)


def within(workspace: Workspace, part: Part, as_of: date) -> pd.DataFrame:
    """Return the issues of a part of the city."""
    issues = workspace.frame("issues", as_of)
    if part.level == "city":
        return issues
    return issues[(places(workspace, as_of, part.level) == part.code).to_numpy(dtype=bool)]


def compared_level(workspace: Workspace, part: Part, as_of: date) -> tuple[str, pd.Index]:
    """
    Return the highest level with places enough to compare, and their codes.

    Parameters
    ----------
    workspace, part, as_of
        Where is looked at, and when.
    """
    level, codes = "grid", pd.Index([], dtype="str")
    for level in levels_below(part):
        codes = codes_of(workspace, part, level, as_of)
        if len(codes) >= PLACES_AT_LEAST:
            break
    return level, codes


def levels_below(part: Part) -> tuple[str, ...]:
    """Return the levels below a part of the city, the highest first."""
    if part.level == "city":
        return layers.LEVELS
    return layers.LEVELS[layers.LEVELS.index(part.level) + 1 :]


def codes_of(workspace: Workspace, part: Part, level: str, as_of: date) -> pd.Index:
    """Return the places of a level that lie in a part of the city."""
    lineage = workspace.lineage(as_of)
    inside = lineage if part.level == "city" else lineage[lineage[part.level] == part.code]
    return inside.index if level == "grid" else pd.Index(inside[level].dropna().unique())


def place_names(workspace: Workspace, as_of: date) -> pd.Series:
    """Return what divisions and grids are called: code → name."""
    frames = [workspace.frame(layers.LAYER_OF_LEVEL[level], as_of) for level in layers.LEVELS]
    return pd.concat([frame["name"] for frame in frames])
