"""The pages over registers that stand still."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from tests.web import fakes


@pytest.fixture(scope="session")
def wide_town() -> Iterator[TestClient]:
    with TestClient(fakes.site(fakes.wide_town())) as client:
        yield client


@pytest.fixture(scope="session")
def small_town() -> Iterator[TestClient]:
    with TestClient(fakes.site(fakes.small_town())) as client:
        yield client


@pytest.fixture(scope="session")
def empty_register() -> Iterator[TestClient]:
    with TestClient(fakes.site(fakes.empty_register())) as client:
        yield client


@pytest.fixture(scope="session")
def named_badly() -> Iterator[TestClient]:
    with TestClient(fakes.site(fakes.named_badly())) as client:
        yield client


@pytest.fixture(autouse=True)
def forget_language(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    for name in ("wide_town", "small_town", "empty_register", "named_badly"):
        if name in request.fixturenames:
            request.getfixturevalue(name).cookies.clear()
