"""Rosters: the grids of a community with their units, contacts and leaders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

import pandas as pd

from geodata.paper.fonts import SERIF
from geodata.paper.page import MARGIN, QUIET, RED, Sheet, printed
from geodata.paper.table import Column, Row, Table, set_table
from geodata.paper.wording import NONE, Wording, absent, text
from geodata.reports import Reports
from geodata.reports.ground import grid_rows
from geodata.reports.names import lineage_rows
from geodata.reports.paper import LEADERS, behind, chains
from gridmap.assignments import PRIMARY
from gridmap.errors import NotFoundError

Person: TypeAlias = dict[str, Any]
WIDTHS = {"grid": 50.0, "residents": 18.0, "area": 27.0, "unit": 58.0, "contact": 22.0}
PHONE_MM = 30.0


@dataclass(frozen=True)
class Community:
    """
    What a roster says of one community.

    Parameters
    ----------
    name, above
        Its own, and the divisions it lies in.
    grids
        `geodata.reports.ground.grid_rows` of its own.
    chain
        Grid → ``tier``, ``name``, ``holder``, ``contact``, ``phone`` of who answers for it.
    figures
        Its row of coverage; None for the grids in no community.
    """

    name: str
    above: str
    grids: pd.DataFrame
    chain: dict[str, list[Person]]
    figures: pd.Series | None


def roster(
    reports: Reports, community: str | None, as_of: date, *, language: str, contacts: bool
) -> bytes:
    """
    Print the roster of a community, or of each on pages of its own.

    Parameters
    ----------
    reports
        Of the register.
    community
        Its code; all of them, and the grids in none, if None.
    as_of
        The day.
    language
        One of `wording.LABELS`.
    contacts
        Whether telephone numbers are printed.

    Returns
    -------
    bytes
        A PDF on A4 across; one page that says so where there is nothing to list.

    Raises
    ------
    NotFoundError
        If there is no such community on that day, or nothing is worded in that language.
    """
    words = Wording(language)
    known = reports.frame("communities", as_of)
    if community is not None and community not in known.index:
        msg = "There is no community {code} in the register on that day."
        raise NotFoundError(msg, code=community)
    found = list(_communities(reports, community, words, as_of))

    def draw(sheet: Sheet) -> None:
        for one in found:
            _draw(sheet, one, contacts=contacts)
        if not found:
            sheet.add_page()
            sheet.heading(words.say("roster"))
            sheet.put(MARGIN, 42, words.say("no community", day=words.day(as_of)), 11)

    return printed(draw, words, words.say("roster"), reports.meta.name, as_of, "landscape")


def _communities(
    reports: Reports, wanted: str | None, words: Wording, as_of: date
) -> Iterator[Community]:
    workspace = behind(reports)
    grids = grid_rows(workspace, as_of).set_index("code", drop=False)
    label = workspace.lineage(as_of)["community"].reindex(grids.index)
    known = reports.frame("communities", as_of)
    figures = reports.coverage("community", as_of)
    tree = reports.division_tree(as_of).set_index("code")
    chain = chains(workspace, as_of)
    units = pd.DataFrame(reports.frame("units", as_of)[["name", "holder", "contact", "phone"]])
    people: dict[str, list[Person]] = {}
    for row in chain.join(units, on="other").to_dict("records"):
        people.setdefault(row["grid"], []).append(row)
    for code in [wanted] if wanted is not None else sorted(known.index):
        own = grids[(label == code).to_numpy()].sort_index()
        lineage = pd.Series(_above(tree, code))
        above = " / ".join(lineage_rows(lineage, workspace, as_of)["name"])
        yield Community(text(known.loc[code, "name"]), above, own, people, figures.loc[code])
    rest = grids[label.isna().to_numpy()].sort_index()
    if wanted is None and len(rest):
        yield Community(words.say("no division"), "", rest, people, None)


def _above(tree: pd.DataFrame, code: str) -> dict[str, str]:
    """Return level → code of the divisions above one."""
    found = {}
    parent = tree.loc[code, "parent"]
    while not absent(parent) and parent in tree.index and tree.loc[parent, "level"] not in found:
        found[str(tree.loc[parent, "level"])] = str(parent)
        parent = tree.loc[parent, "parent"]
    return found


def _draw(sheet: Sheet, community: Community, *, contacts: bool) -> None:
    words = sheet.words

    def turn() -> float:
        sheet.add_page()
        sheet.heading(words.say("roster"), community.name)
        return 33.0

    sheet.add_page()
    sheet.heading(words.say("roster"), community.above)
    sheet.put(MARGIN, 37.0, community.name, 15, face=SERIF, bold=True)
    y = 43.0
    for line in sheet.lines(_summary(community, words), sheet.inner, 9):
        sheet.put(MARGIN, y, line, 9)
        y += 4.8
    for line in sheet.lines(_leaders(community, words, contacts=contacts), sheet.inner, 9):
        sheet.put(MARGIN, y, line, 9)
        y += 4.8
    if community.grids.empty:
        sheet.put(MARGIN, y + 3, words.say("no grid"), 9, colour=QUIET)
        return
    rows = [
        row
        for code in community.grids.index
        for row in _rows(community, code, words, contacts=contacts)
    ]
    set_table(sheet, Table(_columns(sheet, contacts=contacts), turn), rows, y)


def _columns(sheet: Sheet, *, contacts: bool) -> tuple[Column, ...]:
    words = sheet.words
    right = ("residents", "area")
    columns = [
        Column(words.say(name), width, "right" if name in right else "left")
        for name, width in WIDTHS.items()
    ]
    if contacts:
        columns.append(Column(words.say("phone"), PHONE_MM))
    rest = sheet.inner - sum(column.width for column in columns)
    return (*columns, Column(words.say("helpers"), rest))


def _summary(community: Community, words: Wording) -> str:
    grids = community.grids
    residents = grids["residents"].sum(min_count=1)
    said = [
        ("all grids", words.number(len(grids))),
        ("area", words.area(grids["area_m2"].sum())),
        ("residents", words.number(residents)),
    ]
    if community.figures is not None:
        said.append(("share", words.share(community.figures["share"])))
    return "　　".join(f"{words.say(label)} {value}" for label, value in said)


def _leaders(community: Community, words: Wording, *, contacts: bool) -> str:
    leaders = [
        _person(row, contacts=contacts)
        for code in community.grids.index
        for row in community.chain.get(code, [])
        if row["tier"] in LEADERS
    ]
    said = words.together(leaders)
    return f"{words.say('leaders')} {said or NONE}"


def _person(row: Person, *, contacts: bool) -> str:
    who = row["contact"] if absent(row["holder"]) else row["holder"]
    more = [text(part) for part in (who, row["phone"] if contacts else None) if text(part)]
    return f"{text(row['name'])} {' '.join(more)}".strip()


def _rows(community: Community, code: str, words: Wording, *, contacts: bool) -> Iterator[Row]:
    """Return the rows of a grid: one for each responsible unit, and at least one."""
    grid = community.grids.loc[code]
    chain = community.chain.get(code, [])
    name = text(grid["name"])
    label = name if name == code else f"{name} {code}"
    own = (label, words.number(grid["residents"]), words.area(grid["area_m2"]))
    helpers = words.together(
        [
            words.say("noted", what=_person(row, contacts=contacts), note=words.word("tier", tier))
            for row in chain
            if (tier := row["tier"]) not in (PRIMARY, *LEADERS)
        ]
    )
    units = [row for row in chain if row["tier"] == PRIMARY]
    for number, row in enumerate(units):
        phone = (text(row["phone"]),) if contacts else ()
        told = (text(row["name"]), text(row["contact"]), *phone)
        if number:
            yield Row(("", "", "", *told, ""), joined=True)
        else:
            yield Row((*own, *told, helpers), colours=_warning(grid))
    if not units:
        blank = ("",) * (2 if contacts else 1)
        told = (words.word("reason", grid["reason"]), *blank)
        yield Row((*own, *told, helpers), colours=((3, RED),))


def _warning(grid: pd.Series) -> tuple[tuple[int, tuple[int, int, int]], ...]:
    """Return in which colour the unit of a grid is written: red where it cannot answer."""
    return () if absent(grid["reason"]) else ((3, RED),)
