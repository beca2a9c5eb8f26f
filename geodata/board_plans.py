"""
A year's plan of the boards as offices write it: an Excel list, one monthly task a row.

What is exported has the same headings, so it can be mended in Excel and brought in again; what the
register works out stands in columns that are not read.
"""

from __future__ import annotations

import re
import tempfile
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pandas as pd

from geodata import readers, workbook
from geodata.workbook import Kind
from gridmap import evidence
from gridmap.boards import COMPUTED, Task
from gridmap.contracts import FAULT_COLUMNS

HEADINGS: dict[str, tuple[str, ...]] = {
    "group": ("专项组", "工作组", "group"),
    "item": ("年度事项", "年度任务", "item"),
    "month": ("月份", "完成月份", "month"),
    "title": ("当月任务", "任务", "task"),
    "unit_id": ("责任单位", "unit"),
    "division": ("区划", "区划代码", "division"),
    "rule": ("计量方式", "考核方式", "rule"),
    "target": ("目标", "目标值", "target"),
    "position": ("顺序", "序号", "position"),
}
"""Column → how offices call it; the first one is what we write."""
NEEDED = ("group", "item", "month", "title", "rule", "target")
RULES: dict[str, str] = {
    "reported": "单位填报",
    "coverage": "责任覆盖率",
    "on_time": "按期整改率",
    "closed": "问题结案率",
    "walked": "道路巡查率",
    "points_reached": "点位达标率",
}
FLAGS: dict[str, str] = {
    "done": "完成",
    "not_done": "未完成",
    "due": "进行中",
    "not_due": "未到期",
    "none": "无任务",
}
_MONTH = re.compile(r"(\d{4})[-/.年](\d{1,2})(?:月|[-/.月](\d{1,2})日?.*)?")
_NUMBER = re.compile(r"\d+(\.\d+)?%?")
MOST = 10_000  # tasks of a plan


@dataclass(frozen=True, eq=False)
class Names:
    """
    How units and divisions may be called in a plan.

    Parameters
    ----------
    units, divisions
        Name, short name or key → key; what two bear is not there.
    """

    units: Mapping[str, str] = field(default_factory=dict)
    divisions: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, units: pd.DataFrame, divisions: Iterable[pd.DataFrame]) -> Names:
        """
        Return the names of a register.

        Parameters
        ----------
        units
            The layer.
        divisions
            The layers of divisions.
        """
        areas = pd.concat([frame["name"] for frame in divisions])
        return cls(_called(units["name"], units["short_name"]), _called(areas))


@dataclass(frozen=True, eq=False)
class PlanPreview:
    """
    A plan as it was read.

    Parameters
    ----------
    tasks
        Row of the file → task; rows with a fault are not among them.
    faults
        What cannot be read: `gridmap.layers.FAULT_COLUMNS`.
    """

    tasks: dict[int, Task]
    faults: pd.DataFrame


def read_plan(path: Path, names: Names) -> PlanPreview:
    """
    Read a year's plan.

    Parameters
    ----------
    path
        An Excel file, with the headings of `HEADINGS`.
    names
        How units and divisions may be called.

    Returns
    -------
    PlanPreview
        With every fault, not only the first.

    Raises
    ------
    UnreadableError, UnsupportedFormatError, LimitError, ChoiceError
        As `geodata.readers.read`.
    """
    frame = readers.read(path).frame
    known = {heading: name for name, said in HEADINGS.items() for heading in said}
    frame = pd.DataFrame(frame).rename(columns=lambda heading: known.get(_plain(heading), heading))
    frame = frame.loc[:, ~frame.columns.duplicated()]
    missing = [name for name in NEEDED if name not in frame]
    if missing:
        told = [
            (0, name, "missing", HEADINGS[name][0], "This column is missing.") for name in missing
        ]
        return PlanPreview({}, pd.DataFrame(told, columns=FAULT_COLUMNS))
    tasks: dict[int, Task] = {}
    faults: list[tuple[int, str, str, str, str]] = []
    for row, texts in zip(frame.index, frame.to_dict("records"), strict=True):
        cells = {name: _plain(texts.get(name)) for name in HEADINGS}
        if not any(cells.values()):
            continue
        found, wrong = _task(cells, names)
        faults += [(int(row), *fault) for fault in wrong]
        if found is not None:
            tasks[int(row)] = found
    if len(tasks) > MOST:
        faults.append((0, "task", "many", str(len(tasks)), "A plan has at most 10,000 tasks."))
    return PlanPreview(tasks, pd.DataFrame(faults, columns=FAULT_COLUMNS))


