"""Bulletins of a register: figures worked out by hand, frozen whatever comes later."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.bulletins import Bulletins
from geodata.bulletins.figures import assemble, headline
from geodata.bulletins.issues import MonthIssues
from geodata.issues.setting import Setting
from gridmap import layers
from gridmap.bulletins import Month, canonical
from gridmap.errors import ConflictError, ForbiddenError, NotFoundError
from tests.bulletins import APRIL, LATE, bring, bulletin_town, office_of, setting_of
from tests.geodata.towns import ZONE

MARCH = APRIL.back()


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setting]:
    """Open a town that nobody changes."""
    made = setting_of(bulletin_town(tmp_path_factory.mktemp("still")))
    yield made
    made.store.close()


@pytest.fixture(scope="module")
def april(still: Setting) -> dict[str, Any]:
    return dict(assemble(still, APRIL))


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Setting]:
    made = setting_of(bulletin_town(tmp_path))
    yield made
    made.store.close()


def test_what_came_in_is_closed_or_open(april: dict[str, Any]) -> None:
    # b, c, d, e, f and i3; e was closed out in May
    assert april["issues"] == {
        "received": 6,
        "closed_out": 1,
        "refused": 1,
        "merged": 1,
        "open": 3,
    }
    # i1, i2 and a are carried in; a, b, d and f end in April
    assert april["flow"] == {"carried": 3, "received": 6, "closed": 4, "open": 5}


def test_what_fell_due_is_in_time_or_late(april: dict[str, Any]) -> None:
    found = april["on_time"]  # a in time, b two days late, c still open
    assert (found["part"], found["whole"], found["share"]) == (1, 3, 0.333333)
    # Wilson by hand: centre (1 + 1.9207) / (3 + 3.8415), reach of z sqrt(2/3 + 0.9604) / 6.8415
    assert (found["low"], found["high"]) == pytest.approx((0.0615, 0.7923), abs=1e-4)
    assert april["overdue"] == {
        "n": 1,
        "top": [
            {
                "number": "c",
                "category": "暴露垃圾",
                "grid": "第1网格",
                "unit": "市林业局",
                "unit_id": "u1",
                "due": "2026-04-20",
                "days": 10,
            }
        ],
    }


def test_the_parts_add_up_to_the_whole(april: dict[str, Any]) -> None:
    names = ("received", "closed_out", "refused", "merged", "open")
    for by in ("by_category", "by_subdistrict", "by_unit"):
        sums = {name: sum(row[name] for row in april[by]) for name in names}
        assert sums == april["issues"], by
    assert [(row["name"], row["received"]) for row in april["by_category"]] == [
        ("暴露垃圾", 4),
        ("占道经营", 2),
    ]


def test_coverage_says_how_much_of_how_much(april: dict[str, Any]) -> None:
    city = april["coverage"]["city"]
    assert city["ground"]["whole"] == pytest.approx(80_000, rel=2e-3)
    assert city["ground"]["share"] == pytest.approx(3 / 8, abs=1e-3)  # 001, 002, 003 of eight
    assert (city["points"]["part"], city["points"]["whole"]) == (1, 2)
    assert city["ground"]["low"] is None  # ground is no sample
    assert april["units"] == {"in_use": 3, "holding": 3}


def test_a_town_with_few_issues_says_why_it_has_no_hot_spots(april: dict[str, Any]) -> None:
    assert april["hotspots"]["refused"]["values"]["n_areas"] == 7


def test_the_month_before_is_beside(april: dict[str, Any]) -> None:
    before = april["before"]
    assert (before["month"], before["source"]) == ("2026-03", "register")
    assert before["counts"] == {"received": 3, "open": 3, "overdue": 0}
    assert headline(april)["shares"]["closed"]["part"] == 3


def test_only_who_may_freeze_sees_a_month_that_is_open(still: Setting) -> None:
    assert office_of(still).edition(APRIL).amendment is None
    with pytest.raises(NotFoundError):
        Bulletins(still).edition(APRIL)
    with pytest.raises(ForbiddenError):
        Bulletins(still).freeze(APRIL)


def test_the_running_month_is_not_frozen(still: Setting) -> None:
    with pytest.raises(ConflictError, match="not over"):
        office_of(still).freeze(Month.of("2026-06"))
    states = {row["month"]: row["state"] for row in office_of(still).months()}
    assert states == {"2026-06": "running", "2026-05": "open", "2026-04": "open", "2026-03": "open"}


def test_what_is_reported_late_changes_nothing_that_is_frozen(town: Setting) -> None:
    frozen = office_of(town).freeze(APRIL)
    bring(town.store, LATE)
    kept = office_of(town).edition(APRIL)
    assert canonical(kept.figures) == canonical(frozen.figures)
    assert kept.hash == frozen.hash
    assert assemble(town, APRIL)["issues"]["received"] == 7
    with pytest.raises(ConflictError, match="frozen already"):
        office_of(town).freeze(APRIL)


def test_an_amendment_stands_beside_the_edition_before(town: Setting) -> None:
    book = office_of(town)
    first = book.freeze(APRIL)
    with pytest.raises(ConflictError, match="nothing to correct"):
        book.amend(APRIL, "再核一遍")
    bring(town.store, LATE)
    second = book.amend(APRIL, "补报1件", first.hash)
    assert (second.amendment, second.previous, second.reason) == (1, first.hash, "补报1件")
    assert second.figures["issues"]["received"] == 7
    assert book.edition(APRIL, 0).figures["issues"]["received"] == 6
    assert book.verify() == {"editions": 2, "sound": True, "faults": []}
    actions = [entry.action for entry in town.store.journal.entries(limit=3)]
    assert actions == ["bulletin-amend", "import", "bulletin-freeze"]


def test_the_next_month_is_compared_with_what_was_frozen(town: Setting) -> None:
    book = office_of(town)
    book.freeze(MARCH)
    bring(town.store, {**LATE, "issue_id": "later", "reported_at": "2026-03-20T02:00:00Z"})
    before = book.edition(APRIL).figures["before"]
    assert (before["source"], before["counts"]["received"]) == ("bulletin", 3)


STATES = st.sampled_from(["reported", "dispatched", "closed_out", "refused", "merged", "suspended"])
DAYS = st.integers(0, 119)


class Frames:
    """As much of a workspace as counting needs."""

    def __init__(self, issues: gpd.GeoDataFrame) -> None:
        self.issues = issues

    def frame(self, _layer: str, _as_of: date) -> gpd.GeoDataFrame:
        return self.issues


def moment(day: int | None) -> datetime | None:
    return None if day is None else datetime.fromtimestamp(1767250000 + 86400 * day, UTC)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(DAYS, STATES, st.none() | DAYS, st.none() | DAYS), max_size=30))
def test_what_one_month_leaves_open_the_next_carries(rows: list[tuple[Any, ...]]) -> None:
    frame = pd.DataFrame(
        {
            "issue_id": [f"i{n}" for n in range(len(rows))],
            "reported_at": [moment(row[0]) for row in rows],
            "category": "暴露垃圾",
            "channel": "hotline",
            "state": [row[1] for row in rows],
            "closed_at": [moment(row[2]) for row in rows],
            "rectified_at": [moment(row[3]) for row in rows],
        }
    )
    kept = layers.conform(
        gpd.GeoDataFrame(frame, geometry=[None] * len(rows), crs="EPSG:4490"),
        layers.LAYERS["issues"],
    )
    left = None
    for code in ("2026-01", "2026-02", "2026-03", "2026-04", "2026-05"):
        month = MonthIssues(Frames(kept), Month.of(code), ZONE)  # type: ignore[arg-type]
        flow, counts = month.flow(), month.counts()
        assert left is None or flow["carried"] == left
        left = flow["open"]
        assert flow["carried"] + flow["received"] - flow["closed"] == left
        parts = (counts[name] for name in ("closed_out", "refused", "merged", "open"))
        assert counts["received"] == sum(parts)
