"""
The places of all issues, and what every count asks of each: worked out once for all questions.

A question about a million issues then reads a few narrow columns; where each lies on a partition of
the ground is looked up once per partition, not once per question.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from geodata.workspace import GROUND, Workspace
from gridmap.metric import between
from gridmap.piles import on_pile, piles

Floats = NDArray[np.float64]
Positions = NDArray[np.int32]
NOBODY = "public"  # what is kept of reporters who did not sign in: that is not one person
NARROW = ("category", "channel", "state")


@dataclass(frozen=True, eq=False)
class IssuePoints:
    """
    The issues that have a place.

    Parameters
    ----------
    told
        One row an issue, numbered from 0: ``reported_at``; ``category``, ``channel``, ``state`` and
        ``reporter`` as categories, the last NA where nobody is known; ``piled``, whether it lies on
        a pile.
    xy
        (n, 2), in the register's CRS.
    rows
        The position of each among all issues.
    piles
        As `gridmap.piles.piles` answers: a selection may hold too few of one to show it.
    """

    told: pd.DataFrame
    xy: Floats
    rows: NDArray[np.intp]
    piles: pd.DataFrame


def issue_points(workspace: Workspace) -> IssuePoints:
    """
    Return the issues that have a place.

    Parameters
    ----------
    workspace
        The register, or the part of it that may be seen.
    """

    def build() -> IssuePoints:
        issues = workspace.frame("issues", date.max)
        shapes = issues.geometry.to_numpy()
        rows = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
        points = issues.geometry.iloc[rows]
        heaps = piles(points)
        told = {name: issues[name].iloc[rows].to_numpy(dtype=object) for name in NARROW}
        who = issues["reporter"].iloc[rows]
        table = pd.DataFrame(
            {
                "reported_at": issues["reported_at"].array[rows],
                **{name: pd.Categorical(values) for name, values in told.items()},
                "reporter": pd.Categorical(who.where(who != NOBODY).to_numpy(dtype=object)),
                "piled": on_pile(points, heaps).to_numpy(),
            }
        )
        return IssuePoints(table, shapely.get_coordinates(points.to_numpy()), rows, heaps)

    return workspace.once("points of issues", ["issues"], date.max, build)


def in_metres(workspace: Workspace, crs: CRS) -> Floats:
    """
    Return where the issues that have a place lie in another CRS.

    Parameters
    ----------
    workspace
        As `issue_points`.
    crs
        Which, in metres.
    """

    def build() -> Floats:
        return moved(issue_points(workspace).xy, workspace, crs)

    return workspace.once("issues in metres", ["issues"], date.max, build, crs.to_wkt())


def moved(xy: Floats, workspace: Workspace, crs: CRS) -> Floats:
    """Return coordinates of the register in another CRS."""
    there = between(workspace.store.meta.crs, crs)
    return np.column_stack(there.transform(*xy.T)) if len(xy) else xy


class Places:
    """
    Where issues lie among the parts of a ground that stays; only new places are looked up.

    Parameters
    ----------
    look_up
        (n, 2) coordinates in the register's CRS → the position of the part that each lies in,
        negative in none.
    """

    def __init__(self, look_up: Callable[[Floats], NDArray[np.integer]]) -> None:
        self._look_up = look_up
        self._lock = threading.Lock()
        self._known = np.empty(0, dtype=np.complex128)  # x + yi, in order
        self._at = np.empty(0, dtype=np.int32)

    def of(self, xy: Floats) -> Positions:
        """Return the position of the part that each of (n, 2) coordinates lies in."""
        asked, where = np.unique(xy.view(np.complex128)[:, 0], return_inverse=True)
        with self._lock:
            place = np.searchsorted(self._known, asked)
            found = np.zeros(len(asked), dtype=bool)
            inside = place < len(self._known)
            found[inside] = self._known[place[inside]] == asked[inside]
            at = np.empty(len(asked), dtype=np.int32)
            at[found] = self._at[place[found]]
            new = asked[~found]
            at[~found] = self._look_up(new.view(np.float64).reshape(-1, 2))
            self._known, self._at = asked, at
        return at[where]


def positions(
    workspace: Workspace,
    name: str,
    as_of: date,
    look_up: Callable[[Floats], NDArray[np.integer]],
    *of: Hashable,
) -> Positions:
    """
    Return the position, among parts of the ground, of the one that each issue lies in.

    Parameters
    ----------
    workspace, as_of
        The register, and the day whose ground it is.
    name
        What the ground is parted into.
    look_up
        As of `Places`.
    *of
        What else the parts depend on besides the ground and the roads.
    """
    ground = (*GROUND, "roads")

    def build() -> Positions:
        places = workspace.once("places", ground, as_of, lambda: Places(look_up), name, *of)
        return places.of(issue_points(workspace).xy)

    return workspace.once("positions of issues", ("issues", *ground), as_of, build, name, *of)
