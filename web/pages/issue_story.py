"""The story of an issue: who did what to it, when, after how long, and why."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from geodata.issues.account import Account
from geodata.issues.setting import Setting
from web.pages.issue_rows import now_of, people_of
from web.pages.issue_words import Said
from web.pages.shell import Visit
from web.words import absent
from web.words import gettext_noop as _

A_MINUTE = timedelta(minutes=1)
HANDS_OVER = ("rule", "transfer", "reopen", "move")
"""Acts after which another unit may answer."""


def story(visit: Visit, found: Account, setting: Setting) -> list[dict[str, Any]]:
    """
    Return the events of an issue, the last first.

    Parameters
    ----------
    visit
        Who reads.
    found
        What is known of the issue.
    setting
        Of the request.

    Returns
    -------
    list of dict
        ``act``, ``at``, ``after`` (since the event before, in words), ``who``, ``role``, ``unit``,
        ``from_state`` and ``to_state`` where the state changed, ``reason``, ``facts``: what is
        worth telling of the details.
    """
    said = Said(visit.words)
    names = people_of(visit, {event["by"] for event in found.events})
    units = setting.whole.frame("units", setting.day(now_of(setting)))["name"]
    told, before = [], None
    for event in found.events:
        at = datetime.fromisoformat(event["at"])
        moved = event["from_state"] != event["to_state"]
        by_rule = event["by_role"] == "system"
        told.append(
            {
                "act": event["act"],
                "at": at,
                "after": "" if before is None or at - before < A_MINUTE else said.span(at - before),
                "who": names.get(event["by"], event["by"]),
                "role": "" if by_rule else said("role", event["by_role"]),
                "unit": event["unit_name"],
                "moved": moved,
                "to_state": event["to_state"],
                "reason": event["reason"],
                "facts": facts(event, visit, dict(units)),
            }
        )
        before = at
    return told[::-1]


def facts(event: dict[str, Any], visit: Visit, units: dict[str, str]) -> list[str]:
    """
    Return what is worth telling of the details of an event, in words.

    Parameters
    ----------
    event
        With its ``details``.
    visit
        Who reads.
    units
        Names of units by id.
    """
    details, words = event["details"], visit.words
    before = details.get("before") or {}
    told = []
    if event["act"] in HANDS_OVER and not absent(before.get("unit_id")):
        unit = units.get(before["unit_id"], before["unit_id"])
        told.append(words.say(_("Until then {unit} answered for it."), unit=unit))
    if event["act"] != "dispatch" and not absent(before.get("due_at")):
        due = words.moment(datetime.fromisoformat(str(before["due_at"])))
        told.append(words.say(_("It was due at {due} before."), due=due))
    if not absent(details.get("more")):
        told.append(words.say(_("By {n}."), n=f"{float(details['more']):g}"))
    if details.get("evidence") == "near":
        far = words.metres(details.get("distance_m"))
        told.append(words.say(_("The nearest photo was taken {far} from the place."), far=far))
    if details.get("evidence") == "unplaced":
        told.append(words.say(_("It is not known where the photos were taken.")))
    if details.get("told_at"):
        at = words.moment(datetime.fromisoformat(str(details["told_at"])))
        told.append(words.say(_("It was told at {at}, when the phone had a network."), at=at))
    if details.get("clock_not_believed"):
        told.append(words.say(_("The phone's clock was wrong; the time of receipt counts.")))
    return told
