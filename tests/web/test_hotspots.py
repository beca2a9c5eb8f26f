"""The page of hot spots: what is told beside the map, and how little the map weighs."""

from __future__ import annotations

import gzip
import json
import re
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box
from starlette.testclient import TestClient

from geodata.reports.quadrants import NONE
from gridmap.hotspots import hotspots
from gridmap.topology import contiguity, read_topology
from tests.town import METRIC
from web.maps import packed
from web.maps.hotspots import hotspot_map
from web.maps.offline import page
from web.maps.quadrants import entries, quadrant_map
from web.words import Words, words

ENGLISH: Words = words("en", "Asia/Shanghai")


def table(side: int = 6) -> gpd.GeoDataFrame:
    """Return squares of 100 m, one of them hot, with a name that would like to run."""
    cells = [(c, r) for r in range(side) for c in range(side)]
    shapes = [box(100 * c, 100 * r, 100 * c + 100, 100 * r + 100) for c, r in cells]
    columns = {
        "name": ["<b>x</b>{{7*7}}", *["格"] * (side**2 - 1)],
        "count": range(side**2),
        "z": 0.1234,
        "p": 0.5,
        "class": [3, *[0] * (side**2 - 1)],
        "significant": False,
    }
    codes = pd.Index([f"g/{n}" for n in range(side**2)], name="code")
    frame = gpd.GeoDataFrame(columns, geometry=shapes, index=codes, crs=METRIC)
    frame.geometry = frame.translate(469_000, 5_871_000)
    return frame


def drawn(frame: gpd.GeoDataFrame, **more: Any) -> str:
    none = frame.iloc[:0][["name", "geometry"]]
    return page(hotspot_map(frame, none, none, ENGLISH, **more), "Hot spots")


def rings(ground: dict[str, Any]) -> set[frozenset[tuple[int, int]]]:
    """Return the vertices of each area that the arcs beside it have together."""
    xy = np.column_stack([np.cumsum(ground["x"]), np.cumsum(ground["y"])])
    ends = np.cumsum([0, *ground["size"]])
    sides = list(zip(ground["left"], ground["right"], strict=True))
    found = []
    for area in range(ground["n"]):
        arcs = [xy[ends[k] : ends[k + 1]] for k, pair in enumerate(sides) if area in pair]
        found.append(frozenset(map(tuple, np.concatenate(arcs).tolist())))
    return set(found)


def test_every_border_is_sent_once_and_every_area_can_be_put_together() -> None:
    frame = table()
    ground = packed.ground(packed.drawn(frame))
    assert ground["n"] == 36
    # a border inside is in both its squares: 60 pieces inside and 24 outside, joined where they may
    assert sum(size - 1 for size in ground["size"]) == 60 + 24
    corners = frame.to_crs("EPSG:4326").geometry
    wanted = {
        frozenset(map(tuple, np.round(np.array(shape.exterior.coords) / 1e-6).astype(int).tolist()))
        for shape in corners
    }
    assert rings(ground) == wanted


def test_names_are_text_and_codes_are_parts_of_an_address() -> None:
    text = drawn(table(), ledger="/issues?grid=")
    assert "<b>x" not in text
    assert "{{7*7}}" not in text
    assert '"g%2F0"' in text
    assert "/issues?grid=" in text


def test_a_map_in_a_file_leads_to_no_ledger() -> None:
    assert "/issues" not in drawn(table())


def test_rates_are_told_with_their_denominator() -> None:
    frame = table().assign(exposure=2.5, rate=1.25, smoothed=1.125)
    text = drawn(frame)
    for heading in ("Divided by", "Rate of issues", "Smoothed rate"):
        assert heading in text
    assert json.dumps([2.5] * 3)[1:-1] in text
    assert "Divided by" not in drawn(table())


def test_a_thousand_areas_weigh_little() -> None:
    # 13 MB and 2.2 MB in ten thousand grids when each was a feature of its own
    weight = len(gzip.compress(drawn(table(32)).encode(), 6))
    assert weight < 1024 * 60


def test_the_page_says_whether_the_finding_holds(wide_town: TestClient) -> None:
    text = wide_town.get("/hotspots", params={"lang": "en"}).text
    assert "Does it hold on another partition?" in text
    assert re.search(r'class="holds">[^<]*hot areas? ', text)
    assert "Do others report the same?" in text
    assert "The reporter is known of 0 of" in text


def test_raw_and_smoothed_rates_stand_side_by_side(wide_town: TestClient) -> None:
    asked = {"lang": "en", "per": "residents", "smooth": "yes"}
    text = wide_town.get("/hotspots", params=asked).text
    assert "Marshall 1991" in text
    if '<th class="num">Rate of issues</th>' in text:
        assert '<th class="num">Smoothed</th>' in text


def test_where_rates_cannot_be_compared_the_page_says_why(wide_town: TestClient) -> None:
    text = wide_town.get("/hotspots", params={"lang": "en", "per": "residents"}).text
    assert "a square or hexagon would be a guess" in text


