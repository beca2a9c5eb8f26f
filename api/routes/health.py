"""Is it alive, and can it work?"""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError

import gridmap
from api.callers import permit
from api.service import service_of

router = APIRouter(tags=["health"])


@router.get("/health", dependencies=[permit("page.open")])
async def health() -> dict[str, str]:
    """Say that the process answers."""
    return {"status": "ok", "version": gridmap.__version__}


@router.get("/ready", dependencies=[permit("page.open")])
def ready(request: Request) -> JSONResponse:
    """Say whether the register can be read."""
    try:
        versions = service_of(request).workspaces.whole.store.versions()
    except SQLAlchemyError:
        headers = {"Retry-After": "5"}
        return JSONResponse({"status": "no register"}, status_code=503, headers=headers)
    return JSONResponse({"status": "ok", "layers": versions})
