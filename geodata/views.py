"""Saved views: questions to the ledger that a person asks again and again."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import delete, func, select

from geodata.store import Store
from gridmap.access import Person
from gridmap.errors import InvalidError, NotFoundError

MOST = 50
LONGEST_NAME, LONGEST_QUERY = 60, 2000


@dataclass(frozen=True)
class View:
    """
    A saved view.

    Parameters
    ----------
    view_id, name
        Which, and what its owner calls it.
    query
        The query string of the ledger's address.
    """

    view_id: str
    name: str
    query: str


class Views:
    """
    The views of a person; nobody else sees them.

    Parameters
    ----------
    store
        Where they are kept.
    person
        Whose.
    """

    def __init__(self, store: Store, person: Person) -> None:
        self._store = store
        self._table = store.tables.loop.views
        self._person = person

    def listed(self) -> list[View]:
        """Return them, the first made first."""
        table = self._table
        columns = (table.c.view_id, table.c.name, table.c.query)
        own = table.c.person_id == self._person.person_id
        with self._store.database.reading() as connection:
            rows = connection.execute(select(*columns).where(own).order_by(table.c.at))
            return [View(*row) for row in rows]

    def save(self, name: str, query: str) -> View:
        """
        Save a view; one of that name is replaced.

        Parameters
        ----------
        name, query
            As in `View`.

        Raises
        ------
        InvalidError
            If it has no name, one that is too long, or there are too many.
        """
        name, table = name.strip(), self._table
        if not 0 < len(name) <= LONGEST_NAME or len(query) > LONGEST_QUERY:
            msg = "A view needs a name of up to {longest} characters."
            raise InvalidError(msg, longest=LONGEST_NAME)
        own = table.c.person_id == self._person.person_id
        view = View(str(uuid.uuid4()), name, query)
        with self._store.database.writing() as connection:
            connection.execute(delete(table).where(own, table.c.name == name))
            counted = connection.execute(select(func.count()).select_from(table).where(own))
            if (counted.scalar() or 0) >= MOST:
                msg = "There are {most} views already; delete one first."
                raise InvalidError(msg, most=MOST)
            values = {"view_id": view.view_id, "name": name, "query": query}
            connection.execute(
                table.insert().values(
                    **values, person_id=self._person.person_id, at=self._store.now()
                )
            )
        return view

    def remove(self, view_id: str) -> None:
        """
        Remove a view.

        Raises
        ------
        NotFoundError
            If the person has none of that id.
        """
        table = self._table
        own = table.c.person_id == self._person.person_id
        with self._store.database.writing() as connection:
            gone = connection.execute(delete(table).where(own, table.c.view_id == view_id))
        if not gone.rowcount:
            msg = "There is no view {view_id}."
            raise NotFoundError(msg, view_id=view_id[:80])
