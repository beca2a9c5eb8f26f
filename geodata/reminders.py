"""Reminders: on the day something is due, the people it concerns are told."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd

from geodata.accounts import Account, Accounts
from geodata.cadence import Cadence
from geodata.notices import Notices, Told
from geodata.outbox import Outbox, robot_body
from geodata.scoped import Workspaces
from gridmap.access import OPERATOR, where
from gridmap.working_time import Calendar

DUE = "Today: {name}."
LATE = "{name} was due on {due}; it is not handed in yet."
SOON = "{name} is due on {due}; it is not handed in yet."
BACK = "{name} was sent back: {reason}"
ASKED = "{n} pieces of material are asked of your unit for {month}."
REVIEW = "{n} pieces of material wait to be looked at."
SOON_DAYS = 3
LINKS = {
    "inspect": "/cadence",
    "rectify": "/tasks",
    "prompt": "/cadence#material",
    "collect": "/cadence#material",
    "review": "/cadence#material",
    "bulletin": "/bulletins",
}


@dataclass(frozen=True)
class Reminded:
    """
    What was told.

    Parameters
    ----------
    notices
        Put into inboxes.
    messages
        Put into the outbox.
    """

    notices: int
    messages: int


def remind(
    workspaces: Workspaces,
    accounts: Accounts,
    calendar: Calendar,
    today: date,
    outside: Collection[tuple[str, str]],
) -> Reminded:
    """
    Tell people what is due today, units of their material, and who reviews of it; each once.

    Parameters
    ----------
    workspaces, accounts
        The register, and its people.
    calendar
        When the city works.
    today
        The day in the city; on a day off only what is late is told.
    outside
        Channels of `geodata.outbox`, each with an address; each is sent what is due today, once.
    """
    book = Cadence(workspaces, OPERATOR, calendar, today)
    people = [account for account in accounts.people() if account.active]
    notices, day = Notices(workspaces.whole.store), today.isoformat()
    put = 0
    due = book.due(today, today)
    for row in due.to_dict("records"):
        roles = set(row["roles"].split(","))
        concerned = [one.person_id for one in people if roles & one.person.roles]
        told = Told(row["kind"], DUE, {"name": row["name"]}, LINKS[row["kind"]], day)
        put += notices.put(told, concerned)
    slots = book.materials()
    for unit_id, asked in slots.groupby("unit_id"):
        told_to = [one.person_id for one in people if unit_id in one.person.units]
        put += sum(notices.put(told, told_to) for told in _of_unit(asked, today))
    if (slots["state"] == "submitted").any():
        put += _to_reviewers(workspaces, people, calendar, today)
    return Reminded(put, _outside(workspaces, list(due["name"]), day, outside))


def _of_unit(slots: pd.DataFrame, today: date) -> Iterator[Told]:
    """Yield what a unit is told of its material: what is asked, sent back, due soon or late."""
    for month, asked in slots[slots["due"] >= pd.Timestamp(today)].groupby("month"):
        day = pd.Timestamp(month).date()
        values: dict[str, Any] = {"n": len(asked), "month": f"{day:%Y-%m}"}
        link = f"/cadence?month={day.isoformat()}#material"
        yield Told("material", ASKED, values, link, f"{asked['unit_id'].iloc[0]} {values}")
    for slot_id, slot in slots[slots["state"].isin(["waiting", "returned"])].iterrows():
        until = slot["due"].date()
        link = f"/cadence?month={slot['month'].date().isoformat()}&slot={slot_id}#material"
        if slot["state"] == "returned":
            values = {"name": slot["name"], "reason": slot["reason"]}
            yield Told("material", BACK, values, link, f"{slot_id} back {slot['returns']}")
        if until <= today + timedelta(days=SOON_DAYS):
            template = LATE if until < today else SOON
            values = {"name": slot["name"], "due": until.isoformat()}
            yield Told("material", template, values, link, f"{slot_id} {template}")


def _to_reviewers(
    workspaces: Workspaces, people: Collection[Account], calendar: Calendar, today: date
) -> int:
    """Tell those who review, each day once, how much of what they see waits for them."""
    notices, put = Notices(workspaces.whole.store), 0
    for one in people:
        if not where(one.person, "material.review"):
            continue
        seen = Cadence(workspaces, one.person, calendar, today).materials()
        if n := int((seen["state"] == "submitted").sum()):
            link = "/cadence#material"
            told = Told("material", REVIEW, {"n": n}, link, f"review {today.isoformat()}")
            put += notices.put(told, [one.person_id])
    return put


def _outside(
    workspaces: Workspaces, names: list[str], day: str, outside: Collection[tuple[str, str]]
) -> int:
    """Write one message a day to each address outside, if anything is due."""
    if not names:
        return 0
    outbox = Outbox(workspaces.whole.store)
    text = f"{workspaces.whole.store.meta.name} {day}\n" + "、".join(names)
    return sum(
        outbox.put(channel, address, text if channel == "mail" else robot_body(channel, text), day)
        for channel, address in outside
    )
