"""A name is text, wherever it is written."""

import html

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from tests.web.addresses import MAPS, PAGES
from tests.web.fakes import PAYLOADS
from web.maps.base import Markup, blank_map, collection
from web.maps.offline import page
from web.maps.text import inert, link
from web.words import Words

ALIVE = set("<>\"'`\\${")


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_inert_text_has_no_character_that_opens_anything(text: str) -> None:
    assert not ALIVE & set(inert(text))


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_inert_text_is_read_as_it_was_written(text: str) -> None:
    assert html.unescape(inert(text)) == text


@settings(max_examples=50, deadline=None)
@given(st.text(min_size=1))
def test_a_link_goes_only_where_it_should(key: str) -> None:
    made = link("/register/grids/", key, key)
    address = made.split('"')[1]
    assert address.startswith("/register/grids/")
    assert not set(address.removeprefix("/register/grids/")) & set("/?#\"'<>{}`\\ ")


@pytest.mark.parametrize("path", MAPS)
def test_no_payload_is_in_a_map_as_it_was_given(named_badly: TestClient, path: str) -> None:
    text = named_badly.get(path).text
    assert [payload for payload in PAYLOADS if payload in text] == []


@pytest.mark.parametrize("path", PAGES)
def test_no_payload_with_a_tag_or_a_quote_is_in_a_page(named_badly: TestClient, path: str) -> None:
    text = named_badly.get(path).text
    marked = [payload for payload in PAYLOADS if set(payload) & set("<'")]
    assert [payload for payload in marked if payload in text] == []


@pytest.mark.parametrize("path", MAPS)
def test_what_a_name_says_in_braces_is_not_worked_out(named_badly: TestClient, path: str) -> None:
    # branca reads finished scripts and markup as Jinja templates once more
    text = named_badly.get(path).text
    assert "class &#39;str&#39;" not in text
    assert "&lt;class" not in text
    assert "<class" not in text


def test_finished_markup_is_not_read_as_a_template() -> None:
    import geopandas as gpd  # noqa: PLC0415
    from shapely import box  # noqa: PLC0415

    drawn = blank_map(gpd.GeoSeries([box(122, 52, 123, 53)], crs="EPSG:4490"), Words("en"))
    drawn.add_child(Markup("<p>{{ 7 * 7 }} {% if x %}</p>"))
    assert "&#123;&#123; 7 * 7 }}" in page(drawn, "braces")


def test_features_are_numbered_and_not_called_by_a_key_from_data() -> None:
    import geopandas as gpd  # noqa: PLC0415
    from shapely import box  # noqa: PLC0415

    frame = gpd.GeoDataFrame(
        {"name": ["{{ 7 * 7 }}"]},
        geometry=[box(122, 52, 123, 53)],
        index=["${window.__xss=1}"],
        crs="EPSG:4490",
    )
    feature = collection(frame, ["name"])["features"][0]
    assert feature["id"] == 0
    assert feature["properties"] == {"name": "&#123;&#123; 7 * 7 }}"}
