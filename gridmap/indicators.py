"""
Indicators (考评指标): what is counted of how many, what it is called, and whether it can rank.

The table is all there is to read: `gridmap.evaluation` works out the facts that it names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Better: TypeAlias = Literal["high", "low", ""]


@dataclass(frozen=True)
class Indicator:
    """
    One figure of the evaluation.

    Parameters
    ----------
    part, whole
        Columns of `facts`: what is counted, and of what.
    better
        Whether ``high`` or ``low`` shares are good; empty where neither is.
    title, definition
        In English, as translated for people.
    by_effort
        Whether it moves with how much was looked for, so that it says little of how well was
        worked: it is shown, and ranks nobody.
    """

    part: str
    whole: str
    better: Better
    title: str
    definition: str
    by_effort: bool = False


INDICATORS: dict[str, Indicator] = {
    "reported": Indicator(
        "reported",
        "counted",
        "",
        "Share of reports",
        "Issues reported in the period, of all of the whole period; duplicates count once.",
    ),
    "by_inspection": Indicator(
        "by_inspection",
        "reported",
        "",
        "Share found by inspection",
        "Issues that inspectors reported, of all reported.",
        by_effort=True,
    ),
    "by_public": Indicator(
        "by_public",
        "reported",
        "",
        "Share told by the public",
        "Issues that the public reported, of all reported.",
        by_effort=True,
    ),
    "refused": Indicator(
        "refused",
        "reported",
        "",
        "Refusal rate",
        "Issues that were refused, of those reported.",
    ),
    "filed": Indicator(
        "filed",
        "reported",
        "",
        "Filing rate",
        "Issues that were filed, of those reported.",
    ),
    "filed_on_time": Indicator(
        "filed_on_time",
        "filing_due",
        "high",
        "On-time filing rate",
        "Issues filed within 24 hours, of those filed or waiting longer than that.",
    ),
    "dispatched": Indicator(
        "dispatched",
        "filed",
        "",
        "Dispatch rate",
        "Issues that were given to a unit, of those filed.",
    ),
    "accurate": Indicator(
        "accurate",
        "dispatched",
        "high",
        "Accurate dispatch rate",
        "Issues whose return no ruling upheld, of those dispatched.",
    ),
    "misdispatched": Indicator(
        "misdispatched",
        "dispatched",
        "low",
        "Wrong dispatch rate",
        "Issues that went to another unit by a ruling after a return, of those dispatched.",
    ),
    "returned": Indicator(
        "returned",
        "dispatched",
        "low",
        "Unfounded return rate",
        "Issues that came back to the same unit by a ruling after it returned them, of those"
        " dispatched.",
    ),
    "handled": Indicator(
        "handled",
        "dispatched",
        "high",
        "Handling rate",
        "Issues that were set right, of those dispatched.",
    ),
    "on_time": Indicator(
        "on_time",
        "due",
        "high",
        "On-time handling rate",
        "Issues set right within their limit, of those set right or past their limit; exempt and"
        " suspended ones aside.",
    ),
    "overdue": Indicator(
        "overdue",
        "due",
        "low",
        "Overdue rate",
        "Issues set right after their limit or not yet, of those set right or past their limit;"
        " exempt and suspended ones aside.",
    ),
    "reinspected": Indicator(
        "reinspected",
        "fixed",
        "high",
        "Reinspection rate",
        "Issues that somebody else looked at again, of those that were set right.",
    ),
    "closed": Indicator(
        "closed",
        "filed",
        "high",
        "Close-out rate",
        "Issues that were closed out, of those filed.",
    ),
    "closed_on_time": Indicator(
        "closed_on_time",
        "closed_limited",
        "high",
        "On-time close-out rate",
        "Issues closed out that were set right within their limit, of those closed out with a"
        " limit.",
    ),
    "rework": Indicator(
        "rework",
        "fixed",
        "low",
        "Rework rate",
        "Issues that failed a check and were given back, of those that were set right.",
    ),
    "reopened": Indicator(
        "reopened",
        "ever_closed",
        "low",
        "Reopening rate",
        "Issues that were opened again, of those that were ever closed out.",
    ),
    "recurred": Indicator(
        "recurred",
        "closed_long_ago",
        "low",
        "Recurrence rate",
        "Issues that came back within 50 m and 30 days, of those closed out 30 days ago or more.",
        by_effort=True,
    ),
    "suspended": Indicator(
        "suspended",
        "filed",
        "",
        "Suspension rate",
        "Issues that were ever suspended, of those filed.",
    ),
    "extended": Indicator(
        "extended",
        "dispatched",
        "",
        "Extension rate",
        "Issues whose limit was ever extended, of those dispatched.",
    ),
    "self_handled": Indicator(
        "self_handled",
        "handled",
        "",
        "Self-handling rate",
        "Issues that the unit which reported them set right itself, of those set right.",
        by_effort=True,
    ),
    "missed": Indicator(
        "missed",
        "patrolled",
        "low",
        "Patrol miss rate",
        "Reports of the public, of those of patrols and the public where the unit had patrolled"
        " in the three days before.",
        by_effort=True,
    ),
}
