"""Papers over HTTP: made for who may, and of what they may see."""

from __future__ import annotations

from pathlib import Path

import pypdfium2
import pytest
from fastapi import FastAPI

from api.main import create_app
from api.settings import Settings
from gridmap.access import Scope
from tests.people import client_of
from tests.registers import town_register


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    return create_app(Settings(database_url=town_register(tmp_path), language="zh_CN"))


def text_of(content: bytes) -> list[str]:
    """Return the text of each page."""
    return [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(content)]


def test_every_unit_that_holds_something_has_a_card(app: FastAPI) -> None:
    answer = client_of(app, "city_office").get("/api/v1/papers/cards.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    pages = text_of(answer.content)
    assert [name for name in ("市林业局", "市教育局") if any(name in page for page in pages)] == [
        "市林业局",
        "市教育局",
    ]
    assert any("0457-0000001" in page for page in pages)


def test_a_card_of_one_unit_is_one_page(app: FastAPI) -> None:
    asked = {"unit_id": "u1"}
    answer = client_of(app, "auditor").get("/api/v1/papers/cards.pdf", params=asked)
    (page,) = text_of(answer.content)
    assert "市林业局" in page
    assert "0457" not in page  # an auditor calls nobody


def test_a_paper_of_a_part_of_the_city_shows_that_part(app: FastAPI) -> None:
    west = client_of(app, "subdistrict_office", Scope("division", "232701100001"))
    pages = text_of(west.get("/api/v1/papers/roster.pdf").content)
    assert any("向阳社区" in page for page in pages)
    assert not any("北山社区" in page for page in pages)
    for foreign in ("232701100002", "232701100009"):
        answer = west.get("/api/v1/papers/roster.pdf", params={"community": foreign})
        assert answer.status_code == 404


def test_the_sign_off_sheet_lists_what_nobody_has(app: FastAPI) -> None:
    pages = text_of(client_of(app, "city_office").get("/api/v1/papers/sign-off.pdf").content)
    assert any("第4网格" in page for page in pages)
