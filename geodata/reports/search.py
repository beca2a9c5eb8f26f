"""Finding a thing by its name, its code, or the first letters of its pinyin."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from geodata.workspace import Workspace
from gridmap import layers

SEARCHED = (
    "districts",
    "subdistricts",
    "communities",
    "grids",
    "units",
    "compounds",
    "inspection_points",
    "roads",
)
COLUMNS = ["layer", "code", "name", "where"]
# what a match is worth, the best first: where in the text the words stand
RANKS = ("code", "name starts", "name has", "initials", "pinyin")


def index(workspace: Workspace, as_of: date, names: Sequence[str] = SEARCHED) -> pd.DataFrame:
    """
    Return everything that has a name, with the forms under which people type it.

    Parameters
    ----------
    workspace, as_of
        The register and the day.
    names
        Of which layers.

    Returns
    -------
    pandas.DataFrame
        ``layer``, ``code``, ``name``, and ``folded`` (name and short name), ``pinyin`` and
        ``initials``, all in lower case.
    """
    from pypinyin import Style, lazy_pinyin  # noqa: PLC0415 - its dictionary is large

    parts = [_part(workspace, name, as_of) for name in names]
    table = pd.concat(parts, ignore_index=True)
    words = table["folded"].tolist()
    spoken = ["".join(lazy_pinyin(word)) for word in words]
    initials = ["".join(lazy_pinyin(word, style=Style.FIRST_LETTER)) for word in words]
    return table.assign(
        pinyin=pd.Series(spoken, dtype="str"), initials=pd.Series(initials, dtype="str")
    )


def search(workspace: Workspace, text: str, limit: int, as_of: date) -> pd.DataFrame:
    """
    Find what a person means by a few letters.

    Parameters
    ----------
    workspace, as_of
        The register and the day.
    text
        Part of a name, the beginning of a code, pinyin, or its initials.
    limit
        Rows at most.

    Returns
    -------
    pandas.DataFrame
        ``layer``, ``code``, ``name``, ``where`` (the divisions above), best match first.
    """
    wanted = folded(text)
    if not wanted:
        return pd.DataFrame(columns=COLUMNS, dtype="str")
    table: pd.DataFrame = workspace.once("search", SEARCHED, as_of, lambda: index(workspace, as_of))
    matches = [
        table["code"].str.lower().str.startswith(wanted),
        table["folded"].str.startswith(wanted),
        table["folded"].str.contains(wanted, regex=False),
        table["initials"].str.contains(wanted, regex=False),
        table["pinyin"].str.contains(wanted, regex=False),
    ]
    rank = np.select([match.to_numpy(dtype=bool) for match in matches], range(len(RANKS)), -1)
    order = np.lexsort((table["name"].str.len(), rank))
    best = table.iloc[order[rank[order] >= 0][:limit]]
    return best.assign(where=_where(best, workspace, as_of))[COLUMNS].reset_index(drop=True)


def folded(text: str) -> str:
    """Return a text as it is compared: full-width and half-width alike, no case, no spaces."""
    return "".join(unicodedata.normalize("NFKC", str(text)).lower().split())


def _part(workspace: Workspace, name: str, as_of: date) -> pd.DataFrame:
    frame = workspace.frame(name, as_of)
    names = frame["name"].fillna(pd.Series(frame.index, index=frame.index))
    typed = names
    if "short_name" in frame:
        typed = names + " " + frame["short_name"].fillna("")
    return pd.DataFrame(
        {
            "layer": name,
            "code": frame.index,
            "name": names.to_numpy(),
            "parent": frame["parent"].to_numpy() if "parent" in frame else None,
            "folded": [folded(word) for word in typed],
        },
        index=range(len(frame)),
        dtype="str",
    )


def _where(best: pd.DataFrame, workspace: Workspace, as_of: date) -> list[str]:
    above: dict[str, tuple[str, str]] = {}
    for level in layers.LEVELS[:-1]:
        frame = workspace.frame(layers.LAYER_OF_LEVEL[level], as_of)
        above |= dict(
            zip(frame.index, zip(frame["name"], frame["parent"], strict=True), strict=True)
        )

    def climb(code: str, steps: int = len(layers.LEVELS)) -> list[str]:
        if code not in above or steps == 0:
            return []
        name, parent = above[code]
        return [*climb(parent, steps - 1), name]

    return [" / ".join(climb(parent)) for parent in best["parent"]]
