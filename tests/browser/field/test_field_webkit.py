"""The phone's page in WebKit, as on every iPhone: WebKitGTK, driven by its own WebDriver."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.browser.field.conftest import Site, photo
from tests.browser.waiting import waited

MINI = next(iter(Path("/usr/lib").glob("*/webkit2gtk-4.1/MiniBrowser")), None)
TOOLS = {name: shutil.which(name) for name in ("WebKitWebDriver", "Xvfb")}
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # of the WebDriver standard

pytestmark = pytest.mark.skipif(
    MINI is None or None in TOOLS.values(), reason="webkit2gtk-driver and xvfb are not installed"
)


class Driver:
    """
    A session of WebDriver.

    Parameters
    ----------
    address
        Where the driver listens.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        browser = {"binary": str(MINI), "args": ["--automation"]}
        told = {"browserName": "MiniBrowser", "webkitgtk:browserOptions": browser}
        made = self.ask("POST", "/session", {"capabilities": {"alwaysMatch": told}})
        self.session = f"/session/{made['sessionId']}"

    def ask(self, method: str, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.address + path, data, headers, method=method)  # noqa: S310
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            return json.load(answer)["value"]

    def do(self, path: str, **body: object) -> Any:
        return self.ask("POST", self.session + path, body)

    def run(self, script: str) -> Any:
        return self.do("/execute/sync", script=f"return {script}", args=[])

    def find(self, selector: str) -> str:
        found = self.do("/element", using="css selector", value=selector)
        return f"/element/{found[ELEMENT]}"

    def type(self, selector: str, text: str) -> None:
        self.do(f"{self.find(selector)}/value", text=text)

    def click(self, selector: str) -> None:
        """Click as a script does: what is under a finger is Chromium's test."""
        self.run(f"document.querySelector({json.dumps(selector)}).click()")

    def until(self, script: str) -> Any:
        """Wait until a script answers something true."""
        return waited(lambda: self.run(script), script)


@contextmanager
def started(command: list[str], env: dict[str, str], **more: Any) -> Iterator[None]:
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, env=env, stdout=quiet, stderr=quiet, **more)
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=10)


@pytest.fixture
def webkit(tmp_path: Path, free_port: int) -> Iterator[Driver]:
    """Return a window of WebKit on a screen of its own."""
    reading, writing = os.pipe()
    env = {**os.environ, "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}
    env |= {"WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1", "LIBGL_ALWAYS_SOFTWARE": "1"}
    screen = [str(TOOLS["Xvfb"]), "-displayfd", str(writing), "-nolisten", "tcp"]
    with started(screen, env, pass_fds=[writing]):
        display = os.read(reading, 16).decode().strip()
        command = [str(TOOLS["WebKitWebDriver"]), f"--port={free_port}"]
        with started(command, env | {"DISPLAY": f":{display}"}):
            address = f"http://127.0.0.1:{free_port}"
            waited(lambda: listening(address), "WebKitWebDriver listens")
            driver = Driver(address)
            yield driver
            driver.ask("DELETE", driver.session)
    os.close(reading)
    os.close(writing)


def listening(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/status", timeout=5):  # noqa: S310
            return True
    except OSError:
        return False


def test_webkit_keeps_a_report_with_its_photo_and_sends_it_later(
    site: Site, webkit: Driver, tmp_path: Path
) -> None:
    picture = tmp_path / "photo.jpg"
    picture.write_bytes(photo(size=(2400, 1800)))
    webkit.do("/url", url=f"{site.address}/static/img/mark.svg")
    cookie = {"name": "gridmap_session", "value": site.session(), "path": "/"}
    webkit.do("/cookie", cookie=cookie)
    webkit.do("/url", url=f"{site.address}/field#report")
    webkit.until("document.querySelector('[data-value]') && navigator.serviceWorker.controller")
    site.network.away = True
    webkit.type(".field-photo-box[data-kind=before] input", str(picture))
    webkit.until("document.querySelector('.field-photos li img')")
    webkit.click("[role=radio]")
    webkit.click("#screen-report details summary")
    webkit.type("#address", "中华路1号")
    webkit.click("#save")
    webkit.until("document.querySelector('#unsent').textContent === '1'")
    webkit.do("/refresh")  # what it keeps, it keeps
    webkit.until("!document.body.hasAttribute('aria-busy')")
    webkit.run("location.hash = 'outbox'")
    assert webkit.until("document.querySelectorAll('#outbox > li').length") == 1
    assert site.issues() == []
    site.network.away = False
    webkit.click("#send-all")
    webkit.until("document.querySelector('#unsent').hidden")
    (issue,) = site.issues()
    (kept,) = site.photos(issue["issue_id"])
    assert max(kept["width"], kept["height"]) == 2048
