"""Filing conditions: limits as offices write them, editions, what a category is filed under."""

from __future__ import annotations

import pandas as pd
import pytest

from gridmap import conditions, layers
from gridmap.clocks import Limit
from gridmap.conditions import CONTRACT
from gridmap.demo.incidents import CATEGORIES
from gridmap.demo.standard import DEMO_EDITION, STANDARD, demo_conditions
from gridmap.errors import InvalidError

DEMO = demo_conditions()


def rows(*told: tuple[str, str, float], edition: str = "2026") -> pd.DataFrame:
    """Return raw conditions: category, condition and days of each."""
    frame = pd.DataFrame(told, columns=["category", "condition", "limit_amount"])
    frame = frame.assign(
        sort="event", group="市容环境", limit_kind="working_days", position=range(1, len(told) + 1)
    )
    return conditions.numbered(frame, edition)


def kept(*parts: pd.DataFrame) -> pd.DataFrame:
    return layers.conform(pd.concat(parts, ignore_index=True), CONTRACT)


@pytest.mark.parametrize(
    ("text", "amount", "kind"),
    [
        # every form of the sheet of 运城
        ("1紧急工作时", 1, "urgent_hours"),
        ("2紧急工作时", 2, "urgent_hours"),
        ("1紧急工作时\n", 1, "urgent_hours"),
        ("1紧急工作时制止", 1, "urgent_hours"),
        ("1紧急工作日", 1, "calendar_days"),
        ("2紧急工作日", 2, "calendar_days"),
        ("2小时", 2, "urgent_hours"),
        ("4小时", 4, "urgent_hours"),
        ("1天", 1, "calendar_days"),
        ("15天", 15, "calendar_days"),
        # and what other offices write
        ("4工作时", 4, "working_hours"),
        ("4个工作小时", 4, "working_hours"),
        ("5工作日", 5, "working_days"),
        ("3个工作日内", 3, "working_days"),
        ("五个工作日", 5, "working_days"),
        ("十五日", 15, "calendar_days"),
        ("二十一天", 21, "calendar_days"),
        ("7个自然日", 7, "calendar_days"),
        ("１．５ 小时", 1.5, "urgent_hours"),
        ("半天", 0.5, "calendar_days"),
        ("两小时内", 2, "urgent_hours"),
        ("30分钟", 0.5, "urgent_hours"),
        ("一周", 7, "calendar_days"),
        ("限期3日内整改", 3, "calendar_days"),
    ],
)
def test_a_limit_is_read_as_it_is_written(text: str, amount: float, kind: str) -> None:
    assert conditions.parse_limit(text) == Limit(amount, kind)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("4小时", "working_hours"),
        ("3天", "working_days"),
        ("3自然日", "calendar_days"),
        ("2紧急工作时", "urgent_hours"),
    ],
)
def test_only_what_says_no_more_than_hours_or_days_may_be_taken_as_working_time(
    text: str, kind: str
) -> None:
    assert conditions.parse_limit(text, "working").kind == kind
    assert conditions.is_bare(text) == (conditions.parse_limit(text, "calendar").kind != kind)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("立即", conditions.NO_LIMIT),
        ("按程序办理", conditions.NO_LIMIT),
        ("", conditions.NO_LIMIT),
        ("5", conditions.NO_LIMIT),
        ("1个月", conditions.NO_LIMIT),  # 28 to 31 days are no limit
        ("3月5日前", conditions.NO_LIMIT),
        ("-2天", conditions.NO_LIMIT),
        ("十十天", conditions.NO_LIMIT),
        ("1-2天", conditions.SEVERAL),
        ("3至5个工作日", conditions.SEVERAL),
        ("2小时响应，1天完成", conditions.SEVERAL),
        ("0天", "A limit is more than 0 and at most 10,000 hours or days."),
        ("99999天", "A limit is more than 0 and at most 10,000 hours or days."),
    ],
)
def test_what_is_no_limit_is_refused_and_it_is_said_why(text: str, said: str) -> None:
    with pytest.raises(InvalidError) as caught:
        conditions.parse_limit(text)
    assert str(caught.value) == said


@pytest.mark.parametrize("name", ["2026", "2026-07", "2026-07-01", "2026-07 修订", " 2026  修订 "])
def test_an_edition_begins_with_its_date(name: str) -> None:
    assert conditions.require_edition(name) == " ".join(name.split())


