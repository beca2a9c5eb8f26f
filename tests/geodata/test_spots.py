"""Hot spots of a register: by what they are counted, who reported them, and what to doubt."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, MultiPolygon, Point, box

from geodata.reports import Reports, Selection, doubts
from geodata.reports.heat import heat
from geodata.reports.road_spots import find_on_roads
from geodata.reports.spots import Measure
from gridmap import layers
from gridmap.errors import InvalidError, TooLittleDataError
from tests.geodata.test_reports import kept
from tests.geodata.towns import Office
from tests.town import COMMUNITIES, METRIC
from tests.town import SOUTH as S
from tests.town import WEST as W

SIDE, CRS = 8, "EPSG:4490"
CELLS = [(c, r) for r in range(SIDE) for c in range(SIDE)]
CODES = [f"{COMMUNITIES[0]}{n:03d}" for n in range(1, len(CELLS) + 1)]
MARCH = {"since": date(2026, 3, 1), "until": date(2026, 3, 31), "as_of": date(2026, 6, 1)}
WANTED, AS_OF = Selection(MARCH["since"], MARCH["until"]), MARCH["as_of"]


def corner(column: float, row: float) -> tuple[float, float]:
    return W + 100 * column, S + 100 * row


def rows_of_issues() -> list[tuple[tuple[int, int], str, str | None, str]]:
    """Return cell, channel, reporter and state of each issue."""
    rows: list[tuple[tuple[int, int], str, str | None, str]] = []
    for n, cell in enumerate(CELLS):
        rows.append((cell, ("hotline", "unit_patrol", "periodic")[n % 3], f"p{n}", "filed"))
        if max(cell) < 3:  # one who reports all that is in the south-west, on one day
            rows += [(cell, "hotline", "loud", "filed")] * 8
        if min(cell) > 4:  # many who report the north-east
            rows += [(cell, "citizen_app", "public", "filed")] * 8
    rows += [((4, 4), "hotline", "p1", "merged")] * 5
    rows += [((4, 4), "hotline", "p2", "refused")] * 7
    return rows


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    return register(tmp_path_factory.mktemp("spots")).reports


def register(folder: Path) -> Office:
    """Keep eight by eight grids of 100 m, each with an inspection point and a road through."""
    rng = np.random.default_rng(1)
    grids = gpd.GeoDataFrame(
        {"code": CODES, "parent": COMMUNITIES[0], "residents": 100},
        geometry=[MultiPolygon([box(*corner(c, r), *corner(c + 1, r + 1))]) for c, r in CELLS],
        crs=METRIC,
    )
    rows = rows_of_issues()
    at = np.array([corner(*cell) for cell, *_ in rows]) + rng.uniform(5, 95, (len(rows), 2))
    issues = gpd.GeoDataFrame(
        {
            "issue_id": [f"i{n}" for n in range(len(rows))],
            "reported_at": pd.Timestamp("2026-03-01T04:00:00Z"),
            "category": "暴露垃圾",
            "channel": [channel for _, channel, _, _ in rows],
            "reporter": [reporter for _, _, reporter, _ in rows],
            "state": [state for *_, state in rows],
        },
        geometry=gpd.points_from_xy(*at.T),
        crs=METRIC,
    )
    roads = gpd.GeoDataFrame(
        {"road_id": [f"r{r}" for r in range(SIDE)], "name": "街"},
        geometry=[LineString([corner(0, r + 0.5), corner(SIDE, r + 0.5)]) for r in range(SIDE)],
        crs=METRIC,
    )
    points = gpd.GeoDataFrame(
        {"point_id": CODES, "name": "点", "category": "社区"},
        geometry=[Point(corner(c + 0.5, r + 0.2)) for c, r in CELLS],
        crs=METRIC,
    )
    frames = {"grids": grids, "issues": issues, "roads": roads, "inspection_points": points}
    told = {
        name: layers.conform(frame.to_crs(CRS), layers.LAYERS[name])
        for name, frame in frames.items()
    }
    told["patrols"] = patrols()
    return kept(folder, told)


def patrols() -> pd.DataFrame:
    """Return three patrols: all of the first road, its first 250 m, and one before March."""
    walks = [([["r0", 0.0, 800.0]], "2026-03-02"), ([["r0", 0.0, 250.0]], "2026-03-03")]
    walks += [([["r5", 0.0, 800.0]], "2026-02-01")]
    rows = [
        {
            "patrol_id": f"w{n}",
            "unit_id": "u1",
            "by": "王一",
            "day": pd.Timestamp(day),
            "started_at": pd.Timestamp(day, tz="UTC"),
            "walked": json.dumps({"roads": roads, "points": [CODES[63]] if n == 1 else []}),
        }
        for n, (roads, day) in enumerate(walks)
    ]
    return layers.conform(pd.DataFrame(rows), layers.kept("patrols"))


# By what counts are divided


def test_metres_walked_are_counted_once_for_every_patrol_of_the_period(city: Reports) -> None:
    with pytest.raises(TooLittleDataError):  # only the first row was walked: too few areas
        city.hotspots(**MARCH, per="walked")
    from geodata.reports.exposures import denominator  # noqa: PLC0415
    from geodata.reports.spots import areas  # noqa: PLC0415

    ground = areas(city.workspace, "grid", None, AS_OF)[0]
    days = (MARCH["since"], MARCH["until"])
    walked = denominator(city.workspace, ground, "grid", "walked", days, AS_OF)
    assert walked.iloc[:4].tolist() == pytest.approx([0.2, 0.2, 0.15, 0.1], abs=1e-4)
    assert walked.iloc[8:].sum() == 0
    visits = denominator(city.workspace, ground, "grid", "visits", days, AS_OF)
    assert visits.iloc[:4].tolist() == [2, 2, 2, 1]
    assert visits.iloc[63] == 1  # a point was seen there, though no road was walked


@pytest.mark.parametrize(("per", "each"), [("points", 1.0), ("roads", 0.1), ("residents", 100.0)])
def test_points_roads_and_residents_are_those_of_the_day(
    city: Reports, per: str, each: float
) -> None:
    found = city.hotspots(**MARCH, per=per, smooth=True)
    assert found.table["exposure"].to_numpy() == pytest.approx(each, rel=1e-3)
    assert found.method.exposure == pytest.approx(64 * each, rel=1e-3)
    assert {"rate", "smoothed", "deviation"} <= set(found.table)


def test_cells_know_their_roads_and_points_and_not_their_residents(city: Reports) -> None:
    cells = city.hotspots(**MARCH, by="square", size_m=100, per="points")
    assert cells.method.exposure == 64
    with pytest.raises(InvalidError):
        city.hotspots(**MARCH, by="hex", per="residents")


# Which reports count


def test_merged_issues_count_as_the_one_they_were_merged_into(city: Reports) -> None:
    found = city.hotspots(**MARCH)
    assert found.method.n_merged == 5
    assert found.table["count"].iloc[4 * SIDE + 4] == 1
    assert any("{n_merged}" in template for template, _ in found.method.sentences())


def test_what_was_not_filed_counts_neither_on_grids_nor_along_roads_nor_as_heat(
    city: Reports,
) -> None:
    found = city.hotspots(**MARCH)
    assert found.method.n_refused == 7
    assert found.table["count"].sum() == len(rows_of_issues()) - 5 - 7
    assert any("{n_refused}" in template for template, _ in found.method.sentences())
    workspace, zone = city.workspace, city.zone
    along = find_on_roads(workspace, workspace, WANTED, zone, AS_OF).spots.method
    assert (along.n_merged, along.n_refused) == (5, 7)
    warm = heat(workspace, WANTED, zone, AS_OF)
    assert warm is not None
    assert warm.density.n == len(rows_of_issues()) - 5 - 7


def test_a_group_of_channels_is_counted_alone(city: Reports) -> None:
    found = city.hotspots(**MARCH, group="citizens")
    assert found.method.n_points == 22 + 9 * 8 + 9 * 8
    assert found.method.group == "citizens"


def test_the_loud_reporter_is_found_and_the_public_is_nobody(city: Reports) -> None:
    table = city.hotspots(**MARCH).table
    south_west, north_east = 1 * SIDE + 1, 6 * SIDE + 6
    assert (table["class"].iloc[[south_west, north_east]] > 0).all()
    assert table["loud"].iloc[south_west]
    assert table["rests_on_one"].iloc[south_west]
    assert not table["loud"].iloc[north_east]
    assert not table["rests_on_one"].iloc[north_east]
    assert not table.astype(str).isin(["loud", "public"]).any(axis=None)  # nobody is named


def test_reporter_days_take_the_loud_one_for_one(city: Reports) -> None:
    found = city.hotspots(**MARCH, counting="reporter_days")
    assert found.table["count"].iloc[1 * SIDE + 1] == 2
    assert found.method.n_repeated == 9 * 7
    assert found.table["class"].iloc[1 * SIDE + 1] <= 0
    assert found.table["class"].iloc[6 * SIDE + 6] > 0


# Doubts


def test_hot_ground_is_compared_on_the_other_partitions(city: Reports) -> None:
    measure = Measure(size_m=100)
    found = doubts.partitions(city.workspace, WANTED, city.zone, measure, AS_OF)
    assert list(found.shares) == ["square", "hex"]
    assert found.shares.loc[CODES[6 * SIDE + 6]].min() > 0.5
    assert found.verdict[1]["n"] == len(found.shares)


def test_residents_cannot_be_compared_where_nobody_knows_them(city: Reports) -> None:
    measure = Measure(per="residents")
    found = doubts.partitions(city.workspace, WANTED, city.zone, measure, AS_OF)
    assert set(found.refused) == {"square", "hex"}
    assert found.shares.shape[1] == 0


def test_channels_are_compared_pair_by_pair(city: Reports) -> None:
    pairs = doubts.channels(city.workspace, WANTED, city.zone, Measure(), AS_OF)
    names = [(pair.one, pair.other) for pair in pairs]
    expected = [("citizens", "inspection"), ("citizens", "patrol"), ("inspection", "patrol")]
    assert names == expected
    first = pairs[0]
    assert first.areas is not None
    assert first.areas.one >= 9  # hot by citizens alone
    assert sum(vars(first.areas).values()) == 64
    early = replace(WANTED, since=date(2025, 1, 1), until=date(2025, 1, 2))
    few = doubts.channels(city.workspace, early, city.zone, Measure(), AS_OF)
    assert [pair.areas for pair in few] == [None, None, None]
