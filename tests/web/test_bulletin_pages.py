"""The pages of the bulletin: months, a month as it is printed, freezing and amending."""

from __future__ import annotations

import re
import shutil
from html import unescape
from pathlib import Path

import pytest
from fastapi import FastAPI

from api.main import create_app
from api.settings import Settings
from gridmap.access import Scope
from tests.bulletins import LATE, bring, bulletin_town
from tests.people import client_of
from web.main import add_pages

MONTH = "/bulletins/2026-04"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bulletins")
    bulletin_town(folder)
    return folder / "town.gpkg"


@pytest.fixture
def app(template: Path, tmp_path: Path) -> FastAPI:
    path = tmp_path / "town.gpkg"
    shutil.copy(template, path)
    made = create_app(Settings(database_url=f"gpkg:///{path}", language="en"))
    add_pages(made)
    return made


def told(html: str) -> str:
    """Return the words of a page."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


def test_a_month_is_shown_with_the_figures_of_the_api_and_frozen_once(app: FastAPI) -> None:
    office = client_of(app, "city_office")
    draft = office.get(MONTH)
    figures = office.get("/api/v1/bulletins/2026-04").json()["figures"]
    counts = figures["issues"]
    words = told(draft.text)
    assert "Draft: the figures of this month are not frozen yet." in words
    assert f"{counts['received']} issues were received: {counts['closed_out']} closed out" in words
    unsure = office.post(f"{MONTH}/freeze", data={})
    assert unsure.status_code == 422
    assert "Confirm first" in unsure.text
    done = office.post(f"{MONTH}/freeze", data={"sure": "true"}, follow_redirects=True)
    assert "The month is frozen" in done.text
    assert "All hashes fit" in done.text
    assert 'id="freeze"' not in done.text
    again = office.post(f"{MONTH}/freeze", data={"sure": "true"})
    assert again.status_code == 409
    assert "frozen already" in again.text


def test_an_amendment_that_is_refused_gives_its_reason_back(app: FastAPI) -> None:
    office = client_of(app, "city_office")
    office.post(f"{MONTH}/freeze", data={"sure": "true"})
    refused = office.post(f"{MONTH}/amendments", data={"reason": "<b>核对</b>"})
    assert refused.status_code == 409
    assert "&lt;b&gt;核对&lt;/b&gt;</textarea>" in refused.text
    bring(app.state.service.workspaces.whole.store, LATE)
    done = office.post(f"{MONTH}/amendments", data={"reason": "补报1件"}, follow_redirects=True)
    words = told(done.text)
    assert "Amendment 1. Reason: 补报1件." in words
    assert "7 issues were received" in words
    assert "6 issues were received" in told(office.get(f"{MONTH}?amendment=0").text)


def test_who_may_not_freeze_is_not_asked_and_sees_no_draft(app: FastAPI) -> None:
    office = client_of(app, "city_office")
    reader = client_of(app, "field_staff", Scope("unit", "u2"))
    assert reader.get(MONTH).status_code == 404
    assert f'href="{MONTH}"' not in reader.get("/bulletins").text
    office.post(f"{MONTH}/freeze", data={"sure": "true"})
    assert f'href="{MONTH}"' in reader.get("/bulletins").text
    page = reader.get(MONTH)
    assert page.status_code == 200
    assert '<form class="fields-form"' not in page.text
    assert reader.post(f"{MONTH}/amendments", data={"reason": "x"}).status_code == 403


def test_every_picture_is_there_and_says_what_it_shows(app: FastAPI) -> None:
    office = client_of(app, "city_office")
    pictures = re.findall(r'<img src="([^"]+)" alt="([^"]+)"', office.get(MONTH).text)
    assert len(pictures) == 4
    for address, alt in pictures:
        assert len(alt) > 20
        answer = office.get(unescape(address))
        assert answer.headers["content-type"] == "image/png"
    assert office.get(f"{MONTH}/pictures/none.png").status_code == 404
