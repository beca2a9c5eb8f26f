"""
Errors over HTTP: one table from class to status, one form of answer.

The form is RFC 9457 problem details: a stable English ``code`` for programs, a ``detail`` in the
reader's language for people, and every fault of what was sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

import geodata.errors as kept
from api.i18n import translator
from api.refusals import CsrfError, PasswordChangeError, PreconditionError
from api.sentences import FAULTS_SHOWN, QueryError, listed, sentence
from gridmap import errors

STATUS: dict[type[errors.GridMapError], HTTPStatus] = {
    errors.InvalidError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.CrsError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.CodeError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.NotFoundError: HTTPStatus.NOT_FOUND,
    errors.ConflictError: HTTPStatus.CONFLICT,
    errors.AlreadyAssignedError: HTTPStatus.CONFLICT,
    errors.CodesExhaustedError: HTTPStatus.CONFLICT,
    errors.ForbiddenError: HTTPStatus.FORBIDDEN,
    errors.TooLittleDataError: HTTPStatus.UNPROCESSABLE_ENTITY,
    QueryError: HTTPStatus.BAD_REQUEST,
    CsrfError: HTTPStatus.FORBIDDEN,
    PasswordChangeError: HTTPStatus.FORBIDDEN,
    PreconditionError: HTTPStatus.PRECONDITION_REQUIRED,
    kept.OvertakenError: HTTPStatus.PRECONDITION_FAILED,
    kept.SignInError: HTTPStatus.UNAUTHORIZED,
    kept.ThrottledError: HTTPStatus.TOO_MANY_REQUESTS,
    kept.NoPhotoError: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    kept.LimitError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    kept.BusyError: HTTPStatus.SERVICE_UNAVAILABLE,
    kept.SchemaError: HTTPStatus.SERVICE_UNAVAILABLE,
    kept.BackupError: HTTPStatus.CONFLICT,
}
SECRETS = frozenset({"password", "code", "token"})
AGAIN_S = 5  # after which a writer who found the register busy tries again
MEDIA_TYPE = "application/problem+json"


def status_of(error: errors.GridMapError) -> HTTPStatus:
    """Return the status of an error: that of its nearest class in the table."""
    for parent in type(error).__mro__:
        if parent in STATUS:
            return STATUS[parent]
    return HTTPStatus.INTERNAL_SERVER_ERROR


def problem(
    status: HTTPStatus | int, code: str, detail: str, instance: str, **more: object
) -> JSONResponse:
    """Return a problem details answer."""
    status = HTTPStatus(status)
    body = {
        "type": f"/problems/{code}",
        "title": status.phrase,
        "status": status.value,
        "code": code,
        "detail": detail,
        "instance": instance,
        **more,
    }
    headers = {"Cache-Control": "no-store"}
    return JSONResponse(body, status_code=status, media_type=MEDIA_TYPE, headers=headers)


def refuse(request: Request, error: errors.GridMapError) -> JSONResponse:
    """Answer an error that was raised on purpose."""
    spoken = _language(request)
    more: dict[str, object] = {}
    if isinstance(error, errors.InvalidError) and error.faults is not None:
        more["errors"] = listed(error.faults, spoken)
        more["errors_total"] = len(error.faults)
    if isinstance(error, errors.AlreadyAssignedError):
        more["holders"] = error.holders
    if isinstance(error, kept.OvertakenError):
        more |= {"changes": error.changes, "seen": error.seen}
    detail = sentence(error, spoken)
    answer = problem(status_of(error), error.code, detail, request.url.path, **more)
    if isinstance(error, kept.SignInError):
        answer.headers["WWW-Authenticate"] = 'Bearer realm="gridmap"'
    if isinstance(error, kept.ThrottledError):
        answer.headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, kept.BusyError):
        answer.headers["Retry-After"] = str(AGAIN_S)  # a program keeps what it sends till then
    return answer


def misread(request: Request, error: RequestValidationError) -> JSONResponse:
    """Answer a request that does not have the form it should."""
    gettext = translator(_language(request)).gettext
    asked = {place for fault in error.errors() for place in fault["loc"][:1]}
    malformed = any(fault["type"] == "json_invalid" for fault in error.errors())
    status = (
        HTTPStatus.BAD_REQUEST
        if malformed or asked <= {"query", "path", "header"}
        else HTTPStatus.UNPROCESSABLE_ENTITY
    )
    faults = [
        {
            "column": ".".join(str(part) for part in fault["loc"]),
            "code": fault["type"],
            "value": _given(fault),
            "message": fault["msg"],
        }
        for fault in error.errors()[:FAULTS_SHOWN]
    ]
    detail = gettext("The request does not have the form described at /api/v1/openapi.json.")
    return problem(status, "request", detail, request.url.path, errors=faults)


def stopped(request: Request, error: HTTPException) -> JSONResponse:
    """Answer what the framework itself refused."""
    gettext = translator(_language(request)).gettext
    status = HTTPStatus(error.status_code)
    said = {
        HTTPStatus.NOT_FOUND: gettext("There is nothing at this address."),
        HTTPStatus.METHOD_NOT_ALLOWED: gettext("This address does not take that method."),
    }
    code = status.phrase.lower().replace(" ", "-")
    answer = problem(status, code, said.get(status, str(error.detail)), request.url.path)
    answer.headers.update(error.headers or {})
    return answer


def add_handlers(app: FastAPI) -> None:
    """Answer every error of the application as problem details."""
    app.exception_handler(errors.GridMapError)(refuse)
    app.exception_handler(RequestValidationError)(misread)
    app.exception_handler(HTTPException)(stopped)


def _language(request: Request) -> str:
    return str(getattr(request.state, "language", request.app.state.settings.language))


def _given(fault: Mapping[str, Any]) -> str:
    """Return what was given; no secret, nor the whole body where only a part is missing."""
    if fault["type"] == "missing" or SECRETS & {str(part) for part in fault["loc"]}:
        return ""
    return _shown(fault.get("input", ""))


def _shown(value: object) -> str:
    return str(value)[:80].encode("utf-8", "backslashreplace").decode()
