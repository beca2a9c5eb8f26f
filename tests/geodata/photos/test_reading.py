"""What a phone sends becomes an upright JPEG, and a few claims beside it."""

import struct
import zlib
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from geodata.photos.decoding import decoded, look_of
from geodata.photos.reading import is_odd, read_photo
from tests.geodata.photos.pictures import (
    BLUE,
    GREEN,
    GREY,
    RED,
    encoded,
    exif,
    kept,
    near,
    opened,
    painted,
    place,
    png,
    quarters,
)

CITY = ZoneInfo("Asia/Shanghai")
HELD = {  # how the sensor saw an upright picture
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def facts_of(**claims: Any) -> dict[str, object]:
    return decoded(encoded(quarters(), exif=exif(**claims)))[2]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_each_kind_that_phones_send_becomes_a_jpeg_of_pixels_only(kind: str) -> None:
    sent = encoded(quarters(), kind, exif=exif(gps=place(), taken="2026:11-21 09:30:00"))
    photo = read_photo(sent)
    assert kept(photo.full)
    assert kept(photo.thumb)
    assert (photo.width, photo.height) == opened(photo.full).size == (96, 64)
    assert photo.size == len(photo.full)
    assert photo.sent == sha256(sent).hexdigest()
    assert photo.position == pytest.approx((104.62, 35.56))
    shown = opened(photo.full)
    for spot, colour in (((10, 8), RED), ((80, 8), GREEN), ((10, 56), BLUE), ((80, 56), GREY)):
        assert near(shown.getpixel(spot), colour)


def test_a_file_is_read_as_its_bytes_are_whatever_its_name_says(tmp_path: Path) -> None:
    sent = encoded(quarters(), "PNG")
    path = tmp_path / "photo.php.jpg"
    path.write_bytes(sent)
    assert read_photo(path) == read_photo(sent)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_upright_however_the_phone_was_held(orientation: int) -> None:
    upright = quarters()
    turn = HELD.get(orientation)
    seen = upright if turn is None else upright.transpose(turn)
    full, thumb, facts = decoded(encoded(seen, quality=95, exif=exif(orientation=orientation)))
    assert (facts["width"], facts["height"]) == upright.size
    for shown in (opened(full), opened(thumb)):
        for spot, colour in (((10, 8), RED), ((80, 8), GREEN), ((10, 56), BLUE), ((80, 56), GREY)):
            assert near(shown.getpixel(spot), colour)


def test_a_turned_heic_is_not_turned_twice() -> None:
    seen = quarters().transpose(HELD[6])
    seen.info["exif"] = exif(orientation=6).tobytes()  # the turn is written in both places
    sent = encoded(seen, "HEIF")
    assert b"irot" in sent
    shown = opened(decoded(sent)[0])
    assert shown.size == (96, 64)
    assert near(shown.getpixel((10, 8)), RED)


def test_large_photos_shrink_to_2048_and_320_and_small_ones_do_not_grow() -> None:
    full, thumb, _ = decoded(encoded(quarters(5000, 2500)))
    assert opened(full).size == (2048, 1024)
    assert opened(thumb).size == (320, 160)
    full, thumb, _ = decoded(encoded(quarters(96, 64)))
    assert opened(full).size == opened(thumb).size == (96, 64)
    line, _, _ = decoded(encoded(quarters(9000, 2), "PNG"))
    assert opened(line).size == (2048, 1)


def test_what_hides_in_a_photo_beside_its_pixels_is_dropped() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">http://ns.adobe.com SecretMaker</x:xmpmeta>'
    sent = encoded(
        quarters(),
        exif=exif(gps=place()),
        icc_profile=profile,
        xmp=xmp,
        comment=b"Secret comment",
    )
    assert b"ICC_PROFILE" in sent
    assert b"Secret comment" in sent
    full, thumb, _ = decoded(sent)
    assert kept(full)
    assert kept(thumb)
    assert b"\xff\xfe" not in full[:600]  # no comment


@pytest.mark.parametrize(
    ("image", "kind", "options", "expected"),
    [
        (Image.new("CMYK", (32, 32), (0, 255, 255, 0)), "JPEG", {}, (255, 0, 0)),
        (Image.new("L", (32, 32), 90), "JPEG", {}, (90, 90, 90)),
        (Image.new("RGB", (32, 32), GREEN), "JPEG", {"progressive": True}, GREEN),
        (Image.new("1", (32, 32), 1), "PNG", {}, (255, 255, 255)),
        (Image.new("I;16", (32, 32), 0x4000), "PNG", {}, (64, 64, 64)),
        (Image.new("LA", (32, 32), (0, 0)), "PNG", {}, (255, 255, 255)),
        (Image.new("RGBA", (32, 32), (255, 0, 0, 0)), "PNG", {}, (255, 255, 255)),
        (Image.new("RGBA", (32, 32), (0, 0, 0, 51)), "WEBP", {"lossless": True}, (204, 204, 204)),
        (painted(RED, BLUE), "PNG", {}, RED),
        (painted(RED, BLUE), "PNG", {"transparency": 0}, (255, 255, 255)),
        (painted(RED, BLUE), "PNG", {"transparency": 1}, RED),
        (Image.new("RGB", (32, 32), RED), "PNG", {"transparency": RED}, (255, 255, 255)),
        (Image.new("RGBA", (64, 64), (0, 0, 0, 0)), "HEIF", {}, (255, 255, 255)),
    ],
)
def test_every_mode_of_colour_becomes_rgb_on_white(
    image: Image.Image, kind: str, options: dict[str, Any], expected: tuple[int, int, int]
) -> None:
    full, _, _ = decoded(encoded(image, kind, **options))
    assert kept(full)
    assert near(opened(full).getpixel((16, 16)), expected)


@pytest.mark.parametrize("colour", [2, 6])
def test_sixteen_bits_a_colour_are_read(colour: int) -> None:
    values = (0x4000, 0x8000, 0xC000, 0xFFFF)[: 3 if colour == 2 else 4]
    row = b"\0" + struct.pack(f">{len(values)}H", *values) * 8
    full, _, _ = decoded(png(8, 8, zlib.compress(row * 8), depth=16, colour=colour))
    assert near(opened(full).getpixel((4, 4)), (64, 128, 192))


def test_of_an_animation_the_first_frame_is_kept() -> None:
    frames = [Image.new("RGB", (32, 32), colour) for colour in (RED, BLUE, GREEN)]
    for kind in ("WEBP", "PNG", "MPO"):
        sent = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
        assert opened(sent).n_frames == 3  # type: ignore[attr-defined]
        assert near(opened(decoded(sent)[0]).getpixel((16, 16)), RED)


def test_the_same_bytes_make_the_same_photo() -> None:
    sent = encoded(quarters(300, 200), quality=70)
    assert decoded(sent) == decoded(sent)


@pytest.mark.parametrize(
    ("changed", "position"),
    [
        ({}, (104.62, 35.56)),
        ({"GPSLatitudeRef": "S", "GPSLongitudeRef": "W"}, (-104.62, -35.56)),
        ({"GPSLongitudeRef": ""}, None),
        ({"GPSLatitudeRef": "E"}, None),
        ({"GPSLatitude": (91.0, 0.0, 0.0)}, None),
        ({"GPSLatitude": (35.0, 61.0, 0.0)}, None),
        ({"GPSLongitude": (104.0, 0.0)}, None),
        ({"GPSLongitude": (180.0, 0.0, 1.0)}, None),
        ({"GPSStatus": "V"}, None),
        ({"GPSStatus": "A"}, (104.62, 35.56)),
        ({"GPSLatitude": (0.0, 0.0, 0.0), "GPSLongitude": (0.0, 0.0, 0.0)}, None),
    ],
)
def test_a_position_is_taken_only_if_it_is_one(
    changed: dict[str, object], position: tuple[float, float] | None
) -> None:
    found = facts_of(gps=place(**changed))["position"]
    assert found == (None if position is None else pytest.approx(position))


def test_a_position_of_zero_over_zero_is_none() -> None:
    sent = encoded(quarters(), exif=exif(gps=place(GPSLatitude=(35.0, 33.0, 7.0))))
    broken = sent.replace(struct.pack(">II", 7, 1), struct.pack(">II", 0, 0))
    broken = broken.replace(struct.pack("<II", 7, 1), struct.pack("<II", 0, 0))
    assert broken != sent
    assert decoded(broken)[2]["position"] is None


@pytest.mark.parametrize(
    ("taken", "offset", "claim"),
    [
        ("2026:11:21 09:30:00", "", "2026-11-21T09:30:00"),
        ("2026:11:21 09:30:00", "+08:00", "2026-11-21T09:30:00+08:00"),
        ("2026:11:21 09:30:00", "east", "2026-11-21T09:30:00"),
        ("2099:01:01 00:00:00", "", "2099-01-01T00:00:00"),
        ("0000:00:00 00:00:00", "", ""),
        ("2026:02:30 09:30:00", "", ""),
        ("2026:11:21 25:30:00", "", ""),
        ("yesterday", "", ""),
    ],
)
def test_a_time_is_kept_as_it_is_claimed_if_the_calendar_has_it(
    taken: str, offset: str, claim: str
) -> None:
    assert facts_of(taken=taken, offset=offset)["taken"] == claim


def test_a_claimed_time_is_the_citys_unless_it_says_otherwise() -> None:
    naive = read_photo(encoded(quarters(), exif=exif(taken="2026:11:21 09:30:00")))
    assert naive.taken_at(CITY) == datetime(2026, 11, 21, 1, 30, tzinfo=UTC)
    told = encoded(quarters(), exif=exif(taken="2026:11:21 09:30:00", offset="+00:00"))
    assert read_photo(told).taken_at(CITY) == datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
    assert read_photo(encoded(quarters())).taken_at(CITY) is None


def test_a_time_in_the_future_or_more_than_a_day_ago_is_odd() -> None:
    sent_at = datetime(2026, 11, 22, 12, tzinfo=CITY)
    assert not is_odd(sent_at, sent_at)
    assert not is_odd(sent_at - timedelta(hours=24), sent_at)
    assert is_odd(sent_at - timedelta(hours=24, seconds=1), sent_at)
    assert is_odd(sent_at + timedelta(seconds=1), sent_at)
    assert is_odd(datetime(2099, 1, 1, tzinfo=CITY), sent_at)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_broken_exif_costs_the_claims_and_not_the_photo(noise: bytes) -> None:
    full, _, facts = decoded(encoded(quarters(), exif=b"Exif\0\0" + noise))
    assert kept(full)
    assert sorted((facts["width"], facts["height"])) == [64, 96]  # type: ignore[type-var]


def test_the_look_is_one_where_a_spot_is_brighter_than_its_right_neighbour() -> None:
    falling = Image.new("L", (9, 8))
    falling.putdata([200 - 20 * column for _ in range(8) for column in range(9)])
    assert look_of(falling) == "f" * 16
    assert look_of(falling.transpose(Image.Transpose.FLIP_LEFT_RIGHT)) == "0" * 16
    step = Image.new("L", (9, 8))  # only the first spot is bright: the first bit of each row
    step.paste(255, (0, 0, 1, 8))
    assert look_of(step) == "80" * 8


def test_a_photo_that_was_only_made_smaller_and_greyer_looks_the_same() -> None:
    picture = Image.linear_gradient("L").resize((640, 480)).rotate(30).convert("RGB")
    picture.paste(RED, (200, 100, 420, 300))
    smaller = picture.resize((320, 240)).point(lambda value: value * 3 // 4)
    one, other = (decoded(encoded(image))[2]["look"] for image in (picture, smaller))
    assert (int(str(one), 16) ^ int(str(other), 16)).bit_count() <= 4
