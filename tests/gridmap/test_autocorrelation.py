"""Getis-Ord and Moran statistics, against published values, esda and arithmetic."""

from __future__ import annotations

import json
import warnings
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import esda
import geopandas as gpd
import libpysal
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array, lil_array

from gridmap.autocorrelation import getis_ord_general, moran
from gridmap.errors import InvalidError
from gridmap.local_autocorrelation import QUADRANTS, getis_ord, local_moran
from gridmap.significance import false_discovery
from tests.gridmap.lattice import lattice

QUIET = pytest.mark.filterwarnings("ignore::Warning:(esda|libpysal).*", "ignore::FutureWarning")


class Example(NamedTuple):
    """A data set that comes with libpysal: values, our weights, libpysal's."""

    frame: gpd.GeoDataFrame
    weights: csr_array
    peer: Any


@pytest.fixture(scope="module")
def reference(shared_reference: Path) -> dict[str, Any]:
    return json.loads((shared_reference / "ref_values.json").read_text(encoding="utf-8"))


def example(folder: Path, shapefile: str, neighbours: str) -> Example:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame = gpd.read_file(folder / shapefile)
        if neighbours.endswith(".gal"):
            peer = libpysal.io.open(str(folder / neighbours)).read()
        else:
            kind = {"queen": libpysal.weights.Queen, "rook": libpysal.weights.Rook}[neighbours]
            peer = kind.from_dataframe(frame, use_index=False)
        return Example(frame, csr_array(peer.sparse), peer)


@pytest.fixture(scope="module")
def examples(shared_data: Path) -> dict[str, Example]:
    folder = shared_data / "refs" / "libpysal_examples"
    return {
        "sids2": example(folder / "sids2", "sids2.shp", "sids2.gal"),
        "stl": example(folder / "stl", "stl_hom.shp", "stl.gal"),
        "columbus": example(folder / "columbus", "columbus.shp", "queen"),
        "columbus rook": example(folder / "columbus", "columbus.shp", "rook"),
    }


SIX = pd.Series([2, 3, 3.2, 5, 8, 7])
CASES = [("sids2", "SIDR74"), ("stl", "HR8893"), ("columbus", "CRIME"), ("columbus", "HOVAL")]


@pytest.fixture(scope="module")
def within_15() -> csr_array:
    places = np.array([(10, 10), (20, 10), (40, 10), (15, 20), (30, 20), (30, 30)])
    distance = np.hypot(*(places[:, np.newaxis] - places).T)
    return csr_array(((distance > 0) & (distance <= 15)).astype(float))


# --- the six points of Getis and Ord ----------------------------------------------------------


@pytest.mark.parametrize(
    ("star", "row_standardised", "expected"),
    [
        (False, False, [-1.0136729, -0.04361589, 1.31558703, -0.31412676, 1.15373986, 1.77833941]),
        (True, False, [-1.39727626, -0.28917762, 0.65064964, -0.28917762, 1.23452088, 2.02424331]),
        (False, True, [-0.62074534, -0.01780611, 1.31558703, -0.12824171, 0.28843496, 1.77833941]),
        (True, True, [-0.62488094, -0.09144599, 0.41150696, -0.09144599, 0.24690418, 1.28024388]),
    ],
)
def test_the_six_points_have_the_published_local_scores(
    within_15: csr_array, star: bool, row_standardised: bool, expected: list[float]
) -> None:
    found = getis_ord(SIX, within_15, star=star, row_standardised=row_standardised)
    assert found["z"].to_numpy() == pytest.approx(expected, abs=1e-6)


def test_the_six_points_have_the_published_global_g(within_15: csr_array) -> None:
    found = getis_ord_general(SIX, within_15, both_sides=False)
    assert found.g == pytest.approx(0.5570977917981073, abs=1e-12)
    assert found.expected == pytest.approx(0.4666666666666667, abs=1e-12)
    assert found.z == pytest.approx(0.942627795324094, abs=1e-9)
    assert found.p == pytest.approx(0.17293565873591432, abs=1e-9)
    assert getis_ord_general(SIX, within_15).p == pytest.approx(2 * found.p)


# --- lattices worked by hand -------------------------------------------------------------------


def test_a_three_by_three_lattice_has_the_moran_worked_by_hand() -> None:
    found = moran(pd.Series(range(9)), lattice(3, queen=False), row_standardised=False)
    assert found.i == pytest.approx(0.5, abs=1e-12)
    assert found.variance_rand == pytest.approx(0.0596875, abs=1e-12)
    assert found.variance_norm == pytest.approx(0.053125, abs=1e-12)


