"""A desk's map in a browser, and what shapely knows of the ground on it."""

from __future__ import annotations

import json
from functools import cache
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from playwright.sync_api import Page
from shapely import LineString, Point, Polygon

from geodata.workspace import Workspace
from tests.browser.conftest import Visit, Visitor
from tests.gridmap.partitions import SIZE, SOUTH, WEST, partition
from tests.town import METRIC, raw_town
from tests.web import fakes

SIDE = 10
AWAY_PX = 1.5  # from a border: nearer than this the screen may say either


@cache
def city(*, overlapping: bool = False) -> dict[str, Any]:
    """Return wobbly grids in two communities, beside a third that has none."""
    labels = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    labels[2, 2:5] = labels[2, 2]  # a long grid
    labels[6, 6] = labels[6, 8]  # one in two parts
    labels[4, 4] = -1  # ground without a grid
    drawn = partition(labels, seed=3)
    raw = raw_town()
    east = drawn.geometry.representative_point().x > WEST + SIZE * SIDE / 2
    parents = np.array(list(raw["communities"]["code"]))[east.to_numpy().astype(int)]
    grids = gpd.GeoDataFrame(
        {
            "code": [f"{parent}{n:03d}" for n, parent in enumerate(parents)],
            "name": [f"第{n}网格" for n in range(len(drawn))],
            "parent": parents,
            "residents": pd.array([None, *range(1, len(drawn))], dtype="Int64"),
        },
        geometry=drawn.geometry.to_list(),
        crs=METRIC,
    )
    bare = shapely.box(WEST, SOUTH - 400, WEST + 1000, SOUTH - 60)
    whole = [*grids.dissolve("parent").geometry, bare]
    if overlapping:
        x, y = WEST + 620, SOUTH + 130
        over = Polygon([(x, y), (x + 170, y + 20), (x + 120, y + 160), (x - 30, y + 90)])
        grids.loc[len(grids)] = [f"{parents[-1]}999", "压", parents[-1], 3, over]
    raw["communities"] = gpd.GeoDataFrame(
        {
            "code": [*raw["communities"]["code"], "232701100003"],
            "name": ["向阳社区", "北山社区", "新村"],
            "parent": raw["communities"]["parent"].iloc[0],
        },
        geometry=whole,
        crs=METRIC,
    )
    raw["grids"] = grids
    raw["roads"].geometry = [LineString([(WEST, SOUTH + 500), (WEST + 1000, SOUTH + 520)])]
    raw["inspection_points"].geometry = [
        Point(WEST + 230, SOUTH + 745),
        Point(WEST + 850, SOUTH + 220),
    ]
    return fakes.conformed(raw)


def workspace(frames: dict[str, Any]) -> Workspace:
    meta = SimpleNamespace(crs=fakes.CRS, codes="cn", name="漠河市", metric_crs="")
    store: Any = fakes.StillStore(frames, meta)
    return Workspace(store)


def opened(visit: Visit, address: str, **options: Any) -> Visitor:
    visitor = visit(address, **options)
    visitor.open("/")
    drawn(visitor.page)
    return visitor


def drawn(page: Page) -> None:
    """Wait until what was asked for is on the screen."""
    page.evaluate("() => new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))")


def heard(page: Page, name: str) -> list[dict[str, Any]]:
    found = page.evaluate("name => heard.splice(0).filter(one => one.name === name)", name)
    return [{key: value for key, value in one.items() if key != "name"} for one in found]


def screen(page: Page, lon: float, lat: float) -> tuple[float, float]:
    at = page.evaluate("([x, y]) => desk.map.latLngToContainerPoint([y, x])", [lon, lat])
    return at["x"], at["y"]


def degrees(page: Page, places: list[tuple[float, float]]) -> np.ndarray:
    moved = """text => JSON.stringify(JSON.parse(text).map(at => {
        const { lng, lat } = desk.map.containerPointToLatLng(at);
        return [lng, lat];
    }))"""
    return np.array(json.loads(page.evaluate(moved, json.dumps(places))))


def source(frames: dict[str, Any]) -> np.ndarray:
    return np.asarray(frames["grids"].to_crs("EPSG:4326").geometry.to_numpy())


def drawn_path(page: Page, path: list[tuple[float, float]]) -> None:
    page.mouse.move(*path[0])
    page.mouse.down()
    for x, y in path[1:]:
        page.mouse.move(x, y, steps=2)
    page.mouse.up()
