"""An import is shown before it is done: all of it, or every reason why not."""

import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from pyproj import CRS

from geodata import importing
from geodata.parsers.parsed import Fault
from geodata.readers import Raw
from gridmap import layers
from gridmap.layers import FAULT_COLUMNS, LAYERS
from tests.geodata.files import GRIDS, TOWN, as_read, faults, raw


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_read_again_is_unchanged_and_nothing_is_retired(name: str) -> None:
    first = importing.prepare(as_read(name), LAYERS[name])
    assert first.counts == {"added": len(TOWN[name])} | dict.fromkeys(
        ("changed", "unchanged", "retired", "refused"), 0
    )
    again = importing.prepare(as_read(name), LAYERS[name], current=first.added, retire_missing=True)
    assert again.counts["unchanged"] == len(TOWN[name])
    assert sum(again.counts.values()) == len(TOWN[name])


def test_added_rows_are_as_the_domain_takes_them() -> None:
    preview = importing.prepare(as_read("grids"), LAYERS["grids"])
    pd.testing.assert_frame_equal(
        pd.DataFrame(preview.added.drop(columns="geometry")),
        pd.DataFrame(TOWN["grids"].drop(columns="geometry")),
    )
    assert preview.added.crs == "EPSG:4490"
    assert shapely.equals_exact(
        preview.added.geometry.to_numpy(), TOWN["grids"].geometry.to_numpy(), 0.0
    ).all()


def test_a_preview_tells_added_changed_unchanged_and_retired_apart() -> None:
    units = raw(
        {
            "单位编号": ["u1", "u2", "u9"],
            "单位名称": ["市林业局", "市教育体育局", "市气象局"],
        }
    )
    preview = importing.prepare(units, LAYERS["units"], current=TOWN["units"], retire_missing=True)
    assert preview.added.index.tolist() == ["u9"]
    assert preview.changed.index.tolist() == ["u2"]
    assert preview.unchanged.index.tolist() == ["u1"]
    assert preview.retired.index.tolist() == ["u3", "u4", "p1"]
    assert preview.mapping == {"单位编号": "unit_id", "单位名称": "name"}


def test_a_file_that_lacks_a_column_says_nothing_about_it() -> None:
    units = raw({"单位编号": ["u1"], "电话": ["0457-1234567"]})
    preview = importing.prepare(
        units, LAYERS["units"], mapping={"电话": "phone"}, current=TOWN["units"]
    )
    assert not preview.refused
    kept = preview.changed.loc["u1"].drop("phone")
    pd.testing.assert_series_equal(
        kept.drop("geometry"), TOWN["units"].loc["u1"].drop(["phone", "geometry"])
    )
    assert kept["geometry"].equals_exact(TOWN["units"].loc["u1", "geometry"], 0.0)
    assert len(preview.retired) == 0


def test_moving_one_vertex_by_a_millimetre_is_a_change_and_turning_a_ring_is_none() -> None:
    given = as_read("grids")
    shapes = given.frame.geometry.to_numpy().copy()
    shapes[0] = shapely.transform(shapes[0], lambda xy: xy + 1e-8)
    shapes[1] = shapely.reverse(shapes[1])
    moved = Raw(given.frame.set_geometry(shapes, crs="EPSG:4490"), given.crs)
    preview = importing.prepare(moved, LAYERS["grids"], current=TOWN["grids"])
    assert preview.changed.index.tolist() == [GRIDS[0]]
    assert len(preview.unchanged) == 6


def test_one_faulty_row_refuses_the_file_and_the_others_are_still_shown() -> None:
    units = raw({"单位编号": ["u1", "u2"], "单位名称": ["市林业局", None]})
    preview = importing.prepare(units, LAYERS["units"])
    assert preview.refused
    assert faults(preview) == [(3, "name", "missing")]
    assert preview.counts["refused"] == 1
    assert preview.added.index.tolist() == ["u1"]


