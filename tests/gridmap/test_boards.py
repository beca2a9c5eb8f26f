"""Boards: plans with all their faults, reports, and months that stay as they were frozen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd
import pytest

from gridmap import boards, layers
from gridmap.boards import Progress, Task
from gridmap.errors import ConflictError, InvalidError, NotFoundError
from gridmap.frozen_months import KEPT, MONTHS, Closing, frozen, thawed

AT = datetime(2026, 7, 2, 1, 30, tzinfo=UTC)
JUNE = date(2026, 6, 1)
SWEEP = Task("市容环境组", "背街小巷整治", JUNE, "整治小巷20条", "reported", 20.0, "u1")
NO_MONTHS = layers.empty(MONTHS)
NO_TASKS = layers.empty(boards.TASKS)
GROUP = boards.group_id("市容环境组")


def planned(*tasks: Task) -> pd.DataFrame:
    return boards.planned(NO_TASKS, tasks)


def told(book: pd.DataFrame, flag: str = "done", **more: Any) -> pd.DataFrame:
    """Return tasks as the use case tells them, with a flag."""
    return book.reset_index().assign(flag=flag, **more).reindex(columns=KEPT)


def report(book: pd.DataFrame, months: pd.DataFrame = NO_MONTHS, **more: Any) -> pd.DataFrame:
    return boards.reported(book, months, SWEEP.task_id, Progress(**more), by="王一", at=AT)


def freeze(tasks: pd.DataFrame, today: date = date(2026, 7, 1), **more: Any) -> pd.DataFrame:
    closing = Closing(GROUP, JUNE, today, **more)
    return frozen(NO_MONTHS, tasks, closing, by="方圆", at=AT)


def test_every_fault_of_a_plan_is_listed() -> None:
    tasks = {
        2: SWEEP,
        3: SWEEP,
        4: replace(SWEEP, unit_id="nobody", target=0.0),
        5: replace(SWEEP, title="覆盖", rule="coverage", target=95.0, division="nowhere"),
        6: replace(SWEEP, title="谁报", unit_id=None),
        7: replace(SWEEP, title="怎么算", rule="guess"),
    }
    found = boards.faults(tasks, NO_MONTHS, {"u1"}, {"232701100001"})
    assert set(zip(found["row"], found["column"], found["code"], strict=True)) == {
        (3, "title", "twice"),
        (4, "target", "range"),
        (4, "unit_id", "unknown"),
        (5, "target", "range"),
        (5, "division", "unknown"),
        (6, "unit_id", "missing"),
        (7, "rule", "choice"),
    }


def test_a_plan_brought_in_again_keeps_what_was_reported() -> None:
    book = report(planned(SWEEP), amount=12.0, evidence="已整治12条")
    again = boards.planned(book, [replace(SWEEP, target=15.0)])
    row = again.loc[SWEEP.task_id]
    assert (row["target"], row["amount"], row["evidence"]) == (15.0, 12.0, "已整治12条")
    assert row["reported_at"] == AT


def test_groups_are_as_many_as_there_are() -> None:
    first = boards.new_groups(layers.empty(boards.GROUPS), [f"第{n}组" for n in range(10)])
    more = boards.new_groups(first, ["第3组", "督导组", "督导组"])
    assert len(first) == 10
    assert more[["name", "position"]].to_numpy().tolist() == [["督导组", 11]]


def test_a_group_keeps_its_key_and_its_tasks_under_another_name() -> None:
    groups = boards.new_groups(layers.empty(boards.GROUPS), ["市容环境组", "网格组"])
    called = boards.renamed(groups, GROUP, " 市容市貌组 ", "u2")
    assert called[["name", "lead_unit"]].to_numpy().tolist() == [["市容市貌组", "u2"]]
    assert (list(called.index), int(called["position"].iloc[0])) == ([GROUP], 1)
    now = pd.concat([called, groups.drop(GROUP)])
    book = report(planned(SWEEP), amount=12.0)
    again = replace(SWEEP, group="市容市貌组", target=15.0)
    rows = boards.planned(book, [again], boards.keys_of(now))
    assert rows.loc[SWEEP.task_id, ["group_id", "target", "amount"]].to_list() == [
        GROUP,
        15.0,
        12.0,
    ]


def test_a_new_group_of_a_name_that_was_given_up_is_another_one() -> None:
    groups = boards.new_groups(layers.empty(boards.GROUPS), ["市容环境组"])
    now = boards.renamed(groups, GROUP, "市容市貌组")
    fresh = boards.new_groups(now, ["市容环境组"])
    assert fresh.index[0] != GROUP
    keys = boards.keys_of(pd.concat([now, fresh]))
    rows = boards.planned(planned(SWEEP), [SWEEP], keys)
    assert rows["group_id"].to_list() == [fresh.index[0]]
    assert SWEEP.task_id not in rows.index


@pytest.mark.parametrize(
    ("key", "name", "error"),
    [
        ("none", "督导组", NotFoundError),
        (GROUP, " ", InvalidError),
        (GROUP, "网格组", ConflictError),
        (GROUP, "市容环境组", ConflictError),
    ],
)
def test_a_group_that_cannot_be_called_so_is_refused(
    key: str, name: str, error: type[Exception]
) -> None:
    groups = boards.new_groups(layers.empty(boards.GROUPS), ["市容环境组", "网格组"])
    with pytest.raises(error):
        boards.renamed(groups, key, name)


def test_a_report_leaves_what_it_does_not_tell() -> None:
    book = report(planned(SWEEP), amount=12.0, evidence="已整治12条")
    row = report(book, reason="雨季停工").loc[SWEEP.task_id]
    assert row[["amount", "evidence", "reason", "reported_by"]].to_list() == [
        12.0,
        "已整治12条",
        "雨季停工",
        "王一",
    ]


@pytest.mark.parametrize("amount", [-1.0, float("nan"), float("inf")])
def test_an_amount_is_a_number_from_nought_on(amount: float) -> None:
    with pytest.raises(InvalidError, match="not below nought"):
        report(planned(SWEEP), amount=amount)


def test_nobody_reports_what_is_computed() -> None:
    computed = replace(SWEEP, rule="coverage", target=0.95)
    with pytest.raises(InvalidError, match="is computed"):
        boards.reported(
            planned(computed), NO_MONTHS, computed.task_id, Progress(1.0), by="王一", at=AT
        )


def test_an_unknown_task_and_an_empty_report_are_refused() -> None:
    with pytest.raises(NotFoundError):
        report(NO_TASKS, amount=1.0)
    with pytest.raises(InvalidError, match="Nothing was told"):
        report(planned(SWEEP), evidence="  ")


def test_a_month_that_is_not_done_needs_its_reason_first() -> None:
    book = planned(SWEEP)
    with pytest.raises(ConflictError, match="整治小巷20条"):
        freeze(told(book, "not_done"))
    assert len(freeze(told(report(book, reason="雨季停工"), "not_done"))) == 1


def test_a_month_is_frozen_only_once_it_is_over_and_has_tasks() -> None:
    with pytest.raises(ConflictError, match="not over"):
        freeze(told(planned(SWEEP)), today=date(2026, 6, 30))
    with pytest.raises(ConflictError, match="no tasks"):
        freeze(told(NO_TASKS))


def test_what_was_frozen_takes_no_report_no_plan_and_no_second_freezing() -> None:
    book = planned(SWEEP)
    months = freeze(told(book))
    with pytest.raises(ConflictError, match="stays as it was"):
        report(book, months, amount=20.0)
    with pytest.raises(ConflictError, match="stays as it was"):
        frozen(months, told(book), Closing(GROUP, JUNE, AT.date()), by="方圆", at=AT)
    found = boards.faults({2: SWEEP}, months, {"u1"}, set())
    assert found["code"].to_list() == ["frozen"]


def test_a_frozen_month_is_told_as_it_was_and_its_hash_shows_any_change() -> None:
    row = freeze(told(report(planned(SWEEP), amount=20.0)), report="六月全部完成").reset_index()
    kept = row.iloc[0].to_dict()
    again = thawed(kept).iloc[0]
    assert (again["title"], again["amount"], again["flag"]) == ("整治小巷20条", 20.0, "done")
    for name, other in (("flags", kept["flags"].replace("20.0", "21.0")), ("report", "全部未完成")):
        with pytest.raises(ConflictError, match="altered"):
            thawed(kept | {name: other})
