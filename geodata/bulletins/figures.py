"""
The figures of a month: one dictionary of plain JSON, from which everything else is told.

Its keys:

``month, since, until, city``
    Which month, its days, and the name of the register.
``coverage``
    ``city`` and ``subdistricts``, a list: ``key``, ``name``, and ``ground`` (m²), ``roads`` (m),
    ``points``, ``compounds``, each a share; ``grids`` counts.
``gaps``
    ``n``, ``area_m2`` and ``top``, the largest: ``reason``, ``grid``, ``community``, ``area_m2``.
``units``
    ``in_use``, and ``holding``, those of them that answer for something.
``issues, flow, on_time, by_category, by_subdistrict, by_unit, overdue, trend``
    As `geodata.bulletins.issues.MonthIssues` tells them.
``recurrence``
    ``n`` that came back in the month; ``rate`` of the year up to its end, a share, with ``since``
    and ``until``; ``places``, the most stubborn: ``category``, ``grid``, ``n``, ``last``.
``hotspots``
    ``method`` and ``spots`` (``grid``, ``name``, ``count``, ``z``, ``class``); or ``refused``, a
    sentence's ``template`` and ``values``.
``patrols``
    ``days`` on which patrols were due, and of these ``patrols`` (how many), ``walked`` (m) and
    ``seen`` (points), shares.
``evaluation``
    ``units`` and ``subdistricts``: ``key``, ``name``, ``indicator`` and a share's parts.
``map``
    What the bulletin's map draws; see `geodata.bulletins.ground`.
``before``
    The month before: ``month``, ``source`` (``bulletin`` or ``register``), and `headline` of it.

A share is ``part``, ``whole``, ``share``, ``low``, ``high``; the last three are None where there is
nothing to go by, the last two of what is no sample.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from geodata.bulletins.ground import drawn
from geodata.bulletins.issues import OUTSIDE, MonthIssues, share, subdistrict_of
from geodata.issues.setting import Setting
from geodata.patrols import Patrols
from geodata.reports import ground, spots
from geodata.reports.evaluation import evaluate
from geodata.reports.recurrence import recurring
from geodata.reports.selection import Selection
from geodata.reports.spots import Measure
from geodata.workspace import RESPONSIBILITY
from gridmap.access import OPERATOR
from gridmap.assignments import in_force
from gridmap.bulletins import Figures, Month, require_sums
from gridmap.errors import TooLittleDataError

SHOWN = 20
A_YEAR = timedelta(days=364)
DUE = ["patrols", "roads_m", "walked_m", "points", "points_seen"]
MEASURES = {
    "ground": ("ground_m2", "covered_m2"),
    "roads": ("roads_m", "roads_covered_m"),
    "points": ("points_n", "points_covered_n"),
    "compounds": ("compounds_n", "compounds_covered_n"),
}
EVALUATED = ("filed_on_time", "accurate", "returned", "handled", "closed_on_time", "rework")
"""The indicators of `gridmap.evaluation` that a bulletin tells of units and subdistricts."""
HEADLINE = ("ground", "roads", "points", "closed", "on_time", "recurrence", "walked", "seen")
"""The shares of which every bulletin says first how they stand, and stood a month ago."""


def assemble(setting: Setting, month: Month, before: Figures | None = None) -> Figures:
    """
    Put the figures of a month together.

    Parameters
    ----------
    setting
        The city; the figures are those of the whole of it, whoever asks.
    month
        Which.
    before
        The frozen figures of the month before, if there are any; worked out from the register
        otherwise.

    Returns
    -------
    dict
        As this module's docstring says.

    Raises
    ------
    InvalidError
        If the issues do not add up.
    """
    workspace, last = setting.whole, month.last
    issues = MonthIssues(workspace, month, setting.zone)
    units = workspace.frame("units", last)
    figures: dict[str, Any] = {
        "month": month.code,
        "since": month.first.isoformat(),
        "until": last.isoformat(),
        "city": workspace.store.meta.name,
        **_key_figures(setting, month, issues),
        "gaps": _gaps(setting, month),
        "units": _units(setting, month),
        "by_category": issues.by(issues.every["category"], str),
        "by_subdistrict": issues.by(
            subdistrict_of(workspace, issues.every, last),
            _namer(workspace.frame("subdistricts", last)["name"]),
        ),
        "by_unit": issues.by(issues.every["unit_id"], _namer(units["name"])),
        "overdue": issues.overdue(),
        "trend": issues.trend(),
        "hotspots": _hotspots(setting, month),
        "evaluation": evaluation(setting, month),
    }
    figures["map"] = drawn(workspace, month, issues.received, figures["hotspots"])
    figures["before"] = _before(setting, month.back(), before)
    require_sums(figures)
    return figures


def headline(figures: Figures) -> dict[str, Any]:
    """
    Return the shares of `HEADLINE`, and the counts ``received``, ``open`` and ``overdue``.

    Parameters
    ----------
    figures
        Of a month.
    """
    counts = figures["issues"]
    closed = counts["received"] - counts["open"]
    city, walks = figures["coverage"]["city"], figures["patrols"]
    shares = {
        **{name: city[name] for name in ("ground", "roads", "points")},
        "closed": share(closed, counts["received"]),
        "on_time": figures["on_time"],
        "recurrence": figures["recurrence"]["rate"],
        "walked": walks["walked"],
        "seen": walks["seen"],
    }
    return {
        "shares": shares,
        "counts": {
            "received": counts["received"],
            "open": figures["flow"]["open"],
            "overdue": figures["overdue"]["n"],
        },
    }


def _key_figures(setting: Setting, month: Month, issues: MonthIssues) -> dict[str, Any]:
    """Return those figures of which the headline is made."""
    return {
        "coverage": _coverage(setting, month),
        "issues": issues.counts(),
        "flow": issues.flow(),
        "on_time": issues.on_time(),
        "recurrence": _recurrence(setting, month),
        "patrols": _patrols(setting, month),
    }


def _before(setting: Setting, month: Month, frozen: Figures | None) -> dict[str, Any]:
    if frozen is not None:
        return {"month": month.code, "source": "bulletin", **headline(frozen)}
    issues = MonthIssues(setting.whole, month, setting.zone)
    found = _key_figures(setting, month, issues) | {"overdue": issues.overdue()}
    return {"month": month.code, "source": "register", **headline(found)}


def _coverage(setting: Setting, month: Month) -> dict[str, Any]:
    city = ground.coverage_table(setting.whole, "city", month.last)
    below = ground.coverage_table(setting.whole, "subdistrict", month.last)
    rows = [
        {"key": str(code), "name": OUTSIDE if row["rest"] else str(row["name"]), **_covered(row)}
        for code, row in below.iterrows()
        if not row["rest"] or row["ground_m2"] >= 1
    ]
    return {"city": _covered(city[list(_columns())].sum()), "subdistricts": rows}


def _columns() -> tuple[str, ...]:
    return (*(name for pair in MEASURES.values() for name in pair), "grids_n")


def _covered(row: pd.Series) -> dict[str, Any]:
    told: dict[str, Any] = {"grids": int(row["grids_n"])}
    for name, (whole, part) in MEASURES.items():
        sizes = (round(float(row[part]), 1), round(float(row[whole]), 1))
        counts = (int(row[part]), int(row[whole]))
        told[name] = share(*(counts if name in ("points", "compounds") else sizes), counted=False)
    return told


def _gaps(setting: Setting, month: Month) -> dict[str, Any]:
    found = ground.gaps(setting.whole, month.last)
    rows = found.head(SHOWN)
    return {
        "n": len(found),
        "area_m2": round(float(found["area_m2"].sum()), 1),
        "top": [
            {
                "reason": str(row["reason"]),
                "grid": _text(row["name"]) or _text(row["code"]),
                "community": _text(row["community_name"]),
                "area_m2": round(float(row["area_m2"]), 1),
            }
            for _, row in rows.iterrows()
        ],
    }


def _units(setting: Setting, month: Month) -> dict[str, int]:
    units = setting.whole.frame("units", month.last)
    used = units.index[units["active"].fillna(value=True).astype(bool) & (units["party"] == "unit")]
    held = in_force(setting.whole.frame("assignments", month.last), month.last)
    return {"in_use": len(used), "holding": int(used.isin(held["unit_id"]).sum())}


def _recurrence(setting: Setting, month: Month) -> dict[str, Any]:
    workspace, last = setting.whole, month.last
    wanted = Selection(month.first, last)
    found = recurring(workspace, wanted, setting.zone)
    # what was closed out in the month itself had not the time to come back
    year = recurring(workspace, replace(wanted, since=last - A_YEAR), setting.zone)
    rates = year.rates["category"]
    names = workspace.frame("grids", last)["name"].dropna().to_dict()
    return {
        "n": len(found.links),
        "since": (last - A_YEAR).isoformat(),
        "until": last.isoformat(),
        "rate": share(int(rates["recurred"].sum()), int(rates["closed"].sum())),
        "places": [
            {
                "category": str(row["category"]),
                "grid": _text(names.get(row["grid"])) or _text(row["grid"]),
                "n": int(row["n"]),
                "last": row["last"].tz_convert(setting.zone).date().isoformat(),
            }
            for _, row in found.places.head(SHOWN // 2).iterrows()
        ],
    }


def _hotspots(setting: Setting, month: Month) -> dict[str, Any]:
    wanted = Selection(month.first, month.last)
    try:
        found = spots.find(setting.whole, wanted, setting.zone, Measure(), month.last)
    except TooLittleDataError as error:
        values = {name: _plain(value) for name, value in error.values.items()}
        return {"refused": {"template": error.template, "values": values}}
    table = found.table[found.table["significant"]].sort_values("z", ascending=False)
    told = [
        {
            "grid": str(code),
            "name": _text(row["name"]) or str(code),
            "count": int(row["count"]),
            "z": round(float(row["z"]), 4),
            "class": int(row["class"]),
        }
        for code, row in table.iterrows()
    ]
    return {"method": _plain(asdict(found.method)), "spots": told}


def _patrols(setting: Setting, month: Month) -> dict[str, Any]:
    asked = Patrols(replace(setting, person=OPERATOR))
    every = [month.first + timedelta(days=n) for n in range(month.last.day)]
    days = [day for day in every if asked.is_workday(day) and day <= asked.today]
    sums = sum((_due(asked, setting, day) for day in days), pd.Series(0.0, index=DUE)).round(1)
    return {
        "days": len(days),
        "patrols": int(sums["patrols"]),
        "walked": share(float(sums["walked_m"]), float(sums["roads_m"]), counted=False),
        "seen": share(int(sums["points_seen"]), int(sums["points"]), counted=False),
    }


def _due(asked: Patrols, setting: Setting, day: date) -> pd.Series:
    """Return what was due on a day and done; days without a patrol share what was due."""

    def build() -> pd.Series:
        return asked.due(day)[DUE].sum()

    walked = setting.whole.frame("patrols", date.max)["day"]
    if (walked == pd.Timestamp(day)).any():
        return build()
    return setting.whole.once("due", (*RESPONSIBILITY, "patrols"), day, build)


def evaluation(setting: Setting, month: Month) -> dict[str, Any]:
    """
    Return the indicators of a month by unit and by subdistrict.

    Parameters
    ----------
    setting, month
        The city, and which month.
    """
    period = (month.first, month.last)
    told = {}
    for name, by in (("units", "unit"), ("subdistricts", "subdistrict")):
        table = evaluate(setting.whole, period, by, month.last, zone=setting.zone)
        rows = table[table["indicator"].isin(EVALUATED)]
        told[name] = [
            {"key": str(key), "name": str(row["name"]), "indicator": str(row["indicator"])}
            | share(int(row["part"]), int(row["whole"]))
            for key, row in rows.iterrows()
        ]
    return told


def _namer(names: pd.Series) -> Callable[[str], str]:
    known = names.dropna().to_dict()
    return lambda key: str(known.get(key, key))


def _text(value: object) -> str:
    return OUTSIDE if pd.isna(value) else str(value)


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a sentence is filled with
    """Return a value as JSON knows it."""
    if isinstance(value, dict):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value if isinstance(value, str | int | float | bool | None) else str(value)
