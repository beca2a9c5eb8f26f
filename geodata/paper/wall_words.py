"""What is said on a wall map, in two languages."""

from __future__ import annotations

from geodata.paper.wording import Wording

CHINESE: dict[str, str] = {
    "title": "责任网格挂图",
    "title of": "{name}责任网格挂图",
    "legend": "图例",
    "grid label": "网格短码·单位编号（见索引）、单位名称",
    "tints": "相邻网格底色不同，责任单位不同",
    "unit border": "单位责任界",
    "community": "社区界",
    "subdistrict": "街道（乡镇）界",
    "road": "道路",
    "compound": "小区",
    "gap": "未落实责任的地块",
    "hot": "热点网格（{sign}）",
    "cold": "冷点网格（{sign}）",
    "points": "检查点位",
    "dense": "点位密集，本幅面不标类别",
    "other category": "其他类别",
    "leaders": "包保领导",
    "index": "责任单位索引",
    "others": "未承担网格的责任单位",
    "assists": "协助 {n} 个网格",
    "road_segment": "路段 {n}",
    "inspection_point": "点位 {n}",
    "compound_n": "小区 {n}",
    "division": "片区 {n}",
    "unlabelled": "图上未注记的网格",
    "unlabelled row": "{code}　图区 {square}",
    "index on": "索引续见第 {pages} 页",
    "index here": "共 {n} 个责任单位",
    "labelled": "{n} 个网格中 {inner} 个注记于网格内、{outer} 个引线注记、"
    "{rest} 个列入索引（注记率 {share}）",
    "flags": "挂图作战（{month}）",
    "flag done": "完成",
    "flag not_done": "未完成",
    "flag due": "进行中",
    "flag not_due": "未到期",
    "flag none": "无任务",
    "flags drawn": "图上旗帜为各组编号，插在任务所在社区或责任单位网格；{whole} 面中图上有 {n} 面，"
    "全市性任务仅列于此",
    "no flags": "本月没有挂图作战任务",
    "spots": "热点",
    "spots method": "{name}，{since}至{until}问题 {points} 件、网格 {areas} 个，"
    "显著性水平 {alpha}（{fdr}），{ways}；显著网格 {n} 个。输入校验 {hash}",
    "fdr": "Benjamini-Hochberg 校正",
    "no fdr": "未校正",
    "normal": "正态分布",
    "permuted": "{n} 次条件置换",
    "no spots": "所辖期间问题或网格过少，按规程不绘热点",
    "foot": "{city} · 责任网格台账　　数据截至 {day}　　图上北为坐标北，未计子午线收敛角",
    "north": "北",
    "scale": "比例尺 1:{n}",
    "nothing": "截至{day}，台账中没有可绘的网格。",
    "page": "第 {n} 页　共 {total} 页",
}

ENGLISH: dict[str, str] = {
    "title": "Wall map of responsibility grids",
    "title of": "{name}: wall map of responsibility grids",
    "legend": "Legend",
    "grid label": "Short code · number in the index, name of the unit",
    "tints": "Beside each other, other tint: other unit",
    "unit border": "Border between units",
    "community": "Community border",
    "subdistrict": "Subdistrict border",
    "road": "Road",
    "compound": "Compound",
    "gap": "Ground nobody holds",
    "hot": "Hot spot ({sign})",
    "cold": "Cold spot ({sign})",
    "points": "Inspection points",
    "dense": "Points too close for their categories at this size",
    "other category": "Other categories",
    "leaders": "Leaders",
    "index": "Index of units",
    "others": "Units without a grid of their own",
    "assists": "assists on {n} grids",
    "road_segment": "{n} road segments",
    "inspection_point": "{n} points",
    "compound_n": "{n} compounds",
    "division": "{n} divisions",
    "unlabelled": "Grids without a label on the map",
    "unlabelled row": "{code}  square {square}",
    "index on": "Index continues on page {pages}",
    "index here": "{n} units",
    "labelled": "Of {n} grids {inner} are labelled within, {outer} by a line, {rest} are in the "
    "index ({share} labelled)",
    "flags": "Boards ({month})",
    "flag done": "done",
    "flag not_done": "not done",
    "flag due": "due",
    "flag not_due": "not yet due",
    "flag none": "no task",
    "flags drawn": "On the map a flag has the number of its group and stands on the community or "
    "the grids of its task; {n} of {whole} are drawn, those of the whole city are in this list",
    "no flags": "No task on the boards this month",
    "spots": "Hot spots",
    "spots method": "{name}, {since} to {until}, {points} issues in {areas} grids, level {alpha} "
    "({fdr}), {ways}; {n} significant grids. Input hash {hash}",
    "fdr": "Benjamini-Hochberg",
    "no fdr": "not corrected",
    "normal": "normal distribution",
    "permuted": "{n} conditional permutations",
    "no spots": "Too few issues or grids in the period: no hot spots are drawn, by rule",
    "foot": "{city} · register of responsibility grids    Data as of {day}    North is grid north; "
    "convergence is not allowed for",
    "north": "N",
    "scale": "Scale 1:{n}",
    "nothing": "On {day}, there is no grid in the register to draw.",
    "page": "Page {n} of {total}",
}

LABELS: dict[str, dict[str, str]] = {"zh_CN": CHINESE, "en": ENGLISH}


def say(words: Wording, label: str, /, **values: object) -> str:
    """Return a label of wall maps with its values filled in."""
    return LABELS[words.language][label].format(**values)
