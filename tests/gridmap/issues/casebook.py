"""
One issue and the people around it, for tests of its life.

It was reported at eight on Monday, 1 June 2026, filed and given to the unit u1 at nine, with two
working days to go; what is asked of it is asked at ten on Tuesday, 2 June.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from shapely import Point

from gridmap import layers
from gridmap.clocks import Calendar, Limit
from gridmap.issues.evidence import Shot
from gridmap.issues.orders import Actor, Condition, Context, Order
from gridmap.issues.routing import Routing

CITY = ZoneInfo("Asia/Shanghai")
WEEK = Calendar(CITY)
"""Monday to Friday, 08:30-12:00 and 13:30-17:30, without a holiday."""
HERE = Point(122.5, 53.0)
THERE = Routing(
    Point(122.6, 53.1), "g2", "u2", "grid", ({"rule": "grid", "target": "g2", "unit_id": "u2"},)
)
UNITS = {"u1": "市林业局", "u2": "市教育局", "u3": "市供电公司"}
NEAR = (Shot("p1", "after", 12.0),)
URGENT = Condition("c9", "井盖缺失", Limit(4, "urgent_hours"))
READ = {"issue.read"}
SAY = READ | {"issue.report", "issue.note"}
HANDLE = SAY | {"issue.handle"}
CHECK = SAY | {"issue.check"}
OFFICE = HANDLE | CHECK | {"issue.office"}


def local(text: str) -> datetime:
    """Return a moment in the city, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=CITY).astimezone(UTC)


NOW = local("2026-06-02 10:00")


def somebody(name: str, role: str, may: set[str], *units: str) -> Actor:
    return Actor(name, name, role, frozenset(units), frozenset(may))


PEOPLE = {
    "office": somebody("o1", "city_office", OFFICE),
    "own": somebody("s1", "unit_coordinator", HANDLE, "u1"),
    "other": somebody("s2", "unit_coordinator", HANDLE, "u2"),
    "fixer": somebody("f1", "city_office", OFFICE),  # who fixed it, though of an office
    "mate": somebody("m1", "inspector", CHECK | HANDLE, "u1"),  # inspects, and is of the unit
    "inspector": somebody("i1", "inspector", CHECK),
    "reporter": somebody("r1", "leader", SAY),
    "leader": somebody("l1", "leader", SAY),
    "auditor": somebody("a1", "auditor", READ),
}


def issue(state: str = "accepted", **more: Any) -> dict[str, Any]:
    """Return the issue in a state, with what belongs to that state."""
    row: dict[str, Any] = {column.name: None for column in layers.LAYERS["issues"].columns}
    row |= {
        "issue_id": "i1",
        "category": "暴露垃圾",
        "state": state,
        "place": HERE,
        "grid": "g1",
        "unit_id": "u1",
        "rule": "grid",
        "why": json.dumps([{"rule": "grid", "target": "g1", "unit_id": "u1"}]),
        "reporter": "r1",
        "reported_at": local("2026-06-01 08:00"),
        "filed_at": local("2026-06-01 09:00"),
        "due_at": local("2026-06-03 09:00"),
        "limit_amount": 2.0,
        "limit_kind": "working_days",
        "fixer": "f1",
        "fixer_unit": "u1",
    }
    if state == "suspended":
        row |= {"resumes": "accepted", "paused_at": local("2026-06-01 15:30")}
    if state == "merged":
        row |= {"resumes": "returned", "merged_into": "i2"}
    return row | more


def context(at: datetime = NOW, shots: tuple[Shot, ...] = NEAR) -> Context:
    return Context(at, WEEK, UNITS, shots)


def order(act: str, **more: Any) -> Order:
    """Return an order that comes with whatever any act may need."""
    told: dict[str, Any] = {
        "reason": "说明",
        "unit_id": "u2",
        "condition": URGENT,
        "into": "i2",
        "more": 1.0,
        "routing": THERE,
    }
    return Order(act, **(told | more))
