"""Two periods by the kilometres that patrols walked, as they are recorded."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from geodata.reports import Reports, Selection
from geodata.reports.comparing import Asked, compared
from gridmap.errors import InvalidError, TooLittleDataError
from tests.geodata.test_spots import AS_OF, CODES, register

ZONE = ZoneInfo("Asia/Shanghai")
BEFORE = Selection(date(2026, 3, 1), date(2026, 3, 2))
AFTER = Selection(date(2026, 3, 3), date(2026, 3, 31))


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    return register(tmp_path_factory.mktemp("walked")).reports


def test_each_grid_is_divided_by_what_was_walked_there(city: Reports) -> None:
    # the first road was walked whole before, 100 m in each grid, and for 250 m after
    found = compared(city.workspace, Asked(BEFORE, AFTER, "grid", per="walked"), ZONE, AS_OF)
    table = found.table.loc[CODES]
    assert table["verdict"].iloc[3:].unique().tolist() == ["not_walked"]
    assert table["rate_before"].iloc[:4].tolist() == pytest.approx([90, 90, 90, 10], rel=1e-3)
    assert table["rate_after"].iloc[:3].tolist() == [0, 0, 0]
    assert table["rate_after"].iloc[3:].isna().all()
    assert found.km == pytest.approx((0.8, 0.25), rel=1e-3)
    assert (found.city.before, found.city.after, found.city.verdict) == (27, 0, "better")
    assert found.city.rate_before == pytest.approx(27 / 0.3, rel=1e-3)


def test_what_was_not_walked_or_is_told_twice_is_refused(city: Reports) -> None:
    nobody = Selection(date(2026, 1, 1), date(2026, 1, 31))
    with pytest.raises(TooLittleDataError):
        compared(city.workspace, Asked(nobody, AFTER, per="walked"), ZONE, AS_OF)
    with pytest.raises(InvalidError, match="not both"):
        compared(city.workspace, Asked(BEFORE, AFTER, km=(1, 2), per="walked"), ZONE, AS_OF)
