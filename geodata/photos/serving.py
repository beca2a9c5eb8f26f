"""How a photo is handed out: as a picture and nothing else, to who may see it, nobody after."""

from __future__ import annotations

import re

CONTENT_TYPE = "image/jpeg"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-store",
}
LONGEST_NAME = 80
_NOT_IN_NAMES = re.compile(r"[^0-9A-Za-z_-]+")


def headers(photo_id: str) -> dict[str, str]:
    """
    Return the headers of a photo.

    Parameters
    ----------
    photo_id
        Its identifier; the name under which a reader saves it is made of that, and never of what
        the sender called it.

    Examples
    --------
    >>> headers("f-12")["Content-Disposition"]
    'inline; filename="photo-f-12.jpg"'
    """
    name = _NOT_IN_NAMES.sub("-", photo_id)[:LONGEST_NAME]
    return {**HEADERS, "Content-Disposition": f'inline; filename="photo-{name}.jpg"'}