def test_one_spike_in_a_five_by_five_lattice_has_the_scores_worked_by_hand() -> None:
    spike = np.zeros((5, 5))
    spike[2, 2] = 1.0
    found = getis_ord(pd.Series(spike.ravel()), lattice(5))["z"].to_numpy().reshape(5, 5)
    # mean 1/25, s² = 24/625; core: W = 9, (1 − 9/25) / (√24/25 · √(9·16/24)) = 16 / 12
    assert found[1:4, 1:4] == pytest.approx(np.full((3, 3), 4 / 3), abs=1e-12)
    assert found[0, 1:4] == pytest.approx(np.full(3, -0.561951), abs=1e-6)
    assert found[::4, ::4] == pytest.approx(np.full((2, 2), -0.436436), abs=1e-6)


# --- the data sets of libpysal: reference values ------------------------------------------------


def test_sids_rates_have_the_reference_scores(examples: dict[str, Example]) -> None:
    frame, weights, _ = examples["sids2"]
    z = getis_ord(frame["SIDR74"], weights)["z"]
    highest = z.groupby(frame["NAME"]).first().nlargest(6).round(6)
    assert highest.to_dict() == {
        "Northampton": 4.251773,
        "Bertie": 3.945757,
        "Halifax": 2.910188,
        "Robeson": 2.869504,
        "Richmond": 2.507474,
        "Warren": 2.476276,
    }
    above = [int((z > bound).sum()) for bound in (2.576, 1.96, 1.645)]
    below = [int((z < -bound).sum()) for bound in (1.645, 1.96, 2.576)]
    assert above + below == [4, 9, 13, 9, 3, 0]


def test_sids_rates_have_two_significant_counties(examples: dict[str, Example]) -> None:
    frame, weights, _ = examples["sids2"]
    p = getis_ord(frame["SIDR74"], weights)["p"].to_numpy()
    cutoff, rejected = false_discovery(p, 0.05)
    assert cutoff == pytest.approx(0.001, abs=1e-12)
    assert frame["NAME"][rejected].sort_values().tolist() == ["Bertie", "Northampton"]


def test_columbus_crime_has_the_reference_scores(
    examples: dict[str, Example], reference: dict[str, Any]
) -> None:
    frame, weights, _ = examples["columbus"]
    found = getis_ord(frame["CRIME"], weights)
    expected = reference["columbus CRIME Gi* B star Zs first10"]
    assert found["z"].head(10).to_numpy() == pytest.approx(expected, abs=1e-6)
    cutoff, rejected = false_discovery(found["p"].to_numpy(), 0.05)
    assert [cutoff, rejected.sum()] == pytest.approx(reference["columbus fdr cutoff .05"])


def test_columbus_crime_has_the_reference_local_moran(
    examples: dict[str, Example], reference: dict[str, Any]
) -> None:
    frame, weights, _ = examples["columbus"]
    found = local_moran(frame["CRIME"], weights)
    expected = reference["columbus local moran Is first5 (deterministic)"]
    assert found["i"].head(5).to_numpy() == pytest.approx(expected, abs=1e-6)
    assert found["quadrant"].value_counts()[list(QUADRANTS)].tolist() == [21, 5, 20, 3]


@pytest.mark.parametrize(
    ("name", "column", "i", "p"),
    [
        ("stl", "HR8893", 0.24365582621771659, 0.00013573931),
        ("sids2", "SIDR74", 0.24772519320480135, 5.791653907e-05),
    ],
)
def test_published_global_morans_are_reproduced(
    examples: dict[str, Example], name: str, column: str, i: float, p: float
) -> None:
    frame, weights, _ = examples[name]
    found = moran(frame[column], weights, both_sides=False)
    assert found.i == pytest.approx(i, abs=1e-12)
    assert found.p_norm == pytest.approx(p, abs=1e-9)


def test_columbus_has_the_reference_global_measures(
    examples: dict[str, Example], reference: dict[str, Any]
) -> None:
    frame, weights, _ = examples["columbus"]
    crime = moran(frame["CRIME"], weights)
    given = [crime.n, weights.nnz, crime.i, crime.expected, crime.variance_norm, crime.z_norm]
    given += [crime.variance_rand, crime.z_rand]
    key = "columbus CRIME queen n,nonzero,Moran I,EI,VI_norm,z_norm,VI_rand,z_rand"
    assert given == pytest.approx(reference[key], abs=1e-9)
    g = getis_ord_general(frame["CRIME"], weights, both_sides=False)
    assert [g.g, g.expected, g.z, g.p] == pytest.approx(reference["columbus G global"], abs=1e-9)
    rook = examples["columbus rook"]
    assert moran(frame["CRIME"], rook.weights).i == pytest.approx(0.5236702127502532, abs=1e-12)
    assert moran(frame["HOVAL"], weights).i == pytest.approx(0.180093114317273, abs=1e-12)


