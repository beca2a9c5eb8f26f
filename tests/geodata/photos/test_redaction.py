"""What was blurred is gone, and the rest of the photo is as it was."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from geodata.photos.encoding import jpeg, thumbnail
from geodata.photos.redaction import Box, redact
from gridmap.errors import InvalidError
from tests.geodata.photos.pictures import kept, opened

BOX = (0.25, 0.25, 0.75, 0.5)  # of 640 × 480: 160 to 480, 120 to 240, and that out to 112 to 240
SHOWN = (160, 112, 480, 240)


def scene(seed: int = 1) -> Image.Image:
    colours = np.random.default_rng(seed).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    return Image.fromarray(colours).resize((640, 480), Image.Resampling.BICUBIC)


def plate(text: str) -> Image.Image:
    image = scene()
    ImageDraw.Draw(image).rectangle((160, 120, 479, 239), "blue")
    ImageDraw.Draw(image).text((180, 130), text, "white", font_size=48)
    return image


def inside(content: bytes | Image.Image) -> np.ndarray:
    image = opened(content) if isinstance(content, bytes) else content
    return np.asarray(image.crop(SHOWN)).astype(int)


def left_over(content: bytes) -> float:
    """Return what of a box eight colours, four across and two down, do not explain."""
    part = opened(content).crop(SHOWN)
    eight = part.resize((4, 2), Image.Resampling.BOX).resize(part.size, Image.Resampling.BICUBIC)
    return float((np.asarray(part).astype(int) - np.asarray(eight)).std())


def test_in_the_box_eight_colours_are_left_and_outside_nothing_changed() -> None:
    noise = np.random.default_rng(3).integers(0, 256, (480, 640, 3), dtype=np.uint8)
    busy = Image.blend(scene(), Image.fromarray(noise), 0.5)
    assert left_over(jpeg(busy)) > 30
    assert left_over(redact(jpeg(busy), [BOX])) < 5
    before = jpeg(scene())
    after = redact(before, [BOX])
    assert kept(after)
    change = np.abs(np.asarray(opened(after)).astype(int) - np.asarray(opened(before)).astype(int))
    change[111:241, 159:481] = 0  # JPEG blends colours over one pixel
    assert change.max() <= 6
    assert change.mean() < 1


def test_no_edge_in_the_box_survives() -> None:
    checks = np.indices((480, 640)).sum(axis=0) // 4 % 2 * 255
    before = jpeg(Image.fromarray(checks.astype(np.uint8)).convert("RGB"))
    assert inside(before).std() > 100
    assert inside(redact(before, [BOX])).std() < 2


def test_photos_with_the_same_averages_in_the_box_become_the_same_photo() -> None:
    """Whatever anybody does with the blurred one, it cannot tell which of them it was."""
    block = np.random.default_rng(7).integers(0, 256, (64, 80), dtype=np.uint8)
    one, other = scene(), scene()
    for left in range(160, 480, 80):
        for top in (112, 176):
            one.paste(Image.fromarray(block), (left, top))
            other.paste(Image.fromarray(block[::-1, ::-1]), (left, top))
    assert np.abs(inside(one) - inside(other)).max() > 200
    first, second = (inside(redact(jpeg(image), [BOX])) for image in (one, other))
    assert np.abs(first - second).max() <= 2


def test_two_plates_cannot_be_told_apart_by_more_than_their_brightness() -> None:
    one, other = (inside(redact(jpeg(plate(text)), [BOX])) for text in ("J·A1B2C3", "J·B8D6E9"))
    assert np.abs(one - other).max() < 40  # white on blue differed by 255
    assert (inside(plate("J·A1B2C3")) - inside(plate("J·B8D6E9"))).max() == 255


def test_blurring_goes_out_to_whole_blocks_of_jpeg_and_not_over_the_edge() -> None:
    content = jpeg(scene())
    assert redact(content, [(0.26, 0.26, 0.74, 0.49)]) == redact(content, [BOX])
    assert opened(redact(content, [(0, 0, 1, 1)])).size == (640, 480)
    assert opened(redact(content, [(0.999, 0.999, 1, 1)])).size == (640, 480)


def test_a_thumbnail_of_the_blurred_photo_shows_the_blur() -> None:
    checks = np.indices((480, 640)).sum(axis=0) // 40 % 2 * 255
    blurred = redact(jpeg(Image.fromarray(checks.astype(np.uint8)).convert("RGB")), [(0, 0, 1, 1)])
    small = thumbnail(blurred)
    assert kept(small)
    assert opened(small).size == (320, 240)
    assert np.asarray(opened(small)).std() < 30


def test_a_photo_without_boxes_is_the_same_photo() -> None:
    content = jpeg(scene())
    assert redact(content, []) == content


@pytest.mark.parametrize(
    "boxes",
    [
        [(0.5, 0.1, 0.4, 0.2)],
        [(0.1, 0.1, 0.1, 0.2)],
        [(-0.1, 0.1, 0.4, 0.2)],
        [(0.1, 0.1, 1.1, 0.2)],
        [(float("nan"), 0.1, 0.4, 0.2)],
        [BOX] * 101,
    ],
)
def test_a_box_that_is_none_is_refused(boxes: list[Box]) -> None:
    with pytest.raises(InvalidError):
        redact(jpeg(scene()), boxes)
