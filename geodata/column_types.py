"""The types of our columns, one for both databases."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import shapely
from geoalchemy2 import Geometry
from sqlalchemy import BigInteger, Boolean, Date, DateTime, Double, Integer, Text
from sqlalchemy.dialects.sqlite import DATETIME
from sqlalchemy.types import TypeDecorator, TypeEngine

from geodata import gpkg_blob
from gridmap.layers import Dtype

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Dialect

GEOPACKAGE: Final = "geopackage"  # the dialect's name; with_variant("sqlite") does not match it


class Shape(TypeDecorator[Any]):
    """A geometry column: shapely geometries in, shapely geometries out, on both databases."""

    impl = Geometry
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | str | None:  # noqa: ANN401
        """Return the blob or the hexadecimal EWKB of a shapely geometry."""
        if value is None:
            return None
        if dialect.name == GEOPACKAGE:
            return gpkg_blob.encode_one(value, self.srid)
        ewkb: str = shapely.to_wkb(shapely.set_srid(value, self.srid), hex=True, include_srid=True)
        return ewkb

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:  # noqa: ANN401, ARG002
        """Return the shapely geometry of what GeoAlchemy2 has read."""
        return None if value is None else shapely.from_wkb(value.data)


class GpkgDateTime(DATETIME):
    """
    A moment as GeoPackage writes it: UTC, to the millisecond, ending in Z.

    A moment with microseconds keeps them: GDAL then warns of content that is not conformant, and
    still reads it.
    """

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], str | None]:  # noqa: ARG002
        """Return the function that writes a moment."""
        return lambda moment: None if moment is None else moment_text(moment)

    def result_processor(
        self,
        dialect: Dialect,  # noqa: ARG002
        coltype: object,  # noqa: ARG002
    ) -> Callable[[str | None], datetime | None]:
        """Return the function that reads a moment."""
        return lambda text: None if text is None else datetime.fromisoformat(text)


def moment_text(moment: datetime) -> str:
    """
    Write a moment as GeoPackage does.

    Parameters
    ----------
    moment
        With a time zone.

    Examples
    --------
    >>> moment_text(datetime(2026, 3, 1, 2, tzinfo=UTC))
    '2026-03-01T02:00:00.000Z'
    """
    timespec = "microseconds" if moment.microsecond % 1000 else "milliseconds"
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec=timespec) + "Z"


Whole = BigInteger().with_variant(Integer(), GEOPACKAGE)
Moment = DateTime(timezone=True).with_variant(GpkgDateTime(), GEOPACKAGE)  # type: ignore[no-untyped-call]
COLUMN_TYPE: dict[Dtype, TypeEngine[Any]] = {
    "text": Text(),
    "number": Double(),
    "integer": Whole,
    "boolean": Boolean(),
    "date": Date(),
    "datetime": Moment,
}
