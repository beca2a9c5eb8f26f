"""
The issues as a plain dictionary knows them: what may be done to them by whom, and what it does.

Tables of its own, written by hand; nothing here is taken from the program.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from gridmap.errors import ConflictError, ForbiddenError, GridMapError, InvalidError
from tests.loop import PEOPLE

OFFICE = {"office", "second"}
WORKERS = {"u1": "u1", "staff": "u1", "u2": "u2"}
CHECKERS = {*OFFICE, "inspector"}
WHO = sorted({*OFFICE, *WORKERS, "inspector", "leader"})
SPOTS = {70: "u1", 250: "u3", 350: None}
"""Metres east of the corner → who answers there; in u1's grid u1 sees whatever is there."""
WITH_UNIT = {"dispatched", "accepted"}
HANDED = {"reported", "filed", "returned", *WITH_UNIT}
FROM = {
    "file": {"reported"},
    "refuse": {"reported", "filed"},
    "dispatch": {"filed"},
    "accept": {"dispatched"},
    "return": WITH_UNIT,
    "rule": {"returned"},
    "rectify": WITH_UNIT,
    "reinspect": {"rectified"},
    "reject": {"rectified", "reinspected"},
    "close_out": {"reinspected"},
    "reopen": {"closed_out"},
    "ask_extension": WITH_UNIT,
    "grant_extension": WITH_UNIT,
    "deny_extension": WITH_UNIT,
    "suspend": {"filed", *WITH_UNIT},
    "resume": {"suspended"},
    "escalate": {"filed", "returned", *WITH_UNIT},
    "transfer": WITH_UNIT,
    "merge": HANDED,
    "unmerge": {"merged"},
    "move": HANDED,
}
OF_UNIT = {"accept", "return", "rectify", "ask_extension"}
OF_CHECKERS = {"reinspect", "reject", "close_out"}
LEADS = {
    "file": "filed",
    "refuse": "refused",
    "dispatch": "dispatched",
    "accept": "accepted",
    "return": "returned",
    "rule": "dispatched",
    "rectify": "rectified",
    "reinspect": "reinspected",
    "reject": "accepted",
    "close_out": "closed_out",
    "reopen": "dispatched",
    "suspend": "suspended",
    "transfer": "dispatched",
    "merge": "merged",
}
COUNTS = {
    "return": "returns",
    "reject": "reworks",
    "reopen": "reopenings",
    "grant_extension": "extensions",
    "escalate": "level",
}
DECISIONS = {"grant_extension", "deny_extension"}
ENDS_ASKING = {*DECISIONS, "return", "rectify", "transfer", "merge"}


@dataclass
class Known:
    """What the model knows of an issue."""

    state: str
    x: int
    unit: str | None
    reporter: str
    reporter_unit: str | None
    fixer: str | None = None
    fixer_unit: str | None = None
    pending: str | None = None
    resumes: str | None = None
    into: str | None = None
    shots: set[int] = field(default_factory=set)  # where, since it was rejected or reopened
    counts: Counter[str] = field(default_factory=Counter)
    acts: list[str] = field(default_factory=list)
    version: int = 0


@dataclass(frozen=True)
class Try:
    """What somebody tries."""

    who: str
    act: str
    unit_id: str | None = None
    into: str | None = None
    to: int = 70


def reported(who: str, x: int, *, sure: bool, fixed: bool) -> Known:
    """Return what a report becomes: filed and dispatched if the condition and the unit are sure."""
    unit = SPOTS[x]
    known = Known("reported", x, unit, PEOPLE[who].person_id, WORKERS.get(who), acts=["report"])
    steps = ["file", "dispatch", "rectify"][: 0 if not sure else 1 if unit is None else 2 + fixed]
    for act in steps:
        if act != "rectify" or may(Try(who, act), known):
            apply(Try(who, act), known)
    return known


def sees(who: str, known: Known) -> bool:
    """Say whether somebody sees an issue."""
    if who not in WORKERS:
        return True
    unit = WORKERS[who]
    in_grid = unit == SPOTS[known.x]
    own = known.reporter == PEOPLE[who].person_id
    return in_grid or own or unit in (known.unit, known.reporter_unit)


def may(tried: Try, known: Known) -> bool:
    """Say whether it is theirs to do."""
    who, act = tried.who, tried.act
    if act in OF_UNIT:
        return who in OFFICE or (who in WORKERS and WORKERS[who] == known.unit)
    if act in OF_CHECKERS:
        return who in CHECKERS and known.fixer != PEOPLE[who].person_id
    own = act == "move" and known.reporter == PEOPLE[who].person_id
    return who in OFFICE or own


def _lacks_unit(tried: Try, known: Known) -> bool:
    if tried.act in ("rule", "transfer"):
        return tried.unit_id is None
    return tried.act == "dispatch" and tried.unit_id is None and known.unit is None


REFUSALS: list[tuple[type[GridMapError], Callable[[Try, Known], bool]]] = [
    (ConflictError, lambda tried, known: known.state not in FROM[tried.act]),
    (ForbiddenError, lambda tried, known: not may(tried, known)),
    (InvalidError, _lacks_unit),
    (
        ConflictError,
        lambda tried, known: tried.act in DECISIONS and known.pending != "extension",
    ),
    (
        ConflictError,
        lambda tried, known: tried.act == "ask_extension" and known.pending is not None,
    ),
    (
        ConflictError,
        lambda tried, known: tried.act == "grant_extension" and known.counts["extensions"] == 2,
    ),
    (
        InvalidError,
        lambda tried, known: tried.act == "transfer" and tried.unit_id == known.unit,
    ),
    (InvalidError, lambda tried, known: tried.act == "close_out" and known.x not in known.shots),
]
"""Why something is refused, the first reason that holds."""


def refusal(tried: Try, known: Known) -> type[GridMapError] | None:
    """Say what an attempt comes to: the error, or None if it is done."""
    return next((error for error, holds in REFUSALS if holds(tried, known)), None)


def apply(tried: Try, known: Known) -> None:
    """Do in the model what was done in the register."""
    act, before = tried.act, known.state
    known.state = LEADS.get(act, before)
    if act in ("suspend", "merge"):
        known.resumes, known.into = before, tried.into if act == "merge" else None
    elif act in ("resume", "unmerge"):
        known.state, known.resumes, known.into = str(known.resumes), None, None
    elif act in ("dispatch", "rule", "transfer", "reopen"):
        known.unit = tried.unit_id or known.unit
    elif act == "move":
        _move(known, tried.to)
    _fix(tried, known)
    if act == "ask_extension" or act in ENDS_ASKING:
        known.pending = "extension" if act == "ask_extension" else None
    if act in COUNTS:
        known.counts[COUNTS[act]] += 1
    known.acts.append(act)


def _fix(tried: Try, known: Known) -> None:
    if tried.act == "rectify":
        known.fixer = PEOPLE[tried.who].person_id
        known.fixer_unit = WORKERS.get(tried.who, known.unit)
    elif tried.act in ("reject", "reopen"):
        known.fixer, known.fixer_unit, known.shots = None, None, set()


def _move(known: Known, to: int) -> None:
    unit = SPOTS[to]
    if known.state in WITH_UNIT and known.unit != unit:
        known.state, known.pending = "dispatched" if unit else "returned", None
    known.x, known.unit = to, unit
