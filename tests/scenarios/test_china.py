"""龙山区 and 漠河, from raw GCJ-02 borders and the official codes, by the command line."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from tests.commands import Commands

pytestmark = pytest.mark.scenario
PLACES = {"232701": "漠河市", "220402": "龙山区"}


def gridmap(commands: Commands, folder: Path, *words: str) -> dict[str, object]:
    own = {"GRIDMAP_DATABASE_URL": "gpkg:///city.gpkg", "PATH": "/usr/bin:/bin"}
    done = commands.run("--json", *words, cwd=folder, env=own)
    assert done.returncode == 0, done.stdout + done.stderr
    answer: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return answer


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, shared_data: Path, commands: Commands) -> Path:
    """Make a register of both places: borders as they come, names and codes as published."""
    made = tmp_path_factory.mktemp("china")
    raw = shared_data / "cn_boundaries_gcj02" / "raw"
    shapes = [gpd.read_file(raw / f"{code}.geojson").union_all() for code in PLACES]
    districts = gpd.GeoDataFrame(
        {"区划代码": list(PLACES), "名称": list(PLACES.values())}, geometry=shapes, crs=None
    )
    districts.set_crs("EPSG:4326").to_file(made / "districts.geojson", driver="GeoJSON")
    villages = pd.read_csv(shared_data / "cn_divisions" / "targets_village_level.csv", dtype=str)
    code = next(name for name in villages if villages[name].str.len().max() == 12)
    mine = villages[villages[code].str[:6].isin(list(PLACES))]
    streets = pd.read_parquet(shared_data / "cn_divisions" / "streets_2023.parquet").astype(str)
    street = next(name for name in streets if streets[name].str.len().max() == 9)
    nine = streets[streets[street].str[:6].isin(list(PLACES))]
    pd.DataFrame({"代码": nine[street], "名称": nine["name"]}).to_csv(
        made / "subdistricts.csv", index=False
    )
    name = next(column for column in villages if column in {"name", "village", "village_name"})
    pd.DataFrame({"代码": mine[code], "名称": mine[name]}).to_csv(
        made / "communities.csv", index=False
    )
    gridmap(commands, made, "migrate", "--name", "龙山与漠河")
    since = ("--since", "2023-06-30")
    gridmap(commands, made, "import", "districts", "districts.geojson", "--crs", "gcj02", *since)
    gridmap(commands, made, "import", "subdistricts", "subdistricts.csv", *since)
    gridmap(commands, made, "import", "communities", "communities.csv", *since)
    return made


def test_raw_borders_are_moved_from_gcj02_by_some_hundred_metres(
    folder: Path, shared_data: Path, commands: Commands
) -> None:
    gridmap(commands, folder, "export", "districts", "out.geojson")
    kept = gpd.read_file(folder / "out.geojson").set_index("code").to_crs("EPSG:4550")
    raw = gpd.read_file(shared_data / "cn_boundaries_gcj02" / "raw" / "232701.geojson")
    before = raw.set_crs("EPSG:4490", allow_override=True).to_crs("EPSG:4550").union_all()
    after = kept.loc["232701"].geometry
    moved = shapely.distance(before.centroid, after.centroid)
    assert 400 < moved < 700  # DOMAIN: 500-608 m in these cities
    assert after.area == pytest.approx(before.area, rel=1e-3)


def test_divisions_nest_by_their_codes_though_most_have_no_polygon(
    folder: Path, commands: Commands
) -> None:
    answer = gridmap(commands, folder, "export", "communities", "communities_out.csv")
    communities = pd.read_csv(folder / "communities_out.csv", dtype=str)
    subdistricts = pd.read_csv(folder / "subdistricts.csv", dtype=str)
    assert answer["rows"] == len(communities) > 60
    assert (communities["parent"] == communities["code"].str[:9]).all()
    assert set(communities["parent"]) <= set(subdistricts["代码"])


def test_nothing_is_covered_and_the_whole_ground_is_one_gap_each(
    folder: Path, commands: Commands
) -> None:
    words = ("coverage", "--level", "district", "--as-of", "2023-07-01", "-o", "gaps.html")
    coverage = gridmap(commands, folder, *words)
    gaps = coverage["gaps"]
    assert isinstance(gaps, list)
    assert coverage["share"] == 0
    assert {gap["reason"] for gap in gaps} == {"no_grid"}
    assert {gap["district_name"] for gap in gaps} == set(PLACES.values())
    # the statistical yearbook gives Mohe 18,427 km²
    mohe = sum(gap["area_m2"] for gap in gaps if gap["district"] == "232701")
    assert mohe / 1e6 == pytest.approx(18_427, rel=0.02)


def written(text: str) -> str:
    """Return a text as a script writes it."""
    return json.dumps(text).strip('"')


def test_the_map_is_drawn(folder: Path) -> None:
    page = (folder / "gaps.html").read_text("utf-8")
    assert written("漠河市") in page
    assert "未划网格" in page
