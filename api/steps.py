"""What routes that change the register share: the state that was seen, the answer of a step."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Annotated

import pandas as pd
from fastapi import Depends, Header, Request, Response

from api.callers import CallerDep, scopes_of
from api.frames import columns, dump
from api.refusals import PreconditionError
from api.sentences import QueryError
from api.service import service_of
from geodata.desk import Desk, Step

NUMBERED = re.compile(r'"(\d{1,18})"')
ANYTHING = "*"


def seen(if_match: Annotated[str | None, Header()] = None) -> int | None:
    """
    Return the last entry of the journal that the caller has seen; None if they do not mind.

    Raises
    ------
    PreconditionError
        If they do not say.
    QueryError
        If what they say is no entity tag of ours. Weak tags never match, as RFC 9110 has it.
    """
    if if_match is None:
        msg = 'Say which state you have seen: If-Match: "<seen>".'
        raise PreconditionError(msg)
    if if_match.strip() == ANYTHING:
        return None
    named = [NUMBERED.fullmatch(part.strip()) for part in if_match.split(",")]
    numbers = [int(found[1]) for found in named if found]
    if not numbers:
        msg = 'If-Match takes "<seen>", a number in quotes.'
        raise QueryError(msg)
    return max(numbers)


def desk(request: Request, asking: CallerDep) -> Desk:
    """Return the desk of the caller, over the part of the city in which they may."""
    return Desk(service_of(request).workspaces.of(scopes_of(request)), asking.person)


SeenDep = Annotated[int | None, Depends(seen)]
DeskDep = Annotated[Desk, Depends(desk)]


def told(step: Step, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """Answer with what a step has written."""
    ended = step.changes.released[["until"]].reset_index()
    body = {
        "entry": step.entry,
        "seen": step.seen,
        "added": columns(pd.DataFrame(step.changes.added.reset_index())),
        "released": columns(ended),
    }
    headers = {"ETag": f'"{step.seen}"', "Cache-Control": "no-store"}
    return Response(dump(body), status, headers, media_type="application/json")
