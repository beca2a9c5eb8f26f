"""Single sign-on, with a provider that can be told to do everything wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from tests.oidc_provider import CLIENT, SECRET, Provider, serving

from .conftest import (
    ADMIN,
    GOOD,
    OFFICE,
    Desk,
    desk_over,
)


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
