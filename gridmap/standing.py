"""Standing: which issues count in maps and figures of what there is, and which never do."""

from __future__ import annotations

import pandas as pd

SET_ASIDE = ("refused", "merged")
"""States that count nowhere: not filed, and counted as the issue it was merged into."""


def set_aside(states: pd.Series) -> pd.Series:
    """
    Tell which issues count nowhere: neither in hot spots, nor in trends, heat or recurrence.

    Parameters
    ----------
    states
        State of each issue; NA, of a register that keeps no states, counts.

    Returns
    -------
    pandas.Series of bool, on the index of `states`

    Examples
    --------
    >>> set_aside(pd.Series(["filed", "refused", "merged", None])).tolist()
    [False, True, True, False]
    """
    return states.isin(SET_ASIDE).astype(bool)
