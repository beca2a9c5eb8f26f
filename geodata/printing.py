"""
Printing: papers of the whole city, made in a process of their own.

A thousand cards take half a minute of one processor; in the service's own process everybody else
would wait for the interpreter meanwhile.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from geodata import paper
from geodata.bulletins import Bulletins
from geodata.calendars import calendar_of_city
from geodata.database import connect
from geodata.errors import LimitError, UnreadableError
from geodata.issues.setting import Setting
from geodata.jobs import person_json, person_of
from geodata.paper.meeting_pack import meeting_pack
from geodata.paper.wall_map import wall_map
from geodata.reports import Reports
from geodata.scoped import Workspaces
from geodata.store import Store
from geodata.workspace import Workspace
from gridmap.access import Scope
from gridmap.bulletins import Month

URL = "GRIDMAP_PRINTING_DATABASE_URL"
PAPERS: dict[str, Callable[..., bytes]] = {
    "cards": paper.unit_cards,
    "roster": paper.roster,
    "sign-off": paper.sign_off,
    "wall-map": wall_map,
}
PACK = "pack"
SECONDS = 600


def printed(reports: Reports, name: str, scopes: tuple[Scope, ...], **asked: Any) -> bytes:  # noqa: ANN401
    """
    Make a paper in a child process.

    Parameters
    ----------
    reports
        The register, and the day in the city.
    name
        One of `PAPERS`.
    scopes
        What of the city may be shown.
    **asked
        Arguments of the paper after the reports, by name; days as dates.

    Raises
    ------
    LimitError
        If it takes longer than `SECONDS`.
    UnreadableError
        If the child fails.
    """
    store = reports.workspace.store
    order = {
        "name": name,
        "scopes": [[scope.kind, scope.key] for scope in scopes],
        "zone": reports.zone.key,
        "today": reports.today().isoformat(),
        "asked": {**asked, "as_of": asked["as_of"].isoformat()},
    }
    return _made(order, store)


def printed_pack(
    setting: Setting, month: Month, amendment: int | None, *, language: str, hours: str
) -> bytes:
    """
    Make the pack of a month for the meeting in a child process.

    Parameters
    ----------
    setting
        Who asks; they have been found to be allowed.
    month, amendment
        Which edition; None what would be frozen now.
    language
        One of `geodata.bulletins.words.LABELS`.
    hours
        When the city works, as the operator writes it.

    Raises
    ------
    LimitError, UnreadableError
        As `printed`.
    """
    order = {
        "name": PACK,
        "person": person_json(setting.person),
        "near_m": setting.near_m,
        "zone": setting.zone.key,
        "hours": hours,
        "month": month.code,
        "amendment": amendment,
        "language": language,
    }
    return _made(order, setting.store)


def _made(order: Mapping[str, Any], store: Store) -> bytes:
    """Run the child and return what it writes."""
    url = store.database.engine.url.render_as_string(hide_password=False)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "geodata.printing"],
            input=json.dumps(order).encode(),
            env={**os.environ, URL: url},
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        msg = "Printing took longer than {seconds} seconds; print a part of it."
        raise LimitError(msg, seconds=SECONDS) from error
    if done.returncode:
        msg = "The paper could not be made."
        raise UnreadableError(msg)
    return done.stdout


def make(order: Mapping[str, Any], url: str) -> bytes:
    """
    Make what was ordered; the child's main function.

    Parameters
    ----------
    order
        As `printed` writes it.
    url
        Of the register.
    """
    store = Store(connect(url))
    if order["name"] == PACK:
        return _pack(order, store)
    scopes = tuple(Scope(*scope) for scope in order["scopes"])
    today = date.fromisoformat(order["today"])
    reports = Reports(
        Workspaces(Workspace(store)).of(scopes), today=lambda: today, zone=ZoneInfo(order["zone"])
    )
    asked = {**order["asked"], "as_of": date.fromisoformat(order["asked"]["as_of"])}
    return PAPERS[order["name"]](reports, **asked)


def _pack(order: Mapping[str, Any], store: Store) -> bytes:
    whole, zone = Workspace(store), ZoneInfo(order["zone"])
    works = calendar_of_city(whole, zone, order["hours"])
    person = person_of(order["person"])
    setting = Setting(Workspaces(whole), person, works, zone, order["near_m"])
    kept = Bulletins(setting, may_draft=order["amendment"] is None)
    edition = kept.edition(Month.of(order["month"]), order["amendment"])
    return meeting_pack(edition, order["language"], setting)


if __name__ == "__main__":
    sys.stdout.buffer.write(make(json.load(sys.stdin), os.environ[URL]))
