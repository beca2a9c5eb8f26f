"""
A town small enough to work out by hand.

Eight squares of 100 m, two communities side by side, four squares each; the north-east square of
the eastern community has no grid::

    north  +-----+-----+-----+-----+
           | 001 | 002 | 005 |     |      001-004 community …001 (west)
           +-----+-----+-----+-----+      005-007 community …002 (east)
           | 003 | 004 | 006 | 007 |
    south  +-----+-----+-----+-----+
           west                    east   400 m by 200 m

Unit u1 holds 001 and 002 (u2 assists on 002), u2 holds 003, u3 (nobody to call) holds 005, u4 (no
longer in use) holds 006; nobody holds 004 and 007. The leader's post p1 watches the western
community. The road r1 runs east along the middle line (y = 100); u1 holds both its sides from 0 to
150 m. The market m1 in grid 001 is u2's, the school s1 in grid 007 nobody's.
"""

from __future__ import annotations

from functools import cache

import geopandas as gpd
import pandas as pd
from shapely import LineString, MultiPolygon, Point, box, union_all

from gridmap import layers

METRIC = "EPSG:4550"  # CGCS2000, 3-degree Gauss-Krüger, central meridian 123° E
WEST, SOUTH = 469000.0, 5871600.0
DISTRICT, SUBDISTRICT = "232701", "232701100"
COMMUNITIES = ("232701100001", "232701100002")
SQUARES = {
    "232701100001001": (0, 1),
    "232701100001002": (1, 1),
    "232701100001003": (0, 0),
    "232701100001004": (1, 0),
    "232701100002005": (2, 1),
    "232701100002006": (2, 0),
    "232701100002007": (3, 0),
}
SINCE = pd.Timestamp("2026-01-01")


def square(column: float, row: float, size: float = 100.0) -> MultiPolygon:
    """Return the square of that column and row, in metres."""
    west, south = WEST + 100 * column, SOUTH + 100 * row
    return MultiPolygon([box(west, south, west + size, south + size)])


def place(x: float, y: float) -> Point:
    """Return the point x metres east and y metres north of the town's south-west corner."""
    return Point(WEST + x, SOUTH + y)


def raw_town(crs: str = METRIC) -> dict[str, pd.DataFrame]:
    """Return the town's layers as a file would give them: the key as a column."""
    both = [union_all([square(2 * i + c, r) for c in (0, 1) for r in (0, 1)]) for i in (0, 1)]
    whole = union_all(both)
    tables = {
        "districts": _areas([DISTRICT], ["漠河市"], [None], [whole]),
        "subdistricts": _areas([SUBDISTRICT], ["西林吉镇"], [DISTRICT], [whole]),
        "communities": _areas(COMMUNITIES, ["向阳社区", "北山社区"], [SUBDISTRICT] * 2, both),
        "grids": _areas(
            list(SQUARES),
            [f"第{n}网格" for n in range(1, 8)],
            [code[:12] for code in SQUARES],
            [square(*at) for at in SQUARES.values()],
            residents=[100, 200, 300, 400, 50, 60, 70],
        ),
        "roads": gpd.GeoDataFrame(
            {"road_id": ["r1"], "name": ["中华路"], "road_class": ["main"]},
            geometry=[LineString([place(0, 100), place(400, 100)])],
            crs=METRIC,
        ),
        "inspection_points": gpd.GeoDataFrame(
            {
                "point_id": ["m1", "s1"],
                "name": ["中心市场", "第一小学"],
                "category": ["market", "school"],
                "status": ["reached", "not_reached"],
            },
            geometry=[place(30, 150), place(350, 50)],
            crs=METRIC,
        ),
        "compounds": gpd.GeoDataFrame(
            {"compound_id": ["c1"], "name": ["林海小区"], "kind": ["managed"], "residents": [80]},
            geometry=[box(WEST + 110, SOUTH + 110, WEST + 190, SOUTH + 190)],
            crs=METRIC,
        ),
        "units": gpd.GeoDataFrame(
            {
                "unit_id": ["u1", "u2", "u3", "u4", "p1"],
                "name": ["市林业局", "市教育局", "市供电公司", "市原建委", "包保领导甲"],
                "short_name": ["林业局", "教育局", "供电公司", "建委", "领导甲"],
                "party": ["unit", "unit", "unit", "unit", "post"],
                "headcount": [40, 25, 60, 10, 1],
                "contact": ["王一", "李二", None, "赵四", "孙五"],
                "phone": ["0457-0000001", "0457-0000002", None, "0457-0000004", "0457-0000005"],
                "active": [True, True, True, False, True],
            },
            geometry=[place(50, 50), place(150, 50), place(250, 50), None, None],
            crs=METRIC,
        ),
        "assignments": _assignments(),
        "issues": gpd.GeoDataFrame(
            {
                "issue_id": ["i1", "i2", "i3"],
                "reported_at": pd.to_datetime(
                    ["2026-03-01T02:00:00Z", "2026-03-02T02:00:00Z", "2026-04-01T02:00:00Z"]
                ),
                "category": ["暴露垃圾", "暴露垃圾", "占道经营"],
                "channel": ["unit_patrol", "hotline", "citizen_app"],
            },
            geometry=[place(50, 150), place(250, 150), place(390, 190)],
            crs=METRIC,
        ),
    }
    return {
        name: frame.to_crs(crs) if isinstance(frame, gpd.GeoDataFrame) else frame
        for name, frame in tables.items()
    }


def town(crs: str = METRIC) -> dict[str, pd.DataFrame]:
    """Return the town's layers as the domain takes them: conformed, indexed by key."""
    return {name: frame.copy() for name, frame in _conformed(crs).items()}


@cache
def _conformed(crs: str) -> dict[str, pd.DataFrame]:
    """Conform the town once in a process: a copy takes a hundredth of the time."""
    return {
        name: layers.conform(frame, layers.LAYERS[name]) for name, frame in raw_town(crs).items()
    }


def _areas(codes, names, parents, shapes, **more):  # noqa: ANN001, ANN003, ANN202
    columns = {"code": list(codes), "name": names, "parent": parents, **more}
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=METRIC)


def _assignments() -> pd.DataFrame:
    grid = list(SQUARES)
    rows = [
        ("a1", "grid", grid[0], None, None, None, "u1", "responsible"),
        ("a2", "grid", grid[1], None, None, None, "u1", "responsible"),
        ("a3", "grid", grid[1], None, None, None, "u2", "assisting"),
        ("a4", "grid", grid[2], None, None, None, "u2", "responsible"),
        ("a5", "grid", grid[4], None, None, None, "u3", "responsible"),
        ("a6", "grid", grid[5], None, None, None, "u4", "responsible"),
        ("a7", "division", COMMUNITIES[0], None, None, None, "p1", "patch_leader"),
        ("a8", "road_segment", "r1", 0.0, 150.0, "both", "u1", "responsible"),
        ("a9", "inspection_point", "m1", None, None, None, "u2", "responsible"),
    ]
    columns = [
        "assignment_id",
        "target_kind",
        "target",
        "from_m",
        "to_m",
        "side",
        "unit_id",
        "tier",
    ]
    return pd.DataFrame(rows, columns=columns).assign(scheme="main", since=SINCE, until=pd.NaT)
