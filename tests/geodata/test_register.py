"""Use cases that change the town: files brought in, units made to answer, issues frozen."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely import MultiPolygon

from geodata import writers
from geodata.errors import StaleError
from geodata.register import ImportOptions
from gridmap.assignments import Target
from gridmap.errors import (
    AlreadyAssignedError,
    ConflictError,
    InvalidError,
    NotFoundError,
)
from tests.geodata.towns import Office, opened
from tests.registers import town_register
from tests.town import COMMUNITIES, METRIC, SQUARES, place, square

MARCH, MAY = date(2026, 3, 1), date(2026, 5, 1)
GRIDS = list(SQUARES)
WriteText = Callable[[str, str], Path]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(town_register(tmp_path_factory.mktemp("template")).removeprefix("gpkg:///"))


@pytest.fixture
def office(template: Path, tmp_path: Path) -> Iterator[Office]:
    shutil.copy(template, tmp_path / "town.gpkg")
    made = opened(tmp_path / "town.gpkg")
    yield made
    made.store.close()


@pytest.fixture
def text(tmp_path: Path) -> WriteText:
    def write(name: str, content: str) -> Path:
        (tmp_path / name).write_text(content, "utf-8")
        return tmp_path / name

    return write


def exported(office: Office, layer: str, name: str, folder: Path) -> Path:
    writers.write(office.store.read(layer), folder / name, layer=layer)
    return folder / name


def holders(office: Office, grid: str, day: date) -> list[str]:
    rows = office.reports.in_force(day)
    mine = rows[(rows["target"] == grid) & (rows["tier"] == "responsible")]
    return sorted(mine["unit_id"])


# Files


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


# Assignments as files

HEADINGS = "assignment_id,target_kind,target,unit_id,tier,scheme,since,until,note\n"


def test_an_assignment_is_written_once(office: Office, text: WriteText) -> None:
    row = f"a1,grid,{GRIDS[0]},u2,responsible,main,2026-01-01,,\n"
    preview = office.register.preview(
        "assignments", text("a.csv", HEADINGS + row), ImportOptions(MARCH)
    )
    found = preview.faults[["row", "column", "code", "value"]].astype(str).to_numpy().tolist()
    assert found == [["2", "unit_id", "written-once", "u2"]]
    assert len(preview.changed) == 0
    with pytest.raises(InvalidError):
        office.register.commit("assignments", preview, ImportOptions(MARCH), "a.csv")
    assert holders(office, GRIDS[0], MARCH) == ["u1"]


def test_an_end_in_a_file_releases(office: Office, text: WriteText) -> None:
    row = f"a1,grid,{GRIDS[0]},u1,responsible,main,2026-01-01,2026-03-01,撤销\n"
    path = text("a.csv", HEADINGS + row)
    counts = office.register.import_file("assignments", path, ImportOptions(MARCH))
    assert (counts["added"], counts["changed"]) == (0, 1)
    assert holders(office, GRIDS[0], date(2026, 2, 28)) == ["u1"]
    assert holders(office, GRIDS[0], MARCH) == []
    again = office.register.import_file("assignments", path, ImportOptions(MARCH))
    assert (again["changed"], again["unchanged"]) == (0, 1)


def test_assignments_that_a_file_lacks_end_on_its_day_and_the_past_stays(
    office: Office, text: WriteText
) -> None:
    row = f"a1,grid,{GRIDS[0]},u1,responsible,main,2026-01-01,,\n"
    options = ImportOptions(MARCH, retire_missing=True)
    counts = office.register.import_file("assignments", text("a.csv", HEADINGS + row), options)
    assert counts["retired"] == 8
    assert len(office.reports.in_force(date(2026, 2, 28))) == 9
    assert list(office.reports.in_force(MARCH).index) == ["a1"]
    assert (office.store.read("assignments").loc["a4":, "until"] == pd.Timestamp(MARCH)).all()


def test_an_assignment_cannot_be_retired_on_the_day_it_begins(
    office: Office, text: WriteText
) -> None:
    row = f"a1,grid,{GRIDS[0]},u1,responsible,main,2026-01-01,,\n"
    options = ImportOptions(date(2026, 1, 1), retire_missing=True)
    preview = office.register.preview("assignments", text("a.csv", HEADINGS + row), options)
    assert set(preview.faults["code"]) == {"interval"}
    assert sorted(preview.faults["value"]) == [f"a{n}" for n in range(2, 10)]


def test_an_assignment_of_what_the_register_does_not_know_is_refused(
    office: Office, text: WriteText
) -> None:
    rows = "b1,grid,nowhere,u1,responsible,main,2026-03-01,,\n"
    rows += f"b2,grid,{GRIDS[3]},nobody,responsible,main,2026-03-01,,\n"
    preview = office.register.preview(
        "assignments", text("a.csv", HEADINGS + rows), ImportOptions(MARCH)
    )
    found = preview.faults[["row", "column", "code"]].astype(str).to_numpy().tolist()
    assert found == [["2", "target", "reference"], ["3", "unit_id", "reference"]]


# Assignments one by one


def test_a_unit_answers_from_the_day_on_which_it_is_assigned(office: Office) -> None:
    changes = office.assign([Target("grid", GRIDS[3])], "u2", since=MARCH, source="令5")
    assert len(changes.added) == 1
    assert holders(office, GRIDS[3], date(2026, 2, 28)) == []
    assert holders(office, GRIDS[3], MARCH) == ["u2"]
    assert office.reports.gaps(date(2026, 2, 28))["code"].tolist().count(GRIDS[3]) == 1
    assert GRIDS[3] not in set(office.reports.gaps(MARCH)["code"])


def test_a_grid_with_another_unit_is_refused_and_nothing_is_written(office: Office) -> None:
    targets = [Target("grid", GRIDS[3]), Target("grid", GRIDS[0])]
    with pytest.raises(AlreadyAssignedError) as refused:
        office.assign(targets, "u2", since=MARCH)
    assert refused.value.holders == {GRIDS[0]: "u1"}
    assert office.entries() == 1
    assert holders(office, GRIDS[3], MARCH) == []


@pytest.mark.parametrize(
    ("target", "unit_id", "error"),
    [
        (Target("grid", "nowhere"), "u1", NotFoundError),
        (Target("division", GRIDS[3]), "u1", NotFoundError),
        (Target("grid", GRIDS[3]), "nobody", NotFoundError),
        (Target("grid", GRIDS[3]), "u4", ConflictError),  # no longer in use
    ],
)
def test_only_known_units_answer_for_known_targets(
    office: Office, target: Target, unit_id: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        office.assign([target], unit_id, since=MARCH)
    assert office.entries() == 1


def test_a_release_ends_on_its_day(office: Office) -> None:
    office.desk.release(["a1"], until=MARCH, note="撤销")
    assert holders(office, GRIDS[0], date(2026, 2, 28)) == ["u1"]
    assert holders(office, GRIDS[0], MARCH) == []
    assert len(office.store.read("assignments")) == 9  # ended, not deleted


def test_a_transfer_hands_over_everything_in_one_act(office: Office) -> None:
    changes = office.desk.transfer("u1", "u2", since=MAY).changes
    assert (len(changes.added), len(changes.released)) == (3, 3)  # 001, 002, and the road
    for grid in GRIDS[:2]:
        assert holders(office, grid, date(2026, 4, 30)) == ["u1"]
        assert holders(office, grid, MAY) == ["u2"]
    road = office.reports.unit("u2", MAY)
    assert road.roads_m == 150
    assert office.entries() == 2


def test_every_act_is_in_the_journal_with_who_did_it(office: Office, text: WriteText) -> None:
    office.register.import_file(
        "units", text("u.csv", "单位编号,单位名称\nu9,市新局\n"), ImportOptions(MARCH)
    )
    added = office.assign([Target("grid", GRIDS[3])], "u9", since=MARCH)
    office.desk.transfer("u9", "u2", since=MAY)
    office.desk.release(["a3"], until=MAY)
    entries = [office.store.journal.entry(seq) for seq in range(2, 6)]
    assert [(entry.who, entry.action) for entry in entries] == [
        ("王一", "import"),
        ("王一", "assign"),
        ("王一", "transfer"),
        ("王一", "release"),
    ]
    assert entries[0].what["source"] == "u.csv"
    assert entries[1].what["changes"]["assignments"]["added"] == 1
    assert added.added.index[0] in str(entries[1].what)
    assert set(entries[2].what["changes"]) == {"assignments", "releases"}
    assert office.store.verify() is None


# Issues

ISSUES = "issue_id,reported_at,category,lon,lat,grid,unit_id,rule\n"


def reported(*rows: tuple[str, str, tuple[float, float], str]) -> str:
    """Write issues: number, moment, metres east and north in town, and what the file says of it."""
    lines = []
    for number, moment, at, given in rows:
        spot = gpd.GeoSeries([place(*at)], crs=METRIC).to_crs("EPSG:4490").iloc[0]
        lines.append(f"{number},{moment},暴露垃圾,{spot.x:.8f},{spot.y:.8f},{given or ',,'}")
    return ISSUES + "\n".join(lines) + "\n"


def frozen(office: Office, path: Path) -> dict[str, list[str | None]]:
    office.register.import_file("issues", path, ImportOptions(MAY, crs="EPSG:4490"))
    rows = office.store.read("issues")[["grid", "unit_id", "rule"]]
    return {
        key: [None if pd.isna(value) else str(value)[-3:] for value in row]
        for key, *row in rows.loc[rows.index.str.startswith("n")].itertuples()
    }


def test_an_issue_keeps_the_grid_and_the_unit_of_the_day_it_was_reported(
    office: Office, text: WriteText
) -> None:
    office.desk.transfer("u1", "u2", since=MARCH)
    path = text(
        "issues.csv",
        reported(
            ("n1", "2025-12-31T15:00:00Z", (60, 160), ""),  # before the register began
            ("n2", "2026-02-28T15:59:59Z", (60, 160), ""),  # the last second of February in town
            ("n3", "2026-02-28T16:00:00Z", (60, 160), ""),  # the first of March
            ("n4", "2026-03-09T00:00:00Z", (150, 50), ""),  # nobody's
            ("n5", "2026-03-09T00:00:00Z", (350, 150), ""),  # on no grid
            ("n6", "2026-03-09T00:00:00Z", (30, 150), ""),  # at the market
        ),
    )
    assert frozen(office, path) == {
        "n1": [None, None, None],
        "n2": ["001", "u1", "rid"],
        "n3": ["001", "u2", "rid"],
        "n4": ["004", None, None],
        "n5": [None, None, None],
        "n6": ["001", "u2", "int"],
    }


def test_what_a_file_says_of_an_issue_is_kept(office: Office, text: WriteText) -> None:
    path = text(
        "issues.csv",
        reported(
            ("n1", "2026-03-09T00:00:00Z", (60, 160), "232701100001003,u2,road"),
            ("n2", "2026-03-09T00:00:00Z", (60, 160), ",u2,"),  # no rule leads to u2 there
            ("n3", "2026-03-09T00:00:00Z", (60, 160), ",u1,"),
        ),
    )
    assert frozen(office, path) == {
        "n1": ["003", "u2", "oad"],
        "n2": ["001", "u2", None],
        "n3": ["001", "u1", "rid"],
    }


def test_issues_stay_as_they_were_frozen_when_the_file_comes_again(
    office: Office, text: WriteText
) -> None:
    path = text("issues.csv", reported(("n1", "2026-03-09T00:00:00Z", (60, 160), "")))
    assert frozen(office, path) == {"n1": ["001", "u1", "rid"]}
    office.desk.transfer("u1", "u2", since=date(2026, 3, 1))
    entries = office.entries()
    assert frozen(office, path) == {"n1": ["001", "u1", "rid"]}
    assert office.entries() == entries
    closed = path.read_text("utf-8").replace("rule\n", "rule,state\n").rstrip() + ",closed_out\n"
    assert frozen(office, text("closed.csv", closed)) == {"n1": ["001", "u1", "rid"]}
    assert office.store.read("issues").loc["n1", "state"] == "closed_out"


def test_an_issue_without_a_place_is_kept_without_an_answer(
    office: Office, text: WriteText
) -> None:
    path = text("issues.csv", "issue_id,reported_at,category\nn1,2026-03-09T00:00:00Z,占道经营\n")
    assert frozen(office, path) == {"n1": [None, None, None]}


def test_an_act_that_changes_nothing_is_not_in_the_journal(office: Office) -> None:
    before = office.store.journal.last()
    again = office.assign([Target("grid", GRIDS[0])], "u1", since=MARCH)
    assert again.added.empty
    assert office.store.journal.last() == before
