"""The form as a workbook: a template to fill in, or filled with what the register holds."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from datetime import date

import pandas as pd
from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from geodata.forms import design, words
from geodata.forms.design import SHEETS
from geodata.forms.drawing import draw, text_cell
from geodata.forms.filling import filled
from geodata.forms.names import Names
from geodata.forms.preview import DIVISIONS
from geodata.forms.reading import targets_of
from geodata.forms.words import Language
from gridmap.layers import Frame

MOST = 1_048_575  # rows of a sheet below its heading
NAMED = {
    "grid": "grid",
    "road": "road_segment",
    "inspection_point": "inspection_point",
    "compound": "compound",
    "division": "division",
}
LAYERS_OF = {
    "grid": ("grids",),
    "road": ("roads",),
    "inspection_point": ("inspection_points",),
    "compound": ("compounds",),
    "division": DIVISIONS,
}


def template(frames: Mapping[str, Frame], *, language: Language = "zh_CN") -> bytes:
    """
    Return the empty form.

    Parameters
    ----------
    frames
        As in `geodata.forms.preview.FormContext`: their names are in the drop-downs.
    language
        Of headings and remarks.

    Returns
    -------
    bytes
        A workbook of four sheets, each with a grey example that is not read, and a hidden one
        with the entries of the drop-downs.
    """
    english = language == "en"
    rows = {
        form.name: [
            {design.SERIAL: words.EXAMPLE[english]}
            | {field.name: field.example[english] for field in form.fields if field.example[0]}
        ]
        for form in SHEETS.values()
    }
    return _book(frames, rows, language, without=())


def export(
    frames: Mapping[str, Frame], as_of: date, *, contacts: bool, language: Language = "zh_CN"
) -> bytes:
    """
    Return the form filled with what the register holds.

    Parameters
    ----------
    frames
        As in `geodata.forms.preview.FormContext`.
    as_of
        The day whose assignments are in it.
    contacts
        Whether it says who people are and how to reach them.
    language
        Of headings and words.

    Returns
    -------
    bytes
        A workbook; reading it again changes nothing.
    """
    rows = filled(frames, targets_of(frames), as_of, language)
    personal = {field.name for form in SHEETS.values() for field in form.fields if field.personal}
    return _book(frames, rows, language, without=() if contacts else personal)


def _book(
    frames: Mapping[str, Frame],
    rows: Mapping[str, list[dict[str, str]]],
    language: Language,
    *,
    without: Iterable[str],
) -> bytes:
    book = Workbook()
    book.remove(book.worksheets[0])
    entries = _entries(frames, language)
    lists = {
        name: f"{design.LISTS}!${letter}$2:${letter}${len(found) + 1}"
        for place, (name, found) in enumerate(entries.items(), start=1)
        if found
        for letter in [get_column_letter(place)]
    }
    for form in SHEETS.values():
        draw(book, form, rows[form.name], language, lists, without=frozenset(without))
    hidden = book.create_sheet(design.LISTS)
    hidden.sheet_state = "hidden"
    for place, (name, found) in enumerate(entries.items(), start=1):
        hidden.cell(1, place).value = name
        for number, word in enumerate(found, start=2):
            text_cell(hidden.cell(number, place), word)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _entries(frames: Mapping[str, Frame], language: Language) -> dict[str, list[str]]:
    """Return the entries of every drop-down; of things, the words that lead to them alone."""
    targets = targets_of(frames)
    english = language == "en"
    entries = {
        name: [said[english] for said in choices.values()] for name, choices in words.WORDS.items()
    }
    entries["datum"] = list(words.DATUMS)
    entries["category"] = _distinct(frames["inspection_points"]["category"])
    entries["kind"] = _distinct(frames["units"]["kind"])
    entries["scheme"] = _distinct(frames["assignments"]["scheme"]) or ["main"]
    units = frames["units"]
    entries["unit"] = _said(targets.units, units.index[units["active"].astype(bool)])
    for name, kind in NAMED.items():
        keys = [key for layer in LAYERS_OF[name] for key in frames[layer].index]
        entries[name] = _said(targets.kinds[kind], keys)
    return entries


def _said(names: Names, keys: Iterable[object]) -> list[str]:
    return [names.say(str(key)) for key in keys][:MOST]


def _distinct(values: pd.Series) -> list[str]:
    return sorted(str(value) for value in values.dropna().unique())
