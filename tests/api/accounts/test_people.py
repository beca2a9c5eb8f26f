"""Administration of accounts over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from geodata.accounts.demo import DEMO_PASSWORD, add_demo_people
from gridmap.access import Grant, Scope

from .conftest import (
    ONCE,
    Desk,
    desk_over,
)


def test_an_administrator_makes_an_account_and_its_password_is_shown_once(
    desk: Desk, boss: str
) -> None:
    del boss
    desk.sign_in("boss")
    made = desk.post(
        "/people", sign_in="he.ping", name="何平 <u1>", role="unit_coordinator", key="u1"
    )
    assert (made.status_code, made.headers["cache-control"]) == (201, "no-store")
    password = ONCE.search(made.text)
    assert password is not None
    account = desk.accounts.by_sign_in("he.ping")
    assert account is not None
    assert account.grants == {Grant("unit_coordinator", Scope("unit", "u1"))}
    for page in (desk.get("/people").text, desk.get(f"/people/{account.person_id}").text):
        assert password.group(1) not in page
        assert "何平 &lt;u1&gt;" in page
        assert "市林业局" in page
    assert desk.another().sign_in("he.ping", password.group(1)).headers["location"] == "/me"


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"sign_in": "wang"}, 409, "signs in as wang already"),
        ({"sign_in": "a b"}, 422, "2 to 64 letters"),
        ({"name": " "}, 422, "1 to 80 characters"),
        ({"role": "emperor"}, 422, "There is no role emperor"),
        ({"role": "unit_coordinator"}, 422, "needs its key"),
        ({"role": "unit_coordinator", "key": "u9"}, 404, "The register has no unit or division u9"),
        ({"role": "city_office", "key": "u1"}, 422, "needs its key, and the city none"),
    ],
)
def test_an_account_that_cannot_be_is_refused_and_the_form_kept(
    desk: Desk, wang: str, boss: str, fields: dict[str, str], status: int, said: str
) -> None:
    del wang, boss
    desk.sign_in("boss")
    asked = {"sign_in": "he", "name": "何平", "role": "leader", "key": "", **fields}
    answer = desk.post("/people", **asked)
    assert answer.status_code == status
    assert said in answer.text
    assert f'name="sign_in" value="{asked["sign_in"]}"' in answer.text
    assert len(desk.accounts.people()) == 2


def test_roles_are_changed_row_by_row_and_the_person_signs_in_again(
    desk: Desk, wang: str, boss: str
) -> None:
    """AUT-07."""
    del boss
    at_work = desk.another()
    at_work.sign_in()
    desk.sign_in("boss")
    on = f"/people/{wang}"
    fields = {"role": ["leader", "", "inspector"], "key": ["", "", "232701"], "version": "1"}
    assert desk.post(f"{on}/grants", on=on, **fields).headers["location"] == f"{on}?done=grants"
    held = {Grant("leader"), Grant("inspector", Scope("division", "232701"))}
    assert desk.accounts.account(wang).grants == held
    assert at_work.get("/me").status_code == 303
    stale = desk.post(f"{on}/grants", on=on, **fields)
    assert stale.status_code == 409
    assert "Somebody else changed the account" in stale.text


def test_an_account_is_renamed_disabled_enabled_reset_and_unlocked(
    desk: Desk, wang: str, boss: str
) -> None:
    del boss
    desk.sign_in("boss")
    on = f"/people/{wang}"

    def act(what: str = "", **fields: str) -> Any:
        version = str(desk.accounts.account(wang).version)
        return desk.post(f"{on}{what}", on=on, version=version, **fields)

    assert act(name="王一一").headers["location"] == f"{on}?done=name"
    assert act("/disable").headers["location"] == f"{on}?done=disable"
    assert desk.another().sign_in().status_code == 401
    assert act("/enable").headers["location"] == f"{on}?done=enable"
    for _ in range(5):
        desk.another().sign_in("wang", "a guess")
    assert "Locked" in desk.get(on).text
    assert act("/unlock").headers["location"] == f"{on}?done=unlock"
    assert desk.another().sign_in().status_code == 303
    password = ONCE.search(act("/password").text)
    assert password is not None
    assert desk.another().sign_in().status_code == 401
    assert desk.another().sign_in("wang", password.group(1)).status_code == 303


def test_nobody_raises_themselves_and_the_last_administrator_stays(desk: Desk, boss: str) -> None:
    """ACL-18, also where the page shows no such form."""
    desk.sign_in("boss")
    on = f"/people/{boss}"
    own = desk.post(f"{on}/grants", on=on, role="city_office", key="", version="1")
    assert own.status_code == 403
    last = desk.post(f"{on}/disable", on=on, version="1")
    assert last.status_code == 409
    assert "is the last who administers accounts" in last.text
    assert desk.accounts.account(boss).person.roles == {"system_admin"}


def test_accounts_are_their_administrators_only(desk: Desk, wang: str) -> None:
    desk.sign_in()
    for path in ("/people", f"/people/{wang}"):
        assert desk.get(path).status_code == 403
    done = desk.post("/people", on="/me", sign_in="he", name="何平", role="city_office", key="")
    assert done.status_code == 403
    assert len(desk.accounts.people()) == 1


def test_accounts_are_found_by_a_part_of_their_names(desk: Desk, wang: str, boss: str) -> None:
    del wang, boss
    desk.sign_in("boss")
    assert "王一" not in desk.get("/people?q=BOS").text
    assert "王一" in desk.get("/people?q=王").text
    assert "No account found" in desk.get("/people?q=nobody").text
    assert desk.get("/people/nobody").status_code == 404


def test_people_of_the_demo_are_one_click_each_on_this_machine_only(file: Path) -> None:
    """AUT-04."""
    desk = desk_over(file)
    assert DEMO_PASSWORD not in desk.get("/sign-in").text
    people = add_demo_people(desk.accounts, desk.accounts.store)
    page = desk.get("/sign-in").text
    assert page.count(DEMO_PASSWORD) == len(people) == 9
    assert desk.sign_in("leader", DEMO_PASSWORD).status_code == 303
    desk.accounts.store.close()
    beyond = desk_over(file, https=True)
    assert DEMO_PASSWORD not in beyond.get("/sign-in").text
    beyond.accounts.store.close()
