"""Names on the phone's map: as many as there is room for, none over another."""

from __future__ import annotations

from itertools import combinations

from playwright.sync_api import Page

from tests.browser.field.lab import FIELD

STYLES = ("/static/vendor/leaflet/leaflet.css", "/static/css/field.css")
# four long names 95 px apart in a row, another row below it, one short name far from all
DRAWN = """async (module) => {
  const { FieldMap } = await import(module);
  const element = document.createElement("div");
  element.style.cssText = "width: 390px; height: 600px";
  document.body.append(element);
  const map = new FieldMap(element, { controls: false });
  map.map.setView([30, 104], 17, { animate: false });
  const point = (x, y, name) => {
    const { lng, lat } = map.map.containerPointToLatLng([x, y]);
    return { geometry: { type: "Point", coordinates: [lng, lat] }, properties: { name } };
  };
  const row = (y) => [60, 155, 250, 345].map((x) => point(x, y, "向阳社区菜市场东门垃圾房"));
  const none = { features: [] };
  const points = { features: [...row(100), ...row(135), point(200, 500, "北门")] };
  map.draw({ grids: none, compounds: none, communities: none, roads: none, points });
  const boxes = [...element.querySelectorAll(".field-name > span")].map((name) => {
    const { left, right, top, bottom } = name.getBoundingClientRect();
    return { text: name.textContent, left, right, top, bottom };
  });
  map.remove();
  element.remove();
  return boxes;
}"""


def test_no_name_lies_over_another_however_long_they_are(lab: Page) -> None:
    for url in STYLES:
        lab.add_style_tag(url=url)
    names = lab.evaluate(DRAWN, f"{FIELD}/map.js")
    for one, other in combinations(names, 2):
        beside = one["right"] <= other["left"] or other["right"] <= one["left"]
        above = one["bottom"] <= other["top"] or other["bottom"] <= one["top"]
        assert beside or above, (one, other)
    assert sorted(name["text"] for name in names) == ["北门"] + 4 * ["向阳社区菜市场东门垃圾房"]
