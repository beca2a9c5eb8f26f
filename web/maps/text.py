"""
Text from data, made harmless for a map.

Folium writes some values into JavaScript template literals and others into HTML, so neither
`html.escape` nor `json.dumps` alone is enough.
"""

from __future__ import annotations

import html
from urllib.parse import quote

from web.words import NONE, absent

ENTITIES = str.maketrans({"\\": "&#92;", "`": "&#96;", "$": "&#36;", "{": "&#123;"})


def inert(value: object) -> str:
    """
    Return a value as text that no place in a Folium page can run.

    Parameters
    ----------
    value
        Anything; what is absent becomes a dash.

    Examples
    --------
    >>> inert("<b>${alert(1)}`")
    '&lt;b&gt;&#36;&#123;alert(1)}&#96;'
    """
    return NONE if absent(value) else html.escape(str(value)).translate(ENTITIES)


def link(path: str, key: object, shown: object) -> str:
    """
    Return a link out of the map's frame to the page of one row.

    Parameters
    ----------
    path
        One of our own pages, with a slash at its end.
    key
        What the row is found by; any text.
    shown
        What is read.

    Examples
    --------
    >>> link("/register/grids/", "1/2", "<i>")
    '<a href="/register/grids/1%2F2" target="_top">&lt;i&gt;</a>'
    """
    return f'<a href="{path}{quote(str(key), safe="")}" target="_top">{inert(shown)}</a>'
