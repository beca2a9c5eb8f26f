"""A register's rows as the rows of the form: names for keys, words for values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

import geopandas as gpd
import pandas as pd

from geodata.forms import words
from geodata.forms.holdings import KINDS, Targets
from geodata.forms.names import SEPARATORS, text
from geodata.forms.words import Language
from geodata.parsers.values import number_text
from gridmap.assignments import in_force
from gridmap.layers import Frame

Row = dict[str, str]
JOIN = "、"


def filled(
    frames: Mapping[str, Frame], targets: Targets, as_of: date, language: Language
) -> dict[str, list[Row]]:
    """
    Return the rows of every sheet of the form.

    Parameters
    ----------
    frames
        As in `geodata.forms.preview.FormContext`.
    targets
        How its rows are called.
    as_of
        The day whose assignments are shown.
    language
        Of the words for values.

    Returns
    -------
    dict
        Sheet in code → rows, field → text.
    """
    units, running = frames["units"], in_force(frames["assignments"], as_of)
    posts = units[units["party"] == "post"]
    leads = running["unit_id"].isin(posts.index) & (running["target_kind"] == "division")
    plain = _rows(units[units["party"] == "unit"], language)
    return {
        "units": _with_places(plain, units),
        "posts": _posts(_rows(posts, language), running[leads], targets, language),
        "relations": [_relation(row, targets) for row in _rows(running[~leads], language)],
        "points": _with_places(
            _rows(frames["inspection_points"], language), frames["inspection_points"]
        ),
    }


def _rows(frame: Frame, language: Language) -> list[Row]:
    flat = pd.DataFrame(frame.drop(columns="geometry", errors="ignore")).reset_index()
    says = {name: _sayer(str(name), flat[name], language) for name in flat}
    columns = [
        ["" if pd.isna(value) else says[name](value) for value in flat[name]] for name in flat
    ]
    return [dict(zip(map(str, flat), row, strict=True)) for row in zip(*columns, strict=True)]


def _sayer(name: str, values: pd.Series, language: Language) -> Callable[[object], str]:
    if values.dtype.kind == "M":
        return lambda value: pd.Timestamp(str(value)).date().isoformat()
    if values.dtype == "boolean":
        return lambda value: words.said(name, "true" if value else "false", language)
    if pd.api.types.is_numeric_dtype(values.dtype):
        return lambda value: number_text(float(str(value)))
    return lambda value: words.said(name, str(value), language)


def _with_places(rows: list[Row], frame: Frame) -> list[Row]:
    if not isinstance(frame, gpd.GeoDataFrame):
        return rows
    crs = frame.crs.to_string() if frame.crs is not None else ""
    datum = next((name for name, code in words.DATUMS.items() if code == crs), crs)
    key = frame.index.name
    shapes = dict(frame.geometry.items())
    placed = []
    for row in rows:
        shape = shapes[row[key]]
        there = shape is not None and not shape.is_empty
        at = {"lon": repr(shape.x), "lat": repr(shape.y), "datum": datum} if there else {}
        placed.append({**row, **at})
    return placed


def _posts(
    posts: list[Row], running: pd.DataFrame, targets: Targets, language: Language
) -> list[Row]:
    """Return one row a post and term, its divisions in one cell."""
    terms = ("tier", "scheme", "since", "until", "source", "note")
    names = targets.kinds["division"]
    held: dict[str, dict[tuple[str, ...], list[str]]] = {}
    for row in _rows(running, language):
        word = names.say(row["target"])
        # a key that holds a comma is found only where it stands alone
        alone = row["target"] if SEPARATORS.search(word) else ""
        term = (*(row[name] for name in terms), alone)
        held.setdefault(row["unit_id"], {}).setdefault(term, []).append(word)
    rows = []
    for post in posts:
        rows += [
            {**post, **dict(zip(terms, term, strict=False)), "division": JOIN.join(words)}
            for term, words in held.get(post["unit_id"], {}).items()
        ] or [post]
    return rows


def _relation(row: Row, targets: Targets) -> Row:
    kind = row["target_kind"]
    field = next(name for name, one in KINDS.items() if one == kind)
    names = targets.kinds[kind]
    unit = targets.units
    known = row["unit_id"] in unit
    said = {**row, "unit_name": unit.name(row["unit_id"]) if known else ""}
    if kind != "grid":
        return {**said, field: names.say(row["target"])}
    name = text(names.name(row["target"])) if row["target"] in names else ""
    return {**said, "grid": row["target"], "grid_name": name}
