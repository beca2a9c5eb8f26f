"""An import is shown before it is done: all of it, or every reason why not."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from pyproj import CRS
from shapely import Point, box

from geodata import importing, readers
from geodata.parsers.parsed import Fault
from geodata.readers import Raw
from gridmap import layers
from gridmap.errors import CrsError
from gridmap.layers import FAULT_COLUMNS, LAYERS
from tests.town import raw_town, town

TOWN = town("EPSG:4490")
GRIDS = list(TOWN["grids"].index)


def raw(columns: dict[str, list[object]], *, crs: str | None = None, first: int = 2) -> Raw:
    """Return a table as a reader gives it: texts, numbered as a spreadsheet does."""
    table = pd.DataFrame(columns)
    table.index = pd.RangeIndex(first, first + len(table), name="row").astype("int64")
    shapes = table.pop("geometry") if "geometry" in table else None
    table = table.astype("str")
    if shapes is None:
        return Raw(table, CRS.from_user_input(crs) if crs else None)
    geometry = gpd.GeoSeries(shapes.to_numpy(dtype=object), index=table.index, crs=crs)
    return Raw(gpd.GeoDataFrame(table, geometry=geometry), CRS(crs) if crs else None)


def as_read(name: str, crs: str = "EPSG:4490") -> Raw:
    """Return a layer of the town as a reader gives it."""
    frame = raw_town(crs)[name]
    texts = {
        column: [None if pd.isna(value) else str(value) for value in frame[column]]
        for column in frame.columns
        if column != "geometry"
    }
    if "geometry" in frame:
        return raw({**texts, "geometry": list(frame.geometry)}, crs=crs)
    return raw(texts)


def faults(preview: importing.Preview) -> list[tuple[int, str, str]]:
    """Return row, column and code of each fault."""
    return list(preview.faults[["row", "column", "code"]].itertuples(index=False, name=None))


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


# --- places ----------------------------------------------------------------------------------


def test_a_file_that_does_not_say_its_crs_is_asked_about_and_taken_as_told() -> None:
    given = raw({"code": GRIDS[:1], "geometry": [box(122.5, 53, 122.6, 53.1)]})
    assert faults(importing.prepare(given, LAYERS["grids"])) == [(2, "geometry", "crs")]
    told = importing.prepare(given, LAYERS["grids"], crs="EPSG:4490")
    assert told.added.crs == "EPSG:4490"
    assert "The coordinates were read as EPSG:4490, as told." in told.notes


def test_metres_of_the_file_and_degrees_of_the_register_are_one_place() -> None:
    preview = importing.prepare(
        as_read("grids", "EPSG:4550"), LAYERS["grids"], current=TOWN["grids"]
    )
    assert preview.unchanged.index.tolist() == GRIDS


def test_a_file_in_gcj02_is_moved_by_some_hundred_metres(shared_data: Path) -> None:
    given = readers.read(shared_data / "cn_boundaries_gcj02/raw/232701.geojson")
    named = Raw(given.frame.assign(code="232701", name="漠河市"), given.crs, given.notes)
    shifted = importing.prepare(named, LAYERS["districts"], crs="gcj02").added
    plain = importing.prepare(named, LAYERS["districts"]).added
    metres = plain.to_crs("EPSG:4550").hausdorff_distance(shifted.to_crs("EPSG:4550"), align=False)
    assert 400 < metres.iloc[0] < 700


@pytest.mark.parametrize(
    ("points", "crs", "code"),
    [
        ([Point(53.0, 122.5)], "EPSG:4490", "swapped"),
        ([Point(469003.0, 5871615.0)], "EPSG:4326", "metres"),
        ([Point(-77.0, 38.9)], "EPSG:4326", "outside-envelope"),
        ([Point(469003.0, 5871615.0)], "gk3-zone41", "outside-envelope"),
    ],
)
def test_numbers_that_cannot_be_what_they_are_called_are_refused(
    points: list[Point], crs: str, code: str
) -> None:
    given = raw({"point_id": ["m1"], "name": ["x"], "category": ["x"], "geometry": points})
    preview = importing.prepare(given, LAYERS["inspection_points"], crs=crs)
    assert faults(preview) == [(2, "geometry", code)]


def test_a_register_with_free_codes_lies_anywhere_on_earth() -> None:
    given = raw({"code": ["1A01"], "parent": ["1A"], "geometry": [box(-77.1, 38.9, -77, 39)]})
    preview = importing.prepare(
        given, LAYERS["grids"], crs="wgs84", codes="free", register_crs="EPSG:4326"
    )
    assert preview.added.index.tolist() == ["1A01"]
    assert preview.added.crs == "EPSG:4326"


def test_the_296_neighbourhoods_of_washington_keep_codes_that_look_like_numbers(
    shared_data: Path,
) -> None:
    given = readers.read(shared_data / "dc_311/smd.parquet")
    mapping = {"SMD_ID": "code", "NAME": "name", "ANC_ID": "parent"}
    preview = importing.prepare(
        given, LAYERS["grids"], mapping=mapping, codes="free", register_crs="EPSG:4326"
    )
    assert preview.counts["added"] == 296
    assert not preview.refused
    assert "3E02" in preview.added.index


def test_a_crs_that_needs_secret_parameters_is_refused() -> None:
    given = raw({"code": GRIDS[:1], "geometry": [box(0, 0, 1, 1)]})
    with pytest.raises(CrsError, match="official parameters"):
        importing.prepare(given, LAYERS["grids"], crs="EPSG:4610")


def test_longitude_and_latitude_make_a_point_and_each_half_is_a_fault() -> None:
    given = raw(
        {
            "点位编号": list("1234"),
            "点位名称": list("甲乙丙丁"),
            "类别": ["market"] * 4,
            "经度": ["122.5", "122.5", "东经", None],
            "纬度": ["53.0", None, "53.0", None],
        }
    )
    preview = importing.prepare(given, LAYERS["inspection_points"], crs="4490")
    assert set(faults(preview)) == {
        (3, "lon", "coordinates"),
        (3, "geometry", "missing"),
        (4, "lon", "type"),
        (4, "geometry", "missing"),
        (5, "geometry", "missing"),
    }
    assert preview.added.geometry.iloc[0] == Point(122.5, 53.0)


def test_an_invalid_polygon_is_refused_and_not_repaired(shared_data: Path) -> None:
    given = gpd.read_parquet(shared_data / "hard_inputs/dc_real_invalid_polygons.parquet")
    shapes = given.geometry.to_numpy()
    kinds = np.isin(shapely.get_type_id(shapes), (3, 6))
    columns = {"code": [f"c{n}" for n in range(kinds.sum())], "name": ["x"] * int(kinds.sum())}
    preview = importing.prepare(
        raw({**columns, "geometry": list(shapes[kinds])}, crs="EPSG:4326"),
        LAYERS["districts"],
        codes="free",
        register_crs="EPSG:4326",
    )
    assert set(preview.faults["code"]) == {"geometry-invalid"}
    assert len(preview.faults) == kinds.sum() > 10
    assert preview.faults["value"].str.len().min() > 5


def test_repeated_vertices_are_left_out_and_said() -> None:
    ring = [(122.5, 53), (122.6, 53), (122.6, 53), (122.6, 53.1), (122.5, 53)]
    given = raw({"code": GRIDS[:1], "geometry": [shapely.Polygon(ring)]}, crs="EPSG:4490")
    preview = importing.prepare(given, LAYERS["grids"])
    assert shapely.get_num_coordinates(preview.added.geometry.iloc[0]) == 4
    assert "Repeated vertices of 1 geometries were left out." in preview.notes


# --- what is derived -------------------------------------------------------------------------


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
