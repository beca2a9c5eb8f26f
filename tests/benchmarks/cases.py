"""The cases of the benchmark, and how a case is run."""

from __future__ import annotations

import statistics
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import csgraph, csr_array, vstack

from gridmap import density, local_autocorrelation, network, topology
from gridmap.locate import Locator
from tests.benchmarks.partition import partition, points

PLACES = 200_000
UNASSIGNED = 0.1
Call = Callable[[], Any]


@dataclass(frozen=True)
class Case:
    """
    One comparison.

    Parameters
    ----------
    name, against
        What is done, and the peer that does it.
    target
        How many times faster than the peer ours should be (PERFORMANCE: our own aim).
    prepare
        Number of grids → (ours, the peer's, whether two answers are the same).
    """

    name: str
    against: str
    target: float
    prepare: Callable[[int], tuple[Call, Call, Callable[[Any, Any], bool]]]


@dataclass(frozen=True)
class Result:
    """Medians of a case, in seconds, and their ratio."""

    name: str
    against: str
    size: int
    ours: float
    peer: float
    target: float

    @property
    def ratio(self) -> float:
        """How many times faster ours is."""
        return self.peer / self.ours

    @property
    def met(self) -> bool:
        """Whether the target is reached."""
        return self.ratio >= self.target

    def as_dict(self) -> dict[str, object]:
        """Return the result as JSON takes it."""
        return {**asdict(self), "ratio": self.ratio, "met": self.met}


def run(case: Case, size: int, pairs: int = 5) -> Result:
    """Run a case: a warm-up that must agree, then ours and the peer's in turn."""
    ours, peer, same = case.prepare(size)
    if not same(ours(), peer()):
        msg = f"{case.name} at {size}: the answers differ"
        raise AssertionError(msg)
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(pairs):
        for call, taken in zip((ours, peer), times, strict=True):
            start = time.perf_counter()
            call()
            taken.append(time.perf_counter() - start)
    medians = [statistics.median(taken) for taken in times]
    return Result(case.name, case.against, size, *medians, case.target)


@cache
def grids(size: int) -> gpd.GeoDataFrame:
    """Return a partition of about that many grids, in degrees, with the communities they form."""
    return partition(size)


@cache
def measured(size: int) -> gpd.GeoDataFrame:
    """Return the same in metres."""
    return grids(size).to_crs("EPSG:4544")


def _locate(size: int) -> tuple[Call, Call, Callable[[Any, Any], bool]]:
    areas, xy = grids(size), points(PLACES)
    locator = Locator(areas)
    frame = gpd.GeoDataFrame(geometry=shapely.points(xy), crs=areas.crs)
    position = gpd.GeoDataFrame(
        {"position": np.arange(len(areas))},
        geometry=areas.sort_index().geometry.to_numpy(),
        crs=areas.crs,
    )

    def peer() -> np.ndarray:
        joined = gpd.sjoin(frame, position, how="left", predicate="intersects")
        return joined["position"].groupby(level=0).min().fillna(-1).to_numpy(dtype=np.int32)

    return lambda: locator.positions(xy), peer, np.array_equal


def _locate_build(size: int) -> tuple[Call, Call, Callable[[Any, Any], bool]]:
    areas = grids(size)
    shapes = areas.geometry.to_numpy()
    return lambda: Locator(areas), lambda: _relate(shapes), lambda *_: True


def _relate(shapes: np.ndarray) -> object:
    shapely.prepare(shapes)
    return shapely.coverage_is_valid(shapes)


def _contiguity(size: int) -> tuple[Call, Call, Callable[[Any, Any], bool]]:
    from libpysal.graph import Graph  # noqa: PLC0415 - a peer, not a part

    areas = measured(size)

    def same(ours: Any, peer: Any) -> bool:
        return (ours.astype(bool) != peer.sparse.astype(bool)).nnz == 0

    return (
        lambda: topology.contiguity(topology.read_topology(areas)),
        lambda: Graph.build_contiguity(areas.reset_index(drop=True), rook=False),
        same,
    )


def _gaps(size: int) -> tuple[Call, Call, Callable[[Any, Any], bool]]:
    areas = measured(size)
    read = topology.read_topology(areas)
    lacking = np.random.default_rng(7).random(len(areas)) < UNASSIGNED
    labels = pd.Series(areas["community"].where(lacking).to_numpy(), index=areas.index)
    groups = [areas.geometry[labels == name].to_numpy() for name in labels.dropna().unique()]

    def peer() -> list[Any]:
        return [shapely.coverage_union_all(group) for group in groups]

    def same(ours: gpd.GeoSeries, theirs: list[Any]) -> bool:
        return bool(np.isclose(ours.area.sum(), shapely.area(theirs).sum(), rtol=1e-9))

    return lambda: topology.dissolve(read, labels), peer, same


