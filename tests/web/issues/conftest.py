"""The town of the closed loop with its pages."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import FastAPI

from tests.citizens import LAMP, TWO
from tests.closed_loop import spot
from tests.web.issue_town import emptied, issue_of, paged


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return emptied(tmp_path_factory.mktemp("issue-pages"))


@pytest.fixture
def loop(template: Path, tmp_path: Path) -> FastAPI:
    return paged(template, tmp_path)


@pytest.fixture(scope="session")
def two(template: Path, tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """Serve two issues of two categories, units and grids; tests only look at them."""
    app = paged(template, tmp_path_factory.mktemp("two"))
    issue_of(app)
    issue_of(app, category=LAMP, condition=TWO, place=spot(50, 50))
    return app
