"""Areas that are like their neighbours and areas that are not: local Moran of the same counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from geodata.reports import spots
from geodata.reports.outliving import WORKED_OUT_FROM, outliving
from geodata.reports.selection import Selection
from geodata.reports.spots import Measure
from geodata.workspace import Workspace
from gridmap.hotspots import HotSpots, hotspots
from gridmap.local_autocorrelation import QUADRANTS

KEPT = ["reports", "known", "loudest", "loudest_share", "loud"]
NOT_COUNTED = (
    "n_on_piles",
    "n_outside",
    "n_merged",
    "n_refused",
    "n_repeated",
    "counting",
    "group",
)
NONE = "none"
"""The `look` of an area that is neither."""


def find(
    workspace: Workspace, wanted: Selection, zone: ZoneInfo, measure: Measure, as_of: date
) -> HotSpots:
    """
    Find clusters and outliers among the areas in which hot spots are looked for.

    Parameters
    ----------
    workspace, wanted, zone, measure, as_of
        As `geodata.reports.spots.find`; what is counted is the same.

    Returns
    -------
    gridmap.hotspots.HotSpots
        Its table in the register's CRS, with ``i``, ``quadrant`` and ``look``: the quadrant of a
        significant area (`gridmap.local_autocorrelation.QUADRANTS`), `NONE` of any other; and
        the columns of the loudest reporter, as of hot spots.

    Raises
    ------
    TooLittleDataError
        If a map would show noise.
    """

    def work() -> HotSpots:
        return _found(workspace, measure, counted, as_of)

    def build() -> HotSpots:
        return outliving(workspace, work, *kept_under(wanted, zone, measure, as_of))

    counted = spots.find(workspace, wanted, zone, measure, as_of)
    of = counted.method.input_hash
    return workspace.once("quadrants", WORKED_OUT_FROM, as_of, build, of, measure, as_of)


def kept_under(
    wanted: Selection, zone: ZoneInfo, measure: Measure, as_of: date
) -> tuple[object, ...]:
    """Return what an answer of `find` is kept under besides its layers."""
    return ("quadrants", wanted, zone.key, measure, as_of)


def _found(workspace: Workspace, measure: Measure, counted: HotSpots, as_of: date) -> HotSpots:
    """Test the counts of hot spots again, each area against its neighbours."""
    ground, near, _locator = spots.areas(workspace, measure.by, measure.size_m, as_of)
    table = counted.table
    given: dict[str, Any] = {
        "weights": near,
        "statistic": "local_moran",
        "smooth": measure.smooth,
        "period": _days(counted.method.period),
    }
    if "exposure" in table:
        given["denominator"] = table["exposure"].rename(measure.per)
    found = hotspots(ground, table["count"], **given)
    if permutations := found.method.better_permutations():
        found = hotspots(ground, table["count"], **given, permutations=permutations)
    told = {name: getattr(counted.method, name) for name in NOT_COUNTED}
    sure = found.table["significant"] & found.table["quadrant"].isin(QUADRANTS)
    looks = found.table["quadrant"].where(sure, NONE).astype("str")
    shown = found.table.to_crs(table.crs).assign(look=looks).join(table[KEPT])
    return HotSpots(shown, replace(found.method, **told), counted.piles)


def _days(period: tuple[str, str] | None) -> tuple[date, date] | None:
    if period is None:
        return None
    return date.fromisoformat(period[0]), date.fromisoformat(period[1])
