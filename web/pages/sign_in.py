"""Signing in and out."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from api.callers import (
    SIGN_IN_COOKIE,
    clear_session,
    permit,
    require_sign_in_csrf,
    session_token,
    set_session,
    sign_in_csrf,
)
from api.errors import status_of
from api.sentences import sentence
from api.service import Service, service_of
from geodata.accounts import SignedIn
from geodata.accounts.demo import DEMO_PASSWORD, PEOPLE, has_demo_people
from geodata.errors import SignInError, ThrottledError
from gridmap.access import Person, where
from gridmap.errors import GridMapError
from web.pages.roles import role_name
from web.pages.shell import Visit, VisitDep, render

router = APIRouter(include_in_schema=False)
LONGEST = 2000


class SignIn(BaseModel):
    """What the form sends."""

    name: str = Field(default="", max_length=200)
    password: str = Field(default="", max_length=1000)
    code: str = Field(default="", max_length=20)
    next: str = ""
    csrf_token: str = Field(default="", max_length=200)


@router.get("/sign-in", dependencies=[permit("page.open")])
def form(visit: VisitDep, to: Annotated[str, Query(alias="next")] = "") -> Response:
    """Show the form; who has signed in already is sent on."""
    if visit.caller.known:
        return RedirectResponse(first_page(visit.caller.person, to), HTTPStatus.SEE_OTHER)
    return sign_in_page(visit, to=to)


@router.post("/sign-in", dependencies=[permit("page.open")])
def sign_in(visit: VisitDep, sent: Annotated[SignIn, Form()]) -> Response:
    """Begin a session, or say in one sentence that this is not right."""
    request = visit.request
    require_sign_in_csrf(request, sent.csrf_token)
    service = service_of(request)
    try:
        signed = service.accounts.sign_in(
            sent.name,
            sent.password,
            code=sent.code,
            source=source_of(request),
            agent=request.headers.get("user-agent", ""),
        )
    except (SignInError, ThrottledError) as error:
        return sign_in_page(visit, to=sent.next, name=sent.name, error=error)
    return begun(service, signed, sent.next)


@router.post("/sign-out", dependencies=[permit("page.open")])
def sign_out(request: Request) -> Response:
    """End the session; a browser forgets what it kept of the pages."""
    service = service_of(request)
    service.accounts.sign_out(session_token(request))
    answer = RedirectResponse("/sign-in", status_code=HTTPStatus.SEE_OTHER)
    clear_session(answer, service.settings)
    answer.headers["Clear-Site-Data"] = '"cache"'  # the next at a shared desk goes back in vain
    return answer


def begun(service: Service, signed: SignedIn, to: str) -> Response:
    """
    Return the answer with which a session begins at a browser.

    Parameters
    ----------
    service
        Whose settings say how cookies are kept.
    signed
        The session.
    to
        Where the person wanted to go.
    """
    own = signed.session.must_change
    page = "/me" if own else first_page(signed.session.person, to)
    answer = RedirectResponse(page, status_code=HTTPStatus.SEE_OTHER)
    set_session(answer, service.settings, signed.token)
    answer.delete_cookie(SIGN_IN_COOKIE, httponly=True, secure=service.settings.https)
    return answer


def first_page(person: Person, to: str) -> str:
    """Return where a person goes on: where they wanted to, else the first page for their role."""
    wanted = local(to)
    if wanted != "/" or where(person, "register.read"):
        return wanted
    return "/people" if where(person, "account.manage") else "/me"


def sign_in_page(
    visit: Visit, *, to: str = "", name: str = "", error: GridMapError | None = None
) -> Response:
    """
    Return the form.

    Parameters
    ----------
    visit
        Who asks.
    to
        Where to go on afterwards.
    name
        What was typed before.
    error
        Why that was refused.
    """
    service = service_of(visit.request)
    issued = Response()
    token = sign_in_csrf(visit.request, issued)
    answer = render(
        visit,
        "sign_in.html",
        section="sign-in",
        status=HTTPStatus.OK if error is None else status_of(error),
        to=local(to) if to else "",
        name=name,
        refused="" if error is None else sentence(error, visit.words.language),
        sign_in_token=token,
        provider=service.settings.oidc_label if service.settings.oidc_issuer else "",
        demo=demo_people_shown(visit),
        demo_password=DEMO_PASSWORD,
        nobody=not service.accounts.any_active(),
    )
    answer.headers.append("set-cookie", issued.headers["set-cookie"])
    answer.headers["Cache-Control"] = "no-store"
    if isinstance(error, ThrottledError):
        answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def demo_people_shown(visit: Visit) -> list[dict[str, str]]:
    """Return the people of an invented city, to sign in as by one click; on this machine only."""
    service = service_of(visit.request)
    if service.settings.https or not has_demo_people(service.accounts.store):
        return []
    known = {account.sign_in: account for account in service.accounts.people() if account.active}
    found = [known[sign_in] for sign_in, *_ in PEOPLE if sign_in in known]
    return [
        {
            "sign_in": account.sign_in,
            "name": account.name,
            "role": visit.words.together(
                role_name(role, visit.words) for role in sorted(account.person.roles)
            ),
        }
        for account in found
    ]


def local(to: str) -> str:
    r"""
    Return a path of ours to go on at; the first page instead of anything else.

    Browsers take ``//host``, ``/\host`` and ``/<tab>/host`` for another site.

    Examples
    --------
    >>> local("/coverage?level=grid"), local("//evil.example"), local("javascript:alert(1)")
    ('/coverage?level=grid', '/', '/')
    """
    odd = "\\" in to or not to.isprintable() or len(to) > LONGEST
    if odd or not to.startswith("/") or to.startswith("//"):
        return "/"
    parts = urlsplit(to)
    return "/" if parts.scheme or parts.netloc or parts.path.startswith("/sign-") else to


def source_of(request: Request) -> str:
    """Return the address a request came from; attempts are counted by it."""
    return request.client.host if request.client else ""
