"""Drawing and mending grids; each act can be tried first (`dry_run`)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, TypeAlias

import pandas as pd
import shapely
from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.callers import CallerDep, permit, scopes_of
from api.deps import ReportsDep, answer, day
from api.frames import columns, features, records
from api.orders import MOST, Body, Key, Note
from api.queries import DayQuery, StrictLatitude, StrictLongitude
from api.service import service_of
from api.steps import SeenDep
from geodata.mends import Mended, Mends, When
from gridmap.errors import InvalidError

router = APIRouter(prefix="/grids", tags=["mending"])
WRITES = [permit("grid.write")]
Position: TypeAlias = tuple[StrictLongitude, StrictLatitude]
Ring = Annotated[list[Position], Field(min_length=4, max_length=10_000)]


class Line(BaseModel):
    """A GeoJSON line, in the register's CRS."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    type: Literal["LineString"]
    coordinates: Annotated[list[Position], Field(min_length=2, max_length=10_000)]


class Outline(BaseModel):
    """A GeoJSON polygon, in the register's CRS."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    type: Literal["Polygon"]
    coordinates: Annotated[list[Ring], Field(min_length=1, max_length=100)]


class Act(Body):
    """From when an act holds, and whether it is only tried."""

    since: date
    dry_run: bool = False
    note: Note | None = None

    def when(self, seen: int | None) -> When:
        """Return it as the use case takes it."""
        return When(self.since, seen, self.dry_run, self.note)


class Create(Act):
    """A grid to be drawn."""

    outline: Outline
    parent: Key
    name: Note | None = None


class Split(Act):
    """A grid to be cut, along a line or a road."""

    code: Key
    line: Line | None = None
    road_id: Key | None = None


class Merge(Act):
    """Grids to be joined."""

    codes: Annotated[list[Key], Field(min_length=2, max_length=1000)]
    into: Key | None = None


class Border(Act):
    """A border to be moved: vertices from where they are to where they go, and new ones."""

    moves: Annotated[
        list[tuple[StrictLongitude, StrictLatitude, StrictLongitude, StrictLatitude]],
        Field(max_length=MOST),
    ] = Field(default_factory=list)
    inserts: Annotated[list[tuple[Position, Position, Position]], Field(max_length=MOST)] = Field(
        default_factory=list
    )


class Retire(Act):
    """Grids that end."""

    codes: Annotated[list[Key], Field(min_length=1, max_length=1000)]


class Proposing(Body):
    """For which community grids are to be proposed, and how large."""

    community: Key
    by: Literal["area", "residents", "compounds"] = "area"
    target: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    n: Annotated[int, Field(ge=1, le=999, strict=True)] | None = None


class Adopting(Proposing, Act):
    """The same, to be taken into the register."""


def mends(request: Request, asking: CallerDep) -> Mends:
    """Return the caller's use cases, over the part of the city in which they may."""
    return Mends(service_of(request).workspaces.of(scopes_of(request)), asking.person)


MendsDep = Annotated[Mends, Depends(mends)]


@router.post("", dependencies=WRITES)
def create(asked: Create, mending: MendsDep, seen: SeenDep) -> Response:
    """Draw a grid; what lies over others or outside its community is cut away."""
    outline = _polygon(asked.outline)
    done = mending.create(outline, parent=asked.parent, name=asked.name, when=asked.when(seen))
    return _told(done)


@router.post("/split", dependencies=WRITES)
def split(asked: Split, mending: MendsDep, seen: SeenDep) -> Response:
    """Cut a grid along a line or a road."""
    if (asked.line is None) == (asked.road_id is None):
        msg = "Name either a line or a road to cut along."
        raise InvalidError(msg)
    line = None if asked.line is None else shapely.LineString(asked.line.coordinates)
    return _told(mending.split(asked.code, line, road=asked.road_id, when=asked.when(seen)))


@router.post("/merge", dependencies=WRITES)
def merge(asked: Merge, mending: MendsDep, seen: SeenDep) -> Response:
    """Join grids that lie beside each other."""
    return _told(mending.merge(asked.codes, into=asked.into, when=asked.when(seen)))


@router.post("/border", dependencies=WRITES)
def border(asked: Border, mending: MendsDep, seen: SeenDep) -> Response:
    """Move a border, in all grids that share it."""
    moves = {(x, y): (to_x, to_y) for x, y, to_x, to_y in asked.moves}
    return _told(mending.move_border(moves, asked.inserts, when=asked.when(seen)))


@router.post("/retire", dependencies=WRITES)
def retire(asked: Retire, mending: MendsDep, seen: SeenDep) -> Response:
    """End grids without heirs; their ground is uncovered from then on."""
    return _told(mending.retire(asked.codes, when=asked.when(seen)))


@router.post("/proposals", dependencies=WRITES)
def propose(asked: Proposing, mending: MendsDep, reports: ReportsDep) -> Response:
    """Propose grids for a community that has none: blocks between roads, of about equal load."""
    found = mending.propose(
        asked.community, by=asked.by, target=asked.target, n=asked.n, since=reports.today()
    )
    spread = found.spread
    body = {
        "grids": _collection(found.grids[["name", "geometry"]].assign(load=found.loads)),
        "spread": spread if spread < float("inf") else None,
        "sd": found.sd,
        "target": found.target,
        "by": found.by,
        "blocks": len(found.blocks),
    }
    return answer(body, None)


@router.post("/proposals/adopt", dependencies=WRITES)
def adopt(asked: Adopting, mending: MendsDep, seen: SeenDep) -> Response:
    """Take proposed grids into the register."""
    done = mending.adopt(
        asked.community, by=asked.by, target=asked.target, n=asked.n, when=asked.when(seen)
    )
    return _told(done)


@router.get("/{code}/lineage", dependencies=[permit("register.read")])
def lineage(
    code: str, query: Annotated[DayQuery, Query()], mending: MendsDep, reports: ReportsDep
) -> Response:
    """Return where a grid's ground came from and went, and which grids have it on a day."""
    rows, heirs = mending.lineage(code, day(query, reports))
    shares = {str(heir): float(share) for heir, share in heirs.items()}
    return answer({"rows": records(rows), "heirs": shares}, None)


def _polygon(outline: Outline) -> shapely.Polygon:
    shell, *holes = outline.coordinates
    if any(ring[0] != ring[-1] for ring in outline.coordinates):
        msg = "A ring ends where it begins."
        raise InvalidError(msg)
    polygon = shapely.Polygon(shell, holes)
    if not polygon.is_valid:
        msg = "The outline crosses itself: {reason}."
        raise InvalidError(msg, reason=shapely.is_valid_reason(polygon))
    return polygon


def _collection(frame: Any) -> dict[str, Any]:  # noqa: ANN401 - a GeoDataFrame
    return {"type": "FeatureCollection", "features": features(frame)}


def _told(done: Mended) -> Response:
    mending, carried = done.mending, done.carried
    faults = pd.DataFrame(mending.faults.drop(columns=mending.faults.geometry.name))
    body = {
        "entry": done.entry,
        "seen": done.seen,
        "changed": _collection(mending.changed),
        "retired": list(mending.retired),
        "lineage": records(mending.lineage),
        "trimmed_m2": mending.trimmed_m2,
        "faults": records(faults),
        "carried": {
            "added": columns(pd.DataFrame(carried.added.reset_index())),
            "released": columns(carried.released[["until"]].reset_index()),
            "demoted": records(carried.demoted),
        },
    }
    made = answer(body, None)
    made.headers["ETag"] = f'"{done.seen}"'
    return made
