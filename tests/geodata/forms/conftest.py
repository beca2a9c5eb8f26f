"""The town, kept and unkept, into which forms are read."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from geodata import sandbox
from geodata.database import connect
from geodata.forms import cells
from geodata.forms.preview import FormContext
from geodata.limits import Limits
from geodata.store import Store
from gridmap import demo
from tests.geodata.forms.offices import MARCH
from tests.registers import town_register
from tests.town import town


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(town_register(tmp_path_factory.mktemp("kept")).removeprefix("gpkg:///"))


@pytest.fixture
def store(kept: Path, tmp_path: Path) -> Iterator[Store]:
    shutil.copy(kept, tmp_path / "town.gpkg")
    opened = Store(connect(f"gpkg:///{tmp_path / 'town.gpkg'}"))
    yield opened
    opened.close()


@pytest.fixture
def outside() -> FormContext:
    """Return the town as it is, without a register beneath it."""
    return FormContext(town("EPSG:4490"), crs="EPSG:4490", codes="cn", since=MARCH)


@pytest.fixture
def office(outside: FormContext, monkeypatch: pytest.MonkeyPatch) -> FormContext:
    """Return the same, and read in this process: a child for each form costs half a second."""
    child = sandbox.run

    def run(parser: str, path: Path, options: dict[str, Any], limits: Limits) -> sandbox.Answer:
        if parser != "form":
            return child(parser, path, options, limits)
        parsed = cells.parse(path, options, limits)
        table = parsed.to_arrow(limits)
        notes = [[note.template, note.values] for note in parsed.notes]
        return sandbox.Answer(
            {"notes": notes, "faults": parsed.faults, "parts": parsed.parts}, table
        )

    monkeypatch.setattr(sandbox, "run", run)
    return outside


@pytest.fixture(scope="session")
def mohe() -> demo.DemoCity:
    return demo.city("mohe")
