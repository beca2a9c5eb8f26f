"""Targets of the town that are assigned."""

from gridmap import layers
from gridmap.assignments import Target
from tests.town import SQUARES

G1, G2, G3, G4, G5, G6, G7 = SQUARES
ASSIGNMENTS = layers.LAYERS["assignments"]


def grids(*codes: str) -> list[Target]:
    return [Target("grid", code) for code in codes]
