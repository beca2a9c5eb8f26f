"""Source documents over HTTP: what is kept, how, and who may look at it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.main import create_app
from api.settings import Settings
from geodata.documents import Documents
from geodata.errors import LimitError
from gridmap.access import Scope
from tests.people import client_of
from tests.registers import town_register

WEST = "232701100001"
FREE = f"{WEST}004"
PDF = b"%PDF-1.7\n1 0 obj <<>> endobj\n%%EOF\n"
JPG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(20)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
KEY = hashlib.sha256(PDF).hexdigest()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "papers" / "of the city"


@pytest.fixture
def app(tmp_path: Path, folder: Path) -> FastAPI:
    url = town_register(tmp_path)
    return create_app(Settings(database_url=url, language="en", documents_folder=folder))


@pytest.fixture
def office(app: FastAPI) -> TestClient:
    return client_of(app, "city_office")


def hand_in(client: TestClient, content: bytes = PDF, name: str = "令5.pdf") -> Any:
    return client.post("/api/v1/documents", files={"file": (name, content)})


def based_on(client: TestClient, key: str, grid: str = FREE, unit: str = "u1") -> None:
    body = {
        "targets": [{"target_kind": "grid", "target": grid}],
        "units": [{"unit_id": unit}],
        "since": "2026-07-01",
        "source": f"创城办〔2026〕5号/附件 #{key}",
    }
    answer = client.post("/api/v1/assignments", json=body, headers={"If-Match": "*"})
    assert answer.status_code == 201


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_document_lies_under_the_hash_of_its_content(office: TestClient, folder: Path) -> None:
    answer = hand_in(office)
    assert answer.status_code == 201
    assert answer.json() == {"document": KEY, "name": "令5.pdf", "bytes": len(PDF)}
    assert files(folder) == [f"{KEY[:2]}/{KEY}"]
    assert (folder / KEY[:2] / KEY).read_bytes() == PDF


def test_the_same_content_twice_is_one_file(office: TestClient, folder: Path) -> None:
    first, second = hand_in(office), hand_in(office, name="another name.pdf")
    assert first.json()["document"] == second.json()["document"]
    assert len(files(folder)) == 1


def test_the_journal_says_who_handed_it_in(office: TestClient, app: FastAPI) -> None:
    hand_in(office)
    entry = app.state.service.workspaces.whole.store.journal.last()
    assert (entry.who, entry.action) == ("city_office-city", "document")
    assert (entry.what["document"], entry.what["name"]) == (KEY, "令5.pdf")


@pytest.mark.parametrize(
    ("content", "media_type", "ending"),
    [(PDF, "application/pdf", "pdf"), (JPG, "image/jpeg", "jpg"), (PNG, "image/png", "png")],
)
def test_what_a_document_is_its_content_says(
    office: TestClient, content: bytes, media_type: str, ending: str
) -> None:
    key = hand_in(office, content, "looks.exe").json()["document"]
    answer = office.get(f"/api/v1/documents/{key}")
    assert answer.content == content
    assert answer.headers["content-type"] == media_type
    assert answer.headers["content-disposition"] == f'attachment; filename="{key[:12]}.{ending}"'


@pytest.mark.parametrize(
    "content",
    [b"", b"<html><script>1</script>", b"MZ\x90\x00", b"PK\x03\x04", b" %PDF-1.7", b"%PD"],
)
def test_what_is_no_paper_is_not_kept_whatever_it_is_called(
    office: TestClient, folder: Path, content: bytes
) -> None:
    assert hand_in(office, content, "paper.pdf").status_code == 422
    assert files(folder) == []


def test_a_document_that_is_too_large_leaves_nothing_behind(folder: Path, tmp_path: Path) -> None:
    large = tmp_path / "large"
    large.write_bytes(PDF + bytes(3 << 20))
    with large.open("rb") as content, pytest.raises(LimitError, match="2 MB"):
        Documents(folder).keep(content, largest=2 << 20)
    assert files(folder) == []


def test_more_than_twenty_megabytes_are_refused(office: TestClient, folder: Path) -> None:
    assert hand_in(office, PDF + bytes(20 << 20)).status_code == 413
    assert files(folder) == []


def test_a_document_is_handed_out_under_the_name_of_its_source_and_runs_nothing(
    office: TestClient,
) -> None:
    based_on(office, hand_in(office).json()["document"])
    answer = office.get(f"/api/v1/documents/{KEY}")
    disposition = answer.headers["content-disposition"]
    assert disposition.startswith("attachment; filename*=utf-8''")
    assert disposition.endswith("%E9%99%84%E4%BB%B6.pdf")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "no-store" in answer.headers["cache-control"]


def test_who_sees_an_assignment_sees_its_paper_and_nobody_else_does(
    app: FastAPI, office: TestClient
) -> None:
    mine = client_of(app, "unit_coordinator", Scope("unit", "u1"))
    other = client_of(app, "unit_coordinator", Scope("unit", "u3"))
    hand_in(office)
    assert mine.get(f"/api/v1/documents/{KEY}").status_code == 404
    based_on(office, KEY)
    assert mine.get(f"/api/v1/documents/{KEY}").content == PDF
    hidden = other.get(f"/api/v1/documents/{KEY}")
    nowhere = other.get(f"/api/v1/documents/{'0' * 64}")
    assert (hidden.status_code, nowhere.status_code) == (404, 404)
    assert hidden.json()["detail"] == nowhere.json()["detail"].replace("0" * 64, KEY)


def test_an_open_register_does_not_open_its_papers(tmp_path: Path, folder: Path) -> None:
    url = town_register(tmp_path)
    opened = Settings(database_url=url, documents_folder=folder, public_register=True)
    app = create_app(opened)
    office = client_of(app, "city_office")
    hand_in(office)
    based_on(office, KEY)
    stranger = TestClient(app)
    assert stranger.get("/api/v1/coverage").status_code == 200
    assert stranger.get(f"/api/v1/documents/{KEY}").status_code == 404


@pytest.mark.parametrize("role", ["leader", "auditor", "inspector", "system_admin"])
def test_who_may_not_assign_hands_nothing_in(app: FastAPI, folder: Path, role: str) -> None:
    assert hand_in(client_of(app, role)).status_code == 403
    assert not folder.exists()


def test_only_a_hash_names_a_document(office: TestClient, folder: Path) -> None:
    hand_in(office)
    secret = folder.parent / "secret.pdf"
    secret.write_bytes(PDF)
    for key in ("..%2Fsecret.pdf", KEY.upper(), KEY[:63], f"{KEY}0", "..%2F..%2Fsecret.pdf"):
        assert office.get(f"/api/v1/documents/{key}").status_code == 404
