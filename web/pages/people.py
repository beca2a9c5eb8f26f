"""Administration of accounts."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from api.callers import permit
from api.errors import status_of
from api.sentences import sentence
from api.service import service_of
from geodata.accounts import Account, Accounts
from gridmap.access import ROLES, Grant, Scope, ScopeKind
from gridmap.errors import GridMapError
from web.pages.roles import ROLES as ROLE_NAMES
from web.pages.roles import role_name, shown
from web.pages.shell import Visit, VisitDep, render
from web.words import absent
from web.words import gettext_noop as _

router = APIRouter(include_in_schema=False, dependencies=[permit("account.manage")])
SUGGESTED = ("districts", "subdistricts", "units")
BLANK_ROWS = 2
DONE = {
    "name": _("The name is changed."),
    "grants": _("The roles are changed; the person has to sign in again."),
    "disable": _("The account is disabled and signed out everywhere."),
    "enable": _("The account may sign in again."),
    "unlock": _("The account is unlocked."),
}


class NewPerson(BaseModel):
    """An account to be made."""

    sign_in: str = Field(default="", max_length=200)
    name: str = Field(default="", max_length=200)
    role: str = Field(default="", max_length=40)
    key: str = Field(default="", max_length=100)


class Names(BaseModel):
    """What a person is called, and who they are to the provider of single sign-on."""

    version: int
    name: str = Field(default="", max_length=200)
    subject: str | None = Field(default=None, max_length=1000)


class Roles(BaseModel):
    """What a person is to hold: roles, and beside each its unit or division."""

    version: int
    role: list[str] = Field(default_factory=list, max_length=40)
    key: list[str] = Field(default_factory=list, max_length=40)


Version = Annotated[int, Form()]


@router.get("/people")
def people(visit: VisitDep, q: Annotated[str, Query(max_length=100)] = "") -> Response:
    """List the accounts."""
    return list_page(visit, q=q)


@router.post("/people")
def add(visit: VisitDep, sent: Annotated[NewPerson, Form()]) -> Response:
    """Make an account; its one-time password is shown on this one page."""
    accounts = accounts_of(visit.request)
    password = accounts.one_time_password()
    try:
        person_id = accounts.add(
            sent.sign_in,
            sent.name,
            grants_of([sent.role], [sent.key]),
            password=password,
            by=visit.caller.person.person_id,
            must_change=True,
        )
    except GridMapError as error:
        said = sentence(error, visit.words.language)
        return list_page(visit, typed=sent, refused=said, status=status_of(error))
    return person_page(visit, person_id, password=password, status=HTTPStatus.CREATED)


@router.get("/people/{person_id}")
def person(visit: VisitDep, person_id: str, done: Annotated[str, Query()] = "") -> Response:
    """Show an account."""
    return person_page(visit, person_id, done=done)


@router.post("/people/{person_id}")
def change_names(visit: VisitDep, person_id: str, sent: Annotated[Names, Form()]) -> Response:
    """Change what a person is called."""
    accounts, by = accounts_of(visit.request), visit.caller.person.person_id
    try:
        found = accounts.rename(person_id, sent.name, by=by, version=sent.version)
        if sent.subject is not None and (sent.subject.strip() or None) != found.subject:
            accounts.link_subject(person_id, sent.subject, by=by, version=found.version)
    except GridMapError as error:
        return refused(visit, person_id, "name", error)
    return back(person_id, "name")


@router.post("/people/{person_id}/grants")
def change_grants(visit: VisitDep, person_id: str, sent: Annotated[Roles, Form()]) -> Response:
    """Change what a person holds."""
    try:
        accounts_of(visit.request).change_grants(
            person_id,
            grants_of(sent.role, sent.key),
            by=visit.caller.person.person_id,
            version=sent.version,
        )
    except GridMapError as error:
        return refused(visit, person_id, "grants", error)
    return back(person_id, "grants")


@router.post("/people/{person_id}/password")
def reset_password(visit: VisitDep, person_id: str, version: Version) -> Response:
    """Give a one-time password, which is shown on this one page."""
    accounts = accounts_of(visit.request)
    password, by = accounts.one_time_password(), visit.caller.person.person_id
    try:
        accounts.reset_password(person_id, password, by=by, version=version)
    except GridMapError as error:
        return refused(visit, person_id, "password", error)
    return person_page(visit, person_id, password=password)


@router.post("/people/{person_id}/disable")
def disable(visit: VisitDep, person_id: str, version: Version) -> Response:
    """Let a person sign in no more."""
    accounts, by = accounts_of(visit.request), visit.caller.person.person_id
    try:
        accounts.disable(person_id, by=by, version=version)
    except GridMapError as error:
        return refused(visit, person_id, "state", error)
    return back(person_id, "disable")


@router.post("/people/{person_id}/enable")
def enable(visit: VisitDep, person_id: str, version: Version) -> Response:
    """Let a disabled person sign in again."""
    accounts, by = accounts_of(visit.request), visit.caller.person.person_id
    try:
        accounts.enable(person_id, by=by, version=version)
    except GridMapError as error:
        return refused(visit, person_id, "state", error)
    return back(person_id, "enable")


@router.post("/people/{person_id}/unlock")
def unlock(visit: VisitDep, person_id: str, version: Version) -> Response:
    """Let a person try again who was wrong too often."""
    accounts, by = accounts_of(visit.request), visit.caller.person.person_id
    try:
        accounts.unlock(person_id, by=by, version=version)
    except GridMapError as error:
        return refused(visit, person_id, "state", error)
    return back(person_id, "unlock")


def accounts_of(request: Request) -> Accounts:
    """Return the accounts of the register."""
    return service_of(request).accounts


def grants_of(roles: Sequence[str], keys: Sequence[str]) -> list[Grant]:
    """
    Return the grants that a form asks for; a row without a role is none.

    Parameters
    ----------
    roles, keys
        Row by row. Without a key a role holds in the city, with one in that unit or division,
        whichever the role is given in.

    Examples
    --------
    >>> grants_of(["leader", "", "unit_coordinator"], ["", "", " u1 "])[1].scope
    Scope(kind='unit', key='u1')
    """
    found = []
    for role, key in zip(roles, keys, strict=False):
        place = key.strip()
        kinds = ROLES.get(role, ("city",))
        kind: ScopeKind = "city" if not place and "city" in kinds else kinds[-1]
        if role:
            found.append(Grant(role, Scope(kind, place)))
    return found


def back(person_id: str, done: str) -> Response:
    """Return to the person's page after something was done."""
    return RedirectResponse(f"/people/{person_id}?done={done}", status_code=HTTPStatus.SEE_OTHER)


