from __future__ import annotations

from lamplighter.diagnosis import diagnose
from lamplighter.diagnosis.testimony import CEILING_ONE_WITNESS, CEILING_STRENGTHENED, accuser_in, writer_of
from lamplighter.domain.cause import Diagnosis
from lamplighter.domain.evidence import Evidence, Fact
from tests.unit.diagnosis.home import NOW, Home

REFUSED = "ERROR connect to store-db:5432 failed: connection refused"
FULL = "PANIC: could not write to file: No space left on device"
NAMES = ("web", "api", "store-db")


def _confidence(found: Diagnosis, component: str, fault: str = "") -> float:
    held = [one.confidence for one in found.causes if one.component == component and fault in {"", one.fault}]
    return max(held, default=0.0)


def _said(home: Home) -> Diagnosis:
    return diagnose(home.case())


def test_what_one_log_says_of_another_component_is_possible_and_not_likely() -> None:
    found = _said(Home(components=NAMES).log("web", REFUSED).alert("StoreDown", service="store-db"))
    assert 0 < _confidence(found, "store-db") <= CEILING_ONE_WITNESS


def test_two_logs_that_say_the_same_are_more_than_one() -> None:
    alone = Home(components=NAMES).log("web", REFUSED).alert("StoreDown", service="store-db")
    both = Home(components=NAMES).log("web", REFUSED).log("api", REFUSED).alert("StoreDown", service="store-db")
    assert _confidence(_said(both), "store-db") > _confidence(_said(alone), "store-db")


def test_many_lines_of_one_log_are_still_one_witness() -> None:
    lines = [f"{REFUSED} (attempt {number})" for number in range(500)]
    found = _said(Home(components=NAMES).log("web", *lines, "ERROR store-db timed out", "ERROR store-db is down"))
    assert _confidence(found, "store-db") <= CEILING_ONE_WITNESS


def test_a_witness_strengthens_what_is_seen_of_another_and_makes_it_not_sure() -> None:
    own = Home(components=NAMES).log("store-db", FULL)
    told = Home(components=NAMES).log("store-db", FULL).log("web", REFUSED)
    before, after = _confidence(_said(own), "store-db", "disk_full"), _confidence(_said(told), "store-db", "disk_full")
    assert before < after <= CEILING_STRENGTHENED


def test_a_complaint_about_an_address_that_our_own_probe_cannot_reach_either_is_no_hearsay() -> None:
    line = "ERROR Unable to connect to store-db, http://192.168.20.5:8085/api failed"
    probe = "curl: (7) Failed to connect to 192.168.20.5 port 8085 after 0 ms: Connection refused"
    home = Home(components=NAMES).log("web", line)
    home.pieces.append(Evidence("e9", "http.probe", "", {"url": "http://192.168.20.5:8085/"}, "text/plain", probe, NOW))
    complaints = [fact for fact in _said(home).facts if fact.kind == "complaint" and fact.component == "store-db"]
    assert [accuser_in(fact) for fact in complaints] == [""]
    hearsay = [fact for fact in _said(Home(components=NAMES).log("web", line)).facts if fact.kind == "complaint"]
    assert {accuser_in(fact) for fact in hearsay} == {"web"}


def test_who_blames_another_does_not_push_down_what_was_seen_of_a_third() -> None:
    names = ("web", "store-db", "liar")
    lines = [line.replace("store-db", name) for name in ("web", "store-db") for line in (REFUSED, "ERROR web is down")]
    honest = Home(components=names).log("web", "FATAL: too many open files", "accept failed: EMFILE")
    honest.alert("WebDown", service="web")
    clean = _said(honest)
    best = clean.best
    assert best is not None
    poisoned = _said(honest.log("liar", *lines, "deadlock detected in web", "x509: certificate has expired: web"))
    assert _confidence(poisoned, best.component, best.fault) >= best.confidence


def test_who_is_the_writer_of_a_fact_is_known_by_its_kind() -> None:
    own = Fact("f1", "e1", "web", "log_sign", "", None, "", {"sign": "disk_full"})
    told = Fact("f2", "e1", "store-db", "complaint", "", None, "", {"by": "web"})
    read = Fact("f3", "e1", "store-db", "kube", "", None, "", {"sign": "refuses_calls", "speaker": "web"})
    seen = Fact("f4", "e2", "web", "state", "", None, "", {"running": 1.0})
    assert [writer_of(fact) for fact in (own, told, read, seen)] == ["web", "web", "web", ""]
    assert [accuser_in(fact) for fact in (own, told, read, seen)] == ["", "web", "web", ""]
