"""What a reader or an import says about a file without refusing it."""

from __future__ import annotations


class Note(str):
    """
    One remark: a sentence that also knows its template and values, so that it can be translated.

    Parameters
    ----------
    template
        An English sentence with ``{names}``; the key of its translations.
    values
        What is filled in.

    Examples
    --------
    >>> found = Note("{n} hidden rows were read too.", {"n": 3})
    >>> found, found.values
    ('3 hidden rows were read too.', {'n': 3})
    """

    __slots__ = ("template", "values")

    template: str
    values: dict[str, object]

    def __new__(cls, template: str, values: dict[str, object]) -> Note:  # noqa: PYI034
        """Fill the values in."""
        self = super().__new__(cls, template.format(**values))
        self.template = template
        self.values = values
        return self


def note(template: str, **values: object) -> Note:
    """
    Return a note.

    Parameters
    ----------
    template, **values
        As for `Note`.
    """
    return Note(template, values)
