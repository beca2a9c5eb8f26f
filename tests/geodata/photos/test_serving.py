"""A browser is told that a photo is a picture, for this reader, now."""

import pytest

from geodata.photos.serving import CONTENT_TYPE, headers


def test_a_photo_runs_nothing_and_stays_nowhere() -> None:
    told = headers("f-12")
    assert CONTENT_TYPE == "image/jpeg"
    assert told["X-Content-Type-Options"] == "nosniff"
    assert told["Cache-Control"] == "private, no-store"
    assert "sandbox" in told["Content-Security-Policy"]


@pytest.mark.parametrize("photo_id", ["../../x", 'a"; b', "a\r\nSet-Cookie: x", "照片", "a" * 500])
def test_no_name_breaks_out_of_its_header(photo_id: str) -> None:
    told = headers(photo_id)["Content-Disposition"]
    assert told.startswith('inline; filename="photo-')
    assert told.endswith('.jpg"')
    assert told.count('"') == 2
    assert told.isascii()
    assert told.isprintable()
    assert len(told) < 130
