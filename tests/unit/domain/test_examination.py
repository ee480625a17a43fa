"""The words "root cause" are earned by a look at the component itself."""

from __future__ import annotations

import pytest

from lamplighter.domain.cause import Cause
from lamplighter.domain.evidence import Fact
from lamplighter.domain.examination import examined, title_of


def fact(kind: str, component: str = "shop") -> Fact:
    return Fact("f1", "e1", component, kind, "as it is")


def cause(confidence: float, word: str) -> Cause:
    return Cause(1, "shop", "oom", confidence, word, "it was killed", ("f1",))


@pytest.mark.parametrize("kind", ["state", "health", "probe", "usage", "log", "log_sign", "log_error"])
def test_a_look_at_the_component_examines_it(kind: str) -> None:
    assert examined("shop", [fact("alert"), fact(kind)])


@pytest.mark.parametrize("kind", ["alert", "change", "look_failed", "unreadable", "metric_shift", "rule", "logistics"])
def test_what_others_say_of_it_does_not(kind: str) -> None:
    assert not examined("shop", [fact(kind)])


def test_a_look_at_another_component_does_not() -> None:
    assert not examined("shop", [fact("state", "nas")])


def test_nothing_named_was_never_examined() -> None:
    assert not examined("", [fact("state", "")])


def test_a_likely_cause_of_an_examined_component_is_a_root_cause() -> None:
    assert title_of(cause(0.6, "likely"), [fact("state")]) == "root cause"


def test_a_likely_cause_that_nobody_looked_at_is_only_likely() -> None:
    assert title_of(cause(0.95, "confirmed"), [fact("alert"), fact("state", "nas")]) == "confirmed cause"


def test_a_merely_possible_cause_is_no_root_cause_even_where_it_was_examined() -> None:
    assert title_of(cause(0.4, "possible"), [fact("state")]) == "possible cause"
