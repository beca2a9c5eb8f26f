"""Hot stretches over HTTP."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

ROADS = "/api/v1/hotspots/roads"


def test_too_few_pieces_of_road_are_said_and_not_drawn(client: TestClient) -> None:
    answer = client.get(ROADS, params={"until": "2026-06-01"})
    assert answer.status_code == 422
    assert answer.json()["code"] == "too-little-data"


@pytest.mark.parametrize(
    "asked",
    [
        {"since": "2026-06-02", "until": "2026-06-01"},
        {"lixel_m": "0"},
        {"reach_m": "nan"},
        {"lixel_m": "1e9"},
        {"by": "grid"},
    ],
)
def test_what_cannot_be_asked_is_refused(client: TestClient, asked: dict[str, str]) -> None:
    assert client.get(ROADS, params=asked).status_code == 400
