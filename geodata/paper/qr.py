"""QR codes, drawn in vectors."""

from __future__ import annotations

import numpy as np
import segno
import shapely

from geodata.paper.page import INK, Pen, Sheet


def draw_code(sheet: Sheet, address: str, left: float, top: float, side: float) -> None:
    """
    Draw the code of an address.

    Parameters
    ----------
    sheet
        On its present page.
    address
        What the code says.
    left, top, side
        The square of the code, mm; around it the paper must stay white for four modules
        (ISO/IEC 18004), which is an eighth of the side.

    Notes
    -----
    Error correction M: a code that has been folded or stained for a year still reads.
    """
    code = segno.make_qr(address, error="m")
    dark = np.array([[bool(module) for module in row] for row in code.matrix])
    step = side / len(dark)
    change = np.diff(np.pad(dark.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    row, start = np.nonzero(change == 1)
    end = np.nonzero(change == -1)[1]
    bars = shapely.box(
        left + start * step, top + row * step, left + end * step, top + (row + 1) * step
    )
    sheet.draw(bars, Pen(fill=INK))  # one path, so no seam of light shows between the rows
