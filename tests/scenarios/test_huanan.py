"""
Huanan: 1,200 findings of a cross inspection, and 127 stubborn places among them.

The figures are those of the county; places and times are made up, so that what is planted is
known. Findings lie more than 50 m from each other, but for the planted ones: chains of two to four
of one category on a spot, each reported within 28 days of the last close-out, and decoys that look
like one and are none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from geodata.database import connect, migrate
from geodata.reports.recurrence import recurring
from geodata.reports.selection import Selection
from geodata.store import Store
from geodata.workspace import Workspace
from gridmap import layers
from gridmap.recurrence import rate, recurrences, stubborn
from tests.geodata.towns import ZONE

pytestmark = pytest.mark.scenario
FOUND, STUBBORN = 1_200, 127
METRIC = "EPSG:4553"  # CGCS2000, 3-degree Gauss-Krüger, central meridian 132° E
CENTRE = (388_500.0, 5_122_400.0)  # of the county town, 46.24° N 130.55° E
SPACING_M, WOBBLE_M, NEAR_M = 140.0, 15.0, 20.0
FIRST = pd.Timestamp("2026-03-01T00:00:00Z")
SEASON_D = 120.0
CATEGORIES = ("小广告", "马路市场", "弃管区", "乱堆乱放", "暴露垃圾")


@dataclass
class Findings:
    """Findings while they are made up, and which of them are the members of a planted place."""

    rng: np.random.Generator
    rows: list[dict[str, object]] = field(default_factory=list)
    planted: set[frozenset[str]] = field(default_factory=set)

    def add(self, x: float, y: float, since: float, days: float | None, category: str) -> str:
        """Add a finding, reported on a day of the season and closed out so many days later."""
        key = f"HN{len(self.rows):05d}"
        at = FIRST + pd.Timedelta(days=since)
        closed = pd.NaT if days is None else at + pd.Timedelta(days=days)
        row = {"issue_id": key, "reported_at": at, "closed_at": closed, "category": category}
        state = "dispatched" if days is None else "closed_out"
        self.rows.append({**row, "state": state, "channel": "mutual", "x": x, "y": y})
        return key

    def category(self) -> str:
        return CATEGORIES[int(self.rng.integers(len(CATEGORIES)))]

    def chain(self, x: float, y: float, length: int) -> None:
        """Plant a place: each finding a few days after the last one was closed out there."""
        kind, since, members = self.category(), float(self.rng.uniform(0, 10)), set[str]()
        for _ in range(length):
            angle, away = self.rng.uniform(0, 2 * np.pi), self.rng.uniform(0, NEAR_M)
            took = float(self.rng.uniform(0.2, 6))
            spot = (x + away * np.cos(angle), y + away * np.sin(angle))
            members.add(self.add(*spot, since, took, kind))
            since += took + float(self.rng.uniform(1, 28))
        self.planted.add(frozenset(members))

    def decoy(self, x: float, y: float, sort: int) -> None:
        """Add a pair that looks like a recurrence and is none."""
        kind = self.category()
        other = CATEGORIES[CATEGORIES.index(kind) - 1]
        self.add(x, y, 5, None if sort == 0 else 3, kind)  # never closed out
        if sort == 0:
            self.add(x, y, 12, 2, kind)
        elif sort == 1:
            self.add(x, y, 12, 2, other)  # something else
        elif sort == 2:
            self.add(x + 50.5, y, 12, 2, kind)  # too far
        elif sort == 3:
            self.add(x, y, 38.1, 2, kind)  # too late
        else:
            self.add(x, y, 7.9, 2, kind)  # before the first one was closed out


def findings(seed: int = 20_260_301) -> tuple[gpd.GeoDataFrame, set[frozenset[str]]]:
    """Return the findings in metres, and the members of every planted place."""
    rng = np.random.default_rng(seed)
    made = Findings(rng)
    side = 36
    node = rng.permutation(side * side)
    wobble = rng.uniform(-WOBBLE_M, WOBBLE_M, (side * side, 2))
    spots = np.stack([node % side, node // side], axis=1) * SPACING_M + wobble + CENTRE
    lengths = rng.choice([2, 3, 4], STUBBORN, p=[0.7, 0.2, 0.1])
    place = iter(spots)
    for length in lengths:
        made.chain(*next(place), int(length))
    for n in range(60):
        made.decoy(*next(place), n % 5)
    while len(made.rows) < FOUND:
        days = float(rng.uniform(0.2, 20)) if rng.random() < 0.95 else None
        made.add(*next(place), float(rng.uniform(0, SEASON_D)), days, made.category())
    table = pd.DataFrame(made.rows).set_index("issue_id")
    for name in ("reported_at", "closed_at"):
        table[name] = pd.to_datetime(table[name], utc=True)
    points = gpd.points_from_xy(table["x"], table["y"])
    frame = gpd.GeoDataFrame(table.drop(columns=["x", "y"]), geometry=points, crs=METRIC)
    return frame.iloc[rng.permutation(len(frame))], made.planted


@pytest.fixture(scope="module")
def county() -> tuple[gpd.GeoDataFrame, set[frozenset[str]]]:
    return findings()


def members(places: gpd.GeoDataFrame) -> set[frozenset[str]]:
    return {frozenset(keys) for keys in places["members"]}


def test_the_127_stubborn_places_are_found_and_no_others(
    county: tuple[gpd.GeoDataFrame, set[frozenset[str]]],
) -> None:
    frame, planted = county
    assert (len(frame), len(planted)) == (FOUND, STUBBORN)
    places = stubborn(frame, recurrences(frame))
    assert members(places) == planted
    assert places["n"].to_list() == sorted((len(keys) for keys in planted), reverse=True)


def test_any_season_of_such_findings_shows_what_was_planted() -> None:
    for seed in range(5):
        frame, planted = findings(seed)
        assert members(stubborn(frame, recurrences(frame))) == planted


def test_their_order_does_not_matter(
    county: tuple[gpd.GeoDataFrame, set[frozenset[str]]],
) -> None:
    frame, _ = county
    one, other = (stubborn(rows, recurrences(rows)) for rows in (frame, frame.sort_index()))
    assert_frame_equal(pd.DataFrame(one.drop(columns="geometry")), other.drop(columns="geometry"))
    assert one.distance(other.geometry).max() < 1e-6


def test_each_link_is_counted_once_in_the_rate(
    county: tuple[gpd.GeoDataFrame, set[frozenset[str]]],
) -> None:
    frame, planted = county
    links = recurrences(frame)
    again = sum(len(keys) - 1 for keys in planted)
    table = rate(links, frame, "category")
    assert len(links) == table["recurred"].sum() == again
    assert table["closed"].sum() == frame["closed_at"].notna().sum()
    assert ((table["low"] < table["rate"]) & (table["rate"] < table["high"])).all()


@pytest.fixture
def kept(
    county: tuple[gpd.GeoDataFrame, set[frozenset[str]]], tmp_path: Path
) -> Iterator[Workspace]:
    """Keep the findings in a register of a county without a map."""
    database = connect(f"gpkg:///{tmp_path / 'huanan.gpkg'}")
    migrate(database, crs="EPSG:4490", codes="cn", name="桦南")
    store = Store(database)
    frame = county[0].to_crs("EPSG:4490").reset_index()
    issues = layers.conform(frame, layers.LAYERS["issues"])
    with store.write(who="a test", action="import") as writer:
        writer.add("issues", issues, FIRST.date())
    yield Workspace(store)
    store.close()


def test_the_register_shows_the_same_places(
    kept: Workspace, county: tuple[gpd.GeoDataFrame, set[frozenset[str]]]
) -> None:
    season = Selection(FIRST.date(), (FIRST + pd.Timedelta(days=240)).date(), channel="mutual")
    found = recurring(kept, season, ZONE)
    assert members(found.places) == county[1]
    assert found.left_out == 0
    assert found.rates["category"]["recurred"].sum() == len(found.links)
