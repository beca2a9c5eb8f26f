"""A photo that was made to do harm is refused, or is only a picture afterwards."""

import io
import resource
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from geodata import sandbox
from geodata.errors import LimitError, UnreadableError, UnsupportedFormatError
from geodata.limits import MEGABYTE
from geodata.photos import decoding
from geodata.photos.decoding import decoded
from geodata.photos.reading import LIMITS, read_photo
from gridmap.errors import InvalidError
from tests.geodata.photos.pictures import (
    PNG_HEAD,
    SCRIPT,
    chunk,
    encoded,
    kept,
    png,
    quarters,
    with_chunk,
    zeros,
)

KINDS = ("JPEG", "PNG", "WEBP", "HEIF")
SOUND = {kind: encoded(quarters(), kind) for kind in KINDS}


def resident() -> int:
    """Return the memory this process holds now, in bytes."""
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * resource.getpagesize()


def grey(width: int, height: int) -> bytes:
    return png(width, height, zeros(height * (width + 1)))


def zipped(content: bytes) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("index.html", content)
    return written.getvalue()


def test_of_a_photo_that_is_a_page_and_an_archive_too_only_the_photo_is_left() -> None:
    comment = encoded(quarters(), comment=b"*/" + SCRIPT)
    polyglot = comment + b"<html>" + SCRIPT + b"</html>" + zipped(SCRIPT)
    assert zipfile.is_zipfile(io.BytesIO(polyglot))
    photo = read_photo(polyglot)
    for written in (photo.full, photo.thumb):
        assert kept(written)
        assert b"<script" not in written
        assert b"PK\x03\x04" not in written
        assert not zipfile.is_zipfile(io.BytesIO(written))


@pytest.mark.parametrize(
    "content",
    [
        b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b"<!doctype html>" + SCRIPT,
        b"<?php system($_GET['c']);",
        b"%PDF-1.7\n" + SCRIPT,
        b"GIF89a" + bytes(40),
        encoded(quarters(), "GIF"),
        encoded(quarters(), "GIF", save_all=True, append_images=[quarters()]),
        encoded(quarters(), "TIFF"),
        encoded(quarters(), "BMP"),
        b"\0\0\0\x20ftypavif\0\0\0\0mif1avifheic" + bytes(40),
        b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(40),
        b"RIFF\x10\0\0\0WAVEfmt " + bytes(40),
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        b"\x89PNG",
        b"\0",
    ],
)
@pytest.mark.parametrize("name", ["photo.jpg", "photo.png"])
def test_what_is_no_photo_is_told_so_whatever_it_is_called(
    content: bytes, name: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnsupportedFormatError, match="JPEG, PNG, WebP or HEIC"):
        decoding.parse(tmp_path / name, {}, LIMITS)


def test_the_child_says_what_it_refused() -> None:
    with pytest.raises(UnsupportedFormatError, match="none of them"):
        read_photo(b"<svg onload='alert(1)'/>")


def test_without_its_library_heic_is_refused_with_a_way_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(UnsupportedFormatError, match="most compatible"):
        decoded(SOUND["HEIF"])


def test_a_huge_png_is_refused_from_its_header_in_the_child_and_costs_the_parent_nothing() -> None:
    bomb = grey(12_000, 12_000)
    before = resident()
    with pytest.raises(LimitError, match="50 million pixels"):
        read_photo(bomb)
    with pytest.raises(LimitError, match="50 million pixels"):
        decoded(bomb)
    assert resident() - before <= 20 * MEGABYTE


def test_a_huge_webp_is_refused_before_room_is_made_for_it() -> None:
    extended = b"RIFF\xff\0\0\0WEBPVP8X\x0a\0\0\0\x10\0\0\0" + b"\xff\x3f\0" * 2 + bytes(40)
    lossless = b"RIFF\xff\0\0\0WEBPVP8L\x20\0\0\0\x2f\xff\xff\xff\x0f" + bytes(40)
    lossy = b"RIFF\xff\0\0\0WEBPVP8 \x20\0\0\0\x10\0\0\x9d\x01\x2a\xff\x3f\xff\x3f" + bytes(40)
    for bomb in (extended, lossless, lossy):
        with pytest.raises(LimitError):
            decoded(bomb)
    for options in ({}, {"lossless": True}, {"exif": b"Exif\0\0"}):
        assert decoding._canvas(encoded(quarters(90, 70), "WEBP", **options)) == (90, 70)


def test_fifty_million_pixels_are_the_most() -> None:
    assert decoded(grey(50_000, 1_000))[2]["width"] == 2048
    with pytest.raises(LimitError):
        decoded(grey(50_000, 1_001))


@pytest.mark.parametrize(
    ("name", "before"),
    [(b"zTXt", b"Comment\0\0"), (b"iTXt", b"Comment\0\1\0\0\0"), (b"iCCP", b"ICC\0\0")],
)
def test_a_text_or_a_profile_that_unpacks_to_300_mb_is_not_unpacked(
    name: bytes, before: bytes
) -> None:
    bomb = with_chunk(SOUND["PNG"], name, before + zeros(300 * MEGABYTE))
    # a child that unpacked it would be out of memory, and say so
    with pytest.raises(UnreadableError):
        read_photo(bomb, replace(LIMITS, memory=512 * MEGABYTE))


def test_many_small_texts_that_unpack_to_more_than_4_mb_are_refused() -> None:
    text = b"Comment\0\0" + zeros(900_000)
    few = with_chunk(SOUND["PNG"], b"zTXt", text)
    assert kept(decoded(few)[0])
    many = few
    for _ in range(5):
        many = with_chunk(many, b"zTXt", text)
    with pytest.raises(UnreadableError):
        decoded(many)


