"""Material of an invented city: reports and pictures asked of units, some handed in."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pandas as pd

from geodata.store import Store
from gridmap.layers import BOOKS, conform, empty
from gridmap.materials import Act, Actor, step

REPORTS = (
    "市容环境整治",
    "窗口服务提升",
    "公益广告宣传",
    "志愿服务开展",
    "未成年人思想道德建设",
    "背街小巷改造",
    "农贸市场规范",
    "交通秩序治理",
)
PICTURES = {
    "主次干道": 8,
    "背街小巷": 6,
    "居民小区": 8,
    "社区综合文化服务中心": 5,
    "农贸市场": 6,
    "商场超市": 4,
    "公共广场公园": 6,
    "政务大厅": 4,
    "医院": 4,
    "车站": 4,
    "学校周边": 5,
    "公共厕所": 4,
    "建筑工地围挡": 5,
    "公交站台": 5,
    "志愿服务站点": 5,
}
"""Eight reports, and fifteen items with 79 pictures together, as one city's list has it."""
EDITION = "2026 演示"
RETURNED = {"pictures": "拍摄角度不符合要求，请补拍", "report": "请补充数据来源"}


def add_demo_materials(store: Store, zone: ZoneInfo) -> None:
    """
    Ask units for this month's material, and hand some of it in.

    Parameters
    ----------
    store
        Of a new register, with units in it.
    zone
        The city's time zone.
    """
    now = store.now().astimezone(zone)
    month = now.date().replace(day=1)
    units = store.read("units", now.date())
    active = units[units["active"].fillna(value=True).astype(bool) & (units["party"] == "unit")]
    slots = _slots(month, list(active.index[:6]))
    with store.write(who="demo", action="material-ask", what={"demo": True}) as writer:
        writer.add("material_slots", slots, month)
        steps = _steps(slots, datetime.combine(month, time(9), zone), now - timedelta(hours=6))
        writer.add("material_steps", steps, month)


def _slots(month: date, units: list[str]) -> pd.DataFrame:
    asked = [("report", f"{name}工作说明", 1) for name in REPORTS]
    asked += [("pictures", f"{name}实景图片", wanted) for name, wanted in PICTURES.items()]
    rows = [
        {
            "slot_id": f"{month:%Y%m}-{n:02d}",
            "edition": EDITION,
            "month": month,
            "name": name,
            "sort": sort,
            "wanted": wanted,
            "unit_id": units[n % len(units)],
            "due": month + timedelta(days=14 if n % 3 else 24),
            "position": n,
        }
        for n, (sort, name, wanted) in enumerate(asked, start=1)
    ]
    return conform(pd.DataFrame(rows), BOOKS["material_slots"])


def _steps(slots: pd.DataFrame, start: datetime, latest: datetime) -> pd.DataFrame:
    """Every other slot is handed in; of these every third is sent back, the rest accepted."""
    steps = empty(BOOKS["material_steps"])
    for n, (slot_id, slot) in enumerate(slots.iterrows()):
        if n % 2:
            continue
        wanted = int(slot["wanted"])
        at = min(start + timedelta(days=n % 9), latest)
        unit = Actor("demo-unit", slot["unit_id"], at)
        office = Actor("demo-office", None, unit.at + timedelta(hours=5))
        acts = [(Act(str(slot_id), "submit", given=wanted), unit)]
        if n % 3 == 0:
            reason = (
                "拍摄角度不符合要求, 请补拍" if slot["sort"] == "pictures" else "请补充数据来源"
            )
            acts.append((Act(str(slot_id), "return", reason=reason), office))
        elif n % 4 == 0:
            acts.append((Act(str(slot_id), "accept"), office))
        for act, actor in acts:
            steps = pd.concat([steps, step(slots, steps, act, actor)])
    return steps
