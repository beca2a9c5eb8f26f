"""What can be asked of the town of `tests.town`, worked out by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import geopandas as gpd
import pytest
from shapely import MultiPolygon, Point, box

from geodata.reports import Reports
from gridmap.errors import NotFoundError, TooLittleDataError
from tests.geodata.towns import TODAY, kept
from tests.registers import CRS, SINCE
from tests.town import COMMUNITIES, METRIC, SOUTH, SQUARES, SUBDISTRICT, WEST, place, town

GRIDS = list(SQUARES)
BEFORE = date(2025, 12, 31)
M2 = 1e-3  # the town was drawn in one projection and is measured in another


def degrees(x: float, y: float) -> tuple[float, float]:
    spot = gpd.GeoSeries([place(x, y)], crs=METRIC).to_crs(CRS).iloc[0]
    return spot.x, spot.y


# The city


def test_the_city_at_a_glance(reports: Reports) -> None:
    found = reports.overview(TODAY)
    assert (found.name, found.as_of) == ("试验镇", TODAY)
    rows = {name: len(frame) for name, frame in town().items()}
    assert found.counts == {**rows, "units": 4, "posts": 1}  # the leader's post apart
    assert found.ground_m2 == pytest.approx(80_000, rel=M2)  # eight squares
    assert found.covered_m2 == pytest.approx(30_000, rel=M2)  # 001, 002, 003
    assert found.share == pytest.approx(3 / 8)
    assert found.gaps_n == 5
    assert found.gap_m2_by_reason == pytest.approx(
        {"no_contact": 1e4, "no_grid": 1e4, "no_unit": 2e4, "unit_inactive": 1e4}, rel=M2
    )
    assert found.issues_by_category.to_dict() == {"暴露垃圾": 2, "占道经营": 1}
    months = found.issues_by_month.assign(month=lambda table: table["month"].dt.strftime("%Y-%m"))
    assert months.to_numpy().tolist() == [["2026-03", "暴露垃圾", 2], ["2026-04", "占道经营", 1]]
    assert found.units_with_most.loc[0, ["unit_id", "n_grids"]].to_list() == ["u1", 2]
    assert [entry["who"] for entry in found.entries] == ["a test"]


def test_issues_count_up_to_the_end_of_the_day_in_the_citys_time(reports: Reports) -> None:
    """The first issue came on 2026-03-01 at ten in the morning in town."""
    assert reports.overview(date(2026, 2, 28)).counts["issues"] == 0
    assert reports.overview(date(2026, 3, 1)).counts["issues"] == 1
    assert len(reports.issues(until=date(2026, 3, 1))) == 1
    assert len(reports.issues(since=date(2026, 3, 2))) == 2
    assert len(reports.issues(category="暴露垃圾", channel="hotline")) == 1


def test_the_days_of_a_register_go_from_its_first_row_to_its_last_issue(reports: Reports) -> None:
    assert reports.days() == (SINCE, date(2026, 4, 1))
    assert reports.issue_days() == (date(2026, 3, 1), date(2026, 4, 1))


def test_categories_and_channels_are_those_in_use_the_most_frequent_first(
    reports: Reports,
) -> None:
    assert reports.categories() == ["暴露垃圾", "占道经营"]
    assert sorted(reports.channels()) == ["citizen_app", "hotline", "unit_patrol"]


# Divisions and what lies below them


def test_the_tree_counts_grids_units_and_the_share_covered(reports: Reports) -> None:
    tree = reports.division_tree(TODAY).set_index("code")
    assert tree["n_grids"].to_list() == [7, 7, 4, 3]
    assert tree["n_units"].to_list() == [4, 4, 2, 2]
    assert tree["share"].to_list() == pytest.approx([3 / 8, 3 / 8, 3 / 4, 0])
    assert tree.loc[COMMUNITIES[0], "parent"] == SUBDISTRICT


def test_children_are_what_lies_directly_below(reports: Reports) -> None:
    assert reports.children(None, TODAY)["code"].to_list() == ["232701"]
    assert reports.children(SUBDISTRICT, TODAY)["code"].to_list() == list(COMMUNITIES)
    grids = reports.children(COMMUNITIES[0], TODAY).set_index("code")
    assert list(grids.index) == GRIDS[:4]
    assert grids["area_m2"].to_list() == pytest.approx([1e4] * 4, rel=M2)
    assert [unit["unit_id"] for unit in grids.loc[GRIDS[1], "units"]] == ["u1", "u2"]
    assert grids["n_units"].to_list()[:3] == [1, 1, 1]  # who only assists is not counted
    assert grids.loc[GRIDS[3], "reason"] == "no_unit"
    with pytest.raises(NotFoundError):
        reports.children("232799", TODAY)


def test_divisions_are_chosen_by_level_and_by_parent(reports: Reports) -> None:
    assert list(reports.divisions(TODAY, level="community").index) == list(COMMUNITIES)
    assert list(reports.divisions(TODAY, parent="232701").index) == [SUBDISTRICT]
    assert len(reports.divisions(TODAY)) == 4


def test_grids_are_found_below_a_division_at_any_depth_and_by_unit(reports: Reports) -> None:
    assert len(reports.grids(TODAY, parent="232701")) == 7
    assert list(reports.grids(TODAY, parent=COMMUNITIES[1]).index) == GRIDS[4:]
    assert list(reports.grids(TODAY, unit_id="u2").index) == [GRIDS[1], GRIDS[2]]
    assert reports.grids(TODAY, parent=COMMUNITIES[1], unit_id="u2").empty


@pytest.mark.parametrize(
    ("level", "areas"), [("district", 1), ("subdistrict", 1), ("community", 2), ("grid", 7)]
)
def test_the_areas_of_a_level_can_be_drawn(reports: Reports, level: str, areas: int) -> None:
    assert len(reports.areas(level, TODAY)) == areas


def test_a_level_that_does_not_exist_is_refused_everywhere(reports: Reports) -> None:
    spot = gpd.GeoSeries([Point(*degrees(50, 50))], crs=CRS)
    for ask in (
        lambda: reports.areas("street", TODAY),
        lambda: reports.audit("street", TODAY),
        lambda: reports.coverage("street", TODAY),
        lambda: reports.locate(spot, TODAY, level="street"),
    ):
        with pytest.raises(NotFoundError, match="street"):
            ask()


# Search


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("向阳", COMMUNITIES[0]),
        ("xiangyang", COMMUNITIES[0]),
        ("xysq", COMMUNITIES[0]),
        ("XiLinJi", SUBDISTRICT),
        ("林业", "u1"),
        ("lyj", "u1"),
        ("LINYE", "u1"),
        ("林业局", "u1"),  # its short name
        ("ｕ１", "u1"),  # full-width
        (" 第 ７ 网格 ", GRIDS[6]),
        ("232701100002", COMMUNITIES[1]),  # the code itself before what begins with it
        ("232701100002005", GRIDS[4]),
        ("小区", "c1"),
        ("市场", "m1"),
        ("zhonghua", "r1"),
    ],
)
def test_a_thing_is_found_by_name_code_pinyin_or_initials(
    reports: Reports, typed: str, first: str
) -> None:
    assert reports.search(typed, 5, TODAY)["code"].iloc[0] == first


def test_what_is_found_says_where_it_lies(reports: Reports) -> None:
    found = reports.search(GRIDS[0], as_of=TODAY)
    assert found.to_numpy().tolist() == [
        ["grids", GRIDS[0], "第1网格", "漠河市 / 西林吉镇 / 向阳社区"]
    ]


def test_a_code_finds_everything_below_it_up_to_the_limit(reports: Reports) -> None:
    assert len(reports.search("232701", 50, TODAY)) == 1 + 1 + 2 + 7
    assert len(reports.search("232701", 3, TODAY)) == 3


@pytest.mark.parametrize("typed", ["", "   ", "没有这个", "[", "(?i)", "%"])
def test_what_is_not_there_is_not_found(reports: Reports, typed: str) -> None:
    assert reports.search(typed, as_of=TODAY).empty


# Sheets


def test_the_sheet_of_a_grid_shows_all_that_is_known_of_it(reports: Reports) -> None:
    sheet = reports.grid(GRIDS[1], TODAY)
    assert (sheet.name, sheet.residents, sheet.reason) == ("第2网格", 200, None)
    assert sheet.area_m2 == pytest.approx(1e4, rel=M2)
    assert sheet.lineage["name"].to_list() == ["漠河市", "西林吉镇", "向阳社区"]
    assert sheet.assignments["unit_name"].to_list() == ["市林业局", "市教育局"]
    assert sheet.chain[["tier", "unit_id"]].to_numpy().tolist() == [
        ["patch_leader", "p1"],
        ["responsible", "u1"],
        ["assisting", "u2"],
    ]
    touching = [GRIDS[n] for n in (0, 2, 3, 4, 5)]  # by an edge or a corner
    assert list(sheet.neighbours.index) == touching
    assert sheet.counts == {"inspection_points": 0, "compounds": 1, "issues": 0}
    assert reports.grid(GRIDS[0], TODAY).counts == {
        "inspection_points": 1,
        "compounds": 0,
        "issues": 1,
    }


@pytest.mark.parametrize(
    ("grid", "reason"),
    [(0, None), (3, "no_unit"), (4, "no_contact"), (5, "unit_inactive"), (6, "no_unit")],
)
def test_the_sheet_of_a_grid_says_why_it_is_a_gap(
    reports: Reports, grid: int, reason: str | None
) -> None:
    assert reports.grid(GRIDS[grid], TODAY).reason == reason


def test_the_sheet_of_a_unit_shows_what_it_holds(reports: Reports) -> None:
    first, second = reports.unit("u1", TODAY), reports.unit("u2", TODAY)
    assert list(first.grids.index) == GRIDS[:2]
    assert first.area_m2 == pytest.approx(2e4, rel=M2)
    assert first.roads_m == 150
    assert first.assignments["target_name"].to_list() == ["第1网格", "第2网格", "中华路"]
    assert second.grids["tier"].to_dict() == {GRIDS[1]: "assisting", GRIDS[2]: "responsible"}
    assert second.area_m2 == pytest.approx(1e4, rel=M2)  # where it only assists is not its own
    assert second.former.empty


def test_what_a_unit_held_is_told_once_it_has_ended(tmp_path: Path) -> None:
    office = kept(tmp_path, town(CRS))
    office.desk.release(["a1"], until=date(2026, 5, 1))
    assert reports_former(office.reports, date(2026, 4, 30)) == []
    assert reports_former(office.reports, date(2026, 5, 1)) == [GRIDS[0]]
    assert office.reports.grid(GRIDS[0], TODAY).former["unit_id"].to_list() == ["u1"]


def reports_former(reports: Reports, day: date) -> list[str]:
    return reports.unit("u1", day).former["target"].to_list()


# Coverage


@pytest.mark.parametrize("level", ["city", "district", "subdistrict", "community", "grid"])
def test_covered_ground_gaps_and_slivers_are_all_the_ground(reports: Reports, level: str) -> None:
    table = reports.coverage(level, TODAY)
    ground, covered = table["ground_m2"].sum(), table["covered_m2"].sum()
    bare = reports.gaps(TODAY)["area_m2"].sum() + reports.slivers(TODAY).area_m2
    assert covered + bare == pytest.approx(ground, rel=1e-9)
    assert ground == pytest.approx(80_000, rel=M2)


def test_roads_and_points_are_covered_where_somebody_holds_them(reports: Reports) -> None:
    city = reports.coverage("city", TODAY).iloc[0]
    assert (city["roads_m"], city["roads_covered_m"]) == pytest.approx((400, 150), rel=M2)
    assert (city["points_n"], city["points_covered_n"]) == (2, 1)


def test_every_gap_is_named_with_the_divisions_above_it(reports: Reports) -> None:
    gaps = reports.gaps(TODAY).set_index("code")
    assert gaps["area_m2"].to_list() == pytest.approx([1e4] * 5, rel=M2)
    assert gaps.loc[GRIDS[4], ["reason", "name", "community", "community_name"]].to_list() == [
        "no_contact",
        "第5网格",
        COMMUNITIES[1],
        "北山社区",
    ]
    assert gaps[gaps.index.isna()]["reason"].to_list() == ["no_grid"]


def test_what_is_thinner_than_any_survey_is_counted_and_not_listed(tmp_path: Path) -> None:
    frames = town(METRIC)
    shifted = MultiPolygon([box(WEST + 0.05, SOUTH + 100, WEST + 100, SOUTH + 200)])
    frames["grids"].loc[GRIDS[0], "geometry"] = shifted  # five centimetres short in the west
    frames = {
        name: frame.to_crs(CRS) if isinstance(frame, gpd.GeoDataFrame) else frame
        for name, frame in frames.items()
    }
    reports = kept(tmp_path, frames).reports
    slivers = reports.slivers(TODAY)
    assert slivers.n == 1
    assert slivers.area_m2 == pytest.approx(5, rel=M2)
    assert len(reports.gaps(TODAY)) == 5
    city = reports.coverage("city", TODAY).iloc[0]
    listed = reports.gaps(TODAY)["area_m2"].sum()
    assert city["covered_m2"] + listed + slivers.area_m2 == pytest.approx(
        city["ground_m2"], rel=1e-9
    )


def test_an_audit_finds_the_square_without_a_grid(reports: Reports) -> None:
    grids, above = reports.audit("grid", TODAY), reports.audit("community", TODAY)
    assert (grids.areas, above.areas) == (7, 2)
    assert grids.faults["fault"].to_list() == ["gap"]
    assert grids.faults["area_m2"].to_list() == pytest.approx([1e4], rel=M2)
    assert above.faults.empty


# Who answers here


def test_at_a_place_its_grids_unit_answers(reports: Reports) -> None:
    answer = reports.responsible(*degrees(150, 160), TODAY, 5.0)
    assert (answer.grid, answer.grid_name) == (GRIDS[1], "第2网格")
    assert (answer.outside, answer.ambiguous, answer.distance_m) == (False, False, 0)
    won = answer.rows[answer.rows["won"]]
    assert won[["rule", "unit_id"]].to_numpy().tolist() == [["grid", "u1"]]
    assert answer.chain["tier"].to_list()[0] == "patch_leader"
    assert answer.lineage["code"].to_list() == ["232701", SUBDISTRICT, COMMUNITIES[0]]


def test_near_a_border_both_grids_are_named_the_nearer_first(reports: Reports) -> None:
    answer = reports.responsible(*degrees(97, 160), TODAY, 5.0)
    assert answer.ambiguous
    assert answer.candidates["code"].to_list() == GRIDS[:2]
    assert answer.candidates["distance_m"].to_list() == pytest.approx([0, 3], abs=0.01)
    assert answer.candidates["units"].to_list() == [["市林业局"], ["市林业局"]]
    assert not reports.responsible(*degrees(97, 160), TODAY, 1.0).ambiguous


def test_outside_the_nearest_grid_is_named_and_nobody_answers(reports: Reports) -> None:
    answer = reports.responsible(*degrees(350, 140), TODAY, 5.0)
    assert (answer.outside, answer.grid) == (True, GRIDS[6])
    assert answer.distance_m == pytest.approx(40, abs=0.1)
    assert answer.rows.empty
    assert answer.lineage.empty


def test_many_places_are_answered_as_one(reports: Reports) -> None:
    spots = [degrees(30, 150), degrees(150, 160), degrees(350, 140)]
    points = gpd.GeoSeries([*map(Point, spots), None], index=list("abcd"), crs=CRS)
    table = reports.locate(points, TODAY)
    assert table["code"].to_list()[:3] == [GRIDS[0], GRIDS[1], GRIDS[6]]
    assert table["outside"].to_list() == [False, False, True, True]
    assert table["unit_id"].fillna("").to_list() == ["u2", "u1", "", ""]
    assert table["community"].fillna("").to_list() == [COMMUNITIES[0], COMMUNITIES[0], "", ""]
    for spot, code in zip(spots, table["code"], strict=False):
        assert reports.responsible(*spot, TODAY, 0.0).grid == code
    above = reports.locate(points, TODAY, level="community")
    assert above["code"].to_list()[:3] == [COMMUNITIES[0], COMMUNITIES[0], COMMUNITIES[1]]


# Hot spots


def test_a_town_is_too_small_for_hot_spots(reports: Reports) -> None:
    for by in ("grid", "square", "hex"):
        with pytest.raises(TooLittleDataError):
            reports.hotspots(since=SINCE, until=TODAY, as_of=TODAY, by=by)
