"""A demo city moved in time: the same year, ended on another day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pandas as pd

from gridmap.demo.city import DemoCity
from gridmap.demo.incidents import LAST_DAY, ZONE


def ended_on(town: DemoCity, last: date) -> DemoCity:
    """
    Move a city in time by whole days.

    Parameters
    ----------
    town
        As `gridmap.demo.city` makes it.
    last
        The last local day on which anything is reported.

    Returns
    -------
    DemoCity
        The same city with the same things planted in it; only days differ.
    """
    away = timedelta(days=(pd.Timestamp(last) - LAST_DAY).days + 1)
    issues = town.issues.assign(
        **{name: town.issues[name] + away for name in _moments(town.issues)}
    )
    days = issues["reported_at"].dt.tz_convert(ZONE).dt.strftime("%Y%m%d")
    assignments = town.assignments.assign(
        **{name: town.assignments[name] + away for name in _moments(town.assignments)}
    )
    return replace(
        town,
        issues=issues.assign(number=days + town.issues["number"].str[8:]),
        assignments=assignments,
        truth=town.truth | {"hot_spots": [_moved(spot, away) for spot in town.truth["hot_spots"]]},
    )


def _moments(frame: pd.DataFrame) -> list[str]:
    return [name for name in frame if pd.api.types.is_datetime64_any_dtype(frame[name])]


def _moved(spot: dict[str, Any], away: timedelta) -> dict[str, Any]:
    days = {
        name: (date.fromisoformat(spot[name]) + away).isoformat() for name in ("since", "until")
    }
    return spot | days
