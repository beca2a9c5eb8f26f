"""
Claims: the use cases by which units ask for targets, and offices decide.

Each is one step, as at the desk: an accepted claim and the assignment that it makes are written
together or not at all, and of two who decide the same claim the second is told who was first.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from geodata.desk import Decide, Desk, Order, assigning, write_changes
from geodata.reports.claims import named_claims
from geodata.workspace import Workspace
from gridmap import access, assignments, claims, layers
from gridmap.access import Person
from gridmap.assignments import PRIMARY, Changes, Known, Target
from gridmap.claims import CLAIMABLE, Proposal
from gridmap.errors import NotFoundError
from gridmap.targets import target_rows

ACTIONS = {"accepted": "claim-accept", "refused": "claim-refuse", "withdrawn": "claim-withdraw"}
NOTHING = assignments.together(layers.empty(layers.LAYERS["assignments"]), [])


@dataclass(frozen=True)
class Terms:
    """
    How claims are accepted.

    Parameters
    ----------
    since
        From which day on; each claim's own if left out.
    take_over
        Whether the present primary units of the targets give way.
    source, note
        Columns of the assignments that are made.
    """

    since: date | None = None
    take_over: bool = False
    source: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class ClaimStep:
    """
    What a step has written.

    Parameters
    ----------
    entry
        Its entry in the journal.
    claims
        The claims as they are now, as `geodata.reports.claims.named_claims` names them.
    changes
        What it did to assignments.
    """

    entry: int
    claims: pd.DataFrame
    changes: Changes


class Claims:
    """
    The use cases of claims.

    Parameters
    ----------
    whole
        The register of the whole city: a unit may ask for what it does not see yet.
    workspace
        What of it the caller may see and decide.
    person
        Who acts.
    today
        The day in the city.
    """

    def __init__(self, whole: Workspace, workspace: Workspace, person: Person, today: date) -> None:
        self._whole = whole
        self._workspace = workspace
        self._store = workspace.store
        self._desk = Desk(workspace, person)
        self._person = person
        self._today = today

    @property
    def units(self) -> frozenset[str]:
        """The units for which the caller may ask."""
        scopes = access.where(self._person, "claim.propose")
        return frozenset(scope.key for scope in scopes)

    def seen(self) -> int:
        """Return the last entry of the journal; ask before reading, to be on the safe side."""
        return self._desk.seen()

    def listed(self) -> pd.DataFrame:
        """Return the claims that the caller may see, named, the newest first."""
        found = self._named(self._store.read("claims"))
        return found.sort_values(["asked_at", "target"], ascending=[False, True])

    def propose(self, proposal: Proposal, *, seen: int | None = None) -> ClaimStep:
        """
        Ask for targets in the name of one's unit.

        Parameters
        ----------
        proposal
            What is asked for.
        seen
            The last entry of the journal that the caller knows of; not looked at if left out.

        Raises
        ------
        ForbiddenError
            If it is not their unit.
        InvalidError, NotFoundError, ConflictError
            As `gridmap.claims.propose`.
        OvertakenError
            If somebody touched one of the targets since.
        """
        claims.require_own(proposal.unit_id, self.units)
        known = Known(
            units=self._whole.frame("units", proposal.since),
            targets={kind: self._whole.store.own(kind, proposal.since) for kind in CLAIMABLE},
        )
        told = {"unit": proposal.unit_id, "since": proposal.since.isoformat()}
        with self._desk.writing("claim", told) as writer:
            if seen is not None:
                writer.require_untouched(target_rows(proposal.targets), seen)
            rows = claims.propose(
                writer.read("claims"),
                writer.read("assignments"),
                proposal,
                by=self._person.name,
                at=self._store.now(),
                known=known,
            )
            writer.add("claims", rows, self._today)
        return ClaimStep(writer.entry, self._named(rows), NOTHING)

    def accept(
        self, claim_ids: Collection[str], terms: Terms, *, seen: int | None = None
    ) -> ClaimStep:
        """
        Accept claims: their units answer for the targets.

        Parameters
        ----------
        claim_ids
            Which.
        terms
            From when, and whether others give way.
        seen
            As for `propose`.

        Raises
        ------
        NotFoundError
            If a claim, or its target, is not in the caller's part of the city.
        InvalidError, ConflictError, AlreadyAssignedError
            As `gridmap.claims.decide`, `gridmap.claims.first_days` and
            `gridmap.assignments.assign`.
        OvertakenError
            As for `propose`.
        """
        rows = self._visible(claim_ids)
        days = claims.first_days(rows, terms.since)
        steps = [
            self._assigning(part, unit_id, day.date(), terms)
            for (unit_id, day), part in rows.groupby(["unit_id", days])
        ]
        return self._decide(rows, "accepted", steps, seen=seen)

    def refuse(
        self, claim_ids: Collection[str], reason: str, *, seen: int | None = None
    ) -> ClaimStep:
        """Refuse claims, all for one reason; see `accept`."""
        return self._decide(self._visible(claim_ids), "refused", reason=reason, seen=seen)

    def withdraw(self, claim_ids: Collection[str], *, seen: int | None = None) -> ClaimStep:
        """Withdraw claims of one's own unit; see `accept` and `propose`."""
        rows = self._visible(claim_ids)
        for unit_id in rows["unit_id"]:
            claims.require_own(unit_id, self.units)
        return self._decide(rows, "withdrawn", seen=seen)

    def _decide(
        self,
        rows: pd.DataFrame,
        state: str,
        steps: Sequence[Decide] = (),
        *,
        reason: str | None = None,
        seen: int | None,
    ) -> ClaimStep:
        """Write the claims' new rows and what follows from them, on what is there by then."""
        told = {"claims": len(rows), "units": sorted(set(rows["unit_id"]))}
        with self._desk.writing(ACTIONS[state], told) as writer:
            decided = claims.decide(
                writer.read("claims"),
                list(rows.index),
                state,
                by=self._person.name,
                at=self._store.now(),
                reason=reason,
            )
            if seen is not None:
                writer.require_untouched(rows, seen)
            changes = assignments.together(writer.read("assignments"), steps)
            writer.add("claims", decided, self._today)
            write_changes(writer, changes)
        return ClaimStep(writer.entry, self._named(decided), changes)

    def _assigning(self, rows: pd.DataFrame, unit_id: str, since: date, terms: Terms) -> Decide:
        order = Order(
            targets=tuple(
                Target(kind, target)
                for kind, target in zip(rows["target_kind"], rows["target"], strict=True)
            ),
            units=((unit_id, PRIMARY),),
            since=since,
            source=terms.source,
            note=terms.note,
            take_over=terms.take_over,
        )
        return assigning(order, self._desk.known(since))

    def _visible(self, claim_ids: Collection[str]) -> pd.DataFrame:
        """Refuse claims that are not there, or not in this part of the city, alike."""
        found = self._store.read("claims")
        rows = found[found.index.isin(list(claim_ids))]
        if missing := sorted(set(claim_ids) - set(rows.index)):
            msg = "There is no claim {claim_id}."
            raise NotFoundError(msg, claim_id=", ".join(missing[:5]))
        return rows

    def _named(self, rows: pd.DataFrame) -> pd.DataFrame:
        return named_claims(rows, self._whole, self._workspace, self._today)
