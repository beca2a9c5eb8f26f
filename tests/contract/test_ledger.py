"""The ledger on both stores against pandas: what is found, counted, sorted and paged; and sight."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from geodata.issues import records
from geodata.issues.ledger import Found, listed
from geodata.issues.sight import Sight
from geodata.store import Store
from gridmap.access import CITY, PERMITS, ROLES, Grant, Person, Scope
from gridmap.clocks import Limit, due, spent
from gridmap.errors import InvalidError
from gridmap.issues.arrows import ACTIONS
from gridmap.layers import ISSUE_CHANNELS, ISSUE_STATES
from tests.loop import CALENDAR, EAST, LITTER, PEOPLE, WEST, Loop, at, local, looped
from tests.town import DISTRICT, SQUARES, SUBDISTRICT

N = 400
MANY = 1000
NOW = local("2026-06-01 16:00") + timedelta(seconds=30)  # the test's clock is not far from it
WORDS = ["散落垃圾", "100%满", "a_b", "aXb", "It's \\ here", "ÜBER", "路灯不亮", None]
CLOSED = ("refused", "closed_out", "merged")
RUNNING = ("filed", "dispatched", "accepted", "returned")
UNITS = ["u1", "u2", "u3"]


def invented() -> gpd.GeoDataFrame:
    """Return issues of every kind, some of them in one second, some without place or limit."""
    chance = np.random.default_rng(20260601)
    pick = chance.choice
    grids = [*SQUARES, None]
    rows = []
    for n in range(N):
        state = str(pick(ISSUE_STATES))
        reported = NOW - timedelta(minutes=int(pick(600)) * 30 + 67)
        kind, amount = str(pick(["urgent_hours", "working_days"])), float(pick([1, 2, 8]))
        limited = state != "reported" and chance.random() < 0.9
        granted = amount / 2 if limited and n % 3 == 0 else None
        whole = Limit(amount + (granted or 0), kind)
        at_due = due(reported, whole, CALENDAR) if limited else None
        stops = {"rectified": "rectified_at", "closed_out": "closed_at", "suspended": "paused_at"}
        rows.append(
            {
                "issue_id": f"x{n:04d}",
                "number": f"20260520{n:05d}",
                "reported_at": reported,
                "category": str(pick([LITTER, "占道经营", "井盖"])),
                "channel": str(pick(ISSUE_CHANNELS)),
                "state": state,
                "description": pick(WORDS),
                "address": str(pick(["中华路 1 号", "振兴街", "100 %"])),
                "grid": pick(grids),
                "unit_id": pick([*UNITS, None]),
                "reporter": str(pick(["u1-staff", "leader", "u2-head", "public"])),
                "reporter_unit": pick([*UNITS, None]),
                "pending": pick(["extension", "appeal", None]),
                "due_at": at_due,
                "limit_amount": amount if limited else None,
                "limit_kind": kind if limited else None,
                "granted": granted,
                **({stops[state]: reported + timedelta(hours=2)} if state in stops else {}),
                "geometry": at(*chance.uniform((-20, -20), (420, 220)))
                if chance.random() < 0.9
                else None,
            }
        )
    return gpd.GeoDataFrame(rows, geometry="geometry", crs="EPSG:4490")


@pytest.fixture(scope="module")
def many() -> gpd.GeoDataFrame:
    return invented()


@pytest.fixture
def loop(town_store: Store, many: gpd.GeoDataFrame) -> Loop:
    loop = looped(town_store)
    loop.write("issues", many)
    return loop


def everything(loop: Loop) -> pd.DataFrame:
    return loop.store.read("issues")


def share(row: Any) -> float:
    stopped = [row.rectified_at, row.closed_at, row.paused_at]
    known = [moment for moment in stopped if not pd.isna(moment)]
    until = min(known) if known else NOW
    amount = row.limit_amount + (0 if pd.isna(row.granted) else row.granted)
    return spent(row.reported_at, until, Limit(amount, row.limit_kind), CALENDAR)


def lights(rows: pd.DataFrame) -> pd.Series:
    """Return the light of each issue that has one, by the plain words of the rule."""
    told = {}
    for row in rows.itertuples():
        if pd.isna(row.due_at) or row.state in ("refused", "merged"):
            told[row.Index] = None
            continue
        used = share(row)
        told[row.Index] = "red" if used > 1 else "yellow" if used > 0.8 else "green"
    return pd.Series(told, dtype=object)


def says(rows: pd.DataFrame, words: str) -> pd.Series:
    texts = rows[["number", "description", "address"]].fillna("")
    return texts.apply(lambda text: text.str.contains(words, regex=False)).any(axis=1)


def inside(rows: gpd.GeoDataFrame, west: float, south: float, east: float, north: float) -> Any:
    return (rows.geometry.x.between(west, east) & rows.geometry.y.between(south, north)).fillna(
        value=False
    )


LOW, HIGH = at(104, 37), at(293, 163)  # no issue lies within a metre of this border
BOX = (LOW.x, LOW.y, HIGH.x, HIGH.y)
SINCE, UNTIL = local("2026-05-22 00:00"), local("2026-05-28 00:00")
BELOW = {
    DISTRICT: [*SQUARES],
    SUBDISTRICT: [*SQUARES],
    WEST: [code for code in SQUARES if code.startswith(WEST)],
    EAST: [code for code in SQUARES if code.startswith(EAST)],
}
Oracle = Callable[[pd.DataFrame], pd.Series]
QUESTIONS: list[tuple[dict[str, Any], Oracle]] = [
    ({}, lambda rows: rows["state"].notna()),
    ({"states": ["filed", "returned"]}, lambda rows: rows["state"].isin(["filed", "returned"])),
    ({"states": ["reported"]}, lambda rows: rows["state"] == "reported"),
    ({"is_open": True}, lambda rows: ~rows["state"].isin(CLOSED)),
    ({"is_open": False}, lambda rows: rows["state"].isin(CLOSED)),
    *(
        (
            {"lights": list(wanted)},
            lambda rows, wanted=wanted: rows["state"].isin(RUNNING) & lights(rows).isin(wanted),
        )
        for wanted in (["red"], ["yellow"], ["green"], ["red", "yellow"])
    ),
    ({"category": LITTER}, lambda rows: rows["category"] == LITTER),
    ({"channel": "hotline"}, lambda rows: rows["channel"] == "hotline"),
    ({"grid": [*SQUARES][2]}, lambda rows: rows["grid"] == [*SQUARES][2]),
    ({"unit_id": "u2"}, lambda rows: rows["unit_id"] == "u2"),
    *(
        ({"division": code}, lambda rows, grids=grids: rows["grid"].isin(grids))
        for code, grids in BELOW.items()
    ),
    ({"division": "999"}, lambda rows: rows["grid"] == "nowhere"),
    *(
        ({"q": words}, lambda rows, words=words: says(rows, words.strip()))
        for words in ("垃圾", "%", "0%满", "_", "a_b", "'", "\\", "/", "振兴街", " 路灯 ", "0000")
    ),
    ({"q": "A_B"}, lambda rows: says(rows, "a_b")),  # whatever the case of Latin letters
    ({"since": SINCE}, lambda rows: rows["reported_at"] >= SINCE),
    ({"until": UNTIL}, lambda rows: rows["reported_at"] < UNTIL),
    ({"bbox": BOX}, lambda rows: inside(rows, *BOX)),
    ({"pending": "appeal"}, lambda rows: rows["pending"] == "appeal"),
    (
        {"is_open": True, "q": "垃圾", "division": WEST, "since": SINCE, "bbox": BOX},
        lambda rows: (
            ~rows["state"].isin(CLOSED)
            & says(rows, "垃圾")
            & rows["grid"].isin(BELOW[WEST])
            & (rows["reported_at"] >= SINCE)
            & inside(rows, *BOX)
        ),
    ),
    (
        {"states": ["dispatched"], "lights": ["red"], "unit_id": "u1", "pending": "extension"},
        lambda rows: (
            (rows["state"] == "dispatched")
            & (lights(rows) == "red")
            & (rows["unit_id"] == "u1")
            & (rows["pending"] == "extension")
        ),
    ),
]


def test_every_question_is_answered_as_pandas_answers_it(loop: Loop) -> None:
    rows = everything(loop)
    for asked, oracle in QUESTIONS:
        expected = rows[oracle(rows)]
        found = loop.find("office", limit=MANY, **asked)
        assert set(found.issues.index) == set(expected.index), asked
        assert found.matched == len(expected), asked
        every = {name: value for name, value in asked.items() if name != "states"}
        plain = next((o for a, o in QUESTIONS if a == every), None)
        if plain is not None:  # the states are counted whichever of them are wanted
            assert found.counts == rows[plain(rows)]["state"].value_counts().to_dict(), asked
    answered = [oracle(rows).sum() for _, oracle in QUESTIONS]
    assert sum(0 < n < len(rows) for n in answered) > len(QUESTIONS) - 8  # they do tell apart


@pytest.mark.parametrize("who", ["u1", "u2", "staff", "leader"])
def test_mine_is_what_my_units_answer_for_and_what_i_have_reported(loop: Loop, who: str) -> None:
    rows, person = everything(loop), PEOPLE[who]
    mine = rows["unit_id"].isin(person.units) | (rows["reporter"] == person.person_id)
    assert loop.seen(who, mine=True) == set(rows.index[mine])


def test_names_shares_and_lights_come_with_every_row(loop: Loop) -> None:
    rows = everything(loop)
    found = loop.find("office", limit=MANY).issues
    expected = lights(rows).reindex(found.index)
    told = [None if pd.isna(light) else light for light in found["light"]]
    assert told == expected.to_list()
    for row in found.itertuples():
        if not pd.isna(row.light):
            assert row.share == pytest.approx(share(row), abs=60 / 3600)  # the clock goes on
    names = {"u1": "市林业局", "u2": "市教育局", "u3": "市供电公司"}
    named = found["unit_id"].map(names)
    pd.testing.assert_series_equal(found["unit_name"], named, check_names=False)
    one = listed(found)[0]
    assert (one["issue_id"], one["version"]) == (found.index[0], found["version"].iloc[0])
    assert isinstance(one["reported_at"], str)


def pages(loop: Loop, who: str, **wanted: Any) -> list[Found]:
    found = [loop.find(who, **wanted)]
    while (cursor := found[-1].next) is not None:
        found.append(loop.find(who, cursor=cursor, **wanted))
    return found


@pytest.mark.parametrize("sort", ["reported", "due"])
@pytest.mark.parametrize("limit", [23, 50])
def test_pages_are_whole_in_order_and_of_no_issue_twice(loop: Loop, sort: str, limit: int) -> None:
    rows = everything(loop).reset_index()
    if sort == "due":
        rows = rows[rows["due_at"].notna()].sort_values(["due_at", "issue_id"])
    else:
        rows = rows.sort_values(["reported_at", "issue_id"], ascending=False)
    read = pages(loop, "office", sort=sort, limit=limit)
    keys = [key for page in read for key in page.issues.index]
    assert keys == rows["issue_id"].to_list()
    assert {page.matched for page in read} == {len(rows)}
    assert {len(page.issues) for page in read[:-1]} == {limit}


@pytest.mark.parametrize("sort", ["reported", "due"])
def test_pages_lose_nothing_while_issues_come_and_are_acted_upon(loop: Loop, sort: str) -> None:
    before = set(pages(loop, "office", sort=sort, limit=MANY)[0].issues.index)
    seen: list[str] = []
    cursor = None
    for turn in itertools.count():
        page = loop.find("office", sort=sort, limit=60, cursor=cursor)
        seen += page.issues.index.to_list()
        if page.next is None:
            break
        cursor = page.next
        loop.report("u2", 50 + turn)
        loop.act("office", seen[0], "note", reason="看过")
    assert len(seen) == len(set(seen))
    assert before <= set(seen)


@pytest.mark.parametrize("cursor", ["", "x", "W10=", "WzEsMl0=", "ZmFsc2U=", "é" * 9])
def test_a_cursor_that_is_none_of_ours_is_refused(loop: Loop, cursor: str) -> None:
    with pytest.raises(InvalidError, match="none of ours"):
        loop.find("office", cursor=cursor)


def some_people() -> list[Person]:
    """Return people of every role in every scope, and some who hold several."""
    scopes = {
        "city": [CITY],
        "division": [Scope("division", code) for code in (DISTRICT, WEST, EAST, "999")],
        "unit": [Scope("unit", unit) for unit in ("u1", "u2", "u9")],
    }
    people = [
        Person("leader", role, frozenset({Grant(role, scope)}))
        for role, kinds in ROLES.items()
        for kind in kinds
        for scope in scopes[kind]
        if role != "public"
    ]
    both = {Grant("unit_coordinator", scopes["unit"][0]), Grant("inspector", scopes["division"][2])}
    return [*people, Person("u2-head", "both", frozenset(both)), PEOPLE["public"]]


def test_what_is_searched_is_what_is_seen_one_by_one(loop: Loop) -> None:
    heads = loop.store.tables.loop.heads
    with loop.store.database.reading() as connection:
        frame, _ = records.read(connection, loop.store.tables)
        rows = records.plain_rows(frame.iloc[::3])
        keys = {row["issue_id"] for row in rows}
        told = set()
        for person in some_people():
            sight = Sight(loop.workspaces, person)
            for action in sorted(ACTIONS | {"issue.read", "issue.note"}):
                condition = sight.condition(connection, loop.store.tables, action)
                query = heads.select().with_only_columns(heads.c.issue_id).where(condition)
                searched = set(connection.execute(query).scalars()) & keys
                seen = {row["issue_id"] for row in rows if sight.covers(row, action)}
                assert searched == seen, (person, action)
                told.add(len(seen))
    assert len(told) > 8  # nobody, everybody, and much between


def test_nobody_sees_what_their_role_does_not_let_them_read(loop: Loop) -> None:
    rows = everything(loop)
    assert loop.seen("office") == loop.seen("auditor") == loop.seen("inspector") == set(rows.index)
    assert loop.seen("admin") == loop.seen("public") == set()
    assert "system_admin" not in PERMITS["issue.read"]
    of_west = rows["grid"].isin(BELOW[WEST])
    west = gpd.GeoSeries(rows.geometry).x < at(200, 0).x
    blind = rows["grid"].isna() & rows.geometry.notna() & west & town_covers(rows)
    assert loop.seen("west") == set(rows.index[of_west | blind])
    found = loop.find("west", limit=MANY)
    assert found.matched == len(found.issues) == sum(found.counts.values())


def town_covers(rows: gpd.GeoDataFrame) -> pd.Series:
    (south_west, north_east) = at(0, 0), at(400, 200)
    return inside(rows, south_west.x, south_west.y, north_east.x, north_east.y)


def test_a_register_from_before_there_were_states_has_issues_that_are_reported(loop: Loop) -> None:
    store = loop.store
    row = everything(loop).loc[["i1"]].assign(state=None)
    with store.write(who="a test", action="import") as writer:
        writer.add("issues", row.astype({"state": "str"}), date(2026, 6, 1))
    found = loop.find("office", limit=MANY, states=["reported"])
    assert "i1" in found.issues.index
    assert found.issues["state"]["i1"] == "reported"
    assert "i1" in loop.seen("office", is_open=True)
    assert "i1" not in loop.seen("office", is_open=False)
    assert found.matched == found.counts["reported"] == len(found.issues)
    loop.act("office", "i1", "file", condition="c1")
    assert loop.state("i1") == "filed"


def test_what_is_in_a_box_is_found_and_besides_at_most_what_is_a_metre_from_it(loop: Loop) -> None:
    rows = everything(loop)
    for west, south in itertools.product((0, 50, 133), (10, 77)):
        low, high = at(west, south), at(west + 120, south + 60)
        wide = (*at(west - 1, south - 1).coords[0], *at(west + 121, south + 61).coords[0])
        found = loop.seen("office", bbox=(low.x, low.y, high.x, high.y))
        assert found >= set(rows.index[inside(rows, low.x, low.y, high.x, high.y)])
        assert found <= set(rows.index[inside(rows, *wide)])
