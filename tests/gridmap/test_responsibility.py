"""Who answers here, on this day, by which rule."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Point

from gridmap import layers
from gridmap.errors import CrsError
from gridmap.ground import City
from gridmap.responsibility import Place, chain, responsible_at
from tests.town import COMMUNITIES, METRIC, SINCE, SQUARES, place, town

DAY = pd.Timestamp("2026-03-01")
G1, G2, G3, G4, G5, G6, G7 = SQUARES
LAYERS = {name: frame for name, frame in town().items() if name != "issues"}
TOWN = Place.of(City(**LAYERS), town("EPSG:4490")["grids"])


def test_an_inspection_point_wins_over_its_grid_and_all_are_listed() -> None:
    assert _told(responsible_at(_at((30, 155)), TOWN, DAY)) == [
        (1, "inspection_point", "m1", "u2", "responsible", True),
        (2, "grid", G1, "u1", "responsible", False),
        (3, "division", COMMUNITIES[0], "p1", "patch_leader", False),
    ]


def test_a_road_wins_over_the_grid_beside_it() -> None:
    found = responsible_at(_at((70, 95)), TOWN, DAY)
    assert _told(found)[:2] == [
        (1, "road", "r1", "u1", "responsible", True),
        (2, "grid", G3, "u2", "responsible", False),
    ]
    road = found.iloc[0]
    assert road[["measure_m", "distance_m"]].to_list() == pytest.approx([70, 5], abs=1e-3)
    assert road["side"] == "right"


def test_beyond_the_stretch_the_road_says_nothing() -> None:
    assert "road" not in responsible_at(_at((151, 105)), TOWN, DAY)["rule"].to_list()


@pytest.mark.parametrize(("within_m", "rule"), [(4.9, "grid"), (5.1, "inspection_point")])
def test_what_is_farther_away_than_the_limit_says_nothing(within_m: float, rule: str) -> None:
    found = responsible_at(_at((30, 155)), TOWN, DAY, within_m=within_m)
    assert found.loc[found["won"], "rule"].to_list() == [rule]


def test_others_on_the_first_target_are_listed_and_do_not_win() -> None:
    assert _told(responsible_at(_at((150, 150)), TOWN, DAY)) == [
        (1, "grid", G2, "u1", "responsible", True),
        (1, "grid", G2, "u2", "assisting", False),
        (2, "division", COMMUNITIES[0], "p1", "patch_leader", False),
    ]


def test_where_nobody_is_primary_nobody_wins() -> None:
    assert _told(responsible_at(_at((150, 50)), TOWN, DAY)) == [
        (1, "division", COMMUNITIES[0], "p1", "patch_leader", False)
    ]


@pytest.mark.parametrize("at", [(350, 150), (350, 50)])
def test_a_primary_of_the_community_answers_where_nobody_nearer_does(at: tuple[int, int]) -> None:
    found = responsible_at(_at(at), _with(_row("division", COMMUNITIES[1], "u2")), DAY)
    assert _told(found) == [(1, "division", COMMUNITIES[1], "u2", "responsible", True)]


def test_the_nearer_division_wins() -> None:
    city = _with(_row("division", "232701", "u1"), _row("division", "232701100", "u2"))
    found = responsible_at(_at((350, 50), (350, 150)), city, DAY)
    assert found.loc[found["won"], ["point_no", "unit_id"]].to_numpy().tolist() == [
        [0, "u2"],
        [1, "u2"],
    ]


def test_a_compound_wins_over_its_grid_and_loses_to_the_road() -> None:
    city = _with(_row("compound", "c1", "u5"))
    found = responsible_at(_at((150, 150), (115, 115)), city, DAY)
    assert found.loc[found["won"], "rule"].to_list() == ["compound", "road"]
    assert found.loc[found["point_no"] == 1, "rule"].to_list()[:3] == ["road", "compound", "grid"]


@pytest.mark.parametrize(("y", "unit"), [(105, ["u2"]), (95, ["u5"]), (100, ["u2", "u5"])])
def test_each_side_of_a_road_has_its_own_unit(y: float, unit: list[str]) -> None:
    city = _with(
        _row("road_segment", "r1", "u2", 200.0, 400.0, "left"),
        _row("road_segment", "r1", "u5", 200.0, 400.0, "right"),
    )
    found = responsible_at(_at((300, y)), city, DAY)
    assert found.loc[found["rule"] == "road", "unit_id"].to_list() == unit


def test_the_end_of_a_road_belongs_to_its_last_stretch() -> None:
    city = _with(_row("road_segment", "r1", "u2", 150.0, 400.0, "both"))
    found = responsible_at(_at((400, 103), (150, 103)), city, DAY)
    assert found.loc[found["rule"] == "road", "unit_id"].to_list() == ["u2", "u2"]


def test_near_a_border_every_grid_that_may_be_meant_is_listed_but_only_one_wins() -> None:
    found = responsible_at(_at((98, 150)), TOWN, DAY, accuracy_m=5.0)
    grids = found[found["rule"] == "grid"]
    assert grids[["target", "unit_id", "candidate", "won"]].to_numpy().tolist() == [
        [G1, "u1", False, True],
        [G2, "u1", True, False],
        [G2, "u2", True, False],
    ]
    assert grids["distance_m"].to_list() == pytest.approx([0, 2, 2], abs=1e-2)


def test_each_point_may_have_its_own_accuracy() -> None:
    points = _at((98, 150), (98, 150))
    found = responsible_at(points, TOWN, DAY, accuracy_m=pd.Series([1.0, 5.0]))
    assert found.loc[found["candidate"], "point_no"].unique().tolist() == [1]


def test_a_place_outside_the_city_or_without_geometry_has_no_row() -> None:
    assert responsible_at(_at((-500, -500), None), TOWN, DAY).empty


def test_nobody_answers_before_the_first_day() -> None:
    assert responsible_at(_at((30, 155)), TOWN, pd.Timestamp("2025-12-31")).empty


def test_a_scheme_can_be_asked_for_by_itself() -> None:
    city = _with(_row("grid", G1, "u5") | {"scheme": "sanitation"})
    both = responsible_at(_at((10, 20 + 100)), city, DAY, within_m=1.0)
    assert both.loc[both["won"], "unit_id"].to_list() == ["u1", "u5"]
    one = responsible_at(_at((10, 120)), city, DAY, scheme="sanitation")
    assert one["unit_id"].to_list() == ["u5"]


def test_places_may_come_in_degrees() -> None:
    metres = _at((30, 155), (150, 50), (70, 95))
    degrees = responsible_at(metres.to_crs("EPSG:4326"), TOWN, DAY)
    exact = ["point_no", "rank", "rule", "target", "assignment_id", "won"]
    pd.testing.assert_frame_equal(degrees[exact], responsible_at(metres, TOWN, DAY)[exact])


def test_places_without_a_crs_are_refused() -> None:
    with pytest.raises(CrsError):
        responsible_at(gpd.GeoDataFrame(geometry=[Point(0, 0)]), TOWN, DAY)


def test_many_points_are_answered_as_each_alone() -> None:
    spots = np.random.default_rng(7).uniform([-20, -20], [420, 220], (60, 2))
    points = _at(*spots)
    together = responsible_at(points, TOWN, DAY, accuracy_m=8.0)
    for number in range(len(points)):
        alone = responsible_at(points.iloc[[number]], TOWN, DAY, accuracy_m=8.0)
        own = together[together["point_no"] == number].reset_index(drop=True)
        pd.testing.assert_frame_equal(own.drop(columns="point_no"), alone.drop(columns="point_no"))


def test_the_chain_runs_from_the_leader_down_and_names_who_holds_each_tier() -> None:
    found = chain(_at((150, 150)), TOWN, DAY)
    assert found[["tier", "rule", "unit_id", "missing"]].to_numpy().tolist() == [
        ["patch_leader", "division", "p1", False],
        ["responsible", "grid", "u1", False],
        ["assisting", "grid", "u2", False],
    ]


def test_the_responsible_of_the_chain_is_who_wins() -> None:
    points = _at((30, 155), (70, 95), (150, 50), (350, 50))
    won = responsible_at(points, TOWN, DAY).query("won")
    links = chain(points, TOWN, DAY).query("tier == 'responsible' and not missing")
    assert links["assignment_id"].to_list() == won["assignment_id"].to_list()


def test_a_tier_that_nobody_holds_is_reported_and_not_skipped() -> None:
    found = chain(_at((150, 50), (350, 50)), TOWN, DAY)
    assert found[["point_no", "tier", "missing"]].to_numpy().tolist() == [
        [0, "patch_leader", False],
        [0, "responsible", True],
        [1, "patch_leader", True],
        [1, "responsible", True],
    ]
    assert found.loc[found["missing"], "unit_id"].isna().all()


def test_the_tiers_of_the_chain_can_be_asked_for() -> None:
    found = chain(_at((30, 155)), TOWN, DAY, required=("lead", "grid_worker"))
    assert found.loc[found["missing"], "tier"].to_list() == ["lead", "grid_worker"]


def _told(found: pd.DataFrame) -> list[tuple[Any, ...]]:
    columns = ["rank", "rule", "target", "unit_id", "tier", "won"]
    return list(found[columns].itertuples(index=False, name=None))


def _at(*spots: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        geometry=[None if spot is None else place(*spot) for spot in spots], crs=METRIC
    )


def _row(kind: str, target: str, unit: str, *stretch: Any) -> dict[str, Any]:
    measures = dict(zip(("from_m", "to_m", "side"), stretch, strict=False))
    terms = {"tier": "responsible", "scheme": "main", "since": SINCE}
    return {"target_kind": kind, "target": target, "unit_id": unit, **terms, **measures}


def _with(*rows: dict[str, Any]) -> Place:
    contract = layers.LAYERS["assignments"]
    frame = pd.DataFrame(list(rows)).assign(assignment_id=[f"x{n}" for n in range(len(rows))])
    more = pd.concat([LAYERS["assignments"], layers.conform(frame, contract)])
    return Place.of(City(**(LAYERS | {"assignments": more})), town("EPSG:4490")["grids"])