def write_board(groups: pd.DataFrame, tasks: pd.DataFrame) -> bytes:
    """
    Return a board as an Excel list in the offices' form.

    Parameters
    ----------
    groups
        ``board_groups``.
    tasks
        As `geodata.boards.Board` has them; none, and it is the form of a plan to fill in.
    """
    blank = pd.Series("", index=tasks.index, dtype="str")
    computed = tasks["rule"].isin(COMPUTED)
    shown = {
        HEADINGS["group"][0]: tasks["group_id"].map(groups["name"]),
        HEADINGS["item"][0]: tasks["item"],
        HEADINGS["month"][0]: tasks["month"].dt.strftime("%Y-%m"),
        HEADINGS["title"][0]: tasks["title"],
        HEADINGS["unit_id"][0]: tasks["unit_name"].fillna(tasks["unit_id"]),
        HEADINGS["division"][0]: tasks["division"],
        "区划名称": tasks["division_name"],
        HEADINGS["rule"][0]: tasks["rule"].map(RULES),
        HEADINGS["target"][0]: _amounts(tasks["target"], computed),
        "完成": _amounts(tasks["amount"], computed),
        "分子": tasks["part"].map(_number),
        "分母": tasks["whole"].map(_number),
        "旗帜": tasks["flag"].map(FLAGS),
        "完成情况": tasks["evidence"].map(lambda text: evidence.read(text).words),
        "佐证文件": tasks["evidence"].map(lambda text: len(evidence.read(text).files) or None),
        "未完成原因": tasks["reason"],
        "是否冻结": blank.mask(tasks["frozen"].astype(bool), "已冻结"),
    }
    kind: Kind = "text"
    cells = [
        (heading, [None if pd.isna(text) or text == "" else str(text) for text in values], kind)
        for heading, values in shown.items()
    ]
    with tempfile.TemporaryDirectory(prefix="gridmap-board-") as folder:
        path = Path(folder) / "board.xlsx"
        workbook.save(tasks, path, "挂图作战", cells)
        return path.read_bytes()


def _task(
    cells: Mapping[str, str], names: Names
) -> tuple[Task | None, list[tuple[str, str, str, str]]]:
    """Return the task of a row, or what is wrong with its cells."""
    wrong = [(name, "missing", "", "This cell is empty.") for name in NEEDED if not cells[name]]
    month, target = _month(cells["month"]), _target(cells["target"])
    rules = {said: rule for rule, said in RULES.items()} | {rule: rule for rule in RULES}
    unit = names.units.get(cells["unit_id"])
    division = names.divisions.get(cells["division"])
    checks = (
        ("month", month, "This is no month; write it as 2026-03."),
        ("target", target, "This is no number or per cent."),
        ("rule", rules.get(cells["rule"]), "There is no such rule."),
        ("unit_id", unit, "There is no such unit, or two are called so."),
        ("division", division, "There is no such division, or two are called so."),
    )
    wrong += [
        (name, "value", cells[name][:80], said)
        for name, read, said in checks
        if read is None and cells[name]
    ]
    if wrong or month is None or target is None:
        return None, wrong
    number = int(cells["position"]) if cells["position"].isdecimal() else None
    task = Task(cells["group"], cells["item"], month, cells["title"], rules[cells["rule"]], target,
                unit, division, number)  # fmt: skip
    return task, []


def _month(text: str) -> date | None:
    found = _MONTH.fullmatch(text)
    if found is None or not 1 <= int(found[2]) <= 12 or not int(found[1]) >= 1:  # noqa: PLR2004
        return None
    return date(int(found[1]), int(found[2]), 1)


def _target(text: str) -> float | None:
    if not _NUMBER.fullmatch(text):
        return None
    return float(text[:-1]) / 100 if text.endswith("%") else float(text)


def _amounts(values: pd.Series, computed: pd.Series) -> list[str | None]:
    return [
        None if pd.isna(value) else f"{round(100 * value, 6):g}%" if share else _number(value)
        for value, share in zip(values, computed, strict=True)
    ]


def _number(value: float) -> str | None:
    return None if pd.isna(value) else f"{value:.10g}"


def _called(*columns: pd.Series) -> dict[str, str]:
    """Return name → key, without the names that two bear; a key is a name of itself."""
    pairs = pd.concat(columns).dropna()
    pairs = pairs[pairs != ""]
    keys = pd.Series(pairs.index, index=[_plain(name) for name in pairs])
    sole = keys[~keys.reset_index().duplicated().to_numpy()]
    sole = sole[~sole.index.duplicated(keep=False)]
    return {str(name): str(key) for name, key in sole.items()} | {
        str(key): str(key) for key in columns[0].index
    }


def _plain(text: object) -> str:
    """Return a cell without spaces around it, full-width signs made plain."""
    return "" if text is None or pd.isna(text) else unicodedata.normalize("NFKC", str(text)).strip()
