"""The form as it is written: templates, and what was exported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import hypothesis.strategies as st
import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from pandas.testing import assert_frame_equal
from shapely import Point

from geodata.errors import UnreadableError
from geodata.forms import words
from geodata.forms.books import export, template
from geodata.forms.design import LISTS, SHEETS
from geodata.forms.preview import FormContext
from geodata.forms.reading import read
from gridmap import layers
from tests.geodata.forms.offices import MARCH, found, workbook


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_the_template_has_headings_an_example_that_is_not_read_and_prints(
    office: FormContext, tmp_path: Path, language: words.Language
) -> None:
    content = template(office.frames, language=language)
    book = workbook(content)
    assert book.sheetnames == [form.title[language == "en"] for form in SHEETS.values()] + [LISTS]
    assert book[LISTS].sheet_state == "hidden"
    for form in SHEETS.values():
        tab = book[form.title[language == "en"]]
        assert tab.freeze_panes == "D5"
        assert tab.print_title_rows == "$3:$4"
        assert tab["A5"].font.color.rgb == "FF808080"
        assert tab.page_setup.orientation == "landscape"
    (tmp_path / "t.xlsx").write_bytes(content)
    with pytest.raises(UnreadableError, match="no filled sheet"):
        read(tmp_path / "t.xlsx", office)


def test_the_drop_downs_offer_words_that_are_understood(office: FormContext) -> None:
    book = workbook(template(office.frames))
    offered: dict[str, list[str]] = {}
    for rule in book["包保关系"].data_validations.dataValidation:
        assert rule.type == "list"
        first = str(rule.sqref).split(":")[0]
        cell = book["包保关系"][first.rstrip("5") + "4"]
        top = book["包保关系"][first.rstrip("5") + "3"]
        area = rule.formula1.replace("$", "").partition("!")[2]
        heading = cell.value if cell.value is not None else top.value
        offered[heading] = [one[0].value for one in book[LISTS][area]]
    assert offered["层级"] == ["包片领导", "牵头单位", "责任单位", "协助单位", "网格员"]
    assert offered["道路侧"] == ["左侧", "右侧", "双侧"]
    assert offered["网格名称"] == [f"第{n}网格" for n in range(1, 8)]
    assert "市原建委" not in offered["单位名称"]  # no longer in use
    assert offered["单位名称"][:2] == ["市林业局", "市教育局"]
    assert offered["点位"] == ["中心市场", "第一小学"]


def test_ten_thousand_names_fit_a_drop_down(office: FormContext) -> None:
    grids = office.frames["grids"]
    many = gpd.GeoDataFrame(pd.concat([grids] * 1500), crs=grids.crs)
    many.index = pd.Index([f"{n:015d}" for n in range(len(many))], name="code")
    many["name"] = [f"第{n}网格" for n in range(len(many))]
    book = workbook(template({**office.frames, "grids": many}))
    (rule,) = [
        one
        for one in book["包保关系"].data_validations.dataValidation
        if one.formula1.endswith(str(len(many) + 1))
    ]
    letter = rule.formula1.partition("!$")[2][0]
    assert book[LISTS][f"{letter}{len(many) + 1}"].value == "第10499网格"
    assert len(rule.formula1) < 255  # a list within the rule itself may not be longer


TEXTS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=8
)
NASTY = st.one_of(
    TEXTS,
    st.sampled_from(["=1+1", "+1", "-1", "@x", "'=x", "例", "合计", "甲、乙", "a;b", "_x000D_"]),
)


@given(data=st.data())
@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_what_was_exported_is_read_again_as_it_was(
    office: FormContext, tmp_path: Path, data: st.DataObject
) -> None:
    frames = drawn(office.frames, data)
    path = tmp_path / "e.xlsx"
    path.write_bytes(export(frames, MARCH, contacts=True))
    again = read(path, replace(office, frames=frames))
    assert found(again) == []
    for layer in ("units", "inspection_points", "assignments"):
        told = again.counts[layer]
        assert told == {
            "added": 0,
            "changed": 0,
            "unchanged": len(frames[layer]),
            "retired": 0,
            "refused": 0,
        }
    assert len(again.missing) == 0
    blank = {name: frames[name].iloc[:0] for name in ("units", "inspection_points", "assignments")}
    anew = read(path, replace(office, frames={**frames, **blank}))
    for layer in ("inspection_points", "units"):
        added = anew.previews[layer].added
        assert_frame_equal(added, frames[layer].loc[added.index], check_like=True)
    held = anew.previews["assignments"].added.reset_index(drop=True)
    before = frames["assignments"].reset_index(drop=True)
    order = ["scheme", "tier", "unit_id", "target_kind", "target", "since"]
    assert_frame_equal(
        held.sort_values(order, ignore_index=True), before.sort_values(order, ignore_index=True)
    )


def drawn(frames: Mapping[str, layers.Frame], data: st.DataObject) -> dict[str, layers.Frame]:
    """Return the town with other words in it."""
    units = frames["units"].reset_index()
    for name in ("name", "short_name", "holder", "contact", "kind"):
        units[name] = [data.draw(NASTY) for _ in units.index]
    units["phone"] = "0457-0000001"
    points = frames["inspection_points"].reset_index()
    for name in ("name", "category", "address"):
        points[name] = [data.draw(NASTY) for _ in points.index]
    points.geometry = [
        Point(data.draw(st.floats(73.5, 135)), data.draw(st.floats(18, 53.5))) for _ in points.index
    ]
    held = frames["assignments"].reset_index()
    for name in ("source", "note"):
        held[name] = [data.draw(st.none() | NASTY) for _ in held.index]
    held["until"] = pd.to_datetime(
        [data.draw(st.sampled_from([None, "2026-03-02", "2027-01-01"])) for _ in held.index]
    )
    made = {"units": units, "inspection_points": points, "assignments": held}
    for frame in made.values():  # a text of nothing but blanks is no name
        for name in frame.columns.intersection(["name", "category"]):
            blank = frame[name].str.strip() == ""
            frame.loc[blank, name] = "甲"
    return {
        **frames,
        **{name: layers.conform(frame, layers.LAYERS[name]) for name, frame in made.items()},
    }


def test_nothing_that_was_exported_runs(office: FormContext) -> None:
    units = office.frames["units"].copy()
    units["name"] = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"]
    content = export({**office.frames, "units": units}, MARCH, contacts=True)
    book = workbook(content)
    texts = [one for tab in book for line in tab.iter_rows() for one in line if one.value == "=1+1"]
    assert len(texts) >= 3  # as a unit, as a holder, in the drop-down
    assert {one.data_type for tab in book for line in tab.iter_rows() for one in line} <= {
        "s",
        "n",
        "d",
    }
    assert all(one.quotePrefix for one in texts)


def test_without_contacts_nobody_is_named(office: FormContext, tmp_path: Path) -> None:
    units = office.frames["units"].copy()
    units["holder"] = "郑王"
    frames = {**office.frames, "units": units}
    content = export(frames, MARCH, contacts=False)
    book = workbook(content)
    said = {str(one.value) for tab in book for line in tab.iter_rows() for one in line}
    assert not said & {"王一", "李二", "赵四", "孙五", "郑王", "0457-0000001"}
    assert {"市林业局", "包保领导甲"} <= said
    (tmp_path / "e.xlsx").write_bytes(content)
    again = read(tmp_path / "e.xlsx", replace(office, frames=frames))
    assert again.counts["units"]["unchanged"] == 5  # what it lacks stays


def test_an_english_form_is_read_as_a_chinese_one(office: FormContext, tmp_path: Path) -> None:
    (tmp_path / "e.xlsx").write_bytes(export(office.frames, MARCH, contacts=True, language="en"))
    book = openpyxl.load_workbook(tmp_path / "e.xlsx")
    assert book["Assignments"]["D5"].value == "Responsible"
    preview = read(tmp_path / "e.xlsx", office)
    assert found(preview) == []
    assert preview.counts["assignments"]["unchanged"] == 9
