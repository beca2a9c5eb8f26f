"""The demo city, made and imported by one command: what was planted in it is found, and no more."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from pyproj import Geod

from api.settings import Settings
from geodata.register import ImportOptions
from geodata.reports import emerging
from geodata.reports.road_spots import REACH_M, find_on_roads
from geodata.reports.selection import Selection
from gridmap.bulletins import Month, faults
from gridmap.hotspots import HotSpots
from tests.commands import Commands
from tests.geodata.towns import ZONE, Office, opened
from web.maps.files import hotspots_file

pytestmark = pytest.mark.scenario
FIRST, LAST = date(2025, 10, 1), date(2026, 9, 30)
MADE = ("demo", "--city", "mohe", "--folder", "files", "--until", LAST.isoformat())
LEVELS = ("city", "district", "subdistrict", "community", "grid")


@dataclass(frozen=True)
class Demo:
    """The folder in which the command was run, the register in it, and what was planted."""

    folder: Path
    office: Office
    truth: dict[str, Any]

    def hot_spots(self, **asked: Any) -> HotSpots:
        given = {"since": FIRST, "until": LAST, "as_of": LAST, **asked}
        return self.office.reports.hotspots(**given)


def gridmap(commands: Commands, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    own = {"GRIDMAP_DATABASE_URL": "gpkg:///demo.gpkg", "GRIDMAP_LANGUAGE": "en"}
    return commands.run(*words, cwd=folder, env={**os.environ, **own})


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, commands: Commands) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("demo")
    made = gridmap(commands, folder, *MADE)
    assert made.returncode == 0, made.stdout + made.stderr
    truth = json.loads((folder / "files" / "truth.json").read_text("utf-8"))
    office = opened(folder / "demo.gpkg")
    yield Demo(folder, office, truth)
    office.store.close()


# What was imported


def test_the_city_has_the_size_of_mohe(demo: Demo) -> None:
    reports = demo.office.reports
    counts = reports.overview(LAST).counts
    assert (counts["districts"], counts["subdistricts"], counts["communities"]) == (1, 1, 4)
    assert counts["grids"] == 101
    assert counts["inspection_points"] == 87
    assert (reports.frame("units", LAST)["party"] == "unit").sum() == 122
    held = reports.in_force(LAST)
    held = held[(held["target_kind"] == "grid") & held["tier"].isin(["responsible", "assisting"])]
    units = held.groupby("target")["unit_id"].nunique()
    assert (len(units), (units == 2).sum(), units.max()) == (101, 21, 2)


def test_a_second_run_leaves_the_register_as_it_is(demo: Demo, commands: Commands) -> None:
    before = demo.office.store.versions()
    again = gridmap(commands, demo.folder, *MADE)
    assert again.returncode == 1
    assert "there already" in again.stderr
    assert demo.office.store.versions() == before


def test_its_files_imported_again_change_nothing(demo: Demo) -> None:
    entries = demo.office.entries()
    files = [path for path in (demo.folder / "files").iterdir() if path.name != "truth.json"]
    for path in files:
        rows = len(demo.office.store.read(path.stem))
        counts = demo.office.register.import_file(path.stem, path, ImportOptions(FIRST))
        wanted = {"added": 0, "changed": 0, "unchanged": rows, "retired": 0, "refused": 0}
        assert counts == wanted, path.name
    assert len(files) == 10
    assert demo.office.entries() == entries
    assert demo.office.store.verify() is None


def test_every_issue_has_the_grid_and_the_unit_of_its_day(demo: Demo) -> None:
    issues = demo.office.reports.issues()
    grids = demo.office.reports.frame("grids", LAST)
    placed = issues.sample(500, random_state=1)
    lies_in = placed.sjoin(grids[["geometry"]], predicate="intersects")
    found = lies_in.groupby(level=0)["code"].agg(set)
    assert all(placed.loc[key, "grid"] in codes for key, codes in found.items())
    assert len(found) == len(placed)
    assert issues["unit_id"].notna().mean() > 0.95


# Coverage


def test_the_gaps_are_exactly_those_that_were_planted(demo: Demo) -> None:
    gaps = demo.office.reports.gaps(LAST)
    truth = demo.truth
    assert sorted(gaps.loc[gaps["reason"] == "unit_inactive", "code"]) == truth["inactive_grids"]
    assert sorted(gaps.loc[gaps["reason"] == "no_contact", "code"]) == truth["no_contact_grids"]
    blind = gaps[gaps["reason"] == "no_grid"].sort_values("area_m2")
    planted = sorted(truth["blind_areas"], key=lambda area: area["area_m2"])
    assert len(gaps) == len(blind) + 2
    assert blind["community"].to_list() == [area["parent"] for area in planted]
    assert blind["area_m2"].to_list() == pytest.approx(
        [area["area_m2"] for area in planted], rel=1e-6
    )
    for found, area in zip(blind.geometry, planted, strict=True):
        assert found.hausdorff_distance(shapely.from_wkt(area["geometry"])) < 1e-8  # a millimetre


def test_the_figures_are_those_of_the_ellipsoid(demo: Demo) -> None:
    """Geodesic areas on GRS 80, by GeographicLib's algorithm: not our projection."""
    ellipsoid = Geod(ellps="GRS80")
    gaps = demo.office.reports.gaps(LAST)
    for shape, area in zip(gaps.geometry, gaps["area_m2"], strict=True):
        assert abs(ellipsoid.geometry_area_perimeter(shape)[0]) == pytest.approx(area, rel=1e-6)
    whole = demo.office.reports.areas("district", LAST).geometry.iloc[0]
    city = demo.office.reports.coverage("city", LAST).iloc[0]
    assert abs(ellipsoid.geometry_area_perimeter(whole)[0]) == pytest.approx(
        city["ground_m2"], rel=1e-6
    )


