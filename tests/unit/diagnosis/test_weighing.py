from __future__ import annotations

from typing import TYPE_CHECKING

from lamplighter.diagnosis.catalogue import CATALOGUE
from lamplighter.diagnosis.dependence import dependence
from lamplighter.diagnosis.facts import collect
from lamplighter.diagnosis.standing import standings
from lamplighter.diagnosis.weighing import CEILING_OUT_OF_PLACE, weigh

if TYPE_CHECKING:
    from lamplighter.diagnosis.weighing import Candidate
    from tests.unit.diagnosis.conftest import Shop


def _weigh(shop: Shop, fault: str, component: str = "store") -> Candidate | None:
    case = shop.case()
    everyone = standings(case, collect(case))
    kind = next(kind for kind in CATALOGUE if kind.name == fault)
    return weigh(kind, everyone[component], everyone, dependence(case.topology))


def test_without_a_decisive_clue_there_is_no_candidate(shop: Shop) -> None:
    assert _weigh(shop.exited("store", 1), "config_error") is None


def test_out_of_its_condition_a_fault_is_only_possible(shop: Shop) -> None:
    lines = ["bind: Address already in use"] * 9
    found = _weigh(shop.hangs("store").container("store").log("store", *lines), "port_conflict")
    assert found is not None
    assert found.confidence <= CEILING_OUT_OF_PLACE


def test_an_answering_dependency_adds_weight_and_is_cited(shop: Shop) -> None:
    alone = _weigh(shop.hangs("orders").container("orders"), "process_hung", "orders")
    seen = _weigh(shop.probe("store").container("store"), "process_hung", "orders")
    assert alone is not None
    assert seen is not None
    assert seen.confidence > alone.confidence
    assert "store" in {fact.component for fact in seen.cited}


def test_no_fact_stands_on_both_sides(shop: Shop) -> None:
    found = _weigh(shop.process("store", "FATAL", exitstatus=1).log("store", "config error: x.ini"), "config_error")
    assert found is not None
    assert not {fact.id for fact in found.cited} & set(found.against)
