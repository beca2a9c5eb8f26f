"""What a plan changes, row by row, in the reader's words."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd

from geodata.comparison import Comparison
from geodata.plan_rows import PlanRow
from web import plan_words
from web.pages.shell import Visit

KEY = ["target_kind", "target"]
ORDER = {act: n for n, act in enumerate(plan_words.ACTS)}


def changed_rows(visit: Visit, plan: PlanRow, rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """
    Say of every target of a plan who had it and who is to have it.

    Parameters
    ----------
    visit
        Who reads.
    plan
        The plan.
    rows
        As `geodata.comparison.Comparison.rows`.

    Returns
    -------
    geopandas.GeoDataFrame
        The rows with ``before`` and ``after`` (units with their tier) and ``why`` (the reason) in
        words; what gains a unit first, then what loses one, then what changes hands.
    """
    before, after = (_said(part, visit) for part in (plan.draft.ended, plan.draft.given))
    keys = list(zip(rows["target_kind"], rows["target"], strict=True))
    told = rows.assign(
        before=[before.get(key) for key in keys],
        after=[after.get(key) for key in keys],
        why=[
            plan_words.reason(code if act != "loses" else None, visit.words)
            for code, act in zip(rows["reason"], rows["act"], strict=True)
        ],
        order=rows["act"].map(ORDER),
    )
    return told.sort_values(["order", "target"], kind="stable", ignore_index=True)


def counter_rows(visit: Visit, compared: Comparison) -> list[dict[str, Any]]:
    """Return what is left without a unit, before the plan and with it."""
    return [
        {
            "title": visit.words.say(title),
            "form": form,
            "before": compared.before[name],
            "after": compared.after[name],
            "better": compared.after[name] < compared.before[name] - 1e-9,
            "worse": compared.after[name] > compared.before[name] + 1e-9,
        }
        for name, title, form in plan_words.COUNTERS
    ]


def _said(rows: pd.DataFrame, visit: Visit) -> dict[tuple[str, str], str]:
    names = visit.reports.frame("units", visit.as_of)["name"]
    found: dict[tuple[str, str], list[str]] = {}
    for row in rows[[*KEY, "unit_id", "tier"]].itertuples(index=False):
        held = f"{names.get(row.unit_id, row.unit_id)} · {visit.words.word('tier', row.tier)}"
        found.setdefault((row.target_kind, row.target), []).append(held)
    return {key: visit.words.together(units) for key, units in found.items()}
