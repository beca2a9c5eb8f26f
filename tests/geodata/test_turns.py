"""The queue of writers: in order, one at a time, and nobody is lost who gave up."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from geodata.turns import Turns

SOON_S, LONG_S = 0.01, 30


def test_turns_come_in_the_order_in_which_they_were_asked_for() -> None:
    turns, came = Turns(), []
    assert turns.acquire(LONG_S)

    def wait(number: int) -> None:
        assert turns.acquire(LONG_S)
        came.append(number)
        turns.release()

    threads = []
    for number in range(20):
        threads.append(threading.Thread(target=wait, args=(number,)))
        threads[-1].start()
        while len(turns._waiting) <= number:
            pass  # each asks before the next one does
    turns.release()
    for thread in threads:
        thread.join()
    assert came == list(range(20))


def test_who_gives_up_is_passed_over() -> None:
    turns = Turns()
    assert turns.acquire(LONG_S)
    assert not turns.acquire(SOON_S)
    turns.release()
    assert turns.acquire(SOON_S)  # nobody holds it for the one that went away


def test_one_at_a_time_has_the_turn() -> None:
    turns, inside, most = Turns(), 0, 0

    def work(_: int) -> None:
        nonlocal inside, most
        for _ in range(50):
            assert turns.acquire(LONG_S)
            inside += 1
            most = max(most, inside)
            inside -= 1
            turns.release()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert (inside, most) == (0, 1)
