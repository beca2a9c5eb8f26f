"""The working set reads what came since, and has what reading everything would give."""

from __future__ import annotations

from datetime import date

import pandas as pd
from pandas.testing import assert_frame_equal

from geodata.store import Store
from geodata.workspace import Workspace

JUNE = date(2026, 6, 1)


def test_the_working_set_catches_up_with_what_was_written(town_store: Store) -> None:
    workspace = Workspace(town_store)
    before = workspace.frame("issues", JUNE)
    changed = before.loc[["i1"]].assign(state="dispatched")
    fresh = before.loc[["i2"]].rename(index={"i2": "i0"})
    with town_store.write(who="tests", action="write") as writer:
        writer.add("issues", pd.concat([changed, fresh]), JUNE)
        writer.retire("issues", ["i3"], JUNE)
    after = workspace.frame("issues", JUNE)
    assert after.index.to_list() == ["i0", "i1", "i2"]
    assert_frame_equal(pd.DataFrame(after), pd.DataFrame(town_store.read("issues")))
    assert before.index.to_list() == ["i1", "i2", "i3"]  # whoever read it before still has it


def test_what_is_written_elsewhere_reads_no_issue_again(town_store: Store) -> None:
    workspace = Workspace(town_store)
    before = workspace.frame("issues", JUNE)
    with town_store.write(who="tests", action="write") as writer:
        writer.retire("units", ["p1"], JUNE)
    assert workspace.frame("issues", JUNE) is before
