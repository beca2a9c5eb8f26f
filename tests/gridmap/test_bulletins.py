"""Bulletins: months, sums, freezing, and the chain of amendments."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap import bulletins, layers
from gridmap.bulletins import Month
from gridmap.errors import ConflictError, InvalidError, NotFoundError

MARCH = Month.of("2026-03")
AT = datetime(2026, 4, 2, 1, 30, 15, 123456, tzinfo=UTC)


def figures(received: int = 5, closed: int = 3, **flow: int) -> dict[str, Any]:
    counts = {"closed_out": closed, "refused": 0, "merged": 0, "open": received - closed}
    told = {"carried": 2, "received": received, "closed": 4, "open": received - 2} | flow
    row = {"received": received, **counts}
    return {
        "issues": row,
        "flow": told,
        "by_category": [row],
        "by_subdistrict": [row],
        "by_unit": [row],
    }


def book(*rows: pd.Series) -> pd.DataFrame:
    contract = layers.BOOKS["bulletins"]
    return layers.conform(pd.DataFrame(list(rows)), contract) if rows else layers.empty(contract)


def frozen() -> pd.Series:
    return bulletins.freeze(book(), MARCH, figures(), "王一", AT)


def amended(rows: pd.DataFrame, received: int) -> pd.Series:
    return bulletins.amend(rows, MARCH, figures(received), "王一", AT, reason="补报")


@pytest.mark.parametrize(
    "text", ["2026-13", "2026-3", "2026-03-01", "", "2026/03", "２０２６-03", "0001-01"]
)
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(InvalidError, match="is not a month"):
        Month.of(text)


def test_a_month_knows_its_last_day_and_the_months_before_it() -> None:
    assert Month.of("2024-02").last == date(2024, 2, 29)
    assert Month.of("2026-01").back().code == "2025-12"
    assert MARCH.back(14).code == "2025-01"


def test_a_month_is_frozen_on_the_day_after_its_last() -> None:
    bulletins.require_over(MARCH, date(2026, 4, 1))
    with pytest.raises(ConflictError, match="not over"):
        bulletins.require_over(MARCH, date(2026, 3, 31))


@pytest.mark.parametrize(
    "wrong",
    [
        figures() | {"issues": {**figures()["issues"], "open": 9}},
        figures() | {"by_unit": [{**figures()["issues"], "received": 4}]},
        figures(open=7),
    ],
)
def test_figures_that_do_not_add_up_are_not_frozen(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidError):
        bulletins.freeze(book(), MARCH, wrong, "王一", AT)


def test_the_hash_is_that_of_all_that_an_edition_says() -> None:
    row = frozen()
    told = {
        "month": "2026-03",
        "amendment": 0,
        "figures": json.dumps(figures(), ensure_ascii=False, sort_keys=True, separators=(",", ":")),
        "frozen_by": "王一",
        "frozen_at": 1775093415,  # 2026-04-02 01:30:15 UTC, by date(1)
        "previous": None,
        "reason": None,
    }
    text = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert row["hash"] == hashlib.sha256(text.encode()).hexdigest()
    assert row["bulletin_id"] == "2026-03-0"


def test_a_month_is_frozen_once() -> None:
    with pytest.raises(ConflictError, match="frozen already"):
        bulletins.freeze(book(frozen()), MARCH, figures(6), "王一", AT)


def test_an_amendment_is_numbered_and_names_the_edition_before() -> None:
    first = frozen()
    second = amended(book(first), 6)
    third = amended(book(first, second), 7)
    assert [second["amendment"], third["amendment"]] == [1, 2]
    assert [second["previous"], third["previous"]] == [first["hash"], second["hash"]]
    assert bulletins.faults(book(first, second, third)).empty


def test_an_amendment_needs_a_reason_a_frozen_month_and_something_to_correct() -> None:
    rows = book(frozen())
    with pytest.raises(InvalidError, match="why"):
        bulletins.amend(rows, MARCH, figures(6), "王一", AT, reason=" ")
    with pytest.raises(NotFoundError):
        bulletins.amend(book(), MARCH, figures(6), "王一", AT, reason="补报")
    with pytest.raises(ConflictError, match="nothing to correct"):
        bulletins.amend(rows, MARCH, figures(), "王一", AT, reason="补报")


def test_who_has_not_seen_the_last_edition_does_not_amend_it() -> None:
    first = frozen()
    rows = book(first, amended(book(first), 6))
    with pytest.raises(ConflictError, match="since you opened it"):
        bulletins.amend(
            rows, MARCH, figures(7), "王一", AT, reason="补报", previous=str(first["hash"])
        )


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("figures", "{}"),
        ("reason", "别的理由"),
        ("frozen_by", "李二"),
        ("frozen_at", pd.Timestamp(AT) + pd.Timedelta(days=1)),
        ("month", pd.Timestamp("2026-02-01")),
        ("hash", "0" * 64),
    ],
)
def test_whatever_is_changed_in_an_edition_shows(column: str, value: object) -> None:
    first = frozen()
    rows = book(first, amended(book(first), 6))
    rows.loc["2026-03-1", column] = value
    found = bulletins.faults(rows)
    assert "2026-03-1" in set(found["bulletin_id"])
    assert "hash" in set(found["fault"])


def test_an_edition_that_is_taken_out_of_the_middle_is_missed() -> None:
    first = frozen()
    second = amended(book(first), 6)
    third = amended(book(first, second), 7)
    found = bulletins.faults(book(first, third))
    assert found.to_dict("records") == [
        {"bulletin_id": "2026-03-2", "fault": "previous"},
        {"bulletin_id": "2026-03-2", "fault": "number"},
    ]


@given(st.recursive(st.integers() | st.text() | st.none() | st.booleans(), st.lists, max_leaves=9))
def test_equal_figures_are_equal_text_however_their_keys_are_ordered(value: object) -> None:
    forth = {"甲": value, "a": 1, "乙": [value]}
    back = dict(reversed(forth.items()))
    assert bulletins.canonical(forth) == bulletins.canonical(back)
    assert json.loads(bulletins.canonical(forth)) == forth


def test_no_number_is_not_a_figure() -> None:
    with pytest.raises(ValueError, match="JSON"):
        bulletins.canonical({"share": float("nan")})
