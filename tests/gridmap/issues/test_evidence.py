"""Whether photos show that an issue was set right."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.issues.evidence import Shot, judge

FAR = Shot("far", "after", 140.0)
NEAR = Shot("near", "after", 12.5)
NOWHERE = Shot("nowhere", "after", None)
BEFORE = Shot("before", "before", 1.0)
CLOSE = Shot("close", "near", 1.0)  # a picture from nearby, of when it was reported


@pytest.mark.parametrize(
    ("shots", "verdict"),
    [
        ([], ("none", None)),
        ([BEFORE, CLOSE], ("none", None)),
        ([NOWHERE, BEFORE], ("unplaced", None)),
        ([NOWHERE, FAR], ("far", 140.0)),
        ([FAR, NEAR, NOWHERE], ("near", 12.5)),
        ([Shot("edge", "after", 100.0)], ("near", 100.0)),
        ([Shot("beyond", "after", 100.1)], ("far", 100.1)),
    ],
)
def test_the_nearest_photo_from_afterwards_decides(
    shots: list[Shot], verdict: tuple[str, float | None]
) -> None:
    assert judge(shots, 100.0, placed=True) == verdict


def test_to_an_issue_without_a_place_no_photo_is_near_or_far() -> None:
    assert judge([FAR, NEAR], 100.0, placed=False) == ("placeless", None)
    assert judge([BEFORE], 100.0, placed=False) == ("none", None)


SHOTS = st.lists(
    st.builds(
        Shot,
        st.just("p"),
        st.sampled_from(["before", "after", "near", "far", "other"]),
        st.none() | st.floats(0, 1e4),
    ),
    max_size=6,
)


@given(SHOTS, SHOTS, st.floats(1, 1e3))
def test_neither_order_nor_photos_from_before_matter(
    shots: list[Shot], more: list[Shot], near_m: float
) -> None:
    verdict = judge(shots, near_m, placed=True)
    assert judge(shots[::-1], near_m, placed=True) == verdict
    earlier = [Shot(shot.photo_id, "before", shot.distance_m) for shot in more]
    assert judge(shots + earlier, near_m, placed=True) == verdict


@given(SHOTS, SHOTS, st.floats(1, 1e3))
def test_what_is_near_enough_stays_so_with_more_photos(
    shots: list[Shot], more: list[Shot], near_m: float
) -> None:
    if judge(shots, near_m, placed=True)[0] == "near":
        assert judge(shots + more, near_m, placed=True)[0] == "near"
