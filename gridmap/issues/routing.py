"""
Routing: which grid an issue lies in, who answers for it, and by which rule.

The way to the answer is kept with the issue, so that anybody can ask why, also after the
assignments have changed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from gridmap import responsibility
from gridmap.assignments import PRIMARY, Day
from gridmap.locate import locate
from gridmap.places import Place

NAMES = {
    "inspection_point": "inspection_points",
    "road": "roads",
    "compound": "compounds",
    "grid": "grids",
}
"""Rule → the layer in which its targets have their names; divisions are in three."""


@dataclass(frozen=True)
class Routing:
    """
    Where an issue belongs.

    Parameters
    ----------
    place
        Its point in the register's CRS; None if it has none.
    grid
        The grid that covers it.
    unit_id, rule
        Who answers, and the rule that won; None where nobody does.
    why
        The steps from the strongest rule on: ``rule``, ``target``, ``name`` and the ``unit_id``
        of its primary unit, None where nobody is.
    """

    place: shapely.Point | None = None
    grid: str | None = None
    unit_id: str | None = None
    rule: str | None = None
    why: tuple[dict[str, Any], ...] = ()

    def columns(self) -> dict[str, Any]:
        """Return the columns of the layer ``issues`` that it fills."""
        return {
            "place": self.place,
            "grid": self.grid,
            "unit_id": self.unit_id,
            "rule": self.rule,
            "why": json.dumps(self.why, ensure_ascii=False) if self.why else None,
        }


NOWHERE = Routing()


def route(point: shapely.Point | None, city: Place, as_of: Day, crs: object) -> Routing:
    """
    Find where an issue belongs.

    Parameters
    ----------
    point
        Where it is; None for a report without a place.
    city
        The city of that day.
    as_of
        The day.
    crs
        Of the point.

    Returns
    -------
    Routing
        The rule that won is that of `gridmap.responsibility.responsible_at`; of several primary
        units of one target, the one with the lowest id.
    """
    if point is None:
        return NOWHERE
    points = gpd.GeoDataFrame(geometry=[point], crs=crs)
    located = locate(points.to_crs(city.locator_crs), city.locator).iloc[0]
    inside = not located["outside"] and not pd.isna(located["code"])
    found = responsibility.responsible_at(points, city, as_of)
    won = found[found["won"]].sort_values("unit_id")
    return Routing(
        place=point,
        grid=str(located["code"]) if inside else None,
        unit_id=None if won.empty else str(won["unit_id"].iloc[0]),
        rule=None if won.empty else str(won["rule"].iloc[0]),
        why=_steps(found, city),
    )


def _steps(found: pd.DataFrame, city: Place) -> tuple[dict[str, Any], ...]:
    """List the targets that somebody answers for, the strongest first, each once."""
    found = found[~found["candidate"]]
    steps = []
    for _, rows in found.groupby("rank"):
        rule, target = str(rows["rule"].iloc[0]), str(rows["target"].iloc[0])
        primary = rows.loc[rows["tier"] == PRIMARY, "unit_id"].sort_values()
        steps.append(
            {
                "rule": rule,
                "target": target,
                "name": _name(rule, target, city),
                "unit_id": None if primary.empty else str(primary.iloc[0]),
            }
        )
    return tuple(steps)


def _name(rule: str, target: str, city: Place) -> str | None:
    layers = [NAMES[rule]] if rule in NAMES else ["communities", "subdistricts", "districts"]
    for layer in layers:
        names = getattr(city.city, layer)["name"]
        if target in names.index and not pd.isna(names[target]):
            return str(names[target])
    return None
