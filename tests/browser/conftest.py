"""A real server and a real browser; whatever leaves the server is stopped and counted."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Locator,
    Page,
    Route,
    expect,
    sync_playwright,
)

from tests.web import fakes

PICTURES = Path(__file__).with_name("pictures")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
# a busy machine is no fault of a page
expect.set_options(timeout=30_000)
# GRIDMAP_SLOW_MS=600 pytest tests/browser: what a test looks at too early is found on any machine
SLOW_MS = int(os.environ.get("GRIDMAP_SLOW_MS", "0"))
WIDTHS = {"wide": (1440, 900), "narrow": (390, 844)}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.flaky(reruns=1))  # CONTRIBUTING.md says what follows
            item.add_marker(pytest.mark.xdist_group("browser"))


def chromium() -> str:
    """Return where Chromium is; its absence is a failure where the tests must be complete."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is not installed")
        pytest.skip("Chromium is not installed")
    return path


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return Chromium, started."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield started
        started.close()


def slowly(app: FastAPI) -> Callable[..., Any]:
    """Answer everything but files of style and script late, each by another time."""
    late = random.Random(20261123)  # noqa: S311 -- no secret

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and not scope["path"].startswith("/static/"):
            await asyncio.sleep(late.uniform(0.2, 1) * SLOW_MS / 1000)
        await app(scope, receive, send)

    return answer


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """Serve an application on a free port of the loopback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    asked = slowly(app) if SLOW_MS else app
    server = uvicorn.Server(uvicorn.Config(asked, "127.0.0.1", port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        if not thread.is_alive():
            pytest.fail("the server did not start")
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)


@pytest.fixture(scope="session")
def wide_town() -> Iterator[str]:
    """Serve a town with enough grids and issues for every page."""
    with served(fakes.site(fakes.wide_town())) as address:
        yield address


@pytest.fixture(scope="session")
def small_town() -> Iterator[str]:
    """Serve the town of seven grids: too little for hot spots."""
    with served(fakes.site(fakes.small_town())) as address:
        yield address


@pytest.fixture(scope="session")
def empty_register() -> Iterator[str]:
    """Serve a register into which nothing has been brought."""
    with served(fakes.site(fakes.empty_register())) as address:
        yield address


@pytest.fixture(scope="session")
def named_badly() -> Iterator[str]:
    """Serve the town in which every name would like to run."""
    with served(fakes.site(fakes.named_badly())) as address:
        yield address


@dataclass
class Visitor:
    """A browser window that keeps account of what went wrong."""

    page: Page
    address: str
    foreign: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        """Open a page and wait until it and the maps in it are drawn."""
        self.page.goto(self.address + path, wait_until="load")
        self.settle()
        return self.page

    def follow(self, link: Locator) -> None:
        """Follow a link, and wait until the page that it leads to is drawn."""
        with self.page.expect_navigation():
            link.click()
        self.settle()

    def settle(self) -> None:
        """Wait for maps and charts."""
        self.page.wait_for_load_state("networkidle")
        for frame in self.page.frames[1:]:
            frame.wait_for_selector("html[data-ready], .empty", state="attached")
        self.page.wait_for_selector(".map.live:not(.ready)", state="detached")

    def picture(self, name: str, *, whole: bool = True) -> Path:
        """Keep a picture of the page."""
        PICTURES.mkdir(exist_ok=True)
        path = PICTURES / f"{name}.png"
        self.page.screenshot(path=path, full_page=whole)
        return path

    def assert_clean(self) -> None:
        """Nothing left the server, nothing was missing, no script failed."""
        assert self.foreign == []
        assert self.failed == []
        assert self.errors == []


Visit = Callable[..., Visitor]


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Open a window on a served town: ``visit(address, width="narrow")``."""
    contexts: list[BrowserContext] = []

    def start(address: str, width: str = "wide", **options: Any) -> Visitor:
        size = dict(zip(("width", "height"), WIDTHS[width], strict=True))
        context = browser.new_context(viewport=size, **options)
        contexts.append(context)
        visitor = Visitor(context.new_page(), address)
        if SLOW_MS:
            processor = context.new_cdp_session(visitor.page)
            processor.send("Emulation.setCPUThrottlingRate", {"rate": 5})

        def route(asked: Route) -> None:
            if asked.request.url.startswith((address, "data:", "blob:")):
                asked.continue_()
            else:
                visitor.foreign.append(asked.request.url)
                asked.abort()

        context.route("**/*", route)
        visitor.page.on("pageerror", lambda error: visitor.errors.append(str(error)))
        visitor.page.on(
            "console",
            lambda said: visitor.errors.append(said.text) if said.type == "error" else None,
        )
        visitor.page.on(
            "response",
            lambda got: (
                visitor.failed.append(f"{got.status} {got.url}") if got.status >= 400 else None
            ),
        )
        visitor.page.set_default_timeout(90_000)
        return visitor

    yield start
    for context in contexts:
        context.close()
