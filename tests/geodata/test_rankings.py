"""Evaluation and ranking of a register: whose, of when, by which formula; what a ruling does."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from geodata.database import connect
from geodata.rankings import Rankings
from geodata.reports.evaluation import BY, evaluate, evaluate_city, sheet
from geodata.scoped import Workspaces
from geodata.store import Store
from geodata.workspace import Workspace
from gridmap.access import Grant, Person, Scope, where
from gridmap.appeals import Appeal, Ruling
from gridmap.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from gridmap.evaluation import TABLE_COLUMNS
from gridmap.formulas import Formula, Term
from gridmap.indicators import INDICATORS
from gridmap.periods import EVERY, period_of
from tests.geodata.towns import ZONE
from tests.ranked import MANY, PUNCTUAL, ranked_register
from tests.town import COMMUNITIES

MAY, MAYS = date(2026, 5, 1), (date(2026, 5, 1), date(2026, 5, 31))
TODAY = date(2026, 7, 15)
OFFICE = Person("p-office", "王一", frozenset({Grant("city_office")}))
U3 = Person("p-u3", "李三", frozenset({Grant("unit_coordinator", Scope("unit", "u3"))}))
WEST = Person(
    "p-west", "赵西", frozenset({Grant("subdistrict_office", Scope("division", COMMUNITIES[0]))})
)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ranked")
    ranked_register(folder)
    return folder / "town.gpkg"


@pytest.fixture(scope="module")
def still(template: Path) -> Iterator[Workspaces]:
    """Return the town for those who only look."""
    made = Store(connect(f"gpkg:///{template}"), clock=lambda: datetime(2026, 7, 15, 4, tzinfo=UTC))
    yield Workspaces(Workspace(made))
    made.close()


@pytest.fixture
def store(template: Path, tmp_path: Path) -> Iterator[Store]:
    shutil.copy(template, tmp_path / "town.gpkg")
    made = Store(
        connect(f"gpkg:///{tmp_path / 'town.gpkg'}"),
        clock=lambda: datetime(2026, 7, 15, 4, tzinfo=UTC),
    )
    yield made
    made.close()


@pytest.fixture
def workspaces(store: Store) -> Workspaces:
    return Workspaces(Workspace(store))


def book(workspaces: Workspaces, person: Person = OFFICE, today: date = TODAY) -> Rankings:
    own = workspaces.of(where(person, "ranking.appeal"))
    return Rankings(workspaces.whole, own, person, today, ZONE)


def figures(table: pd.DataFrame, indicator: str) -> dict[str, tuple[int, int]]:
    rows = table[table["indicator"] == indicator]
    return {key: (row["part"], row["whole"]) for key, row in rows.to_dict("index").items()}


def test_each_units_issues_count_for_it(still: Workspaces) -> None:
    table = evaluate(still.whole, MAYS, "unit", TODAY, zone=ZONE)
    assert list(table.columns) == TABLE_COLUMNS
    assert table.index.name == "key"
    expected = {unit: (PUNCTUAL[unit], many) for unit, many in MANY.items()}
    assert figures(table, "on_time") == expected
    assert table.loc["u1", "name"].unique().tolist() == ["市林业局"]
    assert table["indicator"].to_list() == list(INDICATORS) * 4


def test_events_tell_returns_and_rework(still: Workspaces) -> None:
    table = evaluate(still.whole, MAYS, "unit", TODAY, zone=ZONE)
    assert figures(table, "returned")["u1"] == (1, 40)
    assert figures(table, "accurate")["u2"] == (39, 40)
    assert figures(table, "returned")["u2"] == (0, 40)
    assert figures(table, "rework")["u2"] == (1, 40)


@pytest.mark.parametrize("by", BY)
def test_whatever_it_is_split_by_it_adds_up_to_the_whole(by: str, still: Workspaces) -> None:
    table = evaluate(still.whole, MAYS, by, TODAY, zone=ZONE)
    city = evaluate_city(still.whole, MAYS, TODAY, zone=ZONE).set_index("indicator")
    parts = table.groupby("indicator")["part"].sum()
    assert parts.to_dict() == city["part"].to_dict()
    assert city.loc["on_time", ["part", "whole"]].to_list() == [81, 125]


def test_a_period_a_channel_and_a_day_are_kept_to(still: Workspaces) -> None:
    whole = still.whole
    early = evaluate(whole, (MAY, date(2026, 5, 2)), "unit", TODAY, zone=ZONE)
    assert figures(early, "reported")["u4"] == (2, 14)
    hotline = evaluate(whole, MAYS, "unit", TODAY, channel="hotline", zone=ZONE)
    assert figures(hotline, "reported")["u4"] == (2, 44)
    then = evaluate(whole, MAYS, "unit", date(2026, 5, 2), zone=ZONE)
    assert figures(then, "closed")["u4"] == (1, 2)


def test_who_sees_a_part_evaluates_that_part(still: Workspaces) -> None:
    part = still.of((Scope("division", COMMUNITIES[0]),))
    table = evaluate(part, MAYS, "unit", TODAY, zone=ZONE)
    assert set(table.index) == {"u1", "u2"}
    assert evaluate_city(part, MAYS, TODAY, zone=ZONE)["whole"].iloc[0] == 80


def test_a_period_without_issues_is_told_as_nothing(still: Workspaces) -> None:
    none = (date(2020, 1, 1), date(2020, 1, 31))
    assert evaluate(still.whole, none, "unit", TODAY).empty
    city = evaluate_city(still.whole, none, TODAY)
    assert city["whole"].sum() == 0
    assert len(city) == len(INDICATORS)


def test_what_cannot_be_evaluated_is_refused(still: Workspaces) -> None:
    with pytest.raises(NotFoundError):
        evaluate(still.whole, MAYS, "planet", TODAY)
    with pytest.raises(InvalidError):
        evaluate(still.whole, (TODAY, MAY), "unit", TODAY)


def test_a_workbook_has_numerators_and_denominators(still: Workspaces) -> None:
    table = evaluate(still.whole, MAYS, "unit", TODAY, zone=ZONE)
    titles = {name: one.title for name, one in INDICATORS.items()}
    read = openpyxl.load_workbook(BytesIO(sheet(table, "单位", titles))).active
    assert read is not None
    headings = [cell.value for cell in read[1]]
    row = dict(zip(headings, [cell.value for cell in read[2]], strict=True))
    assert row["单位"] == "市林业局"
    assert (row["On-time handling rate 分子"], row["On-time handling rate 分母"]) == (38, 40)
    assert row["On-time handling rate 比率"] == pytest.approx(0.95)


def test_the_slow_unit_comes_after_those_that_share_the_first_place(
    still: Workspaces,
) -> None:
    found = book(still).ranked(MAY, "unit")
    table = found.ranking.table
    assert table["first"].dropna().to_dict() == {"u1": 1, "u2": 1, "u3": 3}
    assert table.loc["u4", ["first", "last"]].isna().all()
    assert table.loc["u3", "name"] == "市供电公司"
    assert (found.until, found.final) == (date(2026, 6, 10), True)


def test_a_month_that_runs_is_provisional_and_one_to_come_is_refused(
    still: Workspaces,
) -> None:
    assert not book(still).ranked(date(2026, 7, 1), "unit").final
    assert not book(still).ranked(MAY, "unit", date(2026, 6, 9)).final
    with pytest.raises(InvalidError):
        book(still).ranked(date(2026, 8, 1), "unit")
    with pytest.raises(NotFoundError):
        book(still).ranked(MAY, "grid")


def test_a_quarter_and_a_year_rank_the_issues_of_all_their_months(still: Workspaces) -> None:
    of_may = book(still).ranked(MAY, "unit").ranking.table
    for every, until in (("quarter", date(2026, 7, 10)), ("year", TODAY)):
        found = book(still).ranked(date(2026, 6, 30), "unit", every=every)
        # every issue of the town is of May
        pd.testing.assert_frame_equal(found.ranking.table, of_may)
        assert (found.until, found.final) == (until, every == "quarter")
    assert book(still).ranked(date(2026, 3, 31), "unit", every="quarter").ranking.table.empty


def test_a_period_to_come_before_the_first_formula_or_of_no_kind_is_refused(
    still: Workspaces,
) -> None:
    for every in EVERY:
        for day in (date(2027, 1, 1), date(1999, 12, 31)):
            with pytest.raises(InvalidError):
                book(still).ranked(day, "unit", every=every)
    with pytest.raises(InvalidError, match="not by the week"):
        book(still).ranked(MAY, "unit", every="week")


def test_what_a_ruling_leaves_out_of_a_month_its_quarter_and_year_leave_out_too(
    workspaces: Workspaces,
) -> None:
    issues = tuple(f"u3-{number:02}" for number in range(6, 40))
    _, appeal_id = book(workspaces, U3).appeal(Appeal(MAY, "unit", "u3", "停电抢修", issues))
    book(workspaces).rule(appeal_id, Ruling("upheld", "属实"))
    for every in ("quarter", "year"):
        found = book(workspaces).ranked(MAY, "unit", every=every)
        assert (found.left_out, found.ranking.table.loc["u3", "n"]) == (issues, 6)
        assert book(workspaces).ranked(MAY, "community", every=every).left_out == ()
        assert book(workspaces).appeals(found.period)["subject"].to_list() == ["u3"]
    first = period_of(date(2026, 3, 1), "quarter")
    assert book(workspaces).appeals(first).empty


def test_everybody_is_shown_the_same_ranking(still: Workspaces) -> None:
    mine, theirs = (book(still, who).ranked(MAY, "unit").ranking for who in (U3, OFFICE))
    pd.testing.assert_frame_equal(mine.table, theirs.table)


def test_a_ruling_leaves_issues_out_and_the_ranking_says_so(workspaces: Workspaces) -> None:
    issues = tuple(f"u3-{number:02}" for number in range(6, 40))
    before = book(workspaces, U3).ranked(MAY, "unit").ranking.table
    _, appeal_id = book(workspaces, U3).appeal(Appeal(MAY, "unit", "u3", "停电抢修", issues))
    assert book(workspaces).ranked(MAY, "unit").left_out == ()
    book(workspaces).rule(appeal_id, Ruling("upheld", "属实"))
    found = book(workspaces).ranked(MAY, "unit")
    assert found.left_out == issues
    assert before.loc["u3", "n"] == 40
    assert found.ranking.table.loc["u3", "n"] == 6
    (row,) = book(workspaces).appeals(period_of(MAY, "month"), "unit").to_dict("records")
    assert (row["state"], row["ruling"], row["issues_n"]) == ("upheld", "属实", 34)
    assert (row["name"], row["issues"]) == ("市供电公司", list(issues))


def test_others_see_a_ruling_and_not_which_issues(workspaces: Workspaces) -> None:
    book(workspaces, U3).appeal(Appeal(MAY, "unit", "u3", "停电抢修", ("u3-39",)))
    (row,) = book(workspaces, WEST).appeals().to_dict("records")
    assert (row["issues"], row["issues_n"], row["reason"]) == ([], 1, "停电抢修")
    assert "asked_by" not in row


def test_a_rank_of_others_is_not_appealed_against(workspaces: Workspaces) -> None:
    with pytest.raises(NotFoundError):
        book(workspaces, U3).appeal(Appeal(MAY, "unit", "u1", "理由", ("u1-39",)))
    with pytest.raises(NotFoundError):
        book(workspaces, U3).appeal(Appeal(MAY, "community", COMMUNITIES[0], "理由", ("u1-39",)))
    assert book(workspaces, WEST).subjects("community") == [COMMUNITIES[0]]
    assert book(workspaces, WEST).subjects("unit") == []
    with pytest.raises(InvalidError):
        book(workspaces, U3).appeal(Appeal(MAY, "unit", "u3", "理由", ("u1-39",)))


def test_a_month_that_runs_is_not_appealed_against(workspaces: Workspaces) -> None:
    with pytest.raises(ConflictError):
        book(workspaces, U3, date(2026, 5, 31)).appeal(
            Appeal(MAY, "unit", "u3", "理由", ("u3-01",))
        )


def test_an_office_does_not_rule_on_what_it_asked_and_only_ones_own_is_withdrawn(
    workspaces: Workspaces,
) -> None:
    asked = Appeal(MAY, "community", COMMUNITIES[1], "理由", ("u3-39",))
    _, appeal_id = book(workspaces).appeal(asked)
    with pytest.raises(ForbiddenError):
        book(workspaces).rule(appeal_id, Ruling("upheld", "属实"))
    with pytest.raises(NotFoundError):
        book(workspaces, U3).withdraw(appeal_id)
    book(workspaces).withdraw(appeal_id)
    assert book(workspaces).appeals()["state"].to_list() == ["withdrawn"]
    _, theirs = book(workspaces, U3).appeal(Appeal(MAY, "unit", "u3", "理由", ("u3-39",)))
    with pytest.raises(NotFoundError):
        book(workspaces).withdraw(theirs)


def test_a_formula_holds_from_its_month_and_the_past_keeps_its_own(
    workspaces: Workspaces,
) -> None:
    new = Formula("2026-7", "试行", (Term("rework", 100.0, "low"),), date(2026, 7, 1))
    entry = book(workspaces).publish(new)
    assert [one.edition for one in book(workspaces).formulas()] == ["2026-7", "示范版"]
    assert book(workspaces).ranked(MAY, "unit").ranking.formula.edition == "示范版"
    assert book(workspaces).ranked(date(2026, 7, 1), "unit").ranking.formula == new
    assert workspaces.whole.store.journal.last().seq == entry  # type: ignore[union-attr]


def test_what_was_written_is_as_the_journal_has_it(workspaces: Workspaces) -> None:
    _, appeal_id = book(workspaces, U3).appeal(Appeal(MAY, "unit", "u3", "理由", ("u3-39",)))
    book(workspaces).rule(appeal_id, Ruling("dismissed", "证据不足"))
    assert workspaces.whole.store.verify() is None
    history = workspaces.whole.store.history("appeals", appeal_id)
    assert history["state"].to_list() == ["asked", "dismissed"]
