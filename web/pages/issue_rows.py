"""Issues as pages show them: with names, clocks in words, and what may be done to each."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import geopandas as gpd
import pandas as pd

from api.service import service_of
from geodata.issues import records
from geodata.issues.setting import Setting
from gridmap import conditions
from gridmap.issues import life
from gridmap.issues.arrows import ARROWS, RUNNING
from web.pages.issue_words import ACTS, Said
from web.pages.shell import Visit
from web.words import absent
from web.words import gettext_noop as _

NUMBERS = ("extensions", "returns", "reworks", "reopenings", "level")
ALONE = frozenset({"move", "merge", "unmerge"})
"""Acts that are done to one issue at a time."""


def setting_of(visit: Visit) -> Setting:
    """Return the setting in which somebody sees issues and acts on them."""
    return service_of(visit.request).setting(visit.caller.person)


def now_of(setting: Setting) -> datetime:
    """Return the moment, by the clock of the register."""
    return setting.store.now()


def rows_of(
    visit: Visit, setting: Setting, found: gpd.GeoDataFrame, *, acts: bool = False
) -> list[dict[str, Any]]:
    """
    Return issues as lists show them.

    Parameters
    ----------
    visit
        Who reads.
    setting
        Of their request.
    found
        `geodata.issues.ledger.Found.issues`.
    acts
        Whether ``acts`` is wanted: what the reader may do to each, of what is done to many.

    Returns
    -------
    list of dict
        The columns, ``place``, and ``left``, ``light_name``, ``stopped``: the clock in words.
    """
    said, now = Said(visit.words), now_of(setting)
    rows = records.plain_rows(found)
    for row in rows:
        row.update(clock_of(row, said, now))
        row["acts"] = []
        if acts:
            allowed = life.allowed(row, setting.sight.actor(row))
            row["acts"] = [arrow.act for arrow in allowed if arrow.act not in ALONE]
    return rows


def clock_of(issue: dict[str, Any], said: Said, now: datetime) -> dict[str, Any]:
    """
    Return the clock of an issue in words.

    Parameters
    ----------
    issue
        A row with plain values and ``light``.
    said
        The words.
    now
        The moment.

    Returns
    -------
    dict
        ``stopped``; ``light``, without a light where there is no limit; ``light_name``; ``left``,
        empty unless the clock runs; counters as whole numbers.
    """
    running = issue["state"] in RUNNING
    light = None if absent(issue["light"]) else issue["light"]
    name = said("light", light) if running or light == "red" else said("clock", issue["state"])
    counted = {key: 0 if absent(issue[key]) else int(issue[key]) for key in NUMBERS}
    return counted | {
        "light": light,
        "light_name": name if light else said("clock", "none"),
        "stopped": not running,
        "left": said.left(issue["due_at"], now) if running else "",
    }


def people_of(visit: Visit, ids: Collection[object]) -> dict[str, str]:
    """
    Return the names of people.

    Parameters
    ----------
    visit
        Who reads.
    ids
        Of accounts, and roles of those that have none.

    Returns
    -------
    dict
        Id → name; what is neither an account nor a role is left out.
    """
    wanted = {str(one) for one in ids if not absent(one)}
    known = {a.person_id: a.name for a in service_of(visit.request).accounts.people()}
    said = Said(visit.words)
    special = {"rule": said("role", "system"), "public": said("role", "public")}
    names = special | known
    return {one: names[one] for one in wanted if one in names}


def choices_of(visit: Visit, setting: Setting, category: str = "") -> dict[str, Any]:
    """
    Return what the forms of acts offer.

    Parameters
    ----------
    visit, setting
        Who acts, and where.
    category
        Whose filing conditions stand first.

    Returns
    -------
    dict
        ``units``: ids and names; ``conditions``: name of the group → ids, words and limits;
        ``own_group``: the name of the group of the category's own.
    """
    said = Said(visit.words)
    known = in_force(setting)
    groups: dict[str, list[tuple[str, str]]] = {}
    first = visit.words.say(_("Of this category"))
    for condition_id, row in known.iterrows():
        own = bool(category) and row["category"] == category
        limit = said.limit(row["limit_amount"], row["limit_kind"])
        words = row["condition"] if own else f"{row['category']} · {row['condition']}"
        group = first if own else f"{'' if absent(row['group']) else row['group']}"
        groups.setdefault(group, []).append((str(condition_id), f"{words} ({limit})"))
    ordered = sorted(groups.items(), key=lambda item: item[0] != first)
    units = setting.units(setting.day(now_of(setting)))
    return {
        "units": sorted(units.items(), key=lambda item: item[1]),
        "conditions": dict(ordered),
        "own_group": first,
    }


def in_force(setting: Setting) -> pd.DataFrame:
    """Return the filing conditions of the edition in force, in their order."""
    return conditions.latest(setting.whole.frame("conditions", setting.day(now_of(setting))))


def bulk_acts(visit: Visit) -> list[dict[str, Any]]:
    """Return every act that may be done to many issues at once: its name and what it needs."""
    return [
        {"act": act, "name": visit.words.say(name), "needs": " ".join(ARROWS[act].needs)}
        for act, name in ACTS.items()
        if act not in ALONE
    ]


def categories_of(setting: Setting) -> list[str]:
    """Return the categories of the conditions in force, in their order."""
    known = in_force(setting)
    names: pd.Series = known["category"] if len(known) else pd.Series(dtype="str")
    return [str(name) for name in names.drop_duplicates()]
