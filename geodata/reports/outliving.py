"""Answers that outlive the process: found on disk where another has worked them out."""

from __future__ import annotations

from collections.abc import Callable

from geodata.kept import key_of
from geodata.workspace import GROUND, Workspace
from gridmap.hotspots import HotSpots

WORKED_OUT_FROM = (*GROUND, "issues", "roads", "inspection_points")
RESTS_ON = (*WORKED_OUT_FROM, "patrols")


def outliving(workspace: Workspace, work: Callable[[], HotSpots], *of: object) -> HotSpots:
    """
    Return hot spots that another process has worked out, or work them out for the next.

    Parameters
    ----------
    workspace
        The register, or the part of it that may be seen.
    work
        How to work them out.
    *of
        What they depend on besides the layers; each tells itself wholly by `repr`.

    Raises
    ------
    TooLittleDataError
        If a map would show noise; that is kept, too.
    """
    if workspace.kept is None:
        return work()
    return workspace.kept.once(lambda: key_of(workspace.store, RESTS_ON, *of), work)


def is_kept(workspace: Workspace, *of: object) -> bool:
    """Say whether `outliving` would find the answer on disk."""
    kept = workspace.kept
    return kept is not None and kept.holds(key_of(workspace.store, RESTS_ON, *of))
