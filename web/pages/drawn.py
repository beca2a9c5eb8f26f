"""Maps as answers: drawn once for all who ask the same, and sent packed."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Hashable, Sequence

import folium
from fastapi.responses import HTMLResponse, Response

from web.maps.offline import page
from web.pages.shell import Visit

LEVEL = 6  # of the packing: more takes twice as long and saves a hundredth


def map_answer(
    visit: Visit, title: str, layers: Sequence[str], draw: Callable[[], folium.Map], *of: Hashable
) -> Response:
    """
    Answer with a map, a page of its own.

    Parameters
    ----------
    visit
        Who asks; a map is kept for the part of the city that they may see.
    title
        What it is called, in the reader's language.
    layers
        What it is drawn from: when one moves, it is drawn anew.
    draw
        How it is drawn.
    *of
        What else it depends on.
    """

    def build() -> bytes:
        return gzip.compress(page(draw(), title).encode(), compresslevel=LEVEL, mtime=0)

    key = (title, visit.words.language, visit.as_of, *of)
    packed = visit.reports.workspace.once("map", layers, visit.as_of, build, *key)
    if "gzip" in visit.request.headers.get("accept-encoding", ""):
        encoded = {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        return Response(packed, media_type="text/html", headers=encoded)
    return HTMLResponse(gzip.decompress(packed))
