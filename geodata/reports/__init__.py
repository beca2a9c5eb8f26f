"""The use cases that read."""

from geodata.reports.ground import Audit, Slivers
from geodata.reports.heat import Heat
from geodata.reports.overview import Overview
from geodata.reports.places import Answer
from geodata.reports.reports import Reports
from geodata.reports.selection import Selection
from geodata.reports.sheets import GridSheet, UnitSheet

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
