"""
One transaction that adds to a register.

Rows are only added: a changed grid is a new row that holds from a later day, an end a row that says
so. Whatever is written is written with one entry of the journal, or not at all.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any, cast

import pandas as pd
from sqlalchemy import Connection, CursorResult, Executable, select

from geodata import bulk, heads, journal, reading, since
from geodata.changes import TOLD, Changes, Record, differences, ends
from geodata.errors import StaleError
from geodata.rows import PLAIN, Batch, Values, require_conformed, to_batch
from geodata.tables import Tables
from gridmap import layers
from gridmap.errors import ConflictError, InvalidError, NotFoundError
from gridmap.layers import Frame

SHOWN = 5  # keys named in a message


class Writer:
    """
    What may be done within `geodata.store.Store.write`.

    Parameters
    ----------
    connection
        A writing one.
    tables
        The register's.
    """

    def __init__(self, connection: Connection, tables: Tables) -> None:
        self._connection = connection
        self._tables = tables
        self._changes: dict[str, Changes] = {}
        self._before = state(connection, tables)
        self._after = {layer: dict(counted) for layer, counted in self._before.items()}
        self.entry = journal.next_seq(connection, tables)

    @property
    def connection(self) -> Connection:
        """The connection of the transaction, to read with."""
        return self._connection

    def read(self, layer: str, as_of: date | None = None) -> Frame:
        """
        Return the rows in force, those of this transaction among them.

        Parameters
        ----------
        layer, as_of
            As for `geodata.store.Store.read`.
        """
        return reading.in_force(self._connection, self._tables, layers.kept(layer).name, as_of)

    def versions(self) -> dict[str, int]:
        """Return the versions of the layers when the transaction began: layer → version."""
        return {layer: counted["version"] for layer, counted in self._before.items()}

    def add(self, layer: str, frame: Frame, valid_from: date) -> None:
        """
        Add rows: new keys, or what known ones are from that day on.

        Parameters
        ----------
        layer
            Which.
        frame
            Conformed, in the register's CRS.
        valid_from
            The day from which they hold.

        Raises
        ------
        InvalidError
            If the frame is not conformed.
        ConflictError
            If an assignment is already kept: it is written once, and ends by `release`.
        """
        contract = layers.kept(layer)
        require_conformed(frame, contract, self._tables.crs)
        batch = to_batch(frame, contract)
        if not len(batch):
            return
        before, known = self._known(layer, frame.index, valid_from)
        if layer == "assignments" and len(known):
            _refuse_twice(known)
        day = valid_from.isoformat()
        told = differences(batch, before, day) if before is not None else []
        counts = {"added": len(batch) - len(known), "changed": len(known)}
        self._insert(layer, _dated(batch, day, retired=False), counts, told)

    def retire(self, layer: str, keys: Collection[str], valid_from: date) -> None:
        """
        End rows: they are not in force from that day on.

        Parameters
        ----------
        layer, keys
            Which.
        valid_from
            The first day without them.

        Raises
        ------
        NotFoundError
            If a key is not in force on that day.
        ConflictError
            If the layer is ``assignments``: they are released.
        """
        contract = layers.kept(layer)
        if layer == "assignments":
            msg = "Assignments are released, not retired."
            raise ConflictError(msg)
        wanted = pd.Index(list(keys), dtype="str").unique()
        if not len(wanted):
            return
        rows = reading.in_force(self._connection, self._tables, layer, valid_from, wanted)
        self._require(layer, wanted.difference(rows.index))
        batch = to_batch(rows, contract)
        day = valid_from.isoformat()
        told = ends(batch, day) if len(batch) <= TOLD else []
        self._insert(layer, _dated(batch, day, retired=True), {"retired": len(batch)}, told)

    def release(self, releases: pd.DataFrame) -> None:
        """
        End assignments.

        Parameters
        ----------
        releases
            Indexed by ``assignment_id``; ``until``: the first day on which it does not hold any
            more, or missing to take an earlier release back; ``note``.

        Raises
        ------
        InvalidError
            If a column is missing.
        NotFoundError
            If there is no such assignment.
        """
        if releases.index.name != "assignment_id" or not {"until", "note"} <= set(releases.columns):
            msg = "Releases need the index assignment_id and the columns until and note."
            raise InvalidError(msg)
        if not len(releases):
            return
        ids = releases.index
        rows = reading.in_force(self._connection, self._tables, "assignments", None, ids)
        self._require("assignments", ids.difference(rows.index))
        until = pd.to_datetime(releases["until"]).astype("datetime64[us]")
        columns = {
            "assignment_id": ids.to_list(),
            "until": PLAIN["date"](until),
            "note": PLAIN["text"](releases["note"]),
        }
        was = dict(zip(rows.index, PLAIN["date"](rows["until"]), strict=True))
        told: list[Record] = [
            {"key": key, "before": {"until": was[key]}, "after": {"until": end}}
            for key, end in zip(columns["assignment_id"], columns["until"], strict=True)
        ]
        self._insert("releases", Batch(columns), {"released": len(releases)}, told)

    def require_untouched(self, targets: pd.DataFrame, seen: int) -> None:
        """
        Refuse to go on if targets were touched since an entry; see `geodata.since`.

        Parameters
        ----------
        targets
            ``target_kind`` and ``target``.
        seen
            The last entry that the caller knew of.

        Raises
        ------
        OvertakenError
            Naming who did what to which of them.
        """
        since.require_untouched(self._connection, self._tables, targets, seen)

    def require_unmended(self, codes: Collection[str], seen: int) -> None:
        """
        Refuse to go on if grids were drawn anew since an entry; see `geodata.since`.

        Parameters
        ----------
        codes
            Of the grids.
        seen
            The last entry that the caller knew of.

        Raises
        ------
        OvertakenError
            Naming who did what to which of them.
        """
        since.require_unmended(self._connection, self._tables, codes, seen)

    def execute(self, statement: Executable) -> CursorResult[Any]:
        """
        Run a statement on the working papers (accounts, jobs), in the same transaction.

        Parameters
        ----------
        statement
            An insert, update, delete or select; never of a layer.
        """
        return cast("CursorResult[Any]", self._connection.execute(statement))

    def finish(self, *, at: datetime, who: str, action: str, what: Mapping[str, Any]) -> None:
        """
        Write the versions and the journal's entry; the store does it at the end.

        Parameters
        ----------
        at, who, action, what
            As in `geodata.journal.Entry`.
        """
        touched = sorted({_layer_of(table) for table in self._changes})
        versions = self._tables.layer_versions
        for layer in touched:
            after = self._after[layer]
            after["version"] += 1
            statement = versions.update().where(versions.c.layer == layer).values(**after)
            if not self._connection.execute(statement).rowcount:
                self._connection.execute(versions.insert().values(layer=layer, **after))
        changes = {table: changes.told() for table, changes in self._changes.items()}
        entry = {
            "at": at,
            "who": who,
            "action": action,
            "what": {**what, "changes": changes},
            "before": {layer: self._before[layer] for layer in touched},
            "after": {layer: self._after[layer] for layer in touched},
        }
        journal.append(self._connection, self._tables, entry)

    def require_versions(self, expected: Mapping[str, int]) -> None:
        """
        Refuse to go on if a layer has moved since the caller read it.

        Parameters
        ----------
        expected
            Layer → the version that the caller has seen.

        Raises
        ------
        StaleError
            If one of them is another now.
        """
        now = self.versions()
        moved = [layer for layer, seen in expected.items() if now[layers.kept(layer).name] != seen]
        if moved:
            msg = "{layers} changed in the meantime; read again, then try again."
            raise StaleError(msg, versions=now, layers=", ".join(moved))

    def _known(
        self, layer: str, keys: pd.Index, valid_from: date
    ) -> tuple[Batch | None, Collection[str]]:
        """Return which of the keys are in force, and their rows if they are few enough to tell."""
        contract = layers.kept(layer)
        few = len(keys) <= TOLD
        as_of = None if layer == "assignments" else valid_from
        if not self._after[layer]["rows"]:
            return (to_batch(layers.empty(contract), contract) if few else None), ()
        if few:
            rows = reading.in_force(self._connection, self._tables, layer, as_of, keys)
            return to_batch(rows, contract), rows.index
        held = reading.keys_in_force(self._connection, self._tables, layer, as_of)
        return None, held & set(keys)

    def _require(self, layer: str, missing: pd.Index) -> None:
        if len(missing):
            msg = "There is no {key} in {layer}."
            raise NotFoundError(msg, key=", ".join(missing[:SHOWN]), layer=layer)

    def _insert(self, table: str, batch: Batch, counts: dict[str, int], told: list[Record]) -> None:
        target = self._tables.releases if table == "releases" else self._tables.layers[table]
        counted = self._after[_layer_of(table)]
        entries: list[object] = [self.entry] * len(batch)
        rows = replace(batch, columns={**batch.columns, "entry": entries})
        bulk.insert(self._connection, target, rows)
        if table == "issues":
            heads.follow(self._connection, self._tables, self.entry)
        counted["rows"] += len(batch)
        self._changes.setdefault(table, Changes()).note(batch, counts, told)


def state(connection: Connection, tables: Tables) -> dict[str, dict[str, int]]:
    """
    Return where every layer stands: layer → its ``version``, and its ``rows`` of all times.

    Parameters
    ----------
    connection, tables
        Of the register. Releases count as rows of ``assignments``.
    """
    found = connection.execute(select(tables.layer_versions)).all()
    blank = {layer: {"version": 0, "rows": 0} for layer in (*layers.LAYERS, *layers.BOOKS)}
    return blank | {row.layer: {"version": row.version, "rows": row.rows} for row in found}


def _layer_of(table: str) -> str:
    return "assignments" if table == "releases" else table


def _dated(batch: Batch, valid_from: str, *, retired: bool) -> Batch:
    n = len(batch)
    books: dict[str, Values] = {"valid_from": [valid_from] * n, "retired": [retired] * n}
    return replace(batch, columns={**batch.columns, **books})


def _refuse_twice(known: Collection[str]) -> None:
    msg = "These assignments are already kept: {keys}; end them with a release."
    raise ConflictError(msg, keys=", ".join(sorted(known)[:SHOWN]))
