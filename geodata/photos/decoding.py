"""
Decoding what a phone sent; only ever in the child process that `geodata.sandbox` starts.

The content decides what a file is, never its name. Nothing is decoded before its header has
passed, and if any step fails there is no photo: what was sent is never kept as it came.
"""

from __future__ import annotations

import io
import json
import warnings
import zlib
from pathlib import Path
from typing import Any

import pyarrow as pa
from PIL import Image, PngImagePlugin

from geodata.errors import LimitError, NoPhotoError, UnreadableError
from geodata.limits import MEGABYTE, Limits
from geodata.parsers.parsed import Parsed
from geodata.photos import exif
from geodata.photos.encoding import SIDE, THUMB_SIDE, jpeg, shrunk

PIXELS = 50_000_000
# A chunk of text or a colour profile of a PNG, unpacked; and all chunks of text of one file.
TEXT, TEXTS = MEGABYTE, 4 * MEGABYTE
HEADS = {b"\xff\xd8\xff": "JPEG", b"\x89PNG\r\n\x1a\n": "PNG"}
HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis"})
AVIF_BRANDS = frozenset({b"avif", b"avis"})
MOST_BRANDS = 64  # bytes of a box that has a dozen brands at most
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
AVERAGED = frozenset({"L", "RGB", "RGBA", "LA", "CMYK", "YCbCr"})
DEEP = frozenset({"I", "I;16", "I;16B", "I;16L", "I;16N"})
LOOK_WIDTH, LOOK_HEIGHT = 9, 8
BROKEN = (*exif.BROKEN, RuntimeError, zlib.error)


def parse(path: Path, _options: dict[str, Any], _limits: Limits) -> Parsed:
    """
    Decode a photo.

    Parameters
    ----------
    path
        The file, as it was sent.

    Returns
    -------
    Parsed
        One row: ``full`` and ``thumb`` (bytes), and ``facts`` (JSON: width, height, position,
        taken, look).

    Raises
    ------
    NoPhotoError
        If the content is neither JPEG nor PNG nor WebP nor HEIC.
    LimitError
        If it has more than `PIXELS`.
    UnreadableError
        If it is broken.
    """
    full, thumb, facts = decoded(path.read_bytes())
    columns = {
        "full": pa.array([full], pa.large_binary()),
        "thumb": pa.array([thumb], pa.large_binary()),
        "facts": [json.dumps(facts)],
    }
    return Parsed([1], columns)


def decoded(content: bytes) -> tuple[bytes, bytes, dict[str, object]]:
    """
    Decode a photo and encode it anew.

    Parameters
    ----------
    content
        As it was sent.

    Returns
    -------
    tuple
        The photo and its thumbnail, upright JPEG with nothing in them but pixels, and the facts
        that `parse` tells. Of an animation, the first frame. Colours are taken as sRGB, whatever
        profile came with them.

    Raises
    ------
    NoPhotoError, LimitError, UnreadableError
        As `parse`.
    """
    kind = _kind_of(content)
    _gate(_canvas(content))
    PngImagePlugin.MAX_TEXT_CHUNK, PngImagePlugin.MAX_TEXT_MEMORY = TEXT, TEXTS
    Image.MAX_IMAGE_PIXELS = PIXELS
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of EXIF that is odd; the photo may be sound
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            return _written(content, kind)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise _too_large() from None
        except BROKEN:
            msg = "The photo is broken or was cut short on its way; please send it again."
            raise UnreadableError(msg) from None


def look_of(image: Image.Image) -> str:
    """
    Return a difference hash: photos that look alike differ in few of its bits.

    Parameters
    ----------
    image
        Upright.

    Returns
    -------
    str
        16 hexadecimal digits: 8 rows of 8 bits, from the top left. A bit is 1 where a spot is
        brighter than the one to its right, of 9 × 8 spots of grey.

    Notes
    -----
    N. Krawetz, "Kind of Like That" (2013).
    """
    spots = image.convert("L").resize((LOOK_WIDTH, LOOK_HEIGHT), Image.Resampling.BOX).tobytes()
    bits = 0
    for place in range(LOOK_WIDTH * LOOK_HEIGHT):
        if (place + 1) % LOOK_WIDTH:
            bits = bits << 1 | (spots[place] > spots[place + 1])
    return f"{bits:016x}"


def _kind_of(content: bytes) -> str:
    if content[4:8] == b"ftyp":
        length = min(int.from_bytes(content[:4], "big"), MOST_BRANDS)
        brands = {content[place : place + 4] for place in range(8, length, 4)}
        if brands & HEIC_BRANDS and not brands & AVIF_BRANDS:
            return _heif()
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "WEBP"
    for head, kind in HEADS.items():
        if content.startswith(head):
            return kind
    msg = "A photo is a JPEG, PNG, WebP or HEIC; this file is none of them."
    raise NoPhotoError(msg)


def _heif() -> str:
    try:
        import pillow_heif  # noqa: PLC0415 -- most phones send none, and a server may lack it
    except ImportError:
        msg = (
            "HEIC is not read here; set the phone's camera to the most compatible format (JPEG), "
            "and take the photo again."
        )
        raise NoPhotoError(msg) from None
    # a thumbnail may show something else than the photo
    pillow_heif.register_heif_opener(
        thumbnails=False, depth_images=False, aux_images=False, decode_threads=1
    )
    return "HEIF"


def _canvas(content: bytes) -> tuple[int, int]:
    """Return a WebP's size: Pillow makes room for one as it opens it, before it tells its size."""
    place = content[20:30]
    if content[12:16] == b"VP8X":
        low, high = place[4:7], place[7:10]
        return int.from_bytes(low, "little") + 1, int.from_bytes(high, "little") + 1
    if content[12:16] == b"VP8L":
        bits = int.from_bytes(place[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if content[12:16] == b"VP8 ":
        low, high = place[6:8], place[8:10]
        return int.from_bytes(low, "little") & 0x3FFF, int.from_bytes(high, "little") & 0x3FFF
    return 0, 0


def _gate(size: tuple[int, int]) -> None:
    if size[0] * size[1] > PIXELS:
        raise _too_large()


def _too_large() -> LimitError:
    msg = "A photo may have {megapixels} million pixels."
    return LimitError(msg, megapixels=PIXELS // 1_000_000)


def _written(content: bytes, kind: str) -> tuple[bytes, bytes, dict[str, object]]:
    with Image.open(io.BytesIO(content), formats=(kind,)) as image:
        _gate(image.size)
        if kind == "JPEG":  # a photo twice as large as is kept is decoded at half its size
            image.draft(image.mode, (SIDE, SIDE))
        image.load()
        turn = TURNS.get(exif.orientation(image))
        where, when = exif.position(image), exif.taken(image)
        plain = _plain(image)
    upright = plain if turn is None else plain.transpose(turn)
    facts: dict[str, object] = {
        "width": upright.width,
        "height": upright.height,
        "position": where,
        "taken": when,
        "look": look_of(upright),
    }
    return jpeg(upright), jpeg(shrunk(upright, THUMB_SIDE)), facts


def _plain(image: Image.Image) -> Image.Image:
    """Return a photo as it is kept, in size and in colours; not yet turned."""
    if image.mode in DEEP:
        image = image.point(lambda value: value / 256).convert("L")
    if image.mode not in AVERAGED or "transparency" in image.info:
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    image = shrunk(image, SIDE)
    if not image.has_transparency_data:
        return image.convert("RGB")
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image.convert("RGBA")).convert("RGB")
