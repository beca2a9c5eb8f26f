"""Reminders: on the day something is due, the people it concerns are told."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from geodata.accounts import Accounts
from geodata.cadence import Cadence
from geodata.notices import Notices, Told
from geodata.outbox import Outbox, robot_body
from geodata.scoped import Workspaces
from gridmap.access import OPERATOR
from gridmap.working_time import Calendar

DUE = "Today: {name}."
LATE = "{name} was due on {due}; it is not handed in yet."
SOON = "{name} is due on {due}; it is not handed in yet."
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
    Tell people what is due today, and units what they have not handed in; each once.

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
    pending = slots[slots["state"].isin(["waiting", "returned"])]
    for slot_id, slot in pending.iterrows():
        until = slot["due"].date()
        if until > today + timedelta(days=SOON_DAYS):
            continue
        template = LATE if until < today else SOON
        values = {"name": slot["name"], "due": until.isoformat()}
        link = f"/cadence?month={slot['month'].date().isoformat()}&slot={slot_id}#material"
        told = Told("material", template, values, link, f"{slot_id} {template}")
        asked = [one.person_id for one in people if slot["unit_id"] in one.person.units]
        put += notices.put(told, asked)
    return Reminded(put, _outside(workspaces, list(due["name"]), day, outside))


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
