"""What an invented city works by: filing conditions, checklists, rules along roads."""

from __future__ import annotations

from datetime import date

from geodata.store import Store
from gridmap.demo import checklists
from gridmap.demo.standard import demo_conditions
from gridmap.layers import BOOKS, conform

SINCE = date(2025, 10, 1)


def add_demo_books(store: Store) -> None:
    """
    Write the made-up scheme, checklists and rules, in one transaction.

    Parameters
    ----------
    store
        Of a new register.
    """
    with store.write(who="demo", action="standard", what={"demo": True}) as writer:
        writer.add("conditions", demo_conditions(), SINCE)
        for name, raw in (
            ("checklists", checklists.checklists()),
            ("road_rules", checklists.road_rules()),
        ):
            writer.add(name, conform(raw, BOOKS[name]), SINCE)
