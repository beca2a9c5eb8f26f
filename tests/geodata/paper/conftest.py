"""The town, and one without anything, of which paper is printed."""

from __future__ import annotations

import pytest

from geodata.reports import Reports
from tests.geodata.paper.printing import kept
from tests.registers import CRS
from tests.town import town


@pytest.fixture(scope="session")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    return kept(tmp_path_factory.mktemp("town"), town(CRS))


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    return kept(tmp_path_factory.mktemp("blank"), {})
