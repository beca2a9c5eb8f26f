"""Emerging hot spots of a register: which steps, which grids, and who answers for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from geodata.reports import ground
from geodata.reports.overview import reported_by
from geodata.reports.selection import Selection
from geodata.reports.tallies import Tally, Which, tally
from geodata.workspace import GROUND, Workspace
from gridmap import topology
from gridmap.emerging import MINIMUM_STEPS, Choices, Emerging, emerging, require_few
from gridmap.errors import TooLittleDataError
from gridmap.significance import permutations_needed
from gridmap.steps import Every, Step, Steps, step_of, steps

USUAL: dict[Every, int] = {"week": 26, "month": 24, "quarter": 20}
MOST_DRAWN = (
    30_000_000  # numbers drawn for permutations: about a second; beyond, the caution stands
)


@dataclass(frozen=True, eq=False)
class Found:
    """
    Emerging hot spots, and what was left out.

    Parameters
    ----------
    emerging
        Its table in the register's CRS, with the grids' ``name``, and with ``unit_id`` and
        ``unit_name`` of who answers on the day.
    steps
        The steps compared; what of the period lies in none.
    tally
        What was counted and what was not.
    """

    emerging: Emerging
    steps: Steps
    tally: Tally


def usual_period(
    workspace: Workspace, every: Every, zone: ZoneInfo, *, over: date
) -> tuple[date, date]:
    """
    Return the period that is looked at if nobody says.

    Parameters
    ----------
    workspace, zone
        The register and its time zone.
    every
        Weeks, months or quarters.
    over
        The last day that is over.

    Returns
    -------
    tuple of date
        From the first issue, or the last `USUAL` steps, to the end of the step with the last
        issue, or to that day if the step is not over by then.
    """
    days = reported_by(workspace, over, zone)
    known = days["day"][days["day"] <= pd.Timestamp(over)]
    if known.empty:
        return step_of(over, every).since, over
    first, last = known.min().date(), known.max().date()
    since = step_of(last, every).since
    for _ in range(USUAL[every] - 1):
        if since <= first:
            return first, min(step_of(last, every).until, over)
        since = step_of(since - timedelta(days=1), every).since
    return since, min(step_of(last, every).until, over)


def find(
    workspace: Workspace, wanted: Selection, every: Every, zone: ZoneInfo, as_of: date
) -> Found:
    """
    Find emerging hot spots among the grids of a day.

    Parameters
    ----------
    workspace
        The register, or the part of it that may be seen.
    wanted
        Of which days, category and channel.
    every
        Weeks, months or quarters; those that are not whole are left out.
    zone
        The city's time zone.
    as_of
        The day whose grids are counted in.

    Raises
    ------
    TooLittleDataError
        If a map would show noise.
    InvalidError
        If the period ends before it begins, or has too many steps.
    """
    chosen = steps(wanted.since, wanted.until, every)
    require_few(len(chosen.whole))
    if len(chosen.whole) < MINIMUM_STEPS:
        msg = (
            "Emerging hot spots need at least {least} whole steps; from {since} to {until} there "
            "are {n}. Take shorter steps or a longer period."
        )
        since, until = wanted.since.isoformat(), wanted.until.isoformat()
        raise TooLittleDataError(
            msg, least=MINIMUM_STEPS, since=since, until=until, n=len(chosen.whole)
        )
    key = (wanted, every, str(zone))

    def build() -> Found:
        return _found(workspace, wanted, chosen, zone, as_of)

    names = ("issues", *GROUND, "units", "assignments")
    return workspace.once("emerging", names, as_of, build, *key)


def _found(
    workspace: Workspace, wanted: Selection, chosen: Steps, zone: ZoneInfo, as_of: date
) -> Found:
    which = Which(wanted.category, wanted.channel)
    counted = tally(workspace, which, chosen.whole, zone, as_of)
    near = _neighbours(workspace, as_of)
    grids = workspace.frame("grids", as_of)[["name", "parent", "geometry"]]
    days = pd.Series([step.days for step in chosen.whole])
    asked = {
        "weights": near,
        "days": days,
        "left_out": (counted.n_on_piles, counted.n_outside),
    }
    answer = emerging(grids, counted.counts, **asked)
    needed = permutations_needed(answer.z.size, answer.method.alpha)
    drawn = needed * (2 * int(np.diff(near.indptr).max(initial=0)) + 2)
    if answer.method.cautions() and drawn <= MOST_DRAWN:
        answer = emerging(grids, counted.counts, **asked, choices=Choices(permutations=needed))
    return Found(_answered(answer, workspace, as_of), chosen, counted)


def _neighbours(workspace: Workspace, as_of: date) -> csr_array:
    def build() -> csr_array:
        return topology.contiguity(workspace.topology(as_of))

    return workspace.once("queen", GROUND, as_of, build)


def _answered(answer: Emerging, workspace: Workspace, as_of: date) -> Emerging:
    """Add who answers for each grid on the day."""
    table = answer.table.join(holders(workspace, as_of))
    return Emerging(table, answer.counts, answer.z, answer.classes, answer.method)


def holders(workspace: Workspace, as_of: date) -> pd.DataFrame:
    """
    Return the unit that answers for each grid on a day.

    Parameters
    ----------
    workspace, as_of
        The register, and the day.

    Returns
    -------
    pandas.DataFrame
        ``unit_id`` and ``unit_name`` by grid; grids for which nobody answers are not there.
    """
    held = ground.held_grids(workspace, as_of)
    held = held[held["scheme"] == "main"].drop_duplicates("target").set_index("target")
    names = workspace.frame("units", as_of)["name"]
    return held[["unit_id"]].assign(unit_name=held["unit_id"].map(names))


def last_day_over(as_of: date, today: date) -> date:
    """
    Return the last day that is over, as somebody sees the register on a day.

    Examples
    --------
    >>> last_day_over(date(2026, 3, 5), date(2026, 3, 5)), last_day_over(date(2026, 3, 1), date.max)
    (datetime.date(2026, 3, 4), datetime.date(2026, 3, 1))
    """
    return min(as_of, today - timedelta(days=1))


def span_of(chosen: Steps) -> Step:
    """Return the first and the last day of all whole steps."""
    return Step(chosen.whole[0].since, chosen.whole[-1].until)
