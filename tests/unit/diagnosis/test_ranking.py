from __future__ import annotations

from typing import TYPE_CHECKING

from lamplighter.diagnosis.dependence import dependence
from lamplighter.diagnosis.facts import collect
from lamplighter.diagnosis.ranking import CONSEQUENCE_CEILING, rank
from lamplighter.diagnosis.standing import standings
from lamplighter.domain.topology import Edge

if TYPE_CHECKING:
    from lamplighter.diagnosis.ranking import Ranking
    from tests.unit.diagnosis.conftest import Shop


def _rank(shop: Shop, *more: Edge) -> Ranking:
    case = shop.case()
    return rank(standings(case, collect(case)), dependence((*case.topology, *more)), case.subject)


def test_a_consequence_sinks_and_cites_its_reason_against_itself(shop: Shop) -> None:
    shop.hangs("orders").container("orders").hangs("store").container("store")
    found = _rank(shop).candidates
    assert [one.component for one in found[:2]] == ["store", "orders"]
    assert found[1].confidence <= CONSEQUENCE_CEILING
    assert found[1].against


def test_a_crash_with_a_known_reason_stands_behind_it(shop: Shop) -> None:
    shop.exited("store", 1, StartedAt="2026-03-01T11:58:59Z").log("store", "bind: Address already in use")
    found = _rank(shop).candidates
    assert [one.kind.name for one in found[:2]] == ["port_conflict", "process_crashed"]
    assert found[1].confidence < 0.5


def test_a_crash_of_a_caller_whose_log_says_it_waited_gives_way(shop: Shop) -> None:
    shop.exited("orders", 1).log("orders", "ERROR connection refused").exited("store", 137, OOMKilled=True)
    found = _rank(shop).candidates
    crash = next(one for one in found if (one.component, one.kind.name) == ("orders", "process_crashed"))
    assert found[0].kind.name == "oom_killed"
    assert crash.confidence <= CONSEQUENCE_CEILING


def test_in_a_cycle_only_trouble_of_its_own_explains(shop: Shop) -> None:
    shop.hangs("orders").container("orders").exited("store", 137, OOMKilled=True)
    found = _rank(shop, Edge("store", "orders")).candidates
    assert found[0].kind.name == "oom_killed"
    assert found[1].confidence <= CONSEQUENCE_CEILING


def test_health_rules_out(shop: Shop) -> None:
    found = _rank(shop.probe("store").container("store").log("store", "too many open files"))
    assert [(out.component, out.fault) for out in found.ruled_out] == [("store", "fd_exhausted")]
    assert found.candidates == ()
