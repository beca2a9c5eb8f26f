"""Filing conditions: what is an issue and how long its mending may take; publishing a standard."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Query, Request, Response, UploadFile
from pydantic import Field

from api.callers import caller, permit
from api.deps import TagDep, answer
from api.frames import records
from api.i18n import translator
from api.queries import Query as Asked
from api.sentences import listed
from api.service import service_of
from geodata.documents import LONGEST_NAME, NOT_IN_NAMES
from geodata.issues.sheet import MEDIA_XLSX
from geodata.standard_sheet import standard_sheet
from geodata.standards import StandardOptions, StandardPreview, Standards
from gridmap import conditions as filing
from gridmap.errors import InvalidError

router = APIRouter(prefix="/conditions", tags=["conditions"])
ENDING = re.compile(r"\.[a-z0-9]{1,12}")


class ConditionsQuery(Asked):
    """Which conditions."""

    edition: str | None = Field(default=None, max_length=100, description="The newest if left out.")
    category: str | None = Field(default=None, max_length=100, description="Exactly that one.")
    q: str | None = Field(
        default=None,
        max_length=100,
        description="Words that all occur in group, category or condition.",
    )
    format: Literal["json", "xlsx"] = "json"


class PublishQuery(Asked):
    """Whether it is only looked at."""

    preview: bool = Field(default=False, description="Say what would be kept, and keep nothing.")


@dataclass(frozen=True)
class Sheet:
    """
    A sheet that was sent.

    Parameters
    ----------
    path
        Where it lies while the request is answered.
    name
        What the sender calls it.
    edition
        What it is to be published as; empty where it is only looked at.
    options
        How it is read.
    """

    path: Path
    name: str
    edition: str
    options: StandardOptions


def sent(
    file: UploadFile,
    edition: Annotated[str, Form(max_length=100)] = "",
    sheet: Annotated[str, Form(max_length=100)] = "",
    header: Annotated[int | None, Form(ge=1)] = None,
    sort: Annotated[Literal["component", "event"] | None, Form()] = None,
    bare: Annotated[Literal["calendar", "working"] | None, Form()] = None,
) -> Iterator[Sheet]:
    """Keep what was sent in a private folder until the request is answered."""
    name = NOT_IN_NAMES.sub(" ", file.filename or "").strip()[-LONGEST_NAME:]
    ending = Path(name).suffix.lower()
    with tempfile.TemporaryDirectory(prefix="gridmap-standard-") as folder:
        path = Path(folder) / f"standard{ending if ENDING.fullmatch(ending) else '.xlsx'}"
        with path.open("wb") as kept:
            shutil.copyfileobj(file.file, kept)
        options = StandardOptions(sheet.strip() or None, header, sort, bare)
        yield Sheet(path, name or path.name, edition, options)


SheetDep = Annotated[Sheet, Depends(sent)]


def standards(request: Request) -> Standards:
    """Return the use cases of filing conditions, in the caller's name."""
    service = service_of(request)
    return Standards(service.workspaces.whole.store, caller(request).person, service.today())


StandardsDep = Annotated[Standards, Depends(standards)]


@router.get("", dependencies=[permit("standard.read")])
def conditions(
    query: Annotated[ConditionsQuery, Query()], kept: StandardsDep, tag: TagDep
) -> Response:
    """Return the filing conditions of an edition, and which editions there are."""
    found = kept.conditions(query.edition)
    edition = None if found.empty else found["edition"].iloc[0]
    if query.category is not None:
        found = filing.of_category(found, query.category)
    if query.q is not None:
        found = filing.search(found, query.q)
    if query.format == "xlsx":
        headers = {"Content-Disposition": 'attachment; filename="conditions.xlsx"'}
        return Response(standard_sheet(found), media_type=MEDIA_XLSX, headers=headers)
    body = {
        "edition": edition,
        "editions": kept.editions(),
        "conditions": records(found.reset_index()),
    }
    return answer(body, tag)


@router.post("", status_code=HTTPStatus.CREATED, dependencies=[permit("standard.write")])
def publish(
    query: Annotated[PublishQuery, Query()], given: SheetDep, kept: StandardsDep, request: Request
) -> Response:
    """Read a sheet of filing conditions and publish it as an edition, all of it or nothing."""
    found = kept.preview(given.path, given.options)
    if query.preview:
        return answer(told(found, request), None)
    if found.refused:
        msg = "{source} has {n} faults; nothing was published."
        raise InvalidError(msg, faults=found.faults, source=given.name, n=len(found.faults))
    rows = kept.publish(found.conditions, given.edition, given.name)
    made = answer({"edition": rows["edition"].iloc[0], "counts": found.counts}, None)
    made.status_code = HTTPStatus.CREATED
    return made


def told(found: StandardPreview, request: Request) -> dict[str, Any]:
    """
    Return a preview as it goes over the wire.

    Parameters
    ----------
    found
        The preview.
    request
        Whose reader's language faults and notes are told in.
    """
    language = str(getattr(request.state, "language", service_of(request).settings.language))
    gettext = translator(language).gettext
    return {
        "counts": found.counts,
        "refused": found.refused,
        "conditions": records(found.conditions),
        "faults": listed(found.faults, language),
        "faults_total": len(found.faults),
        "notes": [gettext(one.template).format(**one.values) for one in found.notes],
    }
