"""The ground of a whole demo city, cut into faces: grids, reaches of the river, blind areas."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from gridmap.demo import terrain
from gridmap.demo.blocks import WALL, Face, Growth, Path, divide, grids_of
from gridmap.demo.bridges import bridges
from gridmap.demo.mesh import Floats, Guide, Mesh
from gridmap.demo.sizes import Size

RIVERSIDE = "滨河路"
REACH = "reach"
BLIND = "blind"
MIN_REACH_M = 150.0
STRIP_M = 24.0
LEAST_BLIND_M2 = 1_800.0
LONGEST_BRIDGE = 1.9  # river widths
CALMER = (1.0, 0.7, 0.45, 0.2, 0.0)
GRIDS_OF_SMALL_FACE = 1


@dataclass(frozen=True)
class Ground:
    """
    A city's ground.

    Parameters
    ----------
    xy : ndarray, shape (n, 2)
        Vertices, metres from the city's centre.
    rings
        One a face: its vertices, complete.
    communities : ndarray of int
        Number of the community of each face, counted over the city.
    kinds
        ``""`` for a plain grid, else `REACH` or `BLIND`.
    paths
        Roads' borders, complete; the riverside ones first, north before south.
    """

    xy: Floats
    rings: list[list[int]]
    communities: NDArray[np.int64]
    kinds: NDArray[np.str_]
    paths: list[Path]


def grow(size: Size, rng: np.random.Generator) -> Ground:
    """
    Grow a city's ground.

    Parameters
    ----------
    size
        Which city.
    rng
        Where chance comes from.
    """
    counts = _counts(size, rng)
    ranks = _ranks(size)
    first_south = _first_south(size)
    land = terrain.lay(size, counts[:first_south].sum() / size.grids, rng)
    growth = Growth(Mesh(), land.samples, rng)
    whole = Face(growth.mesh.add(land.outline), np.arange(len(land.samples)), 0)
    north, band, south = _along_river(growth, whole, land)
    communities = divide(growth, north, counts[:first_south].tolist(), ranks[:first_south])
    reaches = _reaches(growth, band, communities)
    south.community = first_south
    communities += divide(growth, south, counts[first_south:].tolist(), ranks[first_south:])
    for reach in reaches:
        counts[reach.community] -= 1
    plain = [
        grid
        for community in communities
        for grid in _numbered(growth, community, int(counts[community.community]))
    ]
    blind = list(_blind_areas(growth, plain, size.blind_areas))
    growth.paths += bridges(growth, size.river_m * LONGEST_BRIDGE)
    return _complete(growth, land, plain + reaches + blind)


def _counts(size: Size, rng: np.random.Generator) -> NDArray[np.int64]:
    weight = rng.uniform(0.86, 1.14, size.total_communities)
    share = np.cumsum(weight) / weight.sum() * size.grids
    return np.diff(np.round(np.concatenate([[0.0], share]))).astype(np.int64)


def _ranks(size: Size) -> list[int]:
    """Say which communities start a district (0), a subdistrict (1), or neither (2)."""
    number = np.arange(size.total_communities)
    starts_subdistrict = number % size.communities == 0
    starts_district = number % (size.communities * size.subdistricts) == 0
    return np.where(starts_district, 0, np.where(starts_subdistrict, 1, 2)).tolist()


def _first_south(size: Size) -> int:
    if size.districts == 1:
        return round(size.total_communities * 0.75)
    north = max(round(size.districts * 0.55), 1)
    return north * size.subdistricts * size.communities


def _along_river(growth: Growth, whole: Face, land: terrain.Terrain) -> tuple[Face, Face, Face]:
    for calm in CALMER:
        bank = _calmed(land.river, calm)
        cut = growth.follow(whole, bank, RIVERSIDE)
        if cut is not None:
            break
    else:
        msg = "The river does not cross the city."
        raise RuntimeError(msg)
    north, rest = cut
    for narrower in (1.0, 0.8, 0.6):
        far = _calmed(land.south_bank, calm)
        shift = land.river.shift + narrower * (far.shift - land.river.shift)
        both = growth.follow(rest, Guide(**{**far.__dict__, "shift": shift}), RIVERSIDE)
        if both is not None:
            return north, *both
    msg = "The river has no southern bank."
    raise RuntimeError(msg)


def _calmed(guide: Guide, calm: float) -> Guide:
    return Guide(**{**guide.__dict__, "wave": guide.wave * calm, "bow": guide.bow * calm})


def _reaches(growth: Growth, band: Face, communities: list[Face]) -> list[Face]:
    """Cut the river where communities meet on its northern bank; roads cross it there."""
    bank = growth.mesh.expand(growth.paths[0].vertices, closed=False)
    owner = _owners(growth.mesh, set(bank), communities)
    beside = [owner[frozenset(edge)] for edge in pairwise(bank)]
    classes = {
        end: p.road_class for p in growth.paths[2:] for end in (p.vertices[0], p.vertices[-1])
    }
    xy = growth.mesh.xy
    pieces, last = [band], xy[bank[0]]
    for at in range(1, len(bank) - 1):
        if beside[at] == beside[at - 1] or np.hypot(*(xy[bank[at]] - last)) < MIN_REACH_M:
            continue
        downstream = growth.mesh.xy[bank[at + 1]] - growth.mesh.xy[bank[at - 1]]
        x, y = growth.mesh.xy[bank[at]]
        guide = Guide(float(x), float(y), float(np.arctan2(*downstream[::-1]) + np.pi / 2))
        place = next(n for n, p in enumerate(pieces) if bank[at] in growth.mesh.expand(p.ring))
        cut = growth.follow(pieces[place], guide, classes.get(bank[at], WALL))
        if cut is not None:
            pieces[place : place + 1] = cut
            last = growth.mesh.xy[bank[at]]
    for piece in pieces:
        piece.kind = REACH
        piece.community = _main_owner(growth.mesh, piece, owner)
    return pieces


def _owners(mesh: Mesh, bank: set[int], communities: list[Face]) -> dict[frozenset[int], int]:
    owner = {}
    for community in communities:
        ring = mesh.expand(community.ring)
        for start, end in zip(ring, [*ring[1:], ring[0]], strict=True):
            if start in bank and end in bank:
                owner[frozenset((start, end))] = community.community
    return owner


def _main_owner(mesh: Mesh, piece: Face, owner: dict[frozenset[int], int]) -> int:
    ring = mesh.expand(piece.ring)
    length: dict[int, float] = {}
    for start, end in zip(ring, [*ring[1:], ring[0]], strict=True):
        number = owner.get(frozenset((start, end)))
        if number is not None:
            step = mesh.xy[end] - mesh.xy[start]
            length[number] = length.get(number, 0.0) + float(np.hypot(*step))
    return max(length, key=lambda number: (length[number], -number))


def _numbered(growth: Growth, community: Face, count: int) -> Iterator[Face]:
    for grid in grids_of(growth, community, count):
        grid.community = community.community
        yield grid


def _blind_areas(growth: Growth, grids: list[Face], wanted: int) -> Iterator[Face]:
    """Take a strip of river bank here and a vacant lot there out of grids; grids shrink."""
    banks = {v for p in growth.paths[:2] for v in growth.mesh.expand(p.vertices, closed=False)}
    order = growth.rng.permutation(len(grids))
    on_bank = [i for i in order if len(banks.intersection(growth.mesh.expand(grids[i].ring))) > 3]  # noqa: PLR2004
    inland = [i for i in order if not banks.intersection(growth.mesh.expand(grids[i].ring))]
    used: set[int] = set()
    for number in range(wanted):
        for i in on_bank if number % 2 == 0 else inland:
            taken = None if i in used else _take(growth, grids[i], banks, strip=number % 2 == 0)
            if taken is not None:
                used.add(i)
                grids[i], blind = taken
                yield blind
                break


def _take(growth: Growth, grid: Face, banks: set[int], *, strip: bool) -> tuple[Face, Face] | None:
    guide = None
    if strip:
        ring = growth.mesh.expand(grid.ring)
        ends = growth.mesh.xy[[v for v in ring if v in banks]]
        long = ends[np.argsort(ends[:, 0])[[0, -1]]]
        inside = growth.mesh.xy[ring].mean(axis=0)
        guide = _inland(long, inside, STRIP_M)
        halves = growth.follow(grid, guide, WALL, snap_m=0.0)
    else:
        halves = growth.split(grid, 0.2, GRIDS_OF_SMALL_FACE)
    if halves is None:
        return None
    areas = [abs(_area(growth.mesh.xy[half.ring])) for half in halves]
    if not LEAST_BLIND_M2 < min(areas) < max(areas) / 2:
        return None
    kept, blind = halves if areas[0] > areas[1] else halves[::-1]
    kept.community = blind.community = grid.community
    blind.kind = BLIND
    return kept, blind


def _inland(ends: Floats, inside: Floats, depth: float) -> Guide:
    run = ends[1] - ends[0]
    guide = Guide(float(ends[0, 0]), float(ends[0, 1]), float(np.arctan2(run[1], run[0])))
    side = float(np.sign(guide.measure(inside[None])[1][0]))
    return Guide(guide.x, guide.y, guide.angle, shift=side * depth)


def _area(xy: Floats) -> float:
    x, y = xy[:, 0], xy[:, 1]
    return float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum() / 2)


def _complete(growth: Growth, land: terrain.Terrain, faces: list[Face]) -> Ground:
    mesh = growth.mesh
    return Ground(
        xy=land.bend(mesh.xy),
        rings=[mesh.expand(face.ring) for face in faces],
        communities=np.array([face.community for face in faces]),
        kinds=np.array([face.kind for face in faces]),
        paths=[
            Path(mesh.expand(path.vertices, closed=False), path.road_class)
            for path in growth.paths
            if path.road_class != WALL
        ],
    )
