"""A year of issues in a demo city: what is found where and when, how, and when it is closed."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.demo.mesh import Floats
from gridmap.demo.scatter import Scatter
from gridmap.demo.sizes import Size
from gridmap.demo.terrain import to_degrees
from gridmap.progress import SET_RIGHT

FIRST_DAY, LAST_DAY = pd.Timestamp("2025-10-01"), pd.Timestamp("2026-10-01")
DAYS = (LAST_DAY - FIRST_DAY).days
ZONE = "Asia/Shanghai"
HOUR, DAY = 3600.0, 86400.0
SATURDAY = 5
# Category: share of all issues, hours allowed, what is written of it.
CATEGORIES: dict[str, tuple[float, float, str]] = {
    "野广告": (0.15, 24, "墙面、灯杆有野广告"),
    "暴露垃圾": (0.14, 12, "有暴露垃圾未清运"),
    "占道经营": (0.11, 12, "有商贩占道经营"),
    "乱堆乱放": (0.11, 48, "楼道或路边乱堆乱放"),
    "飞线充电": (0.10, 48, "有人从窗口拉线给电动车充电"),
    "乱停乱放": (0.09, 24, "机动车占用人行道"),
    "僵尸车": (0.07, 168, "长期停放无人使用的车辆"),
    "路灯不亮": (0.06, 72, "夜间路灯不亮"),
    "井盖破损": (0.05, 24, "井盖破损或缺失"),
    "小片荒": (0.05, 360, "私自开垦绿地种菜"),
    "路面破损": (0.04, 168, "路面坑洼破损"),
    "违建": (0.03, 720, "私搭乱建棚厦"),
}
# Channel: share, typical accuracy of the position in metres.
CHANNELS: dict[str, tuple[float, float]] = {
    "unit_patrol": (0.42, 6.0),
    "citizen_app": (0.23, 14.0),
    "hotline": (0.15, 45.0),
    "periodic": (0.11, 5.0),
    "guidance_team": (0.09, 5.0),
}
NAMES = np.array(list(CATEGORIES), dtype=object)
ALLOWED = np.array([hours for _, hours, _ in CATEGORIES.values()]) * HOUR
SHARES = np.array([share for share, _, _ in CATEGORIES.values()])
HOUR_SHARES = np.array([*[1] * 6, 4, 8, 12, 12, 10, 7, 5, 8, 11, 11, 9, 7, 6, 5, 4, 3, 2, 1], float)
STUCK_SHARE, NEW_SHARE, NEW_AGE = 0.015, 0.3, 18 * DAY  # still open: some of old, more of new
DONE_AFTER = 0.8  # of what is allowed, by those whose work still waits to be looked at
PERIMETER_SHARE = 0.2  # of the background follows metres of border instead of people


@dataclass
class Draft:
    """
    Issues while they are made up: one entry of each array an issue.

    Parameters
    ----------
    grid, category, channel
        Numbers of the grid, of the category, of the channel.
    xy : ndarray, shape (n, 2)
        Metres from the city's centre.
    reported, closed
        Seconds since the first local midnight; NaN where never closed.
    accuracy
        Metres.
    twin
        Number of the issue that this one repeats, or -1.
    fixed
        Whether its place is part of what is planted.
    """

    grid: NDArray[np.int64]
    category: NDArray[np.int64]
    channel: NDArray[np.int64]
    xy: Floats
    reported: Floats
    closed: Floats
    accuracy: Floats
    twin: NDArray[np.int64]
    fixed: NDArray[np.bool_]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.grid)

    def joined(self, other: Draft) -> Draft:
        """Return this one's issues, then the other's; twins are numbers in the whole."""
        pairs = [(getattr(self, f.name), getattr(other, f.name)) for f in fields(self)]
        return Draft(*(np.concatenate(pair) for pair in pairs))


def drawn(
    grid: NDArray[np.int64],
    category: NDArray[np.int64],
    reported: Floats,
    scatter: Scatter,
    rng: np.random.Generator,
) -> Draft:
    """
    Make up the rest of issues whose grid, category and time are known.

    Parameters
    ----------
    grid, category : ndarray of int, shape (n,)
        Where and what.
    reported : ndarray, shape (n,)
        Seconds since the first local midnight.
    scatter
        Draws places in grids.
    rng
        Where chance comes from.
    """
    n = len(grid)
    share, typical = (np.array(column) for column in zip(*CHANNELS.values(), strict=True))
    channel = rng.choice(len(CHANNELS), n, p=share)
    return Draft(
        grid=grid,
        category=category,
        channel=channel,
        xy=scatter.anywhere(grid, rng),
        reported=reported,
        closed=closing(reported, category, rng),
        accuracy=typical[channel] * rng.lognormal(0.0, 0.35, n),
        twin=np.full(n, -1),
        fixed=np.zeros(n, dtype=bool),
    )


def closing(reported: Floats, category: NDArray[np.int64], rng: np.random.Generator) -> Floats:
    """Return when issues are closed; NaN where the year ends first."""
    closed = reported + ALLOWED[category] * rng.lognormal(-0.6, 0.55, len(reported))
    age = DAYS * DAY - reported
    stuck = rng.uniform(size=len(reported)) < STUCK_SHARE + NEW_SHARE * np.exp(-age / NEW_AGE)
    return np.where((closed < DAYS * DAY) & ~stuck, np.round(closed), np.nan)


def moments(days: NDArray[np.int64], rng: np.random.Generator) -> Floats:
    """Return a moment of each day, more of them in the morning and the afternoon."""
    hour = rng.choice(24, len(days), p=HOUR_SHARES / HOUR_SHARES.sum())
    return np.round(days * DAY + (hour + rng.uniform(size=len(days))) * HOUR)


def background(n: int, residents: Floats, scatter: Scatter, rng: np.random.Generator) -> Draft:
    """
    Make up issues that follow people, and to a fifth the metres of road.

    Parameters
    ----------
    n
        How many.
    residents : ndarray, shape (g,)
        People of each grid.
    scatter
        Draws places in grids.
    rng
        Where chance comes from.
    """
    share = (1 - PERIMETER_SHARE) * residents / residents.sum()
    share = share + PERIMETER_SHARE * scatter.perimeter / scatter.perimeter.sum()
    grid = rng.choice(len(residents), n, p=share / share.sum())
    category = rng.choice(len(CATEGORIES), n, p=SHARES / SHARES.sum())
    day = np.arange(DAYS)
    at_weekend = (FIRST_DAY.weekday() + day) % 7 >= SATURDAY
    season = 1 + 0.25 * np.sin(2 * np.pi * (day - 90) / DAYS)  # fewer in the cold
    daily = np.where(at_weekend, 0.75, 1.0) * season
    days = rng.choice(DAYS, n, p=daily / daily.sum())
    return drawn(grid, category, moments(days, rng), scatter, rng)


def frame_of(
    draft: Draft, size: Size, grid_names: pd.Series, rng: np.random.Generator
) -> dict[str, object]:
    """
    Return the columns of the raw layer, in the order of the draft.

    Parameters
    ----------
    draft
        Issues in the order of their time.
    size
        Which city.
    grid_names
        By the number of the grid.
    rng
        Where chance comes from.
    """
    n = len(draft)
    written = np.array([text for _, _, text in CATEGORIES.values()], dtype=object)[draft.category]
    where = grid_names.to_numpy()[draft.grid]
    state, allowed = _states(draft, rng), ALLOWED[draft.category]
    return {
        "issue_id": [f"W{i:07d}" for i in range(1, n + 1)],
        "reported_at": _utc(draft.reported),
        "category": pd.array(NAMES[draft.category], dtype="str"),
        "channel": pd.array(np.array(list(CHANNELS), dtype=object)[draft.channel], dtype="str"),
        "description": [f"{place}{text}" for place, text in zip(where, written, strict=True)],
        "state": pd.array(state, dtype="str"),
        "due_at": _utc(np.where(state == "reported", np.nan, draft.reported + allowed)),
        "closed_at": _utc(draft.closed),
        "accuracy_m": np.round(draft.accuracy, 1),
        **dict.fromkeys(("handler", "grid", "unit_id", "rule"), pd.array([None] * n, dtype="str")),
        **_told(draft, state),
        "geometry": shapely.points(to_degrees(draft.xy, size)),
    }


def _told(draft: Draft, state: NDArray[np.object_]) -> dict[str, object]:
    """Return what an issue has been given by the way: a number, a limit, when it was set right."""
    allowed = draft.reported + DONE_AFTER * ALLOWED[draft.category]
    waits = np.isin(state, SET_RIGHT)  # for somebody who looks
    done = np.where(waits, np.minimum(allowed, DAYS * DAY), draft.closed)
    day = pd.Series(_utc(draft.reported)).dt.tz_convert(ZONE).dt.strftime("%Y%m%d")
    of_day = day.groupby(day).cumcount() + 1
    filed = np.where(state == "reported", np.nan, draft.reported)
    hours = np.where(state == "reported", np.nan, ALLOWED[draft.category] / HOUR)
    return {
        "number": pd.array(day + of_day.astype("str").str.zfill(5), dtype="str"),
        "limit_amount": hours,
        "limit_kind": pd.Series("urgent_hours", index=day.index, dtype="str").where(
            ~np.isnan(hours)
        ),
        "filed_at": _utc(filed),
        "rectified_at": _utc(done),
    }


def _utc(seconds: Floats) -> pd.DatetimeIndex:
    first = FIRST_DAY.tz_localize(ZONE).tz_convert("UTC").as_unit("us")
    return first + pd.to_timedelta(seconds, unit="s").as_unit("us")


def _states(draft: Draft, rng: np.random.Generator) -> NDArray[np.object_]:
    age = DAYS * DAY - draft.reported
    late = rng.choice(["dispatched", "rectified", "reinspected"], len(draft), p=[0.4, 0.4, 0.2])
    open_ = np.where(
        age < DAY, "reported", np.where(age < ALLOWED[draft.category], "dispatched", late)
    )
    return np.where(np.isnan(draft.closed), open_, "closed_out").astype(object)
