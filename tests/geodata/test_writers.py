"""What is written is read back the same, and runs nowhere."""

import importlib
import json
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import Point, Polygon

from geodata import demo_files, importing, readers, sandbox, writers
from geodata.errors import UnsupportedFormatError
from geodata.limits import DEFAULT
from gridmap import layers
from gridmap.errors import CrsError
from gridmap.layers import LAYERS, Frame
from tests.town import town

TOWN = town("EPSG:4490")
FORMATS = list(writers.WRITERS)
LEADS = "=+-@\t\r\n＝＋－＠"


def read_here(path: Path, folder: Path) -> readers.Raw:
    """Read a file of our own without a child process, by way of the same bytes."""
    module = importlib.import_module(sandbox.PARSERS[readers.PARSERS[path.suffix]])
    parsed = module.parse(path, {"folder": str(folder)}, DEFAULT)
    table = parsed.to_arrow(DEFAULT)
    header = {
        "crs": parsed.crs,
        "notes": [[note.template, note.values] for note in parsed.notes],  # noqa: PD011
        "faults": parsed.faults,
        "parts": parsed.parts,
        "geometry": parsed.geometry is not None,
        "isolated": True,
    }
    return readers._raw(sandbox._unpacked(sandbox._packed(header, table)))


def there_and_back(frame: Frame, path: Path, layer: str, **more: str) -> Frame:
    """Write a layer, read it, and return what an empty register would hold."""
    writers.write(frame, path, layer=layer, **more)
    raw = read_here(path, path.parent)
    preview = importing.prepare(raw, LAYERS[layer], codes="free")
    assert preview.faults.empty, preview.faults
    again = importing.prepare(raw, LAYERS[layer], codes="free", current=frame, retire_missing=True)
    assert again.counts["unchanged"] == len(frame) == sum(again.counts.values())
    return preview.added.loc[frame.index]


def assert_same(one: Frame, other: Frame) -> None:
    """Assert equal values, types and, to the last bit, geometries."""
    pd.testing.assert_frame_equal(
        pd.DataFrame(one.drop(columns="geometry", errors="ignore")),
        pd.DataFrame(other.drop(columns="geometry", errors="ignore")),
    )
    if "geometry" in other:
        shapes = [shapely.normalize(frame.geometry.to_numpy()) for frame in (one, other)]
        missing = shapely.is_missing(shapes[0]) & shapely.is_missing(shapes[1])
        assert (shapely.equals_exact(*shapes, tolerance=0.0) | missing).all()
        assert one.crs == other.crs


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize("layer", LAYERS)
def test_each_layer_survives_each_format(tmp_path: Path, layer: str, ending: str) -> None:
    again = there_and_back(TOWN[layer], tmp_path / f"a{ending}", layer)
    assert_same(again, TOWN[layer])


@pytest.mark.parametrize("ending", [".xlsx", ".csv"])
@pytest.mark.parametrize("layer", LAYERS)
def test_chinese_headings_survive_too(tmp_path: Path, layer: str, ending: str) -> None:
    again = there_and_back(TOWN[layer], tmp_path / f"a{ending}", layer, headings="chinese")
    assert_same(again, TOWN[layer])


TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t\r"), min_size=1
).filter(lambda text: text == text.strip() and text)
HARD_TEXTS = TEXTS | st.sampled_from(
    [
        "=1+1",
        "'=1",
        "''x",
        "_x0041_",
        "a\r\nb",
        "1e5x",
        "TRUE",
        "001",
        "𠮷㐂",
        "a,b;c\t",
        "\ufeffx",
        'say "x"',
        "nan",
        "None",
    ]
).map(str.strip)
UNITS = st.lists(
    st.tuples(
        HARD_TEXTS,
        st.none() | HARD_TEXTS,
        st.none() | st.integers(0, 2**53),
        st.booleans(),
        st.none() | st.tuples(st.floats(73.1, 135.9), st.floats(3.1, 53.9)),
    ),
    min_size=1,
    max_size=20,
)


@pytest.mark.parametrize("ending", FORMATS)
@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rows=UNITS)
def test_any_text_number_and_place_survives(
    tmp_path: Path,
    ending: str,
    rows: list[tuple[str, str | None, int | None, bool, tuple[float, float] | None]],
) -> None:
    names, notes, counts, active, places = zip(*rows, strict=True)
    frame = gpd.GeoDataFrame(
        {
            "unit_id": [f"u{n}" for n in range(len(rows))],
            "name": list(names),
            "kind": pd.Series(notes, dtype="str"),
            "headcount": pd.Series(counts, dtype="Int64"),
            "active": list(active),
        },
        geometry=[None if place is None else Point(place) for place in places],
        crs="EPSG:4490",
    )
    units = layers.conform(frame, LAYERS["units"])
    assert_same(there_and_back(units, tmp_path / f"a{ending}", "units"), units)


@pytest.mark.parametrize("ending", FORMATS)
def test_times_survive_to_the_microsecond(tmp_path: Path, ending: str) -> None:
    issues = TOWN["issues"].copy()
    moments = ["2026-03-01T02:03:04.123456Z", "1969-12-31T23:59:59.999999Z", None]
    issues["due_at"] = pd.to_datetime(moments, format="ISO8601").astype("datetime64[us, UTC]")
    assert_same(there_and_back(issues, tmp_path / f"a{ending}", "issues"), issues)


