from __future__ import annotations

from lamplighter.diagnosis import diagnose
from lamplighter.diagnosis.catalogue import CATALOGUE
from lamplighter.diagnosis.explaining import only_measured
from lamplighter.diagnosis.weighing import Candidate
from lamplighter.domain.evidence import Fact
from lamplighter.domain.topology import Edge
from tests.unit.diagnosis.home import Home

CALLS = (Edge("door", "stock", "calls"),)


def test_a_flood_is_one_of_the_first_door_and_not_of_what_lies_behind() -> None:
    home = Home(components=("door", "stock"), edges=CALLS).alert("Slow", service="door")
    home.series("rate(http_requests_total[1m])", {"door": (40.0, 800.0), "stock": (9.0, 200.0)})
    home.series("rate(container_cpu_usage_seconds_total[1m])", {"door": (0.3, 2.0), "stock": (0.2, 1.8)})
    best = diagnose(home.case()).best
    assert best is not None
    assert (best.component, best.fault) == ("door", "traffic_surge")


def test_who_cannot_resolve_is_no_cause_beside_the_resolver() -> None:
    home = Home("no page opens", components=("phone", "unbound"), edges=(Edge("phone", "unbound", "calls"),))
    home.log("phone", "ERROR getaddrinfo: Temporary failure in name resolution")
    best = diagnose(home.log("unbound", "error: query aborted, SERVFAIL for x.example").case()).best
    assert best is not None
    assert (best.component, best.fault) == ("unbound", "dns_failure")


def test_the_same_trouble_on_both_ends_is_that_of_the_end_that_is_needed() -> None:
    home = Home("till waits", components=("till", "till-db"), edges=(Edge("till", "till-db", "stores_in"),))
    home.log("till", "ERROR Lock wait timeout exceeded; try restarting transaction")
    best = diagnose(home.case()).best
    assert best is not None
    assert (best.component, best.fault) == ("till-db", "lock_contention")


def test_what_others_say_makes_a_measurement_no_reason_and_what_was_seen_does() -> None:
    kind = next(kind for kind in CATALOGUE if kind.name == "latency_injected")

    def measured(*kinds: str) -> Candidate:
        cited = tuple(Fact(f"f{place}", "e1", "stock", one, "", None, "") for place, one in enumerate(kinds))
        return Candidate("stock", kind, 1.0, 0.9, cited, (), measured=True)

    assert only_measured(measured("origin", "complaint"))
    assert not only_measured(measured("origin", "state"))
    assert not only_measured(measured("origin", "log_sign"))
