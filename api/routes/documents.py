"""Source documents: handing one in, and looking at one that an assignment is based on."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response, UploadFile
from fastapi.responses import FileResponse

from api.callers import CallerDep, may, permit
from api.deps import ReportsDep, SettingsDep, answer
from api.service import service_of
from geodata.documents import Documents, name_of, referring
from gridmap.errors import NotFoundError

router = APIRouter(prefix="/documents", tags=["documents"])
# a paper is shown nowhere inside our pages, and runs nothing
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
}


def documents(settings: SettingsDep) -> Documents:
    """Return the documents of the register."""
    return Documents(settings.documents_folder)


DocumentsDep = Annotated[Documents, Depends(documents)]


@router.post("", status_code=HTTPStatus.CREATED, dependencies=[permit("assignment.write")])
def hand_in(file: UploadFile, kept: DocumentsDep, asking: CallerDep, request: Request) -> Response:
    """Keep a document: PDF, JPEG or PNG by its content, 20 MB at most."""
    document = kept.keep(file.file)
    told = {"document": document.key, "name": file.filename or "", "bytes": document.size}
    store = service_of(request).workspaces.whole.store
    what = {**told, "by": asking.person.person_id}
    with store.write(who=asking.person.name, action="document", what=what):
        pass  # no layer changes: the entry is the register's word that it has the paper
    made = answer(told, None)
    made.status_code = HTTPStatus.CREATED
    return made


@router.get("/{key}", dependencies=[permit("register.read")])
def hand_out(
    key: str, kept: DocumentsDep, asking: CallerDep, request: Request, reports: ReportsDep
) -> Response:
    """Return a document, to those who see an assignment that is based on it, or may make one."""
    document = kept.find(key)
    based = referring(reports.frame("assignments", date.max), key)["source"].tolist()
    seen = asking.known and (bool(based) or bool(may(request, "assignment.write")))
    if document is None or not seen:
        msg = "There is no document {document}."
        raise NotFoundError(msg, document=key[:64])
    name = name_of(based[0] if based else "", document)
    return FileResponse(
        document.path, headers=HEADERS, media_type=document.kind.media_type, filename=name
    )
