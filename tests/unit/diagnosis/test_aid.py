from __future__ import annotations

from dataclasses import replace
from string import Formatter
from typing import TYPE_CHECKING

import pytest

from lamplighter.diagnosis import diagnose
from lamplighter.diagnosis.aid import Aid, aid
from lamplighter.diagnosis.catalogue import CATALOGUE
from lamplighter.diagnosis.catalogue.fault_kind import FaultKind

if TYPE_CHECKING:
    from tests.unit.diagnosis.conftest import Cluster

WITH_STEPS = [kind for kind in CATALOGUE if kind.at_once]


def test_steps_are_filled_with_the_facts_of_the_cause(cluster: Cluster) -> None:
    found = diagnose(
        cluster.pod(
            "Warning|FailedScheduling|9s|default-scheduler|0/1 nodes are available: 1 node(s) "
            "didn't match node selector.",
            selector="disk=ssd",
        ).case()
    )
    assert found.best is not None
    steps = aid(found.best, found)
    assert "disk=ssd" in steps.at_once[0]
    assert "web" in steps.at_once[0]
    assert steps.later
    assert aid(replace(found.best, fault="never_heard_of"), found) == Aid()


@pytest.mark.parametrize("kind", WITH_STEPS, ids=lambda kind: kind.name)
def test_each_kind_has_two_or_three_steps_at_once_and_one_or_two_later(kind: FaultKind) -> None:
    assert 1 <= len(kind.at_once) <= 3
    assert 1 <= len(kind.later) <= 2
    for step in (*kind.at_once, *kind.later):
        assert {name for _, name, _, _ in Formatter().parse(step[0]) if name} <= {"component"}
        assert not step[0].endswith(".")
