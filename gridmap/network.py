"""
The road network: roads cut into short pieces, and how far it is from one to another along roads.

On a plane a hot spot leaks across a river or a railway; along roads it does not. Roads are joined
wherever their lines meet, and cut into *lixels* (linear pixels, after Xie and Yan 2008): pieces of
about equal length between two junctions, on which points are counted as areas count them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array, csr_array
from shapely.ops import substring

from gridmap._walks import reached, walk_shares
from gridmap.errors import InvalidError
from gridmap.metric import require_metric

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]
    Metres = NDArray[np.float64]

LIXEL_M = 100.0
GRID_M = 0.01  # ends of lines nearer than this are one junction
ASIDE_M = 0.1  # noding moves a line by no more
PLACE_COLUMNS = ["road_id", "from_m", "to_m"]


@dataclass(frozen=True)
class Network:
    """
    Roads in lixels.

    Parameters
    ----------
    lixels
        LineStrings in metres, indexed by ``lixel`` (``road_id`` and a number), with ``road_id``,
        ``from_m``, ``to_m`` along that road, and ``length_m``.
    ends
        The junction at the beginning and at the end of each, (n, 2).
    touching
        (n, n), non-zero where two lixels meet at a junction: metres from middle to middle.
    """

    lixels: gpd.GeoDataFrame
    ends: Numbers
    touching: csr_array

    def within(self, reach_m: float) -> csr_array:
        """
        Return which lixels are neighbours along the roads.

        Parameters
        ----------
        reach_m
            How far from middle to middle.

        Returns
        -------
        scipy.sparse.csr_array, shape (n, n)
            The metres between them; no diagonal. Symmetric.
        """
        n = len(self.lixels)
        near = self.touching
        starts, others = near.indptr.astype(np.int64), near.indices.astype(np.int64)
        row, column, metres = reached(starts, others, near.data, float(reach_m))
        return csr_array(coo_array((metres, (row, column)), shape=(n, n)))

    def density(self, counts: Numbers, bandwidth_m: float) -> Metres:
        r"""
        Estimate how dense points are along the roads.

        Parameters
        ----------
        counts
            Points on each lixel, (n,); they are taken to lie in its middle.
        bandwidth_m
            Reach of the quartic kernel.

        Returns
        -------
        numpy.ndarray, shape (n,)
            Points per kilometre of road at the middle of each lixel.

        Raises
        ------
        InvalidError
            If the bandwidth is not longer than the lixels.

        Notes
        -----
        The equal-split discontinuous kernel of Okabe, Satoh and Sugihara (2009): at a junction of
        :math:`m` lixels what arrives goes on in :math:`m - 1` equal shares, so that a point weighs
        the same beside a junction as far from one; a kernel of distance alone would count it once
        for each arm. At a dead end the rest is lost, as at the edge of any map. With :math:`b` the
        bandwidth, :math:`k(d) = \frac{15}{16 b} (1 - d^2/b^2)^2`.
        """
        longest = float(self.lixels["length_m"].max()) if len(self.lixels) else 0.0
        if not bandwidth_m > longest:
            msg = "The bandwidth ({bandwidth} m) must be longer than a lixel ({longest:.0f} m)."
            raise InvalidError(msg, bandwidth=bandwidth_m, longest=longest)
        length = self.lixels["length_m"].to_numpy()
        junction = self.ends.ravel()
        arms = np.argsort(junction, kind="stable")
        first = np.searchsorted(junction[arms], np.arange(junction.max(initial=-1) + 2))
        given = np.asarray(counts, dtype=np.float64)
        return 1000.0 * walk_shares(junction, length, arms, first, given, float(bandwidth_m))


def network(roads: gpd.GeoDataFrame, *, lixel_m: float = LIXEL_M) -> Network:
    """
    Cut roads into lixels.

    Parameters
    ----------
    roads
        LineStrings in metres, indexed by ``road_id``.
    lixel_m
        The longest a lixel may be; between two junctions all are equally long.

    Returns
    -------
    Network
        A metre that two roads share is there once, as the first's.

    Raises
    ------
    CrsError
        If the roads are not in metres.
    InvalidError
        If `lixel_m` is not positive.

    Notes
    -----
    Lines that cross are joined, as crossings at grade are the rule; a flyover joins what it passes.
    """
    require_metric(roads, "A road network")
    if not lixel_m > 0:
        msg = "Lixels must have a length; {lixel_m} m is none."
        raise InvalidError(msg, lixel_m=lixel_m)
    drawn = roads[roads.geometry.notna() & ~roads.geometry.is_empty].sort_index()
    pieces, of = _between_junctions(drawn)
    parts = np.maximum(np.ceil(shapely.length(pieces) / lixel_m - 1e-9), 1).astype(np.int64)
    lines = _cut(pieces, parts)
    lixels = _on_roads(lines, np.repeat(of, parts), drawn)
    ends = _junctions(lixels.geometry.to_numpy())
    return Network(lixels, ends, _touching(ends, lixels["length_m"].to_numpy()))


def snapped(
    points: gpd.GeoDataFrame | gpd.GeoSeries, found: Network, *, within_m: float
) -> Numbers:
    """
    Say on which lixel each point lies.

    Parameters
    ----------
    points
        In the CRS of the network.
    found
        The network.
    within_m
        How far from the road a point may be.

    Returns
    -------
    numpy.ndarray of int, shape (n,)
        Position of the nearest lixel; the lowest of several that are equally near, −1 if none is
        near enough.
    """
    at = np.full(len(points), -1, dtype=np.int64)
    if not len(found.lixels):
        return at
    tree = shapely.STRtree(found.lixels.geometry.to_numpy())
    shapes = points.geometry.to_numpy()
    which, lixel = tree.query_nearest(shapes, max_distance=within_m, all_matches=True)
    order = np.lexsort((lixel, which))
    which, lixel = which[order], lixel[order]
    first = np.unique(which, return_index=True)[1]
    at[which[first]] = lixel[first]
    return at


def _between_junctions(roads: gpd.GeoDataFrame) -> tuple[NDArray[np.object_], Numbers]:
    """Return lines from junction to junction, and the position of the road each is of."""
    shapes = roads.geometry.to_numpy()
    if not len(shapes):
        return np.empty(0, dtype=object), np.empty(0, dtype=np.int64)
    noded = shapely.union_all(shapes, grid_size=GRID_M)
    pieces = shapely.get_parts(shapely.line_merge(noded) if len(shapes) == 1 else noded)
    tree = shapely.STRtree(shapes)
    middles = shapely.line_interpolate_point(pieces, 0.5, normalized=True)
    piece, road = tree.query(middles, predicate="dwithin", distance=ASIDE_M)
    order = np.lexsort((road, piece))
    at = np.unique(piece[order], return_index=True)[1]
    return pieces[piece[order][at]], road[order][at]


def _cut(pieces: NDArray[np.object_], parts: Numbers) -> NDArray[np.object_]:
    """Cut each line into so many equal parts."""
    cut = [
        substring(line, n / of, (n + 1) / of, normalized=True) if of > 1 else line
        for line, of in zip(pieces, parts.tolist(), strict=True)
        for n in range(of)
    ]
    made = np.empty(len(cut), dtype=object)
    made[:] = cut
    return made


def _on_roads(lines: NDArray[np.object_], of: Numbers, roads: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Name each lixel by its road, and by where on it it lies."""
    whole = roads.geometry.to_numpy()[of]
    ends = [shapely.line_locate_point(whole, shapely.get_point(lines, at)) for at in (0, -1)]
    table = gpd.GeoDataFrame(
        {
            "road_id": roads.index.to_numpy()[of],
            "from_m": np.round(np.minimum(*ends), 2),  # as exact as the junctions are
            "to_m": np.round(np.maximum(*ends), 2),
            "length_m": shapely.length(lines),
        },
        geometry=lines,
        crs=roads.crs,
    ).sort_values(PLACE_COLUMNS, kind="stable")
    number = table.groupby("road_id", sort=False).cumcount() + 1
    table.index = pd.Index(table["road_id"] + ":" + number.astype("str"), name="lixel")
    return table


def _junctions(lines: NDArray[np.object_]) -> Numbers:
    ends = np.concatenate([shapely.get_coordinates(shapely.get_point(lines, at)) for at in (0, -1)])
    keys = np.round(ends / GRID_M).astype(np.int64)
    number = np.unique(keys, axis=0, return_inverse=True)[1].reshape(2, -1)
    return np.ascontiguousarray(number.T)


def _touching(ends: Numbers, length: Metres) -> csr_array:
    n = len(length)
    lixel, junction = np.repeat(np.arange(n), 2), ends.ravel()
    at = csr_array(
        coo_array((np.ones(2 * n), (lixel, junction)), shape=(n, int(ends.max(initial=-1)) + 1))
    )
    pairs = (at @ at.T).tocoo()
    apart = pairs.row != pairs.col
    row, column = pairs.row[apart], pairs.col[apart]
    return csr_array(coo_array(((length[row] + length[column]) / 2, (row, column)), shape=(n, n)))
