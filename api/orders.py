"""What a request may order: the bodies of the routes that change the register."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from geodata.desk import Order
from gridmap.assignments import PRIMARY, Target

Kind = Literal["grid", "road_segment", "inspection_point", "compound", "division"]
Tier = Literal["patch_leader", "lead", "responsible", "assisting", "grid_worker"]
Key = Annotated[str, Field(min_length=1, max_length=200)]
Note = Annotated[str, Field(max_length=2000)]
Metres = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False, strict=True)]
MOST = 100_000  # targets or assignments of one step


class Body(BaseModel):
    """What every body has in common: nothing that is not asked for."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Nothing(Body):
    """A request that says all in its address."""


class TargetBody(Body):
    """One target."""

    target_kind: Kind
    target: Key
    from_m: Metres | None = None
    to_m: Metres | None = None
    side: Literal["left", "right", "both"] | None = None

    def target_of(self) -> Target:
        """Return it as the domain names it."""
        return Target(self.target_kind, self.target, self.from_m, self.to_m, self.side)


class UnitBody(Body):
    """A unit, and in which tier it is to answer."""

    unit_id: Key
    tier: Tier = PRIMARY  # type: ignore[assignment]


class NewAssignments(Body):
    """Targets that units are to answer for."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "targets": [{"target_kind": "grid", "target": "232701100001001"}],
                "units": [{"unit_id": "u1", "tier": "responsible"}],
                "since": "2026-07-01",
                "source": "创城办〔2026〕5号",
            }
        }
    )

    targets: Annotated[list[TargetBody], Field(min_length=1, max_length=MOST)]
    units: Annotated[list[UnitBody], Field(min_length=1, max_length=100)]
    since: date
    scheme: Key = "main"
    source: Note | None = None
    note: Note | None = None
    take_over: bool = False

    def order(self) -> Order:
        """Return it as the desk takes it."""
        return Order(
            targets=tuple(target.target_of() for target in self.targets),
            units=tuple((unit.unit_id, unit.tier) for unit in self.units),
            since=self.since,
            scheme=self.scheme,
            source=self.source,
            note=self.note,
            take_over=self.take_over,
        )


class Releases(Body):
    """Assignments that are to end."""

    assignment_ids: Annotated[list[Key], Field(min_length=1, max_length=MOST)]
    until: date
    note: Note | None = None


class Transfer(Body):
    """What one unit holds, for another."""

    from_unit: Key
    to_unit: Key
    since: date
    only: Annotated[list[Key], Field(max_length=MOST)] | None = None
    source: Note | None = None
    note: Note | None = None
