from __future__ import annotations

import pytest

from lamplighter.domain.check import CheckKind, CheckSpec, Expected, SampleState
from lamplighter.integrations.probe.look import Look
from lamplighter.integrations.probe.runner import Runner, query_of
from lamplighter.testing import NOON, FakeClock, FakeSamples


@pytest.mark.parametrize(
    ("kind", "target", "expected"),
    [
        (CheckKind.HTTP, "http://127.0.0.1/", "http GET http://127.0.0.1/"),
        (CheckKind.TCP, "db:1", "tcp connect db:1"),
        (CheckKind.PROCESS, "nginx", "process nginx"),
        (CheckKind.DISK, "/", "df /"),
        (CheckKind.DNS, "example.com", "dns lookup example.com"),
        (CheckKind.HEARTBEAT, "", "pings of x"),
    ],
)
def test_a_query_is_what_a_person_could_repeat(kind: CheckKind, target: str, expected: str) -> None:
    assert query_of(CheckSpec("x", kind, target)) == expected


def test_a_look_becomes_a_sample_with_its_time() -> None:
    sample = Runner(FakeClock(), FakeSamples()).sampled(
        CheckSpec("x", CheckKind.TCP, "db:1"), Look(SampleState.OK, "fine", 0.5)
    )
    assert (sample.check, sample.at, sample.state, sample.value) == ("x", NOON, SampleState.OK, 0.5)


def test_a_query_names_the_resolver() -> None:
    spec = CheckSpec("x", CheckKind.DNS, "example.com", expects=Expected(server="10.0.0.1"))
    assert query_of(spec) == "dns lookup example.com @10.0.0.1"


def test_what_needs_another_system_is_run_elsewhere() -> None:
    runner = Runner(FakeClock(), FakeSamples())
    elsewhere = {CheckKind.PROMQL, CheckKind.UP, CheckKind.DOCKER, CheckKind.PROXMOX}
    assert {kind for kind in CheckKind if not runner.runs(CheckSpec("x", kind, ""))} == elsewhere
