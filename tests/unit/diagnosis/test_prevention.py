from __future__ import annotations

from string import Formatter

import pytest

from lamplighter.diagnosis.catalogue import CATALOGUE
from lamplighter.diagnosis.prevention import PREVENTION


def test_it_is_for_kinds_that_there_are() -> None:
    assert PREVENTION.keys() <= {kind.name for kind in CATALOGUE}


@pytest.mark.parametrize("name", PREVENTION)
def test_there_are_one_or_two_steps_whose_first_clause_is_always_said(name: str) -> None:
    assert 1 <= len(PREVENTION[name]) <= 2
    for step in PREVENTION[name]:
        assert {field for _, field, _, _ in Formatter().parse(step[0]) if field} <= {"component"}
