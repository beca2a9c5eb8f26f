"""The sheets of leaders and of who holds what, read as assignments: one a target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from geodata.forms import words
from geodata.forms.findings import UNKNOWN, Findings, Origin, Rows
from geodata.forms.names import Names, plain
from geodata.forms.tables import Table
from geodata.parsers.parsed import Fault
from gridmap.layers import LAYERS

COLUMNS = [column.name for column in LAYERS["assignments"].columns]
MEASURES = ("from_m", "to_m", "side")
TERM = ("scheme", "since", "until", "source", "note")
# Field of the form → kind of target, in the order in which a row is read.
KINDS = {
    "grid": "grid",
    "road": "road_segment",
    "inspection_point": "inspection_point",
    "compound": "compound",
    "division": "division",
}
TIERS = {"posts": "patch_leader", "relations": "responsible"}
NOTHING_NAMED = "No grid, road, point, compound or division is named."
NO_UNIT = "No unit is named."
ONE_ROAD = "Name one road a row: the metres are those of one."
NO_ROAD = "These metres have no road."
NOT_ONE = "The code and the name are not of one thing."


@dataclass(frozen=True)
class Targets:
    """
    What may be named in a form.

    Parameters
    ----------
    units
        Names of units and posts.
    kinds
        Kind of target → its names.
    """

    units: Names
    kinds: Mapping[str, Names]


def holdings(
    tables: Mapping[str, Table],
    keys: Mapping[tuple[str, int], str | None],
    targets: Targets,
    since: date,
    findings: Findings,
) -> Rows:
    """
    Read who holds what.

    Parameters
    ----------
    tables
        The form's.
    keys
        Sheet in code, row → post, for the sheet of leaders.
    targets
        What may be named.
    since
        The day from which a row holds that does not say.
    findings
        Where faults and guesses are noted.

    Returns
    -------
    Rows
        For the layer ``assignments``. A row whose unit or target could not be found has none, and
        its fault is noted.
    """
    rows = Rows(COLUMNS)
    for name in ("posts", "relations"):
        if (table := tables.get(name)) is None:
            continue
        for row in table.rows:
            found = _targets(table, row, targets, findings)
            if name == "relations":
                unit = _unit(table, row, targets.units, findings)
                if not found:
                    told = Fault(row, _first(table), "missing", "", NOTHING_NAMED)
                    findings.fault(table, told)
            else:
                unit = keys.get((name, row))
            _add(rows, table, row, {**_terms(table, row, since), "unit_id": unit or ""}, found)
    return rows


def _unit(table: Table, row: int, units: Names, findings: Findings) -> str | None:
    code, name = table.text(row, "unit_id"), table.text(row, "unit_name")
    if not code and not name:
        findings.fault(table, Fault(row, "unit_name", "missing", "", NO_UNIT))
        return None
    if not code:
        return findings.key(table, row, "unit_name", units, name)
    found = units.find(code)
    if not found.by_key:
        told = Fault(row, "unit_id", "reference", code, UNKNOWN)
        findings.fault(table, told, units.nearest(name or code))
        return None
    if name and found.key not in units.find(name).keys:
        findings.fault(table, Fault(row, "unit_name", "conflict", name, NOT_ONE))
    return found.key


def _targets(
    table: Table, row: int, targets: Targets, findings: Findings
) -> list[tuple[str, str, str]]:
    """Return field, kind and key of each target; of one that could not be found, an empty key."""
    found: list[tuple[str, str, str]] = []
    for name, kind in KINDS.items():
        field = "grid_name" if name == "grid" and not table.text(row, "grid") else name
        said = table.text(row, field)
        if not said:
            continue
        names = targets.kinds[kind]
        keys = [findings.key(table, row, field, names, part) or "" for part in names.split(said)]
        found += [(field, kind, key) for key in keys]
        if field == "grid" and (shown := table.text(row, "grid_name")) and all(keys):
            _compare(table, row, shown, keys, names, findings)
    _check_measures(table, row, [key for _, kind, key in found if kind == "road_segment"], findings)
    return found


def _compare(
    table: Table, row: int, shown: str, keys: list[str], names: Names, findings: Findings
) -> None:
    """Refuse a row whose grids' names are not those of their codes: one of them is a slip."""
    said = names.split(shown)
    meant = [set(names.find(part).keys) for part in said]
    is_one = len(said) == len(keys) and all(any(key in one for one in meant) for key in keys)
    if not is_one and plain(shown) != plain("、".join(names.name(key) for key in keys)):
        findings.fault(table, Fault(row, "grid_name", "conflict", shown, NOT_ONE))


def _check_measures(table: Table, row: int, roads: list[str], findings: Findings) -> None:
    if len(roads) > 1:
        told = Fault(row, "road", "segment", table.text(row, "road"), ONE_ROAD)
        findings.fault(table, told)
    if not roads:
        for name in MEASURES:
            if text := table.text(row, name):
                findings.fault(table, Fault(row, name, "segment", text, NO_ROAD))


def _terms(table: Table, row: int, since: date) -> dict[str, str]:
    given = {name: table.text(row, name) for name in TERM}
    tier = words.meant("tier", table.text(row, "tier")) or TIERS[table.form.name]
    return {
        **given,
        "tier": tier,
        "scheme": given["scheme"] or "main",
        "since": given["since"] or since.isoformat(),
    }


def _add(
    rows: Rows, table: Table, row: int, terms: dict[str, str], found: list[tuple[str, str, str]]
) -> None:
    unit = (
        "unit_name"
        if "unit_name" in table.columns and not table.text(row, "unit_id")
        else "unit_id"
    )
    for field, kind, key in found:
        measures = {
            name: words.meant(name, table.text(row, name)) if kind == "road_segment" else ""
            for name in MEASURES
        }
        fields = {"target": field, "assignment_id": field, "target_kind": field, "unit_id": unit}
        rows.add(
            Origin(table, row, fields), {**terms, **measures, "target_kind": kind, "target": key}
        )


def _first(table: Table) -> str:
    return next((name for name in ("grid_name", *KINDS) if name in table.columns), "unit_name")
