"""The page of filing conditions, and the same in Excel."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
from fastapi import FastAPI

from geodata.city_days import CityDays
from geodata.standards import Standards
from gridmap.access import OPERATOR
from gridmap.working_time import OFFICE_HOURS
from tests.people import client_of
from tests.web.issue_town import emptied, paged


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    template = emptied(tmp_path_factory.mktemp("empty"))
    return paged(template, tmp_path_factory.mktemp("conditions"))


def test_conditions_stand_under_their_category_with_code_and_limit(
    town: FastAPI, shared_data: Path, tmp_path: Path
) -> None:
    service = town.state.service
    store = service.workspaces.whole.store
    kept = Standards(store, OPERATOR, service.today())
    sheet = shared_data / "xlsx_cityguard" / "运城_事件_立案处置标准.xlsx"
    kept.publish(kept.preview(sheet).conditions, "2027")
    client = client_of(town, "inspector")
    page = client.get("/conditions").text
    assert page.count("<tbody>") == 98
    assert "01-10" in page  # 暴露生活垃圾
    some = client.get("/conditions", params={"q": "非法小广告"}).text
    assert some.count("<tbody>") == 1
    earlier = client.get("/conditions", params={"edition": "2026-01"}).text
    assert earlier.count("<tbody>") == 2
    # what is exported is read again as what was published
    answer = client.get("/api/v1/conditions", params={"format": "xlsx"})
    (tmp_path / "a.xlsx").write_bytes(answer.content)
    again = kept.preview(tmp_path / "a.xlsx").conditions
    shown = kept.conditions().reset_index(drop=True)[list(again.columns)]
    pd.testing.assert_frame_equal(again.reset_index(drop=True), shown, check_dtype=False)


def test_the_city_s_own_days_that_lie_ahead_are_shown(town: FastAPI) -> None:
    service = town.state.service
    client = client_of(town, "inspector")
    assert "No day of the city" in client.get("/conditions").text
    day = service.today() + timedelta(days=3)
    days = pd.DataFrame({"day": [str(day)], "works": ["否"], "note": ["暴雪停工"]})
    store = service.workspaces.whole.store
    CityDays(store, OPERATOR, service.zone, OFFICE_HOURS).announce(days)
    page = client.get("/conditions").text
    assert f"{day}" in page
    assert "暴雪停工" in page
    admin = client_of(town, "system_admin")
    assert admin.get("/conditions").status_code == 403
    front = admin.get("/", headers={"accept": "text/html"}, follow_redirects=False)
    assert front.headers["location"] == "/me"