# --- esda, live ---------------------------------------------------------------------------------


@QUIET
@pytest.mark.parametrize(("name", "column"), CASES)
@pytest.mark.parametrize("star", [True, False])
def test_local_scores_equal_those_of_esda(
    examples: dict[str, Example], name: str, column: str, star: bool
) -> None:
    frame, weights, peer = examples[name]
    theirs = esda.G_Local(frame[column], peer, transform="B", star=star, permutations=0)
    ours = getis_ord(frame[column], weights, star=star)
    assert ours["z"].to_numpy() == pytest.approx(theirs.Zs, abs=1e-9)
    assert ours["p"].to_numpy() == pytest.approx(2 * theirs.p_norm, abs=1e-9)


@QUIET
@pytest.mark.parametrize(("name", "column"), CASES)
def test_global_measures_equal_those_of_esda(
    examples: dict[str, Example], name: str, column: str
) -> None:
    frame, weights, peer = examples[name]
    theirs = esda.Moran(frame[column], peer, permutations=0)
    ours = moran(frame[column], weights)
    assert [ours.i, ours.z_norm, ours.p_norm, ours.z_rand, ours.p_rand] == pytest.approx(
        [theirs.I, theirs.z_norm, theirs.p_norm, theirs.z_rand, theirs.p_rand], abs=1e-9
    )
    theirs_g = esda.G(frame[column], peer, permutations=0)
    ours_g = getis_ord_general(frame[column], weights, both_sides=False)
    assert [ours_g.g, ours_g.z, ours_g.p] == pytest.approx(
        [theirs_g.G, theirs_g.z_norm, theirs_g.p_norm], abs=1e-9
    )


@QUIET
@pytest.mark.parametrize(("name", "column"), CASES)
def test_local_moran_equals_that_of_esda(
    examples: dict[str, Example], name: str, column: str
) -> None:
    frame, weights, peer = examples[name]
    theirs = esda.Moran_Local(frame[column], peer, permutations=0)
    ours = local_moran(frame[column], weights)
    assert ours["i"].to_numpy() == pytest.approx(theirs.Is, abs=1e-9)
    assert ours["quadrant"].tolist() == [QUADRANTS[q - 1] for q in theirs.q]
    # EIc and VIc are moments of n/(n−1) times the I that esda answers (Sokal et al., A7 and A8)
    scaled = theirs.Is * theirs.n / theirs.n_1
    expected = (scaled - theirs.EIc) / np.sqrt(theirs.VIc)
    assert ours["z"].to_numpy() == pytest.approx(expected, abs=1e-9)


# --- laws ---------------------------------------------------------------------------------------


def test_the_score_of_local_moran_is_exact_under_conditional_randomisation() -> None:
    values = np.array([3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0])
    weights = lil_array((8, 8))
    weights[0, [2, 5, 7]] = 1.0
    weights[1:, 0] = 1.0
    own = (values - values.mean()) / values.std()
    every = [own[0] * own[list(three)].mean() for three in combinations(range(1, 8), 3)]
    observed = own[0] * own[[2, 5, 7]].mean()
    expected = (observed - np.mean(every)) / np.std(every)
    assert local_moran(pd.Series(values), csr_array(weights))["z"][0] == pytest.approx(expected)


WORLD = lattice(6)
numbers = st.lists(st.integers(0, 50), min_size=36, max_size=36).filter(lambda x: len(set(x)) > 1)


@settings(max_examples=40, deadline=None)
@given(values=numbers, factor=st.floats(0.01, 1e3), shift=st.floats(-1e3, 1e3))
def test_scores_do_not_change_when_values_are_scaled_and_shifted(
    values: list[int], factor: float, shift: float
) -> None:
    x = pd.Series(values, dtype="float64")
    for statistic in (getis_ord, local_moran):
        before, after = statistic(x, WORLD)["z"], statistic(x * factor + shift, WORLD)["z"]
        pd.testing.assert_series_equal(before, after, rtol=1e-6, atol=1e-6)


