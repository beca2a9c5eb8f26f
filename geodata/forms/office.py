"""
A form from an office: of a part of the city, it reads and brings in that part and nothing else.

Divisions above an office are known to it by name; here they are not there at all, so that a form
can neither give them to anybody nor end what is held of them. What a narrowed register cannot see
is looked for in the whole one: codes that are taken, and what a unit holds elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TypeAlias

import pandas as pd

from geodata.forms import committing, reading
from geodata.forms.findings import Findings
from geodata.forms.preview import DIVISIONS, FormContext, FormPreview
from geodata.forms.tables import read_tables
from geodata.limits import DEFAULT, Limits
from geodata.parsers.parsed import Fault
from geodata.scoped import ScopedStore
from geodata.store import Store
from gridmap.access import Person
from gridmap.layers import TARGET_KINDS, Frame

OUTSIDE = "outside"
TAKEN = "This code is taken; leave it blank, or use another."
ELSEWHERE = "This unit also answers for what lies outside your part; its record stays as it is."
AWAY = "This place lies outside your part."
Wrong: TypeAlias = tuple[str, str, str, str, str]  # sheet in code, layer, key, field, message


@dataclass(frozen=True)
class FormOptions:
    """
    How a form is read.

    Parameters
    ----------
    since
        The day from which it holds.
    datum
        What coordinates are in whose row does not say.
    retire_missing
        Whether assignments end that its sheets should have and lack.
    """

    since: date
    datum: str | None = None
    retire_missing: bool = False


class OfficeForms:
    """
    The use cases of forms, for who may see and change a part of the city, or all of it.

    Parameters
    ----------
    store
        The register, or what of it lies in their part.
    person
        In whose name the journal is written.
    time_zone
        Of dates.
    limits
        What reading is held to.
    """

    def __init__(
        self, store: Store, *, person: Person, time_zone: str, limits: Limits = DEFAULT
    ) -> None:
        self._store = store
        self._person = person
        self._time_zone = time_zone
        self._limits = limits

    def context(self, options: FormOptions) -> FormContext:
        """
        Return what a form is read against, a template and an export are made of.

        Parameters
        ----------
        options
            The day; and how a form is read.

        Returns
        -------
        FormContext
            Of a part of the city, only what lies in it. Its versions are those of the whole
            register, whatever part is seen.
        """
        versions = self._store.whole.versions()  # before the rows, as in `committing.context_of`
        context = committing.context_of(
            self._store,
            options.since,
            time_zone=self._time_zone,
            datum=options.datum,
            retire_missing=options.retire_missing,
        )
        frames = context.frames
        if isinstance(self._store, ScopedStore):
            frames = narrowed(frames, self._own(options.since))
        return replace(context, frames=frames, versions=versions, limits=self._limits)

    def preview(self, path: Path, options: FormOptions) -> FormPreview:
        """
        Read a form and say what bringing it in would do; nothing is changed.

        Parameters
        ----------
        path
            The workbook.
        options
            How it is read.

        Raises
        ------
        UnsupportedFormatError, UnreadableError, LimitError, CrsError
            As `geodata.forms.reading.read`.
        """
        preview = reading.read(path, self.context(options))
        if not isinstance(self._store, ScopedStore):
            return preview
        wrong = [
            *self._taken(preview, self._store),
            *self._elsewhere(preview, options.since),
            *_away(preview, self._store, options.since),
        ]
        return self._refused(preview, path, wrong) if wrong else preview

    def commit(
        self, preview: FormPreview, options: FormOptions, source: str
    ) -> dict[str, dict[str, int]]:
        """Write what a preview showed; see `geodata.forms.committing.commit`."""
        who, by = self._person.name, self._person.person_id
        return committing.commit(self._store.whole, who, preview, options.since, source, by=by)

    def _own(self, as_of: date) -> dict[str, pd.Index]:
        return {kind: self._store.own(kind, as_of) for kind in TARGET_KINDS}

    def _taken(self, preview: FormPreview, store: ScopedStore) -> list[Wrong]:
        """Return rows of new keys that something outside has."""
        found: list[Wrong] = []
        for layer in ("units", "inspection_points"):
            if (told := preview.previews.get(layer)) is not None and len(told.added):
                foreign = store.whole.ever(layer).index.difference(store.ever(layer).index)
                rows = told.added[told.added.index.isin(foreign)]
                field = "unit_id" if layer == "units" else "point_id"
                found += [(_sheet(row), layer, str(key), field, TAKEN) for key, row in _each(rows)]
        return found

    def _elsewhere(self, preview: FormPreview, since: date) -> list[Wrong]:
        """Return rows that change units which answer for something outside."""
        told = preview.previews.get("units")
        if told is None or told.changed.empty:
            return []
        held = self._store.whole.read("assignments")
        held = held[held["unit_id"].isin(told.changed.index)]
        held = held[~(held["until"] <= pd.Timestamp(since))]  # those still to begin among them
        foreign = set(held.loc[~_inside(held, self._own(since)), "unit_id"])
        rows = told.changed[told.changed.index.isin(foreign)]
        return [(_sheet(row), "units", str(key), "name", ELSEWHERE) for key, row in _each(rows)]

    def _refused(self, preview: FormPreview, path: Path, wrong: list[Wrong]) -> FormPreview:
        """Add faults at their cells; only the workbook itself knows where its columns are."""
        tables, findings = read_tables(path, self._limits).tables, Findings()
        for sheet, layer, key, field, message in wrong:
            table = tables[sheet]
            row = int(preview.previews[layer].rows[key])
            column = field if field in table.columns else "name"
            value = table.text(row, column) or key
            findings.fault(table, Fault(row, column, OUTSIDE, value, message))
        faults = [part for part in (preview.faults, findings.faults()) if len(part)]
        return replace(preview, faults=pd.concat(faults, ignore_index=True))


def narrowed(frames: Mapping[str, Frame], own: Mapping[str, pd.Index]) -> dict[str, Frame]:
    """
    Leave divisions that lie inside, and assignments of what lies inside.

    Parameters
    ----------
    frames
        As in `FormContext`, of a part of the city.
    own
        Target kind → the targets that lie in it.
    """
    kept = dict(frames)
    for name in DIVISIONS:
        kept[name] = frames[name][frames[name].index.isin(own["division"])]
    held = frames["assignments"]
    kept["assignments"] = held[_inside(held, own)]
    return kept


def _inside(assignments: pd.DataFrame, own: Mapping[str, pd.Index]) -> pd.Series[bool]:
    inside = pd.Series(data=False, index=assignments.index)
    for kind, part in assignments.groupby("target_kind"):
        inside.loc[part.index] = part["target"].isin(own[str(kind)])
    return inside


def _away(preview: FormPreview, store: ScopedStore, since: date) -> list[Wrong]:
    """Return points that would lie outside."""
    told = preview.previews.get("inspection_points")
    if told is None:
        return []
    reach = store.reach(since)
    return [
        ("points", "inspection_points", str(key), "lon", AWAY)
        for rows in (told.added, told.changed)
        for key, inside in zip(rows.index, reach.covers(rows.geometry.to_numpy()), strict=True)
        if not inside
    ]


def _sheet(row: Mapping[str, object]) -> str:
    """Return the sheet in which a row of units or points stands."""
    return {"unit": "units", "post": "posts"}.get(str(row.get("party")), "points")


def _each(rows: pd.DataFrame) -> list[tuple[object, dict[str, object]]]:
    return list(zip(rows.index, rows.to_dict("records"), strict=True))
