"""The use cases of the cadence: what is due when, and the material that is asked of units."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from geodata import readers
from geodata.scoped import Workspaces
from gridmap import access, asking, cadences, layers, materials
from gridmap.access import CITY, Person
from gridmap.asking import Wish
from gridmap.assignments import in_force
from gridmap.errors import ForbiddenError, InvalidError, NotFoundError
from gridmap.materials import Act, Actor
from gridmap.working_time import Calendar

USUAL = (
    ("inspect", "日督查", "daily", 1, "inspector,city_office"),
    ("rectify", "周整改", "weekly", 1, "unit_coordinator,subdistrict_office"),
    ("prompt", "月提示", "monthly", 1, "unit_coordinator"),
    ("collect", "月收集", "monthly", -5, "unit_coordinator"),
    ("review", "月审核", "monthly", -3, "city_office,district_office"),
    ("bulletin", "月通报", "monthly", -1, "city_office"),
)
"""The beats that cities speak of, for a register that has set none: kind, name, beat, workday,
whom it concerns."""


@dataclass(frozen=True)
class MaterialStep:
    """
    A step that was taken with material.

    Parameters
    ----------
    entry
        Of the journal.
    slot
        The slot as it stands now.
    """

    entry: int
    slot: dict[str, Any]


class Cadence:
    """
    What is due, and the material, as somebody sees it.

    Parameters
    ----------
    workspaces
        The register.
    person
        Who asks.
    calendar
        When the city works.
    today
        The day in the city.
    """

    def __init__(
        self, workspaces: Workspaces, person: Person, calendar: Calendar, today: date
    ) -> None:
        self._workspaces = workspaces
        self._whole = workspaces.whole
        self._store = workspaces.whole.store
        self._person = person
        self._calendar = calendar
        self._today = today

    def listed(self) -> pd.DataFrame:
        """Return the cadences in use; the usual ones where the city has set none."""
        kept = self._store.read("cadences")
        return kept if len(kept) else usual()

    def due(self, first: date, last: date) -> pd.DataFrame:
        """Return what is due on which day; see `gridmap.cadences.due`."""
        return cadences.due(self.listed(), first, last, self._calendar.is_workday)

    def is_workday(self, day: date) -> bool:
        """Say whether the city works on a day."""
        return self._calendar.is_workday(day)

    def set(self, rows: pd.DataFrame) -> int:
        """
        Set the cadences of the city; those left out are no longer active.

        Parameters
        ----------
        rows
            In the form of the book ``cadences``.

        Returns
        -------
        int
            The entry of the journal.

        Raises
        ------
        InvalidError
            As `gridmap.cadences.require_sound`, or if a row is faulty or concerns a role that
            there is not.
        """
        made = layers.conform(rows, cadences.CONTRACT)
        cadences.require_sound(made)
        _require_roles(made)
        with self._writing("cadence", {"cadences": len(made)}) as writer:
            before = writer.read("cadences")
            gone = before[~before.index.isin(made.index)].assign(active=False)
            writer.add("cadences", pd.concat([made, gone]) if len(gone) else made, self._today)
        return int(writer.entry)

    def set_one(self, row: Mapping[str, object], key: str = "") -> int:
        """
        Set one cadence, or add one, and leave the others as they are.

        Parameters
        ----------
        row, key
            As for `gridmap.cadences.changed`.

        Returns
        -------
        int
            The entry of the journal.

        Raises
        ------
        NotFoundError, InvalidError, ConflictError
            As `gridmap.cadences.changed`, and if it concerns a role that there is not.
        """
        with self._writing("cadence", {"cadence": str(row["name"])}) as writer:
            kept = writer.read("cadences")
            known = kept if len(kept) else usual()
            made = cadences.changed(known, row, key)
            _require_roles(made)
            # the first that is set makes the usual ones the city's own
            others = known.drop(index=made.index, errors="ignore")
            rows = made if len(kept) else pd.concat([others, made])
            writer.add("cadences", rows, self._today)
        return int(writer.entry)

    def ask_for(self, wish: Wish, units: Collection[str]) -> int:
        """
        Ask units for one thing, each for so many of it.

        Parameters
        ----------
        wish, units
            What, and of whom.

        Returns
        -------
        int
            The entry of the journal.

        Raises
        ------
        InvalidError, ConflictError
            As `gridmap.asking.asked`, and if there is no such unit.
        """
        return self.ask(asking.asked(self._store.read("material_slots"), wish, units).reset_index())

    def ask_again(self, month: date, to: date) -> int:
        """
        Ask for a month's list once more, in another month.

        Parameters
        ----------
        month, to
            Any day of each.

        Returns
        -------
        int
            How much is asked for.

        Raises
        ------
        ConflictError
            As `gridmap.asking.again`.
        InvalidError
            If a unit is no more.
        """
        rows = asking.again(self._store.read("material_slots"), month, to)
        self.ask(rows.reset_index())
        return len(rows)

    def ask(self, slots: pd.DataFrame) -> int:
        """
        Ask units for material.

        Parameters
        ----------
        slots
            In the form of the book ``material_slots``.

        Returns
        -------
        int
            The entry of the journal.

        Raises
        ------
        InvalidError
            If a row is faulty, asks for nothing, or asks a unit that is not there.
        """
        made = layers.conform(slots, materials.SLOTS)
        if not (made["wanted"] > 0).all():
            msg = "Say how many are handed in; at least one."
            raise InvalidError(msg)
        units = self._whole.frame("units", self._today).index
        if unknown := sorted(set(made["unit_id"]) - set(units)):
            msg = "There is no unit {unit_id}."
            raise InvalidError(msg, unit_id=", ".join(unknown[:5]))
        with self._writing("material-ask", {"slots": len(made)}) as writer:
            writer.add("material_slots", made, self._today)
        return int(writer.entry)

    def ask_list(self, path: Path) -> int:
        """
        Ask for what a table names, all of it or nothing.

        Parameters
        ----------
        path
            As for `slots_of_file`; units may be named, and what has no key gets one.

        Returns
        -------
        int
            How much is asked for.

        Raises
        ------
        InvalidError
            With every fault, or as `ask`.
        ConflictError
            If something of it is asked of the same unit in the same month already.
        """
        rows = slots_of_file(path)
        names = self._whole.frame("units", self._today)["name"]
        keys = {name: key for key, name in names.items()}
        made = asking.listed(self._store.read("material_slots"), rows, keys)
        self.ask(made.reset_index())
        return len(made)

    def materials(self, month: date | None = None) -> pd.DataFrame:
        """
        Return the material that the caller may see, and how far it is.

        Parameters
        ----------
        month
            Its first day; every month if left out.

        Returns
        -------
        pandas.DataFrame
            As `gridmap.materials.standing`, with ``unit_name`` and ``own``: whether the caller's
            unit is asked.
        """
        slots = self._store.read("material_slots")
        if month is not None:
            slots = slots[slots["month"] == pd.Timestamp(month)]
        if (units := self._units("material.read")) is not None:
            slots = slots[slots["unit_id"].isin(units)]
        found = materials.standing(slots, self._store.read("material_steps"), self._today)
        names = self._whole.frame("units", self._today)["name"]
        found["unit_name"] = found["unit_id"].map(names).fillna(found["unit_id"])
        found["own"] = found["unit_id"].isin(self._person.units)
        return found.sort_values(["month", "position", "name"], ascending=[False, True, True])

    def months(self) -> list[date]:
        """Return the months for which material is asked, the latest first."""
        kept = self._store.read("material_slots")["month"]
        return [month.date() for month in sorted(kept.unique(), reverse=True)]

    def step(self, act: Act) -> MaterialStep:
        """
        Hand in, withdraw, return or accept.

        Parameters
        ----------
        act
            What.

        Raises
        ------
        NotFoundError
            If the caller sees no such slot.
        ForbiddenError
            If it is not the caller's to do.
        ConflictError, InvalidError
            As `gridmap.materials.step`.
        """
        if act.slot_id not in self.materials().index:
            msg = "There is no material {slot_id}."
            raise NotFoundError(msg, slot_id=act.slot_id[:80])
        told = {"slot": act.slot_id, "act": act.act}
        with self._writing("material", told) as writer:
            slots = writer.read("material_slots")
            unit_id = str(slots.loc[act.slot_id, "unit_id"])
            self._require_own(unit_id, act)
            speaks = unit_id in self._person.units
            actor = Actor(self._person.person_id, unit_id if speaks else None, self._store.now())
            row = materials.step(slots, writer.read("material_steps"), act, actor)
            writer.add("material_steps", row, self._today)
        return MaterialStep(writer.entry, self.materials().loc[act.slot_id].to_dict())

    def history(self, slot_id: str) -> pd.DataFrame:
        """Return the steps taken with a slot that the caller may see, the first first."""
        steps = self._store.read("material_steps")
        mine = slot_id in self.materials().index
        return steps[(steps["slot_id"] == slot_id) & mine].sort_values("at", kind="stable")

    def _require_own(self, unit_id: str, act: Act) -> None:
        """Refuse who may do this with the material of no unit, or of other units only."""
        reviewing = act.act in {"return", "accept"}
        units = self._units("material.review" if reviewing else "material.submit")
        if units is not None and unit_id not in units:
            msg = "You may not do this with the material of {unit_id}."
            raise ForbiddenError(msg, unit_id=unit_id)

    def _units(self, action: str) -> frozenset[str] | None:
        """Return the units with whose material the caller may do something; None for all."""
        scopes = access.where(self._person, action)
        if CITY in scopes:
            return None
        units = {scope.key for scope in scopes if scope.kind == "unit"}
        if parts := tuple(scope for scope in scopes if scope.kind == "division"):
            held = in_force(
                self._workspaces.of(parts).frame("assignments", self._today), self._today
            )
            # who leads a division above answers for no ground of its own in it
            units |= set(held.loc[held["target_kind"] != "division", "unit_id"])
        return frozenset(units)

    def _writing(self, action: str, told: dict[str, Any]) -> Any:  # noqa: ANN401 - a context of a Writer
        what = {**told, "by": self._person.person_id}
        return self._store.write(who=self._person.name, action=action, what=what)


def _require_roles(rows: pd.DataFrame) -> None:
    for role in ",".join(rows["roles"]).split(","):
        if role not in access.ROLES:
            msg = "There is no role {role}."
            raise InvalidError(msg, role=role[:40], field="roles")


def usual() -> pd.DataFrame:
    """Return the cadences of `USUAL`, in the form of the book."""
    columns = ["kind", "name", "beat", "workday", "roles"]
    rows = pd.DataFrame(list(USUAL), columns=columns)
    rows = rows.assign(cadence_id=rows["kind"], active=True)
    return layers.conform(rows, cadences.CONTRACT)


def slots_of_file(path: Path) -> pd.DataFrame:
    """
    Read the material that is asked for from a table as an office sends it.

    Parameters
    ----------
    path
        CSV or Excel, with the columns' names or their Chinese headings.

    Returns
    -------
    pandas.DataFrame
        For `Cadence.ask`.
    """
    names = {column.chinese: column.name for column in materials.SLOTS.columns}
    return readers.read(path).frame.rename(columns=names)
