"""Tasks: what waits for somebody, by what they may do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import geopandas as gpd

from geodata.issues.ledger import Ledger, Wanted
from geodata.issues.setting import Setting
from gridmap import access

SHOWN = 20


@dataclass(frozen=True)
class Task:
    """
    A list of issues that wait.

    Parameters
    ----------
    name
        Of what: ``accept``, ``rectify``, ``file``, ``dispatch``, ``rule``, ``extensions``,
        ``appeals``, ``reinspect``, ``close_out``, ``overdue``, ``review``, ``returned``,
        ``answers``, ``escalated``.
    count
        How many there are.
    issues
        The first of them, as `geodata.issues.ledger.Found.issues`.
    wanted
        The question to the ledger that they answer.
    """

    name: str
    count: int
    issues: gpd.GeoDataFrame
    wanted: Wanted


def tasks(setting: Setting, limit: int = SHOWN) -> list[Task]:
    """
    Return what waits for somebody, the most pressing first.

    Parameters
    ----------
    setting
        Who asks.
    limit
        Issues of each list that are shown.
    """
    ledger = Ledger(setting)
    found = []
    for name, wanted in _questions(setting):
        page = ledger.find(replace(wanted, limit=limit))
        found.append(Task(name, page.matched, page.issues, wanted))
    return found


def _questions(setting: Setting) -> Iterator[tuple[str, Wanted]]:
    person = setting.person
    for unit_id in sorted(person.units):
        yield from _of_unit(unit_id)
    if access.where(person, "issue.office"):
        yield "review", Wanted(states=("reported",), channel="citizen_app")
        yield "file", Wanted(states=("reported",))
        yield "dispatch", Wanted(states=("filed",))
        yield "rule", Wanted(states=("returned",))
        yield "extensions", Wanted(pending="extension")
        yield "appeals", Wanted(pending="appeal")
    if access.where(person, "issue.check"):
        yield "reinspect", Wanted(states=("rectified",))
        yield "close_out", Wanted(states=("reinspected",))
    if not person.units:
        yield "overdue", Wanted(is_open=True, lights=("red",), sort="due")
    if "leader" in person.roles:
        yield "escalated", Wanted(is_open=True, escalated=True)


def _of_unit(unit_id: str) -> Iterator[tuple[str, Wanted]]:
    yield "accept", Wanted(states=("dispatched",), unit_id=unit_id, sort="due")
    yield "rectify", Wanted(states=("accepted",), unit_id=unit_id, sort="due")
    yield "returned", Wanted(states=("returned",), unit_id=unit_id)
    yield "answers", Wanted(pending="extension", unit_id=unit_id)