@pytest.mark.parametrize("name", ["", "新版", "26-07", "2026年", "2026-7", "2026-07-01-01"])
def test_any_other_name_of_an_edition_is_refused(name: str) -> None:
    with pytest.raises(InvalidError, match="begins with its date"):
        conditions.require_edition(name)


def test_the_newest_edition_is_the_one_with_the_latest_date_and_stands_in_its_order() -> None:
    old = rows(("占道经营", "流动摊贩", 1), ("野广告", "墙面张贴", 2), edition="2025-12 终稿")
    new = rows(("野广告", "墙面张贴", 1), ("占道经营", "流动摊贩", 3), edition="2026-01")
    both = kept(new, old)
    found = conditions.latest(both.sample(frac=1, random_state=1))
    assert list(found.index) == ["2026-01-0001", "2026-01-0002"]
    assert conditions.latest(both.iloc[:0]).empty
    assert len(both) == 4


def test_a_category_with_one_condition_is_filed_under_it_and_others_have_to_be_chosen() -> None:
    book = kept(rows(("野广告", "墙面张贴", 1), ("井盖破损", "缺失", 2), ("井盖破损", "沉降", 5)))
    found = conditions.default_of(book, "野广告")
    assert found is not None
    assert (found.name, conditions.limit_of(found)) == ("2026-0001", Limit(1.0, "working_days"))
    assert conditions.default_of(book, "井盖破损") is None
    assert conditions.default_of(book, "僵尸车") is None
    several = conditions.of_category(book.iloc[::-1], "井盖破损")
    assert several["condition"].to_list() == ["缺失", "沉降"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("井盖", [2, 3]),
        ("井盖 沉", [3]),
        ("市容", [1, 2, 3]),
        ("led", [1]),
        (".*", []),
        ("", [1, 2, 3]),
    ],
)
def test_every_word_that_is_looked_for_has_to_occur(text: str, found: list[int]) -> None:
    book = kept(rows(("野广告", "LED屏", 1), ("井盖破损", "缺失", 2), ("井盖破损", "沉降", 5)))
    assert conditions.search(book, text)["position"].to_list() == found


def test_every_fault_is_listed_with_its_row_in_the_order_of_the_rows() -> None:
    told = rows(
        ("野广告", "墙面张贴", 0), ("野广告", "", 1), ("野广告", "墙面张贴", 20_000)
    ).set_axis([3, 4, 5])
    told.loc[5, "sort"] = "事件"
    faults = conditions.check(told)
    assert faults[["row", "column", "code"]].to_numpy().tolist() == [
        [3, "limit_amount", "limit"],
        [4, "condition", "missing"],
        [5, "sort", "choice"],
        [5, "limit_amount", "limit"],
        [5, "condition", "duplicate"],
    ]
    assert conditions.check(rows(("野广告", "墙面张贴", 1))).empty


def test_the_same_words_in_another_category_or_edition_are_another_condition() -> None:
    one, other = rows(("野广告", "破损", 1)), rows(("野广告", "破损", 1), edition="2027")
    both = pd.concat([one, other, rows(("公益广告", "破损", 1)).assign(condition_id="x")])
    assert conditions.check(both.reset_index(drop=True)).empty


def test_the_made_up_scheme_is_in_form_and_every_demo_issue_finds_a_condition_in_it() -> None:
    assert conditions.check(DEMO.reset_index()).empty
    assert conditions.require_edition(DEMO_EDITION) == DEMO_EDITION
    assert set(CATEGORIES) <= set(DEMO["category"])
    assert set(DEMO["sort"]) == {"component", "event"}
    assert 40 <= len(DEMO) <= 60
    assert set(DEMO["limit_kind"]) == set(layers.LIMIT_KINDS)


def test_the_made_up_scheme_reads_as_it_is_written_and_no_category_stands_in_two_groups() -> None:
    written = [
        (row.category, row.condition, conditions.parse_limit(row.limit))
        for listed in STANDARD.values()
        for row in listed
    ]
    kept = [
        (str(row["category"]), str(row["condition"]), conditions.limit_of(row))
        for _, row in conditions.latest(DEMO).iterrows()
    ]
    assert kept == written
    assert DEMO.groupby("category")["group"].nunique().max() == 1
