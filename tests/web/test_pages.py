"""What a reader gets at each address."""

import re

import pytest
from starlette.testclient import TestClient

from geodata.reports import Reports
from gridmap.access import CITY
from tests.web.addresses import GRID, MAPS, PAGES


@pytest.mark.parametrize("language", ["zh_CN", "en"])
@pytest.mark.parametrize("path", PAGES + MAPS)
def test_every_page_answers_in_both_languages(
    wide_town: TestClient, path: str, language: str
) -> None:
    joined = f"{path}{'&' if '?' in path else '?'}lang={language}"
    answer = wide_town.get(joined)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["content-language"] == language.replace("_", "-")


@pytest.mark.parametrize("path", PAGES)
def test_an_english_page_holds_no_chinese_of_ours(small_town: TestClient, path: str) -> None:
    text = small_town.get(f"{path}{'&' if '?' in path else '?'}lang=en").text
    for chinese in ("包保关系", "盲区", "责任网格", "台账", "热点", "截至", "查找"):
        assert chinese not in text


def test_the_language_is_remembered_until_it_is_chosen_again(small_town: TestClient) -> None:
    assert "全市一览" in small_town.get("/").text
    small_town.get("/?lang=en")
    assert "The city at a glance" in small_town.get("/").text
    small_town.get("/?lang=zh-CN")
    assert "全市一览" in small_town.get("/").text


def test_a_language_that_nobody_speaks_here_changes_nothing(small_town: TestClient) -> None:
    answer = small_town.get("/?lang=xx")
    assert "全市一览" in answer.text
    assert "set-cookie" not in answer.headers


def test_the_overview_says_what_is_covered_of_how_much(small_town: TestClient) -> None:
    # 3 of 8 squares of 1 ha: 001 and 002 by u1, 003 by u2
    text = small_town.get("/").text
    assert "37.50%" in text
    assert "已覆盖 3.00 公顷，共 8.00 公顷" in text


def test_the_register_leads_from_the_city_to_the_grid(small_town: TestClient) -> None:
    text = small_town.get("/register").text
    assert 'href="/register?division=232701"' in text
    text = small_town.get("/register?division=232701100001").text
    assert f'href="/register/grids/{GRID}"' in text
    assert "市林业局" in text


def test_a_search_finds_names_codes_and_pinyin(small_town: TestClient) -> None:
    for text in ("向阳", "xiangyang", "xysq", "232701100001"):
        assert "向阳社区" in small_town.get("/register/search", params={"q": text}).text


def test_a_search_for_nothing_known_says_so(small_town: TestClient) -> None:
    answer = small_town.get("/register", params={"q": "<b>nowhere</b>"})
    assert answer.status_code == 200
    assert "&lt;b&gt;nowhere" in answer.text
    assert "<b>nowhere" not in answer.text


def test_coverage_lists_each_gap_with_its_reason(small_town: TestClient) -> None:
    text = small_town.get("/coverage").text
    for reason in ("未划网格", "无责任单位", "单位已停用", "无联系人"):
        assert reason in text
    only = small_town.get("/coverage?reason=no_contact").text
    assert len(re.findall(r'<tr data-box="[^"]+">\s*<td><span class="reason', only)) == 1


def test_hot_spots_state_their_method_and_the_piles_left_out(wide_town: TestClient) -> None:
    text = wide_town.get("/hotspots").text
    assert "Getis-Ord Gi*" in text
    assert "Benjamini-Hochberg" in text
    assert "坐标完全相同的堆积点" in text


def test_too_few_areas_are_explained_and_not_drawn(small_town: TestClient) -> None:
    answer = small_town.get("/hotspots")
    assert answer.status_code == 200
    assert "热点分析至少需要 30 个单元" in answer.text
    assert "/maps/hotspots" not in answer.text
    assert "<iframe" not in answer.text


