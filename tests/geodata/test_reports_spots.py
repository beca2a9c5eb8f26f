"""Hot spots of a city of eight by eight squares, by Getis and Ord's own formula."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import MultiPolygon, box

from geodata.reports import Reports
from gridmap import layers
from gridmap.errors import InvalidError, NotFoundError, TooLittleDataError
from tests.geodata.towns import TODAY, kept
from tests.registers import CRS
from tests.town import COMMUNITIES, METRIC, SOUTH, WEST

SIDE = 8


@pytest.fixture(scope="module")
def lattice(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    """
    Return a city of eight by eight squares.

    Each has one issue, those of a block of three by three in the south-west eight more; the square
    in the north-east has forty issues and forty times the people; at the town hall lie thirty on
    one point.
    """
    cells = [(c, r) for r in range(SIDE) for c in range(SIDE)]
    codes = [f"{COMMUNITIES[0]}{n:03d}" for n in range(1, len(cells) + 1)]
    crowded = (SIDE - 1, SIDE - 1)
    shapes = [box(*_corner(c, r), *_corner(c + 1, r + 1)) for c, r in cells]
    grids = gpd.GeoDataFrame(
        {
            "code": codes,
            "parent": COMMUNITIES[0],
            "residents": [4000 if cell == crowded else 100 for cell in cells],
        },
        geometry=[MultiPolygon([shape]) for shape in shapes],
        crs=METRIC,
    )
    rng = np.random.default_rng(1)
    per_cell = [40 if cell == crowded else 9 if max(cell) < 3 else 1 for cell in cells]
    at = np.repeat(np.array([_corner(*cell) for cell in cells]), per_cell, axis=0)
    spots = np.vstack([at + rng.uniform(5, 95, at.shape), np.full((30, 2), _corner(4.5, 4.5))])
    issues = gpd.GeoDataFrame(
        {
            "issue_id": [f"i{n}" for n in range(len(spots))],
            "reported_at": pd.Timestamp("2026-03-01T04:00:00Z"),
            "category": "暴露垃圾",
            "channel": "hotline",
        },
        geometry=gpd.points_from_xy(*spots.T),
        crs=METRIC,
    )
    frames = {
        name: layers.conform(frame.to_crs(CRS), layers.LAYERS[name])
        for name, frame in (("grids", grids), ("issues", issues))
    }
    return kept(tmp_path_factory.mktemp("lattice"), frames).reports


def _corner(column: float, row: float) -> tuple[float, float]:
    return WEST + 100 * column, SOUTH + 100 * row


MARCH = {"since": date(2026, 3, 1), "until": date(2026, 3, 31), "as_of": TODAY}


def gi_star(values: np.ndarray) -> np.ndarray:
    """Return Getis and Ord's Gi* (1995) of a lattice's values: each cell with its eight."""
    n, mean, spread = values.size, values.mean(), values.std()
    padded = np.pad(values, 1)
    ones = np.pad(np.ones_like(values), 1)
    window = [(r, c) for r in range(3) for c in range(3)]
    total = sum(padded[r : r + SIDE, c : c + SIDE] for r, c in window)
    w = sum(ones[r : r + SIDE, c : c + SIDE] for r, c in window)
    return (total - mean * w) / (spread * np.sqrt((n * w - w**2) / (n - 1)))


def test_hot_spots_of_grids_are_those_of_the_formula(lattice: Reports) -> None:
    found = lattice.hotspots(**MARCH)
    counts = found.table["count"].to_numpy(dtype=float).reshape(SIDE, SIDE)
    assert counts[:3, :3].tolist() == [[9] * 3] * 3
    assert counts[-1, -1] == 40
    np.testing.assert_allclose(found.table["z"], gi_star(counts).ravel(), rtol=1e-9)
    assert found.method.period == ("2026-03-01", "2026-04-01")


def test_a_pile_is_reported_and_not_counted(lattice: Reports) -> None:
    found = lattice.hotspots(**MARCH)
    assert found.piles["n"].to_list() == [30]
    assert found.method.n_on_piles == 30
    assert found.table["count"].sum() == 9 * 9 + 40 + 54


def test_many_people_make_no_hot_spot_per_resident(lattice: Reports) -> None:
    plain, shared = lattice.hotspots(**MARCH), lattice.hotspots(**MARCH, per="residents")
    crowded = -1
    assert plain.table["z"].iloc[crowded] > 2
    assert shared.table["class"].iloc[crowded] <= 0
    assert shared.table["class"].iloc[SIDE + 1] > 0  # the middle of the block
    counts = shared.table["count"].to_numpy(dtype=float)
    people = shared.table["residents"].to_numpy(dtype=float)
    rate, mean = counts / people, counts.sum() / people.sum()
    np.testing.assert_allclose(shared.table["rate"], rate)
    # Assunção and Reis 1999: what may be expected of few people differs more
    variance = np.average((rate - mean) ** 2, weights=people) - mean / people.mean()
    away = (rate - mean) / np.sqrt(variance + mean / people)
    np.testing.assert_allclose(
        shared.table["z"], gi_star(away.reshape(SIDE, SIDE)).ravel(), rtol=1e-9
    )
    assert shared.method.denominator == "residents"


@pytest.mark.parametrize("by", ["square", "hex"])
def test_cells_count_what_grids_count(lattice: Reports, by: str) -> None:
    found = lattice.hotspots(**MARCH, by=by, size_m=100)
    assert found.table["count"].sum() == 9 * 9 + 40 + 54
    assert found.table.crs == CRS
    hottest = found.table.loc[found.table["z"].idxmax()].geometry.centroid
    x, y = gpd.GeoSeries([hottest], crs=CRS).to_crs(METRIC).iloc[0].coords[0]
    assert (x - WEST < 300 and y - SOUTH < 300) or (x - WEST > 600 and y - SOUTH > 600)


def test_where_nobody_says_how_large_cells_are_they_are_no_smaller_than_fifty_metres(
    lattice: Reports,
) -> None:
    assert lattice.hotspots(**MARCH, by="square").table.index.str.startswith("sq-50-").all()


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"by": "triangle"}, NotFoundError),
        ({"per": "trees"}, InvalidError),
        ({"by": "hex", "per": "residents"}, InvalidError),
        ({"until": date(2026, 2, 1)}, InvalidError),  # before it begins
        ({"category": "没有"}, TooLittleDataError),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(
    lattice: Reports, asked: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        lattice.hotspots(**{**MARCH, **asked})


def test_heat_is_of_what_lies_on_no_pile(lattice: Reports) -> None:
    found = lattice.heat(since=MARCH["since"], until=MARCH["until"])
    assert found is not None
    assert found.density.n == 9 * 9 + 40 + 54
    assert lattice.heat(since=date(2025, 1, 1), until=date(2025, 2, 1)) is None
