"""
Sight: which issues a person may see, and what they may do to each.

An issue is theirs where its grid lies in one of their scopes, where one of their units answers for
it or has reported it, and where they have reported it themselves. The same rule is written twice,
once for one issue and once for a search; a test holds the two together.
"""

from __future__ import annotations

import json
from functools import cached_property

import numpy as np
from sqlalchemy import (
    ColumnElement,
    Connection,
    LargeBinary,
    Text,
    cast,
    false,
    func,
    literal,
    or_,
    select,
    text,
    true,
    type_coerce,
)
from sqlalchemy import column as sql_column

from geodata.column_types import GEOPACKAGE
from geodata.reading import fetch
from geodata.rows import to_shapes
from geodata.scoped import ScopedStore, Workspaces
from geodata.tables import Tables
from gridmap import access
from gridmap.access import CITY, Person, Scope
from gridmap.issues.arrows import ACTIONS
from gridmap.issues.orders import Actor, Row
from gridmap.scopes import Reach

READ = "issue.read"
REPORT = "issue.report"
SYSTEM = "system"
OFFICE_FIRST = (
    "city_office",
    "district_office",
    "subdistrict_office",
    "inspector",
    "unit_coordinator",
    "field_staff",
    "leader",
    "auditor",
)
"""Roles, the one first in which somebody who has several is told of."""


class Sight:
    """
    What a person may see and do.

    Parameters
    ----------
    workspaces
        The working sets.
    person
        Who.
    """

    def __init__(self, workspaces: Workspaces, person: Person) -> None:
        self._workspaces = workspaces
        self.person = person

    @cached_property
    def role(self) -> str:
        """The role in which they are told of."""
        held = self.person.roles
        return next((role for role in OFFICE_FIRST if role in held), "public")

    def covers(self, issue: Row, action: str) -> bool:
        """
        Say whether a person is permitted an action for an issue.

        Parameters
        ----------
        issue
            Its row.
        action
            One of `gridmap.access.PERMITS`.
        """
        scopes = access.where(self.person, action)
        if CITY in scopes:
            return True
        if not scopes:
            return False
        units = {scope.key for scope in scopes if scope.kind == "unit"}
        known = bool(self.person.person_id)
        own = known and action in (READ, REPORT) and issue["reporter"] == self.person.person_id
        if own or {issue["unit_id"], issue["reporter_unit"]} & units:
            return True
        reach = self._store(scopes).reach(None)
        if issue["grid"] is not None:
            return bool(issue["grid"] in reach.keys["grids"])
        place = issue.get("place")
        return place is not None and bool(reach.covers(np.array([place], dtype=object))[0])

    def covers_point(self, point_id: str, unit_id: str) -> bool:
        """Say whether a visit to an inspection point by a unit is the person's to see."""
        scopes = access.where(self.person, "patrol.read")
        if CITY in scopes or unit_id in self.person.units:
            return True
        return bool(scopes) and self._store(scopes).reach(None).holds("inspection_point", point_id)

    def actor(self, issue: Row) -> Actor:
        """Return the person as they stand to an issue."""
        may = frozenset(action for action in ACTIONS if self.covers(issue, action))
        person = self.person
        return Actor(person.person_id, person.name, self.role, person.units, may)

    def condition(
        self, connection: Connection, tables: Tables, action: str = READ
    ) -> ColumnElement[bool]:
        """
        Return the condition on heads that leaves what a person is permitted an action for.

        Parameters
        ----------
        connection, tables
            Of the register.
        action
            One of `gridmap.access.PERMITS`.
        """
        scopes = access.where(self.person, action)
        if CITY in scopes:
            return true()
        if not scopes:
            return false()
        heads, dialect = tables.loop.heads, connection.dialect.name
        units = sorted({scope.key for scope in scopes if scope.kind == "unit"})
        reach = self._store(scopes).reach(None)
        found = [
            among(heads.c.grid, list(reach.keys["grids"]), dialect),
            among(heads.c.issue_id, _loose(connection, tables, reach), dialect),
        ]
        if units:
            found += [heads.c.unit_id.in_(units), heads.c.reporter_unit.in_(units)]
        if action in (READ, REPORT) and self.person.person_id:
            found.append(heads.c.reporter == self.person.person_id)
        return or_(*found)

    def _store(self, scopes: tuple[Scope, ...]) -> ScopedStore:
        store = self._workspaces.of(scopes).store
        assert isinstance(store, ScopedStore)  # noqa: S101 - the city's was answered before
        return store


def _loose(connection: Connection, tables: Tables, reach: Reach) -> list[str]:
    """Return the issues in no grid whose place lies inside: what is reported from a blind area."""
    heads, issues = tables.loop.heads, tables.layers["issues"]
    raw = type_coerce(issues.c.geometry, LargeBinary)  # all at once: row by row takes ten times
    dialect = connection.dialect.name
    shape = raw if dialect == GEOPACKAGE else func.ST_AsBinary(raw)
    statement = select(heads.c.issue_id, shape).where(
        issues.c.id == heads.c.row, heads.c.grid.is_(None), issues.c.geometry.is_not(None)
    )
    found = fetch(connection, statement)
    inside = reach.covers(to_shapes([place for _, place in found], dialect))
    return [found[int(number)][0] for number in np.flatnonzero(inside)]


def among(column: ColumnElement[str], values: list[str], dialect: str) -> ColumnElement[bool]:
    """
    Return the condition that a column is one of many values, however many they are.

    Parameters
    ----------
    column
        Of text.
    values
        Any number: they travel as one parameter.
    dialect
        Name of the database's.
    """
    listed = json.dumps(values, ensure_ascii=False)
    if dialect == GEOPACKAGE:
        each = func.json_each(listed).table_valued(sql_column("value", Text))
    else:
        as_json = cast(literal(listed, Text), Text).op("::")(text("json"))
        each = func.json_array_elements_text(as_json).table_valued("value")
    return column.in_(select(each.c.value))
