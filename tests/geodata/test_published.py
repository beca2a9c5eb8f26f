"""What is shown of issues outside: what an office has published, in the categories of the day."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from geodata.issues.published import Asked, Published
from geodata.issues.services import code_of, commonest, services
from tests.citizens import GARBAGE, LAMP, NOON, OFFICE, Town, garbage, town_in

FIRST = "7f9c2e14-aaaa-4bbb-8ccc-000000000001"


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with town_in(tmp_path) as made:
        yield made


def report(town: Town, key: str = FIRST, **more: object) -> None:
    town.citizens().report(key, garbage(**more), "203.0.113.7")


def test_nothing_is_published_before_an_office_has_looked(town: Town) -> None:
    report(town)
    (issue,) = town.issues()
    published = Published(town.setting())
    assert published.find(Asked()) == []
    assert published.find(Asked(numbers=[issue["number"], issue["issue_id"]])) == []
    town.act(issue["issue_id"], "publish")
    (shown,) = published.find(Asked())
    assert (shown["number"], shown["unit_name"]) == (issue["number"], "市林业局")
    town.act(issue["issue_id"], "unpublish")
    assert published.find(Asked()) == []


def test_who_has_an_account_is_shown_what_they_may_see(town: Town) -> None:
    report(town)
    office = Published(town.setting(OFFICE)).find(Asked(since=NOON, until=NOON))
    assert [issue["category"] for issue in office] == [GARBAGE]


def test_services_are_the_categories_of_the_newest_edition(town: Town) -> None:
    found = list(services(town.setting()).values())
    assert [(one.category, one.group) for one in found] == [
        (GARBAGE, "市容环境"),
        (LAMP, "公用设施"),
    ]
    assert [len(one.conditions) for one in found] == [1, 2]
    assert found[0].code == code_of(GARBAGE)


def test_the_commonest_categories_are_those_of_which_most_was_reported(town: Town) -> None:
    # the town begins with two of garbage, and one of what is no category of the edition
    assert commonest(town.setting(), 8) == [GARBAGE]
    for n in range(3):
        report(town, f"{FIRST}-{n}", category=LAMP)
    assert commonest(town.setting(), 8) == [LAMP, GARBAGE]
    assert commonest(town.setting(), 1) == [LAMP]
