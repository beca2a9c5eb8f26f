"""
The closed loop at the size of a city: ``python -m tests.benchmarks.loop --issues 200000``.

A register (a GeoPackage) of an invented city's issues is made, and what people do with it is
timed: a report, an act, the account of an issue, pages of the ledger by what they ask. Beside a
page stands the plain SQL count of the same issues in the same database. What is printed are medians
of the time that the processor worked, for on a shared machine the time on the wall is the others'.
Leaves with 1 where a page takes more than `MOST` milliseconds.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy import text

from geodata.database import connect
from geodata.issues.ledger import Ledger, Wanted
from geodata.store import Store
from gridmap import clocks, layers
from gridmap.layers import ISSUE_CHANNELS
from tests.loop import CALENDAR, LITTER, WEST, Loop, at, looped
from tests.registers import town_register
from tests.town import SQUARES

MOST = 100.0
ROUNDS = 7
NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
OPEN_SHARE = 0.1
OPEN = ("reported", "filed", "dispatched", "accepted", "returned", "rectified", "suspended")
BOX = (*at(-500, -500).coords[0], *at(500, 500).coords[0])
COUNT = "SELECT state, COUNT(*) FROM issue_heads {where} GROUP BY state"


@dataclass(frozen=True)
class Page:
    """A question to the ledger, who asks it, and the condition of the plain count beside it."""

    name: str
    who: str
    wanted: Wanted
    where: str = ""


PAGES = (
    Page("everything, the newest", "office", Wanted()),
    Page("what is open", "office", Wanted(is_open=True), f"WHERE state IN {OPEN}"),
    Page("what is due first", "office", Wanted(sort="due"), "WHERE due_at IS NOT NULL"),
    Page("what shows red", "office", Wanted(lights=("red",))),
    Page("one category", "office", Wanted(category=LITTER), f"WHERE category = '{LITTER}'"),
    Page("one community", "office", Wanted(division=WEST), f"WHERE grid LIKE '{WEST}%'"),
    Page("a unit's own, open", "u1", Wanted(is_open=True, unit_id="u1"), "WHERE unit_id = 'u1'"),
    Page("what an office of a part sees", "west", Wanted(), f"WHERE grid LIKE '{WEST}%'"),
    Page("some words", "office", Wanted(q="第77号")),
    Page("a part of the map", "office", Wanted(bbox=BOX)),
)


def invented(n: int) -> gpd.GeoDataFrame:
    """Return n issues of two years, a tenth of them open, a hundredth in no grid."""
    chance = np.random.default_rng(7)
    reported = pd.Timestamp(NOW) - pd.to_timedelta(chance.integers(0, 730 * 86_400, n), unit="s")
    recent = np.argsort(reported)[::-1][: int(n * OPEN_SHARE)]
    state = np.full(n, "closed_out", dtype=object)
    state[recent] = chance.choice(OPEN, len(recent))
    amount = chance.choice([1.0, 2.0, 5.0], n)
    frame = pd.DataFrame(
        {
            "issue_id": [f"x{k:07d}" for k in range(n)],
            "reported_at": reported,
            "category": chance.choice([LITTER, "占道经营", "井盖", "路灯", "广告"], n),
            "channel": chance.choice(ISSUE_CHANNELS, n),
            "description": [f"第{k}号问题,桶外有散落垃圾" for k in range(n)],
            "state": state,
            "grid": np.where(chance.random(n) < 0.01, None, chance.choice([*SQUARES], n)),
            "unit_id": chance.choice(["u1", "u2", "u3"], n),
            "number": [f"20240101{k:07d}" for k in range(n)],
            "reporter": chance.choice(["a", "b", "c"], n),
            "limit_amount": amount,
            "limit_kind": "working_days",
        }
    )
    kinds = frame["limit_kind"].astype("str")
    frame["due_at"] = clocks.due_many(frame["reported_at"], frame["limit_amount"], kinds, CALENDAR)
    closed = frame["reported_at"] + pd.to_timedelta(chance.integers(1, 9, n), unit="D")
    frame["closed_at"] = closed.where(state == "closed_out")
    (west, south), (east, north) = (at(x, y).coords[0] for x, y in ((-4000, -4000), (4000, 4000)))
    places = shapely.points(chance.uniform(west, east, n), chance.uniform(south, north, n))
    return gpd.GeoDataFrame(frame, geometry=places, crs="EPSG:4490")


def filled(folder: Path, n: int) -> Loop:
    """Keep n issues within eight kilometres of the town."""
    store = Store(connect(town_register(folder)), clock=lambda: NOW)
    loop = looped(store)
    frame = layers.conform(invented(n), layers.LAYERS["issues"])
    with store.write(who="a benchmark", action="import") as writer:
        writer.add("issues", frame, date(2026, 5, 31))
    return loop


def median(call: Callable[[], Any], rounds: int = ROUNDS) -> float:
    """Return the median of what a call takes, in milliseconds, after a first one."""
    call()
    taken = []
    for _ in range(rounds):
        start = time.process_time()
        call()
        taken.append(1000 * (time.process_time() - start))
    return statistics.median(taken)


def deeds(loop: Loop) -> Iterator[tuple[str, float]]:
    """Time what people do."""
    spots = iter(range(10_000))
    keys = iter([f"x{k:07d}" for k in range(1000)])

    def report() -> None:
        k = next(spots)
        loop.report("u2", 70 + k % 20, 170 + k % 7, reported_at=NOW - timedelta(minutes=k))

    yield "a report", median(report)
    yield "an act", median(lambda: loop.act("office", next(keys), "note", reason="看过"))
    yield "the account of an issue", median(lambda: loop.told("office", "x0000500"))


def asked(loop: Loop) -> Iterator[tuple[Page, int, float, float]]:
    """Time the pages, each beside the plain count."""
    for page in PAGES:
        ledger = Ledger(loop.of(page.who))
        found = ledger.find(page.wanted)
        ours = median(lambda ledger=ledger, page=page: ledger.find(replace(page.wanted)))
        yield page, found.matched, ours, median(lambda page=page: counted(loop, page.where))


def counted(loop: Loop, where: str) -> list[Any]:
    with loop.store.database.reading() as connection:
        return list(connection.execute(text(COUNT.format(where=where))))


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="The closed loop at the size of a city.")
    parser.add_argument("--issues", type=int, default=200_000)
    asking = parser.parse_args()
    slow = 0
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        loop = filled(Path(folder), asking.issues)
        taken = time.perf_counter() - start
        sys.stdout.write(f"{asking.issues:,} issues kept in {taken:.0f} s\n")
        for name, took in deeds(loop):
            sys.stdout.write(f"  {name:<32} | {took:>8.1f} ms\n")
        for page, matched, ours, plain in asked(loop):
            slow += ours > MOST
            figures = f"{matched:>9,} | {ours:>8.1f} ms | {plain:>8.1f} ms | {ours / plain:>5.1f}"
            sys.stdout.write(f"  {page.name:<32} | {figures}\n")
            sys.stdout.flush()
        loop.store.close()
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
