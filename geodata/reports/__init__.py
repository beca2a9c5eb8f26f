"""The use cases that read."""

from geodata.reports.ground import Audit, Slivers
from geodata.reports.heat import Heat
from geodata.reports.overview import Overview
from geodata.reports.places import Answer
from geodata.reports.reports import Reports
from geodata.reports.sheets import GridSheet, UnitSheet
from geodata.reports.spots import Selection

__all__ = [
    "Answer",
    "Audit",
    "GridSheet",
    "Heat",
    "Overview",
    "Reports",
    "Selection",
    "Slivers",
    "UnitSheet",
]
