"""
Material: what is asked of units for the city's file, handed in, looked at, returned or accepted.

月提示、月收集、月审核: a slot asks a unit for so many reports or pictures by a day. Whoever hands
in does not accept; what is returned has a reason, and is counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import uuid4

import pandas as pd

from gridmap import layers
from gridmap.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    Term,
)

SLOTS, STEPS = layers.BOOKS["material_slots"], layers.BOOKS["material_steps"]
STATES = ("waiting", "submitted", "returned", "accepted")
AFTER = {"submit": "submitted", "return": "returned", "accept": "accepted", "withdraw": "waiting"}
"""Act → the state of a slot afterwards."""
FROM = {
    "submit": ("waiting", "returned"),
    "return": ("submitted",),
    "accept": ("submitted",),
    "withdraw": ("submitted",),
}
"""Act → the states in which it can be done."""


@dataclass(frozen=True)
class Act:
    """
    Something done with a slot.

    Parameters
    ----------
    slot_id, act
        With which, and what: a key of `AFTER`.
    given
        How many were handed in.
    reason
        Why it is returned.
    documents
        Keys of the documents that were handed in.
    """

    slot_id: str
    act: str
    given: int | None = None
    reason: str | None = None
    documents: tuple[str, ...] = ()


@dataclass(frozen=True)
class Actor:
    """
    Who does it, and when.

    Parameters
    ----------
    person_id, unit_id
        Who, and for which unit, if any.
    at
        The moment.
    """

    person_id: str
    unit_id: str | None
    at: datetime


def standing(slots: pd.DataFrame, steps: pd.DataFrame, today: date) -> pd.DataFrame:
    """
    Say how far each slot is.

    Parameters
    ----------
    slots, steps
        Rows of the two books, steps in the order of writing.
    today
        The day.

    Returns
    -------
    pandas.DataFrame
        The slots, with ``state`` (one of `STATES`), ``given``, ``returns`` (how often it was sent
        back), ``submitted_by``, ``reason`` of the last return, ``late`` (not handed in or accepted
        by the day it was due).
    """
    ordered = steps.sort_values("at", kind="stable")
    last = ordered.groupby("slot_id").last()
    handed = ordered[ordered["act"] == "submit"].groupby("slot_id").last()
    returns = steps.loc[steps["act"] == "return", "slot_id"].value_counts()
    sent_back = ordered[ordered["act"] == "return"].groupby("slot_id")["reason"].last()
    state = last["act"].map(AFTER).reindex(slots.index).fillna("waiting").astype("str")
    given = handed["given"].reindex(slots.index).where(state != "waiting")
    pending = state.isin(["waiting", "returned"])
    return slots.assign(
        state=state,
        given=given.fillna(0).astype("int64"),
        returns=returns.reindex(slots.index).fillna(0).astype("int64"),
        submitted_by=handed["by"].reindex(slots.index).astype("str"),
        reason=sent_back.reindex(slots.index).where(state == "returned").astype("str"),
        late=pending & (slots["due"] < pd.Timestamp(today)),
    )


def step(slots: pd.DataFrame, steps: pd.DataFrame, act: Act, actor: Actor) -> pd.DataFrame:
    """
    Do something with a slot.

    Parameters
    ----------
    slots, steps
        As for `standing`.
    act, actor
        What, and who.

    Returns
    -------
    pandas.DataFrame
        One row of the book ``material_steps``.

    Raises
    ------
    NotFoundError
        If there is no such slot.
    ConflictError
        If it cannot be done in the slot's state.
    ForbiddenError
        If who handed in accepts or returns their own.
    InvalidError
        If too little is handed in to be accepted, or a return has no reason.
    """
    if act.slot_id not in slots.index:
        msg = "There is no material {slot_id}."
        raise NotFoundError(msg, slot_id=act.slot_id[:80])
    now = standing(slots, steps, actor.at.date()).loc[act.slot_id]
    if now["state"] not in FROM.get(act.act, ()):
        msg = "{name} is “{state}”; that cannot be done with it now."
        state = Term("material-state", str(now["state"]))
        raise ConflictError(msg, name=now["name"], state=state)
    _require_sound(act, now, actor)
    row = {
        "step_id": str(uuid4()),
        "slot_id": act.slot_id,
        "act": act.act,
        "given": act.given if act.act == "submit" else None,
        "reason": act.reason,
        "details": ",".join(act.documents) or None,
        "by": actor.person_id,
        "by_unit": actor.unit_id,
        "at": pd.Timestamp(actor.at),
    }
    return layers.conform(pd.DataFrame([row]), STEPS)


def _require_sound(act: Act, now: pd.Series, actor: Actor) -> None:
    reviewing = act.act in {"return", "accept"}
    if reviewing and now["submitted_by"] == actor.person_id:
        msg = "Who handed {name} in does not review it."
        raise ForbiddenError(msg, name=now["name"])
    if act.act == "return" and not (act.reason or "").strip():
        msg = "A return needs a reason."
        raise InvalidError(msg)
    if act.act == "submit" and not (act.given or 0) > 0:
        msg = "Say how many are handed in; at least one."
        raise InvalidError(msg)
    if act.act == "accept" and now["given"] < now["wanted"]:
        msg = "{name} needs {wanted}, and {given} were handed in; return it instead."
        raise InvalidError(
            msg, name=now["name"], wanted=int(now["wanted"]), given=int(now["given"])
        )
