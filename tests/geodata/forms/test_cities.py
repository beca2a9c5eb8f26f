"""A city in one upload."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from geodata.forms.preview import LOOKED_IN, FormContext
from geodata.forms.reading import read
from gridmap import demo, layers
from tests.geodata.forms.offices import (
    MARCH,
    MAY,
    as_an_office_writes,
    brought,
    empty_city,
    entries,
    found,
    taken,
)


def test_122_units_on_101_grids_come_in_one_upload_and_a_second_one_changes_nothing(
    mohe: demo.DemoCity, tmp_path: Path
) -> None:
    store = empty_city(mohe, tmp_path)
    path, oracle = as_an_office_writes(mohe, tmp_path / "漠河.xlsx")
    assert len(oracle) == 101
    counts = brought(store, path)
    assert counts["units"]["added"] == 122
    assert counts["assignments"]["added"] == sum(map(len, oracle.values()))
    assert entries(store) == 2
    units, held = store.read("units", MARCH), store.read("assignments")
    by_grid = held.groupby("target")["unit_id"].agg(lambda ids: set(units.loc[ids, "name"]))
    assert by_grid.to_dict() == oracle
    assert set(held["since"]) == {pd.Timestamp(MARCH)}
    again = brought(store, path, MAY)
    assert again["units"] == {**again["units"], "added": 0, "changed": 0, "unchanged": 122}
    assert (again["assignments"]["added"], again["assignments"]["changed"]) == (0, 0)
    assert entries(store) == 2
    store.close()


def test_names_of_a_known_city_lead_to_its_own_ids(
    mohe: demo.DemoCity, office: FormContext, tmp_path: Path
) -> None:
    frames = {name: layers.conform(getattr(mohe, name), layers.LAYERS[name]) for name in LOOKED_IN}
    context = replace(office, frames=frames)
    path, _ = as_an_office_writes(mohe, tmp_path / "a.xlsx")
    preview = read(path, context)
    assert found(preview) == []
    assert preview.counts["units"]["unchanged"] == 122  # names led to the register's own IDs
    assert taken(preview)["云杉市委办公室"] == "U00001"
