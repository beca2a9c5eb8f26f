"""The phone's page as it is served: nothing of anybody in it, all that it needs named."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from PIL import Image
from starlette.testclient import TestClient

from api.main import create_app
from api.settings import Settings
from tests.people import client_of
from tests.registers import town_register
from web.main import STATIC, add_pages
from web.pages.field_words import SENTENCES, TABLES

SCRIPTS = STATIC / "js" / "field"
SAID = re.compile(r"""\bsay\(\s*"([^"]+)\"""")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    made = create_app(Settings(database_url=town_register(tmp_path_factory.mktemp("field"))))
    add_pages(made)
    return made


@pytest.fixture(scope="module")
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, base_url="http://127.0.0.1") as made:
        yield made


def shell(client: TestClient, language: str = "zh_CN") -> dict[str, Any]:
    """Return what the service worker keeps."""
    client.cookies.set("lang", language)
    script = client.get("/field/sw.js").text
    found = re.match(r"const SHELL = (\{.*\});\n", script)
    assert found is not None
    told: dict[str, Any] = json.loads(found.group(1))
    return told


def test_the_page_is_the_same_for_everybody(app: FastAPI, client: TestClient) -> None:
    told = client.get("/field")
    assert told.status_code == 200
    assert client_of(app, "city_office").get("/field").text == told.text
    assert "csrf" not in told.text


def test_the_worker_may_answer_for_the_page(client: TestClient) -> None:
    told = client.get("/field/sw.js")
    assert told.headers["service-worker-allowed"] == "/field"
    assert told.headers["content-type"].startswith("text/javascript")
    assert told.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_every_file_that_the_worker_keeps_is_there_with_the_bytes_it_names(
    client: TestClient, language: str
) -> None:
    files = shell(client, language)["files"]
    assert "/field" in files
    for address, integrity in files.items():
        told = client.get(address)
        assert told.status_code == 200, address
        digest = base64.b64encode(hashlib.sha256(told.content).digest()).decode()
        assert integrity == f"sha256-{digest}", address


def test_the_version_is_another_when_the_language_is(client: TestClient) -> None:
    assert shell(client)["version"] == shell(client)["version"]
    assert shell(client)["version"] != shell(client, "en")["version"]


def test_whatever_the_page_loads_is_kept(client: TestClient) -> None:
    """Follow what the page names, and what its scripts import."""
    files = shell(client)["files"]
    page = client.get("/field").text
    wanted = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page))
    seen: set[str] = set()
    while wanted - seen:
        address = (wanted - seen).pop()
        seen.add(address)
        if address.endswith(".js") and "/vendor/" not in address:
            folder = Path(address).parent
            for name in re.findall(r'from "(\.[^"]+)"', client.get(address).text):
                wanted.add(
                    "/"
                    + str(
                        (STATIC.parent / folder.relative_to("/") / name)
                        .resolve()
                        .relative_to(STATIC.parent)
                    )
                )
    assert seen <= set(files)


def test_the_phone_can_put_the_page_among_its_applications(client: TestClient) -> None:
    told = client.get("/field/manifest.webmanifest")
    assert told.headers["content-type"].startswith("application/manifest+json")
    manifest = told.json()
    assert (manifest["start_url"], manifest["scope"]) == ("/field", "/field")
    for icon in manifest["icons"]:
        picture = client.get(icon["src"])
        assert picture.status_code == 200
        assert picture.headers["content-type"].startswith(icon["type"])
        if icon["type"] == "image/png":
            side = "x".join(str(n) for n in Image.open(io.BytesIO(picture.content)).size)
            assert side == icon["sizes"]
    assert client.get("/field/icon-64.png").status_code == 404


def test_every_sentence_that_a_script_says_comes_with_the_page() -> None:
    missing = {
        f"{path.name}: {name}"
        for path in SCRIPTS.glob("*.js")
        for name in SAID.findall(path.read_text("utf-8"))
        if name not in SENTENCES
    }
    assert missing == set()


def test_every_sentence_that_comes_with_the_page_is_said_somewhere() -> None:
    scripts = "".join(path.read_text("utf-8") for path in SCRIPTS.glob("*.js"))
    words = (STATIC / "js" / "desk" / "words.js").read_text("utf-8")
    spelled = tuple(re.findall(r"say\(`([a-z]+ )\$", scripts))
    lost = [name for name in SENTENCES if f'"{name}"' not in scripts + words]
    assert [name for name in lost if not name.startswith(spelled)] == []


def test_every_table_that_a_script_asks_comes_with_the_page() -> None:
    scripts = "".join(path.read_text("utf-8") for path in SCRIPTS.glob("*.js"))
    assert set(re.findall(r'\bword\("([a-z]+)"', scripts)) == set(TABLES)


def test_what_a_script_puts_into_the_page_is_text() -> None:
    for path in SCRIPTS.glob("*.js"):
        script = path.read_text("utf-8")
        assert not re.search(
            r"innerHTML|insertAdjacentHTML|outerHTML|document\.write|eval\(", script
        )
