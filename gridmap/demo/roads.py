"""Roads of a demo city: borders that carry a road, joined where they run straight on."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.demo import names
from gridmap.demo.areas import CRS
from gridmap.demo.blocks import Path
from gridmap.demo.ground import RIVERSIDE, Ground
from gridmap.demo.sizes import Size
from gridmap.demo.terrain import to_degrees

RANK = {"主干路": 0, "次干路": 1, RIVERSIDE: 1, "支路": 2, "巷": 3}
CLASS = ("主干路", "次干路", "支路", "巷")
SUFFIX = (("大街", "大道"), ("路",), ("街",), ("巷", "胡同"))
STRAIGHT_ON = np.cos(np.radians(28))
LANE = 3


def roads(size: Size, ground: Ground, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """
    Return the raw layer of roads.

    Parameters
    ----------
    size
        Which city.
    ground
        Its borders; roads keep their vertices.
    rng
        Where chance comes from.
    """
    chains = _chains(ground)
    degrees = to_degrees(ground.xy, size)
    rank = np.array([min(RANK[ground.paths[p].road_class] for p in paths) for paths, _ in chains])
    order = np.argsort(rank, kind="stable")
    lines = [shapely.LineString(degrees[chains[i][1]]) for i in order]
    riverside = [{0, 1}.intersection(chains[i][0]) for i in order]
    table = pd.DataFrame(
        {
            "road_id": [f"R{n:05d}" for n in range(1, len(order) + 1)],
            "name": _names(rank[order], riverside, rng),
            "road_class": [CLASS[r] for r in rank[order]],
        }
    )
    return gpd.GeoDataFrame(table, geometry=lines, crs=CRS)


def _names(
    rank: NDArray[np.int64], riverside: list[set[int]], rng: np.random.Generator
) -> list[str]:
    stems = tuple(names.pairs(rng))
    pools = {}
    for r, suffixes in enumerate(SUFFIX):
        wanted = int((rank == r).sum())
        middles = (
            ("",)
            if wanted * 2 < len(stems) * len(suffixes)
            else ("", *"东西南北中前后上下里外新老")
        )
        pools[r] = iter(names.combined(rng, wanted, stems, middles, suffixes))
    river = next(iter(stems)) + "河"
    named = []
    for r, banks in zip(rank, riverside, strict=True):
        fresh = next(pools[int(r)])
        named.append(river + ("北路", "南路")[min(banks)] if banks else fresh)
    return named


def _chains(ground: Ground) -> list[tuple[list[int], list[int]]]:
    """Return the paths of each road, and its vertices."""
    partner = _partners(ground)
    done: set[int] = set()
    chains = []
    for path in range(len(ground.paths)):
        if path in done:
            continue
        end: int | None = _first_end(path, partner)
        members: list[int] = []
        vertices: list[int] = []
        while end is not None and end // 2 not in done:
            done.add(end // 2)
            members.append(end // 2)
            drawn = ground.paths[end // 2].vertices
            drawn = drawn if end % 2 == 0 else drawn[::-1]
            vertices += drawn if not vertices else drawn[1:]
            end = partner.get(end ^ 1)
        chains.append((members, vertices))
    return chains


def _first_end(path: int, partner: dict[int, int]) -> int:
    """Walk to the end of a chain: ends are numbered 2 path, and 2 path + 1."""
    end = 2 * path
    seen = {path}
    while end in partner and partner[end] // 2 not in seen:
        end = partner[end] ^ 1
        seen.add(end // 2)
    return end


def _partners(ground: Ground) -> dict[int, int]:
    """Pair the ends that meet at a crossing and run straight on."""
    meeting: dict[int, list[int]] = {}
    heading = {}
    for number, path in enumerate(ground.paths):
        for end, (tip, next_to) in enumerate(
            ((path.vertices[0], path.vertices[1]), (path.vertices[-1], path.vertices[-2]))
        ):
            meeting.setdefault(tip, []).append(2 * number + end)
            away = ground.xy[next_to] - ground.xy[tip]
            heading[2 * number + end] = away / np.hypot(*away)
    partner: dict[int, int] = {}
    for ends in meeting.values():
        found = sorted(
            (float(heading[a] @ heading[b]), a, b)
            for n, a in enumerate(ends)
            for b in ends[n + 1 :]
            if _may_join(ground.paths[a // 2], ground.paths[b // 2])
        )
        for straightness, a, b in found:
            if straightness < -STRAIGHT_ON and a not in partner and b not in partner:
                partner[a], partner[b] = b, a
    return partner


def _may_join(one: Path, other: Path) -> bool:
    same_kind = (RANK[one.road_class] == LANE) == (RANK[other.road_class] == LANE)
    return same_kind and (one.road_class == RIVERSIDE) == (other.road_class == RIVERSIDE)
