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

from gridmap import local_autocorrelation, topology
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


CASES = (
    Case("locate 200,000 points", "geopandas.sjoin", 40, _locate),
    Case("locate: build the index", "shapely.coverage_is_valid", 1, _locate_build),
    Case("contiguity (queen), from shapes", "libpysal Graph", 15, _contiguity),
    Case("gaps per community, arcs kept", "coverage_union_all of the unassigned", 4, _gaps),
    Case("Gi*, analytic", "esda with Graph", 5, _gi_star),
)
