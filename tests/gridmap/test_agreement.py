"""Agreement: hot areas on other partitions, and by other reporters."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box

from gridmap import agreement
from gridmap.agreement import Both, compared, shared_ground, verdict
from gridmap.channels import GROUPS, in_group
from gridmap.contracts import ISSUE_CHANNELS
from gridmap.errors import NotFoundError
from tests.town import METRIC


def ground(**boxes: tuple[float, float, float, float]) -> gpd.GeoDataFrame:
    shapes = [box(*corners) for corners in boxes.values()]
    return gpd.GeoDataFrame(geometry=shapes, index=list(boxes), crs=METRIC)


HOT = ground(a=(0, 0, 10, 10), b=(20, 0, 30, 10))


def test_the_share_of_ground_is_that_worked_by_hand() -> None:
    others = {
        "square": ground(p=(5, 0, 15, 10), q=(7, 0, 15, 10)),  # they overlap, ground counts once
        "hex": ground(r=(-5, -5, 40, 40)),
    }
    found = shared_ground(HOT, others)
    assert found["square"].tolist() == [0.5, 0.0]
    assert found["hex"].tolist() == [1.0, 1.0]


def test_where_nothing_is_hot_elsewhere_nothing_is_shared() -> None:
    assert shared_ground(HOT, {"hex": ground()})["hex"].tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("shares", "template", "held"),
    [
        ({"square": [0.5, 0.9], "hex": [1.0, 0.6]}, agreement.ALL_HOLD, 2),
        ({"square": [0.5, 0.9], "hex": [1.0, 0.4]}, agreement.SOME_HOLD, 1),
        ({"square": [0.5, 0.4], "hex": [0.1, 0.9]}, agreement.NONE_HOLD, 0),
    ],
)
def test_a_hot_area_holds_if_half_of_it_is_hot_on_every_other_partition(
    shares: dict[str, list[float]], template: str, held: int
) -> None:
    assert verdict(pd.DataFrame(shares), {}) == (template, {"n": 2, "held": held, "others": 2})


def test_a_verdict_needs_a_hot_area_and_another_partition() -> None:
    assert verdict(pd.DataFrame({"hex": []}), {"hex": 0})[0] == agreement.NOTHING
    elsewhere = verdict(pd.DataFrame({"hex": [], "square": []}), {"hex": 3, "square": 5})
    assert elsewhere == (agreement.ELSEWHERE, {"most": 5})
    assert verdict(pd.DataFrame(index=["a"]), {})[0] == agreement.NO_OTHER


def test_two_maps_are_compared_area_by_area() -> None:
    one = pd.Series([True, True, False, False, True])
    other = pd.Series([True, False, True, False, True])
    assert compared(one, other) == Both(both=2, one=1, other=1, neither=1)
    assert compared(one, other).either == 4


def test_every_channel_is_in_exactly_one_group() -> None:
    grouped = [channel for channels in GROUPS.values() for channel in channels]
    assert sorted(grouped) == sorted(ISSUE_CHANNELS)


def test_a_group_that_is_none_is_refused() -> None:
    with pytest.raises(NotFoundError):
        in_group(pd.Series(["hotline"]), "rumours")
