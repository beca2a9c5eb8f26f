"""A bulletin as PDF: the office's red head, paragraphs, tables and vector pictures."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from geodata.bulletins.blocks import Block, Document, Drawn, Heading, Paragraph, Rows, Signature
from geodata.bulletins.kept import Edition
from geodata.bulletins.telling import tell
from geodata.bulletins.wording import Say
from geodata.paper import table
from geodata.paper.bulletin_charts import HEIGHTS, draw_picture
from geodata.paper.fonts import SERIF
from geodata.paper.page import INK, MARGIN, POINT, QUIET, RED, Sheet, printed
from geodata.paper.view import Box
from gridmap.bulletins import Figures

TOP = 20.0
BODY, QUIET_SIZE, HEAD_SIZE = 11.0, 8.5, 12.5
LEADING = 1.6
HEAD_ROOM = 40.0  # a heading does not stand alone at the foot of a page, mm


def bulletin_pdf(edition: Edition, language: str, zone: ZoneInfo) -> bytes:
    """
    Print an edition of a bulletin.

    Parameters
    ----------
    edition
        Which.
    language
        One of `geodata.bulletins.words.LABELS`.
    zone
        The city's time zone.

    Returns
    -------
    bytes
        The file; the same for the same edition.
    """
    document, say = tell(edition, language, zone), Say(language)
    last = date.fromisoformat(edition.figures["until"])
    city = str(edition.figures["city"])

    def draw(sheet: Sheet) -> None:
        _Setting(sheet, edition.figures, say).set_document(document)

    return printed(draw, say, document.title, city, last)


class _Setting:
    """
    A document while it is set.

    Parameters
    ----------
    sheet, figures, say
        On what, of what, in which language.
    """

    def __init__(self, sheet: Sheet, figures: Figures, say: Say) -> None:
        self.sheet, self.figures, self.say = sheet, figures, say
        self.y = TOP

    def set_document(self, document: Document) -> None:
        """Set a document from its red head to its signature."""
        self._turn()
        self._head(document)
        for block in document.blocks:
            self._block(block)

    def _block(self, block: Block) -> None:
        if isinstance(block, Heading):
            self._room(HEAD_ROOM)
            self.y += 9.0
            self.sheet.put(MARGIN, self.y, block.text, HEAD_SIZE, bold=True)
            self.y += 2.0
        elif isinstance(block, Paragraph):
            self._paragraph(block)
        elif isinstance(block, Rows):
            self._table(block)
        elif isinstance(block, Signature):
            self._signature(block)
        else:
            self._picture(block)

    def _head(self, document: Document) -> None:
        sheet, middle = self.sheet, self.sheet.across / 2
        size = min(30.0, 0.96 * sheet.inner / (sheet.width(document.head, 1.0, SERIF)))
        sheet.put(
            middle, 38.0, document.head, size, face=SERIF, colour=RED, align="centre", bold=True
        )
        sheet.put(middle, 50.0, document.number, 11, align="centre")
        sheet.rule(54.0, RED, 0.9)
        self.y = 68.0
        for line in sheet.lines(document.title, sheet.inner, 18, SERIF):
            sheet.put(middle, self.y, line, 18, face=SERIF, align="centre", bold=True)
            self.y += 9.0

    def _paragraph(self, block: Paragraph) -> None:
        sheet, size = self.sheet, QUIET_SIZE if block.quiet else BODY
        high = size * POINT * LEADING
        indent = "" if block.quiet else "　　"
        if not self.say.language.startswith("zh"):
            indent = ""
        for line in sheet.lines(indent + block.text, sheet.inner, size):
            self._room(high)
            self.y += high
            sheet.put(MARGIN, self.y, line, size, colour=QUIET if block.quiet else INK)
        self.y += 1.2

    def _table(self, block: Rows) -> None:
        self._caption(block.caption, 26.0)
        whole = sum(column.width for column in block.columns)
        columns = tuple(
            table.Column(
                column.heading,
                self.sheet.inner * column.width / whole,
                "right" if column.right else "left",
            )
            for column in block.columns
        )
        rows = [table.Row(tuple(cell.text for cell in row)) for row in block.shown]
        size = 7.5 if len(columns) > 7 else 8.0  # noqa: PLR2004 - as many as fit in 8 points
        self.y = table.set_table(
            self.sheet, table.Table(columns, self._turn, size=size), rows, self.y
        )
        if block.more:
            self._paragraph(Paragraph(block.more, quiet=True))
        self.y += 2.0

    def _picture(self, block: Drawn) -> None:
        high = HEIGHTS[block.name]
        self._caption(block.caption, high + 8.0)
        box = Box(MARGIN, self.y, self.sheet.inner, high)
        draw_picture(self.sheet, box, block.name, self.figures, self.say)
        self.y += high + 3.0

    def _caption(self, text: str, room: float) -> None:
        self._room(room + 8.0)
        self.y += 6.5
        self.sheet.put(self.sheet.across / 2, self.y, text, 9.5, align="centre", bold=True)
        self.y += 2.0

    def _signature(self, block: Signature) -> None:
        self._room(24.0)
        right = self.sheet.across - MARGIN - 8.0
        self.sheet.put(right, self.y + 12.0, block.text, BODY, align="right")
        self.sheet.put(right, self.y + 19.0, block.day, BODY, align="right")
        self.y += 22.0

    def _room(self, high: float) -> None:
        if self.y + high > self.sheet.bottom:
            self._turn()

    def _turn(self) -> float:
        self.sheet.add_page()
        self.y = TOP
        return self.y
