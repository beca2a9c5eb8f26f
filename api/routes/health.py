"""Is it alive, and can it work?"""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError

import gridmap
from api.deps import ReportsDep

router = APIRouter(tags=["health"])


@router.get("/health")
async def health() -> dict[str, str]:
    """Say that the process answers."""
    return {"status": "ok", "version": gridmap.__version__}


@router.get("/ready")
def ready(reports: ReportsDep) -> JSONResponse:
    """Say whether the register can be read."""
    try:
        versions = reports.versions()
    except SQLAlchemyError:
        headers = {"Retry-After": "5"}
        return JSONResponse({"status": "no register"}, status_code=503, headers=headers)
    return JSONResponse({"status": "ok", "layers": versions})
