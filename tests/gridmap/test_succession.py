"""Which grids have the ground of others since."""

from collections import defaultdict
from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap import mending
from gridmap.mending import LINEAGE_COLUMNS
from gridmap.succession import SUCCESSIONS, ancestors, heirs, successions
from tests.town import SQUARES, town

G1, G2, G3, G4, G5, G6, G7 = SQUARES
JAN, MARCH, MAY, JULY = (date(2026, month, 1) for month in (1, 3, 5, 7))
Step = tuple[str | None, str | None, str, float]


def lineage(*steps: Step) -> pd.DataFrame:
    rows = [(*step, 0.0) for step in steps]
    frame = pd.DataFrame(rows, columns=LINEAGE_COLUMNS)
    return frame.astype({"from_code": "str", "to_code": "str", "act": "str"})


def split(code: str, **shares: float) -> pd.DataFrame:
    return lineage(*((code, to, "split", share) for to, share in shares.items()))


def merge(into: str, *codes: str) -> pd.DataFrame:
    return lineage(*((code, into, "merge", 1.0) for code in codes))


def history(*decisions: tuple[date, pd.DataFrame]) -> pd.DataFrame:
    return pd.concat([successions(rows, day) for day, rows in decisions], ignore_index=True)


def test_a_lineage_is_kept_with_its_day_note_and_a_key_of_its_own() -> None:
    done = mending.merge(town()["grids"], [G1, G2], used=SQUARES)
    rows = successions(done.lineage, MARCH, note="文件3号")
    assert list(rows.columns) == SUCCESSIONS
    assert rows["since"].to_list() == [pd.Timestamp(MARCH)] * 2
    assert rows["note"].to_list() == ["文件3号"] * 2
    assert rows["succession_id"].is_unique
    assert rows["succession_id"].str.fullmatch("S[0-9a-f]{15}").all()
    pd.testing.assert_frame_equal(rows, successions(done.lineage, MARCH, note="文件3号"))
    assert not set(rows["succession_id"]) & set(successions(done.lineage, MAY)["succession_id"])


def test_a_grid_split_twice_on_one_day_keeps_its_code_under_two_keys() -> None:
    rows = history((MARCH, split("a", a=0.5, b=0.5)), (MARCH, split("a", a=0.5, c=0.5)))
    assert rows["succession_id"].is_unique
    assert heirs(rows, "a", MAY).to_dict() == {"b": 0.5, "a": 0.25, "c": 0.25}


def test_a_grid_that_nothing_happened_to_is_its_own_heir() -> None:
    rows = history((MARCH, split("x", y=0.4, z=0.6)))
    assert heirs(rows, "a", MAY).to_dict() == {"a": 1.0}
    assert ancestors(rows, "a", MAY).empty


def test_heirs_are_those_of_the_day() -> None:
    rows = history((MARCH, split("a", b=0.3, c=0.7)), (MAY, merge("d", "c", "e")))
    assert heirs(rows, "a", JAN).to_dict() == {"a": 1.0}
    assert heirs(rows, "a", MARCH).to_dict() == {"c": 0.7, "b": 0.3}
    assert heirs(rows, "a", MAY).to_dict() == {"d": 0.7, "b": 0.3}
    assert heirs(rows, "e", MAY).to_dict() == {"d": 1.0}


def test_ancestors_are_those_of_every_generation() -> None:
    rows = history(
        (MARCH, split("a", b=0.3, c=0.7)),
        (MAY, merge("d", "c", "e")),
        (JULY, split("d", f=0.5, g=0.5)),
    )
    assert ancestors(rows, "f", JULY).to_dict() == {"c": 0.5, "d": 0.5, "e": 0.5, "a": 0.35}
    assert ancestors(rows, "f", MAY).empty
    assert ancestors(rows, "d", MAY).to_dict() == {"c": 1.0, "e": 1.0, "a": 0.7}


def test_the_ancestors_of_a_grid_that_ended_are_those_it_had() -> None:
    rows = history((MARCH, merge("d", "c", "e")), (MAY, split("d", f=0.5, g=0.5)))
    assert ancestors(rows, "d", JULY).to_dict() == {"c": 1.0, "e": 1.0}


def test_ground_that_leaves_a_grid_and_comes_back_is_all_there_again() -> None:
    rows = history((MARCH, split("a", a=0.8, b=0.2)), (MAY, merge("a", "a", "b")))
    assert heirs(rows, "a", MARCH).to_dict() == {"a": 0.8, "b": 0.2}
    assert heirs(rows, "a", MAY).to_dict() == {"a": 1.0}
    assert ancestors(rows, "a", MAY).to_dict() == {"b": 1.0}


def test_what_is_done_and_undone_on_one_day_ends() -> None:
    rows = history((MARCH, split("a", a=0.8, b=0.2)), (MARCH, merge("a", "a", "b")))
    assert heirs(rows, "a", MAY).to_dict() == pytest.approx({"a": 1.0})


def test_a_grid_that_ended_without_an_heir_has_none() -> None:
    rows = history((MARCH, lineage(("a", None, "retire", float("nan")))))
    assert heirs(rows, "a", JAN).to_dict() == {"a": 1.0}
    assert heirs(rows, "a", MARCH).empty


def test_a_grid_that_is_created_has_no_ancestors_and_one_that_is_reshaped_stays_itself() -> None:
    rows = history(
        (MARCH, lineage((None, "n", "create", float("nan")))),
        (MAY, lineage(("n", "n", "reshape", 0.9), ("n", "o", "reshape", 0.1))),
    )
    assert ancestors(rows, "n", JULY).empty
    assert heirs(rows, "n", JULY).to_dict() == {"n": 1.0}


@given(st.data())
@settings(max_examples=20, deadline=None)
def test_no_ground_is_lost_or_invented_over_generations(data: st.DataObject) -> None:
    """
    Follow the ground of each first grid in a plain dictionary.

    The model mixes what a grid has, and hands parts of the mixture on.
    """
    alive = ["g0", "g1", "g2"]
    has: dict[str, dict[str, float]] = {code: {code: 1.0} for code in alive}
    decisions, day = [], JAN
    for n in range(data.draw(st.integers(1, 5))):
        day += timedelta(days=data.draw(st.integers(1, 3)))
        one = data.draw(st.sampled_from(alive))
        if data.draw(st.booleans()) or len(alive) == 1:
            kept = data.draw(st.booleans())
            first = one if kept else f"s{n}"
            share = data.draw(st.sampled_from([0.25, 0.5]))
            decisions.append((day, split(one, **{first: share, f"t{n}": 1 - share})))
            mixture = has.pop(one)
            has[first] = {code: part * share for code, part in mixture.items()}
            has[f"t{n}"] = {code: part * (1 - share) for code, part in mixture.items()}
        else:
            other = data.draw(st.sampled_from([code for code in alive if code != one]))
            into = one if data.draw(st.booleans()) else f"m{n}"
            decisions.append((day, merge(into, one, other)))
            both: dict[str, float] = defaultdict(float)
            for gone in (one, other):
                for code, part in has.pop(gone).items():
                    both[code] += part
            has[into] = dict(both)
        alive = sorted(has)
    rows = history(*decisions)
    for origin in ("g0", "g1"):
        expected = {code: mixture[origin] for code, mixture in has.items() if origin in mixture}
        assert heirs(rows, origin, day).to_dict() == pytest.approx(expected)
        code = min(expected)
        if code != origin:
            assert ancestors(rows, code, day)[origin] == pytest.approx(expected[code])
