"""What every test may ask for."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


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