def test_a_photo_that_takes_too_much_memory_or_time_is_refused_and_the_next_is_read() -> None:
    coloured = png(7_000, 7_000, zeros(7_000 * 21_001), colour=2)
    with pytest.raises(InvalidError):
        read_photo(coloured, replace(LIMITS, memory=300 * MEGABYTE))
    with pytest.raises(LimitError):
        read_photo(coloured, replace(LIMITS, wait_seconds=0))
    assert read_photo(coloured).width == 2048


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.03, 0.5, 0.9])
def test_a_photo_that_was_cut_short_is_broken(kind: str, share: float) -> None:
    whole = encoded(quarters(400, 300), kind)
    with pytest.raises(InvalidError):
        decoded(whole[: int(len(whole) * share)])


def test_half_a_jpeg_is_not_half_a_photo() -> None:
    sent = SOUND["JPEG"]
    with pytest.raises(UnreadableError, match="send it again"):
        read_photo(sent[: len(sent) // 2])


@pytest.mark.parametrize(
    "content",
    [
        PNG_HEAD + chunk(b"IEND", b""),
        grey(0, 10),
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8\xff\xe1\xff\xff" + bytes(50),
        SOUND["PNG"].replace(b"IDAT", b"IDAX"),
    ],
)
def test_a_head_without_a_picture_is_broken(content: bytes) -> None:
    with pytest.raises(UnreadableError):
        decoded(content)


def test_nothing_is_an_empty_file() -> None:
    with pytest.raises(UnreadableError, match="empty"):
        read_photo(b"")


def test_more_than_12_mb_are_refused_before_anything_looks_at_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sandbox, "run", None)
    with pytest.raises(LimitError, match="12 MB"):
        read_photo(bytes(12 * MEGABYTE + 1))
    path = tmp_path / "photo"
    path.write_bytes(bytes(12 * MEGABYTE + 1))
    with pytest.raises(LimitError, match="12 MB"):
        read_photo(path)


def test_if_it_cannot_be_encoded_anew_there_is_no_photo(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_image: Image.Image) -> bytes:
        raise OSError

    monkeypatch.setattr(decoding, "jpeg", fail)
    with pytest.raises(UnreadableError):
        decoded(SOUND["JPEG"])


@pytest.mark.parametrize(
    "changed",
    [
        {"full": SCRIPT},
        {"thumb": SOUND["PNG"]},
        {"full": b"\xff\xd8\xff" + bytes(5 * MEGABYTE) + b"\xff\xd9"},
        {"facts": "no JSON"},
        {"facts": "{}"},
        {"facts": '{"width": 1, "height": 1, "position": null, "taken": "", "look": "<b>"}'},
        {"facts": '{"width": 1, "height": 1, "position": [1], "taken": "", "look": "%s"}'},
        {"facts": '{"width": 1, "height": 1, "position": null, "taken": "<b>", "look": "%s"}'},
        {"facts": '{"width": 1, "height": 1, "position": [1, NaN], "taken": "", "look": "%s"}'},
        {"facts": '{"width": 1, "height": 1, "position": [1, 91], "taken": "", "look": "%s"}'},
        {"facts": '{"width": 9999, "height": 1, "position": null, "taken": "", "look": "%s"}'},
        {"facts": '{"width": [], "height": 1, "position": null, "taken": "", "look": "%s"}'},
    ],
)
def test_a_child_that_was_taken_over_cannot_hand_back_anything_else(
    changed: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = '{"width": 1, "height": 1, "position": [1, 2], "taken": "", "look": "%s"}'
    said: dict[str, Any] = {"full": SOUND["JPEG"], "thumb": SOUND["JPEG"], "facts": facts}

    def answer(*_given: object, **_more: object) -> sandbox.Answer:
        row = {**said, "facts": said["facts"].replace("%s", "0" * 16)}
        return sandbox.Answer({}, pa.table({name: [value] for name, value in row.items()}))

    monkeypatch.setattr(sandbox, "run", answer)
    assert read_photo(SOUND["JPEG"]).position == (1.0, 2.0)
    said |= changed
    with pytest.raises(UnreadableError):
        read_photo(SOUND["JPEG"])


def photo_or_error(content: bytes) -> None:
    try:
        full, thumb, _ = decoded(content)
    except InvalidError:
        return
    assert kept(full)
    assert kept(thumb)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([b"", *decoding.HEADS, PNG_HEAD, b"RIFF\xff\0\0\0WEBP"]), st.binary())
def test_any_bytes_are_a_photo_or_a_typed_error(head: bytes, rest: bytes) -> None:
    photo_or_error(head + rest)


@settings(max_examples=250, deadline=None)
@given(
    st.sampled_from(KINDS),
    st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=4)), min_size=1, max_size=5),
)
def test_a_photo_with_bytes_changed_is_a_photo_or_a_typed_error(
    kind: str, changes: list[tuple[float, bytes]]
) -> None:
    content = bytearray(SOUND[kind])
    for share, noise in changes:
        place = int(share * (len(content) - len(noise)))
        content[place : place + len(noise)] = noise
    photo_or_error(bytes(content))


@settings(max_examples=8, deadline=None)
@given(st.sampled_from(KINDS), st.floats(0, 1), st.binary(min_size=1, max_size=40))
def test_so_it_is_through_the_child(kind: str, share: float, noise: bytes) -> None:
    place = int(share * len(SOUND[kind]))
    try:
        photo = read_photo(SOUND[kind][:place] + noise + SOUND[kind][place:])
    except InvalidError:
        return
    assert kept(photo.full)
