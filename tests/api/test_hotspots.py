"""Hot spots over HTTP: what may be asked, and what is never told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.main import create_app
from api.settings import Settings
from geodata.job_kinds import attend
from geodata.reports import spots
from geodata.worker import Worker
from tests.geodata.test_spots import CODES, SIDE, register
from tests.people import client_of

HOTSPOTS = "/api/v1/hotspots"
MARCH = {"since": "2026-03-01", "until": "2026-03-31"}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("spots")
    register(folder).store.close()
    app = create_app(Settings(database_url=f"gpkg:///{folder / 'town.gpkg'}", language="en"))
    yield client_of(app, "city_office")
    app.state.service.workspaces.whole.store.close()


def test_what_was_asked_before_is_answered_as_before(office: TestClient) -> None:
    told = office.get(HOTSPOTS, params=MARCH).json()
    assert {"type", "method", "piles", "features"} <= set(told)
    properties = told["features"][0]["properties"]
    assert {"count", "rate", "z", "p", "class", "significant", "left_out"} <= set(properties)
    assert told["method"]["denominator"] is None


def test_what_one_process_has_worked_out_another_does_not_work_out_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(tmp_path).store.close()
    url, folder = f"gpkg:///{tmp_path / 'town.gpkg'}", tmp_path / "results"

    def told() -> object:
        app = create_app(Settings(database_url=url, results_folder=folder, public_register=True))
        answer = TestClient(app, base_url="http://127.0.0.1").get(HOTSPOTS, params=MARCH)
        assert answer.status_code == 200
        app.state.service.workspaces.whole.store.close()
        return answer.json()

    first = told()
    assert len(list(folder.iterdir())) == 1
    monkeypatch.setattr(spots, "_found", None)
    assert told() == first


def test_rates_are_told_with_what_they_are_divided_by_and_smoothed_if_asked(
    office: TestClient,
) -> None:
    asked = {**MARCH, "per": "points", "smooth": True}
    told = office.get(HOTSPOTS, params=asked).json()
    first = told["features"][0]["properties"]
    assert first["rate"] == first["count"] / first["exposure"]
    assert first["rate"] > first["smoothed"] > 0
    assert (told["method"]["exposure"], told["method"]["smoothed"]) == (64, True)


def test_loud_reporters_are_counted_and_never_named(office: TestClient) -> None:
    answer = office.get(HOTSPOTS, params=MARCH)
    told = answer.json()["loud"]
    assert CODES[SIDE + 1] in told["areas"]
    assert CODES[SIDE + 1] in told["rests_on_one"]
    assert told["share"] == 0.5
    assert '"loud"' not in answer.text.replace('"loud":', "")
    assert "public" not in answer.text


def test_other_partitions_and_channels_are_told_where_asked(office: TestClient) -> None:
    plain = office.get(HOTSPOTS, params=MARCH).json()
    assert "sensitivity" not in plain
    assert "agreement" not in plain
    asked = {**MARCH, "sensitivity": True, "agreement": True}
    told = office.get(HOTSPOTS, params=asked).json()
    hot = [f["id"] for f in plain["features"] if f["properties"]["class"] > 0]
    assert {row["code"] for row in told["sensitivity"]["areas"]} == set(hot)
    assert str(len(hot)) in told["sensitivity"]["verdict"]
    assert len(told["agreement"]) == 3


def test_a_group_and_reporter_days_change_what_is_counted(office: TestClient) -> None:
    counted = [
        office.get(HOTSPOTS, params={**MARCH, **more}).json()["method"]["n_points"]
        for more in ({}, {"group": "citizens"}, {"counting": "reporter_days"})
    ]
    assert counted == [64 + 2 * 9 * 8, 22 + 2 * 9 * 8, 64 + 2 * 9 * 8 - 9 * 7]


@pytest.mark.parametrize(
    "asked",
    [{"per": "trees"}, {"group": "rumours"}, {"counting": "days"}, {"smooth": "perhaps"}],
)
def test_what_is_not_offered_is_refused(office: TestClient, asked: dict[str, str]) -> None:
    assert office.get(HOTSPOTS, params={**MARCH, **asked}).status_code == 400


def test_smoothing_without_a_rate_and_residents_of_cells_are_refused(office: TestClient) -> None:
    for asked in ({"smooth": True}, {"by": "hex", "per": "residents"}):
        assert office.get(HOTSPOTS, params={**MARCH, **asked}).status_code in {400, 422}


def test_nothing_to_divide_by_is_too_little_data(office: TestClient) -> None:
    asked = {"since": "2026-01-01", "until": "2026-01-31", "per": "visits"}
    answer = office.get(HOTSPOTS, params=asked)
    assert (answer.status_code, answer.json()["code"]) == (422, "too-little-data")


def test_areas_beside_their_neighbours_are_told_where_asked(office: TestClient) -> None:
    asked = {**MARCH, "statistic": "local_moran"}
    told = office.get(HOTSPOTS, params=asked).json()
    assert told["method"]["statistic"] == "local_moran"
    assert "rests_on_one" not in told["loud"]
    assert CODES[SIDE + 1] in told["loud"]["areas"]
    rows = [feature["properties"] for feature in told["features"]]
    sure = [row for row in rows if row["look"] != "none"]
    assert all(row["significant"] and row["look"] == row["quadrant"] for row in sure)
    plain = office.get(HOTSPOTS, params=MARCH).json()
    assert [row["count"] for row in rows] == [
        feature["properties"]["count"] for feature in plain["features"]
    ]


@pytest.mark.parametrize("doubt", ["sensitivity", "agreement"])
def test_doubts_about_local_moran_are_refused(office: TestClient, doubt: str) -> None:
    refused = office.get(HOTSPOTS, params={**MARCH, "statistic": "local_moran", doubt: True})
    assert refused.status_code == 400


def test_what_takes_long_is_a_job_for_whoever_prefers_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(tmp_path).store.close()
    url = f"gpkg:///{tmp_path / 'town.gpkg'}"
    app = create_app(Settings(database_url=url, worker_from=0, public_register=True))
    given: list[str] = []
    monkeypatch.setattr(Worker, "do", lambda _worker, job_id: given.append(job_id))
    office, prefer = client_of(app, "city_office"), {"Prefer": "respond-async"}
    first, second = (office.get(HOTSPOTS, params=MARCH, headers=prefer) for _ in range(2))
    assert (first.status_code, second.status_code) == (202, 202)
    assert given == [first.json()["job_id"]] == [second.json()["job_id"]]  # asked once
    assert office.get(first.headers["location"]).json()["state"] == "waiting"
    service = app.state.service
    attend(given[0], service.workspaces)
    done = office.get(HOTSPOTS, params=MARCH, headers=prefer)
    assert (done.status_code, done.json()["type"]) == (200, "FeatureCollection")
    public = TestClient(app, base_url="http://127.0.0.1")
    assert public.get(HOTSPOTS, params=MARCH, headers=prefer).status_code == 200
    service.workspaces.whole.store.close()
