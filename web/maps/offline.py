"""
A Folium page that asks no other host for anything.

Folium names its scripts and styles by addresses of public servers. `OfflineFigure` puts our own
copies in their place (see `web.vendoring`), and refuses a name that it does not know: a page that
works only with a network must not be made by mistake.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import urlsplit

import folium
from branca.element import CssLink, Figure, JavascriptLink

OWN = "/static/"
VENDOR = "/static/vendor/"


class UnknownScriptError(KeyError):
    """Folium asks for a script or style of which we keep no copy."""


@dataclass(frozen=True)
class Copy:
    """
    Our copy of a script or style.

    Parameters
    ----------
    path
        Where it lies under ``/static/vendor/``; none for a file that nothing on our maps needs.
    mark
        Text that a page holds if it uses this file; a page without it does not load the file.
    """

    path: str | None
    mark: str = ""


ICONS = "AwesomeMarkers"
COPIES = {
    "leaflet.js": Copy("leaflet/leaflet.js"),
    "leaflet.css": Copy("leaflet/leaflet.css"),
    "jquery-3.7.1.min.js": Copy("jquery/jquery.min.js", "$("),
    "bootstrap.bundle.min.js": Copy("bootstrap/bootstrap.bundle.min.js", "bootstrap."),
    "bootstrap.min.css": Copy("bootstrap/bootstrap.min.css", ICONS),
    "all.min.css": Copy("fontawesome/css/all.min.css", ICONS),
    "leaflet.awesome-markers.js": Copy("awesome-markers/leaflet.awesome-markers.min.js", ICONS),
    "leaflet.awesome-markers.css": Copy("awesome-markers/leaflet.awesome-markers.css", ICONS),
    "leaflet_heat.min.js": Copy("folium/leaflet_heat.min.js"),
    # Icons take prefix="fa"; turning them needs no class of its own.
    "bootstrap-glyphicons.css": Copy(None),
    "leaflet.awesome.rotate.min.css": Copy(None),
}


class OfflineFigure(Figure):
    """A page whose scripts and styles are all our own."""

    def render(self, **kwargs: object) -> str:
        """
        Return the page.

        Raises
        ------
        UnknownScriptError
            If a script or style is neither ours nor in `COPIES`.
        """
        for child in list(self._children.values()):
            child.render(**kwargs)
        written = self.script.render(**kwargs) + self.html.render(**kwargs)
        for name, element in list(self.header._children.items()):  # noqa: SLF001
            if not isinstance(element, JavascriptLink | CssLink):
                continue
            address = own_address(element.url, written)
            if address is None:
                del self.header._children[name]  # noqa: SLF001
            else:
                element.url = address
        return str(self._template.render(this=self, kwargs=kwargs))


def own_address(url: str, written: str) -> str | None:
    """
    Return where our copy of a file is served, or nothing if the page can go without it.

    Parameters
    ----------
    url
        What Folium asks for.
    written
        The page's own scripts and elements.

    Raises
    ------
    UnknownScriptError
        If we have no copy.
    """
    parts = urlsplit(url)
    if not parts.netloc and parts.path.startswith(OWN):
        return url
    name = PurePosixPath(parts.path).name
    if name not in COPIES:
        msg = f"No copy of {url} is kept: add it to web/package.json, web.vendoring and COPIES."
        raise UnknownScriptError(msg)
    copy = COPIES[name]
    return VENDOR + copy.path if copy.path and copy.mark in written else None


def page(drawn: folium.Map, title: str) -> str:
    """
    Return a map as a complete page.

    Parameters
    ----------
    drawn
        The map.
    title
        What the page is called; plain text.
    """
    figure = OfflineFigure(title=None)
    figure.header.add_child(_Title(title), name="title")
    figure.add_child(drawn)
    return figure.render()


class _Title(folium.Element):
    """The page's title; branca takes a string for a template, so the text stays a value."""

    def __init__(self, text: str) -> None:
        super().__init__("<title>{{ this.text|e }}</title>")
        self.text = text
