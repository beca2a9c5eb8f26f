"""What flags and rules of the boards are called, and a rule with its figures as a sentence."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from gridmap.flags import Flag
from web.words import Words, absent
from web.words import gettext_noop as _

FLAGS: dict[Flag, str] = {
    "done": _("Done"),
    "not_done": _("Not done"),
    "due": _("Under way"),
    "not_due": _("Not due yet"),
    "none": _("No tasks"),
}
FLAG_RULES: dict[Flag, str] = {
    "done": _("The amount has reached the target."),
    "not_done": _("The month is over, and the amount has not reached the target."),
    "due": _("The month is running, and the amount has not reached the target yet."),
    "not_due": _("The month has not begun."),
    "none": _("The group has no task in this month."),
}
RULES = {
    "reported": _("Reported by the unit"),
    "coverage": _("Ground covered"),
    "on_time": _("Set right in time"),
    "closed": _("Issues closed out"),
    "walked": _("Roads walked"),
    "points_reached": _("Points up to standard"),
}
SENTENCES = {
    "reported": _("the amount that the unit reports"),
    "coverage": _("ground with a unit that answers, of all ground, at the month's end"),
    "on_time": _("issues set right by their limit, of those whose limit ended in the month"),
    "closed": _("issues closed out by the month's end, of those reported in the month"),
    "walked": _("metres of road walked in the month, of those to be walked"),
    "points_reached": _(
        "inspection points whose last visit reached the whole score, of all points"
    ),
}
Row = Mapping[Hashable, Any]


def figures(row: Row, words: Words) -> str:
    """
    Return what was counted of a task: part, whole and share, or that there is nothing to count.

    Parameters
    ----------
    row
        A task as `geodata.reports.board` tells it.
    words
        In whose language.
    """
    if row["rule"] == "reported":
        if absent(row["amount"]):
            return words.say(_("nothing reported yet"))
        values = {"part": _plain(row["amount"], words), "whole": _plain(row["target"], words)}
        return words.say(_("{part} of {whole}"), **values)
    if absent(row["whole"]):
        return words.say(_("not counted yet"))
    if not row["whole"]:
        return words.say(_("nothing to count in this month"))
    shown = {"coverage": words.area, "walked": words.metres}.get(row["rule"], words.number)
    values = {"part": shown(row["part"]), "whole": shown(row["whole"])}
    told = words.say(_("{part} of {whole}"), **values)
    return f"{words.share(row['amount'])} · {told}"


def interval(row: Row, words: Words) -> str:
    """Return between what a share lies by chance alone; empty where nothing is counted."""
    if absent(row["low"]):
        return ""
    values = {"low": words.share(row["low"]), "high": words.share(row["high"])}
    return words.say(_("95 % interval {low} – {high}"), **values)


def target(row: Row, words: Words) -> str:
    """Return what a task has to reach."""
    if row["rule"] == "reported":
        return _plain(row["target"], words)
    return words.share(row["target"])


def ruling(row: Row, words: Words) -> str:
    """Return the rule of a task with its target, as a sentence."""
    return words.say(
        _("Done once {what} is at least {target}."),
        what=words.say(SENTENCES[row["rule"]]),
        target=target(row, words),
    )


def place(row: Row, words: Words) -> str:
    """Return of what an amount is: the division's, the unit's or the whole city's."""
    if not absent(row["division"]):
        return str(row["division"] if absent(row["division_name"]) else row["division_name"])
    if row["rule"] in ("reported", "coverage") or absent(row["unit_id"]):
        return words.say(_("the whole city"))
    return words.say(_("what the unit answers for"))


def _plain(value: float, words: Words) -> str:
    return words.number(value, 0 if float(value).is_integer() else 2)
