from __future__ import annotations

from lamplighter.diagnosis.catalogue import CATALOGUE
from lamplighter.diagnosis.catalogue.fault_kind import Clue, FaultKind
from lamplighter.diagnosis.catalogue.signals import ORIGIN, SIGNAL_FAULTS, merged


def test_every_lead_belongs_to_one_kind() -> None:
    leads = [
        lead for kind in SIGNAL_FAULTS for clue in kind.clues if clue.kind == ORIGIN for lead in clue.where["lead"]
    ]
    assert len(leads) == len(set(leads))


def test_a_kind_that_is_known_keeps_its_words_and_gains_the_clues() -> None:
    known = FaultKind(
        "network_latency", (Clue("probe", 1.0, decisive=True), Clue("metric_shift", 2.0)), ("{component} is slow",)
    )
    (first, *rest) = merged((known,))
    assert first.clauses[0] == "{component} is slow"
    assert [clue.kind for clue in first.clues[:2]] == ["probe", ORIGIN]
    assert "network_latency" not in {kind.name for kind in rest}


def test_the_catalogue_holds_every_measured_kind_once() -> None:
    names = [kind.name for kind in CATALOGUE]
    assert all(names.count(kind.name) == 1 for kind in SIGNAL_FAULTS)
