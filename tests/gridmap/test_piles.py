"""Piles of identical coordinates."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from gridmap.piles import on_pile, piles


def reports(*places: tuple[float, float, int]) -> gpd.GeoDataFrame:
    """Return `n` points at each (x, y, n)."""
    xy = np.array([(x, y) for x, y, n in places for _ in range(n)])
    return gpd.GeoDataFrame(geometry=gpd.points_from_xy(*xy.T), crs="EPSG:4490")


def scattered(n: int) -> list[tuple[float, float, int]]:
    return [(122.0 + i / 1e4, 52.0, 1) for i in range(n)]


def test_a_pile_is_found_with_its_place_number_and_share() -> None:
    found = piles(reports(*scattered(60), (122.5, 52.9, 40)))
    assert found.to_dict("records") == [{"x": 122.5, "y": 52.9, "n": 40, "share": 0.4}]


def test_the_largest_pile_comes_first() -> None:
    found = piles(reports((1.0, 1.0, 31), (2.0, 2.0, 50), (0.0, 1.0, 31)))
    assert found["n"].tolist() == [50, 31, 31]
    assert found["x"].tolist() == [2.0, 0.0, 1.0]


@pytest.mark.parametrize(
    ("n", "others", "is_pile"),
    [(30, 100, True), (29, 10, False), (30, 2970, True), (30, 2971, False)],
)
def test_a_pile_needs_thirty_points_and_one_in_a_hundred(
    n: int, others: int, is_pile: bool
) -> None:
    assert len(piles(reports(*scattered(others), (0.0, 0.0, n)))) == int(is_pile)


def test_points_a_hair_apart_are_no_pile() -> None:
    xy = np.nextafter(122.0, 123.0)
    assert piles(reports((122.0, 52.0, 29), (xy, 52.0, 29))).empty


def test_points_without_a_place_are_no_pile_and_on_none() -> None:
    points = pd.concat([reports((0.0, 0.0, 30)), gpd.GeoDataFrame(geometry=[None] * 40)])
    found = piles(points)
    assert found["n"].tolist() == [30]
    assert found["share"].tolist() == [1.0]
    assert on_pile(points, found).tolist() == [True] * 30 + [False] * 40


def test_minus_nought_is_nought() -> None:
    points = reports((0.0, 0.0, 20), (-0.0, 0.0, 20))
    assert piles(points)["n"].tolist() == [40]
    assert on_pile(points, piles(points)).all()


def test_no_points_have_no_piles() -> None:
    empty = gpd.GeoDataFrame(geometry=[], crs="EPSG:4490")
    assert piles(empty).empty
    assert on_pile(empty, piles(empty)).empty


def test_points_keep_their_index() -> None:
    points = reports(*scattered(3), (0.0, 0.0, 30)).set_index(pd.Index(range(100, 133)))
    piled = on_pile(points, piles(points))
    assert piled.index.equals(points.index)
    assert piled.sum() == 30


def test_the_default_point_of_boston_is_found(shared_data: Path) -> None:
    table = pd.read_parquet(
        shared_data / "boston_311" / "service_requests_2015.parquet",
        columns=["LONGITUDE", "LATITUDE"],
    )
    points = gpd.GeoSeries.from_xy(table["LONGITUDE"], table["LATITUDE"], crs="EPSG:4326")
    found = piles(points)
    assert found.loc[0, ["x", "y", "n"]].tolist() == [-71.0587, 42.3594, 17_070]
    assert found["share"][0] == pytest.approx(17_070 / 121_145)
    assert on_pile(points, found.head(1)).sum() == 17_070
