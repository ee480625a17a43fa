from __future__ import annotations

from lamplighter.diagnosis.same_log import MORE_MAX, as_often
from lamplighter.domain.evidence import Fact


def _fact(id_: str, count: float, kind: str = "log_error", evidence: str = "e1", **values: str) -> Fact:
    said = {"template": id_, **values, "count": count}
    return Fact(id_, evidence, "quay", kind, id_, None, "", said)


CITED = _fact("f1", 100, "log_sign", sign="tls")


def test_errors_that_the_same_log_holds_as_often_are_told_too() -> None:
    facts = [CITED, _fact("f2", 60), _fact("f3", 49), _fact("f4", 90), _fact("f5", 90, evidence="e2")]
    assert [fact.id for fact in as_often([CITED], facts)] == ["f4", "f2"]


def test_what_says_the_same_is_told_once_and_there_is_a_bound() -> None:
    again = [_fact(f"s{place}", 100, "log_sign", sign="tls") for place in range(3)]
    assert as_often([CITED], again) == ()
    assert len(as_often([CITED], [_fact(f"f{place}", 100) for place in range(9)])) == MORE_MAX


def test_of_few_lines_or_of_a_state_nothing_more_is_told() -> None:
    others = [_fact("f2", 100)]
    assert as_often([_fact("f1", 3)], others) == ()
    assert as_often([_fact("f1", 100, "state")], others) == ()
    assert as_often([], others) == ()
