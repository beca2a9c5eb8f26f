"""
A bulletin as a Word document that the office goes on editing.

Page, type and headings are those of GB/T 9704-2012: A4 with margins of 37, 35, 28 and 26 mm, body
in 仿宋 of 16 points with 28 points from line to line, headings in 黑体, the red head over a red
rule. The fonts are named with what stands in for them; none is embedded, as in every document of
an office.
"""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import docx
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from geodata.bulletins.blocks import Block, Document, Drawn, Heading, Paragraph, Rows, Signature
from geodata.bulletins.kept import Edition
from geodata.bulletins.telling import tell
from geodata.bulletins.wording import Say
from geodata.paper.bulletin_charts import pngs
from geodata.paper.repacked import repacked

if TYPE_CHECKING:
    from docx.document import Document as Word
    from docx.styles.style import ParagraphStyle
    from docx.table import Table, _Cell
    from docx.text.paragraph import Paragraph as Line

MARGINS = {"top_margin": 37, "bottom_margin": 35, "left_margin": 28, "right_margin": 26}
WIDTH_MM = 210 - MARGINS["left_margin"] - MARGINS["right_margin"]
TITLE, BODY, HEADING, TABLE = "方正小标宋简体", "仿宋_GB2312", "黑体", "宋体"
STANDS_IN = {TITLE: "宋体", BODY: "仿宋", HEADING: "SimHei", TABLE: "SimSun"}
"""What a machine without a font is told to take; Latin letters are set in Times New Roman."""
LATIN = "Times New Roman"
RED = RGBColor(0xE6, 0x00, 0x12)
QUIET = RGBColor(0x55, 0x55, 0x55)
# as python-docx names them, and as GB/T 9704 sets them: font, points, centred, lines of 28 points
STYLES = {
    "Normal": (BODY, 16.0, False),
    "Title": (TITLE, 22.0, True),
    "Heading 1": (HEADING, 16.0, False),
    "Caption": (HEADING, 12.0, True),
}
LINE = Pt(28)
SMALL = 9.0
CELL_MARGIN = "45"  # twentieths of a point: 0.8 mm


def bulletin_word(edition: Edition, language: str, zone: ZoneInfo) -> bytes:
    """
    Set an edition of a bulletin as a Word document.

    Parameters
    ----------
    edition, language, zone
        As for `geodata.paper.bulletin_pdf.bulletin_pdf`.

    Returns
    -------
    bytes
        The file; the same for the same edition.
    """
    told, say = tell(edition, language, zone), Say(language)
    word = docx.Document()
    _set_page(word)
    _set_styles(word)
    _head(word, told)
    drawn = [block.name for block in told.blocks if isinstance(block, Drawn)]
    pictures = pngs(drawn, WIDTH_MM, edition.figures, say)
    for block in told.blocks:
        if isinstance(block, Drawn):
            _picture(word, block, pictures[block.name])
        else:
            _block(word, block, say)
    _page_number(word)
    _name_fonts(word)
    made = edition.frozen_at or datetime.combine(
        date.fromisoformat(edition.figures["until"]), time(), UTC
    )
    _properties(word, told, made)
    written = io.BytesIO()
    word.save(written)
    return repacked(written.getvalue(), made.astimezone(UTC))


def _set_page(word: Word) -> None:
    section = word.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    for name, size in MARGINS.items():
        setattr(section, name, Mm(size))


def _set_styles(word: Word) -> None:
    for name, (font, size, centred) in STYLES.items():
        style = word.styles[name]
        _set_font(style, font, size)
        shape = style.paragraph_format
        shape.space_before = shape.space_after = Pt(0)
        shape.line_spacing_rule, shape.line_spacing = WD_LINE_SPACING.EXACTLY, LINE
        if centred:
            shape.alignment = WD_ALIGN_PARAGRAPH.CENTER
    title = word.styles["Title"].paragraph_format
    title.line_spacing, title.space_before, title.space_after = Pt(34), Pt(16), Pt(16)
    borders = word.styles["Title"].element.find(f"{qn('w:pPr')}/{qn('w:pBdr')}")
    if borders is not None:  # the template rules titles off in blue
        borders.getparent().remove(borders)
    word.styles["Heading 1"].paragraph_format.keep_with_next = True
    caption = word.styles["Caption"].paragraph_format
    caption.keep_with_next, caption.space_before = True, Pt(6)


def _set_font(style: ParagraphStyle, font: str, size: float) -> None:
    style.font.name, style.font.size = LATIN, Pt(size)
    style.font.bold = style.font.italic = False
    style.font.color.rgb = RGBColor(0, 0, 0)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for name in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{name}"), None)
    fonts.set(qn("w:eastAsia"), font)
    # a run of Chinese quotation marks is Chinese
    fonts.set(qn("w:hint"), "eastAsia")


def _head(word: Word, told: Document) -> None:
    head = word.add_paragraph()
    head.alignment = WD_ALIGN_PARAGRAPH.CENTER
    head.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
    run = head.add_run(told.head)
    run.font.size, run.font.color.rgb = Pt(min(46.0, 400.0 / max(len(told.head), 1))), RED
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), TITLE)  # noqa: SLF001
    number = word.add_paragraph(told.number)
    number.alignment = WD_ALIGN_PARAGRAPH.CENTER
    number.paragraph_format.space_before = Pt(12)
    _rule_under(number)
    word.add_paragraph(told.title, style="Title")


