"""
Filing conditions (立案条件): when a problem becomes an issue, and how long its mending may take.

A category has one condition or several, and the limit belongs to the condition: a manhole cover
that is missing is due in hours, one that has sunk in days. Conditions come in editions (标准版本);
an edition is published whole and never changed, so that an issue keeps the limit it was filed
under. Editions begin with the date that they are known by and are ordered as text.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal, TypeAlias

import pandas as pd

from gridmap import layers
from gridmap.clocks import Limit
from gridmap.errors import InvalidError
from gridmap.layers import FAULT_COLUMNS
from gridmap.working_time import MOST, TOO_MUCH

CONTRACT = layers.BOOKS["conditions"]
ONCE = ["edition", "group", "category", "condition"]
SEARCHED = ("group", "category", "condition")
NUMERALS = dict(zip("一二两三四五六七八九", (1, 2, 2, 3, 4, 5, 6, 7, 8, 9), strict=True))
Bare: TypeAlias = Literal["calendar", "working"]
BARE: dict[Bare, dict[str, str]] = {
    "calendar": {"hours": "urgent_hours", "days": "calendar_days"},
    "working": {"hours": "working_hours", "days": "working_days"},
}
"""What 小时 and 天 are where a sheet does not say whether nights and holidays count."""

# Unit as written → (kind, or "hours" and "days" where it is bare; how many of it). Longer ones
# stand before those that they begin or end with.
UNITS: dict[str, tuple[str, float]] = {
    "紧急工作小时": ("urgent_hours", 1),
    "紧急工作时": ("urgent_hours", 1),
    "紧急工作日": ("calendar_days", 1),
    "紧急工作天": ("calendar_days", 1),
    "工作小时": ("working_hours", 1),
    "工作时": ("working_hours", 1),
    "工作日": ("working_days", 1),
    "工作天": ("working_days", 1),
    "自然日": ("calendar_days", 1),
    "日历日": ("calendar_days", 1),
    "自然天": ("calendar_days", 1),
    "分钟": ("hours", 1 / 60),
    "小时": ("hours", 1),
    "星期": ("calendar_days", 7),
    "周": ("calendar_days", 7),
    "天": ("days", 1),
    "日": ("days", 1),
}
NO_LIMIT = "This is no limit; write a number and a unit, such as 2紧急工作时 or 5工作日."
SEVERAL = "There is more than one limit here; make a condition of each."
_DIGITS = f"半十{''.join(NUMERALS)}"
# neither the end of a longer number nor the day of a date
_LIMIT = re.compile(rf"(?<![\d.月-])(\d+(?:\.\d+)?|[{_DIGITS}]+)\s*个?\s*({'|'.join(UNITS)})")
_RANGE = re.compile(rf"[\d{_DIGITS}]\s*[-~—–至到、/]\s*[\d{_DIGITS}]")
_EDITION = re.compile(r"[12]\d{3}(-\d\d){0,2}( \S.*)?")


def parse_limit(text: str, bare: Bare = "calendar") -> Limit:
    """
    Read a limit as offices write it.

    Parameters
    ----------
    text
        A number and a unit, with or without words around them. Digits may be Chinese, up to 99.
    bare
        What 小时 and 天 are, which do not say: ``calendar``, they run day and night;
        ``working``, they run while the city works.

    Returns
    -------
    Limit
        紧急工作时 as ``urgent_hours``, 紧急工作日 as ``calendar_days``: what is urgent does not
        wait for the morning.

    Raises
    ------
    InvalidError
        If there is no number with a unit, there are two of them, or the number cannot be.

    Examples
    --------
    >>> parse_limit("1紧急工作时制止"), parse_limit("五个工作日内")
    (Limit(amount=1.0, kind='urgent_hours'), Limit(amount=5.0, kind='working_days'))
    """
    plain = unicodedata.normalize("NFKC", text)
    found = _LIMIT.findall(plain)
    if len(found) > 1 or _RANGE.search(plain):
        raise InvalidError(SEVERAL)
    if not found:
        raise InvalidError(NO_LIMIT)
    number, unit = found[0]
    kind, many = UNITS[unit]
    return Limit(_number(number) * many, BARE[bare].get(kind, kind))


def is_bare(text: str) -> bool:
    """
    Say whether a limit leaves open if nights and holidays count.

    Parameters
    ----------
    text
        As for `parse_limit`.

    Examples
    --------
    >>> is_bare("4小时"), is_bare("4工作时"), is_bare("3天"), is_bare("3自然日")
    (True, False, True, False)
    """
    found = _LIMIT.search(unicodedata.normalize("NFKC", text))
    return found is not None and UNITS[found[2]][0] in ("hours", "days")


def require_edition(edition: str) -> str:
    """
    Return the name of an edition without needless spaces.

    Parameters
    ----------
    edition
        A year, a month or a day, and after a space whatever tells it apart: ``2026``,
        ``2026-07``, ``2026-07 修订``.

    Raises
    ------
    InvalidError
        If it does not begin so.
    """
    name = " ".join(edition.split())
    if not _EDITION.fullmatch(name):
        msg = "An edition begins with its date, such as 2026, 2026-07 or 2026-07 修订: {edition}."
        raise InvalidError(msg, edition=edition)
    return name


def numbered(conditions: pd.DataFrame, edition: str) -> pd.DataFrame:
    """
    Give rows of an edition their keys.

    Parameters
    ----------
    conditions
        Columns of the book; ``position`` tells their order.
    edition
        As `require_edition` returns it.

    Returns
    -------
    pandas.DataFrame
        With ``edition``, and ``condition_id`` of edition and position as a column.
    """
    keys = [f"{edition}-{position:04d}" for position in conditions["position"]]
    return conditions.reset_index(drop=True).assign(condition_id=keys, edition=edition)


def check(conditions: pd.DataFrame) -> pd.DataFrame:
    """
    List every fault of conditions.

    Parameters
    ----------
    conditions
        Columns of the book, the key as a column; the index says where each row came from.

    Returns
    -------
    pandas.DataFrame
        As from `gridmap.layers.check`, in the order of the rows; also limits that cannot be, and
        conditions that stand twice in a category.
    """
    told = conditions.reindex(columns=[*ONCE, "limit_amount"])
    amount = pd.to_numeric(told["limit_amount"], errors="coerce")
    wrong = amount.notna() & ~((amount > 0) & (amount <= MOST))
    once = told[ONCE]
    twice = once.duplicated(keep="first") & once.notna().all(axis=1)
    listed = [
        layers.check(conditions, CONTRACT),
        _faults(amount[wrong], "limit_amount", "limit", TOO_MUCH),
        _faults(
            told["condition"][twice],
            "condition",
            "duplicate",
            "This condition stands in the category already.",
        ),
    ]
    faults = pd.concat([part for part in listed if len(part)] or listed[:1], ignore_index=True)
    place = {row: n for n, row in enumerate(conditions.index)}
    return faults.sort_values("row", key=lambda rows: rows.map(place), kind="stable")


def latest(conditions: pd.DataFrame) -> pd.DataFrame:
    """
    Select the newest edition.

    Parameters
    ----------
    conditions
        The book, indexed by ``condition_id``.

    Returns
    -------
    pandas.DataFrame
        Its rows, in their order; none if there are none.
    """
    if conditions.empty:
        return conditions
    newest = conditions[conditions["edition"] == conditions["edition"].max()]
    return newest.sort_values("position", kind="stable")


def of_category(conditions: pd.DataFrame, category: str) -> pd.DataFrame:
    """
    Select the conditions of a category.

    Parameters
    ----------
    conditions
        Those of one edition, as from `latest`.
    category
        Its name.
    """
    return conditions[conditions["category"] == category].sort_values("position", kind="stable")


def default_of(conditions: pd.DataFrame, category: str) -> pd.Series | None:
    """
    Return the condition under which a category is filed if nobody chooses.

    Parameters
    ----------
    conditions, category
        As for `of_category`.

    Returns
    -------
    pandas.Series or None
        The row, named by its ``condition_id``, where the category has one condition only; None
        where there is none, or somebody has to choose.
    """
    found = of_category(conditions, category)
    return found.iloc[0] if len(found) == 1 else None


def limit_of(condition: pd.Series) -> Limit:
    """Return the limit of a condition, a row of the book."""
    return Limit(float(condition["limit_amount"]), str(condition["limit_kind"]))


def search(conditions: pd.DataFrame, text: str) -> pd.DataFrame:
    """
    Select the conditions in which every word of a text occurs.

    Parameters
    ----------
    conditions
        Rows of the book.
    text
        Words with spaces between them, looked for in group, category and condition.
    """
    whole = conditions[SEARCHED[0]].astype("str")
    for column in SEARCHED[1:]:
        whole = whole.str.cat(conditions[column].astype("str"), sep="\n")
    found = pd.Series(data=True, index=conditions.index)
    for word in text.lower().split():
        found &= whole.str.lower().str.contains(word, regex=False)
    return conditions[found]


def _number(text: str) -> float:
    if text == "半":
        return 0.5
    if text[0].isdigit():
        return float(text)
    tens, ten, ones = text.rpartition("十")
    digits = [NUMERALS.get(part) for part in (tens, ones) if part]
    if None in digits:
        raise InvalidError(NO_LIMIT)
    if not ten:
        return float(NUMERALS[ones])
    return float(NUMERALS.get(tens, 1) * 10 + NUMERALS.get(ones, 0))


def _faults(values: pd.Series, column: str, code: str, message: str) -> pd.DataFrame:
    rows = [(row, column, code, str(value)[:80], message) for row, value in values.items()]
    return pd.DataFrame(rows, columns=FAULT_COLUMNS)
