"""Many writers at once, over HTTP and on both stores: one wins, the others are told by whom."""

from __future__ import annotations

import random
from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

from fastapi import FastAPI
from starlette.testclient import TestClient

from geodata.store import Store
from gridmap.access import Scope
from tests.people import client_of

WEST, EAST = "232701100001", "232701100002"
FREE = f"{WEST}004"
GRIDS = [f"{WEST}00{n}" for n in range(1, 5)]
WRITERS = 50


def seen(client: TestClient) -> int:
    found: int = client.get("/api/v1/desk").json()["seen"]
    return found


def give(client: TestClient, grids: list[str], unit: str, at: int, **more: Any) -> Any:
    body = {
        "targets": [{"target_kind": "grid", "target": grid} for grid in grids],
        "units": [{"unit_id": unit}],
        "since": "2026-07-01",
        **more,
    }
    return client.post("/api/v1/assignments", json=body, headers={"If-Match": f'"{at}"'})


def all_at_once(tasks: list[Callable[[], Any]]) -> list[Any]:
    ready, answers = Barrier(len(tasks)), []

    def run(task: Callable[[], Any]) -> None:
        ready.wait()
        answers.append(task())

    threads = [Thread(target=run, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_of_fifty_who_write_on_one_grid_one_wins_and_the_others_are_told(
    town_store: Store, served_town: FastAPI
) -> None:
    app = served_town
    clients = [
        client_of(app, "city_office"),
        client_of(app, "district_office", Scope("division", "232701")),
        client_of(app, "subdistrict_office", Scope("division", WEST)),
    ]
    at = seen(clients[0])
    units = ["u1", "u2", "u3"]
    tasks = [
        lambda n=n: give(clients[n % 3], [FREE], units[n % 3], at)  # type: ignore[misc]
        for n in range(WRITERS)
    ]
    answers = all_at_once(tasks)
    assert sorted(answer.status_code for answer in answers) == [201] + [412] * (WRITERS - 1)
    (winner,) = [answer.json() for answer in answers if answer.status_code == 201]
    for answer in answers:
        if answer.status_code == 412:
            (change,) = answer.json()["changes"]
            assert change["target"] == FREE
            assert change["entry"] == winner["entry"] == answer.json()["seen"]
            assert change["unit_id"] == winner["added"]["unit_id"][0]
            assert change["unit_name"]
            assert change["who"]
            assert change["at"]
    held = clients[0].get("/api/v1/assignments", params={"target": FREE, "as_of": "2026-07-01"})
    assert len(held.json()["assignments"]) == 1
    assert town_store.verify() is None


def test_batches_that_overlap_are_each_whole_or_not_at_all(
    town_store: Store, served_town: FastAPI
) -> None:
    office = client_of(served_town, "city_office")
    rng = random.Random(7)  # noqa: S311 - an order, no secret
    batches = [rng.sample(GRIDS, 3) for _ in range(20)]
    units = ["u2", "u3"]  # neither holds two of the grids: any two batches touch the same grid
    at = seen(office)
    tasks = [
        lambda n=n: give(office, batches[n], units[n % 2], at, take_over=True)  # type: ignore[misc]
        for n in range(len(batches))
    ]
    answers = all_at_once(tasks)
    assert {answer.status_code for answer in answers} <= {200, 201, 412}
    won = [answer.json() for answer in answers if answer.status_code == 201]
    touched: list[str] = []
    for step in won:
        batch = set(step["added"]["target"])
        assert not batch & set(touched)  # every two batches of three of four grids overlap
        touched += batch
    assert len([step for step in won if step["entry"] is not None]) == 1
    assert town_store.verify() is None
