"""What is wrong in a form is told at its cell."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from geodata.forms.preview import FormContext
from geodata.forms.reading import read
from tests.geodata import hostile
from tests.geodata.forms.offices import BOOK, POINTS, RELATIONS, UNITS, found, relation, written
from tests.geodata.hostile import row, sheet
from tests.town import town


@pytest.mark.parametrize(
    ("said", "cell", "code"),
    [
        ({"单位名称": "市林叶局", "网格名称": "第4网格"}, "A3", "unknown-name"),
        ({"网格名称": "第4网格"}, "A3", "missing"),
        ({"单位名称": "市林业局"}, "C3", "missing"),
        ({"单位名称": "市林业局", "网格名称": "第四网格"}, "C3", "unknown-name"),
        ({"单位名称": "市林业局", "网格名称": "第4网格、第九网格"}, "C3", "unknown-name"),
        ({"单位名称": "市林业局", "网格名称": "第3网格"}, "C3", "already-assigned"),
        ({"单位名称": "市原建委", "网格名称": "第4网格"}, "A3", "inactive"),
        ({"单位名称": "市林业局", "网格名称": "第4网格", "层级": "帮忙"}, "B3", "choice"),
        ({"单位名称": "市林业局", "网格名称": "第4网格", "开始日期": "2026-02-30"}, "H3", "type"),
        ({"单位名称": "市林业局", "网格名称": "第4网格", "开始日期": 20260301}, "H3", "type"),
        ({"单位名称": "市教育局", "道路": "中华路"}, "E3", "segment"),
        ({"单位名称": "市教育局", "道路": "中华路", "起点": "二百", "终点": 300, "侧": "左侧"},
         "E3", "type"),
        ({"单位名称": "市教育局", "道路": "中华路", "起点": 200, "终点": 300, "侧": "南侧"},
         "G3", "choice"),
        ({"单位名称": "市教育局", "道路": "中华路", "起点": 100, "终点": 200, "侧": "双侧"},
         "D3", "already-assigned"),
        ({"单位名称": "市教育局", "网格名称": "第4网格", "起点": 100}, "E3", "segment"),
        ({"单位名称": "市林业局", "网格名称": "第1网格", "依据": "令"}, "I3", "written-once"),
    ],
)  # fmt: skip
def test_each_fault_of_who_holds_what_is_at_its_cell(
    office: FormContext, tmp_path: Path, said: dict[str, object], cell: str, code: str
) -> None:
    told = town("EPSG:4490")
    held = told["assignments"].assign(source="创城办〔2025〕7号")
    context = replace(office, frames={**told, "assignments": held})
    path = written(tmp_path / "a.xlsx", 包保关系=[RELATIONS, relation(**said)])
    preview = read(path, context)
    assert found(preview) == [(f"包保关系!{cell}", code)]
    assert preview.refused


@pytest.mark.parametrize(
    ("said", "cell", "code"),
    [
        ([1, None, None, 5, "王", "1"], "C3", "missing"),
        ([1, "u9", "市新局", "五人", "王", "1"], "D3", "type"),
        ([1, "u9", "市新局", -3, "王", "1"], "D3", "negative"),
        ([1, "u9", "市新局", 2.5, "王", "1"], "D3", "type"),
        ([1, "u9", "市新局", 5, "王", "1.38E+10"], "F3", "digits-lost"),
    ],
)
def test_each_fault_of_a_unit_is_at_its_cell(
    office: FormContext, tmp_path: Path, said: list[object], cell: str, code: str
) -> None:
    preview = read(written(tmp_path / "a.xlsx", 责任单位=[UNITS, said]), office)
    assert found(preview) == [(f"责任单位!{cell}", code)]


@pytest.mark.parametrize(
    ("said", "cell", "code"),
    [
        (["p9", "新市场", "market", 122.5, 52.9, None, None], "F3", "crs"),
        (["p9", "新市场", "market", 122.5, 52.9, "火星文", None], "F3", "crs"),
        (["p9", "新市场", "market", 122.5, None, "WGS84", None], "E3", "coordinates"),
        (["p9", "新市场", "market", "122°30′", 52.9, "WGS84", None], "D3", "type"),
        (["p9", "新市场", "market", 52.9, 122.5, "WGS84", None], "D3", "swapped"),
        (["p9", "新市场", "market", None, None, None, None], "D3", "missing"),
        (["p9", "新市场", None, 122.5, 52.9, "WGS84", None], "C3", "missing"),
        (["p9", "新市场", "market", 122.5, 52.9, "WGS84", "还行"], "G3", "choice"),
    ],
)
def test_each_fault_of_a_point_is_at_its_cell(
    office: FormContext, tmp_path: Path, said: list[object], cell: str, code: str
) -> None:
    preview = read(written(tmp_path / "a.xlsx", 点位=[POINTS, said]), office)
    assert found(preview) == [(f"点位!{cell}", code)]


def test_two_rows_that_say_the_same_are_both_shown(office: FormContext, tmp_path: Path) -> None:
    same = relation(单位名称="市教育局", 网格名称="第4网格")
    preview = read(written(tmp_path / "a.xlsx", 包保关系=[RELATIONS, same, same]), office)
    assert found(preview) == [("包保关系!C3", "duplicate"), ("包保关系!C4", "duplicate")]


def test_a_column_without_which_nothing_can_be_read_is_named(
    office: FormContext, tmp_path: Path
) -> None:
    path = written(tmp_path / "a.xlsx", 包保关系=[["网格名称", "备注"], ["第4网格", "x"]])
    preview = read(path, office)
    assert found(preview) == [("包保关系!A2", "missing-column")]
    assert preview.faults["value"].tolist() == ["单位编号 / 单位名称"]


def test_an_error_in_a_cell_and_a_formula_without_a_value_are_at_their_cells(
    office: FormContext, tmp_path: Path
) -> None:
    rows = sheet(
        row(1, "单位名称", "网格名称", "备注", "序号"),
        row(2, "市教育局", "第4网格", "<c t='e'><v>#N/A</v></c>"),
        row(3, "市教育局", "第7网格", "<c><f>1+1</f></c>", "<c t='e'><v>#REF!</v></c>"),
    )
    path = hostile.workbook(tmp_path / "a.xlsx", rows, **BOOK)
    preview = read(path, office)
    assert found(preview) == [
        ("包保关系!C2", "error-cell"),
        ("包保关系!C3", "formula"),
        ("包保关系!D3", "error-cell"),
    ]
