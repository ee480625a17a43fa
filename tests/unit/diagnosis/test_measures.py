from __future__ import annotations

import pytest

from lamplighter.diagnosis.catalogue import CATALOGUE
from lamplighter.diagnosis.catalogue.fault_kind import FaultKind
from lamplighter.diagnosis.measures import AT_ONCE_MAX, LATER_MAX, measures
from lamplighter.domain.evidence import Fact


@pytest.mark.parametrize("kind", CATALOGUE, ids=lambda kind: str(kind.name))
def test_every_kind_comes_with_what_to_do_now_and_later(kind: FaultKind) -> None:
    now, later = measures(kind, "web", ())
    assert 1 <= len(now) <= AT_ONCE_MAX
    assert 1 <= len(later) <= LATER_MAX


def test_they_are_filled_with_the_facts() -> None:
    kind = next(kind for kind in CATALOGUE if kind.name == "bad_config_change")
    change = Fact("f1", "changes", "web", "change", "", values={"what": "workers set to 1"})
    assert "workers set to 1" in measures(kind, "web", (change,))[0][0]
