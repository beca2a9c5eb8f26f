"""
The `gridmap` command for tests: a process for each, none of which imports everything again.

To start Python and import the command line takes seconds, most commands take tenths. So one process
imports it once and forks for every command. What is forked has run nothing yet; it gets the folder,
the environment and the words of the command, and leaves with the command's own exit code. That the
command starts without all this is proved where it is started as a program: `tests.scenarios`.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

from api.commands.index import COMMANDS

ROOT = Path(__file__).resolve().parents[1]
IMPORTED = (
    "web.command",
    "web.main",
    "web.maps.files",
    *sorted({f"api.commands.{module}" for module, _ in COMMANDS.values()}),
)
TIMEOUT_S = 600


class Commands:
    """The process that forks for commands; started by the first of them."""

    def __init__(self) -> None:
        self._parent: subprocess.Popen[str] | None = None

    def run(self, *words: str, cwd: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
        """
        Run a command to its end.

        Parameters
        ----------
        words
            Of the command, without the first.
        cwd
            The folder in which it runs.
        env
            The whole of its environment.
        """
        with TemporaryDirectory() as folder:
            said = [Path(folder) / name for name in ("out", "err")]
            asked = {"words": words, "cwd": str(cwd), "env": env, "said": [*map(str, said)]}
            parent = self._started()
            assert parent.stdin is not None
            assert parent.stdout is not None
            print(json.dumps(asked), file=parent.stdin, flush=True)
            code = int(parent.stdout.readline())
            out, err = (file.read_text("utf-8") for file in said)
        return subprocess.CompletedProcess([*words], code, out, err)

    def close(self) -> None:
        """Let the process end."""
        if self._parent is not None:
            self._parent.communicate(timeout=30)

    def _started(self) -> subprocess.Popen[str]:
        if self._parent is None:
            self._parent = subprocess.Popen(
                [sys.executable, "-m", "tests.commands"],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
            )
        return self._parent


def main() -> None:
    """Fork for each command of the input, a line of JSON, and answer with its exit code."""
    for name in IMPORTED:
        import_module(name)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _become(**json.loads(line))
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        sys.stdout.write(f"{code}\n")
        sys.stdout.flush()


def _become(words: list[str], cwd: str, env: dict[str, str], said: list[str]) -> NoReturn:
    """Run a command in this process, as if it had been started with it."""
    for number, path in enumerate([os.devnull, *said]):
        file = os.open(path, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT)
        os.dup2(file, number)
    signal.alarm(TIMEOUT_S)  # kills
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    sys.argv = ["gridmap", *words]
    code: Any = 0
    try:
        import_module("gridmap.__main__").main()
    except SystemExit as left:
        code = left.code
    except BaseException:  # noqa: BLE001 - the interpreter would print it too
        sys.excepthook(*sys.exc_info())
        code = 1
    if isinstance(code, str):
        sys.stderr.write(f"{code}\n")
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code or 0)


if __name__ == "__main__":
    main()
