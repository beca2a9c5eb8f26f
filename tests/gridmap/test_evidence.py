"""Evidence: words and files in one text, and what a report leaves of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap import evidence
from gridmap.errors import InvalidError
from gridmap.evidence import MOST_FILES, Evidence

A, B = "a" * 64, "b" * 64
KEYS = st.lists(st.text("0123456789abcdef", min_size=64, max_size=64), unique=True, max_size=5)
WORDS = st.text(st.characters(exclude_characters="#", categories=["L", "N", "P"]), max_size=20)


@given(WORDS, KEYS)
def test_what_is_kept_is_read_as_it_was(words: str, files: list[str]) -> None:
    made = Evidence(words, tuple(files))
    assert evidence.read(made.text) == made


def test_nothing_is_kept_of_nothing() -> None:
    assert Evidence().text is None
    assert evidence.read(None) == evidence.read(float("nan")) == Evidence()


@pytest.mark.parametrize("text", ["第#3处", "#abc", f"{A} 处", f"见#{A} 和后面的话", f"#{A}0"])
def test_a_sign_within_the_words_is_no_file(text: str) -> None:
    assert evidence.read(text) == Evidence(text)


def test_a_report_leaves_the_words_and_files_that_it_does_not_tell() -> None:
    before = Evidence("照片二十张", (A,)).text
    assert evidence.told(before, "", (A, B, B)) == Evidence("照片二十张", (A, B))
    assert evidence.told(before, "补三张", None) == Evidence("补三张", (A,))
    assert evidence.told(before, "", ()) == Evidence("照片二十张")


def test_whoever_types_a_hash_names_no_file_by_it() -> None:
    assert evidence.told(None, f"见附件 #{B}", None) == Evidence("见附件")


def test_too_many_files_are_refused() -> None:
    files = [f"{n:064x}" for n in range(MOST_FILES + 1)]
    assert len(evidence.told(None, "", files[1:]).files) == MOST_FILES
    with pytest.raises(InvalidError, match="at most 20"):
        evidence.told(None, "", files)
