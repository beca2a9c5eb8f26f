"""Washington, DC, by the commands of the guide, against figures that are not ours."""

from __future__ import annotations

import json
import re
import shlex
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from playwright.sync_api import sync_playwright

from api.settings import Settings
from geodata.accounts import Accounts
from geodata.backup import backup
from geodata.database import connect
from gridmap.access import Grant
from tests.browser.conftest import FLAGS, chromium, served
from tests.commands import Commands
from tests.people import CHEAP, PASSWORD
from web.main import create_app

pytestmark = pytest.mark.scenario
GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guide" / "washington.md"
DROPPED = ("DOH", "FEMS", "OUC")


class City:
    """A folder with the city's files, and the commands of the guide run in it."""

    def __init__(self, folder: Path, data: Path, commands: Commands) -> None:
        self.commands = commands
        self.folder = folder
        self.data = data
        self.answers: dict[str, dict[str, object]] = {}

    def run(self, *words: str, expect: int = 0) -> dict[str, object]:
        own = {"GRIDMAP_DATABASE_URL": "gpkg:///dc.gpkg", "PATH": "/usr/bin:/bin"}
        done = self.commands.run("--json", *words, cwd=self.folder, env=own)
        assert done.returncode == expect, f"{words}: {done.stdout}\n{done.stderr}"
        return json.loads(done.stdout.splitlines()[-1]) if done.stdout else {}

    def read(self, name: str) -> gpd.GeoDataFrame:
        return gpd.read_parquet(self.data / f"{name}.parquet")


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory, shared_data: Path, commands: Commands) -> City:
    made = City(tmp_path_factory.mktemp("washington"), shared_data / "dc_311", commands)
    for name in ("wards", "anc", "smd", "service_requests"):
        (made.folder / f"{name}.parquet").symlink_to(made.data / f"{name}.parquet")
    requests = made.read("service_requests")
    requests[requests["SERVICEREQUESTID"].notna()].to_parquet(made.folder / "requests.parquet")
    agencies = sorted(requests["ORGANIZATIONACRONYM"].dropna().unique())
    pd.DataFrame({"unit_id": agencies, "name": agencies, "contact": "duty officer"}).to_csv(
        made.folder / "agencies.csv", index=False
    )
    grids = sorted(made.read("smd")["SMD_ID"])
    answers = pd.DataFrame(
        {
            "target_kind": "grid",
            "target": grids,
            "unit_id": np.resize(agencies, len(grids)),
            "tier": "responsible",
            "scheme": "main",
            "since": "2015-01-01",
        }
    )
    answers.to_csv(made.folder / "answers.csv", index=False)
    left = answers[~answers["unit_id"].isin(DROPPED)]
    left.to_csv(made.folder / "answers_left.csv", index=False)
    for block in re.findall(r"```bash\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL):
        for line in block.strip().splitlines():
            words = shlex.split(line)[1:]
            made.answers[line.removeprefix("gridmap ")] = made.run(*words)
    return made


def told(city: City, start: str) -> dict[str, object]:
    return next(answer for line, answer in city.answers.items() if line.startswith(start))


def test_the_single_member_districts_tile_the_district_of_columbia(city: City) -> None:
    audit = told(city, "check")
    assert audit["areas"] == 296
    assert audit["area_m2"] == pytest.approx(177_456_161, rel=1e-6)  # the city's own SHAPE_AREA
    assert audit["faults"] == []


def test_every_square_metre_is_answered_for(city: City) -> None:
    coverage = told(city, "coverage --level district --as-of 2016-08-01")
    # wards and single-member districts were drawn by different hands: 42 m² between them
    assert coverage["share"] == pytest.approx(1.0, abs=1e-6)
    assert coverage["gaps"] == []
    assert coverage["slivers"]["area_m2"] < 50


def test_repeated_numbers_are_refused_until_somebody_chooses(city: City) -> None:
    command = next(line for line in city.answers if line.startswith("import issues"))
    command = command.replace("requests.parquet", "service_requests.parquet")
    words = [word for word in shlex.split(command) if word not in {"--duplicates", "last"}]
    refused = city.run(*words, "--dry-run", expect=1)
    faults = refused["errors"]
    assert isinstance(faults, list)
    assert {fault["code"] for fault in faults} == {"duplicate"}  # the first 200 are listed
    assert refused["refused"] == 2 * 370 + 1  # each repeated number's two rows, and the blank one


def test_every_request_is_kept_once(city: City) -> None:
    requests = city.read("service_requests")
    assert told(city, "import issues")["added"] == requests["SERVICEREQUESTID"].nunique() == 34_049


def test_importing_the_same_file_again_changes_nothing(city: City) -> None:
    command = next(line for line in city.answers if line.startswith("import grids"))
    again = city.run(*shlex.split(command))
    assert (again["added"], again["changed"], again["unchanged"]) == (0, 0, 296)


def test_the_ward_that_is_found_agrees_with_the_citys_label(city: City) -> None:
    located = pd.read_csv(city.folder / "located.csv", dtype=str)
    labels = city.read("service_requests")["WARD"]
    assert len(located) == len(labels) == 34_420
    placed = city.read("service_requests").geometry.notna().to_numpy()
    inside = (located["outside"].str.lower() == "false").to_numpy()
    agrees = (located["code"].to_numpy() == labels.to_numpy()) & inside
    assert agrees[placed].mean() == pytest.approx(0.9931, abs=5e-4)


def test_the_hot_spots_are_those_of_esda(city: City) -> None:
    esda = pytest.importorskip("esda")
    libpysal = pytest.importorskip("libpysal")
    smd = city.read("smd").sort_values("SMD_ID").reset_index(drop=True)
    requests = city.read("service_requests").drop_duplicates("SERVICEREQUESTID", keep="last")
    day = requests["ADDDATE"].dt.tz_convert("Asia/Shanghai")  # the register's time zone setting
    wanted = requests[
        (requests["SERVICECODEDESCRIPTION"] == "Bulk Collection")
        & (day >= pd.Timestamp("2016-07-01", tz="Asia/Shanghai"))
        & (day < pd.Timestamp("2016-08-01", tz="Asia/Shanghai"))
        & requests.geometry.notna()
    ]
    joined = gpd.sjoin(wanted, smd[["SMD_ID", "geometry"]], predicate="intersects")
    owner = joined.groupby(level=0)["SMD_ID"].min()
    counts = owner.value_counts().reindex(smd["SMD_ID"], fill_value=0).to_numpy(dtype=float)
    weights = libpysal.weights.Queen.from_dataframe(smd, use_index=False, silence_warnings=True)
    oracle = esda.G_Local(counts, weights, transform="B", star=True, permutations=0)
    spots = gpd.read_file(city.folder / "spots.geojson").set_index("code").loc[smd["SMD_ID"]]
    np.testing.assert_array_equal(spots["count"], counts)
    np.testing.assert_allclose(spots["z"], oracle.Zs, atol=1e-9)


def test_the_hot_spot_map_is_one_file_that_asks_no_other_host(city: City) -> None:
    page = (city.folder / "spots.html").read_text("utf-8")
    assert "leaflet" in page.lower()
    assert not re.search(
        r"""<(?:script|link|img|iframe)[^>]*(?:src|href)=["'](?:https?:)?//""", page
    )


def test_the_gaps_are_exactly_the_grids_of_the_agencies_that_left(city: City) -> None:
    gaps = gpd.read_file(city.folder / "gaps.geojson")
    answers = pd.read_csv(city.folder / "answers.csv", dtype=str)
    given_up = answers.loc[answers["unit_id"].isin(DROPPED), "target"]
    # a grid that reaches into a second ward is listed in both
    assert set(gaps["code"]) == set(given_up)
    assert set(gaps["reason"]) == {"no_unit"}
    smd = city.read("smd").set_index("SMD_ID").loc[sorted(given_up)].to_crs("EPSG:26985")
    # but for slivers under 10 cm, where the borders of wards were drawn beside those of grids
    assert gaps["area_m2"].sum() == pytest.approx(smd.area.sum(), abs=50)
    whole = gpd.GeoSeries([gaps.union_all()], crs=gaps.crs).to_crs(smd.crs).iloc[0]
    assert whole.symmetric_difference(shapely.union_all(smd.geometry)).area < 50


def test_the_day_before_they_left_everything_is_still_covered(city: City) -> None:
    before = city.run("coverage", "--level", "district", "--as-of", "2016-08-09")
    assert before["share"] == pytest.approx(1.0, abs=1e-6)


def test_the_desk_gives_away_what_the_agencies_left(city: City, tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as aside:  # a process has one browser loop a thread
        aside.submit(_give_away, city, tmp_path).result()


def _give_away(city: City, tmp_path: Path) -> None:
    register = tmp_path / "desk.gpkg"
    backup(connect(f"gpkg:///{city.folder / 'dc.gpkg'}"), register)
    app = create_app(Settings(database_url=f"gpkg:///{register}", language="en"))
    app.state.service = replace(app.state.service, today=lambda: date(2016, 8, 11))
    accounts = Accounts(app.state.service.workspaces.whole.store, hasher=CHEAP)
    accounts.add("dc", "District office", [Grant("city_office")], password=PASSWORD, by="tests")
    signed = accounts.sign_in("dc", PASSWORD, code=None, source="127.0.0.1", agent="tests")
    answers = pd.read_csv(city.folder / "answers.csv", dtype=str)
    given_up = set(answers.loc[answers["unit_id"].isin(DROPPED), "target"])
    with served(app) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.add_cookies([{"name": "gridmap_session", "value": signed.token, "url": address}])
        page = context.new_page()
        page.goto(f"{address}/desk")
        page.wait_for_selector("#desk.ready")
        counters = page.request.get(f"{address}/api/v1/desk/counters").json()
        assert (counters["grids"], counters["grids_without"]) == (296, len(given_up))
        page.get_by_role("button", name="All uncovered").click()
        page.keyboard.press("/")
        page.keyboard.type("dpw")
        page.keyboard.press("Enter")
        page.keyboard.press("a")
        with page.expect_response("**/api/v1/assignments") as answered:
            page.keyboard.press("Enter")
        assert answered.value.status == 201
        assert set(answered.value.json()["added"]["target"]) == given_up
        page.wait_for_selector("[data-counter=grids_without].whole")
        covered = page.request.get(f"{address}/api/v1/coverage?level=district").json()
        assert covered["share"] == pytest.approx(1.0, abs=1e-6)
        browser.close()
    app.state.service.workspaces.whole.store.close()
