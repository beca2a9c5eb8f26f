"""The ledger in Excel, in the form in which offices keep it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import geopandas as gpd
import pandas as pd

from geodata import workbook
from geodata.issues.ledger import LARGEST, Ledger, Wanted
from geodata.issues.setting import Setting
from geodata.workbook import Kind

MEDIA_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST = 50_000
TITLE = "问题台账"
STATE_WORDS = {
    "reported": "待立案",
    "filed": "已立案",
    "refused": "不予立案",
    "dispatched": "已派遣",
    "accepted": "整改中",
    "returned": "已退回",
    "rectified": "待复查",
    "reinspected": "待销号",
    "closed_out": "已销号",
    "suspended": "已挂账",
    "merged": "已并案",
}
CHANNEL_WORDS = {
    "unit_patrol": "单位巡查",
    "guidance_team": "指导推进组",
    "hotline": "热线",
    "citizen_app": "随手拍",
    "spot_check": "领导抽检",
    "periodic": "定期督查",
    "any_time": "随时检查",
    "mutual": "交叉互检",
    "undercover": "暗访",
    "open311": "第三方平台",
}
LIGHT_WORDS = {"green": "正常", "yellow": "将到期", "red": "已超时"}
KIND_WORDS = {
    "urgent_hours": "紧急工作时",
    "working_hours": "工作时",
    "working_days": "工作日",
    "calendar_days": "自然日",
}


def sheet(setting: Setting, wanted: Wanted) -> bytes:
    """
    Return what a question to the ledger finds as an Excel workbook.

    Parameters
    ----------
    setting
        Who asks.
    wanted
        The question; its cursor and limit are not looked at, `MOST` rows come at most.
    """
    pages = list(_pages(Ledger(setting), replace(wanted, cursor=None, limit=LARGEST)))
    found = pd.concat(pages) if len(pages) > 1 else pages[0]
    cells = [(heading, texts, kind) for heading, texts, kind in _columns(found, setting)]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "issues.xlsx"
        workbook.save(found, path, TITLE, cells)
        return path.read_bytes()


def _pages(ledger: Ledger, wanted: Wanted) -> Iterator[gpd.GeoDataFrame]:
    shown = 0
    while True:
        found = ledger.find(wanted)
        yield found.issues
        shown += len(found.issues)
        if found.next is None or shown >= MOST:
            return
        wanted = replace(wanted, cursor=found.next)


def _columns(
    found: gpd.GeoDataFrame, setting: Setting
) -> Iterator[tuple[str, list[str | None], Kind]]:
    zone = setting.zone

    def moments(name: str) -> list[str | None]:
        local = found[name].dt.tz_convert(zone).dt.strftime("%Y-%m-%d %H:%M")
        return _texts(local)

    yield "序号", [str(number) for number in range(1, len(found) + 1)], "number"
    yield (
        "案件编号",
        _texts(found["number"].fillna(pd.Series(found.index, index=found.index))),
        "text",
    )
    yield "上报时间", moments("reported_at"), "text"
    yield "上报渠道", _worded(found["channel"], CHANNEL_WORDS), "text"
    yield "问题类别", _texts(found["category"]), "text"
    yield "问题描述", _texts(found["description"]), "text"
    yield "问题地址", _texts(found["address"]), "text"
    yield "所在网格", _texts(found["grid_name"].fillna(found["grid"])), "text"
    yield "责任单位", _texts(found["unit_name"].fillna(found["unit_id"])), "text"
    yield "状态", _worded(found["state"], STATE_WORDS), "text"
    yield "整改时限", _limits(found, "limit_amount"), "text"
    yield "准予延长", _limits(found, "granted"), "text"
    yield "截止时间", moments("due_at"), "text"
    yield "时限状态", _worded(found["light"], LIGHT_WORDS), "text"
    yield "整改时间", moments("rectified_at"), "text"
    yield "销号时间", moments("closed_at"), "text"
    for heading, name in (
        ("退回次数", "returns"),
        ("返工次数", "reworks"),
        ("延期次数", "extensions"),
    ):
        yield heading, _texts(found[name].fillna(0).astype("int64")), "number"
    known = setting.whole.frame("conditions", date.max)
    for heading, name in (("大类代码", "group_code"), ("小类代码", "category_code")):
        yield heading, _texts(found["condition"].map(known[name])), "text"


def _limits(found: gpd.GeoDataFrame, column: str) -> list[str | None]:
    return [
        None if pd.isna(amount) else f"{amount:g} {KIND_WORDS.get(kind, kind)}"
        for amount, kind in zip(found[column], found["limit_kind"], strict=True)
    ]


def _worded(values: pd.Series, words: dict[str, str]) -> list[str | None]:
    return _texts(values.map(words).fillna(values))


def _texts(values: pd.Series) -> list[str | None]:
    return [None if pd.isna(value) else str(value) for value in values]
