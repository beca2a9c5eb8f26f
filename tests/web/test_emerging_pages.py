"""The pages of emerging hot spots and of before and after, and their maps."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from shapely import Point
from starlette.testclient import TestClient

from api.settings import Settings
from gridmap.access import CITY
from gridmap.patterns import PATTERNS
from tests.browser.desks import register
from tests.courses import CODE, HOT, USUAL, courses
from tests.gridmap.lattice import squares
from tests.people import client_of
from tests.town import COMMUNITIES
from tests.web import fakes
from web.main import create_app
from web.maps import palette
from web.maps.comparison import comparison_map
from web.maps.emerging import NAMES, SIGNS, course, entries, sign
from web.words import words

TWO = (
    "before_since=2026-03-01&before_until=2026-03-31&after_since=2026-06-01&after_until=2026-06-30"
)
AS_OF = "as_of=2026-06-29"


@pytest.fixture(scope="module")
def town() -> Iterator[TestClient]:
    with TestClient(fakes.site(courses(), language="en")) as client:
        yield client


@pytest.fixture(autouse=True)
def forget(town: TestClient) -> Iterator[None]:
    yield
    town.cookies.clear()


@pytest.mark.parametrize("path", ["/emerging", "/comparison"])
@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_both_pages_open_in_both_languages_on_any_register(
    town: TestClient,
    small_town: TestClient,
    empty_register: TestClient,
    named_badly: TestClient,
    path: str,
    lang: str,
) -> None:
    for client in (town, small_town, empty_register, named_badly):
        answer = client.get(f"{path}?lang={lang}")
        assert answer.status_code == 200
        assert "<img src=x" not in answer.text
    assert 'class="empty"' in empty_register.get(f"{path}?lang={lang}").text


def test_a_block_that_grows_hot_is_listed_with_its_course(town: TestClient) -> None:
    page = town.get(f"/emerging?{AS_OF}").text
    assert "Consecutive hot spot" in page
    assert "2026-06-01 to 2026-06-29 is no whole step and is left out." in page
    item = next(one for one in page.split("<li>") if f"/register/grids/{CODE}" in one)
    assert f"{USUAL * 9 + HOT * 2} issues; hot in 2, cold in 0 of 11 steps" in item
    assert item.count('class="hot"') == 2
    assert item.count('class="n"') == 11
    assert "Getis-Ord Gi* in space and time" in page


def test_too_little_is_explained_and_not_drawn(town: TestClient, small_town: TestClient) -> None:
    page = small_town.get("/emerging?lang=en").text
    assert "Too little to draw an honest map" in page
    assert "<iframe" not in page
    assert "Take shorter steps or a longer period." in town.get("/emerging?every=quarter").text
    assert 'class="empty"' in small_town.get("/maps/emerging").text


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("every=day", "There is no step"),
        ("since=x", "is not a day"),
        ("since=2026-06-01&until=2026-05-01", "before it begins"),
        ("every=week&since=1950-01-01", "too many"),
        ("category=nothing", "No issue is of the category"),
    ],
)
def test_wrong_input_stays_beside_its_reason(town: TestClient, query: str, says: str) -> None:
    answer = town.get(f"/emerging?{query}")
    assert answer.status_code in {400, 404, 422}
    assert 'role="alert"' in answer.text
    assert says in answer.text


def test_the_map_sends_the_classes_of_all_steps_once(town: TestClient) -> None:
    page = town.get("/maps/emerging?until=2026-05-31").text
    found = re.search(r"gridmapSteps\(\w+, \w+, \w+, (\{.*\})\);", page)
    assert found
    told = json.loads(found.group(1))
    assert (len(told["steps"]), len(told["classes"])) == (11, 11)
    assert {len(row) for row in told["classes"]} == {62}
    assert set("".join(told["classes"])) <= set("0123456")
    assert '"classes"' not in page.replace(found.group(1), "")
    assert len(re.findall(r"(?<![A-Z])CON(?![A-Z])", page)) >= 9 + 1


def test_the_course_of_a_map_is_by_number_of_area() -> None:
    areas = squares(2).to_crs("EPSG:4326")
    classes = pd.DataFrame([[0, 3], [0, 0], [-2, 0], [0, 0]], index=areas.index)
    told = course(areas, classes, (), words("en"))
    assert told["classes"] == ["3313", "6333"]
    assert set(told["places"]) == {0, 2}
    latitude, longitude = told["places"][2]
    assert areas.geometry.iloc[2].contains(Point(longitude, latitude))
    assert told["fills"][6] == palette.CLASSES[3]


def test_every_pattern_has_a_name_a_colour_and_a_sign_of_its_own() -> None:
    assert set(PATTERNS) == set(NAMES) == set(palette.COURSES)
    assert len(set(palette.COURSES.values())) == 17
    for language in ("en", "zh_CN"):
        signs = [sign(pattern, words(language)) for pattern in PATTERNS]
        assert len(set(signs)) == 17
    assert {rule.rpartition("_")[0] or rule for rule in PATTERNS} - {"none"} == set(SIGNS)


def test_the_legend_has_the_patterns_that_there_are() -> None:
    table = pd.DataFrame({"pattern": ["none", "new_hot", "none"]})
    shown = entries(table, words("en"))
    assert [(one.word, one.figure) for one in shown] == [("New hot spot", "1"), ("No pattern", "2")]


# Before and after


def test_two_periods_are_judged_in_words(town: TestClient) -> None:
    page = town.get(f"/comparison?{TWO}&by=grid").text
    assert "is not over" in page  # today is the last of June in this town
    page = town.get(f"/comparison?{TWO.replace('06-30', '06-29')}&by=grid").text
    assert "More issues than before, by more than chance explains." in page
    assert page.count("▲") == 9
    assert page.count("data-synced") == 2
    row = next(one for one in page.split("<tr ") if f"/register/grids/{CODE}" in one)
    assert "× " in row
    assert "Regression to the mean." in page


def test_the_rest_of_the_city_is_set_beside(town: TestClient) -> None:
    acted = f"/comparison?{TWO.replace('06-30', '06-29')}&acted={COMMUNITIES[1]}"
    page = town.get(acted).text
    assert "北山社区 beside the rest" in page
    assert "ratio of the two ratios; 95 % interval" in page
    assert "It rose more there" in page


def test_a_period_before_the_first_issue_is_cautioned(town: TestClient) -> None:
    assert "The first issue" not in town.get("/comparison?pair=month").text
    old = "before_since=2024-06-01&before_until=2024-06-30"
    old += "&after_since=2026-05-01&after_until=2026-05-31"
    page = town.get(f"/comparison?{old}").text
    assert "The first issue of the register is of 2025-07-01" in page
    assert "∞" in page


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("pair=day", "nothing to compare by"),
        ("by=street", "nothing to compare by"),
        ("km_before=far&km_after=1", "not a number of kilometres"),
        ("km_before=10", "of both periods"),
        ("before_since=x", "is not a day"),
        ("before_until=2026-05-15", "before the first has ended"),
        ("acted=000000", "no division"),
        ("category=nothing", "No issue is of the category"),
        ("channel=pigeon", "No issue came by the channel"),
        ("per=walked&km_before=1&km_after=2", "not both"),
        ("per=beds", "not by beds"),
        ("division=000000", "no division"),
    ],
)
def test_what_cannot_be_compared_is_said_in_the_form(
    town: TestClient, query: str, says: str
) -> None:
    answer = town.get(f"/comparison?{query}")
    assert answer.status_code in {400, 404, 422}
    assert says in answer.text


def test_a_part_of_the_city_is_compared_by_itself(tmp_path: Path) -> None:
    app = create_app(Settings(database_url=register(tmp_path, courses()), language="en"))
    part = f"{TWO}&by=grid&division={COMMUNITIES[1]}"
    with client_of(app, "leader", CITY) as leader:
        page = leader.get(f"/comparison?{part}").text
        refused = leader.get(f"/comparison?{part}&per=walked")
    assert "No area has anything to divide by" in refused.text
    assert f'name="division" value="{COMMUNITIES[1]}"' in page
    assert f"division={COMMUNITIES[1]}" in page.split("data-synced")[0].split("<iframe")[-1]
    codes = set(re.findall(r'<td data-name="Name"><div><a href="/register/grids/(\d+)', page))
    assert codes
    assert {code[:12] for code in codes} == {COMMUNITIES[1]}


def test_an_area_that_was_not_walked_is_drawn_so() -> None:
    rates = {"rate_before": [1.0, np.nan], "rate_after": [np.nan, 2.0], "p": np.nan}
    counts = {"before": [3, 4], "after": [4, 5], "ratio": np.nan, "name": ["甲", "乙"]}
    table = squares(2).iloc[:2].assign(**rates, **counts, verdict="not_walked", acted=False)
    nothing = {"divisions": table.iloc[:0], "roads": table.iloc[:0]}
    for shown in ("before", "after"):
        page = comparison_map(table, shown, nothing, words("en"), unit="x").get_root().render()
        assert '<span class="word">Not walked</span>' in page
        assert "Not walked in both periods" in page


def test_both_maps_have_the_same_colours(town: TestClient) -> None:
    query = f"{TWO.replace('06-30', '06-29')}&by=grid"
    before, after = (
        town.get(f"/maps/comparison?shown={n}&{query}").text for n in ("before", "after")
    )
    limits = [re.findall(r'class="word">([^<▲▼]*\d[^<]*)<', page) for page in (before, after)]
    assert limits[0] == limits[1]
    assert len(limits[0]) >= 2
    assert not re.findall(r"▲|\\u25b2", before)
    assert len(re.findall(r"▲|\\u25b2", after)) == 9 + 1
