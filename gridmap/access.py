"""
Access: may this person do this here?

A person holds grants, each a role in a scope: the city, a division with all below it, or a unit.
`PERMITS` says which roles may do what; `where` answers with the scopes in which a person may, and
whoever reads or writes is then given only what lies in them (`gridmap.scopes`), so that what is
outside is as if it did not exist. There is no other place that decides.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, TypeAlias

from gridmap.errors import ForbiddenError, InvalidError, Term

ScopeKind: TypeAlias = Literal["city", "division", "unit"]
SCOPE_KINDS: tuple[ScopeKind, ...] = ("city", "division", "unit")


@dataclass(frozen=True, order=True)
class Scope:
    """
    A part of the city.

    Parameters
    ----------
    kind
        ``city``, ``division`` (with all below it) or ``unit`` (what it answers for).
    key
        Code of the division, or the unit's; empty for the city.
    """

    kind: ScopeKind
    key: str = ""


CITY = Scope("city")


@dataclass(frozen=True, order=True)
class Grant:
    """
    A role in a scope.

    Parameters
    ----------
    role
        One of `ROLES`.
    scope
        Where it holds.
    """

    role: str
    scope: Scope = CITY


@dataclass(frozen=True)
class Person:
    """
    Somebody who asks for something.

    Parameters
    ----------
    person_id
        Who; empty for the public.
    name
        As the journal names them.
    grants
        What they hold.
    """

    person_id: str
    name: str
    grants: frozenset[Grant]

    @property
    def roles(self) -> frozenset[str]:
        """Their roles, wherever they hold."""
        return frozenset(grant.role for grant in self.grants)

    @property
    def units(self) -> frozenset[str]:
        """The units for which they speak."""
        return frozenset(g.scope.key for g in self.grants if g.scope.kind == "unit")


DIVISION_OR_CITY: tuple[ScopeKind, ...] = ("city", "division")
ROLES: dict[str, tuple[ScopeKind, ...]] = {
    "city_office": ("city",),
    "district_office": ("division",),
    "subdistrict_office": ("division",),
    "unit_coordinator": ("unit",),
    "field_staff": ("unit",),
    "inspector": DIVISION_OR_CITY,
    "leader": DIVISION_OR_CITY,
    "auditor": ("city",),
    "system_admin": ("city",),
    "public": ("city",),
}
"""Role → the kinds of scope that it may be given in."""
PUBLIC = Person("", "public", frozenset({Grant("public")}))
OPERATOR = Person("operator", "command line", frozenset({Grant("city_office"), Grant("auditor")}))
"""Who sits at the machine that holds the register."""

OFFICES = frozenset({"city_office", "district_office", "subdistrict_office"})
UNITS = frozenset({"unit_coordinator", "field_staff"})
WATCHERS = frozenset({"inspector", "leader", "auditor"})
SIGNED_IN = frozenset(ROLES) - {"public"}

PERMITS: dict[str, frozenset[str]] = {
    "page.open": frozenset(ROLES),  # what shows nothing of the register: signing in, health
    "self.manage": SIGNED_IN,  # one's own password, sessions and tokens
    "register.read": OFFICES | UNITS | WATCHERS,
    "contact.read": OFFICES | UNITS | {"inspector", "leader"},
    "hotspot.read": OFFICES | WATCHERS,
    "assignment.write": OFFICES,
    "grid.write": OFFICES,
    "form.import": OFFICES,
    "claim.read": OFFICES | {"unit_coordinator", "auditor"},
    "claim.propose": frozenset({"unit_coordinator"}),
    "claim.decide": OFFICES,
    "plan.read": OFFICES | {"leader", "auditor"},
    "plan.write": OFFICES,
    "plan.publish": frozenset({"city_office", "district_office"}),
    "paper.print": OFFICES | UNITS | WATCHERS,
    "issue.read": OFFICES | UNITS | WATCHERS,
    "issue.report": OFFICES | UNITS | {"inspector", "leader"},
    "issue.note": OFFICES | UNITS | {"inspector", "leader"},  # say something of it, add a photo
    "issue.handle": OFFICES | UNITS,  # of the unit that answers: accept, return, rectify
    "issue.office": OFFICES,  # file, dispatch, rule, extend, suspend, merge, publish
    "issue.check": OFFICES | {"inspector"},  # reinspect and close out what another has fixed
    "photo.redact": OFFICES,
    "field.read": OFFICES | UNITS | {"inspector", "leader"},
    "field.write": UNITS | {"inspector"},
    "patrol.read": OFFICES | UNITS | WATCHERS,
    "round.read": OFFICES | UNITS | WATCHERS,
    "round.write": frozenset({"city_office", "district_office"}),
    "leading.read": OFFICES | WATCHERS,  # the morning page, charts, evaluation
    "run.write": OFFICES | {"leader"},  # work out an analysis in the background, and save it
    "board.read": OFFICES | UNITS | WATCHERS,
    "board.write": frozenset({"city_office", "district_office"}),  # groups and tasks
    "board.report": OFFICES | {"unit_coordinator"},  # how far a task is, and why not further
    "board.freeze": frozenset({"city_office"}),
    "ranking.read": OFFICES | UNITS | WATCHERS,
    "ranking.write": frozenset({"city_office"}),
    "ranking.appeal": OFFICES | {"unit_coordinator"},
    "ranking.rule": frozenset({"city_office"}),
    "bulletin.read": OFFICES | UNITS | WATCHERS,
    "bulletin.freeze": frozenset({"city_office"}),
    "material.read": OFFICES | UNITS | WATCHERS,
    "material.write": frozenset({"city_office"}),  # which material is asked of whom
    "material.submit": OFFICES | {"unit_coordinator"},
    "material.review": OFFICES,
    "cadence.write": frozenset({"city_office"}),
    "standard.read": SIGNED_IN - {"system_admin"},
    "standard.write": frozenset({"city_office"}),
    "report.publicly": frozenset(ROLES),  # what a citizen sends, and what became of it
    "journal.read": frozenset({"auditor"}),
    "account.manage": frozenset({"system_admin"}),
}
"""Action → the roles that may do it, each in its scope."""
OPEN_TO_PUBLIC = frozenset({"register.read", "hotspot.read"})
"""What a city may open to everybody; contacts never."""


def where(person: Person, action: str, *, open_to_public: bool = False) -> tuple[Scope, ...]:
    """
    Say where a person may do something.

    Parameters
    ----------
    person
        Who asks.
    action
        One of `PERMITS`.
    open_to_public
        Whether the city has opened the register to everybody.

    Returns
    -------
    tuple of Scope
        The scopes, without those that lie in another of them as a whole city does; empty where
        they may nowhere.
    """
    roles = PERMITS[action]
    if open_to_public and action in OPEN_TO_PUBLIC:
        roles = roles | {"public"}
        if not person.person_id:
            return (CITY,)
    held = {grant.scope for grant in person.grants if grant.role in roles}
    return (CITY,) if CITY in held else tuple(sorted(held))


def require(person: Person, action: str, *, open_to_public: bool = False) -> tuple[Scope, ...]:
    """
    Return where a person may do something, or refuse.

    Parameters
    ----------
    person, action, open_to_public
        As for `where`.

    Raises
    ------
    ForbiddenError
        If there is no scope in which they may.
    """
    scopes = where(person, action, open_to_public=open_to_public)
    if not scopes:
        msg = "Your role does not allow this ({action})."
        raise ForbiddenError(msg, action=Term("permission", action))
    return scopes


def check_grants(grants: Collection[Grant]) -> None:
    """
    Refuse grants that cannot be.

    Parameters
    ----------
    grants
        What somebody is to hold.

    Raises
    ------
    InvalidError
        If a role is unknown, nobody's to hold, or not given in that kind of scope; or if the
        administration of accounts is to be held together with business.
    """
    for grant in grants:
        if grant.role not in ROLES or grant.role == "public":
            msg = "There is no role {role}; there are {roles}."
            raise InvalidError(msg, role=grant.role, roles=", ".join(sorted(SIGNED_IN)))
        if grant.scope.kind not in ROLES[grant.role]:
            msg = "The role {role} holds in {kinds}, not in {kind}."
            kinds = ", ".join(ROLES[grant.role])
            raise InvalidError(msg, role=grant.role, kinds=kinds, kind=grant.scope.kind)
        if (grant.scope.kind == "city") != (grant.scope.key == ""):
            msg = "A {kind} needs its key, and the city none."
            raise InvalidError(msg, kind=grant.scope.kind)
    roles = {grant.role for grant in grants}
    if "system_admin" in roles and len(roles) > 1:
        msg = "Who administers accounts does no business: {roles}."
        raise InvalidError(msg, roles=", ".join(sorted(roles)))
