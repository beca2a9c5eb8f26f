"""Saved views over HTTP: questions to the ledger that people keep for themselves."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from geodata.views import LONGEST_NAME, LONGEST_QUERY, MOST
from tests.closed_loop import desk
from tests.people import client_of

PATH = "/api/v1/views"


def save(client: TestClient, name: str = "超时", query: str = "light=red&open=true") -> Any:
    return client.post(PATH, json={"name": name, "query": query})


def names(client: TestClient) -> list[str]:
    return [view["name"] for view in client.get(PATH).json()["views"]]


def test_a_view_is_kept_until_it_is_removed(loop: FastAPI) -> None:
    office = client_of(loop, "city_office")
    answer = save(office)
    assert answer.status_code == 201
    (view,) = office.get(PATH).json()["views"]
    assert view == answer.json()
    assert (view["name"], view["query"]) == ("超时", "light=red&open=true")
    assert office.delete(f"{PATH}/{view['view_id']}").status_code == 204
    assert names(office) == []
    assert office.delete(f"{PATH}/{view['view_id']}").status_code == 404


def test_views_are_ones_own(loop: FastAPI) -> None:
    office, unit = client_of(loop, "city_office"), desk(loop)
    key = save(office).json()["view_id"]
    save(unit, "待接收")
    assert (names(office), names(unit)) == (["超时"], ["待接收"])
    assert unit.delete(f"{PATH}/{key}").status_code == 404
    assert names(office) == ["超时"]
    assert TestClient(loop, base_url="http://127.0.0.1").get(PATH).status_code == 401


def test_a_view_of_the_same_name_takes_the_place_of_the_one_before(loop: FastAPI) -> None:
    office = client_of(loop, "city_office")
    save(office)
    save(office, " 超时 ", "light=yellow")
    assert [view["query"] for view in office.get(PATH).json()["views"]] == ["light=yellow"]


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("", ""),
        ("  ", ""),
        ("x" * (LONGEST_NAME + 1), ""),
        ("x\x00", ""),
        ("x", "x" * (LONGEST_QUERY + 1)),
    ],
)
def test_a_view_that_cannot_be_is_refused(loop: FastAPI, name: str, query: str) -> None:
    office = client_of(loop, "city_office")
    assert save(office, name, query).status_code == 422
    assert names(office) == []


def test_somebody_has_so_many_views_and_no_more(loop: FastAPI) -> None:
    office = client_of(loop, "city_office")
    for number in range(MOST):
        assert save(office, f"视图{number}").status_code == 201
    assert save(office, "还有一个").status_code == 422
    assert save(office, "视图0", "open=true").status_code == 201  # in the place of one
    assert len(names(office)) == MOST
    assert names(client_of(loop, "leader")) == []