@settings(max_examples=40, deadline=None)
@given(values=numbers, order=st.permutations(range(36)))
def test_scores_follow_the_areas_when_their_order_changes(
    values: list[int], order: list[int]
) -> None:
    x = pd.Series(values, dtype="float64")
    for statistic in (getis_ord, local_moran):
        there = statistic(x.iloc[order], WORLD[order][:, order])
        back = there.sort_index().drop(columns="quadrant", errors="ignore")
        pd.testing.assert_frame_equal(statistic(x, WORLD)[back.columns], back, rtol=1e-9, atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(values=numbers)
def test_local_moran_and_gi_are_as_sure_of_each_area(values: list[int]) -> None:
    x = pd.Series(values, dtype="float64")
    ours = local_moran(x, WORLD)["z"].abs()
    gi = getis_ord(x, WORLD, star=False)["z"].abs()
    own_is_mean = np.isclose(x, x.mean())  # local Moran is 0 there by definition
    ours, gi = ours[~own_is_mean].to_numpy(), gi[~own_is_mean].to_numpy()
    assert ours == pytest.approx(gi, rel=1e-6, abs=1e-6, nan_ok=True)


# --- odd input ----------------------------------------------------------------------------------


@pytest.fixture
def with_island() -> tuple[pd.Series, csr_array]:
    weights = lil_array((37, 37))
    weights[:36, :36] = lattice(6)
    values = np.random.default_rng(3).integers(0, 20, 37).astype(float)
    return pd.Series(values, index=[f"a{i}" for i in range(37)]), csr_array(weights)


def test_gi_star_of_an_island_is_its_own_score(with_island: tuple[pd.Series, csr_array]) -> None:
    values, weights = with_island
    found = getis_ord(values, weights, permutations=99)
    own = (values.iloc[-1] - values.mean()) / values.std(ddof=0)
    assert found["z"].iloc[-1] == pytest.approx(own)
    assert np.isnan(found["p_sim"].iloc[-1])
    assert np.isnan(getis_ord(values, weights, star=False)["z"].iloc[-1])


def test_moran_is_that_of_the_map_without_its_islands(
    with_island: tuple[pd.Series, csr_array],
) -> None:
    values, weights = with_island
    whole, rest = moran(values, weights), moran(values.iloc[:36], lattice(6))
    assert (whole.i, whole.z_rand, whole.n) == pytest.approx((rest.i, rest.z_rand, 36))
    assert (whole.n_islands, rest.n_islands) == (1, 0)
    local = local_moran(values, weights, permutations=99, seed=1)
    assert local.iloc[-1][["i", "z", "p", "quadrant", "p_sim"]].isna().all()
    pd.testing.assert_frame_equal(
        local.iloc[:36], local_moran(values.iloc[:36], lattice(6), permutations=99, seed=1)
    )


def test_equal_values_have_no_score() -> None:
    same = pd.Series(np.full(9, 0.1 + 0.2))
    assert local_moran(same, lattice(3))["z"].isna().all()
    assert getis_ord(same, lattice(3))["z"].isna().all()
    assert getis_ord(same, lattice(3), star=False)["z"].isna().all()
    assert np.isnan(moran(same, lattice(3)).i)


def test_only_whether_areas_are_neighbours_counts() -> None:
    values = pd.Series(range(9))
    pd.testing.assert_frame_equal(
        getis_ord(values, lattice(3) * 7.0), getis_ord(values, lattice(3).astype(bool))
    )


def test_neither_values_nor_weights_are_changed() -> None:
    values, weights = pd.Series(np.arange(9.0), name="n"), lattice(3) * 2.0
    for statistic in (getis_ord, local_moran):
        statistic(values, weights, permutations=9)
    moran(values, weights)
    assert values.tolist() == list(range(9))
    assert set(weights.data) == {2.0}


@pytest.mark.parametrize("statistic", [getis_ord, local_moran, moran, getis_ord_general])
def test_missing_values_are_refused_with_their_number(statistic: Any) -> None:
    values = pd.Series([1.0, None, np.inf, *range(6)])
    with pytest.raises(InvalidError, match="2 of 9 values are missing"):
        statistic(values, lattice(3))


def test_weights_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InvalidError, match="9 by 9; 4 areas need 4 by 4"):
        getis_ord(pd.Series(range(4)), lattice(3))
    with pytest.raises(InvalidError, match="2 areas are their own neighbours"):
        getis_ord(pd.Series(range(2)), csr_array(np.ones((2, 2))))


def test_global_g_refuses_negative_values() -> None:
    with pytest.raises(InvalidError, match=r"the lowest is -4\.0"):
        getis_ord_general(pd.Series(range(-4, 5)), lattice(3))
