"""The form of wall maps, as offices, leaders and readers of a part see it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.test_papers import LEADER, OFFICE, WEST, Papers, papers_of
from tests.town import town


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Papers]:
    folder: Path = tmp_path_factory.mktemp("wall")
    yield from papers_of(town("EPSG:4490"), folder, browser)


def test_an_office_chooses_and_gets_a_sheet(papers: Papers) -> None:
    page = papers.open(OFFICE)
    form = page.locator("#wall-map")
    form.locator("[name=size]").select_option("A1")
    form.get_by_label("Hot spots").uncheck()
    form.locator("[name=title]").fill("创城作战图")
    with (
        page.expect_popup() as popup,
        page.context.expect_event("request", lambda request: "wall-map.pdf" in request.url) as sent,
    ):
        form.get_by_role("button", name="Wall map (PDF)").click()
    asked = parse_qs(urlsplit(sent.value.url).query)
    popup.value.close()
    assert asked["size"] == ["A1"]
    assert asked["title"] == ["创城作战图"]
    assert "hotspots" not in asked["layer"]
    assert {"grids", "units", "index", "gaps"} <= set(asked["layer"])
    answer = page.request.get(sent.value.url)
    assert answer.headers["content-type"] == "application/pdf"


def test_a_reader_of_a_part_is_offered_no_figure_of_the_whole(papers: Papers) -> None:
    form = papers.open(WEST).locator("#wall-map")
    expect(form.get_by_label("Roads")).to_be_checked()
    expect(form.get_by_label("Hot spots")).to_have_count(0)
    expect(form.get_by_label("Flags of the boards")).to_have_count(0)


def test_a_leader_is_offered_everything(papers: Papers) -> None:
    form = papers.open(LEADER).locator("#wall-map")
    expect(form.get_by_label("Hot spots")).to_be_checked()
    expect(form.get_by_label("Flags of the boards")).to_be_checked()