@pytest.mark.parametrize(
    ("layer", "column", "text", "code"),
    [
        ("units", "headcount", "四十", "type"),
        ("units", "headcount", "1.5", "type"),
        ("units", "headcount", "1e999", "type"),
        ("units", "headcount", "-3", "negative"),
        ("units", "active", "也许", "type"),
        ("units", "party", "委员会", "choice"),
        ("units", "phone", "1.38E+10", "digits-lost"),
        ("units", "name", "a\0b", "nul"),
        ("assignments", "since", "2026-02-30", "type"),
        ("assignments", "since", "2026/13/01", "type"),
        ("assignments", "since", "20260101", "type"),
        ("assignments", "since", "46027", "type"),
        ("assignments", "since", "2026-01-01 08:00", "type"),
        ("assignments", "until", "2025-12-31", "interval"),
        ("assignments", "unit_id", "u9", "reference"),
        ("assignments", "target", "232701100001099", "reference"),
        ("grids", "code", "41010", "length"),
        ("grids", "code", "2.327011E+14", "digits-lost"),
        ("grids", "parent", "232701100009", "reference"),
    ],
)
def test_a_wrong_value_is_one_fault_with_its_row_column_and_value(
    layer: str, column: str, text: str, code: str
) -> None:
    given = as_read(layer)
    wrong = given.frame.copy()
    wrong.loc[2, column] = text
    references = {name: frame.index for name, frame in TOWN.items()}
    preview = importing.prepare(Raw(wrong, given.crs), LAYERS[layer], references=references)
    assert faults(preview) == [(2, column, code)]
    assert preview.faults.loc[0, "value"].startswith(text)
    assert preview.faults.loc[0, "message"]


@pytest.mark.parametrize(
    "text", ["2026-3-1", "2026/03/01", "2026年3月1日", "2026.3.1", "２０２６-03-01"]
)
def test_a_day_is_read_in_each_way_that_offices_write_it(text: str) -> None:
    given = as_read("assignments")
    given.frame["since"] = text
    preview = importing.prepare(given, LAYERS["assignments"])
    assert preview.added["since"].unique().tolist() == [pd.Timestamp("2026-03-01")]


def test_a_time_without_zone_is_the_registers_and_one_with_a_zone_is_its_own() -> None:
    given = raw(
        {
            "issue_id": ["i1", "i2", "i3"],
            "reported_at": [
                "2026-03-01 10:00",
                "2026-03-01T02:00:00Z",
                "2026-03-01T03:00:00+01:00",
            ],
            "category": ["暴露垃圾"] * 3,
        }
    )
    preview = importing.prepare(given, LAYERS["issues"])
    assert preview.added["reported_at"].unique().tolist() == [pd.Timestamp("2026-03-01T02:00Z")]
    assert "Times in reported_at that name no zone were read in Asia/Shanghai." in preview.notes
    utc = importing.prepare(given, LAYERS["issues"], time_zone="UTC")
    assert utc.added.loc["i1", "reported_at"] == pd.Timestamp("2026-03-01T10:00Z")


def test_values_in_chinese_are_understood() -> None:
    given = as_read("inspection_points")
    given.frame["status"] = ["达标", "未达标"]
    preview = importing.prepare(given, LAYERS["inspection_points"])
    assert preview.added["status"].tolist() == ["reached", "not_reached"]


def test_a_key_that_occurs_twice_is_a_fault_of_both_rows_unless_one_is_chosen() -> None:
    units = raw({"单位编号": ["u1", "u1"], "单位名称": ["甲", "乙"]})
    refused = importing.prepare(units, LAYERS["units"])
    assert faults(refused) == [(2, "unit_id", "duplicate"), (3, "unit_id", "duplicate")]
    chosen = importing.prepare(units, LAYERS["units"], duplicates="last")
    assert chosen.added["name"].tolist() == ["乙"]
    assert "1 rows with a key used before were left out." in chosen.notes


