"""
Standards of filing conditions: a city's sheet read, looked at, and published as an edition.

The sheet is that of the city's standard (立案、处置和结案标准): a row a condition, the cells of its
category merged over them. It is parsed in the child process like every file. All or nothing: one
fault refuses the sheet, and every fault is listed. An edition that is published is never written
again; the editions before it stay, and so do the limits of what was filed under them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from geodata import readers
from geodata.columns import plain
from geodata.errors import ChoiceError
from geodata.notes import Note, note
from geodata.readers import Raw
from geodata.store import Store
from gridmap import conditions as filing
from gridmap import layers
from gridmap.access import Person
from gridmap.conditions import CONTRACT, Bare
from gridmap.errors import ConflictError, InvalidError, NotFoundError
from gridmap.layers import FAULT_COLUMNS

# Column → headings that cities give it; the limit is one column of theirs and two of ours.
HEADINGS: dict[str, tuple[str, ...]] = {
    "sort": ("部件或事件", "部件事件", "问题类型", "案件类型"),
    "group_code": ("大类代码", "大类编码", "大类编号"),
    "group": ("大类名称", "大类"),
    "category_code": ("小类代码", "小类编码", "小类编号"),
    "category": ("小类名称", "小类", "问题类别"),
    "condition": ("立案条件", "立案标准", "立案规范"),
    "closing": ("结案条件", "结案标准", "结案规范"),
    "limit": ("处置时限", "处理时限", "整改时限", "时限"),
    "handler": ("处置单位", "责任主体", "责任单位", "处置部门"),
    "supervisor": ("主管部门", "监管主体", "监管部门"),
    "basis": ("依据", "法律依据", "处置依据"),
}
CODES = {"group_code": ["group"], "category_code": ["group", "category"]}
"""Column of a code → the columns of what it is the code of."""
SORTS = {"部件": "component", "事件": "event", "component": "component", "event": "event"}
READ_AS: dict[Bare, str] = {
    "calendar": "{n} limits say 小时 or 天 and no more; they were read as running day and night.",
    "working": "{n} limits say 小时 or 天 and no more; they were read as working time.",
}
URGENT = "紧急"
_BREAK = re.compile(r"\s*\n\s*")


@dataclass(frozen=True)
class StandardOptions:
    """
    How a sheet is read.

    Parameters
    ----------
    sheet
        Which, where the workbook has several; if left out, all whose names say 部件 or 事件.
    header
        Number of the row of headings, where it cannot be seen.
    sort
        ``component`` or ``event``, where neither a column nor the sheet's name says.
    bare
        What 小时 and 天 are; see `gridmap.conditions.parse_limit`. If left out, working time in a
        sheet that calls other limits urgent, since what it does not call so is not; in any other
        sheet the plain hours and days that it names.
    """

    sheet: str | None = None
    header: int | None = None
    sort: str | None = None
    bare: Bare | None = None


@dataclass(frozen=True)
class StandardPreview:
    """
    What publishing a sheet would keep.

    Parameters
    ----------
    conditions
        The rows that have no fault, columns of the book ``conditions`` without key and edition.
    faults
        As from `gridmap.conditions.check`; one is enough to refuse the sheet. The row is the
        spreadsheet's, with the sheet's name before it where several were read.
    notes
        What was remarked.
    """

    conditions: pd.DataFrame
    faults: pd.DataFrame
    notes: list[Note]

    @property
    def refused(self) -> bool:
        """Whether anything stands in the way."""
        return len(self.faults) > 0

    @property
    def counts(self) -> dict[str, int]:
        """Conditions, categories and groups that were read, and rows that were refused."""
        keys = {"groups": ["sort", "group"], "categories": ["sort", "group", "category"]}
        rows = self.conditions.reindex(columns=keys["categories"])
        counted = {name: len(rows[key].drop_duplicates()) for name, key in keys.items()}
        refused = int(self.faults["row"].nunique())
        return {"conditions": len(self.conditions), **counted, "refused": refused}


class Standards:
    """
    The use cases of filing conditions.

    Parameters
    ----------
    store
        The register.
    person
        In whose name the journal is written.
    today
        The day in the city.
    """

    def __init__(self, store: Store, person: Person, today: date) -> None:
        self._store = store.whole  # conditions hold for the whole city
        self._person = person
        self._today = today

    def editions(self) -> list[str]:
        """Return the editions that are published, the newest first."""
        return sorted(self._store.read("conditions")["edition"].unique(), reverse=True)

    def conditions(self, edition: str | None = None) -> pd.DataFrame:
        """
        Return the conditions of an edition, in their order.

        Parameters
        ----------
        edition
            Its name; the newest if left out.

        Returns
        -------
        pandas.DataFrame
            Rows of the book, indexed by ``condition_id``; none if nothing is published.

        Raises
        ------
        NotFoundError
            If there is no such edition.
        """
        rows = self._store.read("conditions")
        if edition is None:
            return filing.latest(rows)
        found = rows[rows["edition"] == edition]
        if found.empty:
            msg = "There is no edition {edition}; there are {editions}."
            known = ", ".join(sorted(rows["edition"].unique(), reverse=True)) or "—"
            raise NotFoundError(msg, edition=edition, editions=known)
        return filing.latest(found)

    def preview(self, path: Path, options: StandardOptions | None = None) -> StandardPreview:
        """
        Read a sheet and say what publishing it would keep; nothing is changed.

        Parameters
        ----------
        path
            The workbook, or a table in any format that is read.
        options
            How it is read.

        Raises
        ------
        UnsupportedFormatError, UnreadableError, ChoiceError, LimitError
            As `geodata.readers.read`.
        """
        return read_standard(path, options or StandardOptions())

    def publish(self, conditions: pd.DataFrame, edition: str, source: str = "") -> pd.DataFrame:
        """
        Keep conditions as an edition.

        Parameters
        ----------
        conditions
            As `preview` showed them, or rows of the book.
        edition
            Its name, which begins with its date.
        source
            What they came from, for the journal.

        Returns
        -------
        pandas.DataFrame
            The rows as they are kept, indexed by ``condition_id``.

        Raises
        ------
        InvalidError
            If there is none, one cannot be, or the edition's name has no date.
        ConflictError
            If that edition is published already.
        """
        name = filing.require_edition(edition)
        rows = filing.numbered(conditions, name)
        if rows.empty:
            msg = "There is no condition to publish."
            raise InvalidError(msg)
        if len(faults := filing.check(rows)):
            msg = "The conditions have {n} faults; nothing was published."
            raise InvalidError(msg, faults=faults, n=len(faults))
        kept = layers.conform(rows, CONTRACT)
        what: dict[str, Any] = {"edition": name, "conditions": len(kept)}
        what |= {"source": source} if source else {}
        what |= {"by": self._person.person_id} if self._person.person_id else {}
        with self._store.write(who=self._person.name, action="standard", what=what) as writer:
            if (writer.read("conditions")["edition"] == name).any():
                msg = "The edition {edition} is published already; name another."
                raise ConflictError(msg, edition=name)
            writer.add("conditions", kept, self._today)
        return kept


def read_standard(path: Path, options: StandardOptions) -> StandardPreview:
    """
    Read a sheet of conditions; see `Standards.preview`.

    Parameters
    ----------
    path, options
        The file, and how it is read.
    """
    sheets = _sheets(path, options)
    parts = [_converted(raw, options) for raw in sheets]
    if len(parts) > 1:
        for raw, part in zip(sheets, parts, strict=True):
            part.conditions.index = [f"{_title(raw)}!{row}" for row in part.conditions.index]
            part.faults["row"] = [f"{_title(raw)}!{row}" for row in part.faults["row"]]
    rows = pd.concat([part.conditions for part in parts])
    rows = rows.assign(position=range(1, len(rows) + 1))
    unnamed = filing.numbered(rows, "preview").set_axis(rows.index)
    found = filing.check(unnamed)
    found = found[found["column"] != "limit_kind"]  # what is wrong with it is said of the amount
    said = pd.concat([*(part.faults for part in parts), found], ignore_index=True)
    # what was found first says more: a limit that cannot be read is not also a missing one
    faults = said.drop_duplicates(["row", "column"])
    order = {row: place for place, row in enumerate(rows.index)}
    faults = faults.sort_values("row", key=lambda at: at.map(order), kind="stable")
    notes = [remark for part in parts for remark in part.notes]
    whole = "missing-column" in set(faults["code"])
    sound = rows.iloc[:0] if whole else rows[~rows.index.isin(faults["row"])]
    return StandardPreview(sound, faults.reset_index(drop=True), notes)


def _sheets(path: Path, options: StandardOptions) -> list[Raw]:
    try:
        return [readers.read(path, sheet=options.sheet, header=options.header)]
    except ChoiceError as error:
        named = [name for name in error.choices if _sort_named(name)]
        if options.sheet is not None or not named:
            raise
        return [readers.read(path, sheet=name, header=options.header) for name in named]


def _converted(raw: Raw, options: StandardOptions) -> StandardPreview:
    taken = _taken(raw.headings)
    texts = pd.DataFrame(
        {column: raw.frame[heading].map(_text) for column, heading in taken.items()},
        index=raw.frame.index,
        dtype="str",
    )
    limits = texts.pop("limit") if "limit" in texts else None
    bare = options.bare or _bare(limits)
    rows, faults = _with_limits(texts, limits, bare)
    _fill_codes(rows)
    _say_sort(rows, options.sort or _sort_named(_title(raw)))
    told = raw.faults[raw.faults["column"].isin(taken.values())]
    columns = {heading: column for column, heading in taken.items()}
    told = told.assign(column=told["column"].map(columns).replace("limit", "limit_amount"))
    notes = [*raw.notes]
    if unused := [heading for heading in raw.headings if heading not in columns]:
        notes.append(note("Headings that were not used: {headings}.", headings=", ".join(unused)))
    if limits is not None and (open_ := sum(map(filing.is_bare, limits.dropna()))):
        notes.append(note(READ_AS[bare], n=open_))
    listed = [part for part in (told, pd.DataFrame(faults, columns=FAULT_COLUMNS)) if len(part)]
    found = pd.concat(listed) if listed else pd.DataFrame(columns=FAULT_COLUMNS)
    return StandardPreview(rows, found, notes)


def _taken(headings: list[str]) -> dict[str, str]:
    """Find the heading of each column; of several, the one that is named first in the table."""
    known = {plain(heading): heading for heading in reversed(headings)}
    found = {
        column: next((known[name] for name in names if name in known), None)
        for column, names in HEADINGS.items()
    }
    return {column: heading for column, heading in found.items() if heading is not None}


def _bare(limits: pd.Series | None) -> Bare:
    urgent = limits is not None and limits.dropna().str.contains(URGENT).any()
    return "working" if urgent else "calendar"


def _with_limits(
    texts: pd.DataFrame, limits: pd.Series | None, bare: Bare
) -> tuple[pd.DataFrame, list[tuple[object, ...]]]:
    if limits is None:
        return texts, []
    amounts, kinds = {}, {}
    faults: list[tuple[object, ...]] = []
    for row, text in limits.dropna().items():
        try:
            limit = filing.parse_limit(text, bare)
        except InvalidError as error:
            faults.append((row, "limit_amount", "limit", text[:80], error.template))
            continue
        amounts[row], kinds[row] = limit.amount, limit.kind
    amount = pd.Series(amounts, dtype="float64").reindex(texts.index)
    kind = pd.Series(kinds, dtype="str").reindex(texts.index)
    return texts.assign(limit_amount=amount, limit_kind=kind), faults


def _fill_codes(rows: pd.DataFrame) -> None:
    """Give every row its group's and category's code: sheets merge it over fewer than the name."""
    for code, names in CODES.items():
        if {code, *names} <= set(rows.columns):
            known = rows.groupby(names)[code]
            only = known.transform("first").where(known.transform("nunique") == 1)
            rows[code] = rows[code].fillna(only)


def _say_sort(rows: pd.DataFrame, given: str | None) -> None:
    """Call components and events what the register calls them, where the sheet says it at all."""
    if "sort" in rows:
        rows["sort"] = rows["sort"].map(lambda text: SORTS.get(text, text))
    elif given is not None:
        rows["sort"] = given


def _sort_named(name: str) -> str | None:
    return next((sort for word, sort in SORTS.items() if word in name), None)


def _title(raw: Raw) -> str:
    """Return the name of the sheet that was read; empty of a file that has none."""
    said = [remark.values for remark in raw.notes]  # noqa: PD011 - no frame
    return next((str(values["sheet"]) for values in said if "sheet" in values), "")


def _text(value: object) -> object:
    return _BREAK.sub("", value).strip() or None if isinstance(value, str) else None
