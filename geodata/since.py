"""
What has been done to assignments since an entry of the journal.

Two people may work at once as long as they touch different targets. Whoever writes says which entry
they have seen last; if one of their targets was touched later, they were overtaken.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any, NoReturn

import pandas as pd
from sqlalchemy import Connection, Select, Table, literal, select, union_all

from geodata.errors import OvertakenError
from geodata.tables import Tables

COLUMNS = ["entry", "assignment_id", "target_kind", "target", "unit_id", "tier", "until", "added"]
PART = 500
KEY = ["target_kind", "target"]


def touched(connection: Connection, tables: Tables, seen: int) -> pd.DataFrame:
    """
    Return what entries after one that was seen added to assignments and ended of them.

    Parameters
    ----------
    connection, tables
        Of the register.
    seen
        The last entry that is known.

    Returns
    -------
    pandas.DataFrame
        ``entry``, ``assignment_id``, ``target_kind``, ``target``, ``unit_id``, ``tier``,
        ``until``, ``added`` (else ended, or its end taken back), in the order of writing.
    """
    rows, releases = tables.layers["assignments"], tables.releases

    def told(source: Table, *, added: bool) -> Select[Any]:
        return select(
            source.c.entry,
            rows.c.assignment_id,
            *(rows.c[name] for name in ("target_kind", "target", "unit_id", "tier")),
            source.c.until,
            literal(added).label("added"),
            source.c.id,
        ).where(source.c.entry > seen)

    ended = told(releases, added=False).join_from(
        releases, rows, rows.c.assignment_id == releases.c.assignment_id
    )
    both = union_all(told(rows, added=True), ended).subquery()
    order = (both.c.entry, both.c.added.desc(), both.c.id)
    found = connection.execute(select(*(both.c[name] for name in COLUMNS)).order_by(*order))
    return pd.DataFrame(found.all(), columns=COLUMNS)


def layers_written(connection: Connection, tables: Tables, seen: int) -> tuple[str, ...]:
    """
    Return the layers that were written after an entry.

    Parameters
    ----------
    connection, tables
        Of the register.
    seen
        The last entry that is known.
    """
    journal = tables.journal.c
    told = connection.execute(select(journal.after).where(journal.seq > seen)).scalars()
    return tuple(sorted({layer for after in told for layer in json.loads(after)}))


def last_entry(connection: Connection, tables: Tables) -> int:
    """
    Return the number of the journal's last entry; 0 if it has none.

    Parameters
    ----------
    connection, tables
        Of the register.
    """
    seq = tables.journal.c.seq
    return int(connection.execute(select(seq).order_by(seq.desc()).limit(1)).scalar() or 0)


def require_untouched(
    connection: Connection, tables: Tables, targets: pd.DataFrame, seen: int
) -> None:
    """
    Refuse to go on if targets were touched since.

    Parameters
    ----------
    connection, tables
        Of the register.
    targets
        ``target_kind`` and ``target``.
    seen
        The last entry that the caller knew of.

    Raises
    ------
    OvertakenError
        Naming who did what to which of them.
    """
    later = touched(connection, tables, seen)
    clash = later.merge(targets[KEY].drop_duplicates(), on=KEY)
    if len(clash):
        _refuse(connection, tables, clash, seen)


def _refuse(connection: Connection, tables: Tables, clash: pd.DataFrame, seen: int) -> NoReturn:
    entries = entries_of(connection, tables, clash["entry"])
    msg = "{n} of these were changed in the meantime by {who}; look at them, then try again."
    raise OvertakenError(
        msg,
        changes=_told(connection, tables, clash),
        seen=max(seen, last_entry(connection, tables)),
        n=len(clash[KEY].drop_duplicates()),
        who=", ".join(sorted(set(entries["who"]))),
    )


def require_unmended(
    connection: Connection, tables: Tables, codes: Collection[str], seen: int
) -> None:
    """
    Refuse to go on if grids were drawn anew since.

    Parameters
    ----------
    connection, tables
        Of the register.
    codes
        Of the grids.
    seen
        The last entry that the caller knew of.

    Raises
    ------
    OvertakenError
        Naming who did what to which of them.
    """
    grids = tables.layers["grids"].c
    rows = connection.execute(select(grids.entry, grids.code).where(grids.entry > seen)).all()
    found = pd.DataFrame(rows, columns=["entry", "target"])
    found = found[found["target"].isin(list(codes))].assign(target_kind="grid", unit_id=None)
    if len(found):
        _refuse(connection, tables, found.assign(added=True), seen)


def entries_of(connection: Connection, tables: Tables, numbers: pd.Series) -> pd.DataFrame:
    """
    Return entries of the journal in brief.

    Parameters
    ----------
    connection, tables
        Of the register.
    numbers
        Which; each may be named several times.

    Returns
    -------
    pandas.DataFrame
        ``seq``, ``at``, ``who``, ``action``.
    """
    journal = tables.journal.c
    wanted = [int(number) for number in numbers.unique()]
    query = select(journal.seq, journal.at, journal.who, journal.action).order_by(journal.seq)
    parts = [wanted[at : at + PART] for at in range(0, len(wanted), PART)]
    found = [
        row for part in parts for row in connection.execute(query.where(journal.seq.in_(part)))
    ]
    return pd.DataFrame(found, columns=["seq", "at", "who", "action"])


def _told(connection: Connection, tables: Tables, clash: pd.DataFrame) -> list[dict[str, object]]:
    units = tables.layers["units"].c
    query = select(units.unit_id, units.name).where(
        units.unit_id.in_(set(clash["unit_id"].dropna()))
    )
    names = {row.unit_id: row.name for row in connection.execute(query.order_by(units.id))}
    books = entries_of(connection, tables, clash["entry"])
    rows = clash.merge(books.rename(columns={"seq": "entry"}), on="entry")
    return [
        {
            **{name: row[name] for name in ("who", "action", "target_kind", "target", "unit_id")},
            "entry": int(row["entry"]),
            "at": row["at"].isoformat(),
            "unit_name": names.get(row["unit_id"]),
            "added": bool(row["added"]),
        }
        for row in rows.to_dict("records")
    ]
