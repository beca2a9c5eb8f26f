"""
Blurring faces, number plates and papers, by hand, before a photo may be seen outside.

A box is averaged over blocks so large that nothing in it can be read back: a face has sixteen
colours left, a plate eight. The same colours come out of every picture with the same averages.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence

from PIL import Image, ImageFilter

from geodata.photos.encoding import BLOCK, jpeg
from gridmap.errors import InvalidError

ACROSS = 4  # blocks along the longer side of a box
MOST = 100
Box = tuple[float, float, float, float]


def redact(full: bytes, boxes: Sequence[Box]) -> bytes:
    """
    Blur parts of a photo, for good.

    Parameters
    ----------
    full
        A photo that was encoded here; never what somebody sent.
    boxes
        Left, top, right and bottom of each, as shares of width and height, 0 to 1.

    Returns
    -------
    bytes
        The photo, encoded anew; the same bytes if there are no boxes. Its thumbnail has to be made
        anew too (`geodata.photos.encoding.thumbnail`).

    Raises
    ------
    InvalidError
        If a box is none, or there are more than `MOST`.
    """
    if not boxes:
        return full
    if len(boxes) > MOST or not all(map(_is_box, boxes)):
        msg = "Of a photo, up to {most} boxes can be blurred, each with an area inside the photo."
        raise InvalidError(msg, most=MOST)
    with Image.open(io.BytesIO(full), formats=("JPEG",)) as image:
        image.load()
        for box in boxes:
            place = _pixels(box, image.size)
            image.paste(_blurred(image.crop(place)), place)
        return jpeg(image)


def _is_box(box: Box) -> bool:
    left, top, right, bottom = box
    return 0 <= left < right <= 1 and 0 <= top < bottom <= 1


def _pixels(box: Box, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return a box in pixels, out to whole blocks of JPEG: what is inside shows in all of them."""
    left, right = (share * size[0] / BLOCK for share in (box[0], box[2]))
    top, bottom = (share * size[1] / BLOCK for share in (box[1], box[3]))
    return (
        math.floor(left) * BLOCK,
        math.floor(top) * BLOCK,
        min(math.ceil(right) * BLOCK, size[0]),
        min(math.ceil(bottom) * BLOCK, size[1]),
    )


def _blurred(part: Image.Image) -> Image.Image:
    block = max(part.size) / ACROSS
    width, height = (max(1, round(length / block)) for length in part.size)
    averages = part.resize((width, height), Image.Resampling.BOX)
    blocks = averages.resize(part.size, Image.Resampling.NEAREST)
    return blocks.filter(ImageFilter.GaussianBlur(block / 4))  # only softens the edges
