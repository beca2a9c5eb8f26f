"""What a refusal calls what somebody may not do: words, never a code."""

from __future__ import annotations

import pytest

from api.sentences import sentence
from api.terms import PERMISSIONS
from gridmap.access import CITY, PERMITS, Grant, Person, require
from gridmap.errors import ForbiddenError


def test_everything_that_may_be_refused_has_words() -> None:
    assert set(PERMISSIONS) == set(PERMITS)


def test_a_refusal_names_the_act_in_words_and_keeps_its_code_for_the_log() -> None:
    auditor = Person("p1", "王一", frozenset({Grant("auditor", CITY)}))
    with pytest.raises(ForbiddenError) as refused:
        require(auditor, "claim.decide")
    assert sentence(refused.value, "en") == "Your role does not allow this (decide on claims)."
    assert str(refused.value) == "Your role does not allow this (claim.decide)."
