"""
The desk's map in a real browser: ``python -m tests.benchmarks.desk REGISTER …``.

Each register (a GeoPackage, say of ``gridmap demo --city 10k``) is served by this process and
opened in headless Chromium, `ROUNDS` times after a first one that fills the server's caches. What
is printed is the median beside the target. Leaves with 1 where a target is missed.
"""

from __future__ import annotations

import argparse
import gzip
import shutil
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from geodata.database import connect
from geodata.reports import drawing
from geodata.store import Store
from geodata.workspace import Workspace
from tests.browser.bare_desk import bare_site
from tests.browser.conftest import FLAGS, served

ROUNDS = 5
LARGE = 50_000  # grids from which a city has the targets of one of 100,000
# Everything a page does in one go, in milliseconds; a frame is a whole new picture of the view.
MEASURE = """async () => {
    const told = { decode: decoded };
    const timed = async call => { const start = performance.now(); await call(); return performance.now() - start; };
    const frame = () => new Promise(done => { desk.stack.once("drawn", ({ took }) => done(took)); desk.stack.redraw("all"); });
    const median = times => times.sort((a, b) => a - b)[times.length >> 1];
    const frames = async () => { const times = []; for (let k = 0; k < 7; k += 1) times.push(await frame()); return median(times); };
    const [west, north, east, south] = ground.box;
    const ring = Array.from({ length: 800 }, (_, k) => {
        const turn = (k / 800) * 2 * Math.PI;
        const reach = 0.5 + 0.06 * Math.sin(9 * turn);
        return [(west + east) / 2 + (east - west) * reach * Math.cos(turn), (north + south) / 2 + (south - north) * reach * Math.sin(turn)];
    });
    told.first = performance.getEntriesByName("desk-map-drawn")[0].startTime;
    told.hits = await timed(() => desk.hits);
    let found;
    told.lasso = await timed(() => { found = desk.hits.within(ring); });
    told.found = found.length / ground.n;
    told.whole = await frames();
    for (const [name, by] of [["near", 2], ["nearer", 2]]) {
        desk.map.setZoom(desk.map.getZoom() + by, { animate: false });
        told[name] = await frames();
    }
    desk.fit();
    await frame();
    told.recolour = await timed(() => new Promise(done => { desk.stack.once("drawn", done); desk.setFill(i => (i % 3 ? "#8ecae6" : "#f4a261")); }));
    told.select = await timed(() => new Promise(done => { desk.stack.once("drawn", done); desk.setSelected(found); }));
    return told;
}"""  # noqa: E501 - a script


@dataclass(frozen=True)
class Target:
    """What is measured, its unit, and the most it may be in a city of 10,000 and of 100,000."""

    name: str
    what: str
    unit: str
    most: float
    most_large: float


TARGETS = (
    Target("grids", "grids and communities, gzip", "MB", 0.6, 3.0),
    Target("things", "roads, points and compounds, gzip", "MB", 0.6, 4.0),
    Target("first", "from navigation to the first picture", "ms", 2000, 3000),
    Target("decode", "fetched and decoded", "ms", 1000, 2000),
    Target("hits", "index of the picks, once", "ms", 100, 300),
    Target("lasso", "lasso over everything", "ms", 100, 200),
    Target("whole", "a frame, the whole city", "ms", 50, 150),
    Target("near", "a frame, two zooms nearer", "ms", 50, 150),
    Target("nearer", "a frame, four zooms nearer", "ms", 50, 100),
    Target("recolour", "all grids another colour", "ms", 100, 200),
    Target("select", "all grids chosen", "ms", 200, 400),
)


def measured(register: Path) -> tuple[int, dict[str, float]]:
    """Return the number of grids, and the median of everything that `TARGETS` names."""
    workspace = Workspace(Store(connect(f"gpkg:///{register.resolve()}")))
    today = datetime.now(UTC).date()
    sizes = {name: len(drawn) / 1e6 for name, drawn in _drawn(workspace, today)}
    n = len(workspace.frame("grids", today))
    with served(bare_site(workspace, today)) as address:
        rounds = list(_rounds(address))
    found = {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}
    workspace.store.close()
    return n, sizes | found


def main() -> int:
    """Measure the registers that were named."""
    parser = argparse.ArgumentParser(description="The desk's map in a real browser.")
    parser.add_argument("registers", nargs="+", type=Path)
    missed = 0
    for register in parser.parse_args().registers:
        n, found = measured(register)
        sys.stdout.write(f"{register.name}: {n:,} grids\n")
        for target in TARGETS:
            most = target.most_large if n >= LARGE else target.most
            missed += found[target.name] > most
            verdict = "ok" if found[target.name] <= most else "MISSED"
            figures = f"{found[target.name]:>9.2f} | {most:>7.1f} {target.unit} | {verdict:<6}"
            sys.stdout.write(f"  {target.what:<38} | {figures}\n")
    return 1 if missed else 0


def _drawn(workspace: Workspace, today: date) -> Iterator[tuple[str, bytes]]:
    for name, part in (("grids", drawing.ground), ("things", drawing.things)):
        start = time.perf_counter()
        drawn = part(workspace, today)
        took = time.perf_counter() - start
        raw = len(gzip.decompress(drawn)) / 1e6
        sys.stdout.write(f"{name}: drawn in {took:.1f} s by the server, once; {raw:.1f} MB raw\n")
        yield name, drawn


def _rounds(address: str) -> Iterator[dict[str, Any]]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for number in range(ROUNDS + 1):
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            if number:
                yield _round(page, address)
            else:
                _round(page, address)
            page.close()
        browser.close()


def _round(page: Page, address: str) -> dict[str, Any]:
    page.goto(address)
    page.wait_for_selector("#map.ready", timeout=60_000)
    told: dict[str, Any] = page.evaluate(MEASURE)
    return told


if __name__ == "__main__":
    sys.exit(main())
