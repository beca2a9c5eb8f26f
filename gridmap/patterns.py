"""
The seventeen patterns of a spot over time, as a table.

Eight of hot spots, the same eight of cold ones, and none, as in Esri's Emerging Hot Spot Analysis.
A spot that is hot for the first time is new, or consecutive, whether or not it was a cold spot
before; what it is in the last step goes before what it was.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridmap.errors import InvalidError

MOSTLY = 0.9  # of the steps
NONE = "none"


class Rule(NamedTuple):
    """
    One row of the table, of hot spots; of cold ones with everything reversed.

    Parameters
    ----------
    name
        Of the pattern.
    final
        Whether the last step is hot.
    mostly
        Whether at least 90 % of the steps are.
    run
        How the hot steps lie that end with the last one: ``one``, the last alone is hot; ``only``,
        two or more in a row and none before; ``again``, there were others before; None for any.
    crossed
        Whether any step is cold; None for either.
    trend
        Of the scores: +1 rising, −1 falling, 0 neither; None for any.
    """

    name: str
    final: bool
    mostly: bool
    run: str | None = None
    crossed: bool | None = None
    trend: int | None = None


RULES = (
    Rule("new", final=True, mostly=False, run="one"),
    Rule("consecutive", final=True, mostly=False, run="only"),
    Rule("intensifying", final=True, mostly=True, trend=1),
    Rule("persistent", final=True, mostly=True, trend=0),
    Rule("diminishing", final=True, mostly=True, trend=-1),
    Rule("sporadic", final=True, mostly=False, run="again", crossed=False),
    Rule("oscillating", final=True, mostly=False, run="again", crossed=True),
    Rule("historical", final=False, mostly=True),
)
SIDES = {"hot": 1, "cold": -1}
PATTERNS = (*(f"{rule.name}_{side}" for side in SIDES for rule in RULES), NONE)


def patterns(sides: pd.DataFrame, trend: pd.Series) -> pd.Series:
    """
    Name the pattern of each area.

    Parameters
    ----------
    sides
        One row an area, one column a step in the order of time: +1 where it was a hot spot then,
        −1 where it was a cold spot, 0 where it was neither.
    trend
        On the same index: +1 where the scores rise over the steps beyond doubt, −1 where they
        fall, 0 where neither is certain.

    Returns
    -------
    pandas.Series of str, on that index, named ``pattern``
        One of `PATTERNS`.

    Raises
    ------
    InvalidError
        If there is no step, a value is another, or the indexes differ.

    Examples
    --------
    Hot in the last step alone; hot before, on and off; cold all along, and ever colder.

    >>> sides = pd.DataFrame([[0, 0, 0, 1], [1, 0, 0, 1], [-1, -1, -1, -1]])
    >>> patterns(sides, pd.Series([0, 0, -1])).tolist()
    ['new_hot', 'sporadic_hot', 'intensifying_cold']
    """
    found, rising = sides.to_numpy(), trend.to_numpy()
    known = np.isin(found, (-1, 0, 1)).all() and np.isin(rising, (-1, 0, 1)).all()
    if not (found.shape[1] and known and sides.index.equals(trend.index)):
        msg = "Patterns need +1, 0 or -1 for each area, in one step or more, and for its trend."
        raise InvalidError(msg)
    named = np.full(len(found), NONE, dtype=object)
    traits = {side: _traits(found * sign, rising * sign) for side, sign in SIDES.items()}
    for rule in reversed(RULES):  # of the past first, so that the last step has the last word
        for side, of in traits.items():
            named[_holds(rule, of)] = f"{rule.name}_{side}"
    return pd.Series(named, index=sides.index, dtype="str", name="pattern")


class _Traits(NamedTuple):
    final: NDArray[np.bool_]
    mostly: NDArray[np.bool_]
    run: NDArray[np.str_]
    crossed: NDArray[np.bool_]
    trend: NDArray[np.int8]


def _traits(sides: NDArray[np.int8], trend: NDArray[np.int8]) -> _Traits:
    hot = sides > 0
    total = hot.sum(axis=1)
    # steps from the end until the first that is not hot
    run = np.cumprod(hot[:, ::-1], axis=1).sum(axis=1)
    kind = np.select([total > run, run > 1], ["again", "only"], default="one")
    mostly = total >= np.ceil(MOSTLY * sides.shape[1] - 1e-9)
    crossed = np.asarray((sides < 0).any(axis=1))
    return _Traits(hot[:, -1], mostly, kind, crossed, trend)


def _holds(rule: Rule, traits: _Traits) -> NDArray[np.bool_]:
    held = np.ones(len(traits.final), dtype=bool)
    for wanted, found in zip(rule[1:], traits, strict=True):
        if wanted is not None:
            held &= found == wanted
    return held
