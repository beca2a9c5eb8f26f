"""A form handed back: the same workbook, with what is wrong in the cells where it is wrong."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from geodata import sandbox
from geodata.forms import words
from geodata.forms.tables import require_workbook
from geodata.forms.words import Language
from geodata.limits import DEFAULT, Limits

HEADINGS: dict[Language, list[str]] = {
    "zh_CN": ["单元格", "栏目", "内容", "问题"],
    "en": ["Cell", "Column", "Value", "What is wrong"],
}
NEAREST: dict[Language, str] = {"zh_CN": "相近：", "en": "Near: "}


def marked(
    path: Path,
    faults: pd.DataFrame,
    *,
    language: Language = "zh_CN",
    limits: Limits = DEFAULT,
) -> bytes:
    """
    Mark faults in the cells of a form.

    Parameters
    ----------
    path
        The workbook, as it was read.
    faults
        Of its preview; messages may have been translated.
    language
        Of the sheet that lists them.
    limits
        What the child that opens the workbook is held to.

    Returns
    -------
    bytes
        The workbook, with faulty cells filled, a comment in each, and all of them listed on a
        first sheet. Formulas come back as their last values, with the formula in a comment.

    Raises
    ------
    UnsupportedFormatError, UnreadableError, LimitError
        As for reading it.
    """
    require_workbook(path)
    listed = []
    for fault in faults.fillna("").astype("str").to_dict("records"):
        near = f" {NEAREST[language]}{fault['nearest']}" if fault.get("nearest") else ""
        reference = fault["cell"].rpartition("!")[2]
        listed.append(
            [fault["sheet"], reference, fault["column"], fault["value"], fault["message"] + near]
        )
    options = {
        "faults": listed,
        "title": words.TO_MEND[language == "en"],
        "headings": HEADINGS[language],
    }
    answer = sandbox.run("form-marks", path, options, limits)
    done: bytes = answer.table.column("workbook")[0].as_py()
    return done
