"""A standard of filing conditions in Excel, under the headings of the offices' own sheets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from geodata import workbook
from geodata.issues.sheet import KIND_WORDS
from geodata.standards import SORTS
from geodata.workbook import Kind

TITLE = "立案条件"
TEXTS = {
    "大类代码": "group_code",
    "大类名称": "group",
    "小类代码": "category_code",
    "小类名称": "category",
    "处置单位": "handler",
    "主管部门": "supervisor",
    "立案条件": "condition",
    "结案条件": "closing",
}
"""Heading → column; `geodata.standards.HEADINGS` reads them all."""


def standard_sheet(conditions: pd.DataFrame) -> bytes:
    """
    Return conditions as an Excel workbook, which can be read and published again.

    Parameters
    ----------
    conditions
        Rows of the book ``conditions``, in their order.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "conditions.xlsx"
        workbook.save(conditions, path, TITLE, list(_columns(conditions)))
        return path.read_bytes()


def _columns(conditions: pd.DataFrame) -> Iterator[tuple[str, list[str | None], Kind]]:
    words = {sort: word for word, sort in reversed(SORTS.items())}
    yield "部件或事件", _texts(conditions["sort"].map(words)), "text"
    for heading, name in TEXTS.items():
        yield heading, _texts(conditions[name]), "text"
    limits = zip(conditions["limit_amount"], conditions["limit_kind"], strict=True)
    yield "处置时限", [f"{amount:g}{KIND_WORDS[kind]}" for amount, kind in limits], "text"
    yield "依据", _texts(conditions["basis"]), "text"


def _texts(values: pd.Series) -> list[str | None]:
    return [None if pd.isna(value) else str(value) for value in values]
