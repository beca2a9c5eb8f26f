"""Repeats: a citizen's report with the very photo of another one is the same report."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, select

from geodata.issues import records
from geodata.issues.evidence import distance_m
from geodata.issues.intake import RULE, taken
from geodata.issues.setting import Setting
from gridmap.issues.arrows import WAITING, WITH_UNIT
from gridmap.issues.orders import Context, Order, Row

NEAR_M = 60.0
WITHIN = timedelta(days=7)
WORDS = "the same photo was sent before"


def merge_repeat(setting: Setting, issue_id: str, sent: str) -> str | None:
    """
    Merge a report with the earlier one whose photo it brings, if there is one.

    Only what is the same byte by byte, of one category and at one place, is decided by rule; what
    merely looks alike is suggested to the office (`gridmap.duplicates`).

    Parameters
    ----------
    setting
        Of which city.
    issue_id
        The report, as yet unseen by an office.
    sent
        Hash of its photo, as it was received.

    Returns
    -------
    str or None
        The issue with which it was merged.
    """
    store = setting.store
    with store.database.reading() as connection:
        if _earlier(connection, setting, issue_id, sent) is None:
            return None
    now = store.now()
    told = {"issue": issue_id, "photo": sent, "by": RULE.person_id}
    with store.write(who=RULE.name, action="issue-merge", what=told) as writer:
        target = _earlier(writer.connection, setting, issue_id, sent)
        if target is not None:
            issue, _ = records.row(writer.connection, store.tables, issue_id)
            order = Order("merge", reason=WORDS, into=target)
            after, event = taken(issue, order, RULE, Context(now, setting.calendar))
            day = setting.day(now)
            writer.add("issues", records.to_frame([after], store.tables.crs), day)
            writer.add("issue_events", records.events_frame([event]), day)
    return target


def _earlier(connection: Connection, setting: Setting, issue_id: str, sent: str) -> str | None:
    """Return the first report that the same photo came with."""
    tables = setting.store.tables
    photos = tables.layers["photos"]
    query = select(photos.c.subject).where(
        photos.c.sent == sent, photos.c.subject_kind == "issue", photos.c.by == "public"
    )
    subjects = set(connection.execute(query).scalars()) | {issue_id}
    found = {key: row for key, (row, _) in records.rows(connection, tables, subjects).items()}
    issue = found.pop(issue_id)
    if issue["state"] != "reported":
        return None
    same = [row for row in found.values() if _is_same(row, issue)]
    first = min(same, key=_order, default=None)
    return str(first["issue_id"]) if first is not None and _order(first) < _order(issue) else None


def _is_same(other: Row, issue: Row) -> bool:
    apart = distance_m(other["place"], issue["place"])
    near = other["address"] == issue["address"] if apart is None else apart <= NEAR_M
    placed = (other["place"] is None) == (issue["place"] is None)
    late = abs(issue["reported_at"] - other["reported_at"]) <= WITHIN
    alive = other["state"] in (*WAITING, *WITH_UNIT)
    return alive and placed and near and late and other["category"] == issue["category"]


def _order(issue: Mapping[str, Any]) -> tuple[Any, str]:
    return issue["reported_at"], str(issue["number"])
