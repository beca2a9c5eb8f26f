"""The command of the bulletin, as an operator types it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import docx
import pytest
from typer.testing import CliRunner

from api.commands import Faces, build
from api.main import create_app
from gridmap.errors import GridMapError
from tests.bulletins import bulletin_town


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return bulletin_town(tmp_path_factory.mktemp("bulletins"))


def asked(url: str, *words: str) -> dict[str, Any]:
    command = build(Faces(create_app))
    done = CliRunner().invoke(command, ["--json", "--database", url, "bulletin", *words])
    if isinstance(done.exception, GridMapError):
        raise done.exception
    assert done.exit_code == 0, done.output
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def test_a_month_is_frozen_verified_and_written(url: str, tmp_path: Path) -> None:
    frozen = asked(url, "freeze", "2026-04")
    assert frozen["amendment"] == 0
    with pytest.raises(GridMapError, match="nothing to correct"):
        asked(url, "amend", "2026-04", "--reason", "核对")
    assert asked(url, "verify") == {"editions": 1, "sound": True, "faults": []}
    states = {one["month"]: one["state"] for one in asked(url, "list")["bulletins"]}
    assert states["2026-04"] == "frozen"
    file = tmp_path / "april.docx"
    assert asked(url, "write", "2026-04", "-o", str(file))["hash"] == frozen["hash"]
    assert "2026年4月" in docx.Document(str(file)).core_properties.title


@pytest.mark.parametrize("words", [("april.txt",), ("april.pdf", "--pack")])
def test_a_file_that_cannot_be_written_so_is_refused(
    url: str, tmp_path: Path, words: tuple[str, ...]
) -> None:
    file, *more = words
    with pytest.raises(GridMapError, match="should end in"):
        asked(url, "write", "2026-03", "-o", str(tmp_path / file), *more)
