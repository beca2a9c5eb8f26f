"""
What a transaction changed, as the journal tells it.

Of up to 200 rows of a layer each is told: its key, the values that were there before and those that
are there now. Of more, only the counts. A digest of the rows as they were written is there in both
cases; it is the same on both databases, and can be worked out again from what is kept. Of columns
that hold people's data the journal says that they changed, not what they hold.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from geodata.rows import Batch, Values
from geodata.tables import GEOMETRY

TOLD = 200  # rows of a layer in one transaction
PRIVATE = frozenset({"holder", "contact", "phone", "description", "address"})
LATER = frozenset({"granted", "group_code", "category_code", "person_id"})
"""Columns that tables were given after rows had been written to them. They are hashed only where
they hold something, so that a row from before hashes as it did."""
LOOP = frozenset(
    [
        "number",
        "condition",
        "address",
        "datum",
        "why",
        "reporter",
        "reporter_role",
        "reporter_unit",
        "limit_amount",
        "limit_kind",
        "filed_at",
        "rectified_at",
        "fixer",
        "fixer_unit",
        "paused_at",
        "resumes",
        "pending",
        "extensions",
        "returns",
        "reworks",
        "reopenings",
        "level",
        "exempt",
        "merged_into",
        "recurs",
        "public",
    ]
)
"""Columns that issues were given by revision 0003. Since then they are hashed even where they hold
nothing; in a row from before they were not."""
MASK = "***"
NOTHING = "\0"  # what None is hashed as; no text that is kept holds it
Record: TypeAlias = dict[str, object]


@dataclass
class Changes:
    """
    What one transaction did to one layer.

    Parameters
    ----------
    counts
        ``added``, ``changed``, ``retired``, ``released`` → rows.
    rows
        One dictionary a row; only up to `TOLD` of them are told.
    """

    counts: Counter[str] = field(default_factory=Counter)
    rows: list[Record] = field(default_factory=list)
    _hash: Any = field(default_factory=hashlib.sha256, repr=False)

    def note(self, batch: Batch, counts: dict[str, int], rows: Iterable[Record] = ()) -> None:
        """
        Note rows that have been written.

        Parameters
        ----------
        batch
            What was written, all columns but ``id`` and ``entry``.
        counts
            How many of them were added, changed, ...
        rows
            What to tell of each.
        """
        self.counts.update(counts)
        self.rows += rows
        for record in hashed(batch):
            self._hash.update(record)

    def told(self) -> Record:
        """Return what the journal says: counts, the digest and, if they are few, the rows."""
        told: Record = {act: n for act, n in self.counts.items() if n}
        told["digest"] = self._hash.hexdigest()
        if sum(self.counts.values()) <= TOLD:
            told["rows"] = self.rows
        return told


def hashed(batch: Batch) -> Iterator[bytes]:
    """
    Return each row as it goes into the digest.

    Parameters
    ----------
    batch
        Rows in the order in which they were written.
    """
    columns = [
        [NOTHING if value is None else str(value) for value in values]
        for name, values in batch.columns.items()
        if name not in LATER
    ]
    rows = zip(*columns, _later(batch), strict=True)
    texts = (("\x1f".join(row) + later).encode() for *row, later in rows)
    if batch.shapes is None:
        yield from texts
        return
    for row, body in zip(texts, batch.wkb, strict=True):
        yield row + (body or b"")


def _later(batch: Batch) -> list[str]:
    """Return what the columns of `LATER` add to each row."""
    texts = [""] * len(batch)
    for name in sorted(LATER & batch.columns.keys()):
        for place, value in enumerate(batch.columns[name]):
            if value is not None:
                texts[place] += f"\x1f{name}={value}"
    return texts


def digest(batch: Batch) -> str:
    """
    Return what `Changes.told` says of rows, worked out from the rows that are kept.

    Parameters
    ----------
    batch
        All rows of one layer and entry, in the order in which they were written.
    """
    whole = hashlib.sha256()
    for record in hashed(batch):
        whole.update(record)
    return whole.hexdigest()


def fits(batch: Batch, told: str) -> bool:
    """
    Say whether rows are those of which a digest was told.

    Parameters
    ----------
    batch
        All rows of one layer and entry, in the order in which they were written.
    told
        The digest, by this version or by one that knew fewer columns.
    """
    if digest(batch) == told:
        return True
    later = LOOP & batch.columns.keys()
    if any(value is not None for name in later for value in batch.columns[name]):
        return False
    before = {name: values for name, values in batch.columns.items() if name not in later}
    return digest(replace(batch, columns=before)) == told


def differences(after: Batch, before: Batch, valid_from: str) -> list[Record]:
    """
    Tell of each row what it was and what it is.

    Parameters
    ----------
    after
        The rows written; the first column is the key.
    before
        The rows that were in force until then, of those keys that had one.
    valid_from
        From when the new ones hold.

    Returns
    -------
    list of dict
        ``key``, ``valid_from``, ``before`` and ``after``: the columns whose values differ, or None
        where there was no row.
    """
    was = dict(_plain(before))
    told = []
    for key, new in _plain(after):
        old = was.get(key)
        names = [name for name in new if old is None or old[name] != new[name]]
        told.append(
            {
                "key": key,
                "valid_from": valid_from,
                "before": None if old is None else _shown(old, names),
                "after": _shown(new, names),
            }
        )
    return told


def ends(before: Batch, valid_from: str) -> list[Record]:
    """
    Tell of each row that is retired what it was.

    Parameters
    ----------
    before
        The rows that were in force until then.
    valid_from
        From when they are not.
    """
    return [
        {"key": key, "valid_from": valid_from, "before": _shown(old, list(old)), "after": None}
        for key, old in _plain(before)
    ]


def _plain(batch: Batch) -> Iterator[tuple[object, Record]]:
    """Return each row by its key; a geometry is known by its fingerprint."""
    columns: dict[str, Values] = dict(batch.columns)
    if batch.shapes is not None:
        columns[GEOMETRY] = [
            None if body is None else hashlib.sha256(body).hexdigest()[:16] for body in batch.wkb
        ]
    names = list(columns)[1:]
    for key, *row in zip(*columns.values(), strict=True):
        yield key, dict(zip(names, row, strict=True))


def _shown(record: Record, names: list[str]) -> Record:
    return {
        name: MASK if name in PRIVATE and record[name] is not None else record[name]
        for name in names
    }
