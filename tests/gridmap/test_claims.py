"""A unit asks for targets; the office accepts or refuses; what is decided stays so."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pandas as pd
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gridmap import claims, layers
from gridmap.assignments import Known, Target, apply, assign, release
from gridmap.claims import CLAIMS, NEXT, OPEN, Proposal
from gridmap.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from tests.town import SQUARES, town

TOWN = town()
G1, G2, G3, G4, G5, G6, G7 = SQUARES
MAY, JULY = date(2026, 5, 1), date(2026, 7, 1)
AT = datetime(2026, 6, 1, 4, tzinfo=UTC)
LATER = datetime(2026, 6, 2, 4, tzinfo=UTC)
NONE = layers.empty(CLAIMS)
KNOWN = Known(TOWN["units"], {"grid": TOWN["grids"].index})


@pytest.fixture
def held() -> pd.DataFrame:
    return TOWN["assignments"].copy()


def grids(*codes: str) -> tuple[Target, ...]:
    return tuple(Target("grid", code) for code in codes)


def asked(*codes: str, unit: str = "u2", book: pd.DataFrame = NONE) -> pd.DataFrame:
    proposal = Proposal(unit, grids(*codes), JULY, "相邻")
    return claims.propose(book, TOWN["assignments"], proposal, by="何平", at=AT, known=KNOWN)


def decided(book: pd.DataFrame, state: str, reason: str | None = None) -> pd.DataFrame:
    return claims.decide(book, list(book.index), state, by="方圆", at=LATER, reason=reason)


def test_a_proposal_is_one_open_row_a_target_that_says_everything() -> None:
    rows = asked(G4, G7, G4)
    assert rows["target"].to_list() == [G4, G7]
    assert rows["state"].to_list() == [OPEN, OPEN]
    first = rows.iloc[0]
    assert first[["unit_id", "reason", "asked_by"]].to_list() == ["u2", "相邻", "何平"]
    assert (first["since"], first["asked_at"]) == (pd.Timestamp(JULY), pd.Timestamp(AT))
    assert pd.isna(first["decided_by"])
    assert rows.index.is_unique


def test_what_another_unit_holds_may_be_claimed() -> None:
    assert asked(G1)["target"].to_list() == [G1]


def test_what_the_unit_answers_for_already_is_not_claimed(held: pd.DataFrame) -> None:
    with pytest.raises(ConflictError, match=f"answers for {G3} already"):
        asked(G3)
    ends = apply(held, release(held, ["a4"], until=JULY))
    proposal = Proposal("u2", grids(G3), MAY)
    assert len(claims.propose(NONE, ends, proposal, by="何平", at=AT)) == 1


def test_where_a_unit_only_assists_it_may_ask_to_be_responsible() -> None:
    assert asked(G2)["target"].to_list() == [G2]


def test_a_unit_has_one_open_claim_on_a_target() -> None:
    book = asked(G4)
    with pytest.raises(ConflictError, match=f"open claim on {G4} already"):
        asked(G7, G4, book=book)
    assert len(asked(G4, unit="u1", book=book)) == 1


def test_a_claim_that_was_refused_may_be_made_again_under_another_key() -> None:
    refused = decided(asked(G4), "refused", "否")
    again = asked(G4, book=refused)
    assert not again.index.isin(refused.index).any()


@pytest.mark.parametrize(
    ("targets", "unit", "error"),
    [
        ((), "u2", InvalidError),
        ((Target("road_segment", "r1", 0.0, 10.0, "both"),), "u2", InvalidError),
        ((Target("division", "232701"),), "u2", InvalidError),
        (grids("nowhere"), "u2", NotFoundError),
        (grids(G4), "u9", NotFoundError),
        (grids(G4), "u4", ConflictError),  # no longer in use
    ],
)
def test_what_cannot_be_claimed_is_refused(
    targets: tuple[Target, ...], unit: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        claims.propose(
            NONE, TOWN["assignments"], Proposal(unit, targets, JULY), by="x", at=AT, known=KNOWN
        )


@pytest.mark.parametrize("now", NEXT)
@pytest.mark.parametrize("state", [state for state in NEXT if state != OPEN])
def test_only_an_open_claim_is_decided(now: str, state: str) -> None:
    book = asked(G4)
    book = book if now == OPEN else decided(book, now, "否")
    if state in NEXT[now]:
        assert decided(book, state, "否")["state"].to_list() == [state]
    else:
        with pytest.raises(ConflictError, match="方圆 was first"):
            decided(book, state, "否")


def test_a_decision_says_who_when_and_leaves_the_rest_as_it_was() -> None:
    book = asked(G4, G7)
    before = book.copy()
    rows = decided(book, "accepted")
    pd.testing.assert_frame_equal(book, before)
    assert rows["decided_by"].to_list() == ["方圆", "方圆"]
    assert (rows["decided_at"] == pd.Timestamp(LATER)).all()
    same = ["unit_id", "target", "since", "reason", "asked_by", "asked_at"]
    pd.testing.assert_frame_equal(rows[same], book[same])


def test_a_refusal_needs_words() -> None:
    for reason in (None, "", " \n"):
        with pytest.raises(InvalidError, match="reason"):
            decided(asked(G4), "refused", reason)
    assert decided(asked(G4), "refused", " 已另有安排 ")["reason"].to_list() == ["已另有安排"]


def test_a_claim_that_is_not_there_is_not_decided() -> None:
    with pytest.raises(NotFoundError, match="C0"):
        claims.decide(asked(G4), ["C0"], "accepted", by="x", at=LATER)


def test_each_claim_is_accepted_for_its_own_day_or_all_for_a_later_one() -> None:
    book = asked(G4, G7)
    assert (claims.first_days(book, None) == pd.Timestamp(JULY)).all()
    assert (claims.first_days(book, date(2026, 8, 1)) == pd.Timestamp("2026-08-01")).all()
    with pytest.raises(InvalidError, match="2026-07-01"):
        claims.first_days(book, date(2026, 6, 30))


def test_two_claims_on_one_target_are_not_accepted_together() -> None:
    both = pd.concat([asked(G4), asked(G4, unit="u1")])
    with pytest.raises(ConflictError, match="Only one unit"):
        claims.first_days(both, None)


def test_free_is_what_has_no_primary_now_or_later_and_no_open_claim(held: pd.DataFrame) -> None:
    keys = TOWN["grids"].index
    assert list(claims.unclaimed(keys, "grid", held, NONE, MAY)) == [G4, G7]
    book = asked(G4)
    assert list(claims.unclaimed(keys, "grid", held, book, MAY)) == [G7]
    refused = decided(book, "refused", "否")
    assert list(claims.unclaimed(keys, "grid", held, refused, MAY)) == [G4, G7]
    later = apply(held, assign(held, grids(G7), "u1", since=JULY))
    assert list(claims.unclaimed(keys, "grid", later, NONE, MAY)) == [G4]
    annulled = apply(later, release(later, later.index[-1:], until=JULY))
    assert list(claims.unclaimed(keys, "grid", annulled, NONE, MAY)) == [G4, G7]


def test_a_target_that_ends_is_free_from_that_day_on(held: pd.DataFrame) -> None:
    ended = apply(held, release(held, ["a1"], until=JULY))
    keys = TOWN["grids"].index
    free = [
        G1 in claims.unclaimed(keys, "grid", ended, NONE, day) for day in (date(2026, 6, 30), JULY)
    ]
    assert free == [False, True]


def test_a_claim_on_a_point_does_not_take_a_grid_of_the_same_code(held: pd.DataFrame) -> None:
    proposal = Proposal("u2", (Target("inspection_point", G4),), JULY)
    book = claims.propose(NONE, held, proposal, by="x", at=AT)
    assert G4 in claims.unclaimed(TOWN["grids"].index, "grid", held, book, MAY)


def test_nobody_speaks_for_another_unit() -> None:
    claims.require_own("u2", {"u2"})
    with pytest.raises(ForbiddenError):
        claims.require_own("u1", {"u2"})


class Book(RuleBasedStateMachine):
    """Whatever units and offices try, a claim is decided once and nobody has two open ones."""

    def __init__(self) -> None:
        super().__init__()
        self.book = NONE
        self.ends: dict[str, str] = {}

    @rule(unit=st.sampled_from(["u1", "u2"]), code=st.sampled_from([G4, G7]))
    def propose(self, unit: str, code: str) -> None:
        opened = self.book[self.book["state"] == OPEN]
        twice = ((opened["unit_id"] == unit) & (opened["target"] == code)).any()
        try:
            rows = asked(code, unit=unit, book=self.book)
        except ConflictError:
            assert twice
            return
        assert not twice
        self.book = pd.concat([self.book, rows]) if len(self.book) else rows

    @rule(n=st.integers(0, 20), state=st.sampled_from(["accepted", "refused", "withdrawn"]))
    def decide(self, n: int, state: str) -> None:
        if self.book.empty:
            return
        key = self.book.index[n % len(self.book)]
        try:
            rows = claims.decide(self.book, [key], state, by="方圆", at=LATER, reason="否")
        except ConflictError:
            assert key in self.ends
            return
        assert key not in self.ends
        self.ends[key] = state
        self.book = pd.concat([self.book.drop(index=key), rows])

    @invariant()
    def what_is_decided_stays_so(self) -> None:
        assert self.book.index.is_unique
        assert self.book.loc[list(self.ends), "state"].to_dict() == self.ends
        opened = self.book[self.book["state"] == OPEN]
        assert not opened.duplicated(["unit_id", "target_kind", "target"]).any()


Book.TestCase.settings = settings(max_examples=15, stateful_step_count=12, deadline=None)
TestBook = Book.TestCase
