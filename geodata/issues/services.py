"""Services: the categories in which anybody may report, by the codes under which programs ask."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from geodata.issues.setting import Setting
from gridmap import conditions

DIGITS = 10


@dataclass(frozen=True)
class Service:
    """
    A category of issues.

    Parameters
    ----------
    code
        As `code_of`.
    category, group
        What it is called, and the group it belongs to.
    conditions
        Its filing conditions in their order: id and words.
    """

    code: str
    category: str
    group: str
    conditions: tuple[tuple[str, str], ...]


def code_of(category: str) -> str:
    """
    Return the code of a category: the same in every edition, as long as its name is.

    Parameters
    ----------
    category
        Its name.

    Returns
    -------
    str
        The first ten hexadecimal digits of the SHA-256 of the name in UTF-8.

    Examples
    --------
    >>> code_of("暴露垃圾")
    '7831b4835b'
    """
    return hashlib.sha256(category.encode()).hexdigest()[:DIGITS]


def services(setting: Setting) -> dict[str, Service]:
    """
    Return the categories of the newest edition of filing conditions.

    Parameters
    ----------
    setting
        Of which city.

    Returns
    -------
    dict
        Code → service, in the order of the edition; empty if none has been published.
    """
    rows = conditions.latest(setting.whole.frame("conditions", date.max))
    found: dict[str, Service] = {}
    for category, part in rows.groupby("category", sort=False):
        words = part["condition"].fillna("")
        pairs = tuple(zip(part.index.astype(str), words.astype(str), strict=True))
        code = code_of(str(category))
        found[code] = Service(code, str(category), str(part["group"].iloc[0]), pairs)
    return found


def commonest(setting: Setting, n: int) -> list[str]:
    """
    Return the categories of which most issues were reported, the commonest first.

    Parameters
    ----------
    setting
        Of which city.
    n
        How many.
    """
    known = {service.category for service in services(setting).values()}
    heads = setting.store.tables.loop.heads
    counted = func.count().label("n")
    query = select(heads.c.category).group_by(heads.c.category)
    query = query.order_by(counted.desc(), heads.c.category)
    with setting.store.database.reading() as connection:
        found = [name for name in connection.execute(query).scalars() if name in known]
    return found[:n]
