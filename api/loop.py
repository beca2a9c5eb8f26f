"""What the routes of the closed loop share: the setting, places as they are sent, versions."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any, Literal

import numpy as np
import shapely
from fastapi import Depends, Header, Request, Response
from pydantic import AwareDatetime, Field

from api.callers import CallerDep
from api.frames import TO_WGS84, Datum, dump
from api.orders import Body, Metres
from api.service import service_of
from geodata.issues.pictures import Pictures
from geodata.issues.setting import Setting
from geodata.receipts import Once, hashed

Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False, strict=True)]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False, strict=True)]
Identifier = Annotated[str, Field(min_length=8, max_length=64, pattern=r"^[0-9A-Za-z_-]+$")]
NO_NUL = r"^[^\x00]*$"  # which PostgreSQL cannot keep
Words = Annotated[str, Field(max_length=4000, pattern=NO_NUL)]
Moment = AwareDatetime
REPLAYED = "Idempotency-Replayed"


class PlaceBody(Body):
    """A place, as a phone or a map tells it."""

    lon: Longitude
    lat: Latitude
    datum: Datum = "wgs84"
    accuracy_m: Metres | None = None
    source: Literal["gps", "pin", "exif", "address"] = "gps"

    def point(self) -> shapely.Point:
        """Return it in the register's CRS, which is WGS 84 to a metre."""
        return point_of(self.lon, self.lat, self.datum)


def point_of(lon: float, lat: float, datum: Datum) -> shapely.Point:
    """
    Return a place in the register's CRS.

    Parameters
    ----------
    lon, lat
        Degrees of the datum.
    datum
        ``wgs84``, ``gcj02`` or ``bd09``.
    """
    x, y = TO_WGS84[datum](np.array([[lon, lat]]))[0]
    return shapely.Point(float(x), float(y))


def setting_of(request: Request, asking: CallerDep) -> Setting:
    """Return the setting in which the caller reports and acts."""
    return service_of(request).setting(asking.person)


SettingDep = Annotated[Setting, Depends(setting_of)]


def pictures_of(request: Request, setting: SettingDep) -> Pictures:
    """Return the photos, as the caller may see them."""
    return Pictures(setting, service_of(request).photos)


PicturesDep = Annotated[Pictures, Depends(pictures_of)]
KeyHeader = Annotated[str | None, Header(alias="Idempotency-Key", min_length=8, max_length=80)]


def once(setting: Setting, key: str | None, sent: Mapping[str, Any]) -> Once | None:
    """
    Return under which key something is accepted once; None if it came without.

    Parameters
    ----------
    setting
        Whose key it is.
    key
        From the header, or the identifier of the record.
    sent
        What was sent.
    """
    if key is None:
        return None
    return Once(setting.person.person_id or "public", key, hashed(sent))


def answered(
    body: Mapping[str, Any], *, replayed: bool, status: HTTPStatus = HTTPStatus.CREATED
) -> Response:
    """
    Answer with what was written; what was written before is told again.

    Parameters
    ----------
    body
        What is told.
    replayed
        Whether it was there before.
    status
        Of what is new.
    """
    headers = {"Cache-Control": "no-store"}
    if "version" in body:
        headers["ETag"] = f'"{body["version"]}"'
    if replayed:
        headers[REPLAYED] = "true"
    code = HTTPStatus.OK if replayed else status
    return Response(dump(dict(body)), code, headers, media_type="application/json")