def test_who_answers_here_names_the_unit_and_the_rule(small_town: TestClient) -> None:
    # 50 m east and 120 m north of the corner, in the first metres of the road's left side
    reports = small_town.app.state.service.reports((CITY,))  # type: ignore[attr-defined]
    area = reports.areas("grid", reports.today())
    centre = area.geometry.loc[GRID].centroid
    text = small_town.get("/here", params={"lon": centre.x, "lat": centre.y, "accuracy": 1}).text
    assert "市林业局" in text
    assert "依据：" in text
    assert GRID in text


def test_the_same_place_in_three_datums_has_one_answer(wide_town: TestClient) -> None:
    from geodata import crs  # noqa: PLC0415

    here = [[122.5405, 52.9735]]
    shifted = {
        "wgs84": here,
        "gcj02": crs.wgs84_to_gcj02(here),
        "bd09": crs.wgs84_to_bd09(here),
    }
    found = set()
    for datum, xy in shifted.items():
        query = {"lon": xy[0][0], "lat": xy[0][1], "datum": datum}
        found |= set(re.findall(r'data-grid="(\d+)"', wide_town.get("/here", params=query).text))
    assert len(found) == 1


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("/here?lon=abc&lat=52", "不是 −180 到 180 之间的数"),
        ("/here?lon=nan&lat=52", "不是 −180 到 180 之间的数"),
        ("/?as_of=yesterday", "不是日期"),
        ("/hotspots?since=2026-05-01&until=2026-04-01", "早于开始日"),
        ("/hotspots?by=hex&size=7", "没有边长"),
    ],
)
def test_a_question_that_cannot_be_is_refused_with_its_reason(
    wide_town: TestClient, query: str, said: str
) -> None:
    answer = wide_town.get(query)
    assert answer.status_code == 400
    assert said in answer.text


def test_an_unknown_address_has_a_page(small_town: TestClient) -> None:
    answer = small_town.get("/no/such/page")
    assert answer.status_code == 404
    assert "这个地址没有内容" in answer.text
    assert 'href="/register"' in answer.text


def test_an_unknown_grid_has_a_page_that_names_it(small_town: TestClient) -> None:
    answer = small_town.get("/register/grids/<script>")
    assert answer.status_code == 404
    assert "&lt;script&gt;" in answer.text


def test_programs_get_no_page_where_they_ask_for_nothing_known(small_town: TestClient) -> None:
    answer = small_town.get("/api/v1/nothing")
    assert answer.status_code == 404
    assert not answer.headers["content-type"].startswith("text/html")


def test_a_fault_of_ours_is_a_page_without_a_word_of_the_fault(
    monkeypatch: pytest.MonkeyPatch, small_town: TestClient
) -> None:
    def fail(*_: object) -> None:
        msg = "secret path"
        raise RuntimeError(msg)

    monkeypatch.setattr(Reports, "overview", fail)
    quiet = TestClient(small_town.app, raise_server_exceptions=False)
    answer = quiet.get("/")
    assert answer.status_code == 500
    assert "服务出错了" in answer.text
    assert "secret path" not in answer.text


def test_a_past_day_is_announced_and_kept_in_every_link(small_town: TestClient) -> None:
    text = small_town.get("/?as_of=2026-02-03").text
    assert "2026年2月3日" in text
    assert 'href="/coverage?as_of=2026-02-03"' in text
    assert "as_of=" not in re.sub(r'name="as_of"', "", small_town.get("/").text)


@pytest.mark.parametrize("path", ["/", "/register", "/coverage", "/hotspots", "/here"])
def test_an_empty_register_says_what_to_do(empty_register: TestClient, path: str) -> None:
    answer = empty_register.get(path)
    assert answer.status_code == 200
    assert 'class="empty"' in answer.text


def test_the_register_opens_where_there_is_a_choice(wide_town: TestClient) -> None:
    """A town of one district and one subdistrict opens at the communities."""
    page = wide_town.get("/register").text
    assert "向阳社区" in page
    assert "北山社区" in page


def test_the_whole_city_can_still_be_asked_for(wide_town: TestClient) -> None:
    page = wide_town.get("/register", params={"division": "*"})
    assert page.status_code == 200
    assert "漠河市" in page.text
