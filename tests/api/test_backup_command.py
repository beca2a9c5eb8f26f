"""Backing up and restoring, as an operator types it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.commands import Faces, build
from api.main import create_app
from geodata.database import connect
from geodata.errors import BackupError
from geodata.store import Store
from tests.registers import town_register


def asked(url: str, *words: str) -> dict[str, Any]:
    done = CliRunner().invoke(build(Faces(create_app)), ["--json", "--database", url, *words])
    if isinstance(done.exception, BackupError):
        raise done.exception
    assert done.exit_code == 0, done.output
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def test_what_was_backed_up_while_it_was_written_is_restored_and_proven(tmp_path: Path) -> None:
    url, copy, again = town_register(tmp_path), tmp_path / "copy.gpkg", tmp_path / "again.gpkg"
    store = Store(connect(url))
    with store.write(who="a test", action="import") as writer:
        told = asked(url, "backup", str(copy))  # without what is not yet committed
        writer.retire("issues", ["i1"], store.now().date())
    assert told["bytes"] == copy.stat().st_size
    done = asked(url, "restore", str(copy), str(again))
    last = store.journal.last()
    assert last is not None
    assert done["entries"] == last.seq - 1
    restored = Store(connect(f"gpkg:///{again}"))
    assert set(restored.read("issues").index) - set(store.read("issues").index) == {"i1"}
    assert list(restored.read("grids").index) == list(store.read("grids").index)
    restored.close()
    store.close()


def test_a_backup_never_writes_over_anything_and_a_broken_one_is_refused(tmp_path: Path) -> None:
    url, copy = town_register(tmp_path), tmp_path / "copy.gpkg"
    asked(url, "backup", str(copy))
    with pytest.raises(BackupError, match="is there already"):
        asked(url, "backup", str(copy))
    with pytest.raises(BackupError, match="is there already"):
        asked(url, "restore", str(copy), url.removeprefix("gpkg:///"))
    with pytest.raises(BackupError, match="There is no file"):
        asked(url, "restore", str(tmp_path / "none.gpkg"), str(tmp_path / "new.gpkg"))
    cut = tmp_path / "cut.gpkg"
    cut.write_bytes(copy.read_bytes()[: copy.stat().st_size // 2])
    with pytest.raises(BackupError, match="no sound backup"):
        asked(url, "restore", str(cut), str(tmp_path / "new.gpkg"))


def test_a_backup_whose_rows_were_altered_is_told(tmp_path: Path) -> None:
    url, copy = town_register(tmp_path), tmp_path / "copy.gpkg"
    asked(url, "backup", str(copy))
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute("DROP TRIGGER assignments_refuse_update")
        connection.execute("UPDATE assignments SET unit_id = 'u3'")
        connection.commit()
    with pytest.raises(BackupError, match="does not fit"):
        asked(url, "restore", str(copy), str(tmp_path / "new.gpkg"))
