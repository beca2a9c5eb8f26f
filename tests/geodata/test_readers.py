"""
A file is read as it stands, or refused with the reason.

What a parser does is asked of it directly, where the file is no danger to the test; what only a
whole reading shows goes through the child process.
"""

import json
import sqlite3
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from geodata import archives, readers, writers
from geodata.errors import ChoiceError, LimitError, UnreadableError, UnsupportedFormatError
from geodata.limits import DEFAULT, Limits
from geodata.parsers import excel, geojson, geopackage, parquet
from geodata.parsers.parsed import Parsed
from gridmap.errors import InvalidError
from tests.geodata import hostile
from tests.town import raw_town


def codes(parsed: Parsed) -> list[tuple[int, str, str]]:
    """Return row, column and code of every fault."""
    parsed.to_arrow(DEFAULT)
    return [(fault.row, fault.column, fault.code) for fault in parsed.faults]


# --- GeoJSON ---------------------------------------------------------------------------------


def test_geojson_keeps_every_digit_of_a_code_and_of_a_coordinate(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(
        '{"type":"FeatureCollection","features":[{"type":"Feature",'
        '"properties":{"code":123456789012345678,"name":"𠮷","n":1.10,"on":true,"none":null},'
        '"geometry":{"type":"Point","coordinates":[122.53860000000001,52.9721]}}]}',
        "utf-8",
    )
    raw = readers.read(path)
    assert raw.frame.loc[1, "code"] == "123456789012345678"
    assert raw.frame.loc[1, ["name", "n", "on"]].tolist() == ["𠮷", "1.1", "true"]
    assert pd.isna(raw.frame.loc[1, "none"])
    assert raw.frame.geometry.loc[1].x == 122.53860000000001
    assert raw.crs == "EPSG:4326"
    assert raw.headings == ["code", "name", "n", "on", "none"]


@pytest.mark.parametrize(
    ("text", "error", "reason"),
    [
        ('{"type":"FeatureCollection","features":[{"type":"Fea', UnreadableError, "cut short"),
        ('{"type":"Feature","properties":{"a":NaN}}', UnreadableError, "NaN is no number"),
        ('{"type":"Feature","properties":{"a":Infinity}}', UnreadableError, "Infinity"),
        ('{"type":"Feature","properties":{"a":1,"a":2}}', UnreadableError, "'a' occurs twice"),
        ('{"type":"Feature"}\n{"type":"Feature"}', UnsupportedFormatError, "sequence"),
        ('{"type":"Topology","objects":{}}', UnsupportedFormatError, "TopoJSON"),
        ('{"geometryType":"x","features":[]}', UnsupportedFormatError, "Esri JSON"),
        ('{"type":"gdal_streamed_alg"}', UnsupportedFormatError, "GDAL pipeline"),
        ("<OGRVRTDataSource/>", UnsupportedFormatError, "XML"),
        ("[1,2]", UnsupportedFormatError, "no GeoJSON object"),
        ('{"type":"FeatureCollection","features":[3]}', UnreadableError, "Feature 1"),
        ("[" * 100_000, UnreadableError, "too deep"),
        (
            '{"type":"Feature","geometry":' + '{"type":"x","geometries":[' * 40_000,
            UnreadableError,
            "deep",
        ),
    ],
)
def test_what_is_no_strict_geojson_is_refused_by_name(
    tmp_path: Path, text: str, error: type[InvalidError], reason: str
) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(text)
    with pytest.raises(error, match=reason):
        geojson.parse(path, {}, DEFAULT)


@pytest.mark.parametrize(
    ("kind", "coordinates", "code"),
    [
        ("Polygon", [[[0, 0], [1, 0], [1, 1], [0, 1]]], "open-ring"),
        ("Polygon", [[[0, 0], [1, 0], [0, 0]]], "too-few-positions"),
        ("LineString", [[0, 0]], "too-few-positions"),
        ("Point", [0, 1e999], "not-finite"),
        ("Point", [True, 1], "coordinates"),
        ("Point", ["122.5", "53"], "coordinates"),
        ("Point", [1], "coordinates"),
        ("LineString", [[0, 0, 1], [1, 1]], "coordinates"),
        ("LineString", [[[0, 0]], [1, 1]], "coordinates"),
        ("MultiPolygon", [[[[0, 0], [1, 0], [1, 1], [0, 1]]]], "open-ring"),
        ("GeometryCollection", None, "geometry-type"),
        ("CircularString", [[0, 0], [1, 1]], "geometry-type"),
        ("Polygon", None, "coordinates"),
    ],
)
def test_a_geometry_that_is_none_is_a_fault_of_its_feature(
    tmp_path: Path, kind: str, coordinates: object, code: str
) -> None:
    path = tmp_path / "a.geojson"
    text = json.dumps([hostile.feature(), hostile.feature(coordinates, kind)])
    path.write_text(
        '{"type":"FeatureCollection","features":' + text.replace("Infinity", "1e999") + "}"
    )
    parsed = geojson.parse(path, {}, DEFAULT)
    assert codes(parsed) == [(2, "geometry", code)]
    assert parsed.geometry is not None
    assert shapely.get_num_coordinates(parsed.geometry).tolist() == [5, 0]


@pytest.mark.parametrize(
    ("member", "crs"),
    [
        ({"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}, "EPSG:4326"),
        ({"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}, "EPSG:4490"),
        ({"type": "name", "properties": {"name": "EPSG:4326"}}, "EPSG:4326"),
        ({"type": "name", "properties": {"name": "EPSG:2263"}}, None),
        ({"type": "url", "properties": {"url": "EPSG:4326"}}, None),
        ({"type": "link", "properties": {"href": "http://127.0.0.1/"}}, None),
        ({"type": "name", "properties": None}, None),
        (None, None),
        ("EPSG:4326", None),
    ],
)
def test_a_crs_member_may_name_wgs84_or_cgcs2000_only(
    tmp_path: Path, member: object, crs: str | None
) -> None:
    path = hostile.geojson(tmp_path / "a.geojson", hostile.feature(), crs=member)
    if crs is None:
        with pytest.raises(UnreadableError, match="crs member"):
            geojson.parse(path, {}, DEFAULT)
    else:
        assert geojson.parse(path, {}, DEFAULT).crs == crs


def test_half_a_character_is_a_fault_of_its_cell(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_text('{"type":"Feature","properties":{"name":"\\ud800"},"geometry":null}')
    assert codes(geojson.parse(path, {}, DEFAULT)) == [(1, "name", "text")]


def test_heights_are_left_out_and_said(tmp_path: Path) -> None:
    path = hostile.geojson(tmp_path / "a.geojson", hostile.feature([122.5, 53.0, 433.0], "Point"))
    raw = readers.read(path)
    assert not raw.frame.geometry.has_z.any()
    assert "Heights of 1 geometries were left out." in raw.notes


def test_one_geometry_of_too_many_vertices_is_a_fault_and_a_file_of_them_is_refused(
    tmp_path: Path,
) -> None:
    path = hostile.geojson(tmp_path / "a.geojson", hostile.feature())
    parsed = geojson.parse(path, {}, DEFAULT)
    parsed.to_arrow(Limits(vertices=4))
    assert [fault.code for fault in parsed.faults] == ["vertices"]
    many = hostile.geojson(tmp_path / "b.geojson", *[hostile.feature()] * 100)
    with pytest.raises(LimitError, match="500 vertices"):
        geojson.parse(many, {}, DEFAULT).to_arrow(Limits(vertices=4))


def test_gcj02_boundaries_without_properties_are_read(shared_data: Path) -> None:
    raw = readers.read(shared_data / "cn_boundaries_gcj02/raw/232701.geojson")
    assert raw.frame.geometry.geom_type.tolist() == ["MultiPolygon"]
    assert raw.headings == []


# --- shapefiles ------------------------------------------------------------------------------


def test_names_in_gbk_without_a_cpg_come_out_right(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "shanghai_gbk_shp"
    zipped = hostile.zipped_shapefile(tmp_path / "a.zip", folder, "区县界_area", inside="数据/")
    for path in (folder / "区县界_area.shp", zipped):
        raw = readers.read(path)
        assert {"宝山区", "崇明县", "闸北区"} <= set(raw.frame["NAME"])
        assert raw.frame["ADMINCODE"].str.len().unique().tolist() == [6]
        assert any("GB18030" in note for note in raw.notes)
        assert raw.crs == "EPSG:4326"


def test_a_shapefile_without_prj_says_no_crs(shared_data: Path) -> None:
    raw = readers.read(shared_data / "shenzhen/sz.shp")
    assert raw.crs is None
    assert raw.frame.crs is None
    assert "There is no .prj, so the CRS is not known." in raw.notes


def test_a_cpg_is_honoured_and_one_that_names_nothing_is_said(shared_data: Path) -> None:
    folder = shared_data / "hard_inputs/shapefile_js"
    assert "Hněvošický háj" in set(readers.read(folder / "codepage.zip").frame["field"])
    assert {"💩", "Hněvošický háj"} <= set(readers.read(folder / "utf.zip").frame["field"])


def test_a_cpg_that_lies_is_a_fault_of_each_record(tmp_path: Path) -> None:
    frame = raw_town("EPSG:4490")["inspection_points"]
    frame.to_file(tmp_path / "a.shp", encoding="GB18030")
    (tmp_path / "a.cpg").write_text("UTF-8")
    raw = readers.read(tmp_path / "a.shp")
    assert raw.faults["code"].unique().tolist() == ["encoding"]
    assert set(zip(raw.faults["row"], raw.faults["column"], strict=True)) == {
        (1, "name"),
        (2, "name"),
    }
    told = readers.read(tmp_path / "a.shp", encoding="GB18030")
    assert told.frame["name"].tolist() == ["中心市场", "第一小学"]


@pytest.mark.parametrize(
    ("part", "cut", "reason"),
    [
        ("shx", None, r"lacks \.shx"),
        ("dbf", None, r"lacks \.dbf"),
        ("shp", 120, r"\.shp is cut short"),
        ("shx", 10, r"\.shx is no part"),
        ("shx", 100, r"\.shx is cut short"),
    ],
)
def test_a_shapefile_with_a_part_missing_or_cut_is_refused(
    tmp_path: Path, part: str, cut: int | None, reason: str
) -> None:
    raw_town("EPSG:4490")["inspection_points"].to_file(tmp_path / "a.shp", encoding="UTF-8")
    broken = tmp_path / f"a.{part}"
    data = broken.read_bytes()
    broken.unlink()
    if cut is not None:
        broken.write_bytes(data[:cut])
    with pytest.raises(UnreadableError, match=reason):
        readers.read(tmp_path / "a.shp")


def test_an_archive_of_two_shapefiles_asks_which(tmp_path: Path) -> None:
    names = ("a", "b")
    path = hostile.archive(
        tmp_path / "a.zip", {f"{n}.{p}": b"" for n in names for p in ("shp", "dbf")}
    )
    with pytest.raises(ChoiceError) as caught:
        readers.read(path)
    assert caught.value.choices == ("a", "b")


# --- archives --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../a.shp", "out of its folder"),
        ("/etc/a.shp", "out of its folder"),
        ("C:\\a.shp", "no plain path"),
        ("a\\b.shp", "no plain path"),
        ("inner.zip", "archive itself"),
    ],
)
def test_an_archive_with_a_harmful_member_is_refused(
    tmp_path: Path, name: str, reason: str
) -> None:
    path = hostile.archive(tmp_path / "a.zip", {name: b"x"})
    with pytest.raises(UnreadableError, match=reason):
        archives.open_checked(path, DEFAULT)


def test_an_archive_with_a_link_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="link or a device"):
        archives.open_checked(hostile.link_archive(tmp_path / "a.zip"), DEFAULT)


def test_an_archive_that_swells_is_refused_from_its_directory(tmp_path: Path) -> None:
    path = hostile.archive(tmp_path / "a.zip", {"a.shp": b"\0" * 20_000_000})
    with pytest.raises(LimitError, match="too much"):
        archives.open_checked(path, DEFAULT)


def test_an_archive_whose_directory_lies_is_caught_while_reading(tmp_path: Path) -> None:
    path = hostile.lying_archive(tmp_path / "a.zip")
    archive, members = archives.open_checked(path, DEFAULT)
    with archive, pytest.raises(UnreadableError, match="broken"):
        archives.read_member(archive, members["layer.shp"])


def test_an_archive_of_too_many_members_is_refused(tmp_path: Path) -> None:
    path = hostile.archive(tmp_path / "a.zip", {f"{n}.txt": b"" for n in range(1001)})
    with pytest.raises(LimitError, match="1001 members"):
        archives.open_checked(path, DEFAULT)


def test_an_archive_with_a_name_twice_in_another_case_is_refused(tmp_path: Path) -> None:
    path = hostile.archive(tmp_path / "a.zip", {"a.shp": b"", "A.SHP": b""})
    with pytest.raises(UnreadableError, match="twice"):
        archives.open_checked(path, DEFAULT)


# --- GeoPackage and GeoParquet ---------------------------------------------------------------


def test_a_geopackage_of_two_layers_asks_which_and_takes_the_one_named(tmp_path: Path) -> None:
    town = raw_town("EPSG:4490")
    for name in ("grids", "roads"):
        town[name].to_file(tmp_path / "a.gpkg", layer=name, driver="GPKG")
    with pytest.raises(ChoiceError) as caught:
        readers.read(tmp_path / "a.gpkg")
    assert set(caught.value.choices) == {"grids", "roads"}
    raw = readers.read(tmp_path / "a.gpkg", layer="roads")
    assert raw.frame["road_id"].tolist() == ["r1"]
    assert raw.crs == "EPSG:4490"
    assert raw.frame.geometry.iloc[0].equals_exact(town["roads"].geometry.iloc[0], 0.0)


def test_a_geopackage_that_another_program_writes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    writers.write(raw_town("EPSG:4490")["grids"], path)
    (tmp_path / "a.gpkg-wal").write_bytes(b"x")
    with pytest.raises(UnreadableError, match="close it there"):
        geopackage.parse(path, {}, DEFAULT)


def test_a_virtual_table_and_a_view_are_no_layers(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    writers.write(raw_town("EPSG:4490")["grids"], path, layer="grids")
    virtual = hostile.virtual_geopackage(tmp_path / "v.gpkg", path, "/vsicurl/x")
    with pytest.raises(InvalidError):
        geopackage.parse(virtual, {}, DEFAULT)
    connection = sqlite3.connect(path)
    connection.execute("CREATE VIEW sneaky AS SELECT * FROM grids")
    connection.execute(
        "INSERT INTO gpkg_contents (table_name, data_type) VALUES ('sneaky', 'features')"
    )
    connection.commit()
    connection.close()
    assert geopackage.parse(path, {}, DEFAULT).parts == ["grids"]


def test_a_file_that_is_another_thing_is_told_by_its_content(tmp_path: Path) -> None:
    for ending, parser in ((".gpkg", geopackage), (".parquet", parquet), (".xlsx", excel)):
        path = tmp_path / f"a{ending}"
        path.write_text("<html></html>")
        with pytest.raises(UnsupportedFormatError, match="This is no"):
            parser.parse(path, {}, DEFAULT)


@pytest.mark.parametrize("ending", [".kml", ".xls", ".dxf", ".rar", ".exe", ""])
def test_other_formats_are_refused_with_what_to_do(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a{ending}"
    path.write_bytes(b"x")
    with pytest.raises(UnsupportedFormatError, match="are not read"):
        readers.read(path)


def test_geoparquet_of_the_city_of_washington_is_read_whole(shared_data: Path) -> None:
    raw = readers.read(shared_data / "dc_311/smd.parquet")
    expected = gpd.read_parquet(shared_data / "dc_311/smd.parquet")
    assert len(raw.frame) == 296
    assert raw.crs == "EPSG:4326"
    assert shapely.equals_exact(
        raw.frame.geometry.to_numpy(), expected.geometry.to_numpy(), 0.0
    ).all()
