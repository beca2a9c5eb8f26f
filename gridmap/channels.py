"""Channels in groups: whether a citizen, an inspection or the unit's own patrol reported."""

from __future__ import annotations

import pandas as pd

from gridmap.errors import NotFoundError

GROUPS: dict[str, tuple[str, ...]] = {
    "citizens": ("hotline", "citizen_app", "open311"),
    "inspection": (
        "guidance_team",
        "spot_check",
        "periodic",
        "any_time",
        "mutual",
        "undercover",
    ),
    "patrol": ("unit_patrol",),
}


def in_group(channel: pd.Series, group: str) -> pd.Series:
    """
    Tell which issues came through the channels of a group.

    Parameters
    ----------
    channel
        Channel of each issue; NA is in no group.
    group
        One of `GROUPS`.

    Returns
    -------
    pandas.Series of bool, on the index of `channel`

    Raises
    ------
    NotFoundError
        If there is no such group.

    Examples
    --------
    >>> in_group(pd.Series(["hotline", "periodic", None]), "citizens").tolist()
    [True, False, False]
    """
    if group not in GROUPS:
        msg = "There is no group of channels {group}; there are {groups}."
        raise NotFoundError(msg, group=group, groups=", ".join(GROUPS))
    return channel.isin(GROUPS[group]).astype(bool)
