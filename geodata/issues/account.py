"""One issue with all that is known of it: its story, its photos, what may be done now."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from geodata.issues import nearby, records
from geodata.issues.evidence import distance_m, photos
from geodata.issues.ledger import Ledger, listed
from geodata.issues.setting import Setting
from geodata.issues.sight import READ
from geodata.tables import Tables
from gridmap.issues import life
from gridmap.issues.arrows import OPEN, Arrow

BRIEF = ("issue_id", "number", "state", "category", "reported_at", "closed_at")
PHOTO_COLUMNS = (
    "photo_id",
    "kind",
    "width",
    "height",
    "size",
    "taken_at",
    "position_source",
    "at",
    "by",
    "public_key",
)


@dataclass(frozen=True)
class Account:
    """
    What is known of an issue.

    Parameters
    ----------
    issue
        Its columns as JSON has them, ``lon``, ``lat``, ``unit_name``, ``grid_name``, ``share`` of
        the limit used, ``light`` and ``due_provisional``.
    version
        The number of its last row.
    allowed
        What the reader may do to it now.
    events
        What was done to it, the first first; ``unit_name`` of who did it, ``details`` as a mapping.
    photos
        The photos, the oldest first, with ``lon``, ``lat`` and ``distance_m`` from the place.
    duplicates
        Issues of which it may be a duplicate; looked for while it is open.
    recurs
        The closed-out issue that it repeats, in brief.
    recurred_by, merged
        Issues that repeat it, and issues that were merged with it.
    """

    issue: dict[str, Any]
    version: int
    allowed: list[Arrow]
    events: list[dict[str, Any]]
    photos: list[dict[str, Any]]
    duplicates: list[dict[str, Any]]
    recurs: dict[str, Any] | None
    recurred_by: list[dict[str, Any]]
    merged: list[dict[str, Any]]


def account(setting: Setting, issue_id: str) -> Account:
    """
    Tell of an issue.

    Parameters
    ----------
    setting
        Who asks.
    issue_id
        Which; its number will do.

    Raises
    ------
    NotFoundError
        If it is not there, or not for this reader.
    """
    store, tables = setting.store, setting.store.tables
    heads = tables.loop.heads
    with store.database.reading() as connection:
        named = (heads.c.issue_id == issue_id) | (heads.c.number == issue_id)
        frame, versions = records.read(connection, tables, named)
        found = records.plain_rows(frame)
        if not found or not setting.sight.covers(found[0], READ):
            raise records.missing(issue_id)
        issue = found[0]
        key = issue["issue_id"]
        events = _events(connection, setting, key)
        pictures = _photos(connection, tables, issue)
        around = _duplicates(connection, setting, issue, pictures)
        linked = _linked(connection, setting, issue)
    told = listed(Ledger(setting).named(frame))[0]
    actor = setting.sight.actor(issue)
    for picture in pictures:
        picture.pop("look")
    return Account(
        issue=told,
        version=int(versions.iloc[0]),
        allowed=life.allowed(issue, actor),
        events=events,
        photos=pictures,
        duplicates=around,
        recurs=next(iter(linked["recurs"]), None),
        recurred_by=linked["recurred_by"],
        merged=linked["merged"],
    )


def _events(connection: Connection, setting: Setting, issue_id: str) -> list[dict[str, Any]]:
    table = setting.store.tables.layers["issue_events"]
    rows = connection.execute(
        select(table).where(table.c.issue_id == issue_id).order_by(table.c.id)
    )
    units = setting.whole.frame("units", setting.day(setting.store.now()))["name"]
    names = [column.name for column in records.EVENTS.columns if column.name != "issue_id"]
    events = [{name: row._mapping[name] for name in names} for row in rows]  # noqa: SLF001
    for event in events:
        event["details"] = json.loads(event["details"]) if event["details"] else {}
        event["unit_name"] = units.get(event["by_unit"] or "")
    told: list[dict[str, Any]] = records.jsonable(events)
    return told


def _photos(connection: Connection, tables: Tables, issue: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    for photo in photos(connection, tables, issue["issue_id"]):
        place = photo["geometry"]
        told = {name: photo[name] for name in PHOTO_COLUMNS}
        told["lon"], told["lat"] = (None, None) if place is None else (place.x, place.y)
        told["distance_m"] = distance_m(issue["place"], place)
        found.append(records.jsonable(told) | {"look": photo["look"]})
    return found


def _duplicates(
    connection: Connection,
    setting: Setting,
    issue: dict[str, Any],
    pictures: list[dict[str, Any]],
) -> list[dict[str, Any]]:
    if issue["place"] is None or issue["state"] not in OPEN:
        return []
    found = nearby.around(connection, setting.store.tables, issue["place"])
    found = found[[setting.sight.covers(row, READ) for row in records.plain_rows(found)]]
    looks = " ".join(picture["look"] for picture in pictures if picture["look"]) or None
    day = setting.day(setting.store.now())
    return nearby.suggested(issue, found, setting.whole, day, looks)


def _linked(
    connection: Connection, setting: Setting, issue: dict[str, Any]
) -> dict[str, list[dict[str, Any]]]:
    """Return what an issue repeats, what repeats it, what was merged with it: as far as seen."""
    tables = setting.store.tables
    issues, heads = tables.layers["issues"], tables.loop.heads
    seen = setting.sight.condition(connection, tables)
    key = issue["issue_id"]
    wanted = {
        "recurs": issues.c.issue_id == (issue["recurs"] or ""),
        "recurred_by": issues.c.recurs == key,
        "merged": issues.c.merged_into == key,
    }
    return {
        name: records.jsonable(
            [
                dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
                for row in connection.execute(
                    select(*(issues.c[column] for column in BRIEF))
                    .where(issues.c.id == heads.c.row, condition, seen)
                    .limit(50)
                )
            ]
        )
        for name, condition in wanted.items()
    }
