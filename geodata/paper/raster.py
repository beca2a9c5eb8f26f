"""Pictures of printed pages, for screens and programs that show no PDF."""

from __future__ import annotations

from io import BytesIO

import pypdfium2

from geodata.paper.pdfium import PDFIUM
from gridmap.errors import NotFoundError

POINTS = 72.0  # to the inch
MOST_PIXELS = 40_000_000  # 120 MB while it is drawn; A0 at 160 dots to the inch


def picture(pdf: bytes, page: int, dpi: int) -> bytes:
    """
    Draw a page as PNG.

    Parameters
    ----------
    pdf
        A document.
    page
        Which, from 1.
    dpi
        Dots to the inch; fewer where the page would have more than `MOST_PIXELS`.

    Raises
    ------
    NotFoundError
        If the document has no such page.
    """
    with PDFIUM, pypdfium2.PdfDocument(pdf) as document:
        if not 1 <= page <= len(document):
            msg = "There is no page {page}; there are {pages}."
            raise NotFoundError(msg, page=page, pages=len(document))
        shown = document[page - 1]
        across, down = shown.get_size()
        scale = min(dpi / POINTS, float((MOST_PIXELS / (across * down)) ** 0.5))
        drawn = shown.render(scale=scale, rev_byteorder=True).to_pil()
        kept = BytesIO()
        drawn.save(kept, "PNG", dpi=(scale * POINTS, scale * POINTS))
        return kept.getvalue()
