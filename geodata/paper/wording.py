"""
What is said on paper, in two languages.

The figures are worded as the pages word them: m² up to a hectare, hectares up to a square
kilometre; a share is 100 % only where nothing is left.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd
from babel.dates import format_date

from gridmap.errors import NotFoundError

HECTARE, KM2, KILOMETRE = 10_000.0, 1_000_000.0, 1000.0
NONE = "—"

CHINESE: dict[str, str] = {
    "unit card": "责任单位包保卡",
    "post card": "包保岗位责任卡",
    "roster": "网格包保花名册",
    "sign-off": "未落实包保责任签认表",
    "as of": "数据截至 {day}",
    "page": "第 {n} 页　共 {total} 页",
    "source": "{city} · 责任网格台账",
    "nothing held": "截至{day}，台账中没有承担包保任务的责任单位。",
    "no community": "截至{day}，台账中没有网格。",
    "no grid": "本社区没有网格。",
    "no gap": "截至{day}，本区域没有未落实包保责任的地块、道路、点位和小区。",
    "and more": "另有 {n} 项，扫码查看",
    "scan": "扫码查看最新信息",
    "not in use": "已停用",
    "stretch": "{since}–{until} 米",
    "grids": "责任网格",
    "own area": "主责面积",
    "own roads": "主责道路",
    "area": "面积",
    "roads": "责任路段",
    "all grids": "网格",
    "all points": "点位",
    "all compounds": "小区",
    "noted": "{what}（{note}）",
    "points": "责任点位",
    "compounds": "责任小区",
    "divisions": "包保片区",
    "people": "包保责任链",
    "kind": "单位类型",
    "headcount": "人数",
    "holder": "任职人",
    "contact": "联络员",
    "phone": "联系电话",
    "unit_id": "编号",
    "unit": "责任单位",
    "helpers": "协助单位、网格员",
    "leaders": "包保领导",
    "code": "网格代码",
    "name": "名称",
    "grid": "网格",
    "residents": "居民人数",
    "share": "覆盖率",
    "number": "序号",
    "place": "所在社区",
    "what": "地块（路段、点位、小区）",
    "reason": "原因",
    "size": "面积（长度）",
    "taken by": "认领单位",
    "signature": "负责人签字",
    "signed on": "日期",
    "scale": "比例尺 1:{n}",
    "north": "北",
    "map source": "底图：{city}责任网格台账",
    "legend watched": "包保片区",
    "legend compound": "责任小区",
    "legend held": "责任网格",
    "legend helped": "协助网格",
    "legend road": "责任路段",
    "legend border": "社区界",
    "legend gap": "未落实地块、小区",
    "legend free road": "未落实路段",
    "undrawn": "未划网格地块（{lon}, {lat}）",
    "slivers": "界线间宽不足 0.1 米的细缝，不逐一列出",
    "outside": "另有 {n} 处路段、点位或小区在行政区划界线以外，不计入覆盖统计。",
    "no division": "未划入社区",
    "whole": "总量",
    "covered": "已落实",
    "uncovered": "未落实",
    "items": "{n} 处",
    "ground": "地块",
    "road lengths": "道路",
    "grids and units": "网格 {grids} 个，责任单位 {units} 个",
    "signed by": "街道（乡镇）负责人：{room}社区负责人：{room}填表日期：",
    "m2": "{n} 平方米",
    "ha": "{n} 公顷",
    "km2": "{n} 平方公里",
    "m": "{n} 米",
    "km": "{n} 公里",
    "reason no_grid": "未划网格",
    "reason no_unit": "无责任单位",
    "reason unit_inactive": "单位已停用",
    "reason no_contact": "无联系人",
    "tier patch_leader": "包片领导",
    "tier lead": "牵头单位",
    "tier responsible": "责任单位",
    "tier assisting": "协助单位",
    "tier grid_worker": "网格员",
    "side left": "左侧",
    "side right": "右侧",
    "side both": "两侧",
    "level district": "区县",
    "level subdistrict": "街道乡镇",
    "level community": "社区",
}

ENGLISH: dict[str, str] = {
    "unit card": "Responsibility card",
    "post card": "Post responsibility card",
    "roster": "Roster of grids",
    "sign-off": "Sign-off sheet of what nobody holds",
    "as of": "Data as of {day}",
    "page": "Page {n} of {total}",
    "source": "{city} · register of responsibility grids",
    "nothing held": "On {day}, no unit in the register holds anything.",
    "no community": "On {day}, there is no grid in the register.",
    "no grid": "There is no grid in this community.",
    "no gap": "On {day}, no ground, road, point or compound here is without a unit.",
    "and more": "and {n} more: scan the code",
    "scan": "Scan for the latest",
    "not in use": "no longer active",
    "stretch": "{since}–{until} m",
    "grids": "Grids held",
    "own area": "Area, as primary unit",
    "own roads": "Roads, as primary unit",
    "area": "Area",
    "roads": "Roads held",
    "all grids": "Grids",
    "all points": "Inspection points",
    "all compounds": "Compounds",
    "noted": "{what} ({note})",
    "points": "Points held",
    "compounds": "Compounds held",
    "divisions": "Divisions held",
    "people": "Chain of responsibility",
    "kind": "Kind",
    "headcount": "Headcount",
    "holder": "Held by",
    "contact": "Contact",
    "phone": "Phone",
    "unit_id": "Number",
    "unit": "Responsible unit",
    "helpers": "Assisting, grid workers",
    "leaders": "Leaders",
    "code": "Grid code",
    "name": "Name",
    "grid": "Grid",
    "residents": "Residents",
    "share": "Coverage",
    "number": "No.",
    "place": "Community",
    "what": "Ground, road, point or compound",
    "reason": "Reason",
    "size": "Area or length",
    "taken by": "Taken by",
    "signature": "Signature",
    "signed on": "Date",
    "scale": "Scale 1:{n}",
    "north": "N",
    "map source": "Map: {city}, register of responsibility grids",
    "legend watched": "Divisions held",
    "legend compound": "Compounds held",
    "legend held": "Grids held",
    "legend helped": "Grids assisted",
    "legend road": "Road segments held",
    "legend border": "Community border",
    "legend gap": "Ground or compound nobody holds",
    "legend free road": "Road nobody holds",
    "undrawn": "Ground in no grid ({lon}, {lat})",
    "slivers": "Slivers between borders, thinner than 0.1 m, not listed one by one",
    "outside": "{n} more roads, points or compounds lie outside the divisions; no figure has them.",
    "no division": "In no community",
    "whole": "In all",
    "covered": "Held",
    "uncovered": "Not held",
    "items": "{n}",
    "ground": "Ground",
    "road lengths": "Roads",
    "grids and units": "{grids} grids, {units} units",
    "signed by": "For the subdistrict:{room}For the community:{room}Date:",
    "m2": "{n} m²",
    "ha": "{n} ha",
    "km2": "{n} km²",
    "m": "{n} m",
    "km": "{n} km",
    "reason no_grid": "No grid drawn",
    "reason no_unit": "No unit assigned",
    "reason unit_inactive": "Unit no longer active",
    "reason no_contact": "Nobody to contact",
    "tier patch_leader": "Patch leader",
    "tier lead": "Lead unit",
    "tier responsible": "Responsible unit",
    "tier assisting": "Assisting unit",
    "tier grid_worker": "Grid worker",
    "side left": "left side",
    "side right": "right side",
    "side both": "both sides",
    "level district": "District",
    "level subdistrict": "Subdistrict",
    "level community": "Community",
}

LABELS: dict[str, dict[str, str]] = {"zh_CN": CHINESE, "en": ENGLISH}


@dataclass(frozen=True)
class Wording:
    """
    Labels and number forms of one language.

    Parameters
    ----------
    language
        One of `LABELS`.

    Raises
    ------
    NotFoundError
        If nothing is said in that language.
    """

    language: str

    def __post_init__(self) -> None:
        """Refuse a language that has no labels."""
        if self.language not in LABELS:
            msg = "Nothing is printed in {language}; there are {languages}."
            raise NotFoundError(msg, language=self.language, languages=", ".join(LABELS))

    def say(self, label: str, /, **values: object) -> str:
        """Return a label with its values filled in."""
        return LABELS[self.language][label].format(**values)

    def word(self, table: str, code: object) -> str:
        """Return what a code is called; a code without a label is shown as it is."""
        return LABELS[self.language].get(f"{table} {code}", text(code))

    def number(self, value: object, decimals: int = 0) -> str:
        """Return a number with its thousands grouped."""
        return NONE if absent(value) else f"{float(str(value)):,.{decimals}f}"

    def area(self, m2: object) -> str:
        """Return an area in m², hectares or km², whichever reads best."""
        if absent(m2):
            return NONE
        size = float(str(m2))
        if round(size) < HECTARE:
            return self.say("m2", n=self.number(size))
        if round(size / HECTARE, 2) < KM2 / HECTARE:
            return self.say("ha", n=self.number(size / HECTARE, 2))
        return self.say("km2", n=self.number(size / KM2, 2))

    def metres(self, length: object) -> str:
        """Return a length in metres or kilometres."""
        if absent(length):
            return NONE
        size = float(str(length))
        if round(size) < KILOMETRE:
            return self.say("m", n=self.number(size))
        return self.say("km", n=self.number(size / KILOMETRE, 2))

    def share(self, value: object) -> str:
        """Return a share in per cent; only a whole is shown as 100 %."""
        if absent(value):
            return NONE
        part = float(str(value))
        return f"{part:.0%}" if part in {0.0, 1.0} else f"{min(part, 0.9999):.2%}"

    def day(self, day: date) -> str:
        """Return a day as offices write it."""
        return format_date(day, "long", locale=self.language)

    def together(self, names: list[str]) -> str:
        """Return names as one list, each once."""
        return ("、" if self.language.startswith("zh") else ", ").join(dict.fromkeys(names))


def absent(value: object) -> bool:
    """Return whether there is no value: None, NaN, NaT or NA."""
    return value is None or (pd.api.types.is_scalar(value) and bool(pd.isna(value)))


def text(value: object) -> str:
    """Return a value as one line of text: nothing for what is absent, no control characters."""
    if absent(value):
        return ""
    return "".join(c if c.isprintable() else " " for c in str(value)).strip()
