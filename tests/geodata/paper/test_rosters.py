"""Rosters of a community, and sign-off sheets of what nobody holds."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, box

from geodata.paper import roster, sign_off
from geodata.reports import Reports
from geodata.reports.paper import behind, free_roads, uncovered
from gridmap import layers
from gridmap.answers import primaries
from gridmap.coverage import City, Ground, coverage, survey
from gridmap.errors import NotFoundError
from tests.geodata.paper.printing import GRIDS, kept, texts
from tests.geodata.towns import TODAY
from tests.registers import CRS, SINCE
from tests.town import COMMUNITIES, METRIC, square, town

# Rosters


def test_a_roster_lists_each_grid_with_its_unit_and_contact(reports: Reports) -> None:
    west, east = texts(roster(reports, None, TODAY, language="zh_CN", contacts=True))
    assert "向阳社区" in west
    assert "网格4面积4.00公顷居民人数1,000覆盖率75.00%" in west
    assert "包保领导包保领导甲孙五0457-0000005" in west
    assert f"第1网格{GRIDS[0]}1001.00公顷市林业局王一0457-0000001" in west
    assert "市教育局李二0457-0000002（协助单位）" in west
    assert f"第4网格{GRIDS[3]}4001.00公顷无责任单位" in west
    assert f"第5网格{GRIDS[4]}501.00公顷市供电公司" in east
    assert "覆盖率0%" in east


def test_a_roster_of_one_community_is_its_own_pages_alone(reports: Reports) -> None:
    (page,) = texts(roster(reports, COMMUNITIES[1], TODAY, language="en", contacts=False))
    assert "北山社区" in page
    assert GRIDS[0] not in page


def test_a_community_that_is_not_there_is_refused(reports: Reports) -> None:
    with pytest.raises(NotFoundError, match="community 999"):
        roster(reports, "999", TODAY, language="en", contacts=False)


def test_grids_in_no_community_have_pages_of_their_own(tmp_path: Path) -> None:
    frames = town(CRS)
    frames["grids"].loc[GRIDS[6], "parent"] = "232701100009"
    pages = texts(roster(kept(tmp_path, frames), None, TODAY, language="zh_CN", contacts=True))
    assert len(pages) == 3
    assert "未划入社区" in pages[2]
    assert GRIDS[6] in pages[2]


# Sign-off sheets


def test_the_totals_of_a_sign_off_sheet_are_the_figures_of_coverage(reports: Reports) -> None:
    page = "".join(texts(sign_off(reports, None, TODAY, language="zh_CN")))
    assert "地块8.00公顷3.00公顷5.00公顷" in page  # three of eight squares
    assert "道路400米150米250米" in page
    assert "点位2处1处1处" in page
    assert "小区1处1处0处" in page


def test_a_sign_off_sheet_lists_each_gap_with_its_reason(reports: Reports) -> None:
    page = "".join(texts(sign_off(reports, None, TODAY, language="zh_CN")))
    for said in (
        f"第4网格{GRIDS[3]}无责任单位1.00公顷",
        f"第5网格{GRIDS[4]}无联系人1.00公顷",
        f"第6网格{GRIDS[5]}单位已停用1.00公顷",
        "未划网格1.00公顷",
        "向阳社区中华路150–200米两侧无责任单位50米",
        "北山社区中华路200–400米两侧无责任单位200米",
        "第一小学（school）无责任单位",
    ):
        assert said in page
    assert "中心市场" not in page


def test_a_sign_off_sheet_of_a_division_has_its_own_gaps_and_figures(reports: Reports) -> None:
    page = "".join(texts(sign_off(reports, COMMUNITIES[0], TODAY, language="zh_CN")))
    assert "地块4.00公顷3.00公顷1.00公顷" in page
    assert "道路200米150米50米" in page
    assert GRIDS[3] in page
    assert GRIDS[4] not in page
    assert "第一小学" not in page


def test_a_division_that_is_not_there_is_refused(reports: Reports) -> None:
    with pytest.raises(NotFoundError, match="999"):
        sign_off(reports, "999", TODAY, language="en")


def test_ground_in_slivers_is_in_the_list_as_one_line(tmp_path: Path) -> None:
    """A gap of 100 m by 8 cm is too thin to be listed, and still in the figures."""
    frames = town(METRIC)
    frames["grids"].loc[GRIDS[2], "geometry"] = MultiPolygon(
        [box(*square(0, 0).bounds[:2], square(0, 0).bounds[2] - 0.08, square(0, 0).bounds[3])]
    )
    placed = {
        name: frame.to_crs(CRS) if isinstance(frame, gpd.GeoDataFrame) else frame
        for name, frame in frames.items()
    }
    page = "".join(texts(sign_off(kept(tmp_path, placed), None, TODAY, language="zh_CN")))
    assert "不逐一列出8平方米" in page


def test_what_is_uncovered_sums_to_what_coverage_lacks(reports: Reports) -> None:
    found = uncovered(behind(reports), TODAY)
    for code, row in reports.coverage("community", TODAY).iterrows():
        here = {}
        for kind in ("roads", "points", "compounds"):
            frame = getattr(found, kind)
            here[kind] = frame[frame["community"] == code]
        lacking = row["roads_m"] - row["roads_covered_m"]
        assert here["roads"]["uncovered_m"].sum() == pytest.approx(lacking)
        assert len(here["points"]) == row["points_n"] - row["points_covered_n"]
        assert len(here["compounds"]) == row["compounds_n"] - row["compounds_covered_n"]


STRETCH = st.tuples(
    st.integers(0, 39),
    st.integers(1, 40),
    st.sampled_from(layers.SIDES),
    st.sampled_from(["u1", "u3", "u4"]),
).filter(lambda stretch: stretch[0] < stretch[1])


@settings(max_examples=30, deadline=None)
@given(st.lists(STRETCH, max_size=5))
@example([(0, 20, "left", "u1"), (10, 30, "right", "u3"), (5, 8, "both", "u4")])
def test_each_side_of_each_stretch_is_listed_once_if_nobody_holds_it(
    held: list[tuple[int, int, str, str]],
) -> None:
    """The road is painted in forty steps of ten metres, side by side: u1 alone can be called."""
    city = _city_with(held)
    ground = _city_and_ground()[1]
    roads = free_roads(city, ground, primaries(city, TODAY))
    free = {side: np.ones(40, dtype=bool) for side in ("left", "right")}
    for start, end, side, unit in held:
        for name in ("left", "right") if side == "both" else (side,):
            free[name][start:end] &= unit != "u1"
    listed = {side: np.zeros(40, dtype=int) for side in ("left", "right")}
    for row in roads.itertuples():
        for name in ("left", "right") if row.side == "both" else (row.side,):
            listed[name][round(row.from_m / 10) : round(row.to_m / 10)] += 1
    for side, steps in free.items():
        assert listed[side].tolist() == steps.astype(int).tolist()
    figures = coverage(city, "city", TODAY, ground=ground).iloc[0]
    lacking = figures["roads_m"] - figures["roads_covered_m"]
    assert roads["uncovered_m"].sum() == pytest.approx(lacking, abs=1e-6)


def _city_with(held: list[tuple[int, int, str, str]]) -> City:
    columns = ["assignment_id", "from_m", "to_m", "side", "unit_id"]
    told = [(f"r{n}", 10.0 * start, 10.0 * end, *who) for n, (start, end, *who) in enumerate(held)]
    new = pd.DataFrame(told, columns=columns).assign(
        target_kind="road_segment",
        target="r1",
        tier="responsible",
        scheme="main",
        since=pd.Timestamp(SINCE),
    )
    contract = layers.LAYERS["assignments"]
    rows = layers.conform(new, contract) if held else layers.empty(contract)
    return replace(_city_and_ground()[0], assignments=rows)


@cache
def _city_and_ground() -> tuple[City, Ground]:
    city = City(**{name: frame for name, frame in town().items() if name != "issues"})
    return city, survey(city)
