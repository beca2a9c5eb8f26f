"""What the routes and the page for citizens share: the use cases, as the operator set them."""

from __future__ import annotations

import ipaddress
import secrets
from functools import lru_cache
from typing import Annotated, Any

import geopandas as gpd
import shapely
from fastapi import Depends, Request

from api.frames import features
from api.i18n import translator
from api.service import Service, service_of
from api.settings import Settings
from geodata.issues.citizens import Allowance, Citizens, Network
from gridmap.access import CITY, PUBLIC

MOST_ROADS = 4000
SIMPLER = 1e-5  # of a degree: a metre, less than a pixel of the page's map


def citizens_of(request: Request) -> Citizens:
    """Return the use cases of those who have no account."""
    service = service_of(request)
    settings = service.settings
    allowance = Allowance(
        per_hour=settings.reports_per_hour,
        per_minute=settings.reports_per_minute,
        shared=networks(settings.report_networks),
    )
    return Citizens(service.setting(PUBLIC), allowance, secret_of(settings))


CitizensDep = Annotated[Citizens, Depends(citizens_of)]


@lru_cache(maxsize=8)
def networks(text: str) -> tuple[Network, ...]:
    """
    Return the networks of a list with commas.

    Examples
    --------
    >>> networks("10.1.0.0/16, 2001:db8::/48")
    (IPv4Network('10.1.0.0/16'), IPv6Network('2001:db8::/48'))
    """
    return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())


@lru_cache(maxsize=1)
def passing_secret() -> bytes:
    """Return a secret that lasts as long as this process."""
    return secrets.token_bytes(32)


def secret_of(settings: Settings) -> bytes:
    """Return the secret with which sources are hashed."""
    given = settings.report_secret
    return passing_secret() if given is None else given.get_secret_value().encode()


def source_of(request: Request) -> str:
    """Return the address a request came from."""
    return request.client.host if request.client else ""


def language_of(request: Request) -> str:
    """Return the language in which a request is answered."""
    return str(getattr(request.state, "language", service_of(request).settings.language))


def word_of(state: str, language: str) -> str:
    """
    Return what the state of a report is called.

    Parameters
    ----------
    state
        One of `geodata.issues.progress.STATES`.
    language
        The reader's.
    """
    _ = translator(language).gettext
    words = {
        "received": _("Received"),
        "in_hand": _("Being handled"),
        "done": _("Settled"),
        "refused": _("Not accepted"),
    }
    return words[state]


def roads_within(service: Service, bbox: tuple[float, float, float, float]) -> list[dict[str, Any]]:
    """
    Return the roads of a part of the city, as the map of the page for citizens draws them.

    Parameters
    ----------
    service
        Whose register.
    bbox
        West, south, east, north, in degrees.

    Returns
    -------
    list of dict
        GeoJSON features with ``name`` and ``road_class``; nothing of who answers for them.
    """
    roads = _roads(service)
    found = roads.iloc[sorted(roads.sindex.query(shapely.box(*bbox), predicate="intersects"))]
    shown = found[["name", "road_class", "geometry"]].head(MOST_ROADS)
    return features(shown.set_geometry(shown.geometry.simplify(SIMPLER)))


def bounds_of(service: Service) -> tuple[float, float, float, float] | None:
    """Return the bounds of the city's roads, in degrees; None if it has none."""
    roads = _roads(service)
    if roads.empty:
        return None
    west, south, east, north = (float(edge) for edge in roads.total_bounds)
    return west, south, east, north


def _roads(service: Service) -> gpd.GeoDataFrame:
    reports = service.reports((CITY,))
    frame = reports.frame("roads", reports.today())
    return gpd.GeoDataFrame(frame[frame.geometry.notna()])
