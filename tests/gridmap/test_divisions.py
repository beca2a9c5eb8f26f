"""Codes and the tree of divisions."""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap import divisions
from gridmap.errors import CodeError, CodesExhaustedError
from tests.town import COMMUNITIES, DISTRICT, METRIC, SUBDISTRICT, square, town

KINDS = [
    ("232701001", "街道"),
    ("232701099", "街道"),
    ("232701100", "镇"),
    ("232701199", "镇"),
    ("232701200", "乡"),
    ("232701399", "乡"),
    ("232701400", "类似乡级单位"),
    ("232701599", "类似乡级单位"),
    ("232701600", ""),
    ("232701100001", "居民委员会"),
    ("232701100199", "居民委员会"),
    ("232701100200", "村民委员会"),
    ("232701100399", "村民委员会"),
    ("232701100400", "类似村级单位"),
    ("232701100599", "类似村级单位"),
    ("232701100600", ""),
]
LEVELS = [
    ("230000", "province"),
    ("230700", "city"),
    ("232701", "district"),
    ("232701000000", "district"),
    ("232701100", "subdistrict"),
    ("232701100000", "subdistrict"),
    ("232701100001", "community"),
    ("232701100001003", "grid"),
]
PARENTS = [
    ("232701100001003", "232701100001"),
    ("232701100000003", "232701100"),
    ("232701100001", "232701100"),
    ("232701100000", "232701"),
    ("232701100", "232701"),
    ("441900003", "441900"),
    ("232701", "232700"),
    ("230700", "230000"),
]


@pytest.mark.parametrize(("code", "chinese"), KINDS)
def test_the_serial_of_a_division_says_its_kind(code: str, chinese: str) -> None:
    assert divisions.explain(code).chinese == chinese


@pytest.mark.parametrize(("code", "level"), LEVELS)
def test_the_digits_of_a_code_say_its_level(code: str, level: str) -> None:
    assert divisions.explain(code).level == level


@pytest.mark.parametrize(("code", "parent"), PARENTS)
def test_the_parent_of_a_code_is_one_level_up_without_padding(code: str, parent: str) -> None:
    assert divisions.parent_of(code) == parent


def test_a_province_has_no_parent() -> None:
    with pytest.raises(CodeError, match="no parent"):
        divisions.parent_of("230000")


@pytest.mark.parametrize("code", ["", "2327011", "23270110000100", "23270a", "２３２７０１"])
def test_what_is_no_code_is_refused_with_its_value(code: str) -> None:
    with pytest.raises(CodeError) as caught:
        divisions.explain(code)
    assert caught.value.values["code"] == code  # noqa: PD011 - an error, no frame


def test_an_explanation_shows_the_digits_in_their_parts() -> None:
    found = divisions.explain("232701100000")
    assert (found.words, found.padded, found.kind) == ("23|27|01|100 乡级 镇", True, "town")


def test_validate_lists_every_fault_with_its_row_and_value() -> None:
    codes = pd.Series(
        ["232701100001", "23270110000X", "2327011", "992701100001", "232701100000", "232701100700"],
        index=range(2, 8),
        name="社区代码",
    )
    faults = divisions.validate(codes, "community")
    assert faults[["row", "code", "value"]].to_numpy().tolist() == [
        [3, "digits", "23270110000X"],
        [4, "length", "2327011"],
        [5, "province", "992701100001"],
        [6, "level", "232701100000"],
        [7, "kind", "232701100700"],
    ]
    assert set(faults["column"]) == {"社区代码"}


def test_a_missing_code_is_a_fault() -> None:
    assert divisions.validate(pd.Series([None, "232701"]), "district")["row"].to_list() == [0]


def test_the_last_grid_serial_is_999_and_the_first_is_001() -> None:
    serials = pd.Series([COMMUNITIES[0] + serial for serial in ("000", "001", "999")])
    assert divisions.validate(serials, "grid")["row"].to_list() == [0]


@given(st.text(max_size=16) | st.text("0123", max_size=13).map("23".__add__))
@settings(max_examples=100, deadline=None)
def test_a_text_is_valid_at_a_level_exactly_if_it_has_no_fault_and_then_it_explains(
    text: str,
) -> None:
    for level in ("district", "subdistrict", "community", "grid"):
        if divisions.validate(pd.Series([text]), level).empty:
            assert divisions.explain(text).level in {level, "city", "province"}


def test_new_codes_run_row_by_row_from_the_north_and_eastwards_in_a_row() -> None:
    places = {"sw": (0, 0), "ne": (1, 1), "se": (1, 0), "nw": (0, 1)}
    grids = _grids(places)
    issued = divisions.issue_grid_codes(grids, [])
    order = [COMMUNITIES[0] + serial for serial in ("001", "002", "003", "004")]
    assert issued[["nw", "ne", "sw", "se"]].to_list() == order


def test_a_grid_that_stands_a_little_lower_is_still_in_the_row() -> None:
    issued = divisions.issue_grid_codes(_grids({"a": (1, 1.2), "b": (0, 1), "c": (0, 0)}), [])
    assert issued.sort_values().index.to_list() == ["b", "a", "c"]


def test_the_towns_grids_get_the_codes_that_they_have() -> None:
    grids = town()["grids"]
    west = grids[grids["parent"] == COMMUNITIES[0]]
    assert (divisions.issue_grid_codes(west, []) == west.index).all()


