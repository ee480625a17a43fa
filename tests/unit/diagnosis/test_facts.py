from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from lamplighter.diagnosis.facts import collect
from lamplighter.domain.change import Change

if TYPE_CHECKING:
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
