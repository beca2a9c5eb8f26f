"""
Rows of a form beside what is in force: what is held already stays, what stands against it is shown.

An assignment is written once. A row that a unit holds on that day, whenever it began, is that
assignment; only its end may be new.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pandas as pd

from geodata import conversion
from geodata.forms.findings import Findings, Rows
from geodata.forms.names import text
from geodata.importing import Preview
from geodata.parsers.parsed import Fault
from gridmap.assignments import in_force
from gridmap.clashes import second_primaries
from gridmap.errors import AlreadyAssignedError
from gridmap.layers import LAYERS

CONTRACT = LAYERS["assignments"]
HELD_BY = ("scheme", "tier", "unit_id", "target_kind", "target", "from_m", "to_m", "side")
TWO = "Another unit is the primary of this target on the same day."
WRITTEN_ONCE = "An assignment is written once; end it, and add another."
INACTIVE = "This unit is no longer in use."


def adopt(texts: pd.DataFrame, current: pd.DataFrame, time_zone: str) -> pd.DataFrame:
    """
    Give rows that are held already the key and the first day of what is held.

    Parameters
    ----------
    texts
        Rows for the layer ``assignments``, as texts.
    current
        The layer, whole history.
    time_zone
        Of dates.

    Returns
    -------
    pandas.DataFrame
        The same rows, with the column ``assignment_id``; missing in rows that nobody holds.
    """
    held: dict[tuple[str, ...], list[tuple[pd.Timestamp, pd.Timestamp, str]]] = {}
    rows = zip(_holding(current), current["since"], current["until"], current.index, strict=True)
    for holding, since, until, key in rows:
        held.setdefault(holding, []).append((since, until, str(key)))
    typed = conversion.convert(texts, CONTRACT, time_zone).frame
    keys, days = [], []
    for holding, since, said in zip(_holding(typed), typed["since"], texts["since"], strict=True):
        running = [
            (began, key)
            for began, until, key in held.get(holding, ())
            if began <= since and (pd.isna(until) or until > since)
        ]
        began, key = max(running, default=(None, None))
        keys.append(key)
        days.append(said if began is None else began.date().isoformat())
    index = texts.index
    return texts.assign(
        assignment_id=pd.Series(keys, index=index, dtype="str"),
        since=pd.Series(days, index=index, dtype="str"),
    )


def settle(preview: Preview, current: pd.DataFrame, rows: Rows, findings: Findings) -> Preview:
    """
    Refuse changes of what is held but for its end.

    Parameters
    ----------
    preview
        As `geodata.importing.prepare` made it of adopted rows.
    current
        The layer, whole history.
    rows
        The form's, to show faults in.
    findings
        Where these are noted.

    Returns
    -------
    Preview
        Whose changed rows are those with a new end; another note alone changes nothing.
    """
    changed = preview.changed
    before = current.loc[changed.index]
    for key in changed.index[_differ(changed["source"], before["source"])]:
        origin = rows.origin(_label(preview, key))
        said = str(changed.loc[key, "source"])
        told = Fault(origin.row, "source", "written-once", said, WRITTEN_ONCE)
        findings.fault(origin.table, told)
    ends = _differ(changed["until"], before["until"])
    return replace(
        preview,
        changed=changed[ends],
        unchanged=pd.concat([preview.unchanged, changed[~ends]]),
    )


def missing(preview: Preview, current: pd.DataFrame, scope: pd.Series, as_of: date) -> pd.DataFrame:
    """
    Return what is in force and not in the form.

    Parameters
    ----------
    preview
        Of the form's assignments.
    current
        The layer, whole history.
    scope
        Which of its rows the sheets of the form speak of.
    as_of
        The day.
    """
    told = preview.rows.index
    running = in_force(current[scope], as_of)
    return running[~running.index.isin(told)]


def refuse_clashes(
    preview: Preview, current: pd.DataFrame, since: date, rows: Rows, findings: Findings
) -> None:
    """
    Note rows that would give a target a second primary unit.

    Parameters
    ----------
    preview
        Of the form's assignments, settled, with what it retires.
    current
        The layer, whole history.
    since
        The day on which retired rows end.
    rows
        The form's.
    findings
        Where faults are noted.
    """
    after = current.copy()
    after.loc[preview.changed.index, "until"] = preview.changed["until"]
    after.loc[preview.retired.index, "until"] = pd.Timestamp(since)
    for key, units in second_primaries(after, preview.added).items():
        origin = rows.origin(_label(preview, str(key)))
        target = preview.added.loc[key, "target"]
        said = f"{target} ({units})"
        told = Fault(origin.row, origin.fields["target"], AlreadyAssignedError.code, said, TWO)
        findings.fault(origin.table, told)


def refuse_inactive(
    preview: Preview, active: Mapping[str, bool], rows: Rows, findings: Findings
) -> None:
    """
    Note new rows of units that are no longer in use.

    Parameters
    ----------
    preview
        Of the form's assignments.
    active
        Unit → whether it is in use once the form is in.
    rows
        The form's.
    findings
        Where faults are noted.
    """
    added = preview.added["unit_id"]
    for key, unit in added[~added.map(lambda unit: active.get(unit, True)).astype(bool)].items():
        origin = rows.origin(_label(preview, str(key)))
        told = Fault(origin.row, origin.fields["unit_id"], "inactive", unit, INACTIVE)
        findings.fault(origin.table, told)


def _label(preview: Preview, key: str) -> int:
    found = preview.rows[[key]]
    return int(found.iloc[0])


def _holding(frame: pd.DataFrame) -> list[tuple[str, ...]]:
    absent = pd.Series(index=frame.index, dtype="str")
    columns = [frame.get(name, absent) for name in HELD_BY]
    return [tuple(map(text, row)) for row in zip(*columns, strict=True)]


def _differ(one: pd.Series, other: pd.Series) -> pd.Series:
    return (one != other).fillna(value=True) & ~(one.isna() & other.isna())
