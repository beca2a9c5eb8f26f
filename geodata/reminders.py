"""Reminders: on the day something is due, the people it concerns are told."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
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
TODAY = "Due today: {which}."
OVERDUE = "Material overdue ({n}): {which}."
COMING = "Material due by {until} ({n}): {which}."
SOON_DAYS = 3
NAMED = 10
"""How much material a message outside names; the rest is counted."""
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
    gettext: Callable[[str], str] = str,
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
        Channels of `geodata.outbox`, each with an address; each is sent once a day what is due,
        and which material is late or due soon.
    gettext
        What translates the sentences of a message outside.
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
    units = workspaces.whole.frame("units", today)["name"]
    told_of = slots if calendar.is_workday(today) else slots.iloc[:0]  # no robot nags on a Sunday
    lines = _lines(list(due["name"]), told_of, units, today)
    said = [gettext(template).format(**values) for template, values in lines]
    return Reminded(put, _outside(workspaces, said, day, outside))


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


def _lines(
    names: list[str], slots: pd.DataFrame, units: pd.Series[str], today: date
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what a message outside says: sentences, each with its values."""
    if names:
        yield TODAY, {"which": "、".join(names)}
    pending = slots[slots["state"].isin(["waiting", "returned"])].sort_values("due")
    until = today + timedelta(days=SOON_DAYS)
    late = pending["due"] < pd.Timestamp(today)
    soon = ~late & (pending["due"] <= pd.Timestamp(until))
    for template, rows in ((OVERDUE, pending[late]), (COMING, pending[soon])):
        if len(rows):
            named = rows.head(NAMED)
            which = named["unit_id"].map(units).fillna(named["unit_id"]) + " " + named["name"]
            more = " …" if len(rows) > NAMED else ""
            values = {"n": len(rows), "which": "、".join(which) + more}
            yield template, values | {"until": until.isoformat()}


def _outside(
    workspaces: Workspaces, lines: list[str], day: str, outside: Collection[tuple[str, str]]
) -> int:
    """Write one message a day to each address outside, if there is anything to say."""
    if not lines:
        return 0
    outbox = Outbox(workspaces.whole.store)
    text = "\n".join([f"{workspaces.whole.store.meta.name} {day}", *lines])
    return sum(
        outbox.put(channel, address, text if channel == "mail" else robot_body(channel, text), day)
        for channel, address in outside
    )
