"""An issue keeps what was true on the day it was reported."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd

from geodata.register import ImportOptions
from gridmap.assignments import Target
from tests.geodata.register.acts import GRIDS, MARCH, MAY, WriteText
from tests.geodata.towns import Office
from tests.town import METRIC, place

ISSUES = "issue_id,reported_at,category,lon,lat,grid,unit_id,rule\n"


def reported(*rows: tuple[str, str, tuple[float, float], str]) -> str:
    """Write issues: number, moment, metres east and north in town, and what the file says of it."""
    lines = []
    for number, moment, at, given in rows:
        spot = gpd.GeoSeries([place(*at)], crs=METRIC).to_crs("EPSG:4490").iloc[0]
        lines.append(f"{number},{moment},暴露垃圾,{spot.x:.8f},{spot.y:.8f},{given or ',,'}")
    return ISSUES + "\n".join(lines) + "\n"


def frozen(office: Office, path: Path) -> dict[str, list[str | None]]:
    office.register.import_file("issues", path, ImportOptions(MAY, crs="EPSG:4490"))
    rows = office.store.read("issues")[["grid", "unit_id", "rule"]]
    return {
        key: [None if pd.isna(value) else str(value)[-3:] for value in row]
        for key, *row in rows.loc[rows.index.str.startswith("n")].itertuples()
    }


def test_an_issue_keeps_the_grid_and_the_unit_of_the_day_it_was_reported(
    office: Office, text: WriteText
) -> None:
    office.desk.transfer("u1", "u2", since=MARCH)
    path = text(
        "issues.csv",
        reported(
            ("n1", "2025-12-31T15:00:00Z", (60, 160), ""),  # before the register began
            ("n2", "2026-02-28T15:59:59Z", (60, 160), ""),  # the last second of February in town
            ("n3", "2026-02-28T16:00:00Z", (60, 160), ""),  # the first of March
            ("n4", "2026-03-09T00:00:00Z", (150, 50), ""),  # nobody's
            ("n5", "2026-03-09T00:00:00Z", (350, 150), ""),  # on no grid
            ("n6", "2026-03-09T00:00:00Z", (30, 150), ""),  # at the market
        ),
    )
    assert frozen(office, path) == {
        "n1": [None, None, None],
        "n2": ["001", "u1", "rid"],
        "n3": ["001", "u2", "rid"],
        "n4": ["004", None, None],
        "n5": [None, None, None],
        "n6": ["001", "u2", "int"],
    }


def test_what_a_file_says_of_an_issue_is_kept(office: Office, text: WriteText) -> None:
    path = text(
        "issues.csv",
        reported(
            ("n1", "2026-03-09T00:00:00Z", (60, 160), "232701100001003,u2,road"),
            ("n2", "2026-03-09T00:00:00Z", (60, 160), ",u2,"),  # no rule leads to u2 there
            ("n3", "2026-03-09T00:00:00Z", (60, 160), ",u1,"),
        ),
    )
    assert frozen(office, path) == {
        "n1": ["003", "u2", "oad"],
        "n2": ["001", "u2", None],
        "n3": ["001", "u1", "rid"],
    }


def test_issues_stay_as_they_were_frozen_when_the_file_comes_again(
    office: Office, text: WriteText
) -> None:
    path = text("issues.csv", reported(("n1", "2026-03-09T00:00:00Z", (60, 160), "")))
    assert frozen(office, path) == {"n1": ["001", "u1", "rid"]}
    office.desk.transfer("u1", "u2", since=date(2026, 3, 1))
    entries = office.entries()
    assert frozen(office, path) == {"n1": ["001", "u1", "rid"]}
    assert office.entries() == entries
    closed = path.read_text("utf-8").replace("rule\n", "rule,state\n").rstrip() + ",closed_out\n"
    assert frozen(office, text("closed.csv", closed)) == {"n1": ["001", "u1", "rid"]}
    assert office.store.read("issues").loc["n1", "state"] == "closed_out"


def test_an_issue_without_a_place_is_kept_without_an_answer(
    office: Office, text: WriteText
) -> None:
    path = text("issues.csv", "issue_id,reported_at,category\nn1,2026-03-09T00:00:00Z,占道经营\n")
    assert frozen(office, path) == {"n1": [None, None, None]}


def test_an_act_that_changes_nothing_is_not_in_the_journal(office: Office) -> None:
    before = office.store.journal.last()
    again = office.assign([Target("grid", GRIDS[0])], "u1", since=MARCH)
    assert again.added.empty
    assert office.store.journal.last() == before
