"""
What the register prints, as PDF: unit cards, rosters and sign-off sheets.

Every figure is one that `geodata.reports` answers. Text can be searched, and the fonts are in the
file, so it looks the same on any machine.
"""

from geodata.paper.cards import unit_cards
from geodata.paper.roster import roster
from geodata.paper.sign_off import sign_off

__all__ = ["roster", "sign_off", "unit_cards"]
