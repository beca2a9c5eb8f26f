"""The leaders' pages: the morning, the way down, the large screen, charts and maps."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import geopandas as gpd
import pytest
from fastapi import FastAPI
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from api.settings import Settings
from geodata.database import connect, migrate
from gridmap.access import CITY, Scope
from tests.leading import G1, G3, leading_register
from tests.people import client_of
from tests.town import COMMUNITIES
from tests.web.fakes import PAYLOADS
from tests.web.issue_town import text_of
from web.main import create_app
from web.maps.load import classes
from web.maps.points import points_map
from web.words import words

WEST, EAST = COMMUNITIES
DAY = {"as_of": "2026-06-30"}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    url = leading_register(tmp_path_factory.mktemp("leaders"))
    return create_app(Settings(database_url=url, language="en"))


@pytest.fixture(scope="module")
def leader(app: FastAPI) -> TestClient:
    return client_of(app, "leader", CITY)


def page(client: TestClient, path: str, **more: Any) -> str:
    answer = client.get(path, params=DAY | more)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_the_morning_says_what_stands_out_and_why(leader: TestClient) -> None:
    told = text_of(page(leader, "/leaders"))
    assert "第1网格 12 ran out of time, none in the 22 days before" in told
    assert "市林业局" in told
    assert "Overdue now 12 of 15 open" in told
    assert "2026-06-01 to 2026-06-30 beside the 22 days before; 7 places compared (Grid)" in told
    assert "60–96%" in told  # of 12 in 14


def test_every_figure_leads_to_what_it_counts(leader: TestClient) -> None:
    html = page(leader, "/leaders", division=WEST)
    links = {unescape(found) for found in re.findall(r'href="([^"]+)"', html)}
    assert f"/issues?light=red&division={WEST}&as_of=2026-06-30" in links
    assert f"/issues?light=red&unit_id=u1&division={WEST}&as_of=2026-06-30" in links
    assert f"/leaders?division={G1}&as_of=2026-06-30" in links
    assert "/register/units/u1?as_of=2026-06-30" in links


def test_where_nothing_stands_out_the_page_says_so(leader: TestClient) -> None:
    told = text_of(page(leader, "/leaders", division=EAST))
    assert "Nothing stands out" in told
    early = text_of(page(leader, "/leaders", since="2026-05-01"))
    assert "There are no records of the days before" in early


def test_the_way_down_ends_at_issues_and_leads_back(leader: TestClient) -> None:
    html = page(leader, "/leaders", division=G1)
    told = text_of(html)
    assert "Open issues in this grid 14" in told
    assert told.count("overdue") >= 12
    assert 'href="/issues/001-06-15-00?as_of=2026-06-30"' in html
    crumbs = re.search(r'(?s)<nav class="crumbs".*?</nav>', html)
    assert crumbs is not None
    assert text_of(crumbs[0]) == "Whole city 漠河市 西林吉镇 向阳社区 第1网格"


def test_a_leader_of_a_division_begins_there(app: FastAPI) -> None:
    client = client_of(app, "leader", Scope("division", WEST))
    told = text_of(page(client, "/leaders"))
    assert "This morning · 向阳社区" in told
    assert client.get("/leaders", params=DAY | {"division": f"{EAST}005"}).status_code == 404


@pytest.mark.parametrize(
    ("address", "said", "status"),
    [
        ("/charts?category=nothing", "No issue is of the category 'nothing'", 404),
        ("/charts?channel=pigeon", "No issue came by the channel 'pigeon'", 404),
        ("/evaluation?channel=pigeon", "No issue came by the channel 'pigeon'", 404),
        ("/evaluation?by=weather", "There is no evaluation of on_time by weather", 400),
        ("/hotspots?category=nothing", "No issue is of the category 'nothing'", 404),
        ("/maps/hotspots?channel=pigeon", "No issue came by the channel 'pigeon'", 404),
        ("/hotspots?by=<b>stars&per=beds", "asks for by=<b>stars, per=beds, which this", 400),
        ("/hotspots/roads?channel=pigeon", "No issue came by the channel 'pigeon'", 404),
        ("/hotspots/roads?lixel=7", "asks for lixel=7, which this page", 400),
        ("/leaders/maps?show=stars", "asks for show=stars, which this page", 400),
    ],
)
def test_what_a_page_does_not_know_is_refused_on_a_page(
    leader: TestClient, address: str, said: str, status: int
) -> None:
    answer = leader.get(address)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert said in unescape(answer.text)
    assert "<b>stars" not in answer.text


@pytest.mark.parametrize("path", ["/leaders", "/leaders/wall", "/charts"])
@pytest.mark.parametrize(
    ("wrong", "said", "status"),
    [
        ({"since": "2026-07-01"}, "before it begins", 422),
        ({"since": "yesterday"}, "is not a day", 400),
        ({"period": "century"}, "There is no period century", 400),
        ({"division": "999"}, "There is no division 999", 404),
    ],
)
def test_wrong_input_is_refused_in_words(
    leader: TestClient, path: str, wrong: dict[str, str], said: str, status: int
) -> None:
    answer = leader.get(path, params=DAY | wrong)
    assert answer.status_code == status
    assert said in unescape(answer.text)


def test_the_large_screen_has_what_it_swaps_and_says_how_old_it_is(leader: TestClient) -> None:
    html = page(leader, "/leaders/wall")
    assert set(re.findall(r'id="([\w-]+)"[^>]* data-swap', html)) == {
        "moment",
        "figures",
        "moved-list",
        "late-list",
    }
    told = text_of(html)
    assert "as of 2026-07-01 00:00" in told
    assert "Overdue now 12 of 15 open" in told
    assert 'data-zone="Asia/Shanghai"' in html


def test_units_have_the_board_in_their_menu_and_leaders_their_own_page(
    app: FastAPI, leader: TestClient
) -> None:
    unit = client_of(app, "unit_coordinator", Scope("unit", "u1"))
    mine, theirs = (client.get("/tasks").text for client in (unit, leader))
    assert ('href="/board"' in mine, 'href="/leaders"' in mine) == (True, False)
    assert 'href="/leaders"' in theirs
    assert unit.get("/leaders").status_code == 403


def test_the_charts_page_has_a_table_excel_and_words_for_each(leader: TestClient) -> None:
    html = page(leader, "/charts", division=WEST, category="暴露垃圾")
    charts = re.findall(r'data-chart="(\w+)"', html)
    assert charts == ["trend", "calendar", "categories", "stages", "ages", "on_time"]
    assert html.count('role="img" aria-label="') == len(charts)
    without = re.findall(r'<noscript>.*?href="/api/v1/charts/(\w+)\.xlsx', html)
    assert without == charts  # who has no script still gets every figure
    assert html.count('<table class="data compact"') == len(charts)
    query = f"division={WEST}&since=2026-06-01&until=2026-06-30&category=%E6%9A%B4"
    assert f'href="/api/v1/charts/trend.xlsx?{query}' in unescape(html)
    found = re.search(r'(?s)id="charts-words">(.*?)</script>', html)
    assert found is not None
    said = json.loads(found[1])
    assert set(said["columns"]) == set(charts)
    assert said["stages"]["closed_out"] == "Closed out"


def test_what_people_wrote_stays_text_in_the_form(leader: TestClient) -> None:
    for payload in PAYLOADS:
        if "<" in payload:
            asked = DAY | {"category": payload, "channel": payload}
            answer = leader.get("/charts", params=asked)
            assert answer.status_code == 404
            assert payload not in answer.text


def test_the_map_of_load_says_its_classes_and_leads_to_units(leader: TestClient) -> None:
    html = page(leader, "/maps/load")
    # u1: 2 grids for 40 people; u2: 1 for 25; u3: 1 for 60; u4: 1 for 10
    assert re.findall(r"<span class=\"word\">([\d.]+ – [\d.]+)</span>", html) == [
        "0.2 – 0.2",
        "0.2 – 0.4",
        "0.4 – 0.5",
        "0.5 – 1.0",
    ]
    assert '"path": "/register/units/"' in html
    assert '"u1"' in html
    told = text_of(page(leader, "/leaders/maps"))
    assert "市林业局 2 40 0.5" in told


def test_the_map_of_points_follows_the_last_visit(leader: TestClient) -> None:
    told = text_of(page(leader, "/leaders/maps", show="points"))
    assert "1 of 2 inspected points reached it; 0 have not been inspected" in told
    assert "第一小学" in told
    html = page(leader, "/maps/points")
    legend = re.findall(
        r"(?s)<span class=\"word\">([^<]+)</span><span class=\"figure\">(\d+)", html
    )
    assert dict(legend)["Reached the standard"] == "1"
    assert dict(legend)["60 % to 80 % of the score"] == "1"
    early = dict(
        re.findall(
            r"(?s)<span class=\"word\">([^<]+)</span><span class=\"figure\">(\d+)",
            page(leader, "/maps/points", as_of="2026-05-01"),
        )
    )
    assert early["Not yet inspected"] == "2"


def test_names_of_points_are_inert_on_the_map() -> None:
    rows = {
        "name": list(PAYLOADS),
        "category": list(PAYLOADS),
        "at": [None] * len(PAYLOADS),
        "score": [1.0] * len(PAYLOADS),
        "out_of": [2.0] * len(PAYLOADS),
        "share": [0.5] * len(PAYLOADS),
    }
    shapes = gpd.points_from_xy([120.0] * len(PAYLOADS), [30.0] * len(PAYLOADS))
    points = gpd.GeoDataFrame(rows, geometry=shapes, crs="EPSG:4490")
    empty = gpd.GeoDataFrame({"name": []}, geometry=[], crs="EPSG:4490")
    html = points_map(points, {"roads": empty, "divisions": empty}, words("en")).get_root().render()
    assert "window.__xss=1>" not in html
    assert "${window" not in html


@settings(deadline=None)
@given(st.lists(st.integers(0, 40), max_size=40), st.integers(2, 5))
def test_classes_hold_every_number_once_and_in_order(values: list[int], k: int) -> None:
    made = classes([float(n) for n in values], k)
    assert sum(made.counts) == len(values)
    assert list(made.bounds) == sorted(made.bounds)
    found = [made.of(n) for n in sorted(values)]
    assert found == sorted(found)
    assert [found.count(n) for n in range(len(made.counts))] == list(made.counts)


def test_a_grid_without_anything_open_says_so(leader: TestClient) -> None:
    assert "Nothing is open here." in text_of(page(leader, "/leaders", division=G3))


@pytest.mark.parametrize(
    "path", ["/leaders", "/leaders/wall", "/charts", "/leaders/maps", "/maps/load", "/maps/points"]
)
def test_an_empty_register_has_every_page(
    tmp_path_factory: pytest.TempPathFactory, path: str
) -> None:
    folder = tmp_path_factory.mktemp("empty")
    url = f"gpkg:///{folder / 'empty.gpkg'}"
    migrate(connect(url), crs="EPSG:4490", codes="cn", name="空市")
    client = client_of(create_app(Settings(database_url=url, language="en")), "leader", CITY)
    answer = client.get(path)
    assert answer.status_code == 200
    assert "nan" not in text_of(answer.text).lower()


PLACED = ("/leaders/maps", "/leaders/maps?show=points", "/coverage", "/recurrence", "/emerging")


@pytest.mark.parametrize("path", PLACED)
def test_every_map_has_a_way_up_and_a_way_down_that_keeps_the_day(
    leader: TestClient, path: str
) -> None:
    whole = page(leader, path)
    assert "place-bar" in whole
    there = {unescape(link) for link in re.findall(r'href="([^"]*division=[^"]*)"', whole)}
    down = next(link for link in there if link.startswith(path.partition("?")[0]))
    assert "as_of=2026-06-30" in down
    below = leader.get(down)
    assert below.status_code == 200
    assert "Whole city</a>" in below.text
    assert f"{path.partition('?')[0]}?" in below.text
    gone = leader.get(path, params=DAY | {"division": "nowhere"})
    assert gone.status_code == 404


def test_figures_of_a_place_are_of_it_alone(leader: TestClient) -> None:
    def units(**where: str) -> list[str]:
        table = page(leader, "/leaders/maps", **where).partition("<tbody>")[2]
        return re.findall(r"/register/units/(u\d)", table)

    whole, west, east = units(), units(division=WEST), units(division=EAST)
    assert whole
    assert set(whole) == set(west) | set(east)
    assert set(west) != set(east)
    assert len(page(leader, "/maps/load")) > len(page(leader, "/maps/load", division=WEST))


def test_a_place_shows_no_more_than_somebody_may_see(app: FastAPI) -> None:
    theirs = client_of(app, "leader", Scope("division", WEST))
    assert theirs.get("/coverage", params=DAY | {"division": EAST}).status_code == 404
