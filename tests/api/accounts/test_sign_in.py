"""Signing in and out over HTTP, and forms that come from elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
import pytest

from geodata.accounts import AccountRules

from .conftest import (
    GOOD,
    OFFICE,
    OTHER,
    Desk,
    desk_over,
)


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
