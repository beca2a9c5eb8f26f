"""A city's sheet of filing conditions read, looked at, and published as an edition."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from geodata.database import connect
from geodata.errors import ChoiceError, UnsupportedFormatError
from geodata.standards import StandardOptions, StandardPreview, Standards
from geodata.store import Store
from gridmap import conditions
from gridmap.access import OPERATOR
from gridmap.clocks import LIMIT_KINDS
from gridmap.demo.standard import DEMO_EDITION, demo_conditions
from gridmap.errors import ConflictError, InvalidError, NotFoundError
from tests.registers import town_register

HEADINGS = ["大类名称", "小类名称", "立案条件", "结案条件", "处置时限", "处置单位", "主管部门"]
TODAY = date(2026, 6, 1)
FIRST = ["市容环境", "野广告", "墙面张贴", "清除", "1工作日", "社区", "城管局"]


@pytest.fixture
def standards(tmp_path: Path) -> Standards:
    return Standards(Store(connect(town_register(tmp_path))), OPERATOR, TODAY)


def sheet(
    path: Path, *rows: Sequence[object], name: str = "事件", headings: Sequence[str] = HEADINGS
) -> Path:
    """Write a workbook with a title, the headings in row 2 and rows from 3 on."""
    book = openpyxl.load_workbook(path) if path.exists() else openpyxl.Workbook()
    made = book.create_sheet(name) if path.exists() else book.worksheets[0]
    made.title = name
    for row in (["某市立案处置标准"], list(headings), *rows):
        made.append(list(row))
    book.save(path)
    return path


def told(found: StandardPreview) -> list[list[object]]:
    rows: list[list[object]] = found.faults[["row", "column", "value", "code"]].to_numpy().tolist()
    return rows


@pytest.fixture(scope="module")
def yuncheng(shared_data: Path) -> Path:
    return shared_data / "xlsx_cityguard" / "运城_事件_立案处置标准.xlsx"


def test_the_sheet_of_yuncheng_has_144_conditions_in_98_categories(
    standards: Standards, yuncheng: Path
) -> None:
    found = standards.preview(yuncheng)
    assert told(found) == []
    assert found.counts == {"conditions": 144, "categories": 98, "groups": 6, "refused": 0}
    rows = found.conditions
    assert set(rows["sort"]) == {"event"}
    # counted by hand: 大类, its 小类 and its conditions
    by_group = rows.groupby("group", sort=False)["category"].agg(["nunique", "size"])
    assert by_group.to_dict("index") == {
        "市容环境": {"nunique": 47, "size": 69},
        "宣传广告": {"nunique": 8, "size": 11},
        "施工管理": {"nunique": 16, "size": 21},
        "街面秩序": {"nunique": 13, "size": 22},
        "突发事件": {"nunique": 10, "size": 14},
        "其他事件": {"nunique": 4, "size": 7},
    }


def test_merged_cells_of_yuncheng_are_filled_down_and_limits_read_as_they_are_meant(
    standards: Standards, yuncheng: Path
) -> None:
    rows = standards.preview(yuncheng).conditions
    assert rows.loc[4].to_dict() == {
        "sort": "event",
        "group_code": "01",
        "group": "市容环境",
        "category_code": "01",
        "category": "私搭乱建",
        "condition": "违法搭建的建筑物、构筑物和其他设施（已形成）",
        "closing": "按法定程序实施、拆除",
        "handler": "所属街办、属地行政执法部门",
        "supervisor": "盐湖区政府、经济开发区",
        "limit_amount": 15.0,
        "limit_kind": "working_days",
        "position": 2,
    }
    # rows 51 to 55 are one category of two conditions, which take two and three rows
    shown = ["category", "limit_amount", "limit_kind"]
    assert rows.loc[51:56, shown].reset_index().to_numpy().tolist() == [
        [51, "违法农村自建房", 2.0, "calendar_days"],  # 2紧急工作日
        [53, "违法农村自建房", 15.0, "working_days"],  # 15天
        [56, "违章开设道口", 3.0, "working_days"],
    ]
    assert rows.loc[[13, 16, 29, 129], shown].to_numpy().tolist() == [
        ["沿街晾挂", 2.0, "urgent_hours"],  # 2紧急工作时
        ["暴露生活垃圾", 4.0, "working_hours"],  # 4小时, in a sheet that says 紧急 where it is
        ["非法伐树", 1.0, "urgent_hours"],  # 1紧急工作时制止
        ["供水管道破裂", 1.0, "urgent_hours"],  # a line break after it
    ]
    assert rows["limit_kind"].value_counts().to_dict() == {
        "working_days": 86,
        "working_hours": 32,
        "urgent_hours": 22,
        "calendar_days": 4,
    }


def test_codes_of_the_sheet_are_kept_as_they_are_written(
    standards: Standards, yuncheng: Path
) -> None:
    kept = standards.publish(standards.preview(yuncheng).conditions, "2019")
    codes = kept[["group_code", "group"]].drop_duplicates().to_numpy().tolist()
    names = ["市容环境", "宣传广告", "施工管理", "街面秩序", "突发事件", "其他事件"]
    assert codes == [[f"0{n}", name] for n, name in enumerate(names, 1)]
    # read off the sheet, whose numbers leap and count down from 99
    shown = kept.drop_duplicates("category").set_index("category")["category_code"]
    some = ["暴露生活垃圾", "违法农村自建房", "违规牌匾标识", "农贸市场管理", "非法采砂、取土"]
    assert shown[some].to_list() == ["10", "98", "06", "98", "96"]
    assert standards.conditions("2019").equals(kept)


def test_whoever_publishes_may_say_that_hours_and_days_run_day_and_night(
    standards: Standards, yuncheng: Path
) -> None:
    found = standards.preview(yuncheng, StandardOptions(bare="calendar"))
    assert set(found.conditions["limit_kind"]) == {"urgent_hours", "calendar_days"}
    assert any("118 limits" in remark and "day and night" in remark for remark in found.notes)


def test_what_was_not_used_and_how_bare_limits_were_read_is_said(
    standards: Standards, yuncheng: Path
) -> None:
    said = [str(remark) for remark in standards.preview(yuncheng).notes]
    assert "Row 2 was taken as the headings." in said
    assert not any("not used" in one for one in said)
    assert "118 limits say 小时 or 天 and no more; they were read as working time." in said


def test_in_a_sheet_that_calls_nothing_urgent_hours_and_days_are_what_they_say(
    standards: Standards, tmp_path: Path
) -> None:
    path = sheet(
        tmp_path / "a.xlsx", [*FIRST[:4], "4小时"], ["市容环境", "违建", "已成", "", "3天"]
    )
    assert standards.preview(path).conditions["limit_kind"].to_list() == [
        "urgent_hours",
        "calendar_days",
    ]


def test_every_fault_is_listed_with_row_column_and_value(
    standards: Standards, tmp_path: Path
) -> None:
    path = sheet(
        tmp_path / "a.xlsx",
        FIRST,
        ["市容环境", "野广告", "灯杆张贴", "清除", "立即"],
        ["市容环境", None, "地面喷涂", "清除", "1-2天"],
        ["市容环境", "违建", "已形成", "拆除", None],
        ["市容环境", "违建", "", "拆除", "3天"],
        FIRST,
    )
    found = standards.preview(path)
    assert told(found) == [
        [4, "limit_amount", "立即", "limit"],
        [5, "limit_amount", "1-2天", "limit"],
        [5, "category", "", "missing"],
        [6, "limit_amount", "", "missing"],
        [7, "condition", "", "missing"],
        [8, "condition", "墙面张贴", "duplicate"],
    ]
    assert found.refused
    assert list(found.conditions.index) == [3]
    assert found.counts["refused"] == 5


@pytest.mark.parametrize("lacking", ["大类名称", "小类名称", "立案条件", "处置时限"])
def test_a_column_that_is_missing_is_one_fault(
    standards: Standards, tmp_path: Path, lacking: str
) -> None:
    headings = [heading if heading != lacking else "备注" for heading in HEADINGS]
    other = [*FIRST[:2], "灯杆张贴", *FIRST[3:]]
    found = standards.preview(sheet(tmp_path / "a.xlsx", FIRST, other, headings=headings))
    assert found.faults["code"].to_list() == ["missing-column"]
    assert found.counts == {"conditions": 0, "categories": 0, "groups": 0, "refused": 1}


def test_components_and_events_are_told_by_sheet_by_column_or_by_the_reader(
    standards: Standards, tmp_path: Path
) -> None:
    nameless = sheet(tmp_path / "a.xlsx", FIRST, name="标准")
    assert standards.preview(nameless).faults["column"].to_list() == ["sort"]
    told = standards.preview(nameless, StandardOptions(sort="component"))
    assert told.conditions["sort"].to_list() == ["component"]
    headings = [*HEADINGS[:6], "部件或事件"]
    rows = [*FIRST[:6], "部件"], ["市容环境", "违建", "已形成", "拆除", "3天", "社区", "事件"]
    columned = standards.preview(sheet(tmp_path / "b.xlsx", *rows, headings=headings, name="标准"))
    assert columned.conditions["sort"].to_list() == ["component", "event"]


def test_components_and_events_of_one_workbook_make_one_edition(
    standards: Standards, tmp_path: Path
) -> None:
    cover = ["公用设施", "井盖破损", "缺失", "补装", "2紧急工作时"]
    path = sheet(tmp_path / "a.xlsx", cover, name="部件标准")
    sheet(path, FIRST, ["市容环境", "违建", "已形成", "拆除", "马上"], name="事件标准")
    sheet(path, ["x", "y", "z"], name="说明")
    found = standards.preview(path)
    assert found.conditions[["sort", "position"]].reset_index().to_numpy().tolist() == [
        ["部件标准!3", "component", 1],
        ["事件标准!3", "event", 2],
    ]
    assert told(found) == [["事件标准!4", "limit_amount", "马上", "limit"]]
    one = standards.preview(path, StandardOptions(sheet="部件标准"))
    assert list(one.conditions.index) == [3]


def test_a_workbook_whose_sheets_say_neither_leaves_the_choice(
    standards: Standards, tmp_path: Path
) -> None:
    path = sheet(tmp_path / "a.xlsx", FIRST, name="一")
    sheet(path, FIRST, name="二")
    with pytest.raises(ChoiceError) as caught:
        standards.preview(path)
    assert caught.value.choices == ("一", "二")


def test_what_is_no_table_is_refused(standards: Standards, tmp_path: Path) -> None:
    (tmp_path / "a.xls").write_bytes(b"\xd0\xcf\x11\xe0")
    with pytest.raises(UnsupportedFormatError, match="save it as"):
        standards.preview(tmp_path / "a.xls")


def test_an_edition_is_kept_whole_with_one_entry_of_the_journal(
    standards: Standards, tmp_path: Path
) -> None:
    path = sheet(tmp_path / "a.xlsx", FIRST, ["市容环境", "违建", "已形成", "拆除", "15天"])
    kept = standards.publish(standards.preview(path).conditions, "2026-07", "a.xlsx")
    assert list(kept.index) == ["2026-07-0001", "2026-07-0002"]
    found = standards.conditions()
    assert found["category"].to_list() == ["野广告", "违建"]
    assert conditions.limit_of(found.iloc[1]).amount == 15
    assert set(found["limit_kind"]) <= set(LIMIT_KINDS)
    last = standards._store.journal.last()
    assert last is not None
    assert (last.action, last.who) == ("standard", "command line")
    assert last.what["edition"] == "2026-07"
    assert last.what["source"] == "a.xlsx"
    assert last.what["changes"]["conditions"]["added"] == 2


def test_earlier_editions_stay_as_they_were(standards: Standards, tmp_path: Path) -> None:
    assert standards.conditions().empty
    standards.publish(demo_conditions(), DEMO_EDITION)
    found = standards.preview(sheet(tmp_path / "a.xlsx", FIRST))
    standards.publish(found.conditions, "2026")
    assert standards.editions() == ["2026", DEMO_EDITION]
    assert len(standards.conditions()) == 1
    assert standards.conditions(DEMO_EDITION).equals(demo_conditions())
    with pytest.raises(NotFoundError, match=f"2026, {DEMO_EDITION}"):
        standards.conditions("2019")


def test_an_edition_is_never_published_twice(standards: Standards, tmp_path: Path) -> None:
    rows = standards.preview(sheet(tmp_path / "a.xlsx", FIRST)).conditions
    standards.publish(rows, "2026")
    before = standards._store.versions()
    with pytest.raises(ConflictError, match="2026"):
        standards.publish(rows.assign(limit_amount=9.0), " 2026 ")
    assert standards._store.versions() == before
    assert standards.conditions()["limit_amount"].to_list() == [1.0]


def test_nothing_and_what_has_faults_is_not_published(standards: Standards, tmp_path: Path) -> None:
    rows = standards.preview(sheet(tmp_path / "a.xlsx", FIRST)).conditions
    with pytest.raises(InvalidError, match="no condition"):
        standards.publish(rows.iloc[:0], "2026")
    with pytest.raises(InvalidError) as caught:
        standards.publish(rows.assign(limit_amount=0.0, sort="街"), "2026")
    assert caught.value.faults is not None
    assert caught.value.faults["column"].to_list() == ["sort", "limit_amount"]
    with pytest.raises(InvalidError, match="begins with its date"):
        standards.publish(rows, "新版")
    assert standards.editions() == []
