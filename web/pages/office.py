"""What the pages of the office share: why something was refused, and what others did meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from api.errors import status_of
from api.sentences import sentence
from geodata.errors import OvertakenError
from gridmap.errors import GridMapError
from web.pages.shell import Visit


@dataclass(frozen=True)
class Refusal:
    """
    Why something was refused.

    Parameters
    ----------
    said
        In the reader's language; empty if nothing was.
    changes
        What others did to the same targets since: ``who``, ``at``, ``action``, ``target_kind``,
        ``target``, ``unit_id``, ``unit_name``.
    status
        Of the answer.
    """

    said: str = ""
    changes: tuple[dict[str, Any], ...] = ()
    status: int = 200


def refusal(visit: Visit, error: GridMapError) -> Refusal:
    """
    Return why something was refused.

    Parameters
    ----------
    visit
        Who asked for it.
    error
        What was raised.
    """
    overtaken = error.changes if isinstance(error, OvertakenError) else []
    changes = tuple(
        {**change, "at": datetime.fromisoformat(str(change["at"]))} for change in overtaken
    )
    return Refusal(sentence(error, visit.words.language), changes, int(status_of(error)))


def beside(error: GridMapError | None, usual: str) -> str:
    """
    Return the field of a form beside which a refusal is told; empty if nothing was refused.

    Parameters
    ----------
    error
        Its ``field``, where it has one among its values.
    usual
        The field otherwise.
    """
    return "" if error is None else str(error.values.get("field", usual))
