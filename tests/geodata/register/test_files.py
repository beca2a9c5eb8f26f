"""Layers as files: previews, imports and exports."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import geopandas as gpd
import pytest
from shapely import MultiPolygon

from geodata import writers
from geodata.errors import StaleError
from geodata.register import ImportOptions
from gridmap.assignments import Target
from gridmap.errors import InvalidError, NotFoundError
from tests.geodata.register.acts import GRIDS, MARCH, MAY, WriteText
from tests.geodata.towns import Office, opened
from tests.town import COMMUNITIES, METRIC, square


def exported(office: Office, layer: str, name: str, folder: Path) -> Path:
    writers.write(office.store.read(layer), folder / name, layer=layer)
    return folder / name


def test_a_preview_shows_what_would_happen_and_changes_nothing(
    office: Office, text: WriteText
) -> None:
    path = text("units.csv", "单位编号,单位名称\nu1,市林草局\nu2,市教育局\nu9,市新局\n")
    preview = office.register.preview("units", path, ImportOptions(MARCH))
    assert preview.counts == {
        "added": 1,
        "changed": 1,
        "unchanged": 1,
        "retired": 0,
        "refused": 0,
    }
    assert list(preview.changed.index) == ["u1"]
    assert office.entries() == 1  # the town's own
    assert "u9" not in office.reports.frame("units", date(2030, 1, 1)).index


def test_what_was_imported_holds_from_its_day_and_the_past_stays(
    office: Office, text: WriteText
) -> None:
    path = text("units.csv", "单位编号,单位名称\nu1,市林草局\nu9,市新局\n")
    counts = office.register.import_file("units", path, ImportOptions(MARCH))
    assert (counts["added"], counts["changed"]) == (1, 1)
    before, after = (office.reports.frame("units", day) for day in (date(2026, 2, 28), MARCH))
    assert (before.loc["u1", "name"], after.loc["u1", "name"]) == ("市林业局", "市林草局")
    assert "u9" not in before.index
    assert after.loc["u9", "name"] == "市新局"
    assert after.loc["u1", "phone"] == "0457-0000001"  # of which the file says nothing


def test_one_wrong_row_refuses_the_whole_file(office: Office, text: WriteText) -> None:
    path = text("units.csv", "单位编号,单位名称,人数\nu8,市甲局,5\nu9,市乙局,-1\n")
    preview = office.register.preview("units", path, ImportOptions(MARCH))
    assert preview.faults[["row", "column", "value"]].astype(str).to_numpy().tolist() == [
        ["3", "headcount", "-1"]
    ]
    with pytest.raises(InvalidError) as refused:
        office.register.commit("units", preview, ImportOptions(MARCH), "units.csv")
    assert refused.value.faults is preview.faults
    assert office.entries() == 1
    assert "u8" not in office.store.read("units").index


def test_a_preview_is_stale_once_somebody_else_has_written_its_layer(
    office: Office, text: WriteText, tmp_path: Path
) -> None:
    options = ImportOptions(MARCH)
    preview = office.register.preview("units", text("a.csv", "单位编号,单位名称\nu8,甲\n"), options)
    other = opened(tmp_path / "town.gpkg")
    other.register.import_file("units", text("b.csv", "单位编号,单位名称\nu8,乙\n"), options)
    with pytest.raises(StaleError):
        office.register.commit("units", preview, options, "a.csv")
    assert office.store.read("units").loc["u8", "name"] == "乙"
    assert office.entries() == 2
    other.store.close()


def test_a_preview_is_not_stale_because_another_layer_was_written(
    office: Office, text: WriteText
) -> None:
    options = ImportOptions(MARCH)
    preview = office.register.preview("units", text("a.csv", "单位编号,单位名称\nu8,甲\n"), options)
    office.assign([Target("grid", GRIDS[3])], "u1", since=MARCH)
    assert office.register.commit("units", preview, options, "a.csv")["added"] == 1


@pytest.mark.parametrize("layer", ["grids", "units", "assignments", "issues"])
def test_what_was_exported_is_imported_without_a_change_or_an_entry(
    office: Office, layer: str, tmp_path: Path
) -> None:
    path = exported(office, layer, f"{layer}.xlsx", tmp_path)
    rows = len(office.store.read(layer))
    counts = office.register.import_file(layer, path, ImportOptions(MARCH))
    assert counts == {"added": 0, "changed": 0, "unchanged": rows, "retired": 0, "refused": 0}
    assert office.entries() == 1


def test_a_file_is_compared_with_the_day_from_which_it_holds(
    office: Office, text: WriteText
) -> None:
    old = text("old.csv", "单位编号,单位名称\nu1,市林业局\n")
    office.register.import_file(
        "units", text("new.csv", "单位编号,单位名称\nu1,市林草局\n"), ImportOptions(MAY)
    )
    again = office.register.import_file("units", old, ImportOptions(MARCH))
    assert (again["changed"], again["unchanged"]) == (0, 1)
    back = office.register.import_file("units", old, ImportOptions(date(2026, 6, 1)))
    assert back["changed"] == 1
    named = [
        office.reports.frame("units", day).loc["u1", "name"]
        for day in (MARCH, MAY, date(2026, 6, 1))
    ]
    assert named == ["市林业局", "市林草局", "市林业局"]


def test_what_a_file_lacks_stays_unless_it_is_to_be_retired(
    office: Office, text: WriteText
) -> None:
    path = text("units.csv", "单位编号,单位名称\nu1,市林业局\nu2,市教育局\n")
    kept = office.register.import_file("units", path, ImportOptions(MARCH))
    assert kept["retired"] == 0
    gone = office.register.import_file("units", path, ImportOptions(MARCH, retire_missing=True))
    assert gone["retired"] == 3
    assert list(office.reports.frame("units", MARCH).index) == ["u1", "u2"]
    assert len(office.reports.frame("units", date(2026, 2, 28))) == 5


def test_repeated_keys_are_refused_until_somebody_chooses(office: Office, text: WriteText) -> None:
    path = text("units.csv", "单位编号,单位名称\nu9,甲\nu9,乙\n")
    options = ImportOptions(MARCH)
    assert office.register.preview("units", path, options).counts["refused"] == 2
    for choice, name in (("first", "甲"), ("last", "乙")):
        preview = office.register.preview("units", path, replace(options, duplicates=choice))
        assert preview.added["name"].tolist() == [name]


def test_the_division_above_is_found_by_place(office: Office, tmp_path: Path) -> None:
    new = gpd.GeoDataFrame(
        {"code": ["232701100002008", "232701100002009"]},
        geometry=[square(3, 1), square(9, 9)],  # in the eastern community; out of town
        crs=METRIC,
    )
    path = tmp_path / "grids.geojson"
    new.to_crs("EPSG:4490").to_file(path, driver="GeoJSON")
    options = ImportOptions(MARCH, parents_by_place=True)
    preview = office.register.preview("grids", path, options)
    assert preview.added["parent"].to_dict() == {"232701100002008": COMMUNITIES[1]}
    assert preview.faults[["column", "code"]].to_numpy().tolist() == [["parent", "missing"]]


def test_a_row_without_a_polygon_has_no_place_to_be_found_by(
    office: Office, tmp_path: Path
) -> None:
    new = gpd.GeoDataFrame(
        {"code": ["232701100001", "232701100003"], "name": ["甲", "乙"]},
        geometry=[square(0, 0), MultiPolygon()],
        crs=METRIC,
    ).to_crs("EPSG:4490")
    new.loc[1, "geometry"] = None
    new.to_file(tmp_path / "communities.geojson", driver="GeoJSON")
    options = ImportOptions(MARCH, parents_by_place=True)
    preview = office.register.preview("communities", tmp_path / "communities.geojson", options)
    assert preview.changed["parent"].to_dict() == {"232701100001": "232701100"}
    assert preview.added["parent"].isna().all()


@pytest.mark.parametrize("layer", ["districts", "units"])
def test_a_layer_with_nothing_above_it_has_no_parents_by_place(
    office: Office, text: WriteText, layer: str
) -> None:
    path = text("file.csv", "code,name\n232701,甲\n")
    with pytest.raises(NotFoundError):
        office.register.preview(layer, path, ImportOptions(MARCH, parents_by_place=True))