def test_ambiguous_headings_and_missing_columns_refuse_the_whole_file() -> None:
    ambiguous = raw(
        {"单位编号": ["u1"], "单位名称": ["甲"], "联系电话": ["1"], "联系电话 (2)": ["2"]}
    )
    assert faults(importing.prepare(ambiguous, LAYERS["units"])) == [
        (2, "phone", "ambiguous-heading")
    ]
    missing = importing.prepare(raw({"单位名称": ["甲"]}), LAYERS["units"])
    assert faults(missing) == [(2, "unit_id", "missing-column")]
    assert len(missing.added) == 0


def test_what_the_reader_found_counts_only_in_columns_that_are_used() -> None:
    given = raw({"单位编号": ["u1"], "单位名称": ["甲"], "序号": [None]})
    rows = [Fault(2, "序号", "formula", "=1", "x"), Fault(2, "单位名称", "formula", "=2", "x")]
    told = Raw(given.frame, None, [], pd.DataFrame(rows, columns=FAULT_COLUMNS))
    assert faults(importing.prepare(told, LAYERS["units"])) == [(2, "name", "formula")]


def test_a_column_that_the_file_lacks_may_be_given_for_all_rows() -> None:
    given = as_read("assignments")
    short = Raw(given.frame.drop(columns=["scheme", "tier", "since"]))
    preview = importing.prepare(
        short,
        LAYERS["assignments"],
        defaults={"scheme": "main", "tier": "责任单位", "since": "2026-01-01"},
    )
    assert not preview.refused
    assert preview.added["tier"].unique().tolist() == ["responsible"]


def test_the_division_above_is_taken_from_the_code_where_the_file_does_not_say() -> None:
    given = as_read("grids")
    preview = importing.prepare(Raw(given.frame.drop(columns="parent"), given.crs), LAYERS["grids"])
    assert preview.added["parent"].tolist() == TOWN["grids"]["parent"].tolist()
    assert "The division above was taken from the code." in preview.notes


def test_free_codes_say_nothing_of_the_division_above() -> None:
    given = as_read("grids")
    preview = importing.prepare(
        Raw(given.frame.drop(columns="parent"), given.crs), LAYERS["grids"], codes="free"
    )
    assert faults(preview) == [(2, "parent", "missing-column")]


def test_assignments_without_a_number_get_the_same_one_each_time() -> None:
    given = Raw(as_read("assignments").frame.drop(columns="assignment_id"))
    first = importing.prepare(given, LAYERS["assignments"])
    again = importing.prepare(given, LAYERS["assignments"], current=first.added)
    assert first.added.index.is_unique
    assert first.added.index.str.fullmatch("A[0-9a-f]{15}").all()
    assert again.counts["unchanged"] == len(TOWN["assignments"])


def test_nothing_given_is_changed() -> None:
    given = as_read("grids")
    before, current = given.frame.copy(), TOWN["grids"].copy()
    importing.prepare(given, LAYERS["grids"], current=current, retire_missing=True)
    assert_geodataframe_equal(given.frame, before)
    assert_geodataframe_equal(current, TOWN["grids"])


def test_an_empty_register_takes_every_row() -> None:
    empty = layers.empty(LAYERS["grids"], "EPSG:4490")
    preview = importing.prepare(as_read("grids"), LAYERS["grids"], current=empty)
    assert preview.counts["added"] == 7


def test_units_without_a_place_are_kept_in_the_registers_crs() -> None:
    preview = importing.prepare(
        raw({"unit_id": ["u9"], "name": ["市新局"]}),
        LAYERS["units"],
        register_crs="EPSG:4326",
        codes="free",
    )
    assert not preview.refused
    assert preview.added.crs == CRS("EPSG:4326")


def test_the_division_above_is_found_by_place_where_somebody_can_tell() -> None:
    found = importing.prepare(
        as_read("communities"),
        LAYERS["communities"],
        mapping={"parent": ""},
        codes="free",
        parent_of=lambda areas: pd.Series("here", index=areas.index, dtype="str"),
    )
    assert found.added["parent"].tolist() == ["here", "here"]
    assert any("found by place" in str(note) for note in found.notes)