@pytest.mark.parametrize("ending", FORMATS)
def test_a_border_longer_than_a_cell_holds_survives(tmp_path: Path, ending: str) -> None:
    turns = np.linspace(0, 2 * np.pi, 3000, endpoint=False)
    ring = Polygon(np.column_stack([122.5 + 0.1 * np.cos(turns), 53 + 0.1 * np.sin(turns)]))
    frame = TOWN["grids"].iloc[:2].copy()
    frame.loc[frame.index[0], "geometry"] = shapely.multipolygons([ring])
    assert_same(there_and_back(frame, tmp_path / f"a{ending}", "grids"), frame)


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.tuples(st.sampled_from(LEADS), TEXTS).map("".join))
def test_no_text_in_a_csv_starts_like_a_formula(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.csv"
    writers.write(pd.DataFrame({"name": [text]}), path)
    cell = path.read_text("utf-8-sig").split("\n", 1)[1].lstrip('"')
    assert cell[0] == "'"


def test_a_formula_in_a_workbook_is_text_and_marked_as_quoted(tmp_path: Path) -> None:
    writers.write(
        pd.DataFrame({"name": ["=1+1", "@SUM(A1)"], "n": [-1.5, 2.0]}), tmp_path / "a.xlsx"
    )
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    assert [sheet["A2"].data_type, sheet["A3"].data_type] == ["s", "s"]
    assert sheet["A2"].value == "=1+1"
    assert sheet["A2"].quotePrefix
    assert sheet["B2"].value == -1.5
    assert b"<f>" not in zipfile.ZipFile(tmp_path / "a.xlsx").read("xl/worksheets/sheet1.xml")


def test_a_csv_opens_in_excel_with_its_names_right(tmp_path: Path) -> None:
    writers.write(TOWN["units"], tmp_path / "a.csv", layer="units", headings="chinese")
    data = (tmp_path / "a.csv").read_bytes()
    assert data.startswith("\ufeff单位编号,单位名称".encode())


def test_days_are_days_in_excel(tmp_path: Path) -> None:
    writers.write(TOWN["assignments"], tmp_path / "a.xlsx", layer="assignments")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    since = next(cell for cell in sheet[1] if cell.value == "since").column
    assert sheet.cell(2, since).is_date


def test_geojson_is_as_rfc_7946_has_it_and_says_cgcs2000(tmp_path: Path) -> None:
    writers.write(TOWN["grids"], tmp_path / "a.geojson", layer="grids")
    document = json.loads((tmp_path / "a.geojson").read_text("utf-8"))
    assert document["crs"]["properties"]["name"] == "urn:ogc:def:crs:EPSG::4490"
    ring = Polygon(document["features"][0]["geometry"]["coordinates"][0][0]).exterior
    assert ring.is_ccw
    writers.write(TOWN["grids"].to_crs("EPSG:4326"), tmp_path / "b.geojson")
    assert "crs" not in json.loads((tmp_path / "b.geojson").read_text("utf-8"))
    with pytest.raises(CrsError, match="degrees"):
        writers.write(TOWN["grids"].to_crs("EPSG:4550"), tmp_path / "c.geojson")


def test_tables_of_any_shape_are_written(tmp_path: Path) -> None:
    found = gpd.GeoDataFrame(
        {"codes": [("a", "b"), ()], "area_m2": [1.5, float("nan")], "n": [1, 2]},
        geometry=[Point(122.5, 53), Polygon([(122, 53), (123, 53), (123, 54)])],
        crs="EPSG:4490",
    )
    for ending in FORMATS:
        writers.write(found, tmp_path / f"a{ending}")
        raw = read_here(tmp_path / f"a{ending}", tmp_path)
        assert raw.frame["codes"].fillna("").tolist() == ["a, b", ""]
        assert raw.frame["area_m2"].isna().tolist() == [False, True]
        writers.write(found.iloc[:0], tmp_path / f"empty{ending}")


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_text("before")
    with pytest.raises(CrsError):
        writers.write(TOWN["grids"].to_crs("EPSG:4550"), path)
    assert path.read_text() == "before"
    assert [file.name for file in tmp_path.iterdir()] == ["a.geojson"]


def test_another_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedFormatError, match=r"\.kml"):
        writers.write(TOWN["grids"], tmp_path / "a.kml")


def test_the_demo_city_is_ordinary_files_that_import_without_a_fault(tmp_path: Path) -> None:
    demo = pytest.importorskip("gridmap.demo").city("mohe")
    references: dict[str, pd.Index] = {}
    files = demo_files.write(demo, tmp_path)
    assert [layer for layer, _, _ in files] == list(LAYERS)
    for layer, path, _ in files:
        preview = importing.prepare(read_here(path, tmp_path), LAYERS[layer], references=references)
        assert preview.faults.empty, preview.faults
        assert len(preview.added) == len(getattr(demo, layer))
        references[layer] = preview.added.index
    assert json.loads((tmp_path / "truth.json").read_text("utf-8"))["hot_spots"]
