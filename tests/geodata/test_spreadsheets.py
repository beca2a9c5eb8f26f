"""Tables that people typed: CSV and Excel are read as they stand, or refused with the reason."""

from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from geodata import readers
from geodata.errors import ChoiceError, LimitError, UnreadableError, UnsupportedFormatError
from geodata.limits import DEFAULT
from geodata.parsers import delimited, excel
from geodata.parsers.parsed import Parsed
from gridmap.errors import InvalidError
from tests.geodata import hostile
from tests.geodata.hostile import row, sheet


def codes(parsed: Parsed) -> list[tuple[int, str, str]]:
    """Return row, column and code of every fault."""
    parsed.to_arrow(DEFAULT)
    return [(fault.row, fault.column, fault.code) for fault in parsed.faults]


# --- CSV -------------------------------------------------------------------------------------

TABLE = "单位编号,单位名称\n001,市林业局\n002,𠮷㐂局\n"


@pytest.mark.parametrize(
    "data",
    [
        TABLE.encode("utf-8"),
        TABLE.encode("utf-8-sig"),
        TABLE.encode("utf-16"),
        b"\xfe\xff" + TABLE.encode("utf-16-be"),
        TABLE.encode("gb18030"),
        TABLE.replace(",", "\t").encode("utf-16"),
        TABLE.replace(",", ";").encode(),
        TABLE.replace(",", "，").encode(),
        TABLE.replace("\n", "\r\n").encode(),
        TABLE.replace("\n", "\n\n").encode(),
    ],
)
def test_a_csv_reads_the_same_in_each_encoding_and_with_each_delimiter(
    tmp_path: Path, data: bytes
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    parsed = delimited.parse(path, {}, DEFAULT)
    assert parsed.columns == {"单位编号": ["001", "002"], "单位名称": ["市林业局", "𠮷㐂局"]}


def test_a_short_gbk_file_is_not_taken_for_another_language(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("名称\n联通\n".encode("gbk"))
    assert delimited.parse(path, {}, DEFAULT).columns == {"名称": ["联通"]}


def test_a_file_in_two_encodings_is_refused_with_line_and_byte(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("名称\n市林业局\n".encode() + "市教育局\n".encode("gb18030"))
    with pytest.raises(UnreadableError, match="Line 3, byte 20"):
        delimited.parse(path, {}, DEFAULT)


def test_quotes_hold_newlines_delimiters_and_quotes(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes('编号,名称\r\n1,"甲,\r\n""乙"""\r\n2,丙\r\n'.encode())
    parsed = delimited.parse(path, {}, DEFAULT)
    assert parsed.columns["名称"] == ['甲,\r\n"乙"', "丙"]
    assert parsed.rows == [2, 3]


def test_a_title_above_the_headings_is_passed_over_and_said(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("责任单位一览表,,\n填报：创城办,,\n编号,名称,电话\n1,甲,\n", "utf-8")
    parsed = delimited.parse(path, {}, DEFAULT)
    assert list(parsed.columns) == ["编号", "名称", "电话"]
    assert parsed.rows == [4]
    assert parsed.notes == ["Row 3 was taken as the headings."]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("编号,名称\n", "no row below"),
        ("1,2\n3,4\n", "No row of headings"),
        ('编号,名称\n1,"甲\n', "Line"),
    ],
)
def test_a_table_without_rows_or_headings_is_refused(
    tmp_path: Path, text: str, reason: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(UnreadableError, match=reason):
        delimited.parse(path, {}, DEFAULT)


def test_a_row_longer_than_the_headings_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("编号,名称\n1,甲,乙\n2,丙\n", "utf-8")
    assert codes(delimited.parse(path, {}, DEFAULT)) == [(2, "", "ragged")]


def test_well_known_text_becomes_geometry_without_losing_a_bit(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "code,geometry [EPSG:4490]\n"
        '1,"POLYGON ((122.53860000000001 52.9, 122.6 52.9, 122.6 53, 122.53860000000001 52.9))"\n'
        '2,"POLYGON ((0 0, 1 0, 1 1))"\n'
        "3,\n"
        '4,"GEOMETRYCOLLECTION (POINT (0 0))"\n'
        '5,"MULTIPOINT ((0 0), (1 1))"\n',
        "utf-8",
    )
    parsed = delimited.parse(path, {}, DEFAULT)
    assert parsed.geometry is not None
    assert parsed.crs == "EPSG:4490"
    assert parsed.geometry[0].exterior.coords[0] == (122.53860000000001, 52.9)
    assert parsed.geometry[4].geom_type == "MultiPoint"
    assert codes(parsed) == [(3, "geometry", "too-few-positions"), (5, "geometry", "geometry-type")]


# --- Excel -----------------------------------------------------------------------------------


def test_a_standard_sheet_of_a_city_with_127_merged_ranges_is_read(shared_data: Path) -> None:
    raw = readers.read(shared_data / "xlsx_cityguard/运城_事件_立案处置标准.xlsx")
    first = raw.frame.iloc[0]
    assert raw.frame.index[0] == 3
    assert first["大类名称"] == "市容环境"
    assert raw.frame["大类名称"].notna().all()
    assert raw.frame.loc[4, "小类名称"] == "私搭乱建"
    assert any("merged" in note for note in raw.notes)


def test_a_cell_means_what_excel_shows_or_is_a_fault(tmp_path: Path) -> None:
    styles = (
        f'<styleSheet xmlns="{hostile.MAIN}"><numFmts><numFmt numFmtId="176" '
        'formatCode="yyyy&quot;年&quot;m&quot;月&quot;"/></numFmts><cellXfs><xf numFmtId="0"/>'
        '<xf numFmtId="14"/><xf numFmtId="176"/><xf numFmtId="22"/></cellXfs></styleSheet>'
    )
    path = hostile.workbook(
        tmp_path / "a.xlsx",
        sheet(
            row(1, "甲", "乙", "丙", "丁", "戊"),
            row(2, 232701100001001.0, 0.1, "<c s='1'><v>46082</v></c>", 41010.0, "001"),
            row(
                3,
                "<c s='2'><v>46082.5</v></c>",
                "<c t='b'><v>1</v></c>",
                "<c><f>A1</f><v>7</v></c>",
                "_x000D_",
                "x",
            ),
            row(
                4,
                "<c><v>410102198001011230</v></c>",
                "<c t='e'><v>#N/A</v></c>",
                "<c><f>1+1</f></c>",
                "y",
                "z",
            ),
        ),
        **{"xl/styles.xml": styles},
    )
    parsed = excel.parse(path, {}, DEFAULT)
    assert [column[0] for column in parsed.columns.values()] == [
        "232701100001001",
        "0.1",
        "2026-03-01",
        "41010",
        "001",
    ]
    assert [column[1] for column in parsed.columns.values()] == [
        "2026-03-01 12:00:00",
        "true",
        "7",
        "\r",
        "x",
    ]
    assert codes(parsed) == [
        (4, "甲", "digits-lost"),
        (4, "乙", "error-cell"),
        (4, "丙", "formula"),
    ]
    assert "1 formulas were read as their last values." in parsed.notes


def test_the_1904_calendar_of_a_workbook_counts(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    book.active.append(["开始日期", "名称"])
    book.active.append([pd.Timestamp("2026-03-01").to_pydatetime(), "x"])
    book.save(path)
    assert excel.parse(path, {}, DEFAULT).columns["开始日期"] == ["2026-03-01"]


def test_merged_cells_are_filled_down_and_hidden_rows_are_counted(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for cells in (["单位", "网格"], ["市林业局", "一"], [None, "二"], ["市教育局", "三"]):
        book.active.append(cells)
    book.active.merge_cells("A2:A3")
    book.active.row_dimensions[4].hidden = True
    book.save(tmp_path / "a.xlsx")
    parsed = excel.parse(tmp_path / "a.xlsx", {}, DEFAULT)
    assert parsed.columns["单位"] == ["市林业局", "市林业局", "市教育局"]
    assert parsed.notes[:2] == [
        "1 cells merged with the one above were given its text.",
        "1 hidden rows were read too.",
    ]


def test_several_filled_sheets_ask_which_and_an_empty_one_does_not(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["编号", "名称"])
    book.active.append(["1", "甲"])
    book.create_sheet("Sheet2")
    book.save(tmp_path / "one.xlsx")
    assert excel.parse(tmp_path / "one.xlsx", {}, DEFAULT).rows == [2]
    book["Sheet2"].append(["编号", "名称"])
    book["Sheet2"].append(["2", "乙"])
    book.save(tmp_path / "two.xlsx")
    with pytest.raises(ChoiceError) as caught:
        readers.read(tmp_path / "two.xlsx")
    assert caught.value.choices == ("Sheet", "Sheet2")
    assert readers.read(tmp_path / "two.xlsx", sheet="Sheet2").frame["名称"].tolist() == ["乙"]


def test_headings_in_two_rows_are_asked_about(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for cells in (["单位", "联系", None], [None, "姓名", "电话"], ["甲", "王一", "1"]):
        book.active.append(cells)
    book.active.merge_cells("B1:C1")
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(UnreadableError, match="two rows"):
        excel.parse(tmp_path / "a.xlsx", {}, DEFAULT)
    told = excel.parse(tmp_path / "a.xlsx", {"header": 2}, DEFAULT)
    assert told.columns == {"姓名": ["王一"], "电话": ["1"]}


def test_blank_formatted_rows_and_a_cell_far_away_cost_nothing(tmp_path: Path) -> None:
    blank = "".join(f'<row r="{n}"><c r="A{n}" s="0"/></row>' for n in range(3, 20_000))
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    path = hostile.workbook(
        tmp_path / "a.xlsx", sheet(row(1, "甲", "乙"), row(2, "x", "y"), blank, far)
    )
    parsed = excel.parse(path, {}, DEFAULT)
    assert parsed.columns == {"甲": ["x", None], "乙": ["y", None]}
    assert (
        "1 cells stand under no heading and were left out; the first in row 1048576."
        in parsed.notes
    )


@pytest.mark.parametrize(
    ("member", "content", "reason"),
    [
        ("xl/vbaProject.bin", b"x", "macros or links"),
        ("xl/externalLinks/externalLink1.xml", b"x", "macros or links"),
        (
            "xl/worksheets/sheet1.xml",
            '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
            "DTD",
        ),
        ("xl/worksheets/sheet1.xml", "<worksheet><sheetData><row>".encode("utf-16"), "UTF-8"),
        ("xl/workbook.xml", "<workbook", "broken"),
    ],
    ids=["macros", "links", "entity", "utf-16", "broken"],
)
def test_a_workbook_that_runs_fetches_or_expands_is_refused(
    tmp_path: Path, member: str, content: bytes | str, reason: str
) -> None:
    path = hostile.workbook(tmp_path / "a.xlsx", sheet(row(1, "甲")), **{member: content})
    with pytest.raises(InvalidError, match=reason):
        excel.parse(path, {"sheet": "表一"}, DEFAULT)


def test_a_workbook_that_swells_is_refused_from_its_directory(tmp_path: Path) -> None:
    path = hostile.workbook(
        tmp_path / "a.xlsx", sheet(), **{"xl/sharedStrings.xml": " " * 30_000_000}
    )
    with pytest.raises(LimitError, match="too much"):
        excel.parse(path, {}, DEFAULT)


def test_an_old_or_locked_workbook_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    with pytest.raises(UnsupportedFormatError, match="password"):
        excel.parse(path, {}, DEFAULT)