def test_a_code_that_was_ever_used_is_not_issued_again() -> None:
    used = [COMMUNITIES[0] + "001", COMMUNITIES[0] + "003"]
    issued = divisions.issue_grid_codes(_grids({"a": (0, 0), "b": (1, 0)}), used)
    assert issued.to_list() == [COMMUNITIES[0] + "002", COMMUNITIES[0] + "004"]


def test_a_community_cannot_have_a_thousandth_code() -> None:
    used = [f"{COMMUNITIES[0]}{n:03d}" for n in range(1, 999)]
    one = _grids({"a": (0, 0)})
    assert divisions.issue_grid_codes(one, used).to_list() == [COMMUNITIES[0] + "999"]
    with pytest.raises(CodesExhaustedError) as caught:
        divisions.issue_grid_codes(one, [*used, COMMUNITIES[0] + "999"])
    named = {"community": COMMUNITIES[0], "n": 1, "free": 0}
    assert caught.value.values == named  # noqa: PD011


def test_a_grid_right_under_a_subdistrict_has_the_community_part_000() -> None:
    grids = _grids({"a": (0, 0)}).assign(parent=SUBDISTRICT)
    assert divisions.issue_grid_codes(grids, []).to_list() == [SUBDISTRICT + "000001"]


def test_a_grid_cannot_stand_right_under_a_district() -> None:
    with pytest.raises(CodeError):
        divisions.issue_grid_codes(_grids({"a": (0, 0)}).assign(parent=DISTRICT), [])


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), unique=True, min_size=1, max_size=12),
    st.sets(st.integers(1, 30)),
)
@settings(max_examples=30, deadline=None)
def test_issued_codes_are_new_all_different_and_valid(
    places: list[tuple[int, int]], used: set[int]
) -> None:
    taken = {f"{COMMUNITIES[0]}{n:03d}" for n in used}
    issued = divisions.issue_grid_codes(_grids(dict(enumerate(places))), taken)
    assert issued.is_unique
    assert taken.isdisjoint(issued)
    assert divisions.validate(issued, "grid").empty


def test_lineage_follows_the_parents_up_to_the_district() -> None:
    layers = town()
    upwards = [layers[name] for name in ("grids", "communities", "subdistricts", "districts")]
    found = divisions.lineage(*upwards)
    assert found.loc["232701100002005"].to_list() == [COMMUNITIES[1], SUBDISTRICT, DISTRICT]
    assert found.index.equals(layers["grids"].index)


def test_a_branch_without_a_level_has_nothing_there() -> None:
    layers = town()
    grids = layers["grids"].assign(parent=SUBDISTRICT)
    found = divisions.lineage(
        grids, layers["communities"], layers["subdistricts"], layers["districts"]
    )
    assert found["community"].isna().all()
    assert (found["subdistrict"] == SUBDISTRICT).all()
    assert (found["district"] == DISTRICT).all()


def test_divisions_without_a_polygon_and_polygons_without_a_code_are_listed() -> None:
    areas = gpd.GeoDataFrame(
        {"code": ["220202001", "220271001", None, "999999999"]},
        geometry=[square(0, 0), None, square(1, 0), square(2, 0)],
        crs=METRIC,
    )
    assert divisions.without_geometry(areas)["code"].to_list() == ["220271001"]
    assert divisions.without_code(areas).index.to_list() == [2]
    assert divisions.without_code(areas, ["220202001", "220271001"]).index.to_list() == [2, 3]


def test_every_village_of_china_has_its_parent_in_the_list(shared_data: Path) -> None:
    folder = shared_data / "cn_divisions"
    villages = pd.read_parquet(folder / "villages_2023.parquet", columns=["code"])["code"]
    towns = pd.read_parquet(folder / "streets_2023.parquet", columns=["code"])["code"]
    counties = pd.read_csv(folder / "areas_2023.csv", dtype=str)["code"]
    assert villages.str[:9].isin(towns).all()
    # Kinmen has no published towns: its county stands padded with zeros, down to a village
    towns_proper = towns[towns != "350527000"]
    assert towns_proper.map(divisions.parent_of).isin(counties).all()
    faults = pd.concat(
        [
            divisions.validate(counties, "district"),
            divisions.validate(towns, "subdistrict"),
            divisions.validate(villages, "community"),
        ]
    )
    assert faults["value"].to_list() == ["350527000", "350527000000"]
    targets = pd.read_csv(folder / "targets_village_level.csv", dtype=str)
    assert (targets["code"].map(divisions.parent_of) == targets["streetCode"]).all()
    assert (targets["streetCode"].map(divisions.parent_of) == targets["areaCode"]).all()


@pytest.mark.parametrize(("ending", "kind"), [("街道", "subdistrict_office"), ("镇", "town")])
def test_the_kind_agrees_with_the_name_of_nearly_every_town(
    shared_data: Path, ending: str, kind: str
) -> None:
    towns = pd.read_parquet(shared_data / "cn_divisions" / "streets_2023.parquet")
    codes = towns.loc[towns["name"].str.endswith(ending), "code"]
    assert (codes.map(lambda code: divisions.explain(code).kind) == kind).mean() > 0.98


def _grids(places: dict) -> gpd.GeoDataFrame:
    shapes = [shapely.MultiPolygon(square(*at)) for at in places.values()]
    frame = {"parent": COMMUNITIES[0]}
    return gpd.GeoDataFrame(frame, index=list(places), geometry=shapes, crs=METRIC)
