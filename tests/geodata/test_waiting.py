"""Uploads that wait: for one person, for half an hour, and not many of them."""

from __future__ import annotations

import io
import os
import stat
import time
from pathlib import Path

import pytest

from geodata.forms.waiting import EACH, SECONDS, Waiting
from gridmap.errors import NotFoundError


class Clock:
    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def waiting(tmp_path: Path, clock: Clock) -> Waiting:
    return Waiting(tmp_path / "waiting", clock)


def files(folder: Path) -> list[Path]:
    return [path for path in (folder / "waiting").rglob("*") if path.is_file()]


def test_who_sent_a_form_finds_it_and_nobody_else_does(waiting: Waiting, tmp_path: Path) -> None:
    ticket = waiting.keep("wang", io.BytesIO(b"one"))
    assert waiting.find("wang", ticket).read_bytes() == b"one"
    assert stat.S_IMODE((tmp_path / "waiting").stat().st_mode) == 0o700
    with pytest.raises(NotFoundError):
        waiting.find("li", ticket)
    waiting.drop("li", ticket)
    assert waiting.find("wang", ticket).is_file()
    waiting.drop("wang", ticket)
    with pytest.raises(NotFoundError):
        waiting.find("wang", ticket)


@pytest.mark.parametrize("ticket", ["", "../secret", "a" * 31, "a" * 31 + "/", "a" * 32])
def test_a_ticket_that_was_never_given_leads_nowhere(
    waiting: Waiting, tmp_path: Path, ticket: str
) -> None:
    waiting.keep("wang", io.BytesIO(b"one"))
    (tmp_path / "waiting" / "secret.xlsx").write_bytes(b"two")
    with pytest.raises(NotFoundError):
        waiting.find("wang", ticket)
    waiting.drop("wang", ticket)
    assert (tmp_path / "waiting" / "secret.xlsx").is_file()


def test_what_waited_half_an_hour_is_gone(waiting: Waiting, tmp_path: Path, clock: Clock) -> None:
    old = waiting.keep("wang", io.BytesIO(b"one"))
    clock.ahead = SECONDS - 60
    new = waiting.keep("wang", io.BytesIO(b"two"))
    assert waiting.find("wang", old).is_file()
    # what was kept a moment ago was kept, for the clock ahead, then
    os.utime(waiting.find("wang", new), (clock(), clock()))
    clock.ahead = SECONDS + 60
    with pytest.raises(NotFoundError):
        waiting.find("wang", old)
    assert waiting.find("wang", new).read_bytes() == b"two"
    clock.ahead = 3 * SECONDS
    waiting.sweep()
    assert list((tmp_path / "waiting").iterdir()) == []


def test_the_oldest_of_one_person_make_room_and_nobody_elses_do(
    waiting: Waiting, tmp_path: Path
) -> None:
    foreign = waiting.keep("li", io.BytesIO(b"x"))
    tickets = []
    for number in range(EACH + 2):
        tickets.append(waiting.keep("wang", io.BytesIO(b"y")))
        path = waiting.find("wang", tickets[-1])
        os.utime(path, (time.time() - 60 + number,) * 2)
    assert len(files(tmp_path)) == EACH + 1
    assert waiting.find("li", foreign).is_file()
    for ticket in tickets[-EACH:]:
        assert waiting.find("wang", ticket).is_file()
    with pytest.raises(NotFoundError):
        waiting.find("wang", tickets[0])
