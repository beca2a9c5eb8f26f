"""What a request may ask for, in the query of its address; anything else is refused with 400."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.frames import Datum
from gridmap import layers
from gridmap.method import Statistic

Level = Literal["district", "subdistrict", "community", "grid"]
By = Literal["grid", "square", "hex"]
Per = Literal["residents", "points", "roads", "walked", "visits"]
Group = Literal["citizens", "inspection", "patrol"]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]

# in a body a number is a number: true and "113.6" are none
StrictLongitude = Annotated[Longitude, Field(strict=True)]
StrictLatitude = Annotated[Latitude, Field(strict=True)]


class Query(BaseModel):
    """What every request may ask: in which language errors are told."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lang: Literal["zh_CN", "zh-CN", "en"] | None = Field(
        default=None, description="Language of messages, for this request."
    )


class DayQuery(Query):
    """A question about a day."""

    as_of: date | None = Field(
        default=None, description="The day the answer is for; today in the city if left out."
    )


class SeenQuery(Query):
    """What has happened since."""

    after: int = Field(ge=0, lt=2**53, description="`seen` of an earlier answer.")


class SpatialQuery(DayQuery):
    """A question whose answer is drawn on a map."""

    datum: Datum = Field(default="wgs84", description="What coordinates are given and asked in.")


class PageQuery(SpatialQuery):
    """A question whose answer comes in pages."""

    bbox: str | None = Field(
        default=None,
        description="west,south,east,north in degrees of `datum`: only what it touches.",
        examples=["122.50,52.95,122.56,52.99"],
    )
    limit: int | None = Field(
        default=None, ge=1, description="Rows of a page; more than 10,000 are never sent."
    )
    cursor: str | None = Field(default=None, description="`next` of the page before.")


class DivisionsQuery(PageQuery):
    """Which divisions."""

    level: Literal["district", "subdistrict", "community"] | None = None
    parent: str | None = Field(default=None, description="Code of the division above.")


class GridsQuery(PageQuery):
    """Which grids."""

    parent: str | None = Field(default=None, description="Code of the division above.")
    unit_id: str | None = Field(default=None, description="Only those that this unit holds.")


class UnitsQuery(PageQuery):
    """Which units."""

    party: Literal["unit", "post"] | None = None
    active: bool | None = None


class AssignmentsQuery(DayQuery):
    """Which assignments."""

    unit_id: str | None = None
    target: str | None = None
    target_kind: str | None = Field(
        default=None, description=f"One of {', '.join(layers.TARGET_KINDS)}."
    )
    tier: str | None = Field(default=None, description=f"One of {', '.join(layers.TIERS)}.")
    scheme: str | None = None
    limit: int | None = Field(default=None, ge=1)
    cursor: str | None = None


class CoverageQuery(SpatialQuery):
    """At which level coverage is proved."""

    level: Level = "community"


class GapsQuery(SpatialQuery):
    """Which gaps."""

    reason: Literal["no_grid", "no_unit", "unit_inactive", "no_contact"] | None = None


class HotspotsQuery(Query):
    """Where, of what and when hot spots are looked for."""

    since: date | None = Field(default=None, description="First day; a year before `until`.")
    until: date | None = Field(default=None, description="Last day; the last with an issue.")
    category: str | None = None
    channel: str | None = None
    by: By = "grid"
    size_m: float | None = Field(
        default=None, ge=10, le=100_000, allow_inf_nan=False, description="Metres across a cell."
    )
    per: Per | None = Field(
        default=None,
        description="Divide counts by this; plain counts if left out. Only grids know residents; "
        "`roads` and `walked` (by patrols of the period) are kilometres.",
    )
    keep_piles: bool = Field(
        default=False, description="Count issues on piles of identical coordinates too."
    )
    group: Group | None = Field(
        default=None, description="Only issues of this group of channels; all if left out."
    )
    statistic: Statistic = Field(
        default="gi_star",
        description="`local_moran`: areas beside their neighbours, with `quadrant` and `look`.",
    )
    smooth: bool = Field(
        default=False, description="Tell empirical-Bayes rates too (`smoothed`); needs `per`."
    )
    counting: Literal["reports", "reporter_days"] = Field(
        default="reports",
        description="`reporter_days`: of one reporter in one area on one day, one report counts.",
    )
    sensitivity: bool = Field(
        default=False,
        description="Say how much of each hot area is hot on the other partitions too.",
    )
    agreement: bool = Field(
        default=False, description="Say in how many areas groups of channels agree."
    )
    datum: Datum = "wgs84"


class IssuesQuery(PageQuery):
    """Which issues."""

    since: date | None = None
    until: date | None = None
    category: str | None = None
    channel: str | None = None
    grid: str | None = None
    unit_id: str | None = None


class PlaceQuery(SpatialQuery):
    """One place."""

    lon: Longitude = Field(examples=[122.5386])
    lat: Latitude = Field(examples=[52.9721])
    accuracy_m: float | None = Field(
        default=None, ge=0, le=100_000, description="How exact the place is, in metres."
    )


class Places(BaseModel):
    """Many places at once."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"places": [[122.5386, 52.9721], [122.54, 52.975]]}},
    )

    places: list[tuple[StrictLongitude, StrictLatitude]] = Field(
        description="Longitude and latitude of each place, in degrees of `datum`."
    )
    as_of: date | None = None
    datum: Datum = "wgs84"
    accuracy_m: float | None = Field(default=None, ge=0, le=100_000)
