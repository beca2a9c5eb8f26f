"""The Excel form as offices write it, and what is found in it."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pandas as pd
from openpyxl.workbook import Workbook

from geodata.forms.committing import commit, context_of
from geodata.forms.preview import FormPreview
from geodata.forms.reading import read
from geodata.store import Store
from gridmap import assignments, demo, layers
from tests.geodata import hostile
from tests.registers import new_register
from tests.town import SQUARES

MARCH, MAY = date(2026, 3, 1), date(2026, 5, 1)
ZONE = "Asia/Shanghai"
GRIDS = list(SQUARES)
Rows = list[list[object]]
UNITS = ["序号", "单位编号", "单位名称", "人数", "联络员", "电话"]
RELATIONS = [
    "单位名称",
    "层级",
    "网格名称",
    "道路",
    "起点",
    "终点",
    "侧",
    "开始日期",
    "依据",
    "备注",
]
POINTS = ["点位编号", "点位名称", "点位类别", "经度", "纬度", "坐标系", "状态"]
LEADERS = ["姓名", "职务", "联系社区", "层级"]
TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships'
    '+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-'
    'officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
    "</Types>"
)
# A workbook written by hand, of one sheet that is one of the form's.
BOOK = {
    "xl/workbook.xml": (
        f'<workbook xmlns="{hostile.MAIN}" xmlns:r="{hostile.RELATIONS}"><sheets>'
        '<sheet name="包保关系" sheetId="1" r:id="r1"/></sheets></workbook>'
    ),
    "[Content_Types].xml": TYPES,
}


def written(path: Path, **sheets: Rows) -> Path:
    """Write sheets: 责任单位=[headings, row, row], under a title as offices have it."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        tab = book.create_sheet(title)
        tab.append([f"漠河市{title}一览表"])
        tab.merge_cells(start_row=1, end_row=1, start_column=1, end_column=len(rows[0]))
        for cells_of in rows:
            tab.append(cells_of)
    book.save(path)
    return path


def found(preview: FormPreview) -> list[tuple[str, str]]:
    return list(zip(preview.faults["cell"], preview.faults["code"], strict=True))


def taken(preview: FormPreview) -> dict[str, str]:
    return dict(zip(preview.guesses["said"], preview.guesses["taken_as"], strict=True))


def relation(**said: object) -> list[object]:
    return [said.get(heading) for heading in RELATIONS]


def brought(store: Store, path: Path, since: date = MARCH, **options: bool) -> dict:
    context = context_of(store, since, time_zone=ZONE, **options)
    return commit(store, "王一", read(path, context), since, path.name)


def entries(store: Store) -> int:
    last = store.journal.last()
    return 0 if last is None else last.seq


def held_by(store: Store, grid: str, day: date) -> list[str]:
    rows = assignments.in_force(store.read("assignments"), day)
    mine = rows[(rows["target"] == grid) & (rows["tier"] == "responsible")]
    return sorted(mine["unit_id"])


# --- A city in one upload ---------------------------------------------------------------------


def empty_city(city: demo.DemoCity, folder: Path) -> Store:
    """Keep the ground of a city, of which nobody answers for anything."""
    database = new_register(folder / "city.gpkg", "漠河")
    made = Store(database, clock=lambda: datetime(2026, 6, 1, 4, tzinfo=UTC))
    with made.write(who="a test", action="import") as writer:
        for layer in ("districts", "subdistricts", "communities", "grids", "roads"):
            frame = layers.conform(getattr(city, layer), layers.LAYERS[layer])
            writer.add(layer, frame, date(2026, 1, 1))
    return made


def as_an_office_writes(city: demo.DemoCity, path: Path) -> tuple[Path, dict[str, set[str]]]:
    """
    Write the units of a city and who holds its grids: names, grouped headings, merged cells.

    Returns the file, and grid code → names of the units that hold it.
    """
    book = Workbook()
    units = book.active
    units.title = "责任单位"
    units.append(["漠河市责任单位名单"])
    units.append(["填报：创城办", None, None, None, "2026年3月1日"])
    units.append(["序号", "单位　名称", "基本情况", None, "联系方式", None])
    units.append([None, None, "类型", "人数（人）", "联络员", "电话"])
    for area in ("A1:F1", "C3:D3", "E3:F3", "A3:A4", "B3:B4"):
        units.merge_cells(area)
    mine = city.units[city.units["party"] == "unit"].set_index("unit_id")
    for number, unit in enumerate(mine.itertuples(), start=1):
        units.append([number, unit.name, unit.kind, unit.headcount, unit.contact, unit.phone])
    units.append(["合计", None, None, int(mine["headcount"].sum())])
    oracle = _relations(city, book, mine["name"])
    book.save(path)
    return path, oracle


def _relations(city: demo.DemoCity, book: Workbook, called: pd.Series) -> dict[str, set[str]]:
    tab = book.create_sheet("包保关系")
    tab.append(["序号", "单位名称", "网格", None, "开始日期"])
    tab.append([None, None, "名称", "备注", None])
    for area in ("C1:D1", "A1:A2", "B1:B2", "E1:E2"):
        tab.merge_cells(area)
    held = city.assignments.query("target_kind == 'grid' and tier == 'responsible'")
    names = city.grids.set_index("code")["name"]
    oracle: dict[str, set[str]] = {}
    for number, (unit, rows) in enumerate(held.groupby("unit_id"), start=1):
        for code in rows["target"]:
            oracle.setdefault(code, set()).add(called[unit])
        grids = names[rows["target"]].to_list()
        first = tab.max_row + 1
        # one row a grid, the unit's cell merged; or all of its grids in one cell
        for cell in ["、".join(grids)] if number % 2 else grids:
            is_first = tab.max_row < first
            unit_cells = [number, called[unit]] if is_first else [None, None]
            tab.append([*unit_cells, cell, None, "２０２６．３．１"])
        for letter in "AB" if tab.max_row > first else "":
            tab.merge_cells(f"{letter}{first}:{letter}{tab.max_row}")
    return oracle


# --- The form written -----------------------------------------------------------------------


def workbook(content: bytes) -> Workbook:
    return openpyxl.load_workbook(io.BytesIO(content))
