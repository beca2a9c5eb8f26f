"""The page of declared totals."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from api.sentences import QueryError
from web.pages.totals import read


def test_a_whole_that_is_not_the_sum_of_its_parts_is_named(small_town: TestClient) -> None:
    declared = "合计 5\nmarket，1\nschool\t3"
    text = small_town.get("/totals", params={"by": "category", "declared": declared}).text
    assert "与分项之和不符" in text
    assert "不符" in text
    assert "相符" in text


def test_what_is_no_name_and_number_is_said_beside_the_field(small_town: TestClient) -> None:
    text = small_town.get("/totals", params={"declared": "只有名称"}).text
    assert "不是“名称 数量”的写法" in text


def test_the_lines_of_a_report_are_read_as_people_write_them() -> None:
    rows = read("合计 155\n街道：61\n小区,33\n灯塔镇\t26")
    assert rows["name"].isna().tolist() == [True, False, False, False]
    assert rows["declared"].tolist() == [155, 61, 33, 26]
    with pytest.raises(QueryError):
        read("155")
