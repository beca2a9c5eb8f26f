"""What states, acts, channels and clocks of issues are called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from api import terms
from web.pages.roles import ROLES
from web.words import NONE, Words, absent
from web.words import gettext_noop as _

STATES = terms.STATES
ACTS = terms.ACTS
DONE = {
    "report": _("was reported"),
    "file": _("was filed"),
    "refuse": _("was refused"),
    "dispatch": _("was dispatched"),
    "accept": _("was taken on"),
    "return": _("was returned"),
    "rule": _("was ruled on"),
    "rectify": _("was set right"),
    "reinspect": _("passed reinspection"),
    "reject": _("failed reinspection"),
    "close_out": _("was closed out"),
    "reopen": _("was reopened"),
    "ask_extension": _("more time was asked for"),
    "grant_extension": _("more time was granted"),
    "deny_extension": _("more time was denied"),
    "suspend": _("was suspended"),
    "resume": _("was resumed"),
    "appeal": _("an appeal was made"),
    "uphold_appeal": _("the appeal was upheld"),
    "deny_appeal": _("the appeal was denied"),
    "escalate": _("was escalated"),
    "transfer": _("was given to another unit"),
    "merge": _("was merged"),
    "unmerge": _("the merger was undone"),
    "move": _("its place was corrected"),
    "note": _("a note was added"),
    "publish": _("was shown to the public"),
    "unpublish": _("was withdrawn from the public"),
    "photo": _("photos were added"),
    "calendar": _("its deadline was reckoned anew by the city's calendar"),
}
"""Act → what the history says of it."""
HINTS = {
    "return": _("It goes back to the office, which rules who answers. Say why it is not yours."),
    "rectify": _("Add a photo of the place as it is now; the clock stops."),
    "reject": _("It goes back to the unit; the clock goes on."),
    "close_out": _("Needs a photo taken at the place after it was set right."),
    "suspend": _("The clock stops until it is resumed."),
    "escalate": _("It is shown to leaders as overdue or neglected."),
    "merge": _("Its reports are counted with the other issue; it can be undone."),
    "move": _("Grid and unit are found anew from the corrected place."),
    "publish": _("Citizens see the state and the photos that were blurred for them."),
    "grant_extension": _("At most as much as the limit itself, and twice at most."),
}
NEEDS = terms.NEEDS
CHANNELS = {
    "unit_patrol": _("Unit patrol"),
    "guidance_team": _("Guidance team"),
    "hotline": _("Hotline"),
    "citizen_app": _("Citizens' reports"),
    "spot_check": _("Leaders' spot check"),
    "periodic": _("Periodic inspection"),
    "any_time": _("Inspection at any time"),
    "mutual": _("Cross inspection"),
    "undercover": _("Undercover visit"),
    "open311": _("Open311"),
}
LIGHTS = {"green": _("In time"), "yellow": _("Due soon"), "red": _("Overdue")}
CLOCKS = {
    "none": _("No limit yet"),
    "reported": _("Not running yet"),
    "suspended": _("Clock stopped"),
    "rectified": _("In time"),
    "reinspected": _("In time"),
    "closed_out": _("In time"),
    "refused": _("Clock stopped"),
    "merged": _("Clock stopped"),
}
"""What is said of a clock that does not run, by the state of the issue."""
LIMITS = {
    "urgent_hours": _("{n} hours, day and night"),
    "working_hours": _("{n} working hours"),
    "working_days": _("{n} working days"),
    "calendar_days": _("{n} calendar days"),
}
UNITS_OF_TIME = {
    "urgent_hours": _("hours"),
    "working_hours": _("working hours"),
    "working_days": _("working days"),
    "calendar_days": _("calendar days"),
}
PENDING = {"extension": _("More time asked for"), "appeal": _("Appeal to be decided")}
PHOTOS = {
    "before": _("Before it was set right"),
    "after": _("After it was set right"),
    "near": _("Close view"),
    "far": _("Wide view"),
    "other": _("Other"),
}
ALIKE = {
    "near": _("same place"),
    "soon": _("same days"),
    "same_category": _("same category"),
    "same_picture": _("same picture"),
}
COUNTERS = {
    "extensions": _("extended {n} times"),
    "returns": _("returned {n} times"),
    "reworks": _("reworked {n} times"),
    "reopenings": _("reopened {n} times"),
    "level": _("escalated, level {n}"),
}
TASKS = {
    "accept": (_("To be taken on"), _("Sent to your unit; take them on or say why not.")),
    "rectify": (_("To be set right"), _("Taken on by your unit; what is due first stands first.")),
    "returned": (_("Returned by us"), _("The office rules who answers.")),
    "answers": (_("Waiting for more time"), _("You asked for more time; the office decides.")),
    "review": (_("Citizens' reports"), _("To be looked at before anything is shown or filed.")),
    "file": (_("To be filed"), _("Reported; file them under a condition, or refuse.")),
    "dispatch": (_("To be dispatched"), _("Filed, but no unit answers there.")),
    "rule": (_("To be ruled on"), _("Units have returned these; say who answers.")),
    "extensions": (_("More time asked for"), _("Grant it or say why not.")),
    "appeals": (_("Appeals"), _("Decide whether they count as overdue.")),
    "reinspect": (_("To be reinspected"), _("Set right by the unit; look at the place.")),
    "close_out": (_("To be closed out"), _("Reinspected; they need a photo from after.")),
    "overdue": (_("Overdue"), _("Their limit has run out.")),
    "escalated": (_("Escalated"), _("Offices have brought these to your notice.")),
}
"""List of tasks → its title, and what is to be done."""
ACTORS = ROLES | {"system": _("By rule"), "public": _("Citizen")}
TOLD = ACTS | {"report": _("Report"), "calendar": _("Deadline reckoned anew")}
"""Act → the head of what the story tells of it."""
TABLES: Mapping[str, Mapping[str, str]] = {
    "state": STATES,
    "act": ACTS,
    "told": TOLD,
    "done": DONE,
    "hint": HINTS,
    "need": NEEDS,
    "channel": CHANNELS,
    "light": LIGHTS,
    "clock": CLOCKS,
    "time": UNITS_OF_TIME,
    "pending": PENDING,
    "photo": PHOTOS,
    "alike": ALIKE,
    "role": ACTORS,
}
FIRST = (
    "grant_extension",
    "uphold_appeal",
    "file",
    "dispatch",
    "rule",
    "accept",
    "rectify",
    "reinspect",
    "close_out",
    "resume",
    "unmerge",
    "reopen",
)
"""Acts that carry an issue on, the most urgent first; of those allowed the first is the next."""
BESIDE = {
    "grant_extension": ("deny_extension",),
    "uphold_appeal": ("deny_appeal",),
    "file": ("refuse",),
    "accept": ("return",),
    "reinspect": ("reject",),
    "close_out": ("reject",),
}
"""Act → what is decided against it; both are shown at once."""


class Said:
    """
    The words of issues in one language, for templates.

    Parameters
    ----------
    words
        The reader's language.
    """

    def __init__(self, words: Words) -> None:
        self._words = words

    def __call__(self, table: str, code: object) -> str:
        """Return what a code is called; one that the table lacks is shown as it is."""
        if absent(code) or code == "":
            return NONE
        known = TABLES[table].get(str(code))
        return self._words.say(known) if known else str(code)

    def every(self, table: str) -> dict[str, str]:
        """Return a whole table."""
        return {code: self._words.say(said) for code, said in TABLES[table].items()}

    def limit(self, amount: object, kind: object, granted: object = None) -> str:
        """Return a limit with its kind, and what was granted besides."""
        if absent(amount) or absent(kind):
            return NONE
        told = self._words.say(LIMITS[str(kind)], n=f"{float(str(amount)):g}")
        if absent(granted) or not granted:
            return told
        more = self.limit(granted, kind)
        return self._words.say(_("{limit}, and {more} granted besides"), limit=told, more=more)

    def counters(self, issue: Mapping[str, Any]) -> list[str]:
        """Return what an issue has been through, as often as it has."""
        told = [(said, issue.get(name)) for name, said in COUNTERS.items()]
        return [self._words.say(said, n=n) for said, n in told if not absent(n) and n]

    def span(self, length: timedelta | None) -> str:
        """Return a length of time in its largest two units."""
        if length is None:
            return ""
        minutes = max(0, round(length.total_seconds() / 60))
        days, rest = divmod(minutes, 24 * 60)
        hours, minutes = divmod(rest, 60)
        if days:
            return self._words.say(_("{d} d {h} h"), d=days, h=hours)
        if hours:
            return self._words.say(_("{h} h {m} min"), h=hours, m=minutes)
        return self._words.say(_("{m} min"), m=minutes)

    def left(self, due_at: datetime | None, now: datetime) -> str:
        """Return how long an issue still has, or for how long it has been overdue."""
        if due_at is None:
            return ""
        if due_at >= now:
            return self._words.say(_("{span} left"), span=self.span(due_at - now))
        return self._words.say(_("{span} overdue"), span=self.span(now - due_at))


def ordered(acts: Iterable[str]) -> tuple[list[str], list[str]]:
    """
    Return what is usually done next, and what else may be done.

    Parameters
    ----------
    acts
        Those that are allowed, in the order of the table of states.

    Returns
    -------
    next, others
        The act that carries the issue on with what is decided against it, if both are allowed;
        then the rest, those that carry it on first.

    Examples
    --------
    >>> ordered(["refuse", "note", "file"])
    (['file', 'refuse'], ['note'])
    """
    may = list(acts)
    first = next((act for act in FIRST if act in may), None)
    if first is None:
        return [], may
    chosen = [first, *(act for act in BESIDE.get(first, ()) if act in may)]
    rest = [act for act in may if act not in chosen]
    return chosen, sorted(rest, key=lambda act: act not in FIRST)
