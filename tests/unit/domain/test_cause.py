from __future__ import annotations

import pytest

from lamplighter.domain.cause import Cause, Diagnosis, confidence_word
from lamplighter.domain.evidence import Fact

FACTS = tuple(Fact(f"f{number}", "e1", "front", "k", "t") for number in range(3))


def cause(rank: int, *facts: str) -> Cause:
    return Cause(rank, "front", "process_hung", 0.9, "confirmed", "it hangs", facts)


@pytest.mark.parametrize(
    ("confidence", "word"),
    [
        (1.0, "confirmed"),
        (0.9, "confirmed"),
        (0.8999, "likely"),
        (0.6, "likely"),
        (0.5999, "possible"),
        (0.0, "possible"),
        (float("nan"), "possible"),
    ],
)
def test_the_word_for_a_confidence(confidence: float, word: str) -> None:
    assert confidence_word(confidence) == word


def test_the_best_cause_is_the_first() -> None:
    first, second = cause(1), cause(2)
    assert Diagnosis((first, second)).best is first
    assert Diagnosis().best is None


def test_cited_facts_come_in_the_order_of_the_cause_and_only_where_they_exist() -> None:
    cited = Diagnosis(facts=FACTS).cited(cause(1, "f2", "f9", "f0"))
    assert [fact.id for fact in cited] == ["f2", "f0"]
