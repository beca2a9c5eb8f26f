"""Errors in words: what they say, in the reader's language, and the faults they list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from api.i18n import translator
from api.terms import spoken
from gridmap import errors

FAULTS_SHOWN = 200


class QueryError(errors.InvalidError):
    """A query parameter that cannot be."""

    code = "query"


def sentence(error: errors.GridMapError, language: str) -> str:
    """Return what an error says, in a language; its terms in words."""
    return said(error.template, error.values, language)


def said(template: str, values: Mapping[str, object], language: str) -> str:
    """
    Return a sentence in a language, its values filled in.

    Parameters
    ----------
    template
        In English, the key of its translations.
    values
        By name; terms are said in words (`api.terms.spoken`).
    language
        One of `api.i18n.LANGUAGES`.
    """
    told = {name: spoken(value, language) for name, value in values.items()}
    return str(translator(language).gettext(template)).format(**told)


def listed(faults: pd.DataFrame | None, language: str) -> list[dict[str, Any]]:
    """
    Return the faults of a frame as a page lists them, at most `FAULTS_SHOWN`.

    Parameters
    ----------
    faults
        Columns `gridmap.layers.FAULT_COLUMNS`; with ``values``, where a message has any to be
        filled in.
    language
        One of `api.i18n.LANGUAGES`.
    """
    if faults is None:
        return []
    gettext = translator(language).gettext
    rows: list[dict[str, Any]] = faults.head(FAULTS_SHOWN).to_dict("records")
    for row in rows:
        values = row.pop("values", None)
        row["row"] = str(row["row"])
        message = row["message"]
        row["message"] = gettext(message) if values is None else said(message, values, language)
    return rows
