"""Flags: what is done, what is due and what is not, by the stated rule."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.flags import FLAGS, first_day, flags, last_day, together

MONTHS = st.dates(date(2024, 1, 1), date(2028, 12, 31))
AMOUNTS = st.none() | st.floats(0, 1000)


def one(amount: float | None, target: float, month: date, today: date) -> str:
    rows = pd.DataFrame({"month": [month], "amount": [amount], "target": [target]}, index=["t"])
    return str(flags(rows, today)["t"])


@pytest.mark.parametrize(
    ("amount", "today", "flag"),
    [
        (19.0, date(2026, 5, 31), "not_due"),
        (19.0, date(2026, 6, 1), "due"),
        (19.0, date(2026, 6, 30), "due"),
        (19.0, date(2026, 7, 1), "not_done"),
        (None, date(2026, 7, 1), "not_done"),
        (20.0, date(2026, 6, 1), "done"),
        (20.0, date(2026, 7, 1), "done"),
        (21.0, date(2026, 5, 1), "done"),
    ],
)
def test_a_flag_follows_from_amount_target_and_day(
    amount: float | None, today: date, flag: str
) -> None:
    assert one(amount, 20.0, date(2026, 6, 1), today) == flag


def test_a_share_that_is_just_its_target_is_done() -> None:
    assert one(19 / 20, 0.95, date(2026, 6, 1), date(2026, 7, 1)) == "done"


@given(month=MONTHS, today=MONTHS, amount=AMOUNTS, target=st.floats(0.001, 1000))
def test_more_never_makes_a_flag_worse(
    month: date, today: date, amount: float | None, target: float
) -> None:
    before = one(amount, target, month, today)
    after = one((amount or 0) + 1, target, month, today)
    assert after in (before, "done")


@given(month=MONTHS, today=MONTHS)
def test_what_is_not_reached_is_judged_only_after_the_month(month: date, today: date) -> None:
    assert (one(0, 1, month, today) == "not_done") == (today > last_day(month))
    assert (one(0, 1, month, today) == "not_due") == (today < first_day(month))


@given(st.lists(st.sampled_from(FLAGS[:4])))
def test_a_month_is_done_only_if_all_its_tasks_are(told: list[str]) -> None:
    assert (together(told) == "done") == (bool(told) and set(told) == {"done"})
    assert (together(told) == "not_done") == ("not_done" in told)
    assert (together(told) == "none") == (not told)
