"""The command line, as a user types it, in a folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from geodata import writers
from gridmap import layers
from tests.commands import Commands
from tests.town import SQUARES, raw_town, town

ORDER = (
    "districts",
    "subdistricts",
    "communities",
    "grids",
    "roads",
    "inspection_points",
    "compounds",
    "units",
    "assignments",
    "issues",
)


class Folder:
    """A folder with a register, and the command run in it."""

    def __init__(self, path: Path, commands: Commands) -> None:
        self.path = path
        self.commands = commands
        self.environment = {
            **os.environ,
            "GRIDMAP_DATABASE_URL": "gpkg:///town.gpkg",
            "GRIDMAP_LANGUAGE": "en",
        }

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self.commands.run(*words, cwd=self.path, env=self.environment)

    def answer(self, *words: str) -> dict[str, object]:
        done = self.run("--json", *words)
        assert done.returncode == 0, done.stdout + done.stderr
        answer: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
        return answer


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, commands: Commands) -> Folder:
    made = Folder(tmp_path_factory.mktemp("office"), commands)
    assert made.run("migrate", "--name", "试验镇").returncode == 0
    endings = {"units": "xlsx", "assignments": "csv", "issues": "parquet", "roads": "gpkg"}
    for name, frame in raw_town("EPSG:4490").items():
        file = f"{name}.{endings.get(name, 'geojson')}"
        writers.write(layers.conform(frame, layers.LAYERS[name]), made.path / file, layer=name)
    for name in ORDER:
        file = f"{name}.{endings.get(name, 'geojson')}"
        counts = made.answer("import", name, file, "--since", "2026-01-01")
        assert counts["added"] == len(raw_town()[name]), counts
    return made


def test_without_a_command_the_help_is_shown(folder: Folder) -> None:
    for words in ([], ["--help"], ["import", "--help"]):
        done = folder.run(*words)
        assert "gridmap" in (done.stdout + done.stderr)


def test_as_a_program_of_its_own_it_says_the_same(folder: Folder) -> None:
    for words in (["--version"], ["coverage", "--as-of", "yesterday"]):
        program = subprocess.run(
            [sys.executable, "-m", "gridmap", *words],
            cwd=folder.path,
            env=folder.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        forked = folder.run(*words)
        assert (program.stdout, program.stderr) == (forked.stdout, forked.stderr)
        assert program.returncode == forked.returncode


def test_every_command_has_an_example(folder: Folder) -> None:
    commands = [
        "demo",
        "serve",
        "migrate",
        "import",
        "export",
        "check",
        "locate",
        "coverage",
        "hotspots",
    ]
    for command in commands:
        assert f"gridmap {command}" in folder.run(command, "--help").stdout


def test_importing_the_same_file_again_changes_nothing(folder: Folder) -> None:
    counts = folder.answer("import", "grids", "grids.geojson", "--since", "2026-01-01")
    assert (counts["added"], counts["changed"], counts["unchanged"]) == (0, 0, 7)


def test_wrong_usage_is_2_and_a_refusal_is_1(folder: Folder) -> None:
    assert folder.run("fly").returncode == 2
    assert folder.run("import", "grids", "nowhere.geojson").returncode == 2
    (folder.path / "bad.csv").write_text("code,name\n232702,甲\n232702,乙\n", "utf-8")
    refused = folder.run("import", "districts", "bad.csv")
    assert refused.returncode == 1
    assert "duplicate" in refused.stdout + refused.stderr


def test_a_dry_run_changes_nothing(folder: Folder) -> None:
    before = folder.answer("export", "units", "before.csv")
    (folder.path / "more.csv").write_text("单位编号,单位名称\nu9,市新局\n", "utf-8")
    counts = folder.answer("import", "units", "more.csv", "--dry-run")
    assert counts["added"] == 1
    assert folder.answer("export", "units", "after.csv")["rows"] == before["rows"]


@pytest.mark.parametrize("ending", ["geojson", "gpkg", "parquet", "xlsx", "csv"])
def test_an_export_read_again_is_the_same(folder: Folder, ending: str) -> None:
    file = f"grids_out.{ending}"
    folder.answer("export", "grids", file)
    counts = folder.answer("import", "grids", file, "--since", "2026-02-01")
    assert (counts["added"], counts["changed"], counts["unchanged"]) == (0, 0, 7)


def test_a_clean_town_passes_the_audit_but_for_its_gap(folder: Folder) -> None:
    done = folder.run("--json", "check", "--level", "grid")
    assert done.returncode == 1
    faults = json.loads(done.stdout.splitlines()[-1])["faults"]
    assert [fault["fault"] for fault in faults] == ["gap"]
    assert faults[0]["area_m2"] == pytest.approx(10_000, rel=1e-3)


def test_places_of_a_file_are_located(folder: Folder) -> None:
    spots = gpd.GeoDataFrame(
        {"名称": ["甲", "乙"]},
        geometry=town("EPSG:4490")["inspection_points"].geometry.to_numpy(),
        crs="EPSG:4490",
    )
    table = pd.DataFrame(
        {"名称": spots["名称"], "经度": spots.geometry.x, "纬度": spots.geometry.y}
    )
    table.to_csv(folder.path / "places.csv", index=False)
    answer = folder.answer("locate", "places.csv", "-o", "located.csv", "--crs", "4490")
    assert answer["outside"] == 0
    located = pd.read_csv(folder.path / "located.csv", dtype=str)
    assert located["code"].tolist() == ["232701100001001", "232701100002007"]
    assert located["unit_id"].tolist()[0] == "u2"  # the market's own unit, before the grid's


@pytest.mark.parametrize("ending", ["gpkg", "geojson", "xlsx", "html", "csv", "parquet"])
def test_gaps_are_written_in_the_format_of_the_ending(folder: Folder, ending: str) -> None:
    file = folder.path / f"gaps.{ending}"
    answer = folder.answer("coverage", "-o", file.name)
    assert file.stat().st_size > 0
    assert len(answer["gaps"]) == 5  # type: ignore[arg-type]
    if ending == "gpkg":
        assert set(gpd.read_file(file)["reason"]) == {
            "no_grid",
            "no_unit",
            "unit_inactive",
            "no_contact",
        }


def test_too_little_data_for_hot_spots_is_a_refusal_with_its_reason(folder: Folder) -> None:
    done = folder.run("hotspots", "--since", "2026-01-01")
    assert done.returncode == 1
    assert "30 areas" in done.stderr


def test_the_service_refuses_to_listen_beyond_this_machine(folder: Folder) -> None:
    everywhere = "0.0.0.0"  # noqa: S104 - it must refuse
    done = folder.run("serve", "--host", everywhere)
    assert done.returncode == 1
    assert "Nobody can sign in yet" in done.stderr
    folder.run("user", "add", "wang", "--name", "王一", "--role", "city_office")
    done = folder.run("serve", "--host", everywhere)
    assert done.returncode == 1
    assert "GRIDMAP_HTTPS" in done.stderr


def test_the_grids_exported_are_those_of_the_day(folder: Folder) -> None:
    assert folder.answer("export", "grids", "none.csv", "--as-of", "2025-12-31")["rows"] == 0
    assert folder.answer("export", "grids", "all.csv", "--as-of", "2026-01-01")["rows"] == len(
        SQUARES
    )


@pytest.mark.parametrize(
    "words", [["export", "grids", "town.gpkg"], ["coverage", "-o", "./town.gpkg"]]
)
def test_nothing_is_written_over_the_register_itself(folder: Folder, words: list[str]) -> None:
    before = (folder.path / "town.gpkg").read_bytes()
    done = folder.run(*words)
    assert done.returncode == 1
    assert "register itself" in done.stderr
    assert (folder.path / "town.gpkg").read_bytes() == before


def test_an_unknown_layer_is_refused_with_those_there_are(folder: Folder) -> None:
    done = folder.run("import", "streets", "grids.geojson")
    assert done.returncode == 1
    assert "subdistricts" in done.stderr


@pytest.mark.parametrize("day", ["2026-13-01", "yesterday"])
def test_a_day_that_is_none_is_refused_in_a_sentence(folder: Folder, day: str) -> None:
    done = folder.run("coverage", "--as-of", day)
    assert done.returncode == 1
    assert "is no day" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_setting_that_cannot_be_is_refused_in_a_sentence(folder: Folder) -> None:
    done = folder.run("--language", "fr", "coverage")
    assert done.returncode == 1
    assert "language" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_day_before_the_register_began_is_said_to_be_empty(folder: Folder) -> None:
    done = folder.run("coverage", "--as-of", "2025-01-01")
    assert done.returncode == 1
    assert "no ground" in done.stderr


def test_a_second_primary_unit_is_refused_at_import(folder: Folder) -> None:
    (folder.path / "second.csv").write_text(
        "包保对象类型,包保对象编号,单位编号,包保层级,包保方案,开始日期\n"
        "网格,232701100001001,u2,责任单位,main,2026-03-01\n",
        "utf-8",
    )
    done = folder.run("--json", "import", "assignments", "second.csv")
    assert done.returncode == 1
    faults = json.loads(done.stdout.splitlines()[-1])["errors"]
    assert [(fault["code"], fault["value"]) for fault in faults] == [("already-assigned", "u1")]


def test_the_planner_keeps_to_what_is_fixed_and_forbidden(folder: Folder) -> None:
    grid = "232701100002007"
    made = folder.answer(
        "plan", "就近", "--effective", "2026-07-01", "--fixed", f"{grid}=u1", "--time-limit", "10"
    )
    assert (made["status"], made["gap"]) == ("optimal", 0)
    done = folder.run("plan", "无解", "--fixed", f"{grid}=u1", "--forbidden", f"{grid}=u1")
    assert done.returncode == 1
    assert folder.run("plan", "错", "--fixed", "nothing").returncode == 1