def _rule_under(line: Line) -> None:
    """Draw the red rule of an office's head under a paragraph."""
    borders, bottom = OxmlElement("w:pBdr"), OxmlElement("w:bottom")
    for name, value in (("val", "single"), ("sz", "18"), ("space", "6"), ("color", "E60012")):
        bottom.set(qn(f"w:{name}"), value)
    borders.append(bottom)
    line._p.get_or_add_pPr().insert_element_before(  # noqa: SLF001 - python-docx has no borders
        borders, "w:shd", "w:spacing", "w:ind", "w:jc", "w:rPr"
    )


def _block(word: Word, block: Block, say: Say) -> None:
    if isinstance(block, Heading):
        word.add_paragraph(block.text, style="Heading 1")
    elif isinstance(block, Paragraph):
        _paragraph(word, block, say)
    elif isinstance(block, Rows):
        _table(word, block)
    elif isinstance(block, Signature):
        for text in (block.text, block.day):
            line = word.add_paragraph(text)
            line.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            line.paragraph_format.right_indent = Pt(32)


def _paragraph(word: Word, block: Paragraph, say: Say) -> None:
    line = word.add_paragraph()
    run = line.add_run(block.text)
    if say.language.startswith("zh"):
        line.paragraph_format.first_line_indent = Pt(24 if block.quiet else 32)
    if block.quiet:
        run.font.size, run.font.color.rgb = Pt(12), QUIET
        line.paragraph_format.line_spacing = Pt(20)


def _table(word: Word, block: Rows) -> None:
    word.add_paragraph(block.caption, style="Caption")
    rows = block.shown
    table = word.add_table(rows=1 + len(rows), cols=len(block.columns), style="Table Grid")
    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    whole = sum(column.width for column in block.columns)
    widths = [Mm(WIDTH_MM * column.width / whole) for column in block.columns]
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width  # LibreOffice and WPS go by the grid, Word by the cells
    texts = [[column.heading for column in block.columns], *([c.text for c in row] for row in rows)]
    for number, (row, words) in enumerate(zip(table.rows, texts, strict=True)):
        for cell, text, width, column in zip(row.cells, words, widths, block.columns, strict=True):
            cell.width = width
            _fill(cell, text, right=column.right and number > 0, heading=number == 0)
    _narrow_margins(table)
    _repeat_head(table)
    if block.more:
        line = word.add_paragraph()
        line.add_run(block.more).font.size = Pt(10.5)
        line.paragraph_format.line_spacing = Pt(18)


def _narrow_margins(table: Table) -> None:
    """Leave less beside the text of cells than Word does, so that figures stay in one line."""
    margins = OxmlElement("w:tblCellMar")
    for name in ("left", "right"):
        margin = OxmlElement(f"w:{name}")
        margin.set(qn("w:w"), CELL_MARGIN)
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    look = table._tbl.tblPr.find(qn("w:tblLook"))  # noqa: SLF001 - python-docx has no margins
    look.addprevious(margins)


def _fill(cell: _Cell, text: str, *, right: bool, heading: bool) -> None:
    line = cell.paragraphs[0]
    run = line.add_run(text)
    run.font.size, run.font.bold = Pt(SMALL), heading
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), TABLE)  # noqa: SLF001
    line.paragraph_format.line_spacing = Pt(14)
    cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
    if heading:
        line.alignment = WD_ALIGN_PARAGRAPH.CENTER
    elif right:
        line.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _repeat_head(table: Table) -> None:
    """Repeat the head on every page, and break no row between two."""
    for number, row in enumerate(table.rows):
        of_row = row._tr.get_or_add_trPr()  # noqa: SLF001 - python-docx has no word for either
        of_row.append(OxmlElement("w:cantSplit"))
        if number == 0:
            of_row.append(OxmlElement("w:tblHeader"))


def _picture(word: Word, block: Drawn, content: bytes) -> None:
    word.add_paragraph(block.caption, style="Caption")
    line = word.add_paragraph()
    line.alignment = WD_ALIGN_PARAGRAPH.CENTER
    line.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
    shape = line.add_run().add_picture(io.BytesIO(content), width=Mm(WIDTH_MM))
    named = shape._inline.docPr  # noqa: SLF001 - where Word keeps what is read aloud
    named.set("descr", block.alt)
    named.set("title", block.caption)


def _page_number(word: Word) -> None:
    """Write the page's number under each page: — 1 —."""
    line = word.sections[0].footer.paragraphs[0]
    line.alignment = WD_ALIGN_PARAGRAPH.CENTER
    line.add_run("— ")
    for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
        element = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            element.set(qn("w:fldCharType"), kind)
        element.text = text or None
        line.add_run()._r.append(element)  # noqa: SLF001 - python-docx has no fields
    line.add_run(" —")


def _name_fonts(word: Word) -> None:
    """Say in the table of fonts what stands in for a font that a machine does not have."""
    for part in word.part.package.iter_parts():
        if part.partname == "/word/fontTable.xml":
            named = "".join(
                f'<w:font w:name="{name}"><w:altName w:val="{other}"/></w:font>'
                for name, other in STANDS_IN.items()
            )
            blob = part.blob.replace(b"</w:fonts>", f"{named}</w:fonts>".encode())
            part._blob = blob  # noqa: SLF001 - a part that python-docx only carries along


def _properties(word: Word, told: Document, made: datetime) -> None:
    properties = word.core_properties
    properties.title, properties.author = told.title, told.head
    properties.comments, properties.last_modified_by = "", ""
    properties.created = properties.modified = made.astimezone(UTC).replace(tzinfo=None)
    properties.revision = 1
