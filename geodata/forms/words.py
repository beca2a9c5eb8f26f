"""The words of the form: what it says for the values of the register, and what offices write."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Literal, TypeAlias

Language: TypeAlias = Literal["zh_CN", "en"]
Words: TypeAlias = tuple[str, str]  # in Chinese, in English

EXAMPLE: Words = ("例", "e.g.")
TO_MEND: Words = ("需要改正", "To mend")
DATUMS = {"CGCS2000": "EPSG:4490", "WGS84": "EPSG:4326", "GCJ-02": "gcj02", "BD-09": "bd09"}
# What the form says for a value, in the order of the drop-down, and what else offices write.
WORDS: dict[str, dict[str, Words]] = {
    "tier": {
        "patch_leader": ("包片领导", "Patch leader"),
        "lead": ("牵头单位", "Lead"),
        "responsible": ("责任单位", "Responsible"),
        "assisting": ("协助单位", "Assisting"),
        "grid_worker": ("网格员", "Grid worker"),
    },
    "side": {"left": ("左侧", "Left"), "right": ("右侧", "Right"), "both": ("双侧", "Both")},
    "status": {"reached": ("达标", "Reached"), "not_reached": ("未达标", "Not reached")},
    "active": {"true": ("是", "Yes"), "false": ("否", "No")},
}
ALSO_SAID: dict[str, dict[str, str]] = {
    "side": {"左": "left", "右": "right", "两侧": "both", "两边": "both", "双": "both"},
    "tier": {
        "包保领导": "patch_leader",
        "牵头": "lead",
        "责任": "responsible",
        "协助": "assisting",
    },
    "status": {"已达标": "reached", "不达标": "not_reached"},
    "active": {"在用": "true", "停用": "false"},
}


def plain(text: str) -> str:
    """
    Return a text without what typing adds: width, case, spaces, a star, remarks in brackets.

    Parameters
    ----------
    text
        A heading or a sheet's title.

    Examples
    --------
    >>> plain("＊单位　名称（必填）"), plain("起点 (米)")
    ('单位名称', '起点')
    """
    return re.sub(r"\(.*?\)|[\s*:]", "", unicodedata.normalize("NFKC", text).lower())


def said(name: str, value: str, language: Language) -> str:
    """
    Return what the form says for a value of the register.

    Parameters
    ----------
    name
        The column.
    value
        As the register has it.
    language
        Of the form.
    """
    words = WORDS.get(name, {}).get(value)
    return value if words is None else words[language == "en"]


def meant(name: str, text: str) -> str:
    """
    Return what the register calls what a form says; anything else stays as it is.

    Parameters
    ----------
    name
        The column.
    text
        As the form has it.

    Examples
    --------
    >>> meant("side", "两 侧"), meant("side", "Both"), meant("side", "南侧")
    ('both', 'both', '南侧')
    """
    return _meanings(name).get(plain(text), text)


@cache
def _meanings(name: str) -> dict[str, str]:
    said = {plain(word): value for value, words in WORDS.get(name, {}).items() for word in words}
    return said | {plain(word): value for word, value in ALSO_SAID.get(name, {}).items()}
