"""The form handed back with its faults marked; hostile workbooks are not."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from openpyxl.workbook import Workbook

from geodata.errors import LimitError, UnreadableError, UnsupportedFormatError
from geodata.forms.marking import marked
from geodata.forms.preview import FormContext
from geodata.forms.reading import read
from tests.geodata import hostile
from tests.geodata.forms.offices import BOOK, RELATIONS, found, relation, workbook, written
from tests.geodata.hostile import row, sheet

# --- The form handed back ---------------------------------------------------------------------


def test_what_is_wrong_is_marked_in_its_cell_and_listed_first(
    outside: FormContext, tmp_path: Path
) -> None:
    book = Workbook()
    book.active.title = "包保关系"
    for said in (
        ["单位名称", "网格名称", "备注"],
        ["市林叶局", "第4网格", "=1+1"],
        [None, "第九网格"],
    ):
        book.active.append(said)
    book.active.merge_cells("A2:A3")
    book.save(tmp_path / "a.xlsx")
    preview = read(tmp_path / "a.xlsx", outside)
    assert found(preview) == [
        ("包保关系!A2", "unknown-name"),
        ("包保关系!C2", "formula"),
        ("包保关系!B3", "unknown-name"),
    ]
    back = workbook(marked(tmp_path / "a.xlsx", preview.faults))
    assert back.sheetnames == ["需要改正", "包保关系"]
    tab = back["包保关系"]
    for cell in ("A2", "B3", "C2"):
        assert tab[cell].fill.start_color.rgb == "FFFFC7CE"
        assert tab[cell].comment is not None
    assert tab["B2"].comment is None
    assert "市林业局" in tab["A2"].comment.text  # the nearest
    assert (tab["C2"].value, tab["C2"].data_type) == ("=1+1", "s")
    assert tab["B2"].value == "第4网格"
    listed = [[one.value for one in line] for line in back["需要改正"].iter_rows(min_row=2)]
    assert [line[0] for line in listed] == preview.faults["cell"].tolist()
    assert back["需要改正"]["A2"].hyperlink.location == "'包保关系'!A2"


def test_a_form_that_was_mended_loses_its_marks_and_is_read(
    office: FormContext, tmp_path: Path
) -> None:
    path = written(
        tmp_path / "a.xlsx",
        包保关系=[
            RELATIONS,
            relation(单位名称="市教育局", 网格名称="第四网格"),
            relation(单位名称="市教育局", 网格名称="第九网格"),
        ],
    )
    path.write_bytes(marked(path, read(path, office).faults))
    book = openpyxl.load_workbook(path)
    book["包保关系"]["C3"].value = "第4网格"
    book.save(path)
    preview = read(path, office)
    assert found(preview) == [("包保关系!C4", "unknown-name")]
    back = workbook(marked(path, preview.faults))
    assert back.sheetnames == ["需要改正", "包保关系"]
    assert back["包保关系"]["C3"].comment is None
    assert back["包保关系"]["C3"].fill.fill_type is None
    assert back["包保关系"]["C4"].comment.text.count("\n") == 0


def test_a_formula_comes_back_as_its_value(office: FormContext, tmp_path: Path) -> None:
    rows = sheet(
        row(1, "单位名称", "网格名称"),
        row(2, "市教育局", '<c t="str"><f>VLOOKUP(1,A1:B2,1)</f><v>第4网格</v></c>'),
        row(3, "市叫育局", '<c t="str"><f>cmd|"/c calc"!A0</f><v>第7网格</v></c>'),
    )
    path = hostile.workbook(tmp_path / "a.xlsx", rows, **BOOK)
    preview = read(path, office)
    assert found(preview) == [("包保关系!A3", "unknown-name")]
    back = workbook(marked(path, preview.faults))["包保关系"]
    assert (back["B3"].value, back["B3"].data_type) == ("第7网格", "s")
    assert back["B3"].comment.text == '=cmd|"/c calc"!A0'
    path.write_bytes(marked(path, preview.faults))
    assert found(read(path, office)) == found(preview)


# --- Hostile workbooks ------------------------------------------------------------------------

HOSTILE: list[tuple[Callable[[Path], Path], type[Exception]]] = [
    (lambda path: member(path, "xl/vbaProject.bin", "x"), UnsupportedFormatError),
    (lambda path: member(path, "xl/externalLinks/externalLink1.xml", "x"), UnsupportedFormatError),
    (lambda path: member(path, "xl/worksheets/sheet1.xml", ENTITY), UnreadableError),
    (lambda path: member(path, "xl/workbook.xml", "<workbook"), UnreadableError),
    (lambda path: member(path, "xl/sharedStrings.xml", " " * 30_000_000), LimitError),
    (lambda path: put(path, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), UnsupportedFormatError),
    (lambda path: put(path, b"PK\x03\x04 cut short"), UnreadableError),
    (lambda path: put(path.with_suffix(".xls"), b"x"), UnsupportedFormatError),
    (lambda path: path, UnreadableError),
]
ENTITY = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'


def member(path: Path, name: str, content: str) -> Path:
    return hostile.workbook(path, sheet(row(1, "单位名称")), **{**BOOK, name: content})


def put(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("make", "error"),
    HOSTILE,
    ids=["macros", "links", "entity", "broken", "bomb", "old", "cut", "ending", "absent"],
)
def test_a_hostile_workbook_is_neither_read_nor_handed_back(
    outside: FormContext, tmp_path: Path, make: Callable[[Path], Path], error: type[Exception]
) -> None:
    path = make(tmp_path / "a.xlsx")
    with pytest.raises(error):
        read(path, outside)
    faults = pd.DataFrame(columns=["sheet", "cell", "column", "value", "message", "nearest"])
    with pytest.raises(error):
        marked(path, faults)


def test_an_entity_in_a_member_that_reading_never_opens_is_not_handed_back(
    outside: FormContext, tmp_path: Path
) -> None:
    path = written(
        tmp_path / "a.xlsx", 包保关系=[RELATIONS, relation(单位名称="甲", 网格名称="第4网格")]
    )
    preview = read(path, outside)
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("xl/comments/comment1.xml", ENTITY)
    with pytest.raises(UnreadableError, match="DTD"):
        marked(path, preview.faults)


def test_a_workbook_of_other_sheets_is_no_form(outside: FormContext, tmp_path: Path) -> None:
    path = written(tmp_path / "a.xlsx", 考勤=[["姓名", "天数"], ["王一", 3]])
    with pytest.raises(UnreadableError, match="责任单位"):
        read(path, outside)
