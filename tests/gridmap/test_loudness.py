"""Loudness: one loud reporter, and hot spots that rest on one."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridmap.hotspots import hotspots
from gridmap.loudness import Made, loudest, made, resting
from tests.gridmap.lattice import lattice, squares

TOWN, NEAR = squares(12), lattice(12)
AREAS = pd.DataFrame(index=["a", "b", "c"])


def told(reports: dict[str, str]) -> pd.DataFrame:
    """Return what is said of areas whose reports have one letter a reporter, ``-`` if unknown."""
    rows = [(area, None if who == "-" else who) for area, all_ in reports.items() for who in all_]
    frame = pd.DataFrame(rows, columns=["code", "reporter"])
    return loudest(made(frame["code"], frame["reporter"], AREAS))


def test_more_than_half_of_at_least_five_reports_is_loud() -> None:
    found = told({"a": "xxxyz", "b": "xxxyyy", "c": "xxx"})
    assert found["loud"].to_dict() == {"a": True, "b": False, "c": False}
    assert found["loudest"].tolist() == [3, 3, 3]


def test_reporters_who_are_not_known_are_not_one_reporter() -> None:
    found = told({"a": "-----x", "b": "-----"})
    assert found.loc["a", ["reports", "known", "loudest"]].tolist() == [6, 1, 1]
    assert not found["loud"].any()


def test_an_area_without_a_report_has_no_share() -> None:
    found = told({"a": "x"})
    assert found.loc["c", "reports"] == 0
    assert np.isnan(found.loc["c", "loudest_share"])


def whose(reports: pd.DataFrame) -> Made:
    return made(reports["code"], reports["reporter"], TOWN)


def found_and_rests(loud: int, many: int) -> tuple[pd.Series, pd.Series]:
    """Plant reports of one reporter in the west and of many in the east, and look for both."""
    counts = pd.Series(3, index=TOWN.index)
    rows = [(code, f"{code}-{k}") for code, n in counts.items() for k in range(n)]
    west = [f"{row:02}{column:02}" for row in range(3, 6) for column in range(1, 4)]
    east = [f"{row:02}{column:02}" for row in range(6, 9) for column in range(8, 11)]
    rows += [(code, "one") for code in west for _ in range(loud)]
    rows += [(code, f"{code}+{k}") for code in east for k in range(many)]
    reports = pd.DataFrame(rows, columns=["code", "reporter"])
    all_ = reports["code"].value_counts().reindex(TOWN.index, fill_value=0)

    def hot(counted: pd.Series) -> pd.Series:
        return hotspots(TOWN, counted, weights=NEAR).table["class"] > 0

    spots = hot(all_)
    return spots, resting(whose(reports), spots, NEAR, lambda away: hot(all_ - away))


def test_a_hot_spot_of_one_reporter_rests_on_one_and_one_of_many_does_not() -> None:
    spots, rests = found_and_rests(loud=12, many=12)
    assert spots[["0402", "0709"]].tolist() == [True, True]
    assert rests["0402"]
    assert not rests["0709"]
    assert not rests[~spots].any()


def test_a_loud_reporter_whose_place_is_hot_without_them_is_no_reason_to_doubt() -> None:
    counts = pd.Series(3, index=TOWN.index)
    west = [f"{row:02}{column:02}" for row in range(3, 6) for column in range(1, 4)]
    rows = [(code, f"{code}-{k}") for code, n in counts.items() for k in range(n)]
    rows += [(code, f"{code}+{k}") for code in west for k in range(12)]
    rows += [(code, "one") for code in west for _ in range(4)]
    reports = pd.DataFrame(rows, columns=["code", "reporter"])
    all_ = reports["code"].value_counts().reindex(TOWN.index, fill_value=0)

    def hot(counted: pd.Series) -> pd.Series:
        return hotspots(TOWN, counted, weights=NEAR).table["class"] > 0

    rests = resting(whose(reports), hot(all_), NEAR, lambda away: hot(all_ - away))
    assert hot(all_)["0402"]
    assert not rests["0402"]
