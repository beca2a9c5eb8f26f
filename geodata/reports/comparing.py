"""Before and after in a register: two periods side by side, by grid or by division."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import geopandas as gpd
import pandas as pd
from numpy.typing import ArrayLike

from geodata.reports import exposures
from geodata.reports.emerging import holders
from geodata.reports.overview import reported_by
from geodata.reports.selection import Selection
from geodata.reports.tallies import Tally, Which, tally
from geodata.workspace import Workspace
from gridmap import layers
from gridmap.comparison import Against, Change, against, compare, in_all
from gridmap.errors import InvalidError, NotFoundError
from gridmap.steps import Every, Step, step_of

BY = ("grid", "community", "subdistrict", "district")
NEW_CHANNEL_SHARE = 0.05
PER = ("walked",)
WALKED = ("walked_before", "walked_after")


@dataclass(frozen=True)
class Asked:
    """
    What is compared.

    Parameters
    ----------
    before, after
        Of which days, category and channel; the same category and channel in both.
    by
        In which areas: one of `BY`.
    acted
        Code of the division in which something was done; the rest of the city is compared with
        it. None where the whole city is looked at.
    km
        Kilometres walked before and after in the whole city, by which counts are divided; None
        where nobody says.
    per
        ``walked``: counts are divided by the kilometres of road that patrols walked in each area
        and period, as they are recorded. By `km` or else by days if None.
    """

    before: Selection
    after: Selection
    by: str = "community"
    acted: str | None = None
    km: tuple[float, float] | None = None
    per: str | None = None

    @property
    def spans(self) -> tuple[Step, Step]:
        """The two periods as spans of days."""
        first, second = self.before, self.after
        return Step(first.since, first.until), Step(second.since, second.until)

    @property
    def exposures(self) -> tuple[float, float]:
        """What the counts of the whole city are divided by, where no patrols are asked about."""
        first, second = self.spans
        return self.km or (float(first.days), float(second.days))


@dataclass(frozen=True, eq=False)
class Compared:
    """
    Two periods side by side.

    Parameters
    ----------
    table
        One row an area, as `gridmap.comparison.compare`, with ``name``, ``unit_id`` and
        ``unit_name`` (of grids), ``acted``, and geometry in the register's CRS.
    city
        All areas together.
    acted, others
        Where something was done, and elsewhere; None where nobody says.
    against
        The one beside the other.
    km
        Kilometres walked before and after, in the whole city; None where counts are by days.
    tally
        What was counted and what was not.
    channels
        Channels that brought 5 % or more of one period's issues and none of the other's.
    """

    table: gpd.GeoDataFrame
    city: Change
    acted: Change | None
    others: Change | None
    against: Against | None
    km: tuple[float, float] | None
    tally: Tally
    channels: tuple[str, ...]


def compared(workspace: Workspace, asked: Asked, zone: ZoneInfo, as_of: date) -> Compared:
    """
    Set two periods side by side, in the areas of a day.

    Parameters
    ----------
    workspace
        The register, or the part of it that may be seen.
    asked
        What is compared.
    zone
        The city's time zone.
    as_of
        The day whose grids are counted in: one frozen map for both periods.

    Raises
    ------
    InvalidError
        If a period ends before it begins, the second does not follow the first, they are of
        different categories or channels, or kilometres are both given and to be looked up.
    TooLittleDataError
        If counts are to be divided by kilometres walked and no patrol of a period is recorded.
    NotFoundError
        If there is no such kind of area, or no such division.
    """
    _refuse(asked)
    which = Which(asked.before.category, asked.before.channel)
    counted = tally(workspace, which, asked.spans, zone, as_of)
    before, after = counted.counts[0], counted.counts[1]
    acted = _acted(workspace, asked.acted, as_of)
    walked = _walked(workspace, asked, counted.counts.index, as_of)
    by = asked.exposures if walked is None else (walked[WALKED[0]], walked[WALKED[1]])
    counts = counted.counts if walked is None else counted.counts.join(walked)
    whole = in_all(before, after, by)
    parts: list[Change | None] = [None, None]
    beside = None
    if acted is not None and acted.any() and not acted.all():
        parts = [in_all(before[kind], after[kind], _in(by, kind)) for kind in (acted, ~acted)]
        beside = against(before, after, acted, by)
    return Compared(
        table=_table(workspace, asked, counts, acted, as_of),
        city=whole,
        acted=parts[0],
        others=parts[1],
        against=beside,
        km=asked.km if walked is None else _kilometres(walked),
        tally=counted,
        channels=_one_sided(counted.by_channel),
    )


def usual_spans(
    workspace: Workspace, zone: ZoneInfo, *, over: date
) -> dict[str, tuple[Step, Step]]:
    """
    Return the pairs of periods that are offered: before, after.

    Parameters
    ----------
    workspace, zone
        The register and its time zone.
    over
        The last day that is over.

    Returns
    -------
    dict
        ``month``, the last whole month with issues and the one before; ``year``, that month and
        the same month a year before; ``quarter``, likewise the quarters.
    """
    days = reported_by(workspace, over, zone)
    known = days["day"][days["day"] <= pd.Timestamp(over)]
    last = over if known.empty else known.max().date()
    month, quarter = _last_whole(last, over, "month"), _last_whole(last, over, "quarter")
    year_before = step_of(month.since.replace(year=month.since.year - 1), "month")
    return {
        "month": (step_of(month.since - timedelta(days=1), "month"), month),
        "year": (year_before, month),
        "quarter": (step_of(quarter.since - timedelta(days=1), "quarter"), quarter),
    }


def _last_whole(last: date, over: date, every: Every) -> Step:
    step = step_of(last, every)
    return step if step.until <= over else step_of(step.since - timedelta(days=1), every)


def _refuse(asked: Asked) -> None:
    if asked.per is not None and asked.per not in PER:
        msg = "Counts of two periods are divided by days or kilometres walked, not by {per}."
        raise InvalidError(msg, per=asked.per)
    if asked.per is not None and asked.km is not None:
        msg = "Give the kilometres walked, or have them looked up in the patrols, not both."
        raise InvalidError(msg)
    for period in (asked.before, asked.after):
        if period.since > period.until:
            msg = "The period ends ({until}) before it begins ({since})."
            raise InvalidError(msg, since=period.since, until=period.until)
    if asked.after.since <= asked.before.until:
        msg = "The second period begins on {since}, before the first has ended on {until}."
        raise InvalidError(msg, since=asked.after.since, until=asked.before.until)
    for first, second in (
        (asked.before.category, asked.after.category),
        (asked.before.channel, asked.after.channel),
    ):
        if first != second:
            msg = (
                "Before and after must be counted alike, of one category and one channel; here "
                "one period is of {first} and the other of {second}."
            )
            raise InvalidError(msg, first=first or "—", second=second or "—")


def _walked(
    workspace: Workspace, asked: Asked, index: pd.Index, as_of: date
) -> pd.DataFrame | None:
    """Return the kilometres that patrols walked in each grid of an index, before and after."""
    if asked.per is None:
        return None
    grids = workspace.frame("grids", as_of)
    found = [
        exposures.denominator(workspace, grids, "grid", asked.per, (one.since, one.until), as_of)
        for one in asked.spans
    ]
    return pd.concat(found, axis=1, keys=WALKED).reindex(index)


def _kilometres(walked: pd.DataFrame) -> tuple[float, float]:
    before, after = walked.sum()
    return float(before), float(after)


def _in(by: tuple[ArrayLike, ArrayLike], kind: pd.Series) -> tuple[ArrayLike, ArrayLike]:
    first, second = (one[kind] if isinstance(one, pd.Series) else one for one in by)
    return first, second


def _acted(workspace: Workspace, code: str | None, as_of: date) -> pd.Series | None:
    """Return which grids lie in a division."""
    if code is None:
        return None
    found = (workspace.lineage(as_of) == code).any(axis=1)
    if not found.any():
        msg = "There is no division {code} with a grid on {day}."
        raise NotFoundError(msg, code=code, day=as_of.isoformat())
    return found.reindex(workspace.frame("grids", as_of).index, fill_value=False)


def _table(
    workspace: Workspace,
    asked: Asked,
    counts: pd.DataFrame,
    acted: pd.Series | None,
    as_of: date,
) -> gpd.GeoDataFrame:
    if asked.by not in BY:
        msg = "Periods are compared by {choices}, not by {by}."
        raise NotFoundError(msg, choices=", ".join(BY), by=asked.by)
    areas = workspace.frame(layers.LAYER_OF_LEVEL[asked.by], as_of)[["name", "geometry"]]
    there = acted
    if asked.by != "grid":
        above = workspace.lineage(as_of)[asked.by]
        counts = counts.groupby(above).sum().reindex(areas.index, fill_value=0)
        if acted is not None:
            there = acted.groupby(above).any().reindex(areas.index, fill_value=False)
    by = asked.exposures if asked.per is None else (counts[WALKED[0]], counts[WALKED[1]])
    rows = compare(counts[0], counts[1], by)
    table = areas.join(rows).assign(acted=False if there is None else there)
    if asked.by == "grid":
        return table.join(holders(workspace, as_of))
    nobody = pd.Series(pd.NA, index=table.index, dtype="str")
    return table.assign(unit_id=nobody, unit_name=nobody)


def _one_sided(by_channel: pd.DataFrame) -> tuple[str, ...]:
    share = by_channel / by_channel.sum().clip(lower=1)
    found = share[(share.min(axis=1) == 0) & (share.max(axis=1) >= NEW_CHANNEL_SHARE)]
    both = (by_channel.sum() > 0).all()
    return tuple(str(name) for name in found.index if name) if both else ()
