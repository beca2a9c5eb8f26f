"""A city is assigned from nothing to the last square metre without touching the mouse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.desks import Site, desk_of, register, told, unassigned_city

UNITS = 122


@pytest.fixture
def site(tmp_path: Path, visit: Visit) -> Iterator[Site]:
    with desk_of(register(tmp_path, unassigned_city())) as made:
        yield replace(made, visit=visit)


def choose_unit(page: Page, unit: dict[str, str]) -> None:
    """Type the initials of a unit, go down to it, take it."""
    initials = unit["search"].split("|")[-1]
    page.keyboard.press("/")
    page.keyboard.type(initials)
    offered = page.locator("#assign-form [role=option] > span:first-child").all_inner_texts()
    for _ in range(offered.index(unit["name"])):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")


def choose_grid(page: Page, text: str) -> None:
    page.keyboard.press("g")
    page.keyboard.type(text)
    page.keyboard.press("Space")


def assign(page: Page) -> int:
    """Press a, then Enter; return the status of the answer."""
    page.keyboard.press("a")
    with page.expect_response("**/api/v1/assignments") as answered:
        page.keyboard.press("Enter")
    return answered.value.status


def test_122_units_are_given_101_grids_by_keyboard_alone(site: Site) -> None:
    visitor = site.open()
    page = visitor.page
    state = told(visitor, "/api/v1/desk")
    units = [unit for unit in state["units"] if unit["party"] == "unit"][:UNITS]
    grids = told(visitor, "/api/v1/grids")["features"]
    assert len(units) == UNITS
    assert len(grids) == 101
    assert told(visitor, "/api/v1/desk/counters")["grids_without"] == 101

    for n, unit in enumerate(units):
        grid = grids[n % len(grids)]
        choose_unit(page, unit)
        choose_grid(page, grid["properties"]["name"] if n % 2 else str(grid["id"])[6:])
        if n < len(grids):
            assert assign(page) == 201
        else:  # it has its unit already, so this one assists
            assert assign(page) == 409
            page.wait_for_selector("dialog.held")
            with page.expect_response("**/api/v1/assignments") as again:
                page.keyboard.press("Enter")
            assert again.value.status == 201
        expect(page.locator(".chosen-units li")).to_have_count(0)

    page.wait_for_selector("[data-counter=grids_without].whole")
    rows = told(visitor, "/api/v1/assignments", limit="1000")["assignments"]
    primary = {row["target"]: row["unit_id"] for row in rows if row["tier"] == "responsible"}
    assert len({row["unit_id"] for row in rows}) == UNITS
    assert set(primary) == {str(grid["id"]) for grid in grids}
    assert primary == {
        str(grid["id"]): unit["unit_id"] for grid, unit in zip(grids, units, strict=False)
    }
    proof = told(visitor, "/api/v1/coverage")["features"]
    assert [row["properties"]["share"] for row in proof] == pytest.approx([1.0] * len(proof))
    assert visitor.foreign == []
