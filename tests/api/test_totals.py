"""Declared totals over HTTP."""

from __future__ import annotations

from starlette.testclient import TestClient


def test_a_declared_whole_is_set_beside_its_parts_and_beside_the_register(
    client: TestClient,
) -> None:
    declared = [
        {"group": "点位", "declared": 5},
        {"group": "点位", "name": "market", "declared": 1},
        {"group": "点位", "name": "school", "declared": 3},
    ]
    body = client.post(
        "/api/v1/inspection-points/reconciliation", json={"by": "category", "declared": declared}
    ).json()
    found = {row["name"]: row for row in body["rows"]}
    assert (found[None]["counted"], found[None]["sum_of_parts"]) == (2, 4)
    assert (found[None]["unexplained"], found[None]["finding"]) == (1, "unexplained")
    assert (found["market"]["difference"], found["market"]["finding"]) == (0, "agrees")
    assert (found["school"]["difference"], found["school"]["finding"]) == (-2, "differs")


def test_points_are_counted_where_they_lie(client: TestClient) -> None:
    declared = [{"group": "西林吉镇", "name": "向阳社区", "declared": 1}]
    body = client.post(
        "/api/v1/inspection-points/reconciliation", json={"by": "community", "declared": declared}
    ).json()
    found = {row["name"]: (row["counted"], row["finding"]) for row in body["rows"]}
    assert found["向阳社区"] == (1, "agrees")
    assert found["北山社区"] == (1, "undeclared")
