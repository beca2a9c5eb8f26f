"""Assignments, as files and one by one."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from geodata.register import ImportOptions
from gridmap.assignments import Target
from gridmap.errors import AlreadyAssignedError, ConflictError, InvalidError, NotFoundError
from tests.geodata.register.acts import GRIDS, MARCH, MAY, WriteText, holders
from tests.geodata.towns import Office

# Assignments as files

HEADINGS = "assignment_id,target_kind,target,unit_id,tier,scheme,since,until,note\n"


def test_an_assignment_is_written_once(office: Office, text: WriteText) -> None:
    row = f"a1,grid,{GRIDS[0]},u2,responsible,main,2026-01-01,,\n"
    preview = office.register.preview(
        "assignments", text("a.csv", HEADINGS + row), ImportOptions(MARCH)
    )
    found = preview.faults[["row", "column", "code", "value"]].astype(str).to_numpy().tolist()
    assert found == [["2", "unit_id", "written-once", "u2"]]
    assert len(preview.changed) == 0
    with pytest.raises(InvalidError):
        office.register.commit("assignments", preview, ImportOptions(MARCH), "a.csv")
    assert holders(office, GRIDS[0], MARCH) == ["u1"]


def test_an_end_in_a_file_releases(office: Office, text: WriteText) -> None:
    row = f"a1,grid,{GRIDS[0]},u1,responsible,main,2026-01-01,2026-03-01,撤销\n"
    path = text("a.csv", HEADINGS + row)
    counts = office.register.import_file("assignments", path, ImportOptions(MARCH))
    assert (counts["added"], counts["changed"]) == (0, 1)
    assert holders(office, GRIDS[0], date(2026, 2, 28)) == ["u1"]
    assert holders(office, GRIDS[0], MARCH) == []
    again = office.register.import_file("assignments", path, ImportOptions(MARCH))
    assert (again["changed"], again["unchanged"]) == (0, 1)


def test_assignments_that_a_file_lacks_end_on_its_day_and_the_past_stays(
    office: Office, text: WriteText
) -> None:
    row = f"a1,grid,{GRIDS[0]},u1,responsible,main,2026-01-01,,\n"
    options = ImportOptions(MARCH, retire_missing=True)
    counts = office.register.import_file("assignments", text("a.csv", HEADINGS + row), options)
    assert counts["retired"] == 8
    assert len(office.reports.in_force(date(2026, 2, 28))) == 9
    assert list(office.reports.in_force(MARCH).index) == ["a1"]
    assert (office.store.read("assignments").loc["a4":, "until"] == pd.Timestamp(MARCH)).all()


def test_an_assignment_cannot_be_retired_on_the_day_it_begins(
    office: Office, text: WriteText
) -> None:
    row = f"a1,grid,{GRIDS[0]},u1,responsible,main,2026-01-01,,\n"
    options = ImportOptions(date(2026, 1, 1), retire_missing=True)
    preview = office.register.preview("assignments", text("a.csv", HEADINGS + row), options)
    assert set(preview.faults["code"]) == {"interval"}
    assert sorted(preview.faults["value"]) == [f"a{n}" for n in range(2, 10)]


def test_an_assignment_of_what_the_register_does_not_know_is_refused(
    office: Office, text: WriteText
) -> None:
    rows = "b1,grid,nowhere,u1,responsible,main,2026-03-01,,\n"
    rows += f"b2,grid,{GRIDS[3]},nobody,responsible,main,2026-03-01,,\n"
    preview = office.register.preview(
        "assignments", text("a.csv", HEADINGS + rows), ImportOptions(MARCH)
    )
    found = preview.faults[["row", "column", "code"]].astype(str).to_numpy().tolist()
    assert found == [["2", "target", "reference"], ["3", "unit_id", "reference"]]


# Assignments one by one


def test_a_unit_answers_from_the_day_on_which_it_is_assigned(office: Office) -> None:
    changes = office.assign([Target("grid", GRIDS[3])], "u2", since=MARCH, source="令5")
    assert len(changes.added) == 1
    assert holders(office, GRIDS[3], date(2026, 2, 28)) == []
    assert holders(office, GRIDS[3], MARCH) == ["u2"]
    assert office.reports.gaps(date(2026, 2, 28))["code"].tolist().count(GRIDS[3]) == 1
    assert GRIDS[3] not in set(office.reports.gaps(MARCH)["code"])


def test_a_grid_with_another_unit_is_refused_and_nothing_is_written(office: Office) -> None:
    targets = [Target("grid", GRIDS[3]), Target("grid", GRIDS[0])]
    with pytest.raises(AlreadyAssignedError) as refused:
        office.assign(targets, "u2", since=MARCH)
    assert refused.value.holders == {GRIDS[0]: "u1"}
    assert office.entries() == 1
    assert holders(office, GRIDS[3], MARCH) == []


@pytest.mark.parametrize(
    ("target", "unit_id", "error"),
    [
        (Target("grid", "nowhere"), "u1", NotFoundError),
        (Target("division", GRIDS[3]), "u1", NotFoundError),
        (Target("grid", GRIDS[3]), "nobody", NotFoundError),
        (Target("grid", GRIDS[3]), "u4", ConflictError),  # no longer in use
    ],
)
def test_only_known_units_answer_for_known_targets(
    office: Office, target: Target, unit_id: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        office.assign([target], unit_id, since=MARCH)
    assert office.entries() == 1


def test_a_release_ends_on_its_day(office: Office) -> None:
    office.desk.release(["a1"], until=MARCH, note="撤销")
    assert holders(office, GRIDS[0], date(2026, 2, 28)) == ["u1"]
    assert holders(office, GRIDS[0], MARCH) == []
    assert len(office.store.read("assignments")) == 9  # ended, not deleted


def test_a_transfer_hands_over_everything_in_one_act(office: Office) -> None:
    changes = office.desk.transfer("u1", "u2", since=MAY).changes
    assert (len(changes.added), len(changes.released)) == (3, 3)  # 001, 002, and the road
    for grid in GRIDS[:2]:
        assert holders(office, grid, date(2026, 4, 30)) == ["u1"]
        assert holders(office, grid, MAY) == ["u2"]
    road = office.reports.unit("u2", MAY)
    assert road.roads_m == 150
    assert office.entries() == 2


def test_every_act_is_in_the_journal_with_who_did_it(office: Office, text: WriteText) -> None:
    office.register.import_file(
        "units", text("u.csv", "单位编号,单位名称\nu9,市新局\n"), ImportOptions(MARCH)
    )
    added = office.assign([Target("grid", GRIDS[3])], "u9", since=MARCH)
    office.desk.transfer("u9", "u2", since=MAY)
    office.desk.release(["a3"], until=MAY)
    entries = [office.store.journal.entry(seq) for seq in range(2, 6)]
    assert [(entry.who, entry.action) for entry in entries] == [
        ("王一", "import"),
        ("王一", "assign"),
        ("王一", "transfer"),
        ("王一", "release"),
    ]
    assert entries[0].what["source"] == "u.csv"
    assert entries[1].what["changes"]["assignments"]["added"] == 1
    assert added.added.index[0] in str(entries[1].what)
    assert set(entries[2].what["changes"]) == {"assignments", "releases"}
    assert office.store.verify() is None
