"""A small OpenID Connect provider, which can be told to do everything wrong."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any
from urllib.parse import urlencode

import uvicorn
from fastapi import FastAPI, Form, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "gridmap", "a secret of the test"


@dataclass
class Provider:
    """
    What the provider says, and how it lies.

    Parameters
    ----------
    subject
        Whom it names.
    claims
        What it says otherwise than it should: claim → value, None to leave it out.
    fault
        ``alg none``, ``other key``, ``secret as key``, ``no token``, ``broken``, or nothing.
    issuer
        What its metadata call it, if not what it is.
    """

    address: str = ""
    subject: str = "s-1"
    claims: dict[str, Any] = field(default_factory=dict)
    fault: str = ""
    issuer: str = ""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    other: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))

    def reset(self) -> None:
        """Tell the truth again."""
        self.subject, self.claims, self.fault, self.issuer = "s-1", {}, "", ""

    def token(self, nonce: str) -> str:
        """Return an identity token."""
        now = int(time.time())
        said = {
            "iss": self.address,
            "sub": self.subject,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            **self.claims,
        }
        claims = {name: value for name, value in said.items() if value is not None}
        if self.fault == "alg none":
            return _unsigned({"alg": "none", "kid": "one"}, claims, b"")
        if self.fault == "secret as key":
            import hmac  # noqa: PLC0415

            header = {"alg": "HS256", "kid": "one"}
            signed = _unsigned(header, claims, b"").rstrip(".")
            mac = hmac.digest(SECRET.encode(), signed.encode(), "sha256")
            return f"{signed}.{_part(mac)}"
        key = self.other if self.fault == "other key" else self.key
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, key)


def app_of(provider: Provider) -> FastAPI:
    """Return the provider's service."""
    app = FastAPI()

    @app.get("/.well-known/openid-configuration")
    def metadata() -> dict[str, Any]:
        at = provider.address
        return {
            "issuer": provider.issuer or at,
            "authorization_endpoint": f"{at}/authorize",
            "token_endpoint": f"{at}/token",
            "jwks_uri": f"{at}/keys",
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
        }

    @app.get("/authorize")
    def authorize(request: Request) -> Response:
        asked = dict(request.query_params)
        code = secrets.token_urlsafe(8)
        provider.codes[code] = asked
        back = urlencode({"code": code, "state": asked["state"]})
        return RedirectResponse(f"{asked['redirect_uri']}?{back}", status_code=303)

    @app.post("/token")
    def token(
        request: Request, code: Annotated[str, Form()], code_verifier: Annotated[str, Form()]
    ) -> Response:
        asked = provider.codes.pop(code, None)
        known = base64.b64encode(f"{CLIENT}:{SECRET.replace(' ', '+')}".encode()).decode()
        plain = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        challenge = _part(hashlib.sha256(code_verifier.encode()).digest())
        basic = request.headers.get("authorization", "").removeprefix("Basic ")
        if basic not in (known, plain) or asked is None or asked["code_challenge"] != challenge:
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        if provider.fault == "broken":
            return Response("<html>", media_type="text/html", status_code=500)
        answer = {"access_token": "unused", "token_type": "Bearer"}
        if provider.fault != "no token":
            answer["id_token"] = provider.token(asked["nonce"])
        return JSONResponse(answer)

    @app.get("/keys")
    def keys() -> dict[str, Any]:
        return {"keys": [provider.key.as_dict(private=False)]}

    return app


@contextmanager
def serving(provider: Provider) -> Iterator[Provider]:
    """Serve the provider on a free port of the loopback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    provider.address = f"http://127.0.0.1:{port}"
    config = uvicorn.Config(app_of(provider), "127.0.0.1", port, log_level="warning")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        if not thread.is_alive():
            raise RuntimeError
        time.sleep(0.02)
    try:
        yield provider
    finally:
        server.should_exit = True
        thread.join(timeout=10)


def _part(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unsigned(header: dict[str, Any], claims: dict[str, Any], signature: bytes) -> str:
    parts = (json.dumps(header).encode(), json.dumps(claims).encode(), signature)
    return ".".join(_part(part) for part in parts)
