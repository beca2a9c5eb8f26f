"""Wall maps over HTTP and from the command line: who may, and what of the city they see."""

from __future__ import annotations

import io
from pathlib import Path

import pypdfium2
import pytest
from fastapi import FastAPI
from PIL import Image
from starlette.testclient import TestClient
from typer.testing import CliRunner

from api.commands.app import build
from api.commands.faces import Faces
from api.main import create_app
from api.settings import Settings
from gridmap.access import Scope
from tests.people import client_of
from tests.registers import town_register

ADDRESS = "/api/v1/papers/wall-map.pdf"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    return town_register(tmp_path_factory.mktemp("town"))


@pytest.fixture(scope="module")
def app(address: str) -> FastAPI:
    return create_app(Settings(database_url=address, language="zh_CN"))


def text_of(content: bytes) -> str:
    with pypdfium2.PdfDocument(content) as document:
        return "".join(page.get_textpage().get_text_range() for page in document)


def test_an_office_prints_the_city(app: FastAPI) -> None:
    asked = {"as_of": "2026-06-01", "contacts": "true"}
    answer = client_of(app, "city_office").get(ADDRESS, params=asked)
    assert answer.headers["content-type"] == "application/pdf"
    page = text_of(answer.content)
    for said in ("市林业局", "2026年6月1日", "0457-0000001", "热点", "挂图作战"):
        assert said in page


def test_who_may_not_see_contacts_gets_none(app: FastAPI) -> None:
    answer = client_of(app, "auditor").get(ADDRESS, params={"contacts": "true"})
    assert answer.status_code == 200
    assert "0457" not in text_of(answer.content)


def test_a_reader_of_a_part_gets_that_part_and_no_figure_of_the_whole(app: FastAPI) -> None:
    west = client_of(app, "subdistrict_office", Scope("division", "232701100001"))
    page = text_of(west.get(ADDRESS).content)
    assert "向阳社区" in page
    for foreign in ("北山社区", "热点", "挂图作战"):
        assert foreign not in page
    for division in ("232701100002", "232701100009"):
        assert west.get(ADDRESS, params={"division": division}).status_code == 404


def test_a_unit_sees_no_hot_spots(app: FastAPI) -> None:
    client = client_of(app, "unit_coordinator", Scope("unit", "u1"))
    answer = client.get(ADDRESS)
    assert answer.status_code == 200
    assert "热点" not in text_of(answer.content)


def test_layers_and_title_are_chosen(app: FastAPI) -> None:
    asked = {"layer": ["grids", "roads"], "title": "创城作战图", "division": ""}
    page = text_of(client_of(app, "leader").get(ADDRESS, params=asked).content)
    assert "创城作战图" in page
    assert "中华路" in page
    assert "林业局" not in page


def test_a_picture_is_a_picture(app: FastAPI) -> None:
    asked = {"dpi": 50, "size": "A2", "orientation": "portrait"}
    answer = client_of(app, "leader").get(ADDRESS.replace("pdf", "png"), params=asked)
    assert answer.headers["content-type"] == "image/png"
    across, down = Image.open(io.BytesIO(answer.content)).size
    assert (across, down) == (pytest.approx(827, abs=2), pytest.approx(1169, abs=2))


@pytest.mark.parametrize(("asked", "status"), [
    ({"size": "A5"}, 400), ({"layer": "sea"}, 422), ({"dpi": "100"}, 400),
    ({"title": "x" * 61}, 400), ({"as_of": "yesterday"}, 400),
])  # fmt: skip
def test_an_order_that_is_none_is_refused(app: FastAPI, asked: dict[str, str], status: int) -> None:
    assert client_of(app, "city_office").get(ADDRESS, params=asked).status_code == status


def test_nobody_prints_without_signing_in(app: FastAPI) -> None:
    assert TestClient(app, base_url="http://127.0.0.1").get(ADDRESS).status_code == 401


def test_the_command_writes_a_file(address: str, tmp_path: Path) -> None:
    command = build(Faces(create_app))
    given = ["--database", address, "wallmap", str(tmp_path / "wall.pdf"), "--as-of", "2026-06-01"]
    done = CliRunner().invoke(command, given)
    assert done.exit_code == 0, done.output
    assert "市林业局" in text_of((tmp_path / "wall.pdf").read_bytes())
