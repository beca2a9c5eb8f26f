"""Emerging hot spots and comparisons in a browser: through time by key, two maps in step."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import WIDTHS, Visit, served
from tests.browser.waiting import waited
from tests.courses import courses
from tests.web import fakes

AS_OF = "as_of=2026-06-29"
TWO = (
    "before_since=2026-03-01&before_until=2026-03-31&after_since=2026-05-01&after_until=2026-05-31"
)
VIEW = """() => {
  const map = window[Object.keys(window).find((key) => /^map_[0-9a-f]+$/.test(key))];
  const { lat, lng } = map.getCenter();
  return [lat, lng, map.getZoom()];
}"""


@pytest.fixture(scope="module")
def town() -> Iterator[str]:
    with served(fakes.site(courses(), language="en")) as address:
        yield address


def test_the_slider_goes_through_time_by_key(town: str, visit: Visit) -> None:
    visitor = visit(town, "wide")
    page = visitor.open(f"/emerging?{AS_OF}")
    drawn = page.frame_locator("iframe[name=map]")
    slider, shown = drawn.locator(".steps input"), drawn.locator(".steps output")
    expect(shown).to_have_text("Patterns over all steps")
    expect(drawn.locator(".sign span", has_text="CON").first).to_be_visible()
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(shown).to_have_text("2025-07-01 to 2025-07-31")
    expect(drawn.locator(".leaflet-marker-pane .sign")).to_have_count(0)
    page.keyboard.press("End")
    expect(shown).to_have_text("2026-05-01 to 2026-05-31")
    assert drawn.locator(".leaflet-marker-pane .sign", has_text="+++").count() >= 9
    expect(drawn.locator(".of-steps .legend")).to_be_visible()
    drawn.locator(".steps .on").click()
    expect(shown).to_have_text("Patterns over all steps")
    visitor.assert_clean()


def test_play_runs_and_stops(town: str, visit: Visit) -> None:
    visitor = visit(town, "wide")
    visitor.page.emulate_media(reduced_motion="no-preference")
    page = visitor.open(f"/emerging?{AS_OF}")
    drawn = page.frame_locator("iframe[name=map]")
    drawn.locator(".steps .play").click()
    expect(drawn.locator(".steps output")).to_have_text("2025-08-01 to 2025-08-31")
    drawn.locator(".steps .play").click()
    expect(drawn.locator(".steps .play")).to_have_attribute("aria-pressed", "false")
    visitor.assert_clean()


def test_who_wants_little_motion_has_no_play(town: str, visit: Visit) -> None:
    visitor = visit(town, "wide")
    visitor.page.emulate_media(reduced_motion="reduce")
    page = visitor.open(f"/emerging?{AS_OF}")
    expect(page.frame_locator("iframe[name=map]").locator(".steps .play")).to_be_hidden()


def test_two_maps_look_at_the_same_place(town: str, visit: Visit) -> None:
    visitor = visit(town, "wide")
    page = visitor.open(f"/comparison?{TWO}&by=grid")
    one, other = (page.frame(name) for name in ("map", "map-after"))
    assert one is not None
    assert other is not None
    before = one.evaluate(VIEW)
    page.locator("tr[data-box] button.look").first.click()
    waited(lambda: one.evaluate(VIEW) != before, "the first map has moved")
    waited(
        lambda: other.evaluate(VIEW) == pytest.approx(one.evaluate(VIEW), abs=1e-4),
        "both look there",
    )
    visitor.assert_clean()


@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_is_wider_than_its_window(town: str, visit: Visit, width: str) -> None:
    for path in (f"/emerging?{AS_OF}", f"/comparison?{TWO}&by=grid"):
        visitor = visit(town, width)
        page = visitor.open(path)
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(wide) <= 0
        visitor.assert_clean()
