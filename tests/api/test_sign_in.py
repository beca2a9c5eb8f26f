"""Signing in and out, accounts and tokens over HTTP: pages as a browser sends them, no script."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pyotp
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.settings import Settings
from geodata.accounts import AccountRules, Accounts
from geodata.accounts.demo import DEMO_PASSWORD, add_demo_people
from gridmap.access import Grant, Scope
from tests.oidc_provider import CLIENT, SECRET, Provider, serving
from tests.registers import town_register
from web.main import create_app

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
GOOD, OTHER = "lantern orchid bramble 41", "copper meadow thistle 77"
OFFICE, ADMIN = [Grant("city_office")], [Grant("system_admin")]
HIDDEN = re.compile(r'name="csrf_token" value="([^"]+)"')
ONCE = re.compile(r'class="secret-text">([^<]+)<')


class Desk:
    """A browser without scripts, at a service over the town."""

    def __init__(self, app: FastAPI, accounts: Accounts) -> None:
        self.app = app
        self.accounts = accounts
        self.client = TestClient(app, base_url="http://127.0.0.1", follow_redirects=False)

    def get(self, path: str) -> Any:
        return self.client.get(path)

    def post(self, path: str, *, on: str | None = None, **fields: Any) -> Any:
        """Send a form with the token that the page it stands on has given."""
        token = HIDDEN.search(self.get(on or path).text)
        assert token is not None
        return self.client.post(path, data={"csrf_token": token.group(1), **fields})

    def sign_in(self, name: str = "wang", password: str = GOOD, **more: str) -> Any:
        return self.post("/sign-in", name=name, password=password, **more)

    def another(self) -> Desk:
        return Desk(self.app, self.accounts)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    town_register(folder := tmp_path_factory.mktemp("town"))
    return folder / "town.gpkg"


def desk_over(file: Path, rules: AccountRules | None = None, **settings: Any) -> Desk:
    app = create_app(Settings(database_url=f"gpkg:///{file}", language="en", **settings))
    made = app.state.service.accounts
    accounts = Accounts(made.store, rules or made.rules, CHEAP)
    app.state.service = replace(app.state.service, accounts=accounts)
    return Desk(app, accounts)


@pytest.fixture
def file(town: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(town, tmp_path / "town.gpkg"))


@pytest.fixture
def desk(file: Path) -> Iterator[Desk]:
    made = desk_over(file)
    yield made
    made.accounts.store.close()


@pytest.fixture
def wang(desk: Desk) -> str:
    return desk.accounts.add("wang", "王一", OFFICE, password=GOOD, by="test")


@pytest.fixture
def boss(desk: Desk) -> str:
    return desk.accounts.add("boss", "石岩", ADMIN, password=GOOD, by="test")


# --- signing in -----------------------------------------------------------------------------------


def test_a_page_that_needs_somebody_leads_to_the_form_and_back(desk: Desk, wang: str) -> None:
    del wang
    away = desk.get("/coverage?level=grid")
    assert (away.status_code, away.headers["location"]) == (
        303,
        "/sign-in?next=%2Fcoverage%3Flevel%3Dgrid",
    )
    shown = desk.get(away.headers["location"])
    assert shown.status_code == 200
    assert 'name="next" value="/coverage?level=grid"' in shown.text
    entered = desk.post(
        "/sign-in",
        on=away.headers["location"],
        name="wang",
        password=GOOD,
        next="/coverage?level=grid",
    )
    assert (entered.status_code, entered.headers["location"]) == (303, "/coverage?level=grid")
    assert desk.get("/coverage?level=grid").status_code == 200


def test_the_cookie_is_kept_from_scripts_and_other_sites(desk: Desk, wang: str) -> None:
    """AUT-09 on plain http: the prefix and Secure come with https."""
    del wang
    kept = cookie_of(desk.sign_in(), "gridmap_session")
    assert {"httponly", "path=/", "samesite=lax"} <= kept
    assert "secure" not in kept


def test_with_https_the_cookie_is_bound_to_this_host(file: Path) -> None:
    """AUT-09."""
    desk = desk_over(file, https=True)
    desk.client.base_url = httpx2.URL("https://127.0.0.1")
    desk.accounts.add("wang", "王一", OFFICE, password=GOOD, by="test")
    kept = cookie_of(desk.sign_in(), "__Host-gridmap_session")
    assert {"httponly", "path=/", "samesite=lax", "secure"} <= kept
    assert not any(part.startswith("domain") for part in kept)
    desk.accounts.store.close()


def cookie_of(answer: Any, name: str) -> set[str]:
    (found,) = [c for c in answer.headers.get_list("set-cookie") if c.startswith(f"{name}=")]
    return {part.strip().lower() for part in found.split(";")[1:]}


def test_a_refusal_says_why_in_one_sentence_and_keeps_the_name(desk: Desk, wang: str) -> None:
    del wang
    answers = [desk.sign_in("wang", "a guess"), desk.sign_in("<b>nobody", GOOD)]
    for answer in answers:
        assert answer.status_code == 401
        assert "is not right, or the account is locked for a while." in answer.text
        assert "gridmap_session=" not in str(answer.headers.get_list("set-cookie"))
        assert GOOD not in answer.text
        assert answer.headers["cache-control"] == "no-store"
    assert 'value="wang"' in answers[0].text
    assert "<b>nobody" not in answers[1].text
    assert "&lt;b&gt;nobody" in answers[1].text


def test_a_session_that_was_planted_is_not_taken_over(desk: Desk, wang: str) -> None:
    """AUT-06."""
    del wang
    desk.client.cookies.set("gridmap_session", "planted")
    desk.sign_in()
    tokens = {c.value for c in desk.client.cookies.jar if c.name == "gridmap_session"}
    assert desk.accounts.by_session("planted") is None
    assert any(desk.accounts.by_session(str(token)) for token in tokens)


@pytest.mark.parametrize(
    "to",
    [
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "https://evil.example/",
        "javascript:alert(1)",
        "evil.example",
        "/sign-in?next=/sign-in",
        "/" + "x" * 3000,
        "",
    ],
)
def test_one_goes_on_at_our_own_pages_only(desk: Desk, wang: str, to: str) -> None:
    """AUT-16."""
    del wang
    answer = desk.sign_in(next=to)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_who_has_signed_in_is_sent_on_from_the_form(desk: Desk, wang: str) -> None:
    del wang
    desk.sign_in()
    assert desk.get("/sign-in?next=/coverage").headers["location"] == "/coverage"
    assert desk.get("/sign-in?next=//evil.example").headers["location"] == "/"


def test_a_source_that_guesses_is_asked_to_wait(file: Path) -> None:
    """AUT-02."""
    desk = desk_over(file, AccountRules(attempts_of_source=2))
    for _ in range(2):
        assert desk.sign_in("nobody", "a guess").status_code == 401
    answer = desk.sign_in("nobody", "a guess")
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 900
    assert "wait 15 minutes" in answer.text
    desk.accounts.store.close()


def test_a_register_without_accounts_says_how_the_first_is_made(desk: Desk) -> None:
    assert "gridmap user add" in desk.get("/sign-in").text
    desk.accounts.add("wang", "王一", OFFICE, password=GOOD, by="test")
    assert "gridmap user add" not in desk.get("/sign-in").text


# --- forms from elsewhere -------------------------------------------------------------------------


def test_a_sign_in_from_another_site_is_refused(desk: Desk, wang: str) -> None:
    """WEB-14: nobody is signed in as somebody else without knowing."""
    del wang
    desk.get("/sign-in")
    for token in ("", "guess", None):
        fields = {"name": "wang", "password": GOOD} | (
            {} if token is None else {"csrf_token": token}
        )
        answer = desk.client.post("/sign-in", data=fields)
        assert answer.status_code == 403
        assert "gridmap_session=" not in str(answer.headers.get_list("set-cookie"))


def test_no_form_of_an_account_is_taken_without_its_token(desk: Desk, wang: str, boss: str) -> None:
    """WEB-12, WEB-13, WEB-14: neither signing out nor anything else."""
    desk.sign_in("boss")
    forms = {
        "/sign-out": {},
        "/me/password": {"old": GOOD, "new": OTHER, "again": OTHER},
        "/me/sessions/end": {},
        "/me/tokens": {"label": "x"},
        "/me/tokens/revoke": {"token_id": "x"},
        "/me/totp": {"step": "start"},
        "/people": {"name": "x", "sign_in": "xx", "role": "leader"},
        f"/people/{wang}": {"version": 1, "name": "x"},
        f"/people/{wang}/grants": {"version": 1},
        f"/people/{wang}/password": {"version": 1},
        f"/people/{wang}/disable": {"version": 1},
        f"/people/{wang}/enable": {"version": 1},
        f"/people/{wang}/unlock": {"version": 1},
    }
    for path, fields in forms.items():
        for token in ({}, {"csrf_token": "guess"}):
            assert desk.client.post(path, data={**fields, **token}).status_code == 403, path
        plain = {"content-type": "text/plain"}
        assert desk.client.post(path, content=b"{}", headers=plain).status_code == 403, path
    assert desk.accounts.account(wang).version == desk.accounts.account(boss).version == 1
    assert len(desk.accounts.people()) == 2
    assert desk.get("/me").status_code == 200


def test_looking_changes_nothing(desk: Desk, wang: str, boss: str) -> None:
    """WEB-13."""
    del boss
    desk.sign_in("boss")
    told = desk.accounts.store.journal.last()
    for path in ("/sign-out", f"/people/{wang}/disable", "/me/tokens", "/me/totp"):
        assert desk.get(path).status_code == 405
    assert desk.accounts.store.journal.last() == told


# --- signing out ----------------------------------------------------------------------------------


def test_signing_out_ends_it_and_leaves_nothing_behind(desk: Desk, wang: str) -> None:
    """AUT-07, WEB-20."""
    del wang
    desk.sign_in()
    token = desk.client.cookies["gridmap_session"]
    assert desk.get("/me").headers["cache-control"] == "no-store"
    answer = desk.post("/sign-out", on="/me")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert answer.headers["clear-site-data"] == '"cache"'
    assert desk.accounts.by_session(token) is None
    assert desk.get("/me").headers["location"].startswith("/sign-in")


def test_signing_out_of_a_session_that_is_over_is_no_error(desk: Desk) -> None:
    answer = desk.client.post("/sign-out")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


# --- one's own account ----------------------------------------------------------------------------


def test_a_one_time_password_lets_nobody_past_choosing_their_own(desk: Desk) -> None:
    first = desk.accounts.one_time_password()
    desk.accounts.add("li", "李二", OFFICE, password=first, by="test", must_change=True)
    assert desk.sign_in("li", first).headers["location"] == "/me"
    assert desk.get("/coverage").headers["location"] == "/me"
    assert "made by somebody else" in desk.get("/me").text
    changed = desk.post("/me/password", on="/me", old=first, new=GOOD, again=GOOD)
    assert changed.headers["location"] == "/me?done=password"
    assert "Your password is changed" in desk.get("/me?done=password").text
    assert desk.get("/coverage").status_code == 200


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"old": "a guess", "new": OTHER, "again": OTHER}, 401, "present password is wrong"),
        ({"old": GOOD, "new": OTHER, "again": GOOD}, 422, "new passwords differ"),
        ({"old": GOOD, "new": "1234567890", "again": "1234567890"}, 422, "too easy to guess"),
        ({"old": GOOD, "new": "short", "again": "short"}, 422, "10 to 200 characters"),
    ],
)
def test_a_password_is_refused_beside_its_field(
    desk: Desk, wang: str, fields: dict[str, str], status: int, said: str
) -> None:
    del wang
    desk.sign_in()
    answer = desk.post("/me/password", on="/me", **fields)
    assert answer.status_code == status
    fault = re.search(r'<span class="fault" role="alert">([^<]+)<', answer.text)
    assert fault is not None
    assert said in fault.group(1)
    desk.another().sign_in()


def test_changing_the_password_signs_out_everywhere_else(desk: Desk, wang: str) -> None:
    """AUT-07."""
    del wang
    telephone = desk.another()
    desk.sign_in()
    telephone.sign_in()
    desk.post("/me/password", on="/me", old=GOOD, new=OTHER, again=OTHER)
    assert desk.get("/me").status_code == 200
    assert telephone.get("/me").status_code == 303


def test_another_session_is_listed_and_ended(desk: Desk, wang: str) -> None:
    """AUT-14."""
    telephone = desk.another()
    telephone.client.headers["user-agent"] = "Telephone <1>"
    desk.sign_in()
    telephone.sign_in()
    page = desk.get("/me").text
    assert "Telephone &lt;1&gt;" in page
    (row,) = [row for row in desk.accounts.sessions(wang) if row.agent.startswith("Telephone")]
    assert f'value="{row.session_id}"' in page
    done = desk.post("/me/sessions/end", on="/me", session_id=row.session_id)
    assert done.headers["location"] == "/me?done=sessions"
    assert telephone.get("/me").status_code == 303
    gone = desk.post("/me/sessions/end", on="/me", session_id=row.session_id)
    assert gone.status_code == 404
    assert "ended already" in gone.text


def test_an_authenticator_is_set_up_used_and_dropped_on_the_page(desk: Desk, wang: str) -> None:
    desk.sign_in()
    assert desk.post("/me/totp", on="/me", step="start").headers["location"] == "/me#authenticator"
    page = desk.get("/me").text
    assert "data:image/svg+xml" in page
    secret = ONCE.search(page)
    assert secret is not None
    wrong = desk.post("/me/totp", on="/me", step="confirm", code="12345")
    assert wrong.status_code == 422
    assert "The code is wrong" in wrong.text
    code = pyotp.TOTP(secret.group(1)).now()
    assert desk.post("/me/totp", on="/me", step="confirm", code=code).status_code == 303
    assert secret.group(1) not in desk.get("/me").text
    assert desk.another().sign_in().status_code == 401
    assert desk.another().sign_in(code=code).status_code == 401  # it was used to confirm
    assert desk.post("/me/totp", on="/me", step="drop", password=GOOD).status_code == 303
    assert not desk.accounts.account(wang).has_totp


# --- tokens ---------------------------------------------------------------------------------------


def test_a_token_is_made_on_the_page_shown_once_and_revoked(desk: Desk, wang: str) -> None:
    desk.sign_in()
    made = desk.post("/me/tokens", on="/me", label="nightly <export>", days="7")
    assert (made.status_code, made.headers["cache-control"]) == (201, "no-store")
    secret = ONCE.search(made.text)
    assert secret is not None
    page = desk.get("/me").text
    assert secret.group(1) not in page
    assert "nightly &lt;export&gt;" in page
    assert asks(desk, secret.group(1)).status_code == 200
    (row,) = desk.accounts.tokens(wang)
    assert desk.post("/me/tokens/revoke", on="/me", token_id=row.token_id).status_code == 303
    assert asks(desk, secret.group(1)).status_code == 401
    refused = desk.post("/me/tokens", on="/me", label="x", days="91")
    assert refused.status_code == 422
    assert "from 1 to 90 days" in refused.text


def test_a_token_makes_no_further_token(desk: Desk, wang: str) -> None:
    secret, _ = desk.accounts.issue_token(wang, "export", 1)
    bearer = {"authorization": f"Bearer {secret}"}
    made = desk.another().client.post("/me/tokens", data={"label": "x"}, headers=bearer)
    assert made.status_code == 401
    assert len(desk.accounts.tokens(wang)) == 1


def asks(desk: Desk, secret: str, path: str = "/api/v1/tokens") -> Any:
    """Ask as a program does: a bearer token and no cookie."""
    return desk.another().client.get(path, headers={"authorization": f"Bearer {secret}"})


def test_a_program_gets_lists_and_revokes_its_token(desk: Desk, wang: str) -> None:
    """AUT-12."""
    del wang
    program = desk.another().client
    made = program.post(
        "/api/v1/tokens", json={"name": "WANG", "password": GOOD, "label": "export", "days": 7}
    )
    assert made.status_code == 201
    assert set(made.json()) == {
        "token",
        "token_id",
        "label",
        "created_at",
        "expires_at",
        "used_at",
    }
    assert made.headers["cache-control"] == "no-store"
    assert "set-cookie" not in made.headers
    bearer = {"authorization": f"Bearer {made.json()['token']}"}
    listed = program.get("/api/v1/tokens", headers=bearer)
    assert [row["label"] for row in listed.json()["tokens"]] == ["export"]
    assert made.json()["token"] not in listed.text
    path = f"/api/v1/tokens/{made.json()['token_id']}"
    assert program.delete(path, headers=bearer).status_code == 204
    gone = program.get("/api/v1/tokens", headers=bearer)
    assert (gone.status_code, gone.json()["code"]) == (401, "sign-in")


def test_a_program_that_guesses_is_locked_out_and_throttled_like_anybody(
    file: Path,
) -> None:
    desk = desk_over(file, AccountRules(attempts_of_source=6))
    desk.accounts.add("wang", "王一", OFFICE, password=GOOD, by="test")
    asked = {"name": "wang", "password": "a guess"}
    for _ in range(5):
        assert desk.client.post("/api/v1/tokens", json=asked).status_code == 401
    right = desk.client.post("/api/v1/tokens", json={**asked, "password": GOOD})
    assert (right.status_code, right.json()["code"]) == (401, "sign-in")
    waits = desk.client.post("/api/v1/tokens", json=asked)
    assert (waits.status_code, waits.json()["code"]) == (429, "throttled")
    assert int(waits.headers["retry-after"]) > 0
    desk.accounts.store.close()


@pytest.mark.parametrize(
    "body",
    [
        {"name": "wang"},
        {"name": "wang", "password": GOOD, "days": 0},
        {"name": "wang", "password": GOOD, "days": 91},
        {"name": "wang", "password": GOOD, "days": "7"},
        {"name": "wang", "password": GOOD, "label": ""},
        {"name": "wang", "password": GOOD, "label": "\ud800"},
        {"name": "wang", "password": GOOD, "role": "leader"},
    ],
)
def test_a_token_that_cannot_be_is_refused(desk: Desk, wang: str, body: dict[str, Any]) -> None:
    import json  # noqa: PLC0415 - the client's own writer refuses a lone surrogate

    sent = json.dumps(body).encode()
    kind = {"content-type": "application/json"}
    answer = desk.client.post("/api/v1/tokens", content=sent, headers=kind)
    assert answer.status_code == 422
    assert desk.accounts.tokens(wang) == []


# --- administration -------------------------------------------------------------------------------


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


# --- the demo -------------------------------------------------------------------------------------


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


# --- single sign-on -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with serving(Provider()) as made:
        yield made


@pytest.fixture
def linked(file: Path, provider: Provider) -> Iterator[Desk]:
    """Return a desk at a service with single sign-on, where s-1 is linked to wang."""
    provider.reset()
    made = desk_over(
        file,
        oidc_issuer=provider.address,
        oidc_client_id=CLIENT,
        oidc_client_secret=SECRET,
        oidc_label="City <SSO>",
        base_url="http://127.0.0.1",
    )
    person_id = made.accounts.add("wang", "王一", OFFICE, password=None, by="test")
    made.accounts.link_subject(person_id, "s-1", by="test", version=1)
    yield made
    made.accounts.store.close()


def come_back(desk: Desk, to: str = "/coverage") -> Any:
    """Go to the provider and come back as a browser does."""
    away = desk.get(f"/sign-in/oidc?next={to}")
    assert away.status_code == 302
    back = httpx2.get(away.headers["location"], follow_redirects=False)
    where = urlsplit(back.headers["location"])
    return desk.get(f"{where.path}?{where.query}")


def test_whom_the_provider_names_is_signed_in_and_goes_on(linked: Desk) -> None:
    assert "City &lt;SSO&gt;" in linked.get("/sign-in").text
    entered = come_back(linked)
    assert (entered.status_code, entered.headers["location"]) == (303, "/coverage")
    assert linked.get("/coverage").status_code == 200
    assert linked.accounts.store.journal.entries(1)[0].action == "sign-in"


def test_the_flow_uses_pkce_a_nonce_and_our_own_address(linked: Desk, provider: Provider) -> None:
    """WEB-18: the address to come back to is the operator's, not the request's."""
    linked.client.headers["host"] = "evil.example"
    away = linked.get("/sign-in/oidc")
    asked = {k: v[0] for k, v in parse_qs(urlsplit(away.headers["location"]).query).items()}
    assert away.headers["location"].startswith(f"{provider.address}/authorize?")
    assert asked["redirect_uri"] == "http://127.0.0.1/sign-in/oidc/callback"
    assert (asked["code_challenge_method"], asked["response_type"]) == ("S256", "code")
    assert asked["scope"] == "openid"
    assert len(asked["nonce"]) >= 20
    assert len(asked["state"]) >= 20


BAD: dict[str, dict[str, Any]] = {
    "another nonce": {"claims": {"nonce": "another"}},
    "no nonce": {"claims": {"nonce": None}},
    "another issuer": {"claims": {"iss": "http://evil.example"}},
    "no issuer": {"claims": {"iss": None}},
    "for another service": {"claims": {"aud": "another"}},
    "for another party": {"claims": {"azp": "another"}},
    "expired": {"claims": {"iat": 1_000_000_000, "exp": 1_000_000_300}},
    "without an end": {"claims": {"exp": None}},
    "without a subject": {"claims": {"sub": None}},
    "an empty subject": {"claims": {"sub": ""}},
    "not signed": {"fault": "alg none"},
    "signed with the shared secret": {"fault": "secret as key"},
    "signed by another": {"fault": "other key"},
    "no identity": {"fault": "no token"},
    "the provider is broken": {"fault": "broken"},
}


@pytest.mark.parametrize("case", BAD)
def test_what_the_provider_does_not_rightly_say_signs_nobody_in(
    linked: Desk, provider: Provider, case: str
) -> None:
    for name, value in BAD[case].items():
        setattr(provider, name, value)
    answer = come_back(linked)
    assert answer.status_code == 401
    assert "did not confirm who you are" in answer.text
    assert "gridmap_session" not in linked.client.cookies


def test_a_provider_that_calls_itself_otherwise_is_not_ours(file: Path) -> None:
    with serving(Provider(issuer="http://evil.example")) as other:
        settings = {"oidc_client_id": CLIENT, "oidc_client_secret": SECRET}
        desk = desk_over(file, oidc_issuer=other.address, **settings)
        answer = desk.get("/sign-in/oidc")
    assert answer.status_code == 401
    desk.accounts.store.close()


def test_a_provider_that_is_away_is_said_to_be(file: Path) -> None:
    settings = {"oidc_client_id": CLIENT, "oidc_client_secret": SECRET}
    desk = desk_over(file, oidc_issuer="http://127.0.0.1:9", **settings)
    assert desk.get("/sign-in/oidc").status_code == 401
    desk.accounts.store.close()


def test_whom_no_account_names_is_refused_plainly(linked: Desk, provider: Provider) -> None:
    provider.subject = "s-2"
    answer = come_back(linked)
    assert answer.status_code == 401
    assert "No account here is linked to you yet" in answer.text


def test_an_answer_that_was_not_asked_for_is_refused(linked: Desk) -> None:
    """Login CSRF: the state belongs to the browser that left."""
    away = linked.get("/sign-in/oidc")
    back = httpx2.get(away.headers["location"], follow_redirects=False)
    where = urlsplit(back.headers["location"])
    victim = linked.another()
    assert victim.get(f"{where.path}?{where.query}").status_code == 401
    linked.client.cookies.set("gridmap_oidc", "forged", path="/sign-in/oidc")
    assert victim.get(f"{where.path}?code=x&state=y").status_code == 401
    assert victim.get(f"{where.path}?error=access_denied&state=y").status_code == 401


def test_an_answer_counts_once(linked: Desk) -> None:
    away = linked.get("/sign-in/oidc")
    back = httpx2.get(away.headers["location"], follow_redirects=False)
    where = urlsplit(back.headers["location"])
    assert linked.get(f"{where.path}?{where.query}").status_code == 303
    assert linked.another().get(f"{where.path}?{where.query}").status_code == 401


def test_without_a_provider_there_is_no_such_way_in(desk: Desk) -> None:
    assert desk.get("/sign-in/oidc").status_code == 404
    assert desk.get("/sign-in/oidc/callback").status_code == 404
    assert "/sign-in/oidc" not in desk.get("/sign-in").text


def test_an_administrator_links_a_person_to_the_provider(linked: Desk, provider: Provider) -> None:
    provider.subject = "s-9"
    linked.accounts.add("boss", "石岩", ADMIN, password=GOOD, by="test")
    li = linked.accounts.add("li", "李二", OFFICE, password=None, by="test")
    admin = linked.another()
    admin.sign_in("boss")
    done = admin.post(f"/people/{li}", on=f"/people/{li}", version="1", name="李二", subject="s-9")
    assert done.status_code == 303
    assert come_back(linked).status_code == 303
    taken = admin.post(f"/people/{li}", on=f"/people/{li}", version="3", name="李二", subject="s-1")
    assert taken.status_code == 409