def refused(visit: Visit, person_id: str, field: str, error: GridMapError) -> Response:
    """Show the person's page again, with the reason beside the form."""
    said = sentence(error, visit.words.language)
    return person_page(visit, person_id, faults={field: said}, status=status_of(error))


def list_page(
    visit: Visit,
    *,
    q: str = "",
    typed: NewPerson | None = None,
    refused: str = "",
    status: int = HTTPStatus.OK,
) -> Response:
    """
    Return the list of accounts, with the form for another.

    Parameters
    ----------
    visit
        Who asks.
    q
        A part of the names that are wanted.
    typed, refused
        What the form was sent with, and why it was refused.
    status
        Of the answer.
    """
    accounts = accounts_of(visit.request)
    everybody = accounts.people()
    wanted = q.strip().casefold()
    found = [one for one in everybody if wanted in f"{one.sign_in} {one.name}".casefold()]
    held = {one.person_id: shown(one.grants, accounts.store, visit.words) for one in found}
    return _private(
        render(
            visit,
            "people.html",
            section="people",
            status=status,
            q=q,
            people=found,
            total=len(everybody),
            held=held,
            now=accounts.store.now(),
            typed=typed or NewPerson(),
            faults={"add": refused},
            roles=_role_choices(visit),
            places=_place_choices(visit),
        )
    )


def person_page(
    visit: Visit,
    person_id: str,
    *,
    done: str = "",
    password: str = "",
    faults: dict[str, str] | None = None,
    status: int = HTTPStatus.OK,
) -> Response:
    """
    Return the page of an account.

    Parameters
    ----------
    visit
        Who asks.
    person_id
        Whose account.
    done
        One of `DONE`, if something was.
    password
        A one-time password that was just made.
    faults
        Form → why it was refused.
    status
        Of the answer.

    Raises
    ------
    NotFoundError
        If there is no such account.
    """
    accounts = accounts_of(visit.request)
    account: Account = accounts.account(person_id)
    held = shown(account.grants, accounts.store, visit.words)
    blank = {"role": "", "role_name": "", "key": "", "place": ""}
    return _private(
        render(
            visit,
            "person.html",
            section="people",
            status=status,
            account=account,
            own=account.person_id == visit.caller.person.person_id,
            locked=account.locked(accounts.store.now()),
            held=held,
            grant_rows=[*held, *(blank for _n in range(BLANK_ROWS))],
            sessions=len(accounts.sessions(person_id)),
            single_sign_on=bool(service_of(visit.request).settings.oidc_issuer),
            password=password,
            one_time_days=accounts.rules.one_time.days,
            faults=faults or {},
            done=visit.words.say(DONE[done]) if done in DONE else "",
            roles=_role_choices(visit),
            places=_place_choices(visit),
        )
    )


def _role_choices(visit: Visit) -> list[tuple[str, str]]:
    return [(role, role_name(role, visit.words)) for role in ROLE_NAMES]


def _place_choices(visit: Visit) -> list[tuple[str, str]]:
    """Return units and the larger divisions to choose from; any other code may be typed."""
    choices: list[tuple[str, str]] = []
    for layer in SUGGESTED:
        named = visit.reports.frame(layer, visit.as_of)["name"]
        choices += [(str(key), "" if absent(name) else str(name)) for key, name in named.items()]
    return choices


def _private(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    return answer
