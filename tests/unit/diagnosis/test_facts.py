from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from lamplighter.diagnosis.facts import collect, unbroken
from lamplighter.domain.change import Change

if TYPE_CHECKING:
    from lamplighter.domain.evidence import Case
    from tests.unit.diagnosis.conftest import Shop


def test_facts_are_numbered_in_order_and_logs_come_last(shop: Shop) -> None:
    facts = collect(shop.log("store", "ERROR odd", "No space left on device").container("store").case())
    assert [fact.id for fact in facts] == ["f1", "f2", "f3", "f4"]
    assert [fact.kind for fact in facts] == ["alert", "state", "log_sign", "log_error"]


def test_the_alert_speaks_of_the_subject(shop: Shop) -> None:
    fact = collect(shop.case())[0]
    assert (fact.component, fact.values["state"], fact.values["check"]) == ("front", "firing", "front answers")


def test_a_change_is_read_with_its_family(shop: Shop) -> None:
    change = Change(shop.now - timedelta(minutes=5), "store", "image shop:2 rolled out", "ansible")
    fact = next(fact for fact in collect(replace(shop.case(), changes=(change,))) if fact.kind == "change")
    assert (fact.component, fact.values["family"], fact.at) == ("store", "deploy", change.at)


def test_a_failed_look_is_a_fact(shop: Shop) -> None:
    fact = collect(shop.failed("docker.inspect", "store", "connection refused").case())[-1]
    assert (fact.kind, fact.text) == ("look_failed", "docker.inspect of store failed: connection refused")


def test_a_change_that_is_still_to_come_is_told_as_such(shop: Shop) -> None:
    case = shop.case()
    soon, later = (Change(case.at + timedelta(minutes=minutes), "store", "deploy 2", "feed") for minutes in (4, 6))
    kinds = {fact.kind: fact.text for fact in collect(replace(case, changes=(soon, later)))}
    assert kinds["change"] == "store was changed: deploy 2"
    assert kinds["change_later"].startswith("still to come")


def test_no_name_or_value_steers_a_terminal(shop: Shop) -> None:
    shop.container("st\x1b[31more\x07\u202e").log("store", "open /etc/\u202ex: permission denied")
    facts = collect(shop.case())
    assert {fact.component for fact in facts} == {"front", "store"}
    assert all(str(value).isprintable() for fact in facts for value in fact.values.values())


def test_a_look_that_breaks_off_costs_no_diagnosis(shop: Shop) -> None:
    def breaking(case: Case) -> list[str]:
        return [case.id][7:8] or [{}[case.id]]

    found, broke = unbroken(breaking, shop.case())
    assert found is None
    assert [(fact.kind, fact.values["broke"]) for fact in broke] == [("unreadable", "KeyError")]
    assert unbroken(lambda case: case.id, shop.case()) == ("case-1", [])
