"""Headings are proposed, shown, and overruled by the user; never guessed in silence."""

import pytest

from geodata import columns
from gridmap.errors import InvalidError
from gridmap.layers import LAYERS


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("language", ["name", "chinese"])
def test_the_contracts_own_headings_are_known_in_both_languages(layer: str, language: str) -> None:
    contract = LAYERS[layer]
    headings = [getattr(column, language) for column in contract.columns]
    proposal = columns.propose(headings, contract)
    assert list(proposal.mapping.values()) == [column.name for column in contract.columns]
    assert proposal.ambiguous == {}


@pytest.mark.parametrize(
    ("layer", "heading", "column"),
    [
        ("grids", "网格编号", "code"),
        ("grids", "所属社区", "parent"),
        ("units", "＊ 单位名称（必填）", "name"),
        ("units", "联系人", "contact"),
        ("units", "手机号码", "phone"),
        ("units", "UNIT_ID", "unit_id"),
        ("units", "经度", "lon"),
        ("inspection_points", "LNG", "lon"),
        ("inspection_points", "纬度", "lat"),
        ("inspection_points", "类别", "category"),
        ("communities", "街道代码", "parent"),
        ("subdistricts", "街道代码", "code"),
        ("units", "序号", None),
        ("assignments", "经度", None),
    ],
)
def test_what_offices_write_is_known(layer: str, heading: str, column: str | None) -> None:
    assert columns.propose([heading], LAYERS[layer]).mapping == {heading: column}


def test_a_columns_own_name_counts_more_than_a_synonym() -> None:
    proposal = columns.propose(["单位", "name"], LAYERS["units"])
    assert proposal.mapping == {"单位": None, "name": "name"}


def test_two_headings_that_claim_one_column_equally_are_left_to_the_user() -> None:
    headings = ["联系电话", "联系电话 (2)"]
    assert columns.propose(headings, LAYERS["units"]).ambiguous == {"phone": tuple(headings)}
    told = columns.propose(headings, LAYERS["units"], {"联系电话 (2)": "phone"})
    assert told.mapping == {"联系电话": None, "联系电话 (2)": "phone"}
    assert told.ambiguous == {}


def test_the_user_may_map_a_heading_or_leave_it_out() -> None:
    proposal = columns.propose(["简写", "单位名称"], LAYERS["units"], {"简写": "short_name"})
    assert proposal.mapping == {"简写": "short_name", "单位名称": "name"}
    assert columns.propose(["电话"], LAYERS["units"], {"电话": ""}).mapping == {"电话": None}


@pytest.mark.parametrize(
    "told", [{"没有": "name"}, {"电话": "telephone"}, {"电话": "phone", "手机": "phone"}]
)
def test_a_mapping_to_or_from_what_is_not_there_is_refused(told: dict[str, str]) -> None:
    with pytest.raises(InvalidError, match="cannot be mapped"):
        columns.propose(["电话", "手机"], LAYERS["units"], told)
