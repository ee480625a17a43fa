from __future__ import annotations

from lamplighter.diagnosis.catalogue import CATALOGUE
from lamplighter.diagnosis.catalogue.fault_kind import Absent, AtLeast, Below, Clue
from lamplighter.diagnosis.readers.signs import SIGNS
from lamplighter.domain.evidence import Fact

FACT = Fact("f1", "e1", "store", "state", "", values={"exit_code": 137.0, "status": "exited"})


def test_a_clue_tests_the_values_of_one_kind_of_fact() -> None:
    assert Clue("state", 1.0, {"exit_code": (1.0, 137.0), "status": "exited", "error": Absent()}).matches(FACT)
    assert Clue("state", 1.0, {"exit_code": AtLeast(137.0)}).matches(FACT)
    assert not Clue("state", 1.0, {"exit_code": Below(137.0)}).matches(FACT)
    assert not Clue("state", 1.0, {"missing": AtLeast(0.0)}).matches(FACT)
    assert not Clue("event", 1.0).matches(FACT)


def test_each_kind_has_one_name_and_something_decisive() -> None:
    names = [kind.name for kind in CATALOGUE]
    assert len(names) == len(set(names))
    assert all(any(clue.decisive and clue.weight > 0 for clue in kind.clues) for kind in CATALOGUE)


def test_each_sign_that_a_clue_names_is_known_to_the_readers() -> None:
    named = {clue.where["sign"] for kind in CATALOGUE for clue in kind.clues if clue.kind == "log_sign"}
    assert named <= {sign.name for sign in SIGNS}
