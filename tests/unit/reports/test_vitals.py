"""How full what is watched is: the worst of each kind, and what nobody watches is unknown and never zero."""

from __future__ import annotations

from lamplighter.domain.check import CheckKind, CheckSpec, Sample, SampleState, Watch
from lamplighter.domain.evidence import Fact
from lamplighter.reports.vitals import AXES, UNWATCHED, vitals
from lamplighter.testing import NOON


def fact(component: str, **values: float) -> Fact:
    return Fact("f1", "e1", component, "usage", component, NOON, "", dict(values))


def test_what_nobody_watches_is_unknown() -> None:
    found = vitals([], [], {})
    assert [one.name for one in found] == list(AXES)
    assert {(one.share, one.words) for one in found} == {(None, UNWATCHED)}


def test_the_fullest_counts_and_is_named() -> None:
    facts = [fact("orders", cpu_share=0.2, memory_share=0.9), fact("store", cpu_share=0.7), fact("db", disk_share=1.4)]
    found = {one.name: one for one in vitals(facts, [], {})}
    assert (found["CPU"].share, found["CPU"].words) == (0.7, "store")
    assert found["memory"].share == 0.9
    assert found["disk"].share == 1.0
    assert found["database"].share is None


def test_checks_tell_of_disks_and_of_the_network_and_what_they_cannot_see_does_not_count() -> None:
    specs = [
        CheckSpec("root", CheckKind.DISK, "/"),
        CheckSpec("a", CheckKind.HTTP, "http://a"),
        CheckSpec("b", CheckKind.TCP, "b:1"),
        CheckSpec("c", CheckKind.DNS, "c"),
        CheckSpec("unasked", CheckKind.HTTP, "http://d"),
    ]
    states = {"a": SampleState.OK, "b": SampleState.FAILING, "c": SampleState.CANNOT_SEE}
    watches = {name: Watch(last=Sample(name, NOON, state, "")) for name, state in states.items()}
    watches["root"] = Watch(last=Sample("root", NOON, SampleState.OK, "", 25.0))
    found = {one.name: one for one in vitals([], specs, watches)}
    assert (found["disk"].share, found["disk"].words) == (0.75, "check root")
    assert (found["network"].share, found["network"].words) == (0.5, "1 of 2 probes fail")
