"""
Who asks: the person behind a session's cookie or a bearer token, and whether they may.

Every route names its action by `permit`; what is read and written afterwards is narrowed to the
scopes in which the person may (`gridmap.access`). A request with a cookie that changes something
must bring the session's CSRF token, in the header ``X-CSRF-Token`` or in a form's ``csrf_token``.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Request, Response

from api.refusals import CsrfError, PasswordChangeError
from api.service import service_of
from api.settings import Settings
from geodata.errors import SignInError
from gridmap import access
from gridmap.access import PUBLIC, Person, Scope

if TYPE_CHECKING:
    from geodata.accounts import Session

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
CSRF_HEADER = "x-csrf-token"
CSRF_FIELD = "csrf_token"
SIGN_IN_COOKIE = "gridmap_sign_in"
SIGN_IN_SECONDS = 1800
BEARER = "bearer "


@dataclass(frozen=True)
class Caller:
    """
    Who asks, and how they proved it.

    Parameters
    ----------
    person
        Who; the public if nobody has signed in.
    session
        Of a browser; none for a program and for the public.
    """

    person: Person
    session: Session | None = None

    @property
    def known(self) -> bool:
        """Whether somebody has signed in."""
        return bool(self.person.person_id)


NOBODY = Caller(PUBLIC)


def session_cookie(settings: Settings) -> str:
    """Return the name of the session's cookie; browsers keep ``__Host-`` to https and this host."""
    return "__Host-gridmap_session" if settings.https else "gridmap_session"


def set_session(response: Response, settings: Settings, token: str) -> None:
    """Give a browser its session."""
    response.set_cookie(
        session_cookie(settings), token, httponly=True, secure=settings.https, samesite="lax"
    )


def clear_session(response: Response, settings: Settings) -> None:
    """Take a browser's session away."""
    response.delete_cookie(
        session_cookie(settings), httponly=True, secure=settings.https, samesite="lax"
    )


def session_token(request: Request) -> str:
    """Return the token of a browser's session; empty without one."""
    return request.cookies.get(session_cookie(service_of(request).settings), "")


def caller(request: Request) -> Caller:
    """
    Return who asks; found once a request.

    Raises
    ------
    SignInError
        If a bearer token is not, or no longer, good.
    """
    found: Caller | None = getattr(request.state, "caller", None)
    if found is None:
        found = request.state.caller = _identify(request)
    return found


def _identify(request: Request) -> Caller:
    accounts = service_of(request).accounts
    told = request.headers.get("authorization", "")
    if told.lower().startswith(BEARER):
        person = accounts.by_token(told[len(BEARER) :].strip())
        if person is None:
            msg = "This token is not good, or no longer."
            raise SignInError(msg)
        return Caller(person)
    token = session_token(request)
    session = accounts.by_session(token) if token else None
    return NOBODY if session is None else Caller(session.person, session)


async def given_csrf(request: Request) -> str:
    """Return the CSRF token that came with a request; empty if none did."""
    told = request.headers.get(CSRF_HEADER)
    if told is not None or request.method in SAFE:
        return told or ""
    if request.headers.get("content-type", "").startswith(FORMS):
        return str((await request.form()).get(CSRF_FIELD, ""))
    return ""


CallerDep = Annotated[Caller, Depends(caller)]
GivenCsrf = Annotated[str, Depends(given_csrf)]


@dataclass(frozen=True)
class Permit:
    """
    The condition of a route: that the caller may do an action somewhere.

    Parameters
    ----------
    action
        One of `gridmap.access.PERMITS`.
    """

    action: str

    def __call__(self, request: Request, asking: CallerDep, csrf: GivenCsrf) -> tuple[Scope, ...]:
        """
        Return where the caller may, and keep it with the request.

        Raises
        ------
        SignInError, ForbiddenError, CsrfError, PasswordChangeError
            If nobody has signed in; if no role allows it; if the request may come from another
            site; if a first password is still to be changed.
        """
        settings = service_of(request).settings
        opened = settings.public_register
        scopes = access.where(asking.person, self.action, open_to_public=opened)
        if not scopes and not asking.known:
            msg = "Sign in first."
            raise SignInError(msg)
        scopes = access.require(asking.person, self.action, open_to_public=opened)
        _require_csrf(request, asking, csrf)
        changing = self.action in ("self.manage", "page.open")
        if asking.session is not None and asking.session.must_change and not changing:
            msg = "Choose a password of your own first."
            raise PasswordChangeError(msg)
        request.state.scopes = scopes
        return scopes


def permit(action: str) -> Any:  # noqa: ANN401 - what FastAPI takes as a dependency
    """
    Return the condition of a route.

    Parameters
    ----------
    action
        One of `gridmap.access.PERMITS`.
    """
    if action not in access.PERMITS:
        msg = f"there is no action {action}"
        raise KeyError(msg)
    return Depends(Permit(action))


def scopes_of(request: Request) -> tuple[Scope, ...]:
    """Return where the caller may do what the route is for."""
    found: tuple[Scope, ...] = request.state.scopes
    return found


def may(request: Request, action: str) -> tuple[Scope, ...]:
    """Return where the caller may do something else than the route is for; empty for nowhere."""
    opened = service_of(request).settings.public_register
    return access.where(caller(request).person, action, open_to_public=opened)


def csrf_of(request: Request) -> str:
    """Return the token that a page gives its forms and scripts; empty without a session."""
    session = caller(request).session
    return "" if session is None else session.csrf


def sign_in_csrf(request: Request, response: Response) -> str:
    """
    Return the token of a form for which there is no session yet, and leave its twin as a cookie.

    Parameters
    ----------
    request, response
        The form's.
    """
    token = request.cookies.get(SIGN_IN_COOKIE) or secrets.token_urlsafe(24)
    settings = service_of(request).settings
    response.set_cookie(
        SIGN_IN_COOKIE,
        token,
        max_age=SIGN_IN_SECONDS,
        httponly=True,
        secure=settings.https,
        samesite="lax",
    )
    return token


def require_sign_in_csrf(request: Request, given: str) -> None:
    """
    Refuse a form for which there is no session, if it was not sent from our own page.

    Raises
    ------
    CsrfError
        If its token is not the twin of the cookie.
    """
    kept = request.cookies.get(SIGN_IN_COOKIE, "")
    if not kept or not hmac.compare_digest(kept.encode(), given.encode()):
        _refuse_csrf()


def _require_csrf(request: Request, asking: Caller, given: str) -> None:
    if request.method in SAFE or asking.session is None:
        return
    if not hmac.compare_digest(asking.session.csrf.encode(), given.encode()):
        _refuse_csrf()


def _refuse_csrf() -> None:
    msg = "This form is out of date; open the page again and repeat what you did."
    raise CsrfError(msg)
