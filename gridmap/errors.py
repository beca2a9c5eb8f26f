"""
The errors of the domain.

They form one tree::

    GridMapError
    ├── InvalidError            what was given breaks a contract; lists every fault
    │   ├── CrsError            no CRS, or one in the wrong unit
    │   └── CodeError           a division or grid code that cannot be
    ├── NotFoundError           no such grid, unit, division, ...
    ├── ConflictError           right in itself, but not beside what is in force
    │   ├── AlreadyAssignedError
    │   └── CodesExhaustedError
    ├── ForbiddenError          no role of the caller's allows it, wherever it is
    └── TooLittleDataError      a statistic that would only show noise

An error speaks to three readers: its class to the caller, its `code` to the page's translator, and
its sentence, with the values in it, to the log. `template` is the sentence before the values are
filled in: it is the key under which translations are found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

if TYPE_CHECKING:
    import pandas as pd


class Term(str):
    """
    A code among the values of an error, which readers are told in their own words.

    In the log, and wherever nobody translates, it is the code.

    Parameters
    ----------
    vocabulary
        Which table of words it is looked up in (`api.terms.TERMS`).
    *codes
        The code; several are a list.

    Examples
    --------
    >>> f"It is {Term('issue-state', 'dispatched')}."
    'It is dispatched.'
    """

    __slots__ = ("codes", "vocabulary")

    vocabulary: str
    codes: tuple[str, ...]

    def __new__(cls, vocabulary: str, *codes: str) -> Self:
        """Make the text of the codes, and remember what they are."""
        made = super().__new__(cls, ", ".join(codes))
        made.vocabulary = vocabulary
        made.codes = codes
        return made


class GridMapError(Exception):
    """
    Base of every error that the project raises on purpose.

    Parameters
    ----------
    template
        An English sentence with ``{names}`` of `values`; the key of its translations.
    **values
        What is filled in; a code that readers should not see is a `Term`.
    """

    code: ClassVar[str] = "error"

    def __init__(self, template: str, **values: object) -> None:
        self.template = template
        self.values = values
        super().__init__(template.format(**values))


class InvalidError(GridMapError):
    """
    What was given breaks a contract.

    Parameters
    ----------
    template, **values
        As for `GridMapError`.
    faults
        One row a fault: ``row``, ``column``, ``code``, ``value``, ``message``; all of them, not
        only the first.
    """

    code = "invalid"

    def __init__(
        self, template: str, *, faults: pd.DataFrame | None = None, **values: object
    ) -> None:
        super().__init__(template, **values)
        self.faults = faults


class CrsError(InvalidError):
    """A frame has no CRS, or one whose unit the function cannot use."""

    code = "crs"


class CodeError(InvalidError):
    """A division or grid code has the wrong length, a character that is no digit, or no parent."""

    code = "code"


class NotFoundError(GridMapError):
    """No such thing in the register."""

    code = "not-found"


class ConflictError(GridMapError):
    """The request is right in itself, but not beside what is in force."""

    code = "conflict"


class AlreadyAssignedError(ConflictError):
    """
    A target already has its one primary unit in this scheme.

    Parameters
    ----------
    template, **values
        As for `GridMapError`.
    holders
        Who holds each target: target → unit.
    """

    code = "already-assigned"

    def __init__(self, template: str, *, holders: dict[str, str], **values: object) -> None:
        super().__init__(template, **values)
        self.holders = holders


class CodesExhaustedError(ConflictError):
    """A community has used its 999 grid codes, and none is ever used again."""

    code = "codes-exhausted"


class ForbiddenError(GridMapError):
    """No role of the caller's allows what was asked, wherever it is."""

    code = "forbidden"


class TooLittleDataError(GridMapError):
    """Too few areas or too few non-zero ones: a map would show noise."""

    code = "too-little-data"
