"""How a demo city grows: districts, subdistricts, communities and grids, one cut after another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridmap.demo.mesh import Cut, Floats, Guide, Mesh

# A border between that many grids or more is a road of that class; ends snap that far, in metres,
# to the ends of others, so that roads cross; vertices stand that far apart.
ROAD_CLASSES = (
    (36, "主干路", 60.0, 45.0),
    (12, "次干路", 50.0, 40.0),
    (5, "支路", 38.0, 36.0),
    (0, "巷", 26.0, 34.0),
)
WALL = ""
TRIES = 40


class Path(NamedTuple):
    """A border that was drawn: its vertices, and the road that runs on it, if any."""

    vertices: list[int]
    road_class: str


@dataclass
class Face:
    """Ground that is not cut any further, or not yet."""

    ring: list[int]
    samples: NDArray[np.int64]
    community: int
    kind: str = ""


@dataclass
class Growth:
    """
    A city while it grows.

    Parameters
    ----------
    mesh
        Vertices and edges.
    samples
        Places spread as people are.
    rng
        Where chance comes from.
    paths
        Every border drawn so far.
    """

    mesh: Mesh
    samples: Floats
    rng: np.random.Generator
    paths: list[Path] = field(default_factory=list)

    def split(self, face: Face, share: float, grids: int) -> tuple[Face, Face]:
        """
        Cut a face so that its left part has that share of the people.

        Parameters
        ----------
        face
            What to cut.
        share
            Between 0 and 1.
        grids
            How many grids the face will have; it decides what kind of road the border is.
        """
        road_class, snap_m, spacing_m = self._manner(grids)
        for attempt in range(TRIES):
            guide = self._guide(face, share, (grids, not road_class), attempt)
            snap = snap_m if attempt < TRIES // 2 else 0.0
            cut = self.mesh.cut(face.ring, guide, snap, spacing_m)
            if cut is not None:
                self.paths.append(Path(cut.path, road_class))
                return self._halves(face, cut, guide)
        msg = f"A face with {len(face.ring)} vertices could not be cut."
        raise RuntimeError(msg)

    def follow(
        self, face: Face, guide: Guide, road_class: str, snap_m: float = 45.0
    ) -> tuple[Face, Face] | None:
        """Cut a face along a given line; None if the line does not cross it once."""
        cut = self.mesh.cut(face.ring, guide, snap_m, 40.0)
        if cut is None:
            return None
        self.paths.append(Path(cut.path, road_class))
        return self._halves(face, cut, guide)

    def _manner(self, grids: int) -> tuple[str, float, float]:
        row = next(row for row in ROAD_CLASSES if grids >= row[0])
        is_wall = row[0] == 0 and self.rng.uniform() < (0.75 if grids <= 2 else 0.4)  # noqa: PLR2004
        return (WALL, 0.0, 30.0) if is_wall else row[1:]

    def _guide(self, face: Face, share: float, use: tuple[int, bool], attempt: int) -> Guide:
        grids, is_wall = use
        xy = self.mesh.xy[face.ring]
        angle = _grain(xy) + self.rng.normal(0, 0.035 + 0.02 * attempt)
        middle = xy.mean(axis=0)
        extents = [np.ptp(xy @ _unit(angle + turn)) for turn in (0.0, np.pi / 2)]
        long = int(extents[1] > extents[0])
        if min(extents) > 0.8 * max(extents):
            long = int(self.rng.integers(2))
        if attempt > TRIES // 3:
            long, angle = attempt % 2, angle + self.rng.uniform(0, np.pi / 2)
        along = angle + (np.pi / 2 if long == 0 else 0.0)
        if grids > 3 and attempt < 4 and self.rng.uniform() < 0.06:  # noqa: PLR2004 - a diagonal
            along += self.rng.uniform(0.3, 0.5) * self.rng.choice([-1, 1])
        length = extents[1 - long]
        guide = Guide(float(middle[0]), float(middle[1]), float(along))
        guide = self._bent(guide, float(length), is_wall, attempt)
        at = self.samples[face.samples] if len(face.samples) > 3 else xy  # noqa: PLR2004
        spread = np.clip(share + 0.02 * attempt * self.rng.normal(), 0.15, 0.85)
        across = guide.measure(at)[1]
        rank = min(int(len(across) * (1 - spread)), len(across) - 1)
        return _shifted(guide, float(np.partition(across, rank)[rank]))

    def _bent(self, guide: Guide, length: float, is_wall: bool, attempt: int) -> Guide:
        calm = 1.0 / (1 + attempt)
        if is_wall and self.rng.uniform() < 0.35 * calm:
            jog = self.rng.uniform(0.1, 0.22) * length * self.rng.choice([-1, 1])
            return Guide(
                guide.x,
                guide.y,
                guide.angle,
                jog_at=self.rng.uniform(-0.15, 0.15) * length,
                jog=jog,
            )
        return Guide(
            guide.x,
            guide.y,
            guide.angle,
            bow=self.rng.normal(0, 0.16) * calm / length,
            wave=self.rng.uniform(0, 0.014) * calm * length,
            length=length * self.rng.uniform(0.7, 1.4),
            phase=self.rng.uniform(0, 2 * np.pi),
        )

    def _halves(self, face: Face, cut: Cut, guide: Guide) -> tuple[Face, Face]:
        is_left = guide.measure(self.samples[face.samples])[1] > 0
        left, right = face.samples[is_left], face.samples[~is_left]
        return Face(cut.left, left, face.community), Face(cut.right, right, face.community)


def divide(growth: Growth, face: Face, counts: Sequence[int], breaks: Sequence[int]) -> list[Face]:
    """
    Cut a face into communities.

    Parameters
    ----------
    growth
        The city.
    face
        Ground of all of them; its `community` is the number of the first.
    counts
        Grids of each community, in the order of their numbers.
    breaks
        For each community, 0 if it starts a district, 1 a subdistrict, 2 neither: borders of the
        higher level are drawn first.

    Returns
    -------
    list of Face
        One a community.
    """
    done: list[Face] = []
    total = np.concatenate([[0], np.cumsum(counts)])
    stack = [(face, 0, len(counts))]
    while stack:
        whole, low, high = stack.pop()
        if high - low == 1:
            whole.community = face.community + low
            done.append(whole)
            continue
        inner = np.arange(low + 1, high)
        rank = np.asarray(breaks)[inner]
        candidates = inner[rank == rank.min()]
        half = (total[low] + total[high]) / 2
        at = int(candidates[np.argmin(np.abs(total[candidates] - half))])
        grids = int(total[high] - total[low])
        left, right = growth.split(whole, (total[at] - total[low]) / grids, grids)
        stack += [(right, at, high), (left, low, at)]
    return done


def grids_of(growth: Growth, community: Face, count: int) -> Iterator[Face]:
    """Cut a community into that many grids."""
    stack = [(community, count)]
    while stack:
        face, n = stack.pop()
        if n == 1:
            yield face
            continue
        part = int(np.clip(round(n * growth.rng.uniform(0.36, 0.64)), 1, n - 1))
        left, right = growth.split(face, part / n, n)
        stack += [(right, n - part), (left, part)]


def _grain(xy: Floats) -> float:
    """Return the direction that most of a ring's edges follow or stand across."""
    edge = np.roll(xy, -1, axis=0) - xy
    length = np.hypot(edge[:, 0], edge[:, 1])
    turn = 4 * np.arctan2(edge[:, 1], edge[:, 0])
    return float(np.arctan2((length * np.sin(turn)).sum(), (length * np.cos(turn)).sum()) / 4)


def _unit(angle: float) -> Floats:
    return np.array([np.cos(angle), np.sin(angle)])


def _shifted(guide: Guide, shift: float) -> Guide:
    return Guide(**{**guide.__dict__, "shift": shift})
