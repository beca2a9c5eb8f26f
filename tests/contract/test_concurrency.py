"""Many hands at one register: nothing lost, nothing half done, nobody told that it is locked."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from geodata.database import Database, connect
from geodata.errors import BusyError, StaleError
from geodata.store import Store

from .conftest import NEW_YEAR

Frames = dict[str, pd.DataFrame]
THREADS, WRITES = 20, 5
WRITER = Path(__file__).with_name("endless_writer.py")
KILLS = 3


def test_twenty_threads_write_and_none_is_told_that_it_is_locked(
    store: Store, frames: Frames
) -> None:
    def write(thread: int) -> None:
        for number in range(WRITES):
            with store.write(who=f"thread {thread}", action="edit") as writer:
                writer.add("units", _unit(frames, f"t{thread}n{number}"), NEW_YEAR)

    _together(THREADS, write)
    assert len(store.read("units")) == THREADS * WRITES
    assert store.version("units") == THREADS * WRITES
    assert store.journal.verify() is None


def test_readers_never_see_half_a_transaction(store: Store, frames: Frames) -> None:
    done = threading.Event()

    def write(_thread: int) -> None:
        for number in range(10):
            with store.write(who="writer", action="edit") as writer:
                writer.add("units", _unit(frames, f"a{number}"), NEW_YEAR)
                writer.add("units", _unit(frames, f"b{number}"), NEW_YEAR)
        done.set()

    def read(_thread: int) -> list[int]:
        sizes = [len(store.read("units"))]
        while not done.is_set():
            sizes.append(len(store.read("units")))
        return sizes

    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(read, number) for number in range(3)]
        pool.submit(write, 0).result()
        sizes = [size for reader in readers for size in reader.result()]
    assert {size % 2 for size in sizes} == {0}
    assert len(store.read("units")) == 20


def test_of_many_who_saw_the_same_version_one_wins(town_store: Store, frames: Frames) -> None:
    seen = {"grids": town_store.version("grids")}
    outcomes: list[str] = []

    def write(thread: int) -> None:
        try:
            with town_store.write(
                who=f"thread {thread}", action="edit", expected_version=seen
            ) as writer:
                writer.add("grids", frames["grids"].iloc[:1], date(2026, 3, 1))
        except StaleError:
            outcomes.append("stale")
        else:
            outcomes.append("won")

    _together(THREADS, write)
    assert (outcomes.count("won"), outcomes.count("stale")) == (1, THREADS - 1)
    assert town_store.version("grids") == 2


def test_a_writer_waits_only_so_long_for_another_process(database: Database) -> None:
    other = connect(database.engine.url.render_as_string(hide_password=False), busy_seconds=0.2)
    start = time.monotonic()
    with database.writing(), pytest.raises(BusyError), other.writing():
        pass
    assert 0.1 < time.monotonic() - start < 5
    with other.writing():
        pass  # and is served once the way is free
    other.close()


def test_a_writer_waits_only_so_long_for_another_thread(gpkg_url: str) -> None:
    database = connect(gpkg_url, busy_seconds=0.2)
    with database.writing(), pytest.raises(BusyError), database.writing():
        pass
    database.close()


def test_a_writer_killed_in_the_middle_leaves_all_or_nothing(
    town_store: Store, database: Database
) -> None:
    """Each transaction adds one grid and one unit of the same number; so must they be found."""
    random.seed(20260301)
    address = database.engine.url.render_as_string(hide_password=False)
    before = len(town_store.read("units"))
    for _ in range(KILLS):
        with subprocess.Popen(
            [sys.executable, str(WRITER), address],
            cwd=WRITER.parents[2],
            stdout=subprocess.PIPE,
            text=True,
        ) as writer:
            assert writer.stdout is not None
            told = [writer.stdout.readline()]
            time.sleep(random.uniform(0.0, 0.1))  # noqa: S311
            writer.send_signal(signal.SIGKILL)
            told += writer.stdout.readlines()
        acknowledged = {line.strip() for line in told if line.endswith("\n")}
        _require_whole(town_store, acknowledged)
    assert len(town_store.read("units")) >= before + KILLS


def _require_whole(store: Store, acknowledged: set[str]) -> None:
    units, grids = store.read("units"), store.read("grids")
    written = {key for key in units.index if key.startswith("w")}
    assert written == {key for key in grids.index if key.startswith("w")}
    assert acknowledged <= written
    assert store.version("units") == store.version("grids") == len(store.journal.entries(10_000))
    assert store.journal.verify() is None


def _unit(frames: Frames, key: str) -> pd.DataFrame:
    unit = frames["units"].iloc[[0]]
    return unit.set_index(pd.Index([key], name="unit_id", dtype="str"))


def _together(threads: int, work: Callable[[int], None]) -> None:
    """Start them at the same moment, and let the first fault through."""
    gate = threading.Barrier(threads)

    def start(number: int) -> None:
        gate.wait()
        work(number)

    with ThreadPoolExecutor(threads) as pool:
        for future in [pool.submit(start, number) for number in range(threads)]:
            future.result()
