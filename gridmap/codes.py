"""
The digits of division and grid codes.

A code grows by two or three digits a level: 6 for a district or county (GB/T 2260: province,
city, county, two digits each), 9 for a subdistrict, 12 for a community or village, 15 for a grid.
Statistical lists pad short codes with zeros: ``232701100000`` is a subdistrict, not a community.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from gridmap.errors import CodeError
from gridmap.layers import FAULT_COLUMNS, LEVELS

DIGITS = {"district": 6, "subdistrict": 9, "community": 12, "grid": 15}
PARTS = (
    ("province", 0, 2),
    ("city", 2, 4),
    ("district", 4, 6),
    ("subdistrict", 6, 9),
    ("community", 9, 12),
    ("grid", 12, 15),
)
# GB/T 2260: first and last province of each region
REGIONS = ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 82))
PROVINCES = frozenset(str(n) for first, last in REGIONS for n in range(first, last + 1))
# First and last serial, the kind's stable name, and its Chinese one (GB/T 10114 and the
# statistical code of villages)
KINDS: dict[str, tuple[tuple[int, int, str, str], ...]] = {
    "subdistrict": (
        (1, 99, "subdistrict_office", "街道"),
        (100, 199, "town", "镇"),
        (200, 399, "township", "乡"),
        (400, 599, "like_township", "类似乡级单位"),
    ),
    "community": (
        (1, 199, "residents_committee", "居民委员会"),
        (200, 399, "villagers_committee", "村民委员会"),
        (400, 599, "like_village", "类似村级单位"),
    ),
}
LEVEL_NAMES = {
    "province": "省级",
    "city": "地级",
    "district": "县级",
    "subdistrict": "乡级",
    "community": "村级",
    "grid": "网格",
}


@dataclass(frozen=True)
class Explanation:
    """
    What the digits of a code say.

    Parameters
    ----------
    code
        The code without the zeros that padded it (a city or province keeps its six digits).
    level
        province, city, district, subdistrict, community or grid.
    parts
        Level name → its digits, from the province down to `level`.
    kind, chinese
        Stable name and Chinese name of the kind that the last part falls in, such as ``town`` and
        镇; the kind is empty where the level has none or the digits are reserved.
    padded
        Whether the code was longer than its level needs.
    """

    code: str
    level: str
    parts: dict[str, str]
    kind: str
    chinese: str
    padded: bool

    @property
    def words(self) -> str:
        """One line that a reader can check: ``23|27|01|100 乡级 镇``."""
        return f"{'|'.join(self.parts.values())} {LEVEL_NAMES[self.level]} {self.chinese}".strip()


def explain(code: str) -> Explanation:
    """
    Say what a code is.

    Parameters
    ----------
    code
        6, 9, 12 or 15 digits.

    Returns
    -------
    Explanation
        Level, digits by level, kind.

    Raises
    ------
    CodeError
        If the code is none.

    Examples
    --------
    >>> explain("232701100001").words
    '23|27|01|100|001 村级 居民委员会'
    >>> explain("232701100000").level
    'subdistrict'
    """
    _require_digits(code)
    bare = without_padding(code)
    level = next((level for level, digits in DIGITS.items() if len(bare) == digits), "district")
    if level == "district" and bare.endswith("00"):
        level = "province" if bare.endswith("0000") else "city"
    names = [name for name, _, _ in PARTS]
    parts = {name: bare[first:end] for name, first, end in PARTS[: names.index(level) + 1]}
    kind, chinese = _kind(level, parts[level])
    return Explanation(bare, level, parts, kind, chinese, padded=len(bare) < len(code))


def parent_of(code: str) -> str:
    """
    Derive the code one level up.

    Parameters
    ----------
    code
        6, 9, 12 or 15 digits, padded or not.

    Returns
    -------
    str
        The parent without padding. A grid whose community part is 000 belongs to its subdistrict;
        a district to its city (``232701`` to ``232700``), a city to its province (``230000``).

    Raises
    ------
    CodeError
        If the code is none, or that of a province.

    Examples
    --------
    >>> parent_of("232701100001003")
    '232701100001'
    """
    found = explain(code)
    if found.level == "province":
        msg = "The province {code} has no parent."
        raise CodeError(msg, code=code)
    if found.level == "city":
        return found.code[:2] + "0000"
    if found.level == "district":
        return found.code[:4] + "00"
    return without_padding(found.code[:-3])


def validate(codes: pd.Series, level: str) -> pd.DataFrame:
    """
    List every fault in a column of codes.

    Parameters
    ----------
    codes
        n codes; the index says where each came from.
    level
        district, subdistrict, community or grid.

    Returns
    -------
    pandas.DataFrame
        One row a fault, in the form of `gridmap.layers.check`: ``row``, ``column``, ``code``
        (length, digits, province, level, kind), ``value``, ``message``. A code has at most one
        fault, the first that stands in the way. Zeros that stand for a missing district
        (``441900``, a city without districts) are no fault.

    Raises
    ------
    CodeError
        If there is no such level.
    """
    if level not in DIGITS:
        msg = "There is no level {level}; there are {levels}."
        raise CodeError(msg, level=level, levels=", ".join(LEVELS))
    text = codes.astype("str").fillna("")
    digits, need = text.str.fullmatch("[0-9]+"), DIGITS[level]
    serial = pd.to_numeric(text.str[-3:].where(digits, "0")).astype(int)
    upper = text.str[-6:-3]
    tests = [
        (~digits, "digits", "A code has digits only."),
        (text.str.len() != need, "length", f"A {level} code has {need} digits."),
        (~text.str[:2].isin(PROVINCES), "province", "No province has these first two digits."),
    ]
    if level != "district":
        message = f"This is a shorter code padded with zeros, not a {level}."
        tests.append((serial == 0, "level", message))
    if level in KINDS:
        reserved = serial > KINDS[level][-1][1]
        tests.append((reserved, "kind", f"Serials of a {level} end at {KINDS[level][-1][1]}."))
    if level == "community":
        message = "A community needs a subdistrict; these digits are 000."
        tests.append((upper == "000", "level", message))
    return _first_faults(codes, text, tests)


def without_padding(code: str) -> str:
    """
    Strip the zeros that pad a code to a longer level.

    Parameters
    ----------
    code
        6 digits or more.
    """
    while len(code) > DIGITS["district"] and code.endswith("000"):
        code = code[:-3]
    return code


def _require_digits(code: str) -> None:
    if not (code.isascii() and code.isdigit()):
        msg = "The code {code} has characters that are no digits."
        raise CodeError(msg, code=code)
    if len(code) not in DIGITS.values():
        msg = "The code {code} has {length} digits; 6, 9, 12 or 15 are needed."
        raise CodeError(msg, code=code, length=len(code))


def _kind(level: str, part: str) -> tuple[str, str]:
    for first, last, kind, chinese in KINDS.get(level, ()):
        if first <= int(part) <= last:
            return kind, chinese
    return "", ""


def _first_faults(
    codes: pd.Series, text: pd.Series, tests: list[tuple[pd.Series, str, str]]
) -> pd.DataFrame:
    column = str(codes.name or "code")
    left = np.ones(len(codes), dtype=bool)
    found = []
    for broken, code, message in tests:
        hit = left & broken.to_numpy(dtype=bool)
        left &= ~hit
        place = np.flatnonzero(hit)
        found.append(
            pd.DataFrame(
                {
                    "row": codes.index[place],
                    "column": column,
                    "code": code,
                    "value": text.iloc[place].to_numpy(),
                    "message": message,
                },
                index=place,
                columns=FAULT_COLUMNS,
            )
        )
    return pd.concat(found).sort_index().reset_index(drop=True)
