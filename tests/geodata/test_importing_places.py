"""The places of a file: its CRS, its numbers, its polygons."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import Point, box

from geodata import importing, readers
from geodata.readers import Raw
from gridmap.errors import CrsError
from gridmap.layers import LAYERS
from tests.geodata.files import GRIDS, TOWN, as_read, faults, raw


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