@pytest.mark.parametrize("level", LEVELS)
def test_covered_ground_and_gaps_are_all_the_ground_at_every_level(demo: Demo, level: str) -> None:
    reports = demo.office.reports
    table = reports.coverage(level, LAST)
    bare = reports.gaps(LAST)["area_m2"].sum() + reports.slivers(LAST).area_m2
    assert table["covered_m2"].sum() + bare == pytest.approx(table["ground_m2"].sum(), rel=1e-9)
    whole = reports.coverage("city", LAST).iloc[0]
    for measure in ("ground_m2", "covered_m2", "roads_m", "roads_covered_m", "points_n"):
        assert table[measure].sum() == pytest.approx(whole[measure], rel=1e-9), measure


def test_the_road_and_the_points_that_nobody_has_are_missing(demo: Demo) -> None:
    city = demo.office.reports.coverage("city", LAST).iloc[0]
    stretch = demo.truth["unassigned_road"]
    missing = city["roads_m"] - city["roads_covered_m"]
    assert missing == pytest.approx(stretch["to_m"] - stretch["from_m"], abs=0.01)
    assert city["points_n"] - city["points_covered_n"] == len(demo.truth["unassigned_points"])
    held = demo.office.reports.in_force(LAST)
    points = demo.office.reports.frame("inspection_points", LAST).index
    bare = points.difference(held.loc[held["target_kind"] == "inspection_point", "target"])
    assert sorted(bare) == demo.truth["unassigned_points"]


def test_the_audit_finds_the_blind_areas_and_nothing_else(demo: Demo, commands: Commands) -> None:
    words = ("--json", "check", "--level", "grid", "--as-of", LAST.isoformat())
    done = gridmap(commands, demo.folder, *words)
    assert done.returncode == 1
    faults = json.loads(done.stdout.splitlines()[-1])["faults"]
    assert {fault["fault"] for fault in faults} <= {"gap", "hole"}
    planted = sorted(area["area_m2"] for area in demo.truth["blind_areas"])
    assert sorted(fault["area_m2"] for fault in faults) == pytest.approx(planted, rel=1e-6)


# The bulletin


def test_last_month_is_frozen_and_its_hash_holds(demo: Demo) -> None:
    book = demo.office.store.read("bulletins")
    assert book["amendment"].to_list() == [0]
    last = Month.with_day(demo.office.store.now().astimezone(ZONE).date()).back()
    assert book["month"].dt.date.to_list() == [last.first]
    assert faults(book).empty


# Hot spots


@pytest.mark.parametrize("number", range(3))
def test_a_planted_hot_spot_is_found_and_nothing_far_from_it(demo: Demo, number: int) -> None:
    planted = demo.truth["hot_spots"][number]
    found = demo.hot_spots(
        since=date.fromisoformat(planted["since"]),
        until=date.fromisoformat(planted["until"]) - timedelta(days=1),
        category=planted["category"],
    ).table
    hot = set(found.index[found["significant"] & (found["class"] > 0)])
    assert len(planted["grids"]) == 7
    assert len(hot & set(planted["grids"])) >= 6
    grids = found[["geometry"]]
    beside = gpd.sjoin(grids, grids.loc[planted["grids"]], predicate="intersects")
    assert hot <= set(beside.index)


@pytest.mark.parametrize("number", [0, 1])
def test_a_planted_hot_spot_is_found_along_the_roads_and_nothing_far_from_it(
    demo: Demo, number: int
) -> None:
    planted = demo.truth["hot_spots"][number]
    workspace = demo.office.reports.workspace
    first, after = (date.fromisoformat(planted[name]) for name in ("since", "until"))
    wanted = Selection(first, after - timedelta(days=1), planted["category"])
    found = find_on_roads(workspace, workspace, wanted, ZONE, LAST)
    metric = workspace.metric_crs(LAST)
    grids = workspace.measured("grids", LAST)
    ground = grids.loc[planted["grids"]].union_all()
    hot = found.stretches[found.stretches["class"] == 3].to_crs(metric)
    assert hot.length.sum() > 500
    assert hot.intersection(ground.buffer(10)).length.sum() > 0.6 * hot.length.sum()
    assert hot.distance(ground).max() < REACH_M
    named = {piece["unit_id"] for pieces in hot["answers"] for piece in pieces} - {None}
    assert named
    assert named <= set(workspace.frame("units", LAST).index)


