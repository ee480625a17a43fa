from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from lamplighter.domain.check import CheckKind, CheckSpec, Sample, SampleState
from lamplighter.domain.evidence import EVIDENCE_BYTES_MAX, Question
from lamplighter.domain.topology import Component
from lamplighter.integrations.probe.look import Look
from lamplighter.integrations.probe.runner import Runner
from lamplighter.integrations.probe.tools import ProbeTool, answer, window
from lamplighter.ports import StoreUnavailable, Surroundings
from lamplighter.testing import NOON, FakeClock, firing

SPEC = CheckSpec("front answers", CheckKind.HTTP, "http://127.0.0.1/", component="front")
FRONT = Component("docker", "container", "front", "1f" * 32)
QUESTION = Question(FRONT, firing(), NOON - timedelta(minutes=5), NOON)


class KeptSamples:
    def __init__(self, count: int, *, broken: bool = False) -> None:
        self._count = count
        self._broken = broken

    def keep(self, samples: Sequence[Sample]) -> None:
        raise AssertionError("a look keeps nothing")

    def window(self, check: str, start: datetime, end: datetime) -> Sequence[Sample]:
        if self._broken:
            raise StoreUnavailable
        return [Sample(check, start, SampleState.OK, "d" * 1000, float(number)) for number in range(self._count)]


def tool(*checks: CheckSpec) -> ProbeTool:
    clock = FakeClock()
    return ProbeTool(CheckKind.HTTP, Runner(clock, KeptSamples(0)), Surroundings(clock, checks, KeptSamples(0)))


def test_a_tool_serves_what_a_check_of_its_kind_names() -> None:
    by_name = CheckSpec("front", CheckKind.HTTP, "http://127.0.0.1/")
    other = CheckSpec("front", CheckKind.TCP, "127.0.0.1:1")
    assert tool(SPEC).serves(FRONT)
    assert tool(by_name).serves(FRONT)
    assert not tool(other).serves(FRONT)
    assert not tool(SPEC).serves(Component("docker", "container", "store", "2e" * 32))


def test_a_compose_service_is_a_name_too() -> None:
    part = Component("docker", "container", "shop-front-1", "1f" * 32, {"com.docker.compose.service": "front"})
    assert tool(SPEC).serves(part)


def test_only_the_newest_hundred_samples_are_told() -> None:
    found = window(KeptSamples(150), SPEC, QUESTION)
    assert [sample.value for sample in found] == [float(number) for number in range(50, 150)]


def test_a_store_that_is_away_does_not_hide_the_look() -> None:
    assert window(KeptSamples(1, broken=True), SPEC, QUESTION) == ()


def test_the_answer_has_the_agreed_shape_and_bound() -> None:
    look = Look(SampleState.FAILING, "HTTP 504", 0.1, connected=True, status=504)
    text = answer(SPEC, look, window(KeptSamples(150), SPEC, QUESTION))
    told = json.loads(text)
    assert len(text.encode()) <= EVIDENCE_BYTES_MAX
    assert {key: told[key] for key in ("check", "kind", "state", "connected", "status", "error")} == {
        "check": "front answers",
        "kind": "http",
        "state": "failing",
        "connected": True,
        "status": 504,
        "error": "",
    }
    assert set(told["samples"][0]) == {"at", "state", "detail", "value"}
