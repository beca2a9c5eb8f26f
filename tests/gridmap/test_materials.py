"""Material that is asked for, handed in, looked at by somebody else, returned or accepted."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest

from gridmap.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from gridmap.layers import conform, empty
from gridmap.materials import SLOTS, STEPS, Act, Actor, standing, step

NOON = datetime(2026, 6, 10, 4, tzinfo=UTC)
UNIT, OFFICE = Actor("worker", "u1", NOON), Actor("office", None, NOON + timedelta(hours=1))


def slots(wanted: int = 79, due: str = "2026-06-20") -> pd.DataFrame:
    row = {
        "slot_id": "s1",
        "edition": "2026",
        "month": "2026-06-01",
        "name": "图片资料",
        "sort": "pictures",
        "wanted": wanted,
        "unit_id": "u1",
        "due": due,
    }
    return conform(pd.DataFrame([row]), SLOTS)


def after(*acts: tuple[Act, Actor], wanted: int = 79) -> pd.DataFrame:
    steps = empty(STEPS)
    for n, (act, actor) in enumerate(acts):
        later = Actor(actor.person_id, actor.unit_id, NOON + timedelta(minutes=n))
        steps = pd.concat([steps, step(slots(wanted), steps, act, later)])
    return steps


HANDED = (Act("s1", "submit", given=79), UNIT)
RETURNED = (Act("s1", "return", reason="第3张看不清"), OFFICE)


def told(steps: pd.DataFrame, today: date = date(2026, 6, 12)) -> dict[str, object]:
    return standing(slots(), steps, today).loc["s1"].to_dict()


def test_a_slot_waits_is_handed_in_and_accepted() -> None:
    assert told(empty(STEPS))["state"] == "waiting"
    assert told(after(HANDED)) | {"state": "submitted", "given": 79} == told(after(HANDED))
    accepted = told(after(HANDED, (Act("s1", "accept"), OFFICE)))
    assert (accepted["state"], accepted["returns"], accepted["late"]) == ("accepted", 0, False)


def test_what_is_returned_is_counted_and_says_why_until_it_is_handed_in_again() -> None:
    returned = told(after(HANDED, RETURNED))
    assert (returned["state"], returned["returns"]) == ("returned", 1)
    assert returned["reason"] == "第3张看不清"
    again = told(after(HANDED, RETURNED, HANDED))
    assert (again["state"], again["returns"]) == ("submitted", 1)
    assert pd.isna(again["reason"])


def test_what_is_neither_handed_in_nor_accepted_in_time_is_late() -> None:
    after_due = date(2026, 6, 21)
    assert not told(empty(STEPS), date(2026, 6, 20))["late"]
    assert told(empty(STEPS), after_due)["late"]
    assert not told(after(HANDED), after_due)["late"]
    assert told(after(HANDED, RETURNED), after_due)["late"]


def test_who_hands_in_does_not_review() -> None:
    for act in (Act("s1", "accept"), Act("s1", "return", reason="?")):
        with pytest.raises(ForbiddenError):
            after(HANDED, (act, Actor("worker", None, NOON)))


@pytest.mark.parametrize(
    ("acts", "refused"),
    [
        (((Act("s1", "accept"), OFFICE),), ConflictError),
        ((HANDED, HANDED), ConflictError),
        ((HANDED, (Act("s1", "accept"), OFFICE), RETURNED), ConflictError),
        (((Act("s2", "submit", given=1), UNIT),), NotFoundError),
        (((Act("s1", "submit"), UNIT),), InvalidError),
        ((HANDED, (Act("s1", "return", reason="  "), OFFICE)), InvalidError),
        (((Act("s1", "submit", given=78), UNIT), (Act("s1", "accept"), OFFICE)), InvalidError),
        (((Act("s1", "burn"), UNIT),), ConflictError),
    ],
)
def test_what_cannot_be_done_is_refused(
    acts: tuple[tuple[Act, Actor], ...], refused: type[Exception]
) -> None:
    with pytest.raises(refused):
        after(*acts)


def test_what_is_withdrawn_waits_again() -> None:
    told_ = told(after(HANDED, (Act("s1", "withdraw"), UNIT)))
    assert (told_["state"], told_["given"]) == ("waiting", 0)
