"""What somebody does to an issue: who, what, in which circumstances, and what comes of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from gridmap.clocks import Calendar, Limit
from gridmap.issues.evidence import Shot
from gridmap.issues.routing import Routing

Row: TypeAlias = Mapping[str, Any]
"""Column of the layer ``issues`` → plain value, None where there is none; and its ``place``."""
Changed: TypeAlias = dict[str, Any]
NEAR_M = 100.0


@dataclass(frozen=True)
class Actor:
    """
    Who acts.

    Parameters
    ----------
    person_id, name
        Who.
    role
        The role in which they act, for the record.
    units
        The units for which they speak.
    may
        The actions of `gridmap.access` that they are permitted for this very issue.
    """

    person_id: str
    name: str
    role: str
    units: frozenset[str]
    may: frozenset[str]


@dataclass(frozen=True)
class Condition:
    """
    The filing condition under which an issue is filed.

    Parameters
    ----------
    condition_id, category
        Which, and of which category of issues.
    limit
        How long the unit has.
    """

    condition_id: str
    category: str
    limit: Limit


@dataclass(frozen=True)
class Order:
    """
    What somebody does to an issue.

    Parameters
    ----------
    act
        One of `gridmap.issues.arrows.ACTS`.
    reason
        Why; what is said, for a note.
    unit_id
        To whom it is given.
    condition
        Under which it is filed.
    into
        The issue with which it is merged.
    more
        By how much the limit is extended, in the limit's own kind.
    routing
        Where it belongs, if its place is corrected.
    done_at
        When it was done, if that was before it is told.
    """

    act: str
    reason: str | None = None
    unit_id: str | None = None
    condition: Condition | None = None
    into: str | None = None
    more: float | None = None
    routing: Routing | None = None
    done_at: datetime | None = None


@dataclass(frozen=True)
class Context:
    """
    What a step has to know of the city.

    Parameters
    ----------
    at
        The moment.
    calendar
        Of working days and hours.
    units
        Units to which an issue may be given.
    shots
        The photos of the issue.
    near_m
        How near to the place a photo must have been taken, in metres.
    """

    at: datetime
    calendar: Calendar
    units: Collection[str] = ()
    shots: Sequence[Shot] = ()
    near_m: float = NEAR_M


@dataclass(frozen=True)
class Step:
    """
    What a step does.

    Parameters
    ----------
    changed
        Columns of the issue, and ``place``, with their new values.
    from_state, to_state
        Where it leads.
    details
        What is worth keeping besides: what was before, the evidence.
    """

    changed: Changed
    from_state: str
    to_state: str
    details: Changed = field(default_factory=dict)
