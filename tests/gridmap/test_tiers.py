"""That no tier is skipped between the leader and the grid worker; or where one is."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap import answers
from gridmap.answers import CHAIN_TIERS
from gridmap.assignments import in_force
from gridmap.divisions import lineage
from gridmap.errors import NotFoundError
from gridmap.ground import City
from gridmap.responsibility import Place, chain_of_grids
from gridmap.tiers import FIGURE_COLUMNS, holders, places, prove
from tests.town import COMMUNITIES, DISTRICT, SQUARES, SUBDISTRICT, town

DAY = pd.Timestamp("2026-03-01")
G1, G2, G3, G4, G5, G6, G7 = SQUARES
WEST, EAST = COMMUNITIES
FRAMES = {name: frame for name, frame in town().items() if name != "issues"}
AREAS = tuple(FRAMES[name] for name in ("grids", "communities", "subdistricts", "districts"))
PLACES = places(*AREAS)
HELD = in_force(FRAMES["assignments"], DAY)


def given_to(*rows: tuple[str, str, str]) -> pd.DataFrame:
    """Return assignments in force: (target, unit, tier); a short code is a division's."""
    table = pd.DataFrame(list(rows), columns=["target", "unit_id", "tier"], dtype="str")
    kinds = ["grid" if len(code) == 15 else "division" for code in table["target"]]
    ids = [f"a{n}" for n in range(len(table))]
    return table.assign(target_kind=kinds).set_axis(pd.Index(ids, name="assignment_id"))


def lacking(found: Any) -> set[tuple[str, str]]:
    return set(zip(found.missing["code"], found.missing["tier"], strict=True))


def test_the_town_lacks_what_it_lacks_by_hand() -> None:
    # the west has its leader p1; nobody holds grids 004 and 007
    found = prove(HELD, PLACES)
    assert found.required == ("patch_leader", "responsible")
    assert not found.whole
    assert lacking(found) == {
        (DISTRICT, "patch_leader"),
        (DISTRICT, "responsible"),
        (SUBDISTRICT, "patch_leader"),
        (SUBDISTRICT, "responsible"),
        (EAST, "patch_leader"),
        (EAST, "responsible"),
        (WEST, "responsible"),
        (G4, "responsible"),
        (G5, "patch_leader"),
        (G6, "patch_leader"),
        (G7, "patch_leader"),
        (G7, "responsible"),
    }
    rows = found.missing.set_index(["code", "tier"])
    assert rows.loc[(DISTRICT, "patch_leader"), "grids_n"] == 3
    assert rows.loc[(DISTRICT, "responsible"), "grids_n"] == 2


def test_figures_say_how_each_place_comes_by_its_tier() -> None:
    rows = prove(HELD, PLACES).figures.set_index(["level", "tier"])
    columns = [name for name in FIGURE_COLUMNS if name.endswith("n")]
    told = {key: row[columns].to_list() for key, row in rows.iterrows()}
    # n, themselves, from above, by all their grids, without
    assert told[("grid", "patch_leader")] == [7, 0, 4, 0, 3]
    assert told[("grid", "responsible")] == [7, 5, 0, 0, 2]
    assert told[("community", "patch_leader")] == [2, 1, 0, 0, 1]
    assert told[("community", "responsible")] == [2, 0, 0, 0, 2]
    assert told[("district", "patch_leader")] == [1, 0, 0, 0, 1]


def test_who_stands_above_a_missing_tier_is_named_with_it() -> None:
    rows = prove(HELD, PLACES).missing.set_index(["code", "tier"])
    assert rows.loc[(G4, "responsible"), "above"] == ("p1",)
    assert rows.loc[(G4, "responsible"), "above_tier"] == "patch_leader"
    assert rows.loc[(G7, "responsible"), "above"] == ()
    assert pd.isna(rows.loc[(G7, "responsible"), "above_tier"])


def test_a_leader_of_the_subdistrict_leads_every_place_below_it() -> None:
    found = prove(given_to((SUBDISTRICT, "p1", "patch_leader")), PLACES)
    assert lacking(found) == set()
    assert found.whole
    rows = found.figures.set_index("level")
    assert rows.loc["subdistrict", "own_n"] == 1
    assert rows.loc["district", "below_n"] == 1  # each of its grids has the leader
    assert (rows.loc["community", "above_n"], rows.loc["grid", "above_n"]) == (2, 7)


def test_the_nearest_division_decides_who_the_leader_is() -> None:
    rows = given_to((SUBDISTRICT, "p1", "patch_leader"), (WEST, "p2", "patch_leader"))
    found = holders(rows, PLACES).set_index("code")["unit_id"]
    assert (found[G1], found[WEST], found[G7], found[EAST]) == ("p2", "p2", "p1", "p1")


