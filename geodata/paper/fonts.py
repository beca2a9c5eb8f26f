"""
The typefaces of what is printed, embedded whole-text in every file so that no system font is asked.

Noto Sans SC for text and Noto Serif SC for titles, from a wheel, under the SIL Open Font Licence;
they have the 8,105 characters of the 通用规范汉字表 and Latin. Only what is used is embedded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pylopdf_fonts_zh_cn as wheel
from fpdf.fonts import TTFFont

if TYPE_CHECKING:
    from fpdf import FPDF

SANS, SERIF = "sans", "serif"
# What may not begin a line (GB/T 15834 5.1), and what may not end one
NOT_FIRST = frozenset("，。、；：？！）》」』】〕”’…·％,.;:?!)]}%")
NOT_LAST = frozenset("（《「『【〔“‘([{")
IDEOGRAPHS = "\u2e80"  # from here on, a line may break between any two characters


class Face:
    """
    One typeface of a document, and how wide its characters are.

    Parameters
    ----------
    document
        Where it is embedded.
    name
        `SANS` or `SERIF`.
    """

    def __init__(self, document: FPDF, name: str) -> None:
        path = wheel.serif_path() if name == SERIF else wheel.sans_path()
        document.add_font(name, fname=path)
        font = document.fonts[name]
        assert isinstance(font, TTFFont)  # noqa: S101 - what add_font makes of a file
        self.name = name
        self._font = font
        self._widths: dict[str, float] = {}

    def close(self) -> None:
        """Close the font's file, which fpdf2 reads until the document is written."""
        self._font.ttfont.close()

    def em(self, text: str) -> float:
        """Return how wide a text is, in ems."""
        widths = self._widths
        for character in text:
            if character not in widths:
                widths[character] = self._font.get_text_width(character, 1.0, None)[1]
        return sum(widths[character] for character in text)

    def lines(self, text: str, width_em: float) -> list[str]:
        """
        Break a text into lines: between any two ideographs, between words of other scripts.

        Parameters
        ----------
        text
            Without line breaks.
        width_em
            How wide a line may be, in ems; a word that is wider is broken.

        Returns
        -------
        list of str
            At least one line. None begins with a closing mark, none ends with an opening one.
        """
        lines, line, used = [], "", 0.0
        for piece in self._pieces(text, width_em):
            width = self.em(piece)
            if line and used + self.em(piece.rstrip()) > width_em:
                lines.append(line.rstrip())
                line, used = "", 0.0
                piece = piece.lstrip()  # noqa: PLW2901 - a line does not begin with a space
                width = self.em(piece)
            line, used = line + piece, used + width
        return [*lines, line.rstrip()]

    def _pieces(self, text: str, width_em: float) -> list[str]:
        """Cut a text where a line may break."""
        pieces: list[str] = []
        for character in text:
            if pieces and not _may_break(pieces[-1][-1], character):
                pieces[-1] += character
            else:
                pieces.append(character)
        cut: list[str] = []
        for piece in pieces:
            if self.em(piece.rstrip()) <= width_em:
                cut.append(piece)
            else:
                cut.extend(piece)
        return cut


def _may_break(before: str, after: str) -> bool:
    if before in NOT_LAST or after in NOT_FIRST or after == " ":
        return False
    return before == " " or before >= IDEOGRAPHS or after >= IDEOGRAPHS
