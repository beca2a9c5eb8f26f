"""
Balance: neighbouring blocks put together into regions that hang together and carry about the same.

Regions grow from seeds far apart, the lightest first; then blocks on their borders change hands, or
change places, while that brings the loads closer together. Finding the best division is as hard as
any problem of its kind; a few starts, and the best of what they come to, are close enough.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from gridmap._arcs import Floats, Ints

Pairs: TypeAlias = list[tuple[int, int]]

STARTS = 8
LEAST_GAIN = 1e-12


@dataclass(frozen=True)
class Blocks:
    """
    What is to be divided.

    Parameters
    ----------
    beside
        Which blocks share an edge, n × n, symmetric.
    load
        What each carries, n values.
    xy
        Where each is, shape (n, 2), in metres.
    """

    beside: csr_array
    load: Floats
    xy: Floats

    def neighbours(self, block: int) -> Ints:
        """Return the blocks that share an edge with one."""
        first, last = self.beside.indptr[block : block + 2]
        found: Ints = self.beside.indices[first:last]
        return found


def regions(blocks: Blocks, n: int, *, seed: int = 0) -> Ints:
    """
    Put blocks together into regions.

    Parameters
    ----------
    blocks
        What is to be divided.
    n
        How many regions there are to be.
    seed
        Of the starts; the same seed gives the same regions.

    Returns
    -------
    numpy.ndarray
        The region of each block, from 0. Each hangs together. There are as many as asked, but no
        fewer than there are pieces of ground apart from each other, and no more than blocks.
    """
    pieces, piece = connected_components(blocks.beside, directed=False)
    label = np.full(len(piece), -1, dtype=np.int64)
    shares = _shares(blocks, piece, pieces, n)
    blocks = replace(
        blocks, load=blocks.load * shares.sum() / blocks.load.sum()
    )  # about 1 a region
    for number, count in enumerate(shares):
        members = np.flatnonzero(piece == number)
        starts = (_from(blocks, members, count, seed + start) for start in range(STARTS))
        best = min(starts, key=lambda found: _unevenness(blocks, found, members))
        label[members] = best[members] + shares[:number].sum()
    return label


def _shares(blocks: Blocks, piece: Ints, pieces: int, n: int) -> Ints:
    """Say how many regions each piece of ground gets: one, and more where most is left to carry."""
    load = _sums(piece, blocks.load, pieces)
    size = np.bincount(piece, minlength=pieces)
    count = np.ones(pieces, dtype=np.int64)
    for _ in range(min(n, len(piece)) - pieces):
        count[int(np.where(count < size, load / count, -1.0).argmax())] += 1
    return count


def _from(blocks: Blocks, members: Ints, n: int, seed: int) -> Ints:
    label = _grow(blocks, members, _seeds(blocks, members, n, np.random.default_rng(seed)))
    load = _sums(label[members], blocks.load[members], n)
    for _ in range(10 * len(members)):
        step = next(_steps(blocks, label, members, load), None)
        if step is None:
            break
        for block, region in step:
            load[label[block]] -= blocks.load[block]
            load[region] += blocks.load[block]
            label[block] = region
    return label


def _seeds(blocks: Blocks, members: Ints, n: int, rng: np.random.Generator) -> Ints:
    """Choose a block by chance, and then, time and again, the one farthest from all that are."""
    chosen = [int(rng.choice(members))]
    away = np.hypot(*(blocks.xy[members] - blocks.xy[chosen[0]]).T)
    away[members == chosen[0]] = -1.0
    while len(chosen) < n:
        chosen.append(int(members[int(away.argmax())]))
        away = np.minimum(away, np.hypot(*(blocks.xy[members] - blocks.xy[chosen[-1]]).T))
        away[np.isin(members, chosen)] = -1.0
    return np.array(chosen)


def _grow(blocks: Blocks, members: Ints, seeds: Ints) -> Ints:
    """Let the lightest region that can take the free block nearest to its seed."""
    label = np.full(len(blocks.load), -1, dtype=np.int64)
    label[seeds] = np.arange(len(seeds))
    load = blocks.load[seeds].copy()
    edge = [set(blocks.neighbours(block).tolist()) for block in seeds]
    for _ in range(len(members) - len(seeds)):
        for free in edge:
            free.difference_update([block for block in free if label[block] >= 0])
        region = min((r for r, free in enumerate(edge) if free), key=lambda r: (load[r], r))
        seed = blocks.xy[seeds[region]]
        block = min(edge[region], key=lambda b: (np.hypot(*(blocks.xy[b] - seed)), b))
        label[block] = region
        load[region] += blocks.load[block]
        edge[region].update(blocks.neighbours(block).tolist())
    return label


def _steps(
    blocks: Blocks, label: Ints, members: Ints, load: Floats
) -> Iterator[list[tuple[int, int]]]:
    """List what would make loads more even: blocks that go over, then pairs that change places."""
    border = [
        (int(block), int(other))
        for block in members
        for other in blocks.neighbours(block)
        if label[other] != label[block]
    ]
    for gain, block, region in sorted(_moves(blocks, border, label, load)):
        if gain < -LEAST_GAIN and _holds(blocks, label, int(label[block]), {block}, set()):
            yield [(block, region)]
    for gain, block, other in sorted(_swaps(blocks, border, label, load)):
        here, there = int(label[block]), int(label[other])
        if (
            gain < -LEAST_GAIN
            and _holds(blocks, label, here, {block}, {other})
            and _holds(blocks, label, there, {other}, {block})
        ):
            yield [(block, there), (other, here)]


def _moves(blocks: Blocks, border: Pairs, label: Ints, load: Floats) -> set[tuple[float, int, int]]:
    giver_taker = {(block, int(label[block]), int(label[other])) for block, other in border}
    return {
        (_gain(load, giver, taker, blocks.load[block]), block, taker)
        for block, giver, taker in giver_taker
    }


def _swaps(blocks: Blocks, border: Pairs, label: Ints, load: Floats) -> set[tuple[float, int, int]]:
    edge: dict[tuple[int, int], set[int]] = {}
    for block, other in border:
        edge.setdefault((int(label[block]), int(label[other])), set()).add(block)
    return {
        (_gain(load, one, two, blocks.load[block] - blocks.load[other]), block, other)
        for (one, two), here in edge.items()
        if one < two
        for block in here
        for other in edge[two, one]
    }


def _gain(load: Floats, giver: int, taker: int, weight: float) -> float:
    """By how much the sum of squares changes when a region gives a weight to another."""
    return float(2 * weight * (load[taker] - load[giver] + weight))


def _holds(blocks: Blocks, label: Ints, region: int, without: set[int], more: set[int]) -> bool:
    """Whether a region would still hang together, and be there at all."""
    left = (set(np.flatnonzero(label == region).tolist()) - without) | more
    if not left:
        return False
    todo = [min(left)]
    left.discard(todo[0])
    while todo:
        near = left.intersection(blocks.neighbours(todo.pop()).tolist())
        left -= near
        todo += near
    return not left


def _unevenness(blocks: Blocks, label: Ints, members: Ints) -> float:
    load = _sums(label[members], blocks.load[members], 0)
    return float((load * load).sum())


def _sums(label: Ints, load: Floats, n: int) -> Floats:
    return np.bincount(label, weights=load, minlength=n).astype(np.float64)
