"""Names that would like to run, in every place where a name is written."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Visit
from tests.web.addresses import MAPS, PAGES

OPEN_EVERYTHING = """() => {
  const name = Object.keys(window).find((key) => /^map_[0-9a-f]+$/.test(key));
  if (!name) return 0;
  let opened = 0;
  window[name].eachLayer((layer) => {
    if (layer.getTooltip && layer.getTooltip()) { layer.openTooltip(); opened += 1; }
    if (layer.getPopup && layer.getPopup()) { layer.openPopup(); opened += 1; }
  });
  return opened;
}"""
RAN = "() => window.__xss !== undefined"


@pytest.mark.parametrize("path", PAGES)
def test_no_name_runs_on_a_page(visit: Visit, named_badly: str, path: str) -> None:
    visitor = visit(named_badly)
    page = visitor.open(path)
    for frame in page.frames:
        frame.evaluate(OPEN_EVERYTHING)
    page.wait_for_timeout(150)
    assert not any(frame.evaluate(RAN) for frame in page.frames)
    visitor.assert_clean()


@pytest.mark.parametrize("path", MAPS)
def test_no_name_runs_on_a_map_even_when_everything_is_opened(
    visit: Visit, named_badly: str, path: str
) -> None:
    visitor = visit(named_badly)
    page = visitor.open(path)
    assert page.evaluate(OPEN_EVERYTHING) > 0
    page.wait_for_timeout(150)
    assert not page.evaluate(RAN)
    visitor.assert_clean()


def test_no_name_runs_in_suggestions(visit: Visit, named_badly: str) -> None:
    visitor = visit(named_badly)
    page = visitor.open("/register")
    page.locator("#q").fill("23270")
    page.wait_for_selector("#suggestions a")
    assert not page.evaluate(RAN)
    visitor.assert_clean()


def test_no_name_runs_over_the_map_of_who_answers(visit: Visit, named_badly: str) -> None:
    visitor = visit(named_badly)
    page = visitor.open("/here")
    for x in (200, 400, 600):
        page.locator("#place-map").click(position={"x": x, "y": 300})
        page.wait_for_selector("#answer .panel")
        page.mouse.move(420, 460)
    assert not page.evaluate(RAN)
    visitor.assert_clean()


def test_a_question_in_the_address_is_text_too(visit: Visit, wide_town: str) -> None:
    visitor = visit(wide_town)
    for path in (
        "/register?q=<img src=x onerror=window.__xss=1>",
        "/?as_of=<svg onload=window.__xss=1>",
    ):
        page = visitor.open(path)
        assert not page.evaluate(RAN)
    assert visitor.foreign == []
