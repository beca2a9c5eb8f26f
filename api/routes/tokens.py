"""Bearer tokens: one's own, for programs."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.callers import CallerDep, permit
from api.deps import answer
from api.service import service_of
from geodata.accounts import TokenRow

router = APIRouter(prefix="/tokens", tags=["tokens"])


class NewToken(BaseModel):
    """Who wants a token, and for what."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(max_length=200, description="The name to sign in with.")
    password: str = Field(max_length=1000)
    code: str | None = Field(
        default=None, max_length=20, description="Of the authenticator, where one is in use."
    )
    label: str = Field(default="API", max_length=200, description="What the token is for.")
    days: int = Field(default=30, ge=1, strict=True, description="How long it holds.")


@router.post("", status_code=HTTPStatus.CREATED, dependencies=[permit("page.open")])
def issue_token(asked: NewToken, request: Request) -> Response:
    """Make a token for who knows the password; it is told only in this answer."""
    accounts = service_of(request).accounts
    source = request.client.host if request.client else ""
    account = accounts.prove(asked.name, asked.password, code=asked.code, source=source)
    secret, row = accounts.issue_token(account.person_id, asked.label, asked.days)
    made = answer({"token": secret, **_told(row)}, made=None)
    made.status_code = HTTPStatus.CREATED
    return made


@router.get("", dependencies=[permit("self.manage")])
def list_tokens(asking: CallerDep, request: Request) -> Response:
    """Return one's own tokens, without their secrets."""
    rows = service_of(request).accounts.tokens(asking.person.person_id)
    return answer({"tokens": [_told(row) for row in rows]}, made=None)


@router.delete("/{token_id}", dependencies=[permit("self.manage")])
def revoke_token(token_id: str, asking: CallerDep, request: Request) -> Response:
    """Take one of one's own tokens back."""
    service_of(request).accounts.revoke_token(asking.person.person_id, token_id)
    return Response(status_code=HTTPStatus.NO_CONTENT)


def _told(row: TokenRow) -> dict[str, Any]:
    moments = {
        name: None if at is None else at.isoformat()
        for name, at in (
            ("created_at", row.created_at),
            ("expires_at", row.expires_at),
            ("used_at", row.used_at),
        )
    }
    return {"token_id": row.token_id, "label": row.label, **moments}
