"""
Claims: a unit asks to answer for targets, and the office accepts or refuses.

A claim is proposed, and then accepted, refused with a reason, or withdrawn by the unit; what is
decided stays so. Every change is a new row of the book ``claims`` under the claim's key: functions
answer rows to append. A target that somebody is primary of may be claimed too, but a unit has one
open claim on a target at most.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

import pandas as pd

from gridmap import layers
from gridmap.assignments import PRIMARY, calendar_day, in_force
from gridmap.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from gridmap.targets import ANYTHING, Known, Target, require_targets, require_unit, target_rows

CLAIMS = layers.BOOKS["claims"]
CLAIMABLE = ("grid", "inspection_point", "compound")
"""Target kinds that can be claimed; a road is given by its metres, at the desk."""
OPEN = "proposed"
NEXT: dict[str, frozenset[str]] = {
    OPEN: frozenset({"accepted", "refused", "withdrawn"}),
    "accepted": frozenset(),
    "refused": frozenset(),
    "withdrawn": frozenset(),
}
"""State → the states that may follow it."""
WITH_REASON = frozenset({"refused"})
ON = ["target_kind", "target"]


@dataclass(frozen=True)
class Proposal:
    """
    What a unit asks for.

    Parameters
    ----------
    unit_id
        The unit.
    targets
        What it would answer for.
    since
        From which day on.
    reason
        Why; may be left out.
    """

    unit_id: str
    targets: tuple[Target, ...]
    since: date
    reason: str | None = None


def propose(
    claims: pd.DataFrame,
    assignments: pd.DataFrame,
    proposal: Proposal,
    *,
    by: str,
    at: datetime,
    known: Known = ANYTHING,
) -> pd.DataFrame:
    """
    Propose that a unit answers for targets.

    Parameters
    ----------
    claims
        The book, the last row of each claim.
    assignments
        The layer, whole history.
    proposal
        What is asked for.
    by, at
        Who asks, and when, with a time zone.
    known
        Units and targets of the register, to refuse unknown ones.

    Returns
    -------
    pandas.DataFrame
        One new row a target, in the form of the book.

    Raises
    ------
    InvalidError
        If a target is of a kind that is not claimed, or there is none.
    NotFoundError, ConflictError
        If the unit or a target is unknown; if the unit is not in use, is primary of a target
        already, or has an open claim on it.
    """
    rows = target_rows(proposal.targets)[ON].drop_duplicates(ignore_index=True)
    if rows.empty or not rows["target_kind"].isin(CLAIMABLE).all():
        msg = "Grids, inspection points and compounds can be claimed; choose at least one."
        raise InvalidError(msg)
    require_unit(proposal.unit_id, known)
    require_targets(rows, known)
    _require_new(claims, assignments, rows, proposal)
    mine = claims[claims["unit_id"] == proposal.unit_id]
    earlier = mine.groupby(ON).size()
    rows = rows.assign(
        claim_id=[
            claim_id(proposal.unit_id, kind, target, int(earlier.get((kind, target), 0)))
            for kind, target in rows.itertuples(index=False)
        ],
        unit_id=proposal.unit_id,
        since=pd.Timestamp(proposal.since),
        state=OPEN,
        reason=_written(proposal.reason),
        asked_by=by,
        asked_at=pd.Timestamp(at),
    )
    return layers.conform(rows, CLAIMS)


def decide(
    claims: pd.DataFrame,
    claim_ids: Collection[str],
    state: str,
    *,
    by: str,
    at: datetime,
    reason: str | None = None,
) -> pd.DataFrame:
    """
    Bring open claims into another state.

    Parameters
    ----------
    claims
        The book, the last row of each claim.
    claim_ids
        Which.
    state
        ``accepted``, ``refused`` or ``withdrawn``.
    by, at
        Who decides, and when, with a time zone.
    reason
        Why; a refusal needs it. The unit's own reason stays where none is given.

    Returns
    -------
    pandas.DataFrame
        The new row of each claim, in the form of the book.

    Raises
    ------
    InvalidError
        If a refusal has no reason.
    NotFoundError
        If there is no such claim.
    ConflictError
        If a claim is decided already.
    """
    why = _written(reason)
    if state in WITH_REASON and why is None:
        msg = "A refusal needs its reason."
        raise InvalidError(msg)
    ids = list(dict.fromkeys(claim_ids))
    if missing := [key for key in ids if key not in claims.index]:
        msg = "There is no claim {claim_id}."
        raise NotFoundError(msg, claim_id=", ".join(missing[:5]))
    rows = claims.loc[ids]
    done = rows[[state not in NEXT[now] for now in rows["state"]]]
    if len(done):
        first = done.iloc[0]
        msg = "The claim of {unit_id} on {target} is not open any more: {who} was first."
        raise ConflictError(
            msg, unit_id=first["unit_id"], target=first["target"], who=first["decided_by"]
        )
    changed = rows.assign(state=state, decided_by=by, decided_at=pd.Timestamp(at))
    if why is not None:
        changed["reason"] = why
    return layers.conform(changed.reset_index(), CLAIMS)


def first_days(claims: pd.DataFrame, since: date | None) -> pd.Series:
    """
    Say from which day on each claim is accepted.

    Parameters
    ----------
    claims
        Claims that are to be accepted.
    since
        One day for all of them; each for its own day if left out.

    Returns
    -------
    pandas.Series
        A day for each claim, as the book holds days.

    Raises
    ------
    InvalidError
        If a claim was made for a later day: nobody answers sooner than they offered to.
    ConflictError
        If two of the claims are on one target.
    """
    if claims.duplicated(ON).any():
        msg = "Only one unit can be the primary of these targets."
        raise ConflictError(msg)
    if since is None:
        return claims["since"]
    day = calendar_day(since)
    later = claims[claims["since"] > day]
    if len(later):
        msg = "{unit_id} offered to answer for {target} from {since} on, not sooner."
        first = later.iloc[0]
        raise InvalidError(
            msg, unit_id=first["unit_id"], target=first["target"], since=first["since"].date()
        )
    return pd.Series(day, index=claims.index, dtype=layers.PANDAS_DTYPE["date"])


def unclaimed(
    keys: pd.Index, kind: str, assignments: pd.DataFrame, claims: pd.DataFrame, as_of: date
) -> pd.Index:
    """
    Return the targets of a kind that are free to be claimed.

    Parameters
    ----------
    keys
        The targets that are there on the day.
    kind
        Their kind.
    assignments, claims
        The layer, whole history, and the book.
    as_of
        The day.

    Returns
    -------
    pandas.Index
        Those without a primary unit of their own in the scheme ``main``, on that day and later,
        and without an open claim.
    """
    held = primaries_from(assignments, as_of)
    open_ones = claims[claims["state"] == OPEN]
    taken = [rows.loc[rows["target_kind"] == kind, "target"] for rows in (held, open_ones)]
    return keys[~keys.isin(pd.concat(taken))]


def primaries_from(assignments: pd.DataFrame, as_of: date, scheme: str = "main") -> pd.DataFrame:
    """
    Select the primary assignments that hold on a day, or begin later.

    Parameters
    ----------
    assignments
        The layer, whole history.
    as_of
        The day.
    scheme
        In which scheme.
    """
    later = assignments[assignments["since"] > calendar_day(as_of)]
    annulled = later["until"].notna() & (later["until"] <= later["since"])
    rows = pd.concat([in_force(assignments, as_of), later[~annulled]])
    return rows[(rows["tier"] == PRIMARY) & (rows["scheme"] == scheme)]


def require_own(unit_id: str, units: Collection[str]) -> None:
    """
    Refuse to speak for a unit that is not one's own.

    Parameters
    ----------
    unit_id
        The unit that would claim or withdraw.
    units
        The units for which the person may.

    Raises
    ------
    ForbiddenError
        If it is another.
    """
    if unit_id not in units:
        msg = "You do not speak for the unit {unit_id}."
        raise ForbiddenError(msg, unit_id=unit_id)


def claim_id(unit_id: str, target_kind: str, target: str, earlier: int) -> str:
    """
    Derive the key of a claim from what it says.

    Parameters
    ----------
    unit_id, target_kind, target
        Who claims what.
    earlier
        How many claims of this unit on this target there were before.

    Returns
    -------
    str
        ``C`` and 15 hexadecimal digits.
    """
    said = "\x1f".join((unit_id, target_kind, target, str(earlier)))
    return "C" + hashlib.sha256(said.encode()).hexdigest()[:15]


def _require_new(
    claims: pd.DataFrame, assignments: pd.DataFrame, rows: pd.DataFrame, proposal: Proposal
) -> None:
    """Refuse what the unit holds from that day on, and what it has asked for already."""
    held = primaries_from(assignments, proposal.since)
    endless = held[held["until"].isna()]
    asked = claims[claims["state"] == OPEN]
    for there, msg in (
        (endless, "The unit {unit_id} answers for {target} already."),
        (asked, "The unit {unit_id} has an open claim on {target} already."),
    ):
        twice = rows.merge(there[there["unit_id"] == proposal.unit_id], on=ON)
        if len(twice):
            targets = ", ".join(twice["target"].unique()[:5])
            raise ConflictError(msg, unit_id=proposal.unit_id, target=targets)


def _written(reason: str | None) -> str | None:
    return (reason or "").strip() or None
