"""Who answers along roads: stretch by stretch, and side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise
from typing import Any, NamedTuple

import pandas as pd

from geodata.reports.names import named
from geodata.workspace import Workspace
from gridmap.assignments import PRIMARY, in_force
from gridmap.layers import SIDES

ANSWERS = ["side", "unit_id", "unit_name"]


class Holding(NamedTuple):
    """What a unit holds of a road: from where to where, in metres, and on which side."""

    from_m: float
    to_m: float
    side: str
    unit_id: str
    unit_name: object

    def on(self, side: str) -> bool:
        """Say whether it holds on a side."""
        return self.side in (side, "both")


def answers(whole: Workspace, own: Workspace, stretches: pd.DataFrame, as_of: date) -> pd.Series:
    """
    Say who answers along each of many stretches.

    Parameters
    ----------
    whole, own
        The register of the whole city, by which units are named, and what the reader sees of it.
    stretches
        ``road_id``, ``from_m``, ``to_m``.
    as_of
        The day.

    Returns
    -------
    pandas.Series of list
        On the index of the stretches; see `answering`.
    """
    held = in_force(own.frame("assignments", as_of), as_of)
    held = held[(held["target_kind"] == "road_segment") & (held["tier"] == PRIMARY)]
    told = named(held, whole, as_of)
    by_road: dict[str, list[Holding]] = {}
    columns = (told[name].to_numpy(dtype=object) for name in ("target", *Holding._fields))
    for road, *row in zip(*columns, strict=True):
        by_road.setdefault(road, []).append(Holding(*row))
    asked = zip(stretches["road_id"], stretches["from_m"], stretches["to_m"], strict=True)
    pieces = [answering(by_road.get(road, []), first, last) for road, first, last in asked]
    return pd.Series(pieces, index=stretches.index, dtype=object)


def answering(held: Sequence[Holding], from_m: float, to_m: float) -> list[dict[str, Any]]:
    """
    Say who answers along a stretch of a road.

    Parameters
    ----------
    held
        Who holds what of the road.
    from_m, to_m
        The stretch.

    Returns
    -------
    list of dict
        Pieces in order, as long as may be, that cover the stretch on both sides: ``from_m``,
        ``to_m``, ``side``, ``unit_id``, ``unit_name``.
    """
    near = [one for one in held if one.from_m < to_m and one.to_m > from_m]
    inner = {float(at) for one in near for at in one[:2] if from_m < at < to_m}
    pieces: list[dict[str, Any]] = []
    for start, end in pairwise(sorted({float(from_m), float(to_m), *inner})):
        over = [one for one in near if one.from_m <= start and one.to_m >= end]
        pieces += [{"from_m": start, "to_m": end, **one} for one in _holders(over)]
    return _joined(pieces)


def _holders(over: Sequence[Holding]) -> Iterator[dict[str, Any]]:
    """Yield who holds a piece: once for both sides, or side by side, nobody among them."""
    by_side = {
        side: sorted({(str(one.unit_id), _text(one.unit_name)) for one in over if one.on(side)})
        for side in SIDES
        if side != "both"
    }
    sides = list(by_side)
    same = by_side[sides[0]] == by_side[sides[1]]
    for side, units in [("both", by_side[sides[0]])] if same else by_side.items():
        if not units:
            yield {"side": side, "unit_id": None, "unit_name": None}
        for unit_id, name in units:
            yield {"side": side, "unit_id": unit_id, "unit_name": name}


def _joined(pieces: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Join pieces that follow each other and say the same."""
    joined: list[dict[str, Any]] = []
    for piece in pieces:
        before = next(
            (
                one
                for one in joined
                if one["to_m"] == piece["from_m"]
                and all(one[name] == piece[name] for name in ANSWERS)
            ),
            None,
        )
        if before is None:
            joined.append(dict(piece))
        else:
            before["to_m"] = piece["to_m"]
    return joined


def _text(value: object) -> str | None:
    return None if pd.isna(value) else str(value)
