"""No page asks another host for anything."""

import json
import re
from pathlib import Path

import folium
import pytest
from folium.plugins import MarkerCluster
from starlette.testclient import TestClient

from tests.web.addresses import MAPS, PAGES
from web.maps.offline import COPIES, VENDOR, OfflineFigure, UnknownScriptError, own_address, page

ROOT = Path(__file__).parents[2]
FOREIGN = re.compile(r"""(?:src|href|action)\s*=\s*["']?\s*(?:https?:)?//|url\(\s*["']?https?:""")


@pytest.mark.parametrize("path", [*PAGES, *MAPS])
def test_no_page_names_another_host(wide_town: TestClient, path: str) -> None:
    assert not FOREIGN.search(wide_town.get(path).text)


def test_a_script_without_a_copy_is_refused() -> None:
    drawn = folium.Map(tiles=None, max_zoom=18)
    MarkerCluster().add_to(drawn)
    with pytest.raises(UnknownScriptError, match="markercluster"):
        page(drawn, "clusters")


def test_a_plain_folium_map_with_a_marker_uses_our_copies() -> None:
    drawn = folium.Map([53, 122], tiles=None)
    folium.Marker([53, 122], icon=folium.Icon(icon="flag", prefix="fa"), popup="a").add_to(drawn)
    text = page(drawn, "marker")
    assert not FOREIGN.search(text)
    for name in ("leaflet.js", "jquery.min.js", "leaflet.awesome-markers.min.js", "all.min.css"):
        assert name in text


def test_a_map_without_markers_does_not_load_what_markers_need() -> None:
    text = page(folium.Map([53, 122], tiles=None), "bare")
    assert "leaflet.js" in text
    assert "jquery" not in text
    assert "bootstrap" not in text


def test_our_own_files_are_left_where_they_are() -> None:
    assert own_address("/static/js/framed-map.js", "") == "/static/js/framed-map.js"
    with pytest.raises(UnknownScriptError):
        own_address("https://example.org/static/js/framed-map.js", "")


def test_the_title_is_text_and_no_template() -> None:
    text = OfflineFigure().add_child(folium.Map(tiles=None)) and page(
        folium.Map(tiles=None), "{{ 7 * 7 }}<b>"
    )
    assert "<title>{{ 7 * 7 }}&lt;b&gt;</title>" in text


def test_every_copy_is_where_the_pages_look_for_it() -> None:
    vendor = ROOT / "web" / "static" / "vendor"
    if not vendor.is_dir():
        pytest.skip("the front-end packages are not installed: run make setup")
    kept = [copy.path for copy in COPIES.values() if copy.path]
    assert [path for path in kept if not (vendor / path).is_file()] == []
    assert VENDOR == "/static/vendor/"
    styles = [*vendor.rglob("*.css")]
    assert [style.name for style in styles if FOREIGN.search(style.read_text("utf-8"))] == []


def test_no_file_of_ours_names_a_registry_or_a_public_script_server() -> None:
    hosts = ["js" + "delivr", "un" + "pkg", "cdn" + "js", "code." + "jquery", "netdna" + ".boot"]
    hosts += ["registry." + "npm", "pypi." + "org"]
    kept = [
        path
        for path in (ROOT / "web").rglob("*")
        if path.suffix in {".py", ".html", ".js", ".css", ".json"}
        and not {"node_modules", "vendor"} & set(path.parts)
    ]
    found = [path.name for path in kept if any(host in path.read_text("utf-8") for host in hosts)]
    assert found == []


def test_the_lock_pins_packages_by_hash_and_names_no_registry() -> None:
    lock = json.loads((ROOT / "web" / "package-lock.json").read_text("utf-8"))
    packages = {name: kept for name, kept in lock["packages"].items() if name}
    assert all("integrity" in kept and "resolved" not in kept for kept in packages.values())
