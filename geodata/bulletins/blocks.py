"""Of what a document is made, whatever it is set in: paragraphs, tables, pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

Picture: TypeAlias = Literal["trend", "categories", "on_time", "map"]
ROWS_SHOWN = 25


@dataclass(frozen=True)
class Heading:
    """A heading."""

    text: str


@dataclass(frozen=True)
class Paragraph:
    """
    A paragraph.

    Parameters
    ----------
    text
        What it says.
    quiet
        Whether it is a note, set smaller.
    """

    text: str
    quiet: bool = False


@dataclass(frozen=True)
class Cell:
    """
    A cell of a table.

    Parameters
    ----------
    text
        As it is read.
    value
        The number behind it, for workbooks; None of a cell that is no number.
    form
        In which a workbook shows the number.
    """

    text: str
    value: float | None = None
    form: str = "General"


@dataclass(frozen=True)
class Column:
    """
    A column of a table.

    Parameters
    ----------
    heading
        Over it.
    width
        Its share of the table's.
    right
        Whether it is aligned to the right, as numbers are.
    """

    heading: str
    width: float = 1.0
    right: bool = True


@dataclass(frozen=True)
class Rows:
    """
    A table.

    Parameters
    ----------
    name, caption
        What it is called, in code and in words.
    columns, rows
        What it says. Documents set the first `ROWS_SHOWN` rows, workbooks all.
    more
        What is said under a table of which only the first rows are set.
    """

    name: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    more: str = ""

    @property
    def shown(self) -> Sequence[tuple[Cell, ...]]:
        """The rows that a document sets."""
        return self.rows[:ROWS_SHOWN]


@dataclass(frozen=True)
class Drawn:
    """
    A picture.

    Parameters
    ----------
    name
        Which.
    caption, alt
        Under it, and for who cannot see it.
    """

    name: Picture
    caption: str
    alt: str


@dataclass(frozen=True)
class Signature:
    """Who issues a document, and on which day."""

    text: str
    day: str


Block: TypeAlias = Heading | Paragraph | Rows | Drawn | Signature


@dataclass(frozen=True)
class Document:
    """
    A bulletin in words.

    Parameters
    ----------
    head, number, title
        The office's red head, the number under it, and the title.
    blocks
        In order.
    annex
        Tables that only a workbook has room for.
    """

    head: str
    number: str
    title: str
    blocks: tuple[Block, ...]
    annex: tuple[Rows, ...] = ()

    @property
    def tables(self) -> list[Rows]:
        """Its tables, in order."""
        return [block for block in self.blocks if isinstance(block, Rows)]