def _gi_star(size: int) -> tuple[Call, Call, Callable[[Any, Any], bool]]:
    import esda  # noqa: PLC0415 - a peer, not a part
    from libpysal.graph import Graph  # noqa: PLC0415

    areas = measured(size)
    near = topology.contiguity(topology.read_topology(areas))
    values = pd.Series(np.random.default_rng(3).poisson(4, len(areas)).astype(float), areas.index)
    graph = Graph.from_sparse(near.astype(float))

    def peer() -> np.ndarray:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = esda.G_Local(values.to_numpy(), graph, transform="B", star=True, permutations=0)
        return np.asarray(found.Zs)

    def same(ours: pd.DataFrame, theirs: np.ndarray) -> bool:
        return bool(np.allclose(ours["z"], theirs, atol=1e-9))

    return lambda: local_autocorrelation.getis_ord(values, near, star=True), peer, same


def _density(size: int) -> tuple[Call, Call, Callable[[Any, Any], bool]]:
    from KDEpy import FFTKDE  # noqa: PLC0415 - a peer, not a part

    side, cell, bandwidth = 10_000.0, 10.0, 100.0
    xy = np.random.default_rng(5).normal(side / 2, side / 12, (100 * size, 2))
    xy = xy[((xy > cell) & (xy < side - cell)).all(axis=1)]
    middles = np.arange(cell / 2, side, cell)
    at = np.stack(np.meshgrid(middles, middles, indexing="ij"), axis=-1).reshape(-1, 2)

    def ours() -> np.ndarray:
        bounds = (0.0, 0.0, side, side)
        found = density.kernel_density(xy, bandwidth_m=bandwidth, cell_m=cell, bounds=bounds)
        return found.grid

    def peer() -> np.ndarray:
        found = FFTKDE(kernel="gaussian", bw=bandwidth).fit(xy).evaluate(at)
        return found.reshape(len(middles), -1).T * len(xy) * density.M2_PER_KM2

    def same(mine: np.ndarray, theirs: np.ndarray) -> bool:
        return bool(np.abs(mine - theirs).max() < 0.02 * theirs.max())  # its binning is linear

    return ours, peer, same


@cache
def roads(size: int) -> network.Network:
    """Return so many lixels of a hundred metres, or a few more, in a square of streets."""
    blocks = int(np.ceil(np.sqrt(size / 6)))
    length, ways = 300.0 * blocks, 300.0 * np.arange(blocks + 1)
    across = [shapely.LineString([(0, y), (length, y)]) for y in ways]
    along = [shapely.LineString([(x, 0), (x, length)]) for x in ways]
    names = pd.Index([f"r{n}" for n in range(2 * len(ways))], name="road_id")
    return network.network(gpd.GeoDataFrame(geometry=across + along, index=names, crs="EPSG:4544"))


def _along_roads(size: int) -> tuple[Call, Call, Callable[[Any, Any], bool]]:
    made, reach_m = roads(size), 500.0
    step = 1_000  # the peer answers in full matrices; a whole one would not fit

    def peer() -> list[csr_array]:
        found = []
        for first in range(0, len(made.lixels), step):
            some = np.arange(first, min(first + step, len(made.lixels)))
            metres = csgraph.dijkstra(made.touching, indices=some, limit=reach_m)
            found.append(csr_array(np.where(np.isfinite(metres), metres, 0.0)))
        return found

    def same(ours: csr_array, theirs: list[csr_array]) -> bool:
        return bool(abs(ours - vstack(theirs)).max() < 1e-6)

    return lambda: made.within(reach_m), peer, same


CASES = (
    Case("locate 200,000 points", "geopandas.sjoin", 40, _locate),
    Case("locate: build the index", "shapely.coverage_is_valid", 1, _locate_build),
    Case("contiguity (queen), from shapes", "libpysal Graph", 15, _contiguity),
    Case("gaps per community, arcs kept", "coverage_union_all of the unassigned", 4, _gaps),
    Case("Gi*, analytic", "esda with Graph", 5, _gi_star),
    Case("density of 100 points a grid", "KDEpy FFTKDE", 8, _density),
    Case("who is near along the roads", "scipy dijkstra", 2, _along_roads),
)
