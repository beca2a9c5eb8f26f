"""The hand-made town and a register without anything, asked."""

from __future__ import annotations

import pandas as pd
import pytest

from geodata.reports import Reports
from tests.geodata.towns import kept
from tests.registers import CRS
from tests.town import SQUARES, town


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    frames = town(CRS)
    codes = list(SQUARES)
    grid = pd.array([codes[0], codes[4], None], dtype="str")
    frames["issues"] = frames["issues"].assign(grid=grid)
    return kept(tmp_path_factory.mktemp("town"), frames).reports


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    """Return a register on the day on which it was made."""
    return kept(tmp_path_factory.mktemp("blank"), {}).reports
