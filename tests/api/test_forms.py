"""Forms over HTTP: read, marked and brought in, each office within its part."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from fastapi import FastAPI
from openpyxl.workbook import Workbook

from api.main import create_app
from api.settings import Settings
from geodata.store import Store
from gridmap import demo
from gridmap.access import Scope
from tests.geodata.forms.offices import (
    POINTS,
    RELATIONS,
    UNITS,
    Rows,
    as_an_office_writes,
    empty_city,
    relation,
    written,
)
from tests.people import client_of
from tests.registers import town_register
from tests.town import SQUARES, SUBDISTRICT

WEST = Scope("division", "232701100001")
MARCH = "2026-03-01"
FREE = list(SQUARES)[3]


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    return create_app(Settings(database_url=town_register(tmp_path), language="zh_CN"))


def store_of(app: FastAPI) -> Store:
    store: Store = app.state.service.workspaces.whole.store
    return store


def send(app: FastAPI, path: Path, to: str = "", *, scope: Scope | None = None, **more: str) -> Any:
    """Send a form in the name of the city's office, or of a subdistrict's."""
    client = client_of(app, "subdistrict_office", scope) if scope else client_of(app, "city_office")
    files = {"file": (path.name, path.read_bytes())}
    return client.post(f"/api/v1/forms{to}", data={"since": MARCH, **more}, files=files)


def form(folder: Path, **sheets: Rows) -> Path:
    return written(folder / "表.xlsx", **sheets)


def held(app: FastAPI) -> dict[str, Any]:
    rows = store_of(app).read("assignments")
    return dict(rows["until"].isna().items())


def entries(app: FastAPI) -> int:
    last = store_of(app).journal.last()
    return 0 if last is None else last.seq


def cells(answer: Any) -> list[tuple[str, str]]:
    return [(fault["cell"], fault["code"]) for fault in answer.json()["faults"]]


def test_122_units_on_101_grids_come_in_one_upload_and_a_second_changes_nothing(
    tmp_path: Path,
) -> None:
    city = demo.city("mohe")
    empty_city(city, tmp_path).close()
    app = create_app(Settings(database_url=f"gpkg:///{tmp_path / 'city.gpkg'}"))
    path, oracle = as_an_office_writes(city, tmp_path / "漠河.xlsx")
    seen = send(app, path, "/preview").json()
    assert (seen["refused"], seen["counts"]["units"]["added"]) == (False, 122)
    assert store_of(app).read("units").empty
    answer = send(app, path)
    assert answer.status_code == 200, answer.text
    assert answer.json()["counts"]["assignments"]["added"] == sum(map(len, oracle.values()))
    units, rows = store_of(app).read("units"), store_of(app).read("assignments")
    by_grid = rows.groupby("target")["unit_id"].agg(lambda ids: set(units.loc[ids, "name"]))
    assert len(by_grid) == 101
    assert by_grid.to_dict() == oracle
    last = store_of(app).journal.entry(entries(app))
    assert (last.who, last.action, last.what["source"]) == (
        "city_office-city",
        "import",
        "漠河.xlsx",
    )
    people = {one.person_id for one in app.state.service.accounts.people()}
    assert last.what["by"] in people
    before = entries(app)
    again = send(app, path).json()["counts"]
    assert (again["units"]["unchanged"], again["units"]["added"]) == (122, 0)
    assert (again["assignments"]["added"], again["assignments"]["changed"]) == (0, 0)
    assert entries(app) == before


def test_a_fault_is_told_in_the_readers_language_marked_in_its_cell_and_refuses_the_whole(
    app: FastAPI, tmp_path: Path
) -> None:
    rows = [
        RELATIONS,
        relation(单位名称="市教育局", 网格名称="第4网格"),
        relation(单位名称="市林叶局", 网格名称="第7网格"),
    ]
    path = form(tmp_path, 包保关系=rows)
    seen = send(app, path, "/preview").json()
    (fault,) = seen["faults"]
    assert seen["refused"]
    assert (fault["sheet"], fault["cell"], fault["value"]) == (
        "包保关系",
        "包保关系!A4",
        "市林叶局",
    )
    assert fault["message"] == "没有这个名称，请参看相近的名称。"
    assert "市林业局" in fault["nearest"]
    back = send(app, path, "/marked")
    assert back.headers["content-disposition"].startswith("attachment")
    book = openpyxl.load_workbook(io.BytesIO(back.content))
    assert book.sheetnames[0] == "需要改正"
    assert book["包保关系"]["A4"].fill.start_color.rgb == "FFFFC7CE"
    assert "没有这个名称" in book["包保关系"]["A4"].comment.text
    before, ids = entries(app), held(app)
    refused = send(app, path)
    assert refused.status_code == 422
    assert [one["cell"] for one in refused.json()["errors"]] == ["包保关系!A4"]
    assert (entries(app), held(app)) == (before, ids)


def test_what_is_missing_ends_only_if_that_was_asked_for(app: FastAPI, tmp_path: Path) -> None:
    path = form(tmp_path, 包保关系=[RELATIONS, relation(单位名称="市林业局", 网格名称="第1网格")])
    seen = send(app, path, "/preview").json()
    assert {row["assignment_id"] for row in seen["missing"]} == {
        "a2",
        "a3",
        "a4",
        "a5",
        "a6",
        "a8",
        "a9",
    }
    send(app, path)
    assert all(held(app).values())
    answer = send(app, path, retire_missing="true")
    assert answer.json()["counts"]["assignments"]["retired"] == 7
    assert {key for key, runs in held(app).items() if runs} == {"a1", "a7"}


def test_what_was_exported_is_read_again_as_it_was(app: FastAPI, tmp_path: Path) -> None:
    answer = client_of(app, "city_office").get("/api/v1/forms/export.xlsx")
    (tmp_path / "e.xlsx").write_bytes(answer.content)
    seen = send(app, tmp_path / "e.xlsx", "/preview").json()
    assert (seen["faults"], seen["missing"]) == ([], [])
    for layer, n in (("units", 5), ("inspection_points", 2), ("assignments", 9)):
        counts = seen["counts"][layer]
        assert (counts["unchanged"], counts["added"], counts["changed"]) == (n, 0, 0), layer


def said_in(answer: Any) -> set[str]:
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    return {str(one.value) for tab in book for line in tab.iter_rows() for one in line}


def test_who_may_see_no_contacts_gets_a_form_without_them(app: FastAPI) -> None:
    path = "/api/v1/forms/export.xlsx"
    assert "0457-0000001" in said_in(client_of(app, "city_office").get(path))
    told = said_in(client_of(app, "auditor").get(path))
    assert "市林业局" in told
    assert not told & {"王一", "0457-0000001"}


def test_the_template_offers_an_office_what_lies_in_its_part(app: FastAPI) -> None:
    path = "/api/v1/forms/template.xlsx"
    city = said_in(client_of(app, "city_office").get(path))
    west = said_in(client_of(app, "subdistrict_office", WEST).get(path))
    assert {"第1网格", "第7网格", "北山社区", "西林吉镇"} <= city
    assert {"第1网格", "第4网格", "向阳社区"} <= west
    assert not west & {"第7网格", "北山社区", "第一小学"}


@pytest.mark.parametrize("role", ["leader", "auditor", "inspector"])
def test_who_only_watches_brings_nothing_in(app: FastAPI, tmp_path: Path, role: str) -> None:
    path = form(tmp_path, 包保关系=[RELATIONS, relation(单位名称="市教育局", 网格名称="第4网格")])
    client = client_of(app, role)
    for to in ("", "/preview", "/marked"):
        files = {"file": (path.name, path.read_bytes())}
        answer = client.post(f"/api/v1/forms{to}", data={"since": MARCH}, files=files)
        assert answer.status_code == 403, to
    assert client.get("/api/v1/forms/template.xlsx").status_code == 403
    assert client.get("/api/v1/forms/export.xlsx").status_code == 200


# --- An office of a part of the city ------------------------------------------------------------


def test_an_office_brings_in_what_lies_in_its_part(app: FastAPI, tmp_path: Path) -> None:
    units: Rows = [UNITS, [1, None, "向阳物业", 12, "郑", "0457-1"]]
    rows = [RELATIONS, relation(单位名称="向阳物业", 网格名称="第4网格")]
    answer = send(app, form(tmp_path, 责任单位=units, 包保关系=rows), scope=WEST)
    assert answer.status_code == 200, answer.text
    assert answer.json()["counts"]["units"]["added"] == 1
    rows_kept = store_of(app).read("assignments")
    (unit,) = rows_kept.loc[rows_kept["target"] == FREE, "unit_id"]
    assert store_of(app).read("units").loc[unit, "name"] == "向阳物业"
    mended: Rows = [UNITS, [1, None, "向阳物业", 12, "郑", "0457-2"]]
    assert send(app, form(tmp_path, 责任单位=mended), scope=WEST).status_code == 200
    assert store_of(app).read("units").loc[unit, "phone"] == "0457-2"


@pytest.mark.parametrize(
    "said",
    [
        {"网格名称": "第7网格"},
        {"网格名称": "232701100002007"},
        {"点位": "第一小学"},
        {"街道社区": "北山社区"},
        {"街道社区": "西林吉镇"},  # above, and so known by name
        {"街道社区": SUBDISTRICT},
    ],
)
def test_what_lies_outside_is_as_unknown_as_what_is_not_there(
    app: FastAPI, tmp_path: Path, said: dict[str, str]
) -> None:
    headings = ["单位名称", "网格名称", "点位", "街道社区"]
    answers = []
    for values in (said, dict.fromkeys(said, "火星")):
        row: list[object] = [{"单位名称": "市教育局", **values}.get(name) for name in headings]
        path = form(tmp_path, 包保关系=[headings, row])
        answers.append(send(app, path, "/preview", scope=WEST))
        assert send(app, path, scope=WEST).status_code == 422
    outside, nowhere = map(cells, answers)
    assert outside == nowhere
    assert outside[0][1] == "unknown-name"
    assert len(held(app)) == 9


def test_an_office_ends_nothing_that_lies_outside_or_above(app: FastAPI, tmp_path: Path) -> None:
    leaders: Rows = [["职务", "联系社区"], ["包保领导甲", "西林吉镇"]]
    assert send(app, form(tmp_path, 包保领导=leaders)).status_code == 200
    (above,) = set(held(app)) - {f"a{n}" for n in range(1, 10)}
    mine: Rows = [["职务", "联系社区"], ["包保领导乙", "向阳社区"]]
    rows = [RELATIONS, relation(单位名称="市林业局", 网格名称="第1网格")]
    path = form(tmp_path, 包保领导=mine, 包保关系=rows)
    asked = {"since": "2026-04-01", "retire_missing": "true"}
    seen = send(app, path, "/preview", scope=WEST, **asked).json()
    inside = {"a2", "a3", "a4", "a7", "a8", "a9"}
    assert {row["assignment_id"] for row in seen["missing"]} == inside
    answer = send(app, path, scope=WEST, **asked)
    assert answer.status_code == 200, answer.text
    ended = {key for key, runs in held(app).items() if not runs}
    assert ended == inside
    assert held(app)[above]


def test_a_unit_that_works_elsewhere_too_stays_as_it_is(app: FastAPI, tmp_path: Path) -> None:
    before = store_of(app).read("units")["phone"].to_dict()
    rows: Rows = [
        UNITS,
        [1, "u2", "市教育局", 25, "李二", "1"],  # holds what lies in the west alone
        [2, None, "市供电公司", 60, "黑", "2"],  # holds a grid of the east
    ]
    path = form(tmp_path, 责任单位=rows)
    answer = send(app, path, "/preview", scope=WEST)
    assert cells(answer) == [("责任单位!C4", "outside")]
    back = openpyxl.load_workbook(io.BytesIO(send(app, path, "/marked", scope=WEST).content))
    assert back["责任单位"]["C4"].comment is not None
    assert send(app, path, scope=WEST).status_code == 422
    assert store_of(app).read("units")["phone"].to_dict() == before
    only: Rows = [UNITS, rows[1]]
    assert send(app, form(tmp_path, 责任单位=only), scope=WEST).status_code == 200
    assert store_of(app).read("units").loc["u2", "phone"] == "1"


def test_a_point_is_neither_taken_from_outside_nor_put_there(app: FastAPI, tmp_path: Path) -> None:
    points = store_of(app).read("inspection_points").geometry
    market, school = points["m1"], points["s1"]
    rows: Rows = [
        POINTS,
        ["s1", "向阳小学", "school", market.x, market.y, "CGCS2000", None],  # the code is taken
        ["m2", "东市场", "market", school.x, school.y, "CGCS2000", None],
        ["m3", "西市场", "market", market.x, market.y, "CGCS2000", None],
    ]
    path = form(tmp_path, 点位=rows)
    answer = send(app, path, "/preview", scope=WEST)
    assert cells(answer) == [("点位!A3", "outside"), ("点位!D4", "outside")]
    assert send(app, path, scope=WEST).status_code == 422
    kept = store_of(app).read("inspection_points")
    assert kept["name"].to_dict() == {"m1": "中心市场", "s1": "第一小学"}
    inside = form(tmp_path, 点位=[POINTS, rows[3]])
    assert send(app, inside, scope=WEST).json()["counts"]["inspection_points"]["added"] == 1


def test_an_office_of_a_part_reads_its_own_export_as_it_was(app: FastAPI, tmp_path: Path) -> None:
    client = client_of(app, "subdistrict_office", WEST)
    (tmp_path / "e.xlsx").write_bytes(client.get("/api/v1/forms/export.xlsx").content)
    seen = send(app, tmp_path / "e.xlsx", "/preview", scope=WEST).json()
    assert (seen["faults"], seen["missing"]) == ([], [])
    assert seen["counts"]["assignments"]["unchanged"] == 7
    assert not any(counts["changed"] for counts in seen["counts"].values())


# --- What is no form ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"a,b\n1,2\n", "unsupported-format"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "unsupported-format"),
    ],
)
def test_what_is_no_workbook_by_its_content_is_refused(
    app: FastAPI, tmp_path: Path, content: bytes, code: str
) -> None:
    (tmp_path / "表.xlsx").write_bytes(content)
    for to in ("", "/preview", "/marked"):
        answer = send(app, tmp_path / "表.xlsx", to)
        assert (answer.status_code, answer.json()["code"]) == (422, code), to


def test_a_workbook_larger_than_a_request_may_be_is_not_read(tmp_path: Path) -> None:
    app = create_app(Settings(database_url=town_register(tmp_path), body_limit=4096))
    (tmp_path / "a.xlsx").write_bytes(b"x" * 5000)
    assert send(app, tmp_path / "a.xlsx", "/preview").status_code == 413


def test_a_datum_that_cannot_be_used_is_refused(app: FastAPI, tmp_path: Path) -> None:
    path = form(tmp_path, 点位=[POINTS, ["m3", "西市场", "market", 122.5, 52.9, None, None]])
    assert send(app, path, "/preview", datum="gcj02").json()["faults"] == []
    assert send(app, path, "/preview", datum="火星").status_code == 422


def test_nothing_that_was_sent_stays_behind(
    app: FastAPI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawer = tmp_path / "drawer"
    drawer.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(drawer))
    book = Workbook()
    book.save(tmp_path / "空.xlsx")
    assert send(app, tmp_path / "空.xlsx", "/preview").status_code == 422
    path = form(tmp_path, 包保关系=[RELATIONS, relation(单位名称="市教育局", 网格名称="第4网格")])
    assert send(app, path).status_code == 200
    assert list(drawer.iterdir()) == []
