"""Bulletins over HTTP: who may freeze, and files that say what the figures say."""

from __future__ import annotations

import io
import re
import shutil
import zipfile
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pypdfium2
import pytest
from docx.oxml.ns import qn
from docx.shared import Mm
from fastapi import FastAPI
from PIL import Image
from starlette.testclient import TestClient

from api.main import create_app
from api.routes import bulletins
from api.settings import Settings
from gridmap.access import Scope
from tests.bulletins import LATE, bring, bulletin_town
from tests.people import client_of

ADDRESS = "/api/v1/bulletins"
APRIL = f"{ADDRESS}/2026-04"
COUNTS = ("received", "closed_out", "refused", "merged", "open", "overdue")
FILES = (".docx", ".pdf", ".xlsx", "/pack.xlsx")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bulletins")
    bulletin_town(folder)
    return folder / "town.gpkg"


def served(template: Path, folder: Path) -> FastAPI:
    path = folder / "town.gpkg"
    shutil.copy(template, path)
    return create_app(Settings(database_url=f"gpkg:///{path}", language="zh_CN"))


@pytest.fixture
def app(template: Path, tmp_path: Path) -> FastAPI:
    return served(template, tmp_path)


@pytest.fixture(scope="module")
def office(template: Path, tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    """Return the office of a town whose April is frozen, to read from only."""
    app = served(template, tmp_path_factory.mktemp("frozen"))
    client = client_of(app, "city_office")
    assert client.post(f"{APRIL}/freeze").status_code == 201
    return client


@pytest.fixture(scope="module")
def figures(office: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = office.get(APRIL).json()["figures"]
    return found


def counted(figures: dict[str, Any]) -> list[list[Any]]:
    """Return the rows of the categories and their total, as every file has to tell them."""
    total = {"name": "合计", **figures["issues"], "on_time": figures["on_time"]}
    total["overdue"] = figures["overdue"]["n"]
    rows = [*figures["by_category"], total]
    return [[row["name"], *(row[name] for name in COUNTS), row["on_time"]["share"]] for row in rows]


def test_only_the_city_s_office_freezes(app: FastAPI) -> None:
    for role, scope in (
        ("district_office", Scope("division", "232701")),
        ("leader", Scope("city")),
        ("unit_coordinator", Scope("unit", "u1")),
    ):
        client = client_of(app, role, scope)
        assert client.post(f"{APRIL}/freeze").status_code == 403
        assert client.get(APRIL).status_code == 404  # a draft is the office's
    assert client_of(app, "city_office").get(APRIL).json()["amendment"] is None


def test_what_is_frozen_is_an_open_book_whatever_comes_later(app: FastAPI) -> None:
    office, reader = (
        client_of(app, "city_office"),
        client_of(app, "field_staff", Scope("unit", "u2")),
    )
    frozen = office.post(f"{APRIL}/freeze")
    assert frozen.headers["etag"] == f'"{frozen.json()["hash"]}"'
    before = reader.get(APRIL).json()
    files = {name: reader.get(APRIL + name).content for name in FILES[:3]}
    bring(app.state.service.workspaces.whole.store, LATE)
    assert reader.get(APRIL).json() == before
    assert {name: reader.get(APRIL + name).content for name in FILES[:3]} == files
    assert office.post(f"{APRIL}/freeze").status_code == 409


def test_an_amendment_needs_the_edition_that_was_seen(app: FastAPI) -> None:
    office = client_of(app, "city_office")
    first = office.post(f"{APRIL}/freeze").json()["hash"]
    bring(app.state.service.workspaces.whole.store, LATE)
    body = {"reason": "补报1件", "previous": first}
    assert office.post(f"{APRIL}/amendments", json={"reason": ""}).status_code == 422
    made = office.post(f"{APRIL}/amendments", json=body)
    assert (made.status_code, made.json()["previous"]) == (201, first)
    assert office.post(f"{APRIL}/amendments", json=body).status_code == 409
    told = office.get(APRIL).json()
    assert [edition["amendment"] for edition in told["editions"]] == [0, 1]
    assert told["figures"]["issues"]["received"] == 7
    old = office.get(APRIL, params={"amendment": 0}).json()
    assert old["figures"]["issues"]["received"] == 6
    assert office.get(f"{APRIL}/verify").json() == {"editions": 2, "sound": True, "faults": []}


@pytest.mark.parametrize("month", ["2026-13", "april", "2026-4"])
def test_what_is_no_month_is_refused(office: TestClient, month: str) -> None:
    assert office.get(f"{ADDRESS}/{month}").status_code == 422
    assert office.post(f"{ADDRESS}/{month}/freeze").status_code == 422


def test_a_month_to_come_has_no_bulletin(office: TestClient) -> None:
    assert office.get(f"{ADDRESS}/2199-01").status_code == 404
    assert office.post(f"{ADDRESS}/2199-01/freeze").status_code == 409


def test_an_answer_that_is_known_is_not_sent_again(office: TestClient) -> None:
    answer = office.get(APRIL)
    again = office.get(APRIL, headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


def test_word_says_what_the_figures_say(office: TestClient, figures: dict[str, Any]) -> None:
    word = docx.Document(io.BytesIO(office.get(f"{APRIL}.docx").content))
    captions = [line.text for line in word.paragraphs if line.style.name == "Caption"]
    tables = dict(zip([c for c in captions if "（件）" not in c], word.tables, strict=False))
    rows = [[cell.text for cell in row.cells] for row in tables["各类问题办理情况"].rows[1:]]
    shown = [[row[0], *map(str, row[1:7])] for row in counted(figures)]
    assert [row[:7] for row in rows] == shown
    assert [row[8] for row in rows] == [
        "—" if row[7] is None else f"{row[7]:.2%}".replace("0.00%", "0%")
        for row in counted(figures)
    ]
    said = "\n".join(line.text for line in word.paragraphs)
    assert "本月共受理问题6件，其中已销号1件、不予立案1件、并案1件，尚未办结3件" in said


def test_word_is_an_office_s_document_to_edit(office: TestClient) -> None:
    content = office.get(f"{APRIL}.docx").content
    word = docx.Document(io.BytesIO(content))
    section = word.sections[0]
    edges = ("top_margin", "bottom_margin", "left_margin", "right_margin")
    assert [round(getattr(section, edge) / Mm(1)) for edge in edges] == [37, 35, 28, 26]
    assert (round(section.page_width / Mm(1)), round(section.page_height / Mm(1))) == (210, 297)
    headings = [line.text for line in word.paragraphs if line.style.name == "Heading 1"]
    assert headings[:3] == ["一、总体情况", "二、包保覆盖", "三、问题办理"]
    body = word.styles["Normal"].element.rPr.rFonts.get(qn("w:eastAsia"))
    assert (body, word.styles["Normal"].font.size.pt) == ("仿宋_GB2312", 16)
    pictures = word.element.body.iter(qn("wp:docPr"))
    assert all(one.get("descr") for one in pictures)
    assert len(word.inline_shapes) == 4
    for shape in word.inline_shapes:
        part = word.part.related_parts[shape._inline.graphic.graphicData.pic.blipFill.blip.embed]
        image = Image.open(io.BytesIO(part.blob))
        assert image.width / (shape.width / 914_400) >= 200  # dots to an inch


def test_every_office_program_gives_a_column_the_same_width(office: TestClient) -> None:
    """Word goes by the cells, LibreOffice and WPS by the grid."""
    word = docx.Document(io.BytesIO(office.get(f"{APRIL}.docx").content))
    for table in word.tables:
        widths = [cell.width for cell in table.rows[0].cells]
        assert [column.width for column in table.columns] == widths
        assert sum(filter(None, widths)) == pytest.approx(Mm(156), rel=0.01)


@pytest.mark.parametrize("name", FILES)
def test_no_office_file_runs_or_fetches_anything(office: TestClient, name: str) -> None:
    if name == ".pdf":
        document = office.get(APRIL + name).content
        assert not re.search(rb"/JavaScript|/URI|/Launch", document)
        return
    with zipfile.ZipFile(io.BytesIO(office.get(APRIL + name).content)) as archive:
        assert not [one for one in archive.namelist() if "vba" in one.lower()]
        for member in archive.namelist():
            assert b'TargetMode="External"' not in archive.read(member), member
            assert b"<f>" not in archive.read(member), member


def test_the_pdf_says_what_the_figures_say(office: TestClient, figures: dict[str, Any]) -> None:
    document = pypdfium2.PdfDocument(office.get(f"{APRIL}.pdf").content)
    text = "\n".join(page.get_textpage().get_text_range() for page in document)
    document.close()
    plain = re.sub(r"\s+", " ", text)
    for name, *counts, _ in counted(figures):
        assert f"{name} {' '.join(map(str, counts))}" in plain
    assert office.get(APRIL).json()["hash"] in text.replace("\r\n", "").replace("\n", "")


@pytest.mark.parametrize("name", [".xlsx", "/pack.xlsx"])
def test_the_workbook_has_the_figures_as_numbers(
    office: TestClient, figures: dict[str, Any], name: str
) -> None:
    book = openpyxl.load_workbook(io.BytesIO(office.get(APRIL + name).content))
    _head, *rows = book["各类问题办理情况"].iter_rows(values_only=True)
    assert [[*row[:7], row[8]] for row in rows] == [
        [*row[:7], "—" if row[7] is None else row[7]] for row in counted(figures)
    ]
    shares = {row[0]: row for row in book["主要指标"].iter_rows(values_only=True)}
    ground = figures["coverage"]["city"]["ground"]
    assert shares["地块面积覆盖率"][1:4] == (ground["part"], ground["whole"], ground["share"])


def test_the_pack_leads_from_each_unit_to_its_sheet_with_its_issues(office: TestClient) -> None:
    book = openpyxl.load_workbook(io.BytesIO(office.get(f"{APRIL}/pack.xlsx").content))
    index = book["各责任单位问题办理情况"]
    links = {row[0].value: row[0].hyperlink.location for row in index.iter_rows(min_row=2)}
    assert links["市林业局"] == "'市林业局'!A1"
    told = [[cell.value for cell in row] for row in book["市林业局"].iter_rows()]
    assert told[3][:6] == [5, 1, 1, 1, 2, 1]  # b, c, d, e and f; c is overdue
    assert {row[1] for row in told[10:] if row[1]} >= {"b", "c", "d", "e", "f"}
    ledger = book["问题台账（导出时数据）"]
    assert ledger.max_row == 1 + 6


def test_a_large_city_s_pack_is_made_in_a_process_of_its_own_and_is_the_same(
    office: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"{APRIL}/pack.xlsx"
    here, missing = office.get(address), office.get(f"{address}?amendment=7")
    monkeypatch.setattr(bulletins, "AT_ONCE", 0)
    assert office.get(address).content == here.content
    there = office.get(f"{address}?amendment=7")
    assert (there.status_code, there.json()) == (missing.status_code, missing.json())
    assert there.status_code == 404


def test_the_pack_of_a_unit_has_the_ledger_that_it_may_see(office: TestClient) -> None:
    other = client_of(office.app, "unit_coordinator", Scope("unit", "u2"))  # type: ignore[arg-type]
    book = openpyxl.load_workbook(io.BytesIO(other.get(f"{APRIL}/pack.xlsx").content))
    assert book["问题台账（导出时数据）"].max_row == 1


def test_in_english_the_numbers_are_the_same(office: TestClient, figures: dict[str, Any]) -> None:
    answer = office.get(f"{APRIL}.xlsx", params={"lang": "en"})
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    *_, total = book["Issues by category"].iter_rows(values_only=True)
    assert list(total[1:6]) == [figures["issues"][name] for name in COUNTS[:5]]
