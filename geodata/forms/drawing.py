"""
A sheet of the form, drawn: title, remark, grouped headings, drop-downs, rows, and how it prints.

Each text is typed as text and marked with Excel's own quote sign, so that neither opening nor
editing runs it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import cast

from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.header_footer import HeaderFooterItem, _HeaderFooterPart
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from geodata.forms import design, words
from geodata.forms.design import Field, FormSheet
from geodata.forms.words import Language
from geodata.parsers.values import has_lost_digits

TITLE, REMARK, GROUPS, HEADINGS, FIRST = 1, 2, 3, 4, 5
SPARE = 1000  # rows below the last with drop-downs
LAST = 1_048_576
EARLIEST = "1901"  # Excel's calendar starts in 1900, with a leap day that never was
DAY, TEXT = "yyyy-mm-dd", "@"
CJK_WIDTH, LINE = 2, 16
THIN = Side(style="thin", color="FFBFBFBF")
FRAME = Border(left=THIN, right=THIN, top=THIN, bottom=THIN)
SHADE = PatternFill("solid", start_color="FFDDEBF7")
GREY = Font(color="FF808080", italic=True)
_ESCAPE = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
ONLY_LISTED: dict[Language, str] = {
    "zh_CN": "请从下拉列表中选择。",
    "en": "Choose from the list.",
}


def draw(
    book: Workbook,
    form: FormSheet,
    rows: Sequence[Mapping[str, str]],
    language: Language,
    lists: Mapping[str, str],
    *,
    without: Collection[str] = (),
) -> None:
    """
    Add a sheet to a workbook.

    Parameters
    ----------
    book
        The workbook.
    form
        Which sheet of the form.
    rows
        Field → text, one a row; numbered if they do not number themselves.
    language
        Of title and headings.
    lists
        Name of a drop-down → range of its entries.
    without
        Fields that are left out.
    """
    fields = [field for field in form.fields if field.name not in without]
    sheet = book.create_sheet(form.title[language == "en"])
    _head(sheet, form, fields, language)
    for number, row in enumerate(rows, start=1):
        _row(sheet, FIRST + number - 1, fields, {design.SERIAL: str(number), **row})
    _columns(sheet, fields, lists, FIRST + len(rows) + SPARE, language)
    _page(sheet, fields)


def text_cell(cell: Cell, text: str) -> None:
    """
    Write a text that nothing runs.

    Parameters
    ----------
    cell
        Where.
    text
        What; a character that XML cannot hold is written by its number.
    """
    cell.value = _ESCAPE.sub(lambda at: f"_x{ord(at[0]):04X}_", text)
    cell.data_type = "s"
    cell.quotePrefix = True


def _at(sheet: Worksheet, row: int, column: int) -> Cell:
    return cast("Cell", sheet.cell(row, column))  # nothing is merged before it is written


def _head(sheet: Worksheet, form: FormSheet, fields: list[Field], language: Language) -> None:
    english, last = language == "en", len(fields)
    for row, said, size in ((TITLE, form.title, 16), (REMARK, form.remark, 10)):
        sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=last)
        cell = _at(sheet, row, 1)
        text_cell(cell, said[english])
        cell.font = Font(size=size, bold=row == TITLE)
        centred = "center" if row == TITLE else "left"
        cell.alignment = Alignment(centred, "center", wrap_text=True)
    width = sum(field.width for field in fields)
    lines = -(-len(form.remark[english]) * (1 if english else CJK_WIDTH) // width)
    sheet.row_dimensions[TITLE].height = 30
    sheet.row_dimensions[REMARK].height = LINE * lines + 6
    for place, field in enumerate(fields, start=1):
        for row in (GROUPS, HEADINGS):
            cell = _at(sheet, row, place)
            cell.fill, cell.border, cell.font = SHADE, FRAME, Font(bold=True)
            cell.alignment = Alignment("center", "center", wrap_text=True)
        named = GROUPS if field.group is None else HEADINGS
        text_cell(_at(sheet, named, place), field.heading[english])
    for left, right in _groups(fields):
        group = fields[left].group
        if group is None:
            sheet.merge_cells(None, GROUPS, left + 1, HEADINGS, right + 1)
            continue
        text_cell(_at(sheet, GROUPS, left + 1), group[english])
        if right > left:
            sheet.merge_cells(None, GROUPS, left + 1, GROUPS, right + 1)


def _groups(fields: list[Field]) -> list[tuple[int, int]]:
    """Return first and last place of each run of fields with one group; others are alone."""
    runs: list[tuple[int, int]] = []
    for place, field in enumerate(fields):
        joins = place and field.group is not None and fields[place - 1].group == field.group
        if joins:
            runs[-1] = (runs[-1][0], place)
        else:
            runs.append((place, place))
    return runs


def _row(sheet: Worksheet, number: int, fields: list[Field], row: Mapping[str, str]) -> None:
    is_example = row[design.SERIAL] in words.EXAMPLE
    for place, field in enumerate(fields, start=1):
        cell = _at(sheet, number, place)
        cell.border = FRAME
        if said := row.get(field.name):
            _write(cell, field, said)
        if is_example:
            cell.font = GREY


def _write(cell: Cell, field: Field, said: str) -> None:
    if field.kind == "date" and said >= EARLIEST:
        cell.value = datetime.fromisoformat(said)
        cell.number_format = DAY
    elif field.kind == "number" and not has_lost_digits(float(said)):
        cell.value = said  # openpyxl would cut a float to 16 digits
        cell.data_type = "n"
    elif field.name == design.SERIAL and said.isdigit():
        cell.value = int(said)
    else:
        text_cell(cell, said)


def _columns(
    sheet: Worksheet, fields: list[Field], lists: Mapping[str, str], last: int, language: Language
) -> None:
    for place, field in enumerate(fields, start=1):
        letter = get_column_letter(place)
        column = sheet.column_dimensions[letter]
        column.width = max(field.width, CJK_WIDTH * len(field.heading[language == "en"]) // 1)
        column.number_format = {"date": DAY, "number": "General"}.get(field.kind, TEXT)
        if field.options not in lists:
            continue
        rule = DataValidation(
            "list", formula1=lists[field.options], allow_blank=True, showErrorMessage=field.strict
        )
        rule.error = ONLY_LISTED[language]
        rule.add(f"{letter}{FIRST}:{letter}{min(last, LAST)}")
        sheet.add_data_validation(rule)


def _page(sheet: Worksheet, fields: list[Field]) -> None:
    sheet.freeze_panes = f"D{FIRST}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9  # A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = f"{GROUPS}:{HEADINGS}"
    sheet.print_options.horizontalCentered = True
    sheet.oddFooter = HeaderFooterItem(center=_HeaderFooterPart("&P / &N"))
    sheet.auto_filter.ref = (
        f"A{HEADINGS}:{get_column_letter(len(fields))}{max(sheet.max_row, FIRST)}"
    )
