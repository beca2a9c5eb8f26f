"""The part of the city that a page is about, with the ways up to the city and down to the grids."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import geopandas as gpd
import pandas as pd

from api.callers import scopes_of
from api.service import service_of
from geodata.reports.parts import Part, codes_of, find_part, levels_below, place_names
from gridmap.access import CITY, Scope
from web.pages.shell import Visit

BELOW_AT_MOST = 400


@dataclass(frozen=True, eq=False)
class Place:
    """
    A part of the city, as a page shows it.

    Parameters
    ----------
    visit
        Who asks.
    part
        The part: the city, or a division.
    """

    visit: Visit
    part: Part

    @property
    def code(self) -> str:
        """Code of the division; empty for the city."""
        return self.part.code

    @property
    def above(self) -> list[dict[str, Any]]:
        """``code`` and ``name`` of the divisions above, the highest first."""
        return self.part.lineage.to_dict("records")

    @cached_property
    def below(self) -> tuple[str, list[tuple[str, str]]]:
        """The next level that has places here, with their codes and names."""
        workspace, day = self.visit.reports.workspace, self.visit.as_of
        names = place_names(workspace, day)
        for level in levels_below(self.part):
            codes = codes_of(workspace, self.part, level, day)
            if len(codes):
                told = names.reindex(codes).fillna(pd.Series(codes, codes)).astype(str)
                return level, sorted(zip(codes, told, strict=True))[:BELOW_AT_MOST]
        return "grid", []

    @cached_property
    def grids(self) -> pd.Index:
        """Codes of the grids in it."""
        return codes_of(self.visit.reports.workspace, self.part, "grid", self.visit.as_of)

    @property
    def ground(self) -> gpd.GeoDataFrame:
        """The grids in it, for a map to look at; none where that is the city."""
        grids = self.visit.reports.frame("grids", self.visit.as_of)
        return grids.loc[self.grids] if self.code else grids.iloc[:0]


def place_of(visit: Visit, code: str) -> Place:
    """
    Find the part of the city that is asked for.

    Parameters
    ----------
    visit
        Who asks.
    code
        Of a division; all that may be seen if empty. For a grid, its community is shown.

    Raises
    ------
    NotFoundError
        If there is none, or it may not be seen.
    """
    workspace, day = visit.reports.workspace, visit.as_of
    part = find_part(workspace, code.strip(), day)
    if part.level == "grid" and len(part.lineage):
        part = find_part(workspace, str(part.lineage["code"].iloc[-1]), day)
    return Place(visit, part)


def narrowed(place: Place) -> Visit:
    """
    Return the visit with what is read narrowed to a place: every figure is of the place alone.

    Parameters
    ----------
    place
        The place. Who may see less than all of it keeps to what they may see.
    """
    visit = place.visit
    if not place.code:
        return visit
    above = {place.code, *(str(row["code"]) for row in place.above)}
    allowed = scopes_of(visit.request)
    whole = CITY in allowed or any(s.kind == "division" and s.key in above for s in allowed)
    if not whole:
        return visit
    inside = service_of(visit.request).reports((Scope("division", place.code),))
    return replace(visit, reports=inside)
