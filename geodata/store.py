"""
The store: a register opened, its frames read and added to.

One store serves a process and all its threads. Reading never waits for writing; writers wait for
each other.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import select

from geodata import history, reading
from geodata.changes import fits
from geodata.database import SRID, Database, require_current
from geodata.journal import Journal
from geodata.reading import IssueFilter
from geodata.since import last_entry
from geodata.tables import Tables, tables
from geodata.writer import Writer, state
from gridmap import layers
from gridmap.layers import Frame
from gridmap.scopes import LAYERS_OF_KIND


@dataclass(frozen=True)
class Meta:
    """
    What was chosen when the register was made.

    Parameters
    ----------
    crs
        ``EPSG:4490`` or ``EPSG:4326``.
    codes
        ``cn``: codes of 6 to 15 digits; ``free``: any.
    name
        The city's.
    metric_crs
        The plane in which figures are measured; empty for the local equal-area one.
    """

    crs: str
    codes: str
    name: str
    metric_crs: str = ""


def now() -> datetime:
    """Return the moment, in UTC."""
    return datetime.now(UTC)


class Store:
    """
    A register, open.

    Parameters
    ----------
    database
        Where it is.
    clock
        What tells the time of journal entries.

    Raises
    ------
    SchemaError
        If there is no register, or its tables are of another version.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime] = now) -> None:
        require_current(database)
        self._database = database
        self._clock = clock
        self.meta = _read_meta(database)
        self._tables = tables(SRID[self.meta.crs])
        self.journal = Journal(database, self._tables)

    @property
    def database(self) -> Database:
        """Where the register is."""
        return self._database

    @property
    def tables(self) -> Tables:
        """The register's tables."""
        return self._tables

    @property
    def basis(self) -> tuple[str, ...]:
        """The layers that decide what of the city is seen; none where all is."""
        return ()

    @property
    def part(self) -> tuple[Hashable, ...]:
        """What of the city is seen; empty where all is."""
        return ()

    @property
    def whole(self) -> Store:
        """The store of the whole city: this one, unless it shows a part."""
        return self

    def now(self) -> datetime:
        """Return the moment by the store's clock."""
        return self._clock()

    def versions(self) -> dict[str, int]:
        """Return how often each layer has been written: layer → version, 0 for never."""
        with self._database.reading() as connection:
            found = state(connection, self._tables)
        return {layer: counted["version"] for layer, counted in found.items()}

    def version(self, layer: str) -> int:
        """
        Return how often a layer has been written.

        Parameters
        ----------
        layer
            Its name.

        Raises
        ------
        NotFoundError
            If there is no such layer.
        """
        return self.versions()[layers.kept(layer).name]

    def read(self, layer: str, as_of: date | None = None) -> Frame:
        """
        Return the rows of a layer that are in force on a day.

        Parameters
        ----------
        layer
            Its name.
        as_of
            The day; the last rows of all if left out, also those that begin later.

        Returns
        -------
        geopandas.GeoDataFrame or pandas.DataFrame
            As `gridmap.layers.conform` returns it, in the register's CRS, sorted by key. Of a key
            it holds the last row that is valid from that day or before, unless that retires it.
            Assignments end where their last release says (``until``), whenever that was written.

        Raises
        ------
        NotFoundError
            If there is no such layer.
        """
        contract = layers.kept(layer)
        with self._database.reading() as connection:
            return reading.in_force(connection, self._tables, contract.name, as_of)

    def ever(self, layer: str) -> Frame:
        """
        Return the last state of every key that a layer ever held, retired ones among them.

        Parameters
        ----------
        layer
            Its name.
        """
        contract = layers.kept(layer)
        with self._database.reading() as connection:
            return reading.in_force(connection, self._tables, contract.name, retired=True)

    def own(self, kind: str, as_of: date) -> pd.Index:
        """
        Return the targets of a kind that are there to be answered for.

        Parameters
        ----------
        kind
            One of `gridmap.layers.TARGET_KINDS`.
        as_of
            The day.
        """
        parts = [self.read(layer, as_of).index for layer in LAYERS_OF_KIND[kind]]
        return parts[0].append(parts[1:])

    def read_issues(self, **wanted: Any) -> Frame:  # noqa: ANN401
        """
        Return the last state of issues.

        Parameters
        ----------
        **wanted
            The fields of `geodata.reading.IssueFilter`: ``since``, ``until``, ``category``,
            ``state``, ``grid``, ``unit_id``, ``bbox``.

        Returns
        -------
        geopandas.GeoDataFrame
            As `read`.
        """
        with self._database.reading() as connection:
            return reading.issues(connection, self._tables, IssueFilter(**wanted))

    def catch_up(self, known: Frame | None, entry: int) -> tuple[Frame, int]:
        """
        Return the last state of all issues, reading only what came since it was read before.

        Parameters
        ----------
        known, entry
            What this returned before; None and 0 to begin with. A ledger of a million is read
            once; afterwards a report costs a report.

        Returns
        -------
        issues
            As `read`.
        entry
            The last entry of the journal of which they tell.
        """
        with self._database.reading() as connection:
            last = last_entry(connection, self._tables)
            if known is None:
                return reading.in_force(connection, self._tables, "issues"), last
            keys = reading.written_since(connection, self._tables, "issues", entry)
            if not keys:
                return known, last
            now = reading.in_force(connection, self._tables, "issues", keys=keys)
        kept = known[~known.index.isin(keys)]
        return (pd.concat([kept, now]).sort_index(kind="stable") if len(now) else kept), last

    def days(self, layer: str) -> list[date]:
        """
        Return the days from which rows of a layer hold, each once, in order.

        Parameters
        ----------
        layer
            Its name.
        """
        contract = layers.kept(layer)
        with self._database.reading() as connection:
            return history.days(connection, self._tables, contract.name)

    def history(self, layer: str, key: str) -> Frame:
        """
        Return every row ever written for a key, oldest first.

        Parameters
        ----------
        layer, key
            Whose.

        Returns
        -------
        geopandas.GeoDataFrame or pandas.DataFrame
            As `geodata.history.history`; empty if the key was never there.

        Raises
        ------
        NotFoundError
            If there is no such layer.
        """
        contract = layers.kept(layer)
        with self._database.reading() as connection:
            return history.history(connection, self._tables, contract.name, key)

    def verify(self) -> int | None:
        """
        Look for the first entry of the journal that was altered, or whose rows were.

        Returns
        -------
        int or None
            The entry's number; None if all is as it was written.
        """
        broken = self.journal.verify()
        last = self.journal.last()
        for seq in range(1, broken or (last.seq + 1 if last else 1)):
            told = self.journal.entry(seq).what["changes"]
            with self._database.reading() as connection:
                for table, change in told.items():
                    rows = history.written(connection, self._tables, table, seq)
                    if not fits(rows, change["digest"]):
                        return seq
        return broken

    @contextmanager
    def write(
        self,
        *,
        who: str,
        action: str,
        what: Mapping[str, Any] | None = None,
        expected_version: Mapping[str, int] | None = None,
    ) -> Iterator[Writer]:
        """
        Open a transaction; it is kept whole, with its journal entry, or not at all.

        Parameters
        ----------
        who, action, what
            For the journal: by whom, the name of the act, and what is worth telling (text, numbers,
            lists and dictionaries of them).
        expected_version
            Layer → the version that the caller has seen, to be sure that nobody was faster.

        Yields
        ------
        Writer
            To add, retire and release with. A thread must not open a second one inside.

        Raises
        ------
        BusyError
            If the writers before it take too long.
        StaleError
            If a layer has another version than expected.
        """
        with self._database.writing() as connection:
            writer = Writer(connection, self._tables)
            writer.require_versions(expected_version or {})
            yield writer
            writer.finish(at=self._clock(), who=who, action=action, what=what or {})

    def close(self) -> None:
        """Close the connections."""
        self._database.close()


def _read_meta(database: Database) -> Meta:
    meta = tables(SRID["EPSG:4490"]).register_meta  # the same table in every register
    with database.reading() as connection:
        chosen = {row.name: row.value for row in connection.execute(select(meta))}
    return Meta(**{name: value for name, value in chosen.items() if name in Meta.__match_args__})
