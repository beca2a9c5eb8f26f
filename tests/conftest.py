"""What every test may ask for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from geodata.accounts import passwords
from tests.commands import Commands
from tests.people import CHEAP

FIRST = (
    "scenarios/test_washington.py",
    "browser/test_desk_keyboard.py",
    "contract/test_access.py",
    "scenarios/test_kills.py",
    "scenarios/test_demo.py",
    "api/test_commands.py",
    "geodata/issues/test_model.py",
    "gridmap/test_planning_medians.py",
    "scenarios/test_phones.py",
    "scenarios/test_china.py",
    "browser/field/test_whole_loop.py",
)
"""The longest files, which would leave a core idle if one of them came last."""
SHARED = Path(__file__).resolve().parents[2] / "shared"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first."""
    turns = {Path(__file__).parent / name: turn for turn, name in enumerate(FIRST)}
    items.sort(key=lambda item: turns.get(item.path, len(turns)))  # the rest stays in its order


@pytest.fixture(scope="session", autouse=True)
def cheap_hashes() -> Iterator[None]:
    """
    Hash passwords cheaply where nobody says how.

    Every service hashes once when it is made, which takes nine tenths of making it. What is asked
    of the library's own parameters is asked in `tests.geodata.accounts.test_passwords`.
    """
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(passwords, "PasswordHasher", lambda: CHEAP)
        yield


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real data sets beside the checkout; skip where it is absent."""
    if not (SHARED / "data").is_dir():
        pytest.skip("the real data sets are not beside this checkout")
    return SHARED / "data"


@pytest.fixture(scope="session")
def shared_reference() -> Path:
    """Return the folder of reference values beside the checkout; skip where it is absent."""
    if not (SHARED / "reference").is_dir():
        pytest.skip("the reference values are not beside this checkout")
    return SHARED / "reference"


@pytest.fixture(scope="session")
def commands() -> Iterator[Commands]:
    """Return what runs the command line."""
    made = Commands()
    yield made
    made.close()