def test_planted_seasons_are_hot_in_their_months_and_nothing_far_from_them_is(demo: Demo) -> None:
    for planted in demo.truth["hot_spots"]:
        wanted = Selection(FIRST, LAST, category=planted["category"])
        found = emerging.find(demo.office.reports.workspace, wanted, "month", ZONE, LAST)
        hot = found.emerging.classes >= 2
        within = [
            n
            for n, step in enumerate(found.steps.whole)
            if planted["since"] <= step.since.isoformat() < planted["until"]
        ]
        assert hot.loc[planted["grids"]].iloc[:, within].to_numpy().mean() > 0.4
        table = found.emerging.table
        ground = table.loc[planted["grids"]].union_all()
        beside = table.intersects(ground.buffer(1e-6))
        assert not hot[~beside].to_numpy().any()


def test_the_pile_is_no_hot_stretch(demo: Demo) -> None:
    pile = next(decoy for decoy in demo.truth["decoys"] if decoy["kind"] == "pile")
    workspace = demo.office.reports.workspace
    found = find_on_roads(workspace, workspace, Selection(FIRST, LAST), ZONE, LAST)
    assert found.spots.method.n_on_piles == pile["n"]
    assert found.spots.piles["n"].to_list() == [pile["n"]]


def test_the_pile_is_reported_and_its_grid_is_not_hot(demo: Demo) -> None:
    pile = next(decoy for decoy in demo.truth["decoys"] if decoy["kind"] == "pile")
    found = demo.hot_spots()
    assert found.piles[["x", "y", "n"]].to_numpy().tolist() == [
        [pile["lon"], pile["lat"], pile["n"]]
    ]
    assert found.method.n_on_piles == pile["n"]
    assert found.table.loc[pile["grid"], "class"] == 0
    counted = found.table["count"].sum()
    assert counted + pile["n"] + found.method.n_outside == len(demo.office.reports.issues())


def test_the_pile_is_counted_only_where_somebody_asks(demo: Demo) -> None:
    reports = demo.office.reports
    since, until = reports.usual_period()
    period = {"since": since, "until": until, "as_of": until}
    without, asked = reports.hotspots(**period), reports.hotspots(**period, keep_piles=True)
    assert asked.method.n_on_piles == 0
    assert asked.method.n_points == without.method.n_points + without.method.n_on_piles


def test_the_loud_reporter_is_found_in_his_grid_and_nowhere_else(demo: Demo) -> None:
    planted = demo.truth["loud"]
    table = demo.hot_spots().table
    assert table.index[table["loud"]].to_list() == [planted["grid"]]
    assert table.loc[planted["grid"], "loudest"] == planted["n"]
    assert table.loc[planted["grid"], "loudest_share"] == pytest.approx(0.6, abs=0.02)
    once = demo.hot_spots(counting="reporter_days").table
    assert once.loc[planted["grid"], "count"] <= table.loc[planted["grid"], "count"]
    rest = once.index != planted["grid"]  # the reporters of all others are not known
    assert (once.loc[rest, "count"] == table.loc[rest, "count"]).all()


def test_where_many_people_live_is_no_hot_spot_per_resident(demo: Demo) -> None:
    crowd = next(decoy for decoy in demo.truth["decoys"] if decoy["kind"] == "population")
    found = demo.hot_spots(per="residents").table
    assert found["count"].nlargest(20).index.isin([crowd["grid"]]).any()
    assert found.loc[crowd["grid"], "class"] <= 0


def test_the_command_line_finds_what_the_reports_find(demo: Demo, commands: Commands) -> None:
    planted = demo.truth["hot_spots"][0]
    days = ("--since", planted["since"], "--until", LAST.isoformat())
    words = ("--json", "hotspots", *days, "--category", planted["category"], "-o", "s.html")
    done = gridmap(commands, demo.folder, *words)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    found = demo.hot_spots(category=planted["category"])
    told = {row["code"] for row in answer["significant"]}
    assert told == set(found.table.index[found.table["significant"]])
    assert answer["method"]["input_hash"] == found.method.input_hash
    assert (demo.folder / "s.html").stat().st_size > 0


def test_the_density_on_a_written_map_is_of_the_issues_that_were_asked_for(
    demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    reports, asked = demo.office.reports, []
    monkeypatch.setattr(reports, "heat", lambda **wanted: asked.append(wanted))
    category = reports.categories()[0]
    wanted = {"since": FIRST, "until": LAST, "category": category}
    hotspots_file(reports, Settings(), **wanted, found=demo.hot_spots(category=category))
    assert asked == [wanted]
