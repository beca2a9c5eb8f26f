"""Hot spots: what is found, what is refused, and what is said about how."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import lil_array

from gridmap.errors import InvalidError, TooLittleDataError
from gridmap.hotspots import HotSpots, count, hotspots
from gridmap.local_autocorrelation import getis_ord, local_moran
from gridmap.method import SMOOTHED
from gridmap.significance import false_discovery
from gridmap.smoothing import smoothed
from tests.gridmap.lattice import lattice, squares

TOWN, NEAR = squares(20), lattice(20)


def noise(mean: float, seed: int) -> pd.Series:
    drawn = np.random.default_rng(seed).poisson(mean, len(TOWN))
    return pd.Series(drawn, index=TOWN.index, name="count")


def planted(seed: int = 0) -> tuple[pd.Series, list[str]]:
    """Return noise with a block of four by four cells that has twice as much."""
    inside = [f"{row:02}{column:02}" for row in range(4, 8) for column in range(10, 14)]
    counts = noise(6, seed)
    counts[inside] *= 2
    return counts, inside


# --- what is found ------------------------------------------------------------------------------


def test_a_planted_cluster_is_found_and_little_else() -> None:
    counts, inside = planted()
    found = hotspots(TOWN, counts, weights=NEAR).table
    core = [f"{row:02}{column:02}" for row in (5, 6) for column in (11, 12)]
    assert (found.loc[core, "class"] == 3).all()
    hot = found.index[found["significant"]]
    row, column = hot.str[:2].astype(int), hot.str[2:].astype(int)
    assert row.isin(range(3, 9)).all()  # the block and the cells that touch it
    assert column.isin(range(9, 15)).all()
    assert len(hot.intersection(inside)) >= 10


def test_a_planted_cluster_is_found_by_permutations_and_by_local_moran() -> None:
    counts, inside = planted()
    for options in (
        {"permutations": 19_999, "seed": 3},
        {"statistic": "local_moran"},
        {"statistic": "local_moran", "permutations": 19_999, "seed": 3},
    ):
        table = hotspots(TOWN, counts, weights=NEAR, **options).table
        hot = table.index[(table["class"] >= 2) & table["significant"]]
        assert len(hot) >= 4
        assert hot.isin(inside).mean() >= 0.75


def test_a_hole_in_the_middle_is_cold() -> None:
    counts, inside = planted()
    counts[:] = 12 + noise(3, 1)
    counts[inside] = 0
    table = hotspots(TOWN, counts, weights=NEAR).table
    assert (table.loc[["0511", "0612"], "class"] == -3).all()
    assert table.loc[table["significant"], "z"].max() < 0


@pytest.mark.parametrize("permutations", [0, 16_000])
def test_noise_is_drawn_as_hot_spots_about_as_rarely_as_alpha_says(permutations: int) -> None:
    # alpha = 0.05 of 100 maps, and two standard errors of such a share (0.044): 9 maps at most
    original = noise(5, 2023)
    false_alarms = 0
    for seed in range(100):
        shuffled = pd.Series(np.random.default_rng(seed).permutation(original), TOWN.index)
        found = hotspots(TOWN, shuffled, weights=NEAR, permutations=permutations, seed=seed)
        false_alarms += bool(found.table["significant"].any())
    assert false_alarms <= 9


def test_without_the_correction_noise_is_drawn_as_hot_spots() -> None:
    found = hotspots(TOWN, noise(5, 2023), weights=NEAR, fdr=False)
    assert found.table["significant"].sum() > 5
    assert found.method.cutoff == 0.05


def test_scores_and_classes_are_those_of_the_statistic_and_the_correction() -> None:
    counts, _ = planted()
    table = hotspots(TOWN, counts, weights=NEAR, alpha=0.1).table
    scores = getis_ord(counts, NEAR)
    assert table["z"].to_numpy() == pytest.approx(scores["z"].to_numpy(), abs=1e-12)
    for least, alpha in ((3, 0.01), (2, 0.05), (1, 0.1)):
        _, rejected = false_discovery(scores["p"].to_numpy(), alpha)
        assert (table["class"].abs() >= least).tolist() == rejected.tolist()
    assert table["significant"].tolist() == (table["class"] != 0).tolist()


def test_without_correction_classes_are_those_of_the_normal_table() -> None:
    counts, _ = planted()
    table = hotspots(TOWN, counts, weights=NEAR, fdr=False).table
    bins = np.searchsorted([1.644854, 1.959964, 2.575829], table["z"].abs())
    assert table["class"].tolist() == (bins * np.sign(table["z"])).astype(int).tolist()


def test_local_moran_marks_an_outlier_without_calling_it_hot_or_cold() -> None:
    counts = 20 + noise(3, 5)
    block = [f"{row:02}{column:02}" for row in range(4, 9) for column in range(4, 9)]
    counts[block] = 40
    counts["0606"] = 0
    table = hotspots(TOWN, counts, weights=NEAR, statistic="local_moran").table
    assert table.loc["0606", ["quadrant", "class"]].tolist() == ["low-high", 0]
    assert table.loc["0606", "significant"]
    assert table["i"].to_numpy() == pytest.approx(local_moran(counts, NEAR)["i"].to_numpy())


def test_a_full_area_among_empty_ones_is_not_hot_by_permutations() -> None:
    counts = 20 + noise(3, 5)
    block = [f"{row:02}{column:02}" for row in range(4, 9) for column in range(4, 9)]
    counts[block] = 5
    counts["0606"] = 500  # its own score is far up, its neighbours are far down
    found = hotspots(TOWN, counts, weights=NEAR, permutations=9_999, fdr=False).table
    assert found.loc["0606", "z"] > 4
    assert found.loc["0606", "p_sim"] < 0.01
    assert found.loc["0606", ["class", "significant"]].tolist() == [0, False]


# --- rates --------------------------------------------------------------------------------------


def test_twice_the_count_among_twice_the_people_is_no_hot_spot() -> None:
    counts, inside = planted()
    people = pd.Series(100.0, index=TOWN.index, name="residents")
    people[inside] = 200.0
    found = hotspots(TOWN, counts, weights=NEAR, denominator=people)
    assert found.table["rate"].tolist() == (counts / people).tolist()
    assert not found.table["significant"].any()
    assert found.method.denominator == "residents"


def test_smoothed_rates_are_told_beside_and_do_not_change_what_is_tested() -> None:
    counts, _ = planted()
    people = pd.Series(np.linspace(20, 400, len(TOWN)), index=TOWN.index, name="residents")
    plain = hotspots(TOWN, counts, weights=NEAR, denominator=people)
    told = hotspots(TOWN, counts, weights=NEAR, denominator=people, smooth=True)
    assert "smoothed" not in plain.table
    assert told.table["smoothed"].tolist() == smoothed(counts, people).tolist()
    assert told.table["z"].tolist() == plain.table["z"].tolist()
    assert told.method.exposure == people.sum()
    assert SMOOTHED in [template for template, _ in told.method.sentences()]


def test_counts_alone_cannot_be_smoothed() -> None:
    with pytest.raises(InvalidError):
        hotspots(TOWN, noise(5, 1), weights=NEAR, smooth=True)


def test_areas_with_nothing_to_divide_by_are_left_out_and_listed() -> None:
    counts, _ = planted()
    people = pd.Series(100.0, index=TOWN.index, name="residents").drop("1919")
    people[["0000", "0001"]] = [0.0, np.nan]
    found = hotspots(TOWN, counts, weights=NEAR, denominator=people)
    out = found.table[found.table["left_out"]]
    assert out.index.tolist() == ["0000", "0001", "1919"]
    assert out[["rate", "z", "p"]].isna().all(axis=None)
    assert (out["class"].tolist(), out["significant"].tolist()) == ([0] * 3, [False] * 3)
    assert (found.method.n_areas, found.method.n_areas_left_out) == (397, 3)
    kept = ~found.table["left_out"].to_numpy()
    alone = getis_ord(counts[kept] / 100.0, NEAR[kept][:, kept])["z"]
    assert found.table.loc[kept, "z"].to_numpy() == pytest.approx(alone.to_numpy())


# --- piles --------------------------------------------------------------------------------------


def reports_with_pile() -> tuple[pd.Series, gpd.GeoDataFrame]:
    at = np.random.default_rng(8).integers(0, len(TOWN), 2400)
    at[:400] = 210
    places = TOWN.geometry.centroid.to_numpy()[at]
    spread = gpd.GeoSeries(places, crs=TOWN.crs).translate(0.0, 0.0)
    points = gpd.GeoDataFrame(geometry=spread.to_numpy(), crs=TOWN.crs)
    jitter = np.random.default_rng(9).uniform(-40, 40, (2400, 2))
    jitter[:400] = 0.0
    moved = gpd.points_from_xy(points.geometry.x + jitter[:, 0], points.geometry.y + jitter[:, 1])
    return pd.Series(TOWN.index[at]), points.set_geometry(gpd.GeoSeries(moved, crs=TOWN.crs))


def test_a_pile_is_no_hot_spot_unless_asked_for() -> None:
    codes, points = reports_with_pile()
    kept_out = hotspots(TOWN, count(codes, TOWN, points=points), weights=NEAR)
    assert not kept_out.table["significant"].any()
    assert kept_out.method.n_on_piles == kept_out.method.n_left_out == 400
    assert kept_out.piles["n"].tolist() == [400]
    asked = hotspots(TOWN, count(codes, TOWN, points=points, keep_piles=True), weights=NEAR)
    assert asked.table.loc[TOWN.index[210], "class"] == 3
    assert asked.piles["n"].tolist() == [400]


# --- what is refused ----------------------------------------------------------------------------


def test_fewer_than_thirty_areas_are_refused_with_the_numbers() -> None:
    town = squares(5)
    with pytest.raises(TooLittleDataError, match="at least 30 areas") as caught:
        hotspots(town, pd.Series(range(25), town.index), weights=lattice(5))
    given_values = vars(caught.value)["values"]
    assert (given_values["n_areas"], given_values["n_nonzero"]) == (25, 24)
    assert caught.value.code == "too-little-data"


def test_fewer_than_five_areas_with_points_are_refused() -> None:
    counts = pd.Series(0, index=TOWN.index)
    counts.iloc[:4] = 100
    with pytest.raises(TooLittleDataError, match="400, 4 of them with a point"):
        hotspots(TOWN, counts, weights=NEAR)
    counts.iloc[4] = 1
    assert hotspots(TOWN, counts, weights=NEAR).method.n_nonzero == 5


def test_areas_left_out_do_not_help_over_the_threshold() -> None:
    town = squares(6)
    people = pd.Series(10.0, index=town.index[:29], name="residents")
    counts = pd.Series(range(36), town.index)
    with pytest.raises(TooLittleDataError, match="here are 29"):
        hotspots(town, counts, weights=lattice(6), denominator=people)


def test_equal_values_are_refused() -> None:
    with pytest.raises(TooLittleDataError, match=r"the same value \(7.0\)"):
        hotspots(TOWN, pd.Series(7, TOWN.index), weights=NEAR)


def test_missing_and_negative_counts_are_refused() -> None:
    with pytest.raises(InvalidError, match="1 of 400 areas have no count"):
        hotspots(TOWN, noise(5, 1).iloc[1:], weights=NEAR)
    with pytest.raises(InvalidError, match="1 of 400"):
        hotspots(
            TOWN, noise(5, 1).replace({noise(5, 1).iloc[0]: 5}) - [1e6, *[0] * 399], weights=NEAR
        )


def test_an_unknown_statistic_is_refused() -> None:
    with pytest.raises(InvalidError, match="no statistic geary; there are gi_star, local_moran"):
        hotspots(TOWN, noise(5, 1), weights=NEAR, statistic="geary")


# --- the frame and the method -------------------------------------------------------------------


def test_the_areas_come_back_as_they_were_given() -> None:
    before = TOWN.copy()
    found = hotspots(TOWN, noise(5, 1), weights=NEAR)
    pd.testing.assert_frame_equal(TOWN, before)
    assert found.table.index.equals(TOWN.index)
    assert found.table.crs == TOWN.crs
    assert found.table["name"].tolist() == TOWN["name"].tolist()
    assert {"count", "rate", "z", "p", "p_sim", "class", "significant"} <= set(found.table)
    assert found.table["class"].dtype == "int8"
    assert found.table["significant"].dtype == bool
    again = hotspots(found.table, noise(5, 1), weights=NEAR)
    assert list(again.table) == list(found.table)


@settings(max_examples=10, deadline=None)
@given(order=st.permutations(range(400)), permutations=st.sampled_from([0, 199]))
def test_the_order_of_the_rows_changes_nothing(order: list[int], permutations: int) -> None:
    counts, _ = planted()
    options = {"permutations": permutations, "seed": 4}
    straight = hotspots(TOWN, counts, weights=NEAR, **options)
    mixed = hotspots(TOWN.iloc[order], counts, weights=NEAR[order][:, order], **options)
    pd.testing.assert_frame_equal(straight.table, mixed.table.loc[TOWN.index])
    assert straight.method == mixed.method


def test_islands_are_counted_and_keep_their_own_score() -> None:
    near = lil_array(NEAR)
    near[0, :] = near[:, 0] = 0.0
    counts, _ = planted()
    found = hotspots(TOWN, counts, weights=near.tocsr())
    assert found.method.n_islands == 1
    own = (counts.iloc[0] - counts.mean()) / counts.std(ddof=0)
    assert found.table["z"].iloc[0] == pytest.approx(own)


def method_of(**options: object) -> HotSpots:
    return hotspots(TOWN, noise(5, 1), weights=NEAR, **options)


@pytest.mark.parametrize(
    "change",
    [
        {"alpha": 0.1},
        {"fdr": False},
        {"permutations": 9},
        {"seed": 1},
        {"statistic": "local_moran"},
        {"denominator": pd.Series(2.0, TOWN.index)},
        {"weights": lattice(20, queen=False)},
    ],
)
def test_the_fingerprint_changes_with_everything_that_goes_in(change: dict[str, object]) -> None:
    same = hotspots(TOWN, noise(5, 1), weights=NEAR)
    other = hotspots(TOWN, noise(5, 1), **{"weights": NEAR, **change})
    assert len(same.method.input_hash) == 64
    assert same.method.input_hash == method_of().method.input_hash
    assert same.method.input_hash != other.method.input_hash
    moved = noise(5, 1)
    moved.iloc[[0, 1]] += [1, -1]
    assert hotspots(TOWN, moved, weights=NEAR).method.input_hash != same.method.input_hash


def test_the_method_line_says_what_was_done() -> None:
    found = method_of(period=(date(2026, 1, 1), date(2026, 4, 1)))
    template, values = found.method.sentence()
    n = int(noise(5, 1).sum())
    assert template.format(**values) == (
        "Getis-Ord Gi*: each area with its neighbours (7.4 on average) is compared with all 400 "
        f"areas. {n} points were counted; 398 areas have at least one. They are of 2026-01-01 to "
        "2026-03-31. The p-values are two-sided, from the normal distribution. Significant means: "
        "at most 5% of the areas so marked are expected to be marked by chance "
        f"(Benjamini-Hochberg; p below {found.method.cutoff:.2g})."
    )


def test_the_method_line_says_what_was_left_out_and_not_corrected() -> None:
    people = pd.Series(10.0, index=TOWN.index[1:], name="residents")
    codes, points = reports_with_pile()
    found = hotspots(
        TOWN,
        count(codes, TOWN, points=points),
        weights=NEAR,
        denominator=people,
        permutations=99,
        seed=7,
        fdr=False,
    )
    template, values = found.method.sentence()
    line = template.format(**values)
    assert " residents;" in line
    assert "400 points on piles of identical coordinates, 0 in no area; 1 areas have" in line
    assert "from 99 conditional permutations (seed 7)" in line
    assert "without correction for testing 399 areas: about 20 would be marked" in line


def test_every_sentence_can_be_filled_in_by_itself() -> None:
    method = replace(method_of().method, permutations=9, n_on_piles=3, statistic="local_moran")
    for template, values in method.sentences():
        assert "{" not in template.format(**values)


def test_sparse_counts_come_with_a_caution() -> None:
    sparse = hotspots(TOWN, noise(0.3, 1), weights=NEAR)
    assert "Use permutations" in sparse.method.sentence()[0]
    dense = hotspots(TOWN, noise(5, 1), weights=NEAR)
    assert dense.method.cautions() == []


def test_too_few_permutations_come_with_a_caution() -> None:
    template, values = method_of(permutations=999).method.cautions()[0]
    assert template.format(**values) == (
        "With 999 permutations no p-value can be below 0.002; one single significant area among "
        "400 would need 16000."
    )
    assert method_of(permutations=16_000).method.cautions() == []
