"""Rounds of cross inspection, checklists and visits on both stores."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Barrier
from zoneinfo import ZoneInfo

import geopandas as gpd
import pandas as pd
import pytest

from geodata.checklists import Checklists, PointVisit
from geodata.errors import ReusedKeyError
from geodata.rounds import Rounds, Wish
from geodata.store import Store
from geodata.workspace import Workspace
from gridmap import layers
from gridmap.access import Grant, Person, Scope
from gridmap.errors import ConflictError, InvalidError, NotFoundError
from gridmap.rounds import Round

JUNE = Round("六月互检", date(2026, 6, 1), date(2026, 6, 30))
RING = [("u1", "u2"), ("u2", "u3"), ("u3", "u1")]
TODAY, JULY = date(2026, 6, 15), date(2026, 7, 1)
ZONE = ZoneInfo("Asia/Shanghai")
OFFICE = Person("p2", "方圆", frozenset({Grant("city_office")}))
NOON = datetime(2026, 6, 10, 4, tzinfo=UTC)
ITEMS = pd.DataFrame(
    {
        "item_id": ["m1", "m2"],
        "edition": "2026",
        "category": "market",
        "item": ["地面清洁", "公益广告(处)"],
        "check": ["yes_no", "count"],
        "least": [None, 2.0],
        "weight": [10.0, 5.0],
        "position": [1, 2],
    }
)
VISIT = PointVisit("v1", "m1", "u1", NOON, {"m1": True, "m2": 1})


def unit(name: str) -> Person:
    return Person(f"of {name}", name, frozenset({Grant("field_staff", Scope("unit", name))}))


def book(store: Store, person: Person = OFFICE, today: date = TODAY) -> Rounds:
    return Rounds(Workspace(store), person, today, ZONE)


def lists(store: Store, person: Person = OFFICE) -> Checklists:
    return Checklists(Workspace(store), person, TODAY)


def seen(rounds: Rounds, round_id: str) -> set[tuple[str, str]]:
    rows = rounds.pairs(round_id)
    return set(zip(rows["inspector"], rows["target"], strict=True))


def report(store: Store, by: str, about: str, *at: str, channel: str = "mutual") -> None:
    raw = pd.DataFrame({"reported_at": pd.to_datetime(list(at))}).assign(
        issue_id=[f"{by}-{about}-{n}" for n in range(len(at))],
        category="暴露垃圾",
        channel=channel,
        reporter_unit=by,
        unit_id=about,
    )
    frame = gpd.GeoDataFrame(raw, geometry=gpd.GeoSeries([None] * len(at), crs=store.meta.crs))
    with store.write(who="a test", action="import") as writer:
        writer.add("issues", layers.conform(frame, layers.LAYERS["issues"]), TODAY)


def test_a_proposal_is_drawn_from_the_units_in_use_and_nothing_is_kept(town_store: Store) -> None:
    drawn = book(town_store).propose(Wish())
    pairs = set(zip(drawn.pairs["inspector"], drawn.pairs["target"], strict=True))
    assert pairs in (set(RING), {(b, a) for a, b in RING})  # u4 is not in use, p1 a person's post
    assert drawn.pairs["inspector_name"].to_list() == ["市林业局", "市教育局", "市供电公司"]
    assert town_store.read("rounds").empty


def test_a_round_is_opened_with_its_pairs_in_one_entry(town_store: Store) -> None:
    step = book(town_store).open(JUNE, RING)
    last = town_store.journal.last()
    assert last is not None
    assert (last.seq, last.action) == (step.entry, "round-open")
    changes = last.what["changes"]
    assert (changes["rounds"]["added"], changes["pairings"]["added"]) == (1, 3)
    assert seen(book(town_store), step.round_id) == set(RING)
    assert town_store.verify() is None


def test_the_next_round_avoids_the_pairs_of_the_last_and_says_when_it_cannot(
    town_store: Store,
) -> None:
    book(town_store).open(JUNE, RING)
    drawn = book(town_store).propose(Wish())
    assert set(zip(drawn.pairs["inspector"], drawn.pairs["target"], strict=True)) == {
        (b, a) for a, b in RING
    }
    other = [(b, a) for a, b in RING]
    book(town_store).open(
        replace(JUNE, name="七月互检", since=JULY, until=date(2026, 7, 31)), other
    )
    third = book(town_store).propose(Wish())
    assert (third.repeats, set(third.pairs["last"])) == (3, {"六月互检"})


@pytest.mark.parametrize(
    ("pairs", "why"),
    [
        ([("u1", "u2"), ("u2", "u1")], "inspect each other, or themselves: u1 – u2"),
        ([("u1", "u1")], "u1 – u1"),
        ([*RING, ("u1", "u3")], "u1 – u3"),
        ([("u1", "u2"), ("u2", "u3")], "Not everybody inspects"),
        ([*RING, RING[0]], "each of them once"),
        ([], "each of them once"),
    ],
)
def test_pairs_that_are_no_pairing_are_refused_whole(
    town_store: Store, pairs: list[tuple[str, str]], why: str
) -> None:
    last = town_store.journal.last()
    with pytest.raises(InvalidError, match=why):
        book(town_store).open(JUNE, pairs)
    assert town_store.journal.last() == last


def test_units_that_are_unknown_or_no_longer_in_use_take_no_part(town_store: Store) -> None:
    for units, error in ((("u1", "u2", "x9"), NotFoundError), (("u1", "u2", "u4"), ConflictError)):
        with pytest.raises(error):
            book(town_store).propose(Wish(units))
        ring = list(zip(units, (*units[1:], units[0]), strict=True))
        with pytest.raises(error):
            book(town_store).open(JUNE, ring)


def test_of_two_who_open_the_same_round_at_once_one_is_refused(town_store: Store) -> None:
    ready = Barrier(2)

    def open_it(_: int) -> str:
        mine = book(town_store)
        ready.wait()
        try:
            mine.open(JUNE, RING)
        except ConflictError as error:
            return str(error)
        return "done"

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(open_it, range(2)))
    assert said == ["There is a round 六月互检 already.", "done"]
    assert len(town_store.read("pairings")) == 3


def test_a_unit_learns_who_inspected_it_only_when_the_round_is_over(town_store: Store) -> None:
    key = book(town_store).open(JUNE, RING).round_id
    assert seen(book(town_store, unit("u2")), key) == {("u2", "u3")}
    last_day, after = date(2026, 6, 30), JULY
    assert seen(book(town_store, unit("u2"), last_day), key) == {("u2", "u3")}
    assert seen(book(town_store, unit("u2"), after), key) == {("u2", "u3"), ("u1", "u2")}
    assert seen(book(town_store, OFFICE), key) == set(RING)


def test_a_unit_without_a_part_in_a_round_is_told_there_is_none(town_store: Store) -> None:
    key = book(town_store).open(JUNE, RING).round_id
    stranger = book(town_store, unit("u4"))
    assert stranger.listed().empty
    with pytest.raises(NotFoundError):
        stranger.pairs(key)
    with pytest.raises(NotFoundError):
        stranger.of_unit("u1")


def test_the_rounds_are_listed_by_how_they_stand(town_store: Store) -> None:
    for name, since, until in (
        ("五月", date(2026, 5, 1), date(2026, 5, 31)),
        ("六月", date(2026, 6, 1), TODAY),
        ("七月", JULY, JULY),
    ):
        book(town_store).open(Round(name, since, until), RING)
    rows = book(town_store).listed()
    assert rows[["name", "state", "pairs_n"]].to_numpy().tolist() == [
        ["七月", "coming", 3],
        ["六月", "running", 3],
        ["五月", "over", 3],
    ]
    assert book(town_store, unit("u1")).listed()["pairs_n"].to_list() == [1, 1, 2]


def test_the_inspector_sees_the_points_of_whom_it_inspects_and_what_is_done(
    town_store: Store,
) -> None:
    lists(town_store).publish(ITEMS)
    book(town_store).open(JUNE, RING)
    mine = book(town_store, unit("u1"))
    (row,) = mine.of_unit("u1").to_dict("records")
    assert (row["point_id"], row["target"], row["edition"], row["items_n"]) == (
        "m1",
        "u2",
        "2026",
        2,
    )
    assert row["visits_n"] == 0
    lists(town_store, unit("u1")).record(VISIT)
    assert mine.of_unit("u1")["visits_n"].to_list() == [1]
    (theirs,) = book(town_store, unit("u2")).of_unit("u2").to_dict("records")
    assert (theirs["target"], theirs["visits_n"]) == ("u3", 0)
    assert pd.isna(theirs["point_id"])  # u3 answers for no inspection point


def test_visits_and_issues_of_the_rounds_days_are_counted_by_pair(town_store: Store) -> None:
    lists(town_store).publish(ITEMS)
    key = book(town_store).open(JUNE, RING).round_id
    for number, at in enumerate((NOON, NOON, datetime(2026, 6, 30, 16, tzinfo=UTC))):
        visit = replace(VISIT, visit_id=f"v{number}", at=at)
        lists(town_store).record(visit)  # the third is at midnight in China: in July
    report(town_store, "u1", "u2", "2026-06-02T00:00Z", "2026-06-30T16:00Z")
    report(town_store, "u3", "u1", "2026-05-31T16:00Z", channel="mutual")
    report(town_store, "u2", "u3", "2026-06-02T00:00Z", channel="hotline")
    counts = book(town_store).pairs(key).set_index(["inspector", "target"])
    assert counts.loc[("u1", "u2")].iloc[2:].to_list() == [2, 1, 20, 30, 1]
    assert counts.loc[("u3", "u1"), "issues_n"] == 1
    assert counts.loc[("u2", "u3")].iloc[2:].to_list() == [0, 0, 0, 0, 0]


def test_a_visit_is_scored_by_the_list_in_use_and_says_how_far_off_it_was(
    town_store: Store,
) -> None:
    lists(town_store).publish(ITEMS)
    spot = town_store.read("inspection_points").loc["m1", "geometry"]
    near = replace(VISIT, lon=spot.x, lat=spot.y + 30 / 111_340)
    done = lists(town_store, unit("u1")).record(near)
    row = town_store.read("visits").loc["v1"]
    assert (row["score"], row["out_of"], row["edition"], row["by"]) == (10, 15, "2026", "of u1")
    assert row["distance_m"] == pytest.approx(30, abs=0.2)
    assert done.score is not None
    assert done.score.failed == ("m2",)


def test_the_same_visit_sent_twice_is_one_and_another_under_its_key_none(
    town_store: Store,
) -> None:
    lists(town_store).publish(ITEMS)
    first = lists(town_store).record(VISIT)
    entry = town_store.journal.last()
    again = lists(town_store).record(VISIT)
    assert (again.entry, first.entry is not None) == (None, True)
    pd.testing.assert_frame_equal(again.visit, town_store.read("visits"))
    with pytest.raises(ReusedKeyError, match="v1"):
        lists(town_store).record(replace(VISIT, answers={"m1": False}))
    assert town_store.journal.last() == entry


def test_a_visit_sent_by_two_at_once_is_kept_once(town_store: Store) -> None:
    lists(town_store).publish(ITEMS)
    ready = Barrier(2)

    def send(_: int) -> bool:
        mine = lists(town_store)
        ready.wait()
        return mine.record(VISIT).entry is not None

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(send, range(2))) == [False, True]
    assert (len(town_store.read("visits")), town_store.version("visits")) == (1, 1)
    assert town_store.verify() is None


def test_a_visit_keeps_the_edition_it_was_made_with(town_store: Store) -> None:
    lists(town_store).publish(ITEMS)
    newer = ITEMS.assign(item_id=["n1", "n2"], edition="2027", weight=1.0)
    lists(town_store).publish(newer)
    old = lists(town_store).record(replace(VISIT, edition="2026"))
    assert old.visit["edition"].to_list() == ["2026"]
    fresh = replace(VISIT, visit_id="v2", answers={"n1": True})
    assert lists(town_store).record(fresh).visit["out_of"].to_list() == [1]
    with pytest.raises(InvalidError):
        lists(town_store).record(replace(VISIT, visit_id="v3"))  # items of the edition before


def test_a_visit_of_nothing_known_is_refused(town_store: Store) -> None:
    for visit, error in (
        (replace(VISIT, point_id="x"), NotFoundError),
        (replace(VISIT, unit_id="x"), NotFoundError),
        (replace(VISIT, unit_id="u4"), ConflictError),
        (replace(VISIT, edition="1999"), NotFoundError),
    ):
        with pytest.raises(error):
            lists(town_store).record(visit)
    assert town_store.read("visits").empty


def test_a_point_without_a_checklist_may_be_visited_with_nothing_to_answer(
    town_store: Store,
) -> None:
    done = lists(town_store).record(replace(VISIT, answers={}))
    assert done.score is None
    assert done.visit[["score", "edition"]].isna().all(axis=None)


def test_an_edition_is_published_once_and_never_changed(town_store: Store) -> None:
    lists(town_store).publish(ITEMS)
    with pytest.raises(ConflictError, match="market in the edition 2026"):
        lists(town_store).publish(ITEMS.assign(item_id=["a", "b"]))
    with pytest.raises(ConflictError, match="The item m1"):
        lists(town_store).publish(ITEMS.assign(edition="2027"))
    assert lists(town_store).listed("market").index.to_list() == ["m1", "m2"]


def test_a_checklist_comes_from_a_table_with_chinese_headings(
    town_store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "检查表.csv"
    path.write_text(
        "检查项编号,版本,点位类别,检查内容,检查方式,下限,分值,顺序\n"
        "s1,2026,school,校门口无流动摊贩,yes_no,,10,1\n"
        "s2,2026,school,公益广告(处),count,3,5,2\n",
        encoding="gb18030",
    )
    lists(town_store).publish_file(path)
    found = lists(town_store).listed()
    assert found["item"].to_list() == ["校门口无流动摊贩", "公益广告(处)"]
    assert found["least"].to_list()[1] == 3
