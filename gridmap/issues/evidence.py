"""Evidence: whether photos show that an issue was set right, and where they were taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

Verdict: TypeAlias = Literal["near", "placeless", "unplaced", "far", "none"]


@dataclass(frozen=True)
class Shot:
    """
    A photo as evidence.

    Parameters
    ----------
    photo_id
        Which.
    kind
        ``before``, ``after``, ``near``, ``far`` or ``other``.
    distance_m
        From where it was taken to the place of the issue; None if either is unknown.
    """

    photo_id: str
    kind: str
    distance_m: float | None


def judge(shots: Sequence[Shot], near_m: float, *, placed: bool) -> tuple[Verdict, float | None]:
    """
    Judge the photos taken after an issue was set right.

    Parameters
    ----------
    shots
        All photos of the issue.
    near_m
        How far from the place they may have been taken, in metres.
    placed
        Whether the issue has a place.

    Returns
    -------
    verdict, distance_m
        ``near`` with the least distance, if a photo was taken near enough; ``placeless`` if the
        issue has no place to be near to; ``unplaced`` if it is not known where any photo was
        taken; ``far`` with the least distance; ``none`` if there is no photo.

    Examples
    --------
    >>> judge([Shot("a", "before", 3.0), Shot("b", "after", 140.0)], 100.0, placed=True)
    ('far', 140.0)
    """
    after = [shot for shot in shots if shot.kind == "after"]
    if not after:
        return "none", None
    if not placed:
        return "placeless", None
    known = [shot.distance_m for shot in after if shot.distance_m is not None]
    if not known:
        return "unplaced", None
    least = min(known)
    return ("near" if least <= near_m else "far"), least
