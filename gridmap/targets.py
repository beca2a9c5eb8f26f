"""Targets: what a unit can answer for, and how a register names it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field

import pandas as pd

from gridmap.errors import ConflictError, NotFoundError

TARGET = ["target_kind", "target", "from_m", "to_m", "side"]


@dataclass(frozen=True)
class Target:
    """
    What a unit can answer for.

    Parameters
    ----------
    target_kind
        grid, road_segment, inspection_point, compound or division.
    target
        Its key; of a road segment, the road's.
    from_m, to_m, side
        Of a road segment: metres from the road's start, and left, right or both.
    """

    target_kind: str
    target: str
    from_m: float | None = None
    to_m: float | None = None
    side: str | None = None


@dataclass(frozen=True)
class Known:
    """
    What the register knows; whatever is left out is not looked at.

    Parameters
    ----------
    units
        The layer ``units``; an inactive unit is refused.
    targets
        Target kind → keys.
    """

    units: pd.DataFrame | None = None
    targets: Mapping[str, pd.Index] = field(default_factory=dict)


ANYTHING = Known()


def target_label(row: Mapping[str, object]) -> str:
    """
    Name a target in one word: its key, and of a road segment its metres and side.

    Parameters
    ----------
    row
        The target's columns.
    """
    if row["target_kind"] != "road_segment":
        return str(row["target"])
    return f"{row['target']} {row['from_m']:g}-{row['to_m']:g} m {row['side']}"


def target_rows(targets: Collection[Target] | pd.DataFrame) -> pd.DataFrame:
    """
    Bring targets into one frame, each once.

    Parameters
    ----------
    targets
        `Target` objects, or a frame with their fields as columns.
    """
    if not isinstance(targets, pd.DataFrame):
        targets = pd.DataFrame([asdict(target) for target in targets], columns=TARGET)
    return targets.reindex(columns=TARGET).drop_duplicates(ignore_index=True)


def require_unit(unit_id: str, known: Known) -> None:
    """
    Refuse a unit that is unknown or no longer in use.

    Parameters
    ----------
    unit_id
        Its key.
    known
        What the register knows.

    Raises
    ------
    NotFoundError, ConflictError
        If there is no such unit; if it is not in use.
    """
    if known.units is None:
        return
    if unit_id not in known.units.index:
        msg = "There is no unit {unit_id}."
        raise NotFoundError(msg, unit_id=unit_id)
    if not known.units.loc[unit_id, "active"]:
        msg = "The unit {unit_id} is no longer in use."
        raise ConflictError(msg, unit_id=unit_id)


def require_targets(rows: pd.DataFrame, known: Known) -> None:
    """
    Refuse targets that are unknown.

    Parameters
    ----------
    rows
        The targets' columns.
    known
        What the register knows.

    Raises
    ------
    NotFoundError
        Naming all that are unknown of a kind.
    """
    for kind, keys in known.targets.items():
        asked = rows.loc[rows["target_kind"] == kind, "target"]
        if unknown := asked[~asked.isin(keys)].unique().tolist():
            msg = "There is no {kind} {target}."
            raise NotFoundError(msg, kind=kind, target=", ".join(unknown))
