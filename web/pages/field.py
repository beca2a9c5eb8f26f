"""
The phone: a page that works without a network, once it has been opened with one.

The page itself holds nothing of anybody: who is at it, what is theirs and what they did is fetched
and kept by its scripts. So it is the same for everybody in a language, its service worker keeps
it, and each file that is kept is checked against the hash that the worker names.
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Response
from fastapi import Path as InPath
from fastapi.responses import HTMLResponse, JSONResponse
from PIL import Image, ImageDraw

from api.callers import permit
from gridmap.errors import NotFoundError
from web.pages.field_words import SENTENCES, TABLES
from web.pages.shell import Visit, VisitDep, render
from web.words import gettext_noop as _

router = APIRouter(include_in_schema=False, dependencies=[permit("page.open")])
STATIC = Path(__file__).parents[1] / "static"
WORKER = STATIC / "js" / "field" / "worker.js"
KEPT = (
    "css/tokens.css",
    "css/field.css",
    "css/field-forms.css",
    "img/mark.svg",
    "js/desk/elements.js",
    "js/desk/words.js",
    "vendor/leaflet/leaflet.css",
    "vendor/leaflet/leaflet.js",
)
SIZES = (180, 192, 512)
NAVY, PALE, ORANGE = "#10375c", "#8fbcdb", "#e8833a"


@router.get("/field")
def field(visit: VisitDep) -> HTMLResponse:
    """Show the phone's page; everything on it is put there by its scripts."""
    answer = page(visit)
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@router.get("/field/sw.js")
def worker(visit: VisitDep) -> Response:
    """Return the service worker; it is a new one whenever something that it keeps has changed."""
    files = kept_files(visit)
    version = hashlib.sha256(json.dumps(files).encode() + WORKER.read_bytes()).hexdigest()[:16]
    told = json.dumps({"version": version, "files": files}, ensure_ascii=False)
    script = f"const SHELL = {told};\n{WORKER.read_text('utf-8')}"
    headers = {"Service-Worker-Allowed": "/field", "Cache-Control": "no-cache"}
    return Response(script, media_type="text/javascript", headers=headers)


@router.get("/field/manifest.webmanifest")
def manifest(visit: VisitDep) -> JSONResponse:
    """Return what the phone needs to put the page among its applications."""
    name = visit.reports.meta.name
    title = visit.words.say(_("Responsibility grid"))
    icons: list[dict[str, str]] = [
        {"src": "/static/img/mark.svg", "sizes": "any", "type": "image/svg+xml"}
    ]
    icons += [
        {"src": f"/field/icon-{side}.png", "sizes": f"{side}x{side}", "type": "image/png"}
        for side in SIZES
    ]
    told = {
        "id": "/field",
        "name": f"{name} · {title}" if name else title,
        "short_name": title,
        "lang": visit.words.tag,
        "start_url": "/field",
        "scope": "/field",
        "display": "standalone",
        "orientation": "portrait",
        "background_color": "#ffffff",
        "theme_color": NAVY,
        "icons": icons,
    }
    return JSONResponse(told, media_type="application/manifest+json")


@router.get("/field/icon-{side}.png")
def icon(side: Annotated[int, InPath(ge=1, le=max(SIZES))]) -> Response:
    """Return the mark as a picture of one of the sizes that phones ask for."""
    if side not in SIZES:
        msg = "There is no icon of {side} pixels."
        raise NotFoundError(msg, side=side)
    headers = {"Cache-Control": "public, max-age=86400"}
    return Response(drawn(side), media_type="image/png", headers=headers)


@lru_cache(maxsize=len(SIZES))
def drawn(side: int) -> bytes:
    """
    Draw the mark: four squares on navy, the last in orange, as in ``img/mark.svg``.

    Parameters
    ----------
    side
        Pixels. The ground fills the picture, for phones cut the corners themselves.
    """
    picture = Image.new("RGB", (side, side), NAVY)
    brush = ImageDraw.Draw(picture)
    for x, y in ((6, 6), (17, 6), (6, 17), (17, 17)):
        box = [round(at * side / 32) for at in (x, y, x + 9, y + 9)]
        brush.rounded_rectangle(box, side * 1.5 / 32, ORANGE if x == y == 17 else PALE)  # noqa: PLR2004
    kept = BytesIO()
    picture.save(kept, "PNG", optimize=True)
    return kept.getvalue()


def page(visit: Visit) -> HTMLResponse:
    """Return the page in the reader's language; nothing in it is of the reader."""
    return render(visit, "field.html", section="field", told=spoken(visit))


def kept_files(visit: Visit) -> dict[str, str]:
    """
    Return what the phone keeps to open without a network.

    Parameters
    ----------
    visit
        Whose language the page is in.

    Returns
    -------
    dict
        Address → hash of its bytes, in the form of subresource integrity.
    """
    scripts = sorted((STATIC / "js" / "field").rglob("*.js"))
    files = [STATIC / name for name in KEPT] + [path for path in scripts if path != WORKER]
    told = {f"/static/{path.relative_to(STATIC).as_posix()}": path.read_bytes() for path in files}
    told["/field"] = bytes(page(visit).body)
    return {
        address: "sha256-" + base64.b64encode(hashlib.sha256(body).digest()).decode()
        for address, body in told.items()
    }


def spoken(visit: Visit) -> dict[str, Any]:
    """
    Return what the scripts say, in the reader's language.

    Parameters
    ----------
    visit
        Who reads.

    Returns
    -------
    dict
        ``sentences`` by name, ``tables`` of codes and what they are called, and ``zone``, the
        city's time zone.
    """
    said = visit.words.catalogue.gettext  # values are filled in by the scripts
    return {
        "sentences": {name: said(sentence) for name, sentence in SENTENCES.items()},
        "tables": {
            name: {code: said(sentence) for code, sentence in table.items()}
            for name, table in TABLES.items()
        },
        "zone": visit.words.zone.key,
    }
