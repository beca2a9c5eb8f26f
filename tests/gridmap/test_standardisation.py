"""Standardisation: what is expected of somebody's work, and how far small numbers are believed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.standardisation import STRATUM_PRIOR, Standardised, standardised


def shares(rows: list[tuple[int, int, int, int]]) -> Standardised:
    """Return the standardised share of (subject, stratum, part, whole) counts."""
    subject = np.repeat([row[0] for row in rows], [row[3] for row in rows])
    stratum = np.repeat([row[1] for row in rows], [row[3] for row in rows])
    part = np.concatenate([np.arange(row[3]) < row[2] for row in rows])
    subjects = int(subject.max()) + 1
    return standardised(part, np.ones(len(part), dtype=bool), subject, stratum, subjects)


def test_who_has_the_harder_work_is_expected_to_reach_less() -> None:
    # easy work: 36 of 40 in the city; hard work: 20 of 40; the city 56 of 80 = 0.7
    found = shares([(0, 0, 27, 30), (0, 1, 5, 10), (1, 0, 9, 10), (1, 1, 15, 30)])
    easy, hard = (36 + STRATUM_PRIOR * 0.7) / 45, (20 + STRATUM_PRIOR * 0.7) / 45
    expected = [30 * easy + 10 * hard, 10 * easy + 30 * hard]
    assert found.city == pytest.approx(0.7)
    assert found.expected == pytest.approx(expected)
    assert found.part.tolist() == [32, 24]
    # plain shares differ by 0.2; what is left after the mix is next to nothing
    deviation, _ = found.posterior()
    assert abs(deviation[0] - deviation[1]) < 0.001


def test_small_numbers_are_drawn_towards_what_is_expected() -> None:
    rows = [(n, 0, 45 if n % 2 else 25, 50) for n in range(10)]
    found = shares([*rows, (10, 0, 2, 2), (11, 0, 0, 2)])
    deviation, sd = found.posterior()
    assert 0 < deviation[10] < 0.3 / 2  # 2 of 2 where 0.7 is expected
    assert -0.7 / 2 < deviation[11] < 0
    assert sd[10] > sd[1]


def test_the_posterior_is_that_of_a_beta_distribution() -> None:
    found = shares([(0, 0, 9, 10), (1, 0, 40, 60), (2, 0, 5, 30)])
    e, m = found.expected_share, found.prior
    a, b = m * e + found.part, m * (1 - e) + found.whole - found.part
    deviation, sd = found.posterior()
    assert deviation + e == pytest.approx(a / (a + b))
    assert sd**2 == pytest.approx(a * b / (a + b) ** 2 / (a + b + 1))


def test_of_whom_nothing_is_known_the_city_is_expected() -> None:
    whole = np.array([True, True, False])
    part = np.array([True, False, False])
    found = standardised(part, whole, np.array([0, 0, 1]), np.zeros(3, dtype=np.int64), 2)
    deviation, sd = found.posterior()
    assert found.expected_share[1] == 0.5
    assert deviation[1] == 0.0
    assert sd[1] > 0


def test_without_an_issue_that_counts_nothing_fails() -> None:
    no = np.zeros(2, dtype=bool)
    found = standardised(no, no, np.array([0, 1]), np.zeros(2, dtype=np.int64), 2)
    assert found.city == 0.0
    assert [values.tolist() for values in found.posterior()] == [[0.0, 0.0], [0.0, 0.0]]


@given(
    counts=st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 2), st.integers(0, 9), st.integers(0, 9)),
        min_size=1,
        max_size=20,
    ).filter(lambda rows: any(row[3] for row in rows))
)
def test_a_posterior_share_is_a_share_between_what_was_counted_and_what_was_expected(
    counts: list[tuple[int, int, int, int]],
) -> None:
    rows = [(who, kind, min(part, whole), whole) for who, kind, part, whole in counts]
    found = shares(rows)
    deviation, sd = found.posterior()
    there = found.whole > 0
    plain = found.part[there] / found.whole[there]
    e, mean = found.expected_share[there], (found.expected_share + deviation)[there]
    assert (mean >= np.minimum(plain, e) - 1e-12).all()
    assert (mean <= np.maximum(plain, e) + 1e-12).all()
    assert (sd >= 0).all()
