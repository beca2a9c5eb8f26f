"""Office files with the moment taken out, so that equal contents are equal bytes."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import datetime

CORE = "docProps/core.xml"
EPOCH = (1980, 1, 1, 0, 0, 0)
_MOMENT = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(</dcterms:(?:created|modified)>)")


def repacked(content: bytes, at: datetime) -> bytes:
    """
    Return an office file as it would be had it been written at a moment.

    Parameters
    ----------
    content
        A Word document or an Excel workbook.
    at
        What its properties say of when it was made; the entries of the archive say nothing.
    """
    moment = at.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    written = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as given,
        zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for member in given.infolist():
            body = given.read(member)
            if member.filename == CORE:
                body = _MOMENT.sub(rb"\g<1>" + moment + rb"\g<3>", body)
            entry = zipfile.ZipInfo(member.filename, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            made.writestr(entry, body)
    return written.getvalue()
