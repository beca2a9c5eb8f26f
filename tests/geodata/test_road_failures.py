"""Where the roads of the town break rules, and who answers for them there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from geodata import road_rules
from geodata.database import connect
from geodata.reports.along import Holding, answering
from geodata.reports.road_rules import failures, rules
from geodata.store import Store
from geodata.workspace import Workspace
from gridmap.access import OPERATOR
from gridmap.errors import ConflictError, InvalidError
from gridmap.layers import LAYERS, conform
from tests.registers import town_register
from tests.town import METRIC, place

TODAY = date(2026, 6, 30)
RULES = pd.DataFrame(
    {
        "rule_id": ["ads", "lanes"],
        "edition": "2026",
        "name": ["公益广告每200米1处", "支路公益广告"],
        "road_class": ["main", "lane"],
        "category": "公益广告",
        "least": 1,
        "window_m": 200.0,
        "source": "竹溪县",
    }
)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    store = Store(connect(town_register(tmp_path)))
    yield Workspace(store)
    store.close()


def publish(workspace: Workspace, rows: pd.DataFrame = RULES) -> None:
    road_rules.publish(workspace, rows, OPERATOR, TODAY)


def put_up(workspace: Workspace, *at: float) -> None:
    """Put advertisements beside the road, so many metres from its start."""
    raw = gpd.GeoDataFrame(
        {"point_id": [f"ad{x:g}" for x in at], "name": "公益广告", "category": "公益广告"},
        geometry=[place(x, 95) for x in at],
        crs=METRIC,
    )
    rows = conform(raw.to_crs(workspace.store.meta.crs), LAYERS["inspection_points"])
    with workspace.store.write(who="a test", action="import") as writer:
        writer.add("inspection_points", rows, TODAY)


def test_a_road_without_any_fails_from_end_to_end_and_its_holders_are_named(
    workspace: Workspace,
) -> None:
    publish(workspace)
    (row,) = failures(workspace, workspace, TODAY).to_dict("records")
    assert (row["rule_id"], row["road_name"], row["found"], row["worst"]) == ("ads", "中华路", 0, 0)
    assert (row["from_m"], row["to_m"]) == (0, pytest.approx(400, abs=0.1))
    held, free = row["answers"]
    assert (held["from_m"], held["to_m"], held["unit_id"], held["unit_name"]) == (
        0,
        150,
        "u1",
        "市林业局",
    )
    assert (free["from_m"], free["unit_id"], free["unit_name"]) == (150, None, None)


def test_what_stands_beside_the_road_shortens_the_stretch(workspace: Workspace) -> None:
    publish(workspace)
    put_up(workspace, 180)
    (row,) = failures(workspace, workspace, TODAY).to_dict("records")
    assert row["from_m"] == pytest.approx(180, abs=0.1)
    assert [piece["unit_id"] for piece in row["answers"]] == [None]
    put_up(workspace, 390)
    (row,) = failures(workspace, workspace, TODAY).to_dict("records")
    assert row["to_m"] == pytest.approx(390, abs=0.1)
    put_up(workspace, 300)
    assert failures(workspace, workspace, TODAY).empty


def test_the_stretch_is_drawn_where_it_is(workspace: Workspace) -> None:
    publish(workspace)
    put_up(workspace, 180)
    line = failures(workspace, workspace, TODAY).to_crs(METRIC).geometry.iloc[0]
    assert line.distance(place(180, 100)) < 0.2
    assert line.length == pytest.approx(220, abs=0.3)


def test_only_one_rule_or_road_is_answered_if_asked(workspace: Workspace) -> None:
    publish(workspace)
    assert failures(workspace, workspace, TODAY, rule_id="lanes").empty
    assert failures(workspace, workspace, TODAY, road_id="r2").empty
    assert len(failures(workspace, workspace, TODAY, road_id="r1", rule_id="ads")) == 1


def test_the_last_edition_is_in_use_and_a_rule_tells_how_many_things_there_are(
    workspace: Workspace,
) -> None:
    publish(workspace)
    publish(workspace, RULES.assign(rule_id=["x", "y"], edition="2027", category="market"))
    assert rules(workspace, TODAY)["registered"].to_dict() == {"x": 1, "y": 1}


def test_an_edition_of_rules_is_published_once(workspace: Workspace) -> None:
    publish(workspace)
    with pytest.raises(ConflictError):
        publish(workspace, RULES.assign(rule_id=["x", "y"]))
    with pytest.raises(ConflictError):
        publish(workspace, RULES.assign(edition="2027"))
    with pytest.raises(InvalidError):
        publish(workspace, RULES.assign(rule_id=["x", "y"], edition="2027", least=0))


def held(*rows: tuple[float, float, str, str]) -> list[Holding]:
    return [Holding(*row, row[3].upper()) for row in rows]


def told(rows: list[Holding], from_m: float, to_m: float) -> list[tuple[object, ...]]:
    return [tuple(piece.values()) for piece in answering(rows, from_m, to_m)]


def test_a_stretch_is_cut_where_who_answers_changes_on_either_side() -> None:
    rows = held((0, 100, "both", "a"), (100, 300, "left", "b"))
    assert told(rows, 50, 250) == [
        (50, 100, "both", "a", "A"),
        (100, 250, "left", "b", "B"),
        (100, 250, "right", None, None),
    ]


def test_pieces_that_say_the_same_are_one() -> None:
    rows = held((0, 100, "both", "a"), (100, 200, "left", "a"), (100, 200, "right", "a"))
    assert told(rows, 0, 200) == [(0, 200, "both", "a", "A")]


def test_where_nobody_answers_nobody_is_named() -> None:
    assert told(held(), 10, 20) == [(10, 20, "both", None, None)]
