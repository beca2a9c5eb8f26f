"""The ledger over HTTP: asked, paged, drawn and written out; what waits for whom."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from geodata.issues.sheet import MEDIA_XLSX
from gridmap.access import CITY
from tests.citizens import LAMP, TWO
from tests.closed_loop import EAST, U1, U2, WEST, act, desk, ledger, phone, report, spot
from tests.people import client_of

PATH = "/api/v1/issues"
FIRST = "232701100001001"


@pytest.fixture
def many(loop: FastAPI) -> FastAPI:
    """Report garbage in two grids and a lamp for u1, and garbage for u2."""
    client = phone(loop)
    report(client, description="100%满溢")
    report(client, place=spot(150, 170), description="沿街_堆物")
    report(client, category=LAMP, condition=TWO, channel="hotline")
    report(phone(loop, U2), place=spot(50, 50))
    return loop


def test_the_ledger_answers_what_was_asked(many: FastAPI) -> None:
    office, low, high = client_of(many, "city_office"), spot(120, 120), spot(190, 199)
    box = f"{low['lon']},{low['lat']},{high['lon']},{high['lat']}"
    asked: list[tuple[dict[str, Any], int]] = [
        ({}, 7),  # with the three old ones of the town
        ({"state": "dispatched"}, 4),
        ({"state": ["dispatched", "reported"]}, 7),
        ({"state": "filed"}, 0),
        ({"open": False}, 0),
        ({"light": "green"}, 4),
        ({"light": "red"}, 0),
        ({"category": LAMP}, 1),
        ({"channel": "hotline"}, 2),
        ({"grid": FIRST, "state": "dispatched"}, 2),
        ({"division": WEST.key, "state": "dispatched"}, 4),
        ({"division": EAST.key, "state": "dispatched"}, 0),
        ({"unit_id": "u2"}, 1),
        ({"q": "100%"}, 1),
        ({"q": "%"}, 1),
        ({"q": "_"}, 1),
        ({"q": "堆物"}, 1),
        ({"bbox": box}, 1),
        ({"since": "2026-11-01T00:00:00Z"}, 4),
        ({"until": "2026-11-01T00:00:00Z"}, 3),
        ({"sort": "due", "state": "dispatched"}, 4),
        ({"pending": "appeal"}, 0),
    ]
    for query, expected in asked:
        found = ledger(office, **query)
        assert (found["matched"], len(found["issues"])) == (expected, expected), query
    assert ledger(office)["counts"] == {"dispatched": 4, "reported": 3}
    due = [row["due_at"] for row in ledger(office, sort="due")["issues"]]
    assert due == sorted(due)
    assert len(due) == 4
    assert ledger(phone(many), mine=True)["matched"] == 3
    west = client_of(many, "subdistrict_office", WEST)
    assert ledger(west)["counts"] == {"dispatched": 4, "reported": 1}


@pytest.mark.parametrize(
    "query",
    [
        "state=lost",
        "bbox=1,2,3",
        "since=2026-11-22T00:00:00",
        "limit=0",
        "limit=1001",
        "x=1",
        "cursor=abc",
        "cursor=W10",
        "cursor=WzEsMl0",
        "light=blue",
        "format=pdf",
        "sort=number",
        "open=perhaps",
        "q=" + "x" * 101,
    ],
)
def test_a_question_that_cannot_be_is_refused(loop: FastAPI, query: str) -> None:
    answer = client_of(loop, "city_office").get(f"{PATH}?{query}")
    assert answer.status_code in {400, 422}, answer.text


@pytest.mark.parametrize("sort", ["reported", "due"])
def test_pages_hold_every_issue_once_while_others_are_added(many: FastAPI, sort: str) -> None:
    office = client_of(many, "city_office")
    whole = [row["issue_id"] for row in ledger(office, sort=sort)["issues"]]
    walked, cursor = [], None
    for _ in range(len(whole)):
        query = {"sort": sort, "limit": 2} | ({"cursor": cursor} if cursor else {})
        page = ledger(office, **query)
        walked += [row["issue_id"] for row in page["issues"]]
        if sort == "reported" and cursor is None:
            report(phone(many))  # the newest: it stands before the first page
        if (cursor := page["next"]) is None:
            break
    assert walked == whole


def test_the_ledger_is_a_map(many: FastAPI) -> None:
    answer = client_of(many, "city_office").get(PATH, params={"format": "geojson", "q": "100%"})
    assert answer.headers["Content-Type"] == "application/geo+json"
    (feature,) = answer.json()["features"]
    at = spot(50, 170)
    assert feature["geometry"]["type"] == "Point"
    assert feature["geometry"]["coordinates"] == pytest.approx([at["lon"], at["lat"]], abs=2e-7)
    assert (feature["properties"]["grid_name"], answer.json()["matched"]) == ("第1网格", 1)


def test_the_ledger_is_a_sheet_of_the_office(many: FastAPI) -> None:
    report(phone(many), description='=HYPERLINK("http://a.example","x")')
    answer = client_of(many, "city_office").get(PATH, params={"format": "xlsx", "limit": 1})
    assert answer.headers["Content-Type"] == MEDIA_XLSX
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    sheet = book.active
    assert sheet is not None
    rows = [[cell for cell in row if cell.value is not None] for row in sheet.iter_rows()]
    assert not [cell for row in rows for cell in row if cell.data_type == "f"]
    texts = [[str(cell.value) for cell in row] for row in rows]
    heading = next(row for row in texts if "案件编号" in row)
    assert heading[-2:] == ["大类代码", "小类代码"]
    assert heading[:6] == ["序号", "案件编号", "上报时间", "上报渠道", "问题类别", "问题描述"]
    told = [row for row in texts if "已派遣" in row]
    assert len(told) == 5
    assert {"单位巡查", "热线"} < {word for row in told for word in row}
    assert any("HYPERLINK" in word for row in told for word in row)


def test_everybody_is_told_what_waits_for_them(many: FastAPI) -> None:
    def waiting(client: TestClient) -> dict[str, int]:
        lists = client.get("/api/v1/tasks").json()["lists"]
        return {row["name"]: row["count"] for row in lists}

    for unit, accept in ((U1, 3), (U2, 1)):
        theirs = waiting(desk(many, unit))
        assert (theirs["accept"], theirs["rectify"], "file" in theirs) == (accept, 0, False)
    office = waiting(client_of(many, "city_office", CITY))
    assert (office["file"], office["dispatch"], office["overdue"]) == (3, 0, 0)
    assert (office["review"], office["reinspect"]) == (1, 0)
    key = ledger(desk(many, U2))["issues"][0]["issue_id"]
    act(desk(many, U2), key, "rectify")
    inspector = waiting(client_of(many, "inspector"))
    assert (inspector["reinspect"], inspector["close_out"]) == (1, 0)
    assert not {"accept", "file", "reinspect"} & set(waiting(client_of(many, "leader")))
