"""Numbers with honest units, in both languages."""

from datetime import UTC, date, datetime

import pandas as pd
import pytest

from web.words import WORDS, Words

ZH, EN = Words("zh_CN"), Words("en")


@pytest.mark.parametrize(
    ("m2", "chinese", "english"),
    [
        (0, "0 平方米", "0 m²"),
        (9999.4, "9,999 平方米", "9,999 m²"),
        (9999.9, "1.00 公顷", "1.00 ha"),
        (10_000, "1.00 公顷", "1.00 ha"),
        (999_999, "1.00 平方公里", "1.00 km²"),
        (123_456, "12.35 公顷", "12.35 ha"),
        (177_456_000, "177.46 平方公里", "177.46 km²"),
        (float("nan"), "—", "—"),
    ],
)
def test_an_area_has_the_unit_in_which_it_reads_best(m2: float, chinese: str, english: str) -> None:
    assert ZH.area(m2) == chinese
    assert EN.area(m2) == english


@pytest.mark.parametrize(
    ("share", "shown"),
    [(0, "0%"), (0.375, "37.50%"), (0.99996, "99.99%"), (1, "100%"), (float("nan"), "—")],
)
def test_only_a_whole_is_a_hundred_per_cent(share: float, shown: str) -> None:
    assert ZH.share(share) == shown


def test_a_moment_is_told_on_the_citys_clock() -> None:
    at = datetime(2026, 2, 28, 17, 30, tzinfo=UTC)
    assert ZH.moment(at) == "2026-03-01 01:30"


def test_what_is_absent_is_a_dash_in_every_form() -> None:
    for nothing in (None, pd.NA, pd.NaT, float("nan")):
        told = {ZH.number(nothing), ZH.area(nothing), ZH.metres(nothing), ZH.share(nothing)}
        assert told | {ZH.day(nothing), ZH.word("tier", nothing)} == {"—"}


def test_a_day_is_written_as_offices_write_it() -> None:
    assert ZH.day(date(2026, 3, 1)) == "2026年3月1日"
    assert EN.day(date(2026, 3, 1)) == "March 1, 2026"


def test_a_code_without_a_word_is_shown_as_it_is() -> None:
    assert ZH.word("channel", "12345热线") == "12345热线"


def test_every_code_of_the_domain_has_a_word() -> None:
    from gridmap import layers  # noqa: PLC0415

    assert set(layers.TIERS) <= set(WORDS["tier"])
    assert set(layers.TARGET_KINDS) <= set(WORDS["rule"])
    assert set(layers.LEVELS) <= set(WORDS["level"])
    assert set(layers.LAYERS) <= set(WORDS["layer"])
    assert set(layers.SIDES) <= set(WORDS["side"])


def test_letters_of_reasons_differ_in_each_language() -> None:
    for words in (ZH, EN):
        letters = [words.word("letter", reason) for reason in WORDS["reason"]]
        assert len(set(letters)) == len(letters)