@pytest.mark.parametrize("group", ["citizens", "patrol"])
def test_a_group_of_channels_is_told_in_the_method(wide_town: TestClient, group: str) -> None:
    text = wide_town.get("/hotspots", params={"lang": "en", "group": group}).text
    said = {"citizens": "Only what citizens reported", "patrol": "Only what patrols"}
    assert said[group] in text


def test_a_browser_that_takes_no_gzip_has_the_same_map(wide_town: TestClient) -> None:
    plain = wide_town.get("/maps/hotspots", headers={"accept-encoding": "identity"})
    zipped = wide_town.get("/maps/hotspots", headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert zipped.headers["content-encoding"] == "gzip"
    assert plain.text == zipped.text


def planted() -> gpd.GeoDataFrame:
    """Return squares of which the first three rows have many issues, but for one that has none."""
    frame = table(8)
    rows = np.arange(64) // 8
    frame["count"] = np.where(rows < 3, 20, 2) + np.arange(64) % 3
    frame.iloc[9, frame.columns.get_loc("count")] = 0
    return frame


def test_a_quiet_area_among_loud_ones_is_told_apart() -> None:
    frame = planted()
    near = contiguity(read_topology(frame))
    found = hotspots(
        frame[["name", "geometry"]], frame["count"], weights=near, statistic="local_moran"
    )
    sure = found.table["quadrant"].where(found.table["significant"], NONE).astype("str")
    none = frame.iloc[:0][["name", "geometry"]]
    shown = found.table.assign(look=sure)
    text = page(quadrant_map(shown, {"roads": none, "divisions": none}, ENGLISH), "Quadrants")
    assert sure.iloc[9] == "low-high"
    told = {one.word: one.figure for one in entries(shown, ENGLISH)}
    assert told["Low among high"] == "1"
    assert sum(int(figure) for figure in told.values()) == 64
    assert text.count("▽▲") + text.count("\\u25bd\\u25b2") >= 2  # in the legend and on the map
    assert "<b>x" not in text


def test_local_moran_is_a_choice_with_its_own_method(wide_town: TestClient) -> None:
    chosen = wide_town.get("/hotspots?statistic=local_moran&lang=en").text
    assert "Local Moran&#39;s I: each area is compared with its neighbours" in chosen
    assert "High among low" in chosen
    assert "Save this analysis" in chosen
    assert "statistic=local_moran" in chosen
    drawn_of = wide_town.get("/maps/hotspots?statistic=local_moran&lang=en").text
    figures = re.findall(r'class="figure">([\d,]+)<', drawn_of[drawn_of.index('class="legend"') :])
    assert sum(map(int, figures)) == 62
    refused = wide_town.get(
        "/hotspots?statistic=local_moran&since=2020-01-01&until=2020-01-02&lang=en"
    )
    assert "Too little to draw an honest map" in refused.text


@pytest.mark.parametrize("more", ["", "&by=hex&size=200", "&statistic=local_moran"])
def test_a_part_of_the_city_is_listed_and_compared_with_the_whole(
    wide_town: TestClient, more: str
) -> None:
    whole = wide_town.get(f"/hotspots?lang=en{more}").text
    parts = set(re.findall(r"/hotspots\?[^\"]*?division=(\d+)", whole))
    texts = [wide_town.get(f"/hotspots?lang=en{more}&division={part}").text for part in parts]
    assert parts
    told = r"Fingerprint of the input <code>(\w+)<"
    assert {re.search(told, text)[1] for text in texts} == set(re.findall(told, whole))  # type: ignore[index]
    assert sum(map(areas_listed, texts)) == areas_listed(whole) > 0
    for part, text in zip(parts, texts, strict=True):
        assert f'name="division" value="{part}"' in text
        assert f"division={part}" in re.findall(r"/maps/hotspots[^\"]*", text)[0]


def areas_listed(text: str) -> int:
    return text.count("<tr data-box=")


def test_a_part_that_is_not_there_is_not_found(wide_town: TestClient) -> None:
    for path in ("/hotspots", "/maps/hotspots"):
        assert wide_town.get(f"{path}?division=000000").status_code == 404


@pytest.mark.parametrize(("by", "word"), [("square", "square"), ("hex", "hexagon")])
@pytest.mark.parametrize("statistic", ["gi_star", "local_moran"])
def test_cells_are_called_by_their_place_in_lists_and_on_the_map(
    wide_town: TestClient, by: str, word: str, statistic: str
) -> None:
    asked = {"lang": "en", "by": by, "size": 200, "statistic": statistic}
    rows = re.findall(
        r'<tr data-box="[^"]+"><td>([^<]+)<br><span class="code">([^<]+)</span>',
        wide_town.get("/hotspots", params=asked).text,
    )
    assert rows
    assert all(re.fullmatch(rf"\S+社区 · {word} \d+", name) for name, _code in rows)
    assert len(dict(rows)) == len({code for _name, code in rows})
    told = wide_town.get("/maps/hotspots", params=asked).text
    sent = re.findall(r'"name": (\[[^\]]*\])', told[told.index("gridmapPacked.areas") :])
    assert {name for name, _code in rows} <= set(json.loads(sent[0]))
    chinese = wide_town.get("/hotspots", params=asked | {"lang": "zh_CN"}).text
    assert rows[0][1] in chinese  # the code stays beside the name, whatever the language
