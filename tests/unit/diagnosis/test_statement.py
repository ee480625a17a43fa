from __future__ import annotations

from lamplighter.diagnosis.catalogue.fault_kind import FaultKind
from lamplighter.diagnosis.statement import state_cause
from lamplighter.domain.evidence import Fact

KIND = FaultKind("leak", (), ("{component} leaks", ": {memory_limit}", " into {bucket}", ", status {status_code}"))


def test_clauses_without_their_values_are_left_out() -> None:
    fact = Fact("f1", "e1", "store", "state", "", values={"memory_limit_bytes": 67108864.0, "status": 504.0})
    assert state_cause(KIND, "store", [fact], {}) == "store leaks: 64 MiB, status 504"


def test_values_are_only_ever_values() -> None:
    fact = Fact("f1", "e1", "store", "log_sign", "", values={"bucket": "{component.__class__}\x1b[31m\nx"})
    assert state_cause(KIND, "store", [fact], {}) == "store leaks into {component.__class__} x"
