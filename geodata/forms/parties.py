"""The sheets of units and of leaders: who they are, and under which key."""

from __future__ import annotations

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from geodata.forms import words
from geodata.forms.findings import CODES, SEVERAL, Findings, Origin, Rows
from geodata.forms.names import Called, Names, plain, text
from geodata.forms.tables import Table
from geodata.parsers.parsed import Fault
from gridmap.layers import LAYERS

COLUMNS = [column.name for column in LAYERS["units"].columns]
PLACED = {"geometry": "lon"}
DIFFERS = "Another row says otherwise of the same post."
HEX = 15


@dataclass(frozen=True)
class Parties:
    """
    The units and posts of a form.

    Parameters
    ----------
    rows
        For the layer ``units``.
    keys
        Sheet in code, row → key; none where it could not be found.
    """

    rows: Rows
    keys: Mapping[tuple[str, int], str | None]


def parties(tables: Mapping[str, Table], current: pd.DataFrame, findings: Findings) -> Parties:
    """
    Read the sheets of units and of leaders.

    Parameters
    ----------
    tables
        The form's.
    current
        The layer ``units`` as it is.
    findings
        Where faults and guesses are noted.
    """
    rows = Rows(COLUMNS)
    keys: dict[tuple[str, int], str | None] = {}
    if (units := tables.get("units")) is not None:
        known = names_of(current[current["party"] == "unit"])
        for row in units.rows:
            keys["units", row] = key = _unit_key(units, row, known, findings)
            texts = {**_texts(units, row), "unit_id": key or "", "party": "unit"}
            rows.add(Origin(units, row, PLACED), texts)
    if (posts := tables.get("posts")) is not None:
        found = _post_keys(posts, current[current["party"] == "post"], findings)
        keys |= {("posts", row): key for row, key in found.items()}
        _add_posts(posts, found, rows, findings)
    return Parties(rows, keys)


def key_of(kind: str, *parts: str) -> str:
    """
    Derive a key from what a thing is called; the same names make the same key everywhere.

    Parameters
    ----------
    kind
        The letter that it begins with.
    *parts
        Its names; width, case and spaces do not count.

    Examples
    --------
    >>> key_of("U", "市林业局") == key_of("U", "市 林业局")
    True
    """
    said = "\x1f".join(plain(part) for part in parts)
    return kind + hashlib.sha256(said.encode()).hexdigest()[:HEX]


def names_of(units: pd.DataFrame) -> Names:
    """
    Return the full names of units, and nothing else that they may be called.

    Parameters
    ----------
    units
        Rows of the layer.
    """
    return Names(
        Called(str(key), text(name)) for key, name in zip(units.index, units["name"], strict=True)
    )


def given_key(said: str, known: Names) -> str:
    """
    Return a key that somebody wrote, as the register has it if it is there; otherwise narrow.

    Parameters
    ----------
    said
        As written.
    known
        What is there.
    """
    match = known.find(said)
    narrow = unicodedata.normalize("NFKC", said).strip()
    return match.key if match.by_key and match.key is not None else narrow


def _texts(table: Table, row: int) -> dict[str, str]:
    return {
        name: words.meant(name, table.text(row, name)) for name in COLUMNS if name in table.columns
    }


def _unit_key(table: Table, row: int, known: Names, findings: Findings) -> str | None:
    said, name = table.text(row, "unit_id"), table.text(row, "name")
    if said or not name:
        return given_key(said, known) or None
    match = known.find(name)
    if len(match.keys) > 1:
        told = Fault(row, "name", CODES[1], name, SEVERAL)
        findings.fault(table, told, known.nearest(name))
        return None
    key = match.key or key_of("U", name)
    findings.guess(table, row, "name", name, key)
    return key


def _post_keys(table: Table, current: pd.DataFrame, findings: Findings) -> dict[int, str | None]:
    """
    Find the post of each row: by its ID, by name and holder, or by the name that is left over.

    Deputy mayors share a title, so a title alone means a post only where one of them is unclaimed.
    """
    known = names_of(current)
    people = {
        row: (plain(table.text(row, "name")), plain(table.text(row, "holder")))
        for row in table.rows
    }
    keys: dict[int, str | None] = {}
    posts: dict[str, dict[str, str]] = {}
    for key, name, holder in zip(current.index, current["name"], current["holder"], strict=True):
        posts.setdefault(plain(text(name)), {})[str(key)] = plain(text(holder))
    for row, (title, holder) in people.items():
        if said := table.text(row, "unit_id"):
            keys[row] = given_key(said, known)
            continue
        same = [key for key, held in posts.get(title, {}).items() if holder and held == holder]
        if len(same) == 1:
            keys[row] = same[0]
    claimed = {key for key in keys.values() if key is not None}
    waiting = Counter(title for title, _ in {at for row, at in people.items() if row not in keys})
    for row in [row for row in people if row not in keys]:
        title, holder = people[row]
        free = [key for key in posts.get(title, {}) if not holder or key not in claimed]
        keys[row] = _left_over(table, row, free, waiting[title], findings)
    _say(table, keys, findings)
    return keys


def _left_over(
    table: Table, row: int, free: list[str], waiting: int, findings: Findings
) -> str | None:
    name = table.text(row, "name")
    if not name:
        return None
    if not free:
        return key_of("U", name, table.text(row, "holder"))
    if len(free) == 1 and waiting == 1:
        return free[0]
    findings.fault(table, Fault(row, "name", CODES[1], name, SEVERAL), free[:3])
    return None


def _say(table: Table, keys: Mapping[int, str | None], findings: Findings) -> None:
    for row, key in keys.items():
        if key is not None and not table.text(row, "unit_id"):
            said = " ".join(filter(None, (table.text(row, "name"), table.text(row, "holder"))))
            findings.guess(table, row, "name", said, key)


def _add_posts(
    table: Table, keys: Mapping[int, str | None], rows: Rows, findings: Findings
) -> None:
    """Add each post once; what its later rows repeat must be the same."""
    posts: dict[str, dict[str, str]] = {}
    for row in table.rows:
        key, said = keys[row], _texts(table, row)
        if key is None or key not in posts:
            post = {**said, "unit_id": key or "", "party": "post"}
            rows.add(Origin(table, row), post)
            if key is not None:
                posts[key] = post
            continue
        for name, value in said.items():
            if not posts[key][name]:
                posts[key][name] = value
            elif value and name != "unit_id" and value != posts[key][name]:
                findings.fault(table, Fault(row, name, "conflict", value, DIFFERS))
