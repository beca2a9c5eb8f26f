"""
A filled form, read: what bringing it in would do to every layer; nothing is changed here.

Names are looked up in the register and in the form's other sheets. One fault anywhere refuses the
whole form, and each is listed at its cell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd

from geodata import importing
from geodata.crs import parse_crs
from geodata.forms import held
from geodata.forms.findings import Findings, Rows
from geodata.forms.holdings import Targets, holdings
from geodata.forms.names import Called, Names, names, text
from geodata.forms.parties import parties
from geodata.forms.places import places, with_places
from geodata.forms.points import points
from geodata.forms.preview import DIVISIONS, WRITTEN, FormContext, FormPreview
from geodata.forms.tables import Table, read_tables
from geodata.importing import Preview
from geodata.parsers.parsed import Fault
from geodata.readers import Raw
from gridmap.layers import LAYERS, Frame

SHEET_OF = {"units": "units", "inspection_points": "points"}
RETOLD = "The coordinates were read"  # each row states its datum, and that was noted
NO_COLUMN = "This column is missing."
TOO_EARLY = "It begins on that very day, so it cannot end on it."


def read(path: Path, context: FormContext) -> FormPreview:
    """
    Read a form and say what bringing it in would do.

    Parameters
    ----------
    path
        The workbook.
    context
        What it is read against.

    Returns
    -------
    FormPreview
        Reading the same form again, after it was brought in, finds every row unchanged.

    Raises
    ------
    UnsupportedFormatError, UnreadableError, LimitError
        As `geodata.forms.tables.read_tables`.
    CrsError
        If `context` names a datum that cannot be used.
    """
    if context.datum is not None:
        parse_crs(context.datum)
    found = read_tables(path, context.limits)
    findings = Findings(list(found.notes))
    for name, fault in found.faults:
        findings.fault(found.tables[name], fault)
    tables = {name: table for name, table in found.tables.items() if _is_whole(table, findings)}
    units = parties(tables, context.frames["units"], findings)
    rows: dict[str, Rows] = {"units": units.rows}
    if "points" in tables:
        current = context.frames["inspection_points"]
        rows["inspection_points"] = points(tables["points"], current, findings)
    targets = targets_of(context.frames, rows)
    rows["assignments"] = holdings(tables, units.keys, targets, context.since, findings)
    previews = {
        layer: _prepared(layer, rows[layer], tables, context, findings)
        for layer in WRITTEN
        if layer in rows and rows[layer].texts
    }
    absent = _settle_assignments(previews, rows["assignments"], tables, context, findings)
    return FormPreview(
        {layer: _told(preview, rows[layer], findings) for layer, preview in previews.items()},
        findings.guesses(),
        findings.faults(),
        absent,
        findings.notes,
    )


def _is_whole(table: Table, findings: Findings) -> bool:
    lacking = [
        names for names in table.form.required if not any(name in table.columns for name in names)
    ]
    for wanted in lacking:
        headings = " / ".join(table.heading(name) for name in wanted)
        findings.fault(table, Fault(0, wanted[0], "missing-column", headings, NO_COLUMN))
    return not lacking


def targets_of(frames: Mapping[str, Frame], rows: Mapping[str, Rows] | None = None) -> Targets:
    """
    Return what may be named in a form.

    Parameters
    ----------
    frames
        As in `FormContext`.
    rows
        Layer → what the form itself brings.
    """
    rows = rows or {}
    divisions = pd.concat([frames[name][["name", "parent"]] for name in DIVISIONS])
    titles = {str(key): text(name) for key, name in divisions["name"].items()}
    kinds = {
        "grid": names(frames["grids"], titles),
        "road_segment": names(frames["roads"]),
        "compound": names(frames["compounds"]),
        "division": names(divisions, titles),
        "inspection_point": Names(
            _called(frames["inspection_points"], rows.get("inspection_points"), "point_id")
        ),
    }
    return Targets(Names(_called(frames["units"], rows.get("units"), "unit_id")), kinds)


def _called(frame: Frame, rows: Rows | None, key: str) -> list[Called]:
    """Return what rows are called once the form is in; a later one of a key counts."""
    known = {text(row[key]): row for row in frame.reset_index().to_dict("records")}
    for row in rows.texts if rows else ():
        said = {name: value for name, value in row.items() if value}
        known[row[key]] = {**known.get(row[key], {}), **said}
    return [Called(one, text(row.get("name")), _also(row)) for one, row in known.items() if one]


def _also(row: Mapping[str, object]) -> tuple[str, ...]:
    name, short, holder = (text(row.get(part)) for part in ("name", "short_name", "holder"))
    people = (holder, name + holder, holder + name) if holder and row.get("party") == "post" else ()
    return (short, *people)


def _prepared(
    layer: str,
    rows: Rows,
    tables: Mapping[str, Table],
    context: FormContext,
    findings: Findings,
) -> Preview:
    contract, current = LAYERS[layer], context.frames[layer]
    texts: Frame = rows.frame()
    if layer == "assignments":
        texts = held.adopt(texts, current, context.time_zone)
    elif (table := tables.get(SHEET_OF[layer])) is not None and {"lon", "lat"} & set(table.columns):
        found = places(table, findings, crs=context.datum, register_crs=context.crs)
        shape_of = dict(found.items())
        at = [shape_of.get(row.row) if row.table is table else None for row in rows.origins]
        shapes = gpd.GeoSeries(at, index=texts.index, crs=context.crs)
        texts = with_places(texts, shapes, current, contract.key)
    preview = importing.prepare(
        Raw(texts, texts.crs if isinstance(texts, gpd.GeoDataFrame) else None),
        contract,
        register_crs=context.crs,
        current=current,
        codes=context.codes,
        time_zone=context.time_zone,
        settled=[column.name for column in contract.columns[1:]],
    )
    rows.tell(findings, preview.faults, but=_answered(layer))
    return replace(preview, version=context.versions.get(layer))


def _answered(layer: str) -> tuple[str, ...]:
    """Return columns whose absence has been told in other words."""
    contract = LAYERS[layer]
    return (contract.key, "unit_id", "target") if layer == "assignments" else (contract.key,)


def _settle_assignments(
    previews: dict[str, Preview],
    rows: Rows,
    tables: Mapping[str, Table],
    context: FormContext,
    findings: Findings,
) -> pd.DataFrame:
    current = context.frames["assignments"]
    preview = previews.get("assignments")
    if preview is None:
        return current.iloc[:0]
    preview = held.settle(preview, current, rows, findings)
    absent = held.missing(preview, current, _scope(current, tables, context), context.since)
    if context.retire_missing:
        fresh = absent["since"] == pd.Timestamp(context.since)
        preview = replace(preview, retired=absent[~fresh])
        for key in absent.index[fresh]:
            told = Fault(0, "until", "interval", str(key), TOO_EARLY)  # it is in no row of the form
            findings.fault(rows.origins[0].table, told)
    previews["assignments"] = preview
    held.refuse_clashes(preview, current, context.since, rows, findings)
    held.refuse_inactive(preview, _active(previews, context), rows, findings)
    return absent


def _scope(current: pd.DataFrame, tables: Mapping[str, Table], context: FormContext) -> pd.Series:
    """Return which assignments the form's sheets speak of: leaders' divisions are on their own."""
    posts = context.frames["units"].query("party == 'post'").index
    leaders = current["unit_id"].isin(posts) & (current["target_kind"] == "division")
    return (leaders & ("posts" in tables)) | (~leaders & ("relations" in tables))


def _active(previews: Mapping[str, Preview], context: FormContext) -> dict[str, bool]:
    active = dict(context.frames["units"]["active"].items())
    if (preview := previews.get("units")) is not None:
        for rows in (preview.added, preview.changed):
            active |= dict(rows["active"].items())
    return {str(key): bool(value) for key, value in active.items()}


def _told(preview: Preview, rows: Rows, findings: Findings) -> Preview:
    """Give a preview the rows of the sheet for its own numbers."""
    number = [origin.row for origin in rows.origins]
    faults = preview.faults.assign(row=[number[int(row) - 1] for row in preview.faults["row"]])
    findings.notes += [
        one for one in preview.notes if one not in findings.notes and not one.startswith(RETOLD)
    ]
    placed = preview.rows.map(lambda label: number[int(label) - 1])
    return replace(preview, faults=faults, rows=placed)
