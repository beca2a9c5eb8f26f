"""Every answer carries the headers that keep a page to itself."""

import re

import pytest
from starlette.testclient import TestClient

from tests.web.addresses import MAPS, PAGES

OTHERS = ("/static/css/tokens.css", "/no/such/page", "/here/ground.json")


def policy(client: TestClient, path: str) -> dict[str, str]:
    told = client.get(path).headers["content-security-policy"]
    parts = (part.strip().partition(" ") for part in told.split(";"))
    return {name: rest for name, _, rest in parts}


@pytest.mark.parametrize("path", [*PAGES, *MAPS, *OTHERS])
def test_nothing_is_sniffed_framed_by_others_or_told_to_others(
    wide_town: TestClient, path: str
) -> None:
    headers = wide_town.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    told = policy(wide_town, path)
    assert told["default-src"] == "'self'"
    assert told["frame-ancestors"] == "'self'"
    assert told["object-src"] == "'none'"
    assert told["base-uri"] == "'none'"


@pytest.mark.parametrize("path", [*PAGES, "/no/such/page"])
def test_a_page_runs_no_inline_script_and_no_inline_style(wide_town: TestClient, path: str) -> None:
    answer = wide_town.get(path)
    assert "unsafe-inline" not in answer.headers["content-security-policy"]
    for attributes in re.findall(r"<script([^>]*)>", answer.text):
        assert "src=" in attributes or 'type="application/json"' in attributes
    assert "<style" not in answer.text
    assert " style=" not in answer.text
    assert not re.search(r"\son[a-z]+=", answer.text)


@pytest.mark.parametrize("path", MAPS)
def test_only_a_map_may_run_what_is_written_in_it(wide_town: TestClient, path: str) -> None:
    told = policy(wide_town, path)
    assert told["script-src"] == "'self' 'unsafe-inline'"
    assert told["connect-src"] == "'none'"
