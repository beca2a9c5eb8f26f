"""Words, lines and views of paper."""

from __future__ import annotations

import string
from collections.abc import Iterator
from datetime import date

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from shapely import Point

from geodata.paper.fonts import NOT_FIRST, SANS, Face
from geodata.paper.page import Sheet
from geodata.paper.view import Box, View
from geodata.paper.wording import LABELS, Wording
from tests.geodata.paper.printing import ZH
from web.words import words as page_words


def test_both_languages_have_the_same_labels_with_the_same_gaps() -> None:
    def gaps(label: str) -> set[str | None]:
        return {name for _, name, _, _ in string.Formatter().parse(label) if name is not None}

    chinese, english = LABELS["zh_CN"], LABELS["en"]
    assert list(chinese) == list(english)
    assert {key: gaps(said) for key, said in chinese.items()} == {
        key: gaps(said) for key, said in english.items()
    }


@given(st.floats(0, 1e10) | st.none(), st.sampled_from(list(LABELS)))
@example(9999.6, "en")
@example(999.7, "zh_CN")
@example(0.99999, "en")
def test_figures_are_worded_as_on_the_pages(value: float | None, language: str) -> None:
    paper, page = Wording(language), page_words(language)
    assert paper.area(value) == page.area(value)
    assert paper.metres(value) == page.metres(value)
    assert paper.number(value) == page.number(value)
    share = None if value is None else value / 1e10
    assert paper.share(share) == page.share(share)
    for table in ("reason", "tier", "side", "level"):
        for code in LABELS["en"]:
            if code.startswith(f"{table} "):
                word = code.removeprefix(f"{table} ")
                assert paper.word(table, word) == page.word(table, word)


@pytest.fixture(scope="module")
def face() -> Iterator[Face]:
    with Sheet(ZH, "", "", date(2026, 6, 1)) as sheet:
        yield sheet.faces[SANS]


@given(
    st.text(st.sampled_from("林业局第三网格ab c-1，。（）"), max_size=60),
    st.floats(4.0, 30.0),
)
@example("市林业局（代管），", 4.0)
def test_lines_hold_the_whole_text_and_no_more_than_their_width(
    face: Face, text: str, width: float
) -> None:
    lines = face.lines(text, width)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(face.em(line) <= width + 1e-9 for line in lines)


def test_no_line_begins_with_a_closing_mark(face: Face) -> None:
    text = "市林业局、市教育局、市供电公司（含营业厅）、市公安局。" * 3
    for width in np.arange(4.0, 20.0, 0.5):
        lines = face.lines(text, float(width))
        assert all(line[0] not in NOT_FIRST and line[-1] != "（" for line in lines)


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(0, 1e5), st.floats(0, 1e5))
def test_a_view_shows_the_whole_of_what_it_is_of(
    x: float, y: float, across: float, up: float
) -> None:
    shapes = np.array([Point(x, y), Point(x + across, y + up)])
    view = View.of(shapes, Box(15, 80, 180, 110))
    for shape in shapes:
        left, top = view.spot(shape.x, shape.y)
        assert 15 <= left <= 195
        assert 80 <= top <= 190
    digits = f"{view.scale:.0f}".rstrip("0")
    assert len(digits) <= 2  # a round number
    assert view.scale >= 500


def test_north_is_up_and_a_metre_is_a_metre_at_scale() -> None:
    view = View(Box(0, 0, 100, 100), 0.0, 0.0, 1000.0)
    assert view.spot(0.0, 0.0) == (50.0, 50.0)
    assert view.spot(10.0, 20.0) == pytest.approx((60.0, 30.0))
