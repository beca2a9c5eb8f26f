"""Pages of long answers, with a cursor that stays right while rows are added."""

from __future__ import annotations

import base64
import binascii
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import orjson
import shapely

from api.frames import TO_WGS84, Datum
from api.sentences import QueryError
from gridmap.layers import Frame

LARGEST = 10_000


class Page(NamedTuple):
    """
    A part of a frame.

    Parameters
    ----------
    frame
        The rows of this page, in the order of their keys.
    matched
        Rows that matched, on all pages.
    next
        Cursor of the page that follows, if there is one.
    """

    frame: Frame
    matched: int
    next: str | None


def page(frame: Frame, limit: int, cursor: str | None) -> Page:
    """
    Return a part of a frame.

    Parameters
    ----------
    frame
        All that matched, indexed by key.
    limit
        Rows of a page; `LARGEST` at most.
    cursor
        `Page.next` of the page before.

    Raises
    ------
    QueryError
        If the cursor is none that we gave.
    """
    ordered = frame if frame.index.is_monotonic_increasing else frame.sort_index()
    start = 0 if cursor is None else int(ordered.index.searchsorted(_after(cursor), side="right"))
    end = start + min(limit, LARGEST)
    shown = ordered.iloc[start:end]
    more = end < len(ordered)
    return Page(shown, len(ordered), _cursor(str(shown.index[-1])) if more else None)


def within(frame: gpd.GeoDataFrame, bbox: str | None, datum: Datum) -> gpd.GeoDataFrame:
    """
    Return the rows that a bounding box touches.

    Parameters
    ----------
    frame
        Rows in degrees.
    bbox
        ``west,south,east,north`` in degrees of `datum`; everything if None.
    datum
        The box's datum.

    Raises
    ------
    QueryError
        If the box is not four finite numbers in that order.
    """
    if bbox is None:
        return frame
    corners = _corners(bbox)
    west, south, east, north = TO_WGS84[datum](corners).reshape(4)
    box = shapely.box(west, south, east, north)
    touched = np.sort(frame.sindex.query(box, predicate="intersects"))
    return frame.iloc[touched]


def chosen(frame: Frame, **wanted: object) -> Frame:
    """Return the rows whose columns have the wanted values; None asks for nothing."""
    asked = {column: value for column, value in wanted.items() if value is not None}
    for column, value in asked.items():
        frame = frame[(frame[column] == value).fillna(value=False).to_numpy(dtype=bool)]
    return frame


def box(bbox: str | None, datum: Datum = "wgs84") -> tuple[float, float, float, float] | None:
    """
    Return a bounding box in degrees of WGS 84.

    Parameters
    ----------
    bbox, datum
        As for `within`.

    Raises
    ------
    QueryError
        As `within`.
    """
    if bbox is None:
        return None
    west, south, east, north = TO_WGS84[datum](_corners(bbox)).reshape(4).tolist()
    return west, south, east, north


def _corners(bbox: str) -> np.ndarray:
    try:
        numbers = np.array([float(part) for part in bbox.split(",")])
    except ValueError:
        numbers = np.array([])
    ordered = len(numbers) == 4 and bool(np.isfinite(numbers).all())  # noqa: PLR2004
    if not (ordered and numbers[0] <= numbers[2] and numbers[1] <= numbers[3]):
        msg = "bbox takes west,south,east,north in degrees; {bbox} is not that."
        raise QueryError(msg, bbox=bbox[:80])
    return numbers.reshape(2, 2)


def _cursor(key: str) -> str:
    return base64.urlsafe_b64encode(orjson.dumps({"after": key})).decode().rstrip("=")


def _after(cursor: str) -> str:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        return str(orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))["after"])
    except (binascii.Error, ValueError, KeyError, TypeError) as error:
        msg = "This cursor is none that was given here."
        raise QueryError(msg) from error
