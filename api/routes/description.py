"""What the API is, for programs: its OpenAPI description, for who may read the register."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from api.callers import permit

router = APIRouter(include_in_schema=False)


@router.get("/openapi.json", dependencies=[permit("register.read")])
def openapi(request: Request) -> dict[str, Any]:
    """Return the description."""
    described: dict[str, Any] = request.app.openapi()
    return described
