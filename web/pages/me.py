"""One's own account: password, sessions, tokens, authenticator."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Literal

import segno
from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from api.callers import caller, permit, session_token
from api.errors import status_of
from api.sentences import sentence
from api.service import service_of
from geodata.accounts import Accounts
from geodata.errors import SignInError
from gridmap.errors import GridMapError
from web.pages.roles import shown
from web.pages.shell import Visit, VisitDep, render
from web.words import gettext_noop as _

router = APIRouter(include_in_schema=False, dependencies=[permit("self.manage")])
DONE = {
    "password": _("Your password is changed; you are signed out everywhere else."),
    "sessions": _("Signed out there."),
    "revoked": _("The token is revoked."),
    "totp": _("From now on signing in asks for a code of your authenticator."),
    "dropped": _("Signing in asks for no code any more."),
}
USUAL_DAYS = 30
BROWSERS = {
    "MicroMessenger": "WeChat",
    "Edg": "Edge",
    "Firefox": "Firefox",
    "QQBrowser": "QQ",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
"""Part of what a browser calls itself → its name; the first that fits."""
SYSTEMS = {
    "Harmony": "HarmonyOS",
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS": "macOS",
    "Linux": "Linux",
}


class Passwords(BaseModel):
    """The password as it is, and as it is to be, twice."""

    old: str = Field(default="", max_length=1000)
    new: str = Field(default="", max_length=1000)
    again: str = Field(default="", max_length=1000)


class NewToken(BaseModel):
    """A token to be made."""

    label: str = Field(default="", max_length=200)
    days: int = USUAL_DAYS


class Authenticator(BaseModel):
    """What is to happen to the authenticator."""

    step: Literal["start", "confirm", "drop"]
    code: str = Field(default="", max_length=20)
    password: str = Field(default="", max_length=1000)


@router.get("/me")
def me(visit: VisitDep, done: Annotated[str, Query()] = "") -> Response:
    """Show one's own account."""
    return page(visit, done=done)


@router.post("/me/password")
def change_password(visit: VisitDep, sent: Annotated[Passwords, Form()]) -> Response:
    """Choose another password."""
    if sent.new != sent.again:
        said = visit.words.say(_("The two new passwords differ."))
        return page(visit, faults={"again": said}, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    keep = session_token(visit.request)
    try:
        accounts_of(visit.request).change_password(whose(visit), sent.old, sent.new, keep=keep)
    except GridMapError as error:
        field = "old" if isinstance(error, SignInError) else "new"
        return refused(visit, field, error)
    return back("password")


@router.post("/me/sessions/end")
def end_sessions(visit: VisitDep, session_id: Annotated[str, Form(max_length=64)] = "") -> Response:
    """End one other session, or all of them."""
    accounts = accounts_of(visit.request)
    try:
        if session_id:
            accounts.end_session(whose(visit), session_id)
        else:
            accounts.sign_out_everywhere(whose(visit), but=session_token(visit.request))
    except GridMapError as error:
        return refused(visit, "sessions", error)
    return back("sessions")


@router.post("/me/tokens")
def issue_token(visit: VisitDep, sent: Annotated[NewToken, Form()]) -> Response:
    """Make a token; its secret is shown on this one page."""
    try:
        if visit.caller.session is None:  # a token that makes tokens never ends
            msg = "Sign in at a browser to make a token."
            raise SignInError(msg)
        secret, _row = accounts_of(visit.request).issue_token(whose(visit), sent.label, sent.days)
    except GridMapError as error:
        return refused(visit, "label", error)
    return page(visit, secret=secret, status=HTTPStatus.CREATED)


@router.post("/me/tokens/revoke")
def revoke_token(visit: VisitDep, token_id: Annotated[str, Form(max_length=64)]) -> Response:
    """Take a token back."""
    try:
        accounts_of(visit.request).revoke_token(whose(visit), token_id)
    except GridMapError as error:
        return refused(visit, "tokens", error)
    return back("revoked")


@router.post("/me/totp")
def authenticator(visit: VisitDep, sent: Annotated[Authenticator, Form()]) -> Response:
    """Begin to use an authenticator, confirm it, or use it no more."""
    accounts, mine = accounts_of(visit.request), whose(visit)
    try:
        if sent.step == "start":
            accounts.start_totp(mine)
            return RedirectResponse("/me#authenticator", status_code=HTTPStatus.SEE_OTHER)
        if sent.step == "confirm":
            accounts.confirm_totp(mine, sent.code)
            return back("totp")
        accounts.drop_totp(mine, sent.password)
    except GridMapError as error:
        return refused(visit, "totp", error)
    return back("dropped")


def accounts_of(request: Request) -> Accounts:
    """Return the accounts of the register."""
    return service_of(request).accounts


def whose(visit: Visit) -> str:
    """Return who asks."""
    return visit.caller.person.person_id


def browser_name(agent: str) -> str:
    """
    Return a browser and its system in words; what it calls itself, cut short, if neither is known.

    Examples
    --------
    >>> browser_name("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/156.0 Safari/537.36")
    'Chrome · Windows'
    """
    names = [
        next((name for part, name in table.items() if part in agent), "")
        for table in (BROWSERS, SYSTEMS)
    ]
    return " · ".join(name for name in names if name) or agent[:60]


def back(done: str) -> Response:
    """Return to the page after something was done, so that going back repeats nothing."""
    return RedirectResponse(f"/me?done={done}", status_code=HTTPStatus.SEE_OTHER)


def refused(visit: Visit, field: str, error: GridMapError) -> Response:
    """Show the page again, with the reason beside the field."""
    said = sentence(error, visit.words.language)
    return page(visit, faults={field: said}, status=status_of(error))


def page(
    visit: Visit,
    *,
    done: str = "",
    faults: dict[str, str] | None = None,
    secret: str = "",
    status: int = HTTPStatus.OK,
) -> Response:
    """
    Return the page.

    Parameters
    ----------
    visit
        Who asks.
    done
        One of `DONE`, if something was.
    faults
        Field → why it was refused.
    secret
        Of a token that was just made.
    status
        Of the answer.
    """
    accounts, request = accounts_of(visit.request), visit.request
    account, session = accounts.account(whose(visit)), caller(request).session
    pending = accounts.pending_totp(account.person_id)
    answer = render(
        visit,
        "me.html",
        section="me",
        status=status,
        account=account,
        held=shown(account.grants, accounts.store, visit.words),
        must_change=session is not None and session.must_change,
        sessions=[
            {**vars(row), "browser": browser_name(row.agent)}
            for row in accounts.sessions(account.person_id, here=session_token(request))
        ],
        tokens=accounts.tokens(account.person_id),
        most_days=accounts.rules.token_days,
        usual_days=min(USUAL_DAYS, accounts.rules.token_days),
        pending=pending,
        picture=segno.make(pending[1]).svg_data_uri(scale=4, border=2) if pending else "",
        secret=secret,
        faults=faults or {},
        done=visit.words.say(DONE[done]) if done in DONE else "",
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer
