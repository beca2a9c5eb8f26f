"""Maps as single files: every script and style inside, so that they open without a server."""

from __future__ import annotations

import base64
import mimetypes
import re
from datetime import date
from pathlib import Path

from api.settings import Settings
from geodata.reports import Reports
from gridmap.hotspots import HotSpots
from web.maps.coverage import coverage_map
from web.maps.ground import lowest_divisions
from web.maps.heat import heat_picture
from web.maps.hotspots import hotspot_map
from web.maps.offline import OWN, page
from web.words import Words
from web.words import words as words_of

STATIC = Path(__file__).parents[1] / "static"
SCRIPT = re.compile(r'<script[^>]*\bsrc="(/static/[^"]+)"[^>]*></script>')
STYLE = re.compile(r'<link[^>]*\bhref="(/static/[^"]+)"[^>]*/?>')
ADDRESS = re.compile(r"""url\((?!['"]?data:)['"]?([^'")]+)['"]?\)""")


def standalone(written: str) -> bytes:
    """
    Return a page with the scripts, styles and pictures it names inside it.

    Parameters
    ----------
    written
        A page whose scripts and styles are our own.
    """
    scripted = SCRIPT.sub(lambda found: _script(found[1]), written)
    return STYLE.sub(lambda found: _style(found[1]), scripted).encode()


def coverage_file(reports: Reports, settings: Settings, *, level: str, as_of: date) -> bytes:
    """Return the map of coverage as one file."""
    words = words_of(settings.language, settings.time_zone)
    roads = reports.frame("roads", as_of)
    drawn = coverage_map(reports.coverage(level, as_of), reports.gaps(as_of), roads, words)
    return standalone(page(drawn, _title(words, "Coverage", as_of)))


def hotspots_file(
    reports: Reports,
    settings: Settings,
    *,
    since: date,
    until: date,
    category: str | None,
    found: HotSpots,
) -> bytes:
    """Return the map of hot spots as one file; its density is of the same issues."""
    words = words_of(settings.language, settings.time_zone)
    heat = reports.heat(since=since, until=until, category=category)
    drawn = hotspot_map(
        found.table,
        lowest_divisions(reports, until),
        reports.frame("roads", until),
        words,
        picture=None if heat is None else heat_picture(heat.density, heat.crs),
    )
    return standalone(page(drawn, _title(words, "Hot spots", until)))


def _title(words: Words, what: str, as_of: date) -> str:
    return f"{words.say(what)} · {as_of.isoformat()}"


def _file(address: str) -> Path:
    return STATIC / address.removeprefix(OWN)


def _script(address: str) -> str:
    text = _file(address).read_text("utf-8").replace("</script", r"<\/script")
    return f"<script>{text}</script>"


def _style(address: str) -> str:
    path = _file(address)
    text = ADDRESS.sub(lambda found: _data(path.parent / found[1]), path.read_text("utf-8"))
    return f"<style>{text}</style>"


def _data(path: Path) -> str:
    if not path.is_file():  # such as the behaviours that old browsers knew
        return f"url({path.name})"
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return f"url(data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()})"
