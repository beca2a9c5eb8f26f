"""The XML of GeoReport v2: the same answers as in JSON, lists as elements in an element."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from xml.etree.ElementTree import Element, SubElement, tostring

MEMBERS = {
    "services": "service",
    "attributes": "attribute",
    "values": "value",
    "service_requests": "request",
    "errors": "error",
    "endpoints": "endpoint",
    "formats": "format",
}
"""Element that holds a list → element of a member."""
# XML 1.0, 2.2: what no document may hold, not even as a reference
_NOT_IN_XML = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(root: str, body: object) -> bytes:
    """
    Write an answer.

    Parameters
    ----------
    root
        Name of its outermost element.
    body
        Mappings, lists, text, numbers, truth values, moments; None gives an empty element.

    Returns
    -------
    bytes
        UTF-8, with its declaration.

    Examples
    --------
    >>> write("errors", [{"code": 400, "description": "lat & long"}]).decode().splitlines()[1]
    '<errors><error><code>400</code><description>lat &amp; long</description></error></errors>'
    """
    element = Element(root)
    _fill(element, body)
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + tostring(element, encoding="utf-8")


def text(value: object) -> str:
    r"""
    Return a value as GeoReport writes it in XML.

    Examples
    --------
    >>> text(True), text(None), text(52.97), text("a\x0bb")
    ('true', '', '52.97', 'ab')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat()
    return _NOT_IN_XML.sub("", str(value))


def _fill(element: Element, body: object) -> None:
    if isinstance(body, Mapping):
        for name, value in body.items():
            _fill(SubElement(element, name), value)
    elif isinstance(body, Sequence) and not isinstance(body, str):
        for value in body:
            _fill(SubElement(element, MEMBERS[element.tag]), value)
    elif told := text(body):
        element.text = told
