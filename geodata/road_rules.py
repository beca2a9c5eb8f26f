"""Rules along roads as the register keeps them: editions, and which of them is in use."""

from __future__ import annotations

from datetime import date

import pandas as pd

from geodata.workspace import Workspace
from gridmap import layers
from gridmap.access import Person
from gridmap.checklists import in_order
from gridmap.errors import ConflictError, InvalidError
from gridmap.road_rules import Rule

BOOK = layers.BOOKS["road_rules"]


def in_use(book: pd.DataFrame) -> pd.DataFrame:
    """
    Return the rules of the last edition.

    Parameters
    ----------
    book
        The book ``road_rules``.
    """
    if book.empty:
        return book
    return book[book["edition"] == max(book["edition"].unique(), key=in_order)]


def rules_of(rows: pd.DataFrame) -> list[Rule]:
    """
    Return rows of the book as the domain takes them.

    Parameters
    ----------
    rows
        Of the book, indexed by ``rule_id``.
    """
    return [
        Rule(
            rule_id=str(key),
            name=str(row["name"]),
            road_class=None if pd.isna(row["road_class"]) else str(row["road_class"]),
            category=str(row["category"]),
            least=int(row["least"]),
            window_m=float(row["window_m"]),
            source=None if pd.isna(row["source"]) else str(row["source"]),
        )
        for key, row in rows.iterrows()
    ]


def publish(workspace: Workspace, rules: pd.DataFrame, person: Person, today: date) -> int:
    """
    Publish an edition of the rules.

    Parameters
    ----------
    workspace
        The register of the whole city.
    rules
        Raw rows of the book, the key as a column.
    person, today
        Who publishes, and the day in the city.

    Returns
    -------
    int
        The journal's entry.

    Raises
    ------
    InvalidError
        With every fault of the rows, or if a rule asks for nothing.
    ConflictError
        If the edition, or a rule's key, is there already.
    """
    rows = layers.conform(rules, BOOK)
    if len(empty := rows.index[(rows["least"] < 1) | ~(rows["window_m"] > 0)]):
        msg = "The rule {rule_id} needs at least one thing in a stretch of some metres."
        raise InvalidError(msg, rule_id=empty[0])
    editions = sorted(set(rows["edition"]))
    told = {"editions": editions, "rules": len(rows), "by": person.person_id}
    store = workspace.store
    with store.write(who=person.name, action="road-rules", what=told) as writer:
        kept = writer.read("road_rules")
        again = kept["edition"].isin(editions) | kept.index.isin(rows.index)
        if again.any():
            msg = "The rule {rule_id} of the edition {edition} is published already."
            first = kept[again].iloc[0]
            raise ConflictError(msg, rule_id=first.name, edition=first["edition"])
        writer.add("road_rules", rows, today)
    return writer.entry
