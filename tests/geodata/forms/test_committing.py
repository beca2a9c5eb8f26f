"""A form is brought in whole, in one entry of the journal, or not at all."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from geodata.errors import StaleError
from geodata.forms.committing import commit, context_of
from geodata.forms.parties import key_of
from geodata.forms.reading import read
from geodata.store import Store
from gridmap import assignments
from gridmap.errors import InvalidError
from tests.geodata.forms.offices import (
    GRIDS,
    LEADERS,
    MARCH,
    MAY,
    POINTS,
    RELATIONS,
    UNITS,
    ZONE,
    Rows,
    brought,
    entries,
    held_by,
    relation,
    written,
)


def test_a_fault_in_one_sheet_keeps_all_others_out(store: Store, tmp_path: Path) -> None:
    path = written(
        tmp_path / "a.xlsx",
        责任单位=[UNITS, [1, None, "市新局", 12, None, None]],
        包保关系=[RELATIONS, relation(单位名称="市新局", 网格名称="第1网格")],
    )
    with pytest.raises(InvalidError) as refused:
        brought(store, path)
    assert refused.value.faults["cell"].tolist() == ["包保关系!C3"]
    assert "市新局" not in set(store.read("units")["name"])
    assert entries(store) == 1


def test_units_points_and_assignments_are_one_entry_of_the_journal(
    store: Store, tmp_path: Path
) -> None:
    path = written(
        tmp_path / "a.xlsx",
        责任单位=[UNITS, [1, None, "市新局", 12, None, None]],
        包保领导=[LEADERS, ["张三", "副市长", "北山社区", None]],
        包保关系=[
            [*RELATIONS, "点位"],
            [*relation(单位名称="市新局", 网格名称="第4网格"), "新市场"],
        ],
        点位=[POINTS, [None, "新市场", "market", 122.53, 52.97, "CGCS2000", None]],
    )
    counts = brought(store, path)
    assert {layer: told["added"] for layer, told in counts.items()} == {
        "units": 2,
        "inspection_points": 1,
        "assignments": 3,
    }
    assert entries(store) == 2
    entry = store.journal.entry(2)
    assert (entry.who, entry.what["source"]) == ("王一", "a.xlsx")
    assert set(entry.what["changes"]) == {"units", "inspection_points", "assignments"}
    assert held_by(store, GRIDS[3], MARCH) == [key_of("U", "市新局")]
    assert store.verify() is None


def test_a_form_is_stale_once_a_layer_that_it_speaks_of_has_moved(
    store: Store, tmp_path: Path
) -> None:
    path = written(
        tmp_path / "a.xlsx", 包保关系=[RELATIONS, relation(单位名称="市教育局", 网格名称="第4网格")]
    )
    preview = read(path, context_of(store, MARCH, time_zone=ZONE))
    brought(store, path)
    with pytest.raises(StaleError):
        commit(store, "王一", preview, MARCH, "a.xlsx")
    assert held_by(store, GRIDS[3], MARCH) == ["u2"]


def test_what_a_form_lacks_is_listed_and_ends_only_when_asked(store: Store, tmp_path: Path) -> None:
    path = written(
        tmp_path / "a.xlsx", 包保关系=[RELATIONS, relation(单位名称="市林业局", 网格名称="第1网格")]
    )
    preview = read(path, context_of(store, MARCH, time_zone=ZONE))
    # the leader's community is on another sheet, which this form does not have
    assert sorted(preview.missing.index) == ["a2", "a3", "a4", "a5", "a6", "a8", "a9"]
    assert brought(store, path)["assignments"]["retired"] == 0
    assert entries(store) == 1
    assert brought(store, path, retire_missing=True)["assignments"]["retired"] == 7
    assert held_by(store, GRIDS[1], date(2026, 2, 28)) == ["u1"]
    assert held_by(store, GRIDS[1], MARCH) == []
    left = assignments.in_force(store.read("assignments"), MARCH)
    assert sorted(left.index) == ["a1", "a7"]


def test_what_began_that_very_day_cannot_end_on_it(store: Store, tmp_path: Path) -> None:
    path = written(
        tmp_path / "a.xlsx", 包保关系=[RELATIONS, relation(单位名称="市林业局", 网格名称="第1网格")]
    )
    context = context_of(store, date(2026, 1, 1), time_zone=ZONE, retire_missing=True)
    preview = read(path, context)
    assert set(preview.faults["code"]) == {"interval"}
    assert sorted(preview.faults["value"]) == ["a2", "a3", "a4", "a5", "a6", "a8", "a9"]


def test_a_grid_changes_hands_in_one_form(store: Store, tmp_path: Path) -> None:
    headings = ["单位名称", "网格名称", "开始日期", "结束日期"]
    rows: Rows = [
        ["市林业局", "第1网格", None, "2026-05-01"],
        ["市教育局", "第1网格", "2026-05-01"],
    ]
    path = written(tmp_path / "a.xlsx", 包保关系=[headings, *rows])
    counts = brought(store, path)["assignments"]
    assert (counts["added"], counts["changed"], counts["unchanged"]) == (1, 1, 0)
    assert held_by(store, GRIDS[0], date(2026, 4, 30)) == ["u1"]
    assert held_by(store, GRIDS[0], MAY) == ["u2"]
    before = entries(store)
    assert brought(store, path)["assignments"]["unchanged"] == 2
    assert entries(store) == before
