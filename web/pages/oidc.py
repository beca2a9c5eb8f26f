"""
Single sign-on: signing in as an OpenID Connect provider says (code flow, with PKCE and nonce).

What the flow has to remember between leaving and coming back (state, nonce, verifier, where to go
on) is in a cookie of ten minutes, signed, so any process of the service can finish what another
began. A subject that no account names is refused: the provider says who somebody is, never what
they may.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import Annotated, Any

import httpx2
from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.exceptions import HTTPException

from api.callers import permit
from api.service import service_of
from api.settings import Settings
from geodata.errors import SignInError
from web.pages.shell import VisitDep
from web.pages.sign_in import begun, local, sign_in_page, source_of

router = APIRouter(
    prefix="/sign-in/oidc", include_in_schema=False, dependencies=[permit("page.open")]
)
COOKIE, MINUTES = "gridmap_oidc", 10
LEEWAY = 60  # seconds that two clocks may differ by
SIGNED_WITH = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")
"""Only keys that the provider alone holds: neither none, nor a secret that we hold too."""


@router.get("")
async def leave(visit: VisitDep, to: Annotated[str, Query(alias="next")] = "") -> Response:
    """Send the reader to the provider."""
    request = visit.request
    settings = service_of(request).settings
    provider = _provider(settings)
    request.scope["session"] = {"next": local(to)}  # where the library keeps what it must remember
    redirect = f"{settings.base_url.rstrip('/')}/sign-in/oidc/callback"
    try:
        await _metadata(provider, settings)
        answer: Response = await provider.authorize_redirect(request, redirect)
    except (httpx2.HTTPError, ValueError, SignInError):
        return await run_in_threadpool(sign_in_page, visit, to=to, error=_unconfirmed())
    kept = _signer(settings).dumps(request.session)
    answer.set_cookie(
        COOKIE,
        kept,
        max_age=MINUTES * 60,
        path="/sign-in/oidc",
        httponly=True,
        secure=settings.https,
        samesite="lax",
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


@router.get("/callback")
async def come_back(visit: VisitDep) -> Response:
    """Begin a session for whom the provider names, if an account is linked to them."""
    service = service_of(visit.request)
    remembered = _remembered(visit.request, service.settings)
    to = local(str(remembered.get("next", "")))
    try:
        subject = await _subject(visit.request, service.settings, remembered)
        signed = await run_in_threadpool(
            service.accounts.sign_in_subject,
            subject,
            source=source_of(visit.request),
            agent=visit.request.headers.get("user-agent", ""),
        )
    except SignInError as error:
        answer = await run_in_threadpool(sign_in_page, visit, to=to, error=error)
    else:
        answer = begun(service, signed, to)
    answer.delete_cookie(COOKIE, path="/sign-in/oidc")
    return answer


async def _subject(request: Request, settings: Settings, remembered: Mapping[str, Any]) -> str:
    """Return the subject of a sound identity token."""
    from authlib.integrations.base_client import (  # type: ignore[import-untyped]  # noqa: PLC0415
        OAuthError,  # slow to import, and seldom needed
    )
    from joserfc.errors import JoseError  # noqa: PLC0415

    provider = _provider(settings)
    request.scope["session"] = dict(remembered)
    try:
        await _metadata(provider, settings)
        token = await provider.authorize_access_token(request, leeway=LEEWAY)
        named = token["userinfo"]["sub"]
    except (OAuthError, JoseError, httpx2.HTTPError, ValueError, KeyError, TypeError) as error:
        raise _unconfirmed() from error
    if not isinstance(named, str) or not named:
        raise _unconfirmed()
    return named


async def _metadata(provider: Any, settings: Settings) -> None:  # noqa: ANN401
    """Read what the provider says of itself, and hold it to it."""
    said = await provider.load_server_metadata()
    if said.get("issuer") != settings.oidc_issuer:
        raise _unconfirmed()
    offered = said.get("id_token_signing_alg_values_supported") or ["RS256"]
    said["id_token_signing_alg_values_supported"] = [a for a in SIGNED_WITH if a in offered]


def _provider(settings: Settings) -> Any:  # noqa: ANN401
    """Return the client of the provider; without one there is nothing at this address."""
    if settings.oidc_issuer is None or settings.oidc_client_id is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    secret = settings.oidc_client_secret
    shared = None if secret is None else secret.get_secret_value()
    return _client(settings.oidc_issuer, settings.oidc_client_id, shared)


@lru_cache(maxsize=8)
def _client(issuer: str, client_id: str, secret: str | None) -> Any:  # noqa: ANN401
    from authlib.integrations.starlette_client import (  # type: ignore[import-untyped]  # noqa: PLC0415
        OAuth,
    )

    return OAuth().register(
        "provider",
        client_id=client_id,
        client_secret=secret,
        server_metadata_url=f"{issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={
            "scope": "openid",
            "code_challenge_method": "S256",
            "timeout": 10,
            "token_endpoint_auth_method": "client_secret_basic" if secret else "none",
        },
    )


def _remembered(request: Request, settings: Settings) -> dict[str, Any]:
    kept = request.cookies.get(COOKIE, "")
    try:
        found: dict[str, Any] = _signer(settings).loads(kept, max_age=MINUTES * 60)
    except BadSignature:
        return {}
    return found


@lru_cache(maxsize=8)
def _signer(settings: Settings) -> URLSafeTimedSerializer:
    """Return what signs the cookie; a provider without a secret is served by one process only."""
    secret = settings.oidc_client_secret
    shared = secrets.token_hex() if secret is None else secret.get_secret_value()
    key = hashlib.sha256(f"gridmap sign-on {shared}".encode()).hexdigest()
    return URLSafeTimedSerializer(key, salt="sign-on")


def _unconfirmed() -> SignInError:
    msg = "The sign-on service did not confirm who you are; try again."
    return SignInError(msg)
