"""One's own account over HTTP: password, sessions, authenticator, tokens."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pyotp
import pytest

from geodata.accounts import AccountRules

from .conftest import (
    GOOD,
    OFFICE,
    ONCE,
    OTHER,
    Desk,
    desk_over,
)


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
