from __future__ import annotations

from string import Formatter

import pytest

from lamplighter.diagnosis.catalogue import CATALOGUE
from lamplighter.diagnosis.first_aid import STEPS
from lamplighter.diagnosis.readers.signs import SIGNS

FIELDS = {"component", "file", "line_number", "key", "port", "path", "variable", "memory_limit"}


def test_it_is_for_kinds_of_fault_and_signs_that_there_are() -> None:
    assert STEPS.keys() <= {kind.name for kind in CATALOGUE} | {sign.name for sign in SIGNS}


@pytest.mark.parametrize("name", STEPS)
def test_a_step_is_one_sentence_whose_first_clause_is_always_said(name: str) -> None:
    assert len(STEPS[name]) == 2
    for step in STEPS[name]:
        named = [{field for _, field, _, _ in Formatter().parse(clause) if field} for clause in step]
        assert named[0] <= {"component"}
        assert set().union(*named) <= FIELDS
        assert not step[0].endswith(".")
        assert step[0][0].islower()


def test_no_two_kinds_have_the_same_first_step() -> None:
    firsts = [steps[0] for steps in STEPS.values()]
    assert len(set(firsts)) == len(firsts)
