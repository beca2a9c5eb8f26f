"""
The wheel, installed beside web.py, which owns the name ``web``, and serving.

``make dev`` fetches web.py into ``.venv/beside``.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import sysconfig
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

pytestmark = pytest.mark.scenario
ROOT = Path(__file__).resolve().parents[2]
PLACES = {"gridmap": "gridmap", "geodata": "geodata", "api": "gridmap/_app/api"}
PLACES["web"] = "gridmap/_app/web"
NOT_SHIPPED = {"package.json", "package-lock.json", ".npmrc", "ready"}
STARTED_WITHIN_S = 90
BESIDE = ROOT / ".venv" / "beside"


@dataclass(frozen=True)
class Machine:
    """An environment with the wheel, web.py, and the project's dependencies."""

    python: Path
    folder: Path
    environment: dict[str, str]

    @property
    def gridmap(self) -> Path:
        return self.python.with_name("gridmap")

    def run(self, *command: str | Path) -> str:
        done = subprocess.run(
            [*map(str, command)],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("build")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", folder, ROOT]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def machine(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    folder = tmp_path_factory.mktemp("machine")
    made = folder / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", made], check=True, timeout=300)
    python = made / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python]
    install = [*pip, "install", "--quiet", "--no-deps", "--no-index", wheel]
    subprocess.run(install, check=True, timeout=300)
    if not BESIDE.is_dir():
        if os.environ.get("CI"):
            pytest.fail("web.py is not in .venv/beside; run make dev")
        pytest.skip("web.py is not in .venv/beside; run make dev")
    beside = ["--no-index", "--find-links", BESIDE, "web.py"]
    subprocess.run([*pip, "install", "--quiet", *beside], check=True, timeout=300)
    # a folder on PYTHONPATH lends its packages, but not its .pth files, so not the checkout either
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": sysconfig.get_path("purelib"),
        "GRIDMAP_DATABASE_URL": "gpkg:///city.gpkg",
    }
    return Machine(python, folder, environment)


@pytest.fixture(scope="module")
def address(machine: Machine) -> Iterator[str]:
    """Serve an empty register, and return where."""
    machine.run(machine.gridmap, "migrate", "--name", "云杉市")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = machine.folder / "serve.log"
    with log.open("w") as written:
        server = subprocess.Popen(
            [machine.gridmap, "serve", "--port", str(port)],
            cwd=machine.folder,
            env=machine.environment,
            stdout=written,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait(server, f"http://127.0.0.1:{port}/health", log)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=30)


def _wait(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    end = time.monotonic() + STARTED_WITHIN_S
    while time.monotonic() < end:
        assert server.poll() is None, log.read_text()
        try:
            with urlopen(url, timeout=5):  # noqa: S310 - our own loopback address
                return
        except (URLError, ConnectionError):
            time.sleep(0.2)
    pytest.fail(f"The service did not start: {log.read_text()}")


def _shipped(folder: str) -> Iterator[str]:
    """Yield where the files of a folder of the checkout must lie in the wheel."""
    for path in (ROOT / folder).rglob("*"):
        parts = path.relative_to(ROOT / folder).parts
        made = {"__pycache__", "node_modules", ".mypy_cache"}.intersection(parts)
        if path.is_file() and not made and path.name not in NOT_SHIPPED:
            yield "/".join([PLACES[folder], *parts])


@pytest.mark.parametrize("folder", PLACES)
def test_every_file_of_the_packages_is_in_the_wheel(wheel: Path, folder: str) -> None:
    with zipfile.ZipFile(wheel) as opened:
        held = set(opened.namelist())
    assert set(_shipped(folder)) - held == set()


def test_the_wheel_holds_what_is_no_code(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        held = opened.namelist()
    for part in (
        "geodata/migrations/versions/",
        "gridmap/_app/api/locale/zh_CN/LC_MESSAGES/messages.po",
        "gridmap/_app/web/templates/",
        "gridmap/_app/web/static/css/",
        *(
            ["gridmap/_app/web/static/vendor/"]
            if (ROOT / "web" / "static" / "vendor").is_dir()
            else []
        ),
    ):
        assert any(name.startswith(part) for name in held), part


def test_the_wheel_claims_no_common_name(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        top = {name.split("/")[0] for name in opened.namelist()}
    assert {name for name in top if not name.endswith(".dist-info")} == {"gridmap", "geodata"}


def test_who_imports_web_still_gets_the_other_one(machine: Machine) -> None:
    asked = "import web; print(web.application.__module__, web.__version__)"
    assert machine.run(machine.python, "-c", asked).startswith("web.application 0.")


def test_the_command_runs_from_the_wheel(machine: Machine) -> None:
    told = machine.run(machine.gridmap, "--version")
    assert str(machine.folder) in told
    assert str(ROOT) not in told


def test_the_service_is_healthy_beside_the_other_web(address: str) -> None:
    with urlopen(f"{address}/health", timeout=30) as answer:  # noqa: S310 - loopback
        assert answer.status == 200
        assert answer.headers["content-type"].startswith("application/json")


@pytest.mark.parametrize("page", ["/", "/register", "/coverage", "/here"])
def test_an_empty_register_has_pages(address: str, page: str) -> None:
    with urlopen(f"{address}{page}", timeout=60) as answer:  # noqa: S310 - loopback
        assert answer.status == 200
        assert "<html" in answer.read().decode()
