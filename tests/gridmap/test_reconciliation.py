"""Totals that an office declares, against what the register counts."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.errors import InvalidError
from gridmap.reconciliation import COLUMNS, reconcile

LONGSHAN = {
    "街道办": 8,
    "街道实践所": 8,
    "社区": 17,
    "社区实践站": 17,
    "乡镇及所": 2,
    "行政村及站": 28,
    "实践中心": 1,
    "大型商场": 2,
    "实体店": 3,
    "青少年中心": 1,
}


def declared(group: str, whole: float | None, **parts: float) -> pd.DataFrame:
    rows = [] if whole is None else [(group, None, whole)]
    rows += [(group, name, number) for name, number in parts.items()]
    return pd.DataFrame(rows, columns=["group", "name", "declared"])


def counted(**groups: dict[str, int]) -> pd.Series:
    pairs = [(group, name) for group, parts in groups.items() for name in parts]
    index = pd.MultiIndex.from_tuples(pairs, names=["group", "name"])
    return pd.Series([n for parts in groups.values() for n in parts.values()], index, dtype="int64")


def test_a_whole_that_is_not_the_sum_of_its_parts_is_reported_and_both_are_kept() -> None:
    found = reconcile(declared("西安区", 155, 街道=61, 小区=33, 灯塔镇=26), counted())
    whole = found.iloc[0]
    assert list(found.columns) == COLUMNS
    assert whole[["declared", "sum_of_parts", "unexplained"]].to_list() == [155, 120, 35]
    assert whole["finding"] == "unexplained"
    assert found["declared"].to_list() == [155, 61, 33, 26]


def test_a_whole_that_is_the_sum_of_its_ten_parts_agrees() -> None:
    found = reconcile(declared("龙山区", 87, **LONGSHAN), counted(龙山区=LONGSHAN))
    assert len(found) == 11
    assert found.iloc[0][["sum_of_parts", "unexplained", "counted"]].to_list() == [87, 0, 87]
    assert set(found["finding"]) == {"agrees"}
    assert found["name"].to_list()[1:] == list(LONGSHAN)


def test_the_register_may_have_more_or_fewer_than_declared() -> None:
    found = reconcile(declared("g", 12, a=5, b=7), counted(g={"a": 6, "b": 4}))
    assert found["difference"].to_list() == [-2, 1, -3]
    assert found["finding"].to_list() == ["differs", "differs", "differs"]


def test_what_the_register_has_not_counts_nothing_and_what_nobody_declared_is_shown() -> None:
    found = reconcile(declared("g", 5, a=5), counted(g={"b": 2}, h={"c": 1}))
    rows = found.fillna({"name": ""}).set_index(["group", "name"])
    assert rows["finding"].to_dict() == {
        ("g", ""): "differs",
        ("g", "a"): "differs",
        ("g", "b"): "undeclared",
        ("h", ""): "undeclared",
        ("h", "c"): "undeclared",
    }
    assert rows["counted"].to_list() == [2, 0, 2, 1, 1]


def test_parts_without_a_declared_whole_are_added_up_and_nothing_is_unexplained() -> None:
    whole = reconcile(declared("g", None, a=5, b=7), counted(g={"a": 5, "b": 7})).iloc[0]
    assert whole["sum_of_parts"] == 12
    assert pd.isna(whole["declared"])
    assert pd.isna(whole["unexplained"])


def test_a_whole_without_parts_is_compared_with_the_register_alone() -> None:
    found = reconcile(declared("g", 5), counted(g={"a": 5}))
    assert pd.isna(found.loc[0, "unexplained"])
    assert found["finding"].to_list() == ["agrees", "undeclared"]


def test_parts_that_count_twice_leave_less_than_nothing() -> None:
    assert reconcile(declared("g", 10, a=8, b=4), counted()).loc[0, "unexplained"] == -2


def test_groups_stand_in_the_order_of_the_report() -> None:
    report = pd.concat([declared("z", 1, b=1), declared("a", 1, b=1)])
    assert reconcile(report, counted())["group"].to_list() == ["z", "z", "a", "a"]


@pytest.mark.parametrize(
    ("report", "sentence"),
    [
        (declared("g", 1).drop(columns="name"), "need the columns name"),
        (pd.concat([declared("g", 1), declared("g", 2)]), "The whole of g is declared twice"),
        (pd.concat([declared("g", 1, a=1), declared("g", None, a=2)]), "a of g is declared twice"),
        (declared("g", 1, a=-1), "cannot be negative"),
    ],
)
def test_a_report_that_cannot_be_is_refused(report: pd.DataFrame, sentence: str) -> None:
    with pytest.raises(InvalidError, match=sentence):
        reconcile(report, counted())


PARTS = st.dictionaries(st.sampled_from("abcd"), st.integers(0, 50))


@given(PARTS, PARTS, st.none() | st.integers(0, 200))
@settings(max_examples=50, deadline=None)
def test_differences_of_parts_and_what_is_unexplained_account_for_the_difference_of_the_whole(
    said: dict[str, int], has: dict[str, int], whole: int | None
) -> None:
    if not said and not has and whole is None:
        return
    found = reconcile(declared("g", whole, **said), counted(g=has))
    parts = found[found["name"].notna()]
    assert sorted(parts["name"]) == sorted({*said, *has})
    top = found.iloc[0]
    assert top["counted"] == sum(has.values())
    if whole is not None and said:
        undeclared = parts.loc[parts["declared"].isna(), "counted"].sum()
        assert top["difference"] == parts["difference"].sum() + undeclared - top["unexplained"]
