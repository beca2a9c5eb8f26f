"""
How a kept photo is written: a plain JPEG, the same bytes from the same pixels.

What is written carries pixels only: no EXIF, no XMP, no IPTC, no colour profile, no comment.
"""

from __future__ import annotations

import io

from PIL import Image

SIDE = 2048
THUMB_SIDE = 320
QUALITY = 85
BLOCK = 16  # pixels: what JPEG encodes as one where colours are halved, as `jpeg` has them


def shrunk(image: Image.Image, side: int) -> Image.Image:
    """
    Return an image whose longer side has at most so many pixels; a smaller one as it is.

    Parameters
    ----------
    image
        In a mode that can be averaged: no palette.
    side
        Pixels.
    """
    scale = side / max(image.size)
    if scale >= 1:
        return image
    width, height = (max(1, round(length * scale)) for length in image.size)
    return image.resize((width, height), Image.Resampling.LANCZOS)


def jpeg(image: Image.Image) -> bytes:
    """
    Encode an image.

    Parameters
    ----------
    image
        Mode ``RGB``.

    Returns
    -------
    bytes
        A baseline JPEG with nothing in it but the pixels.
    """
    bare = image.copy()
    bare.info = {}  # Pillow writes an image's own comment into a JPEG unasked
    written = io.BytesIO()
    bare.save(written, "JPEG", quality=QUALITY, subsampling="4:2:0", optimize=True)
    return written.getvalue()


def thumbnail(full: bytes) -> bytes:
    """
    Return the thumbnail of a photo that was encoded here.

    Parameters
    ----------
    full
        What `jpeg` wrote; never what somebody sent.
    """
    with Image.open(io.BytesIO(full), formats=("JPEG",)) as image:
        return jpeg(shrunk(image, THUMB_SIDE))
