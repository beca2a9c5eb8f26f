"""
The planner: who should hold what, with the proof of how good the plan is.

`assign_units` deals out targets to units, `patches` divides the city into contiguous and balanced
parts, `medians` chooses the places of stations.
"""

from gridmap.planning.assignment import assign_units
from gridmap.planning.clock import Progress, Watch
from gridmap.planning.medians import Medians, medians
from gridmap.planning.patches import Patches, patches
from gridmap.planning.problem import REASON_WORDS, REASONS, Conflict, Goal, Plan, Problem

__all__ = [
    "REASONS",
    "REASON_WORDS",
    "Conflict",
    "Goal",
    "Medians",
    "Patches",
    "Plan",
    "Problem",
    "Progress",
    "Watch",
    "assign_units",
    "medians",
    "patches",
]
