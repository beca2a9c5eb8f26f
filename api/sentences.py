"""Errors in words: what they say, in the reader's language, and the faults they list."""

from __future__ import annotations

from typing import Any

import pandas as pd

from api.i18n import translator
from gridmap import errors

FAULTS_SHOWN = 200


class QueryError(errors.InvalidError):
    """A query parameter that cannot be."""

    code = "query"


def sentence(error: errors.GridMapError, language: str) -> str:
    """Return what an error says, in a language."""
    return str(translator(language).gettext(error.template)).format(**error.values)


def listed(faults: pd.DataFrame | None, language: str) -> list[dict[str, Any]]:
    """Return the faults of a frame as a page lists them, at most `FAULTS_SHOWN`."""
    if faults is None:
        return []
    gettext = translator(language).gettext
    rows: list[dict[str, Any]] = faults.head(FAULTS_SHOWN).to_dict("records")
    return [{**row, "row": str(row["row"]), "message": gettext(row["message"])} for row in rows]
