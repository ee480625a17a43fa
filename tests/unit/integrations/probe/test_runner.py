from __future__ import annotations

import pytest

from lamplighter.domain.check import CheckKind, CheckSpec, SampleState
from lamplighter.integrations.probe.look import Look
from lamplighter.integrations.probe.runner import Runner, query_of
from lamplighter.testing import NOON, FakeClock


@pytest.mark.parametrize(
    ("kind", "target", "expected"),
    [
        (CheckKind.HTTP, "http://127.0.0.1/", "http GET http://127.0.0.1/"),
        (CheckKind.TCP, "db:1", "tcp connect db:1"),
        (CheckKind.PROCESS, "nginx", "process nginx"),
        (CheckKind.DISK, "/", "df /"),
    ],
)
def test_a_query_is_what_a_person_could_repeat(kind: CheckKind, target: str, expected: str) -> None:
    assert query_of(CheckSpec("x", kind, target)) == expected


def test_a_look_becomes_a_sample_with_its_time() -> None:
    sample = Runner(FakeClock()).sampled(CheckSpec("x", CheckKind.TCP, "db:1"), Look(SampleState.OK, "fine", 0.5))
    assert (sample.check, sample.at, sample.state, sample.value) == ("x", NOON, SampleState.OK, 0.5)