def test_a_community_without_grids_is_asked_for_its_leaders_alone() -> None:
    grids, *above = AREAS
    only_west = places(grids[grids["parent"] == WEST], *above)
    rows = given_to(*((code, "u1", "responsible") for code in (G1, G2, G3, G4)))
    assert lacking(prove(rows, only_west)) == set()
    found = prove(rows, only_west, ("lead", "responsible"))
    assert (EAST, "lead") in lacking(found)
    assert (EAST, "responsible") not in lacking(found)
    row = found.missing.set_index(["code", "tier"]).loc[(EAST, "lead")]
    assert row["grids_n"] == 0


def test_a_tier_that_is_chosen_is_asked_for_though_nobody_has_it() -> None:
    found = prove(HELD, PLACES, ("grid_worker", "responsible"))
    assert found.required == ("responsible", "grid_worker")  # from the top down
    row = found.figures.set_index(["level", "tier"]).loc[("grid", "grid_worker")]
    assert (row["n"], row["without_n"]) == (7, 7)


def test_assisting_is_no_tier_of_the_chain() -> None:
    with pytest.raises(NotFoundError, match="assisting"):
        prove(HELD, PLACES, ("assisting",))


def test_with_nobody_assigned_nothing_is_in_use_and_nothing_proved_missing() -> None:
    found = prove(HELD.iloc[:0], PLACES)
    assert found.required == ()
    assert found.whole
    assert found.figures.empty


def test_an_empty_register_lacks_nothing() -> None:
    nothing = places(*(frame.iloc[:0] for frame in AREAS))
    found = prove(HELD, nothing, CHAIN_TIERS)
    assert found.missing.empty
    assert found.figures.empty


def test_the_holders_of_grids_are_the_links_of_their_chains() -> None:
    place = Place.of(City(**FRAMES), town("EPSG:4490")["grids"])
    links = chain_of_grids(AREAS[0].index, place, DAY)
    links = links[~links["missing"] & links["tier"].isin(CHAIN_TIERS)]
    codes = AREAS[0].index[links["point_no"].to_numpy(dtype=int)]
    expected = set(zip(codes, links["tier"], links["assignment_id"], strict=True))
    found = holders(HELD, PLACES)
    found = found[found["level"] == "grid"]
    assert set(zip(found["code"], found["tier"], found["assignment_id"], strict=True)) == expected


laws = settings(max_examples=25, deadline=None)
TARGETS = st.sampled_from([*SQUARES, *COMMUNITIES, SUBDISTRICT, DISTRICT])
ROWS = st.lists(
    st.tuples(TARGETS, st.sampled_from(["u1", "u2", "p1"]), st.sampled_from(CHAIN_TIERS)),
    max_size=12,
    unique=True,
)


@laws
@given(ROWS)
def test_a_grid_lacks_a_tier_exactly_where_coverage_says_so(rows: list[Any]) -> None:
    held = given_to(*rows)
    expected = answers.missing_tiers(held, lineage(*AREAS), CHAIN_TIERS).stack()  # noqa: PD013
    found = lacking(prove(held, PLACES, CHAIN_TIERS))
    assert {pair for pair in found if len(pair[0]) == 15} == set(expected[expected].index)


@laws
@given(ROWS)
def test_a_division_lacks_a_tier_exactly_if_a_grid_of_it_does(rows: list[Any]) -> None:
    found = lacking(prove(given_to(*rows), PLACES, CHAIN_TIERS))
    above = PLACES[PLACES["level"] == "grid"].set_index("grid")
    for level in ("community", "subdistrict", "district"):
        from_grids = {(above.loc[code, level], tier) for code, tier in found if len(code) == 15}
        codes = set(above[level])
        assert {pair for pair in found if pair[0] in codes} == from_grids


@laws
@given(ROWS)
def test_every_place_is_counted_once_in_each_tier(rows: list[Any]) -> None:
    found = prove(given_to(*rows), PLACES, CHAIN_TIERS)
    parts = found.figures[["own_n", "above_n", "below_n", "without_n"]].sum(axis=1)
    assert (parts == found.figures["n"]).all()
    assert found.figures["without_n"].sum() == len(found.missing)


@laws
@given(ROWS, st.tuples(TARGETS, st.just("p9"), st.sampled_from(CHAIN_TIERS)))
def test_another_assignment_never_makes_a_tier_missing(rows: list[Any], more: Any) -> None:
    before = lacking(prove(given_to(*rows), PLACES, CHAIN_TIERS))
    after = lacking(prove(given_to(*rows, more), PLACES, CHAIN_TIERS))
    assert after <= before
