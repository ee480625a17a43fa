"""Checks as evidence: what a check of the component says now, and what it said in the window."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec

from lamplighter.domain.check import CheckKind, CheckSpec, Sample, SampleState
from lamplighter.domain.evidence import EVIDENCE_BYTES_MAX, Evidence, Question
from lamplighter.domain.topology import Component
from lamplighter.integrations.probe.look import Look
from lamplighter.integrations.probe.runner import Runner, query_of
from lamplighter.ports import Samples, StoreUnavailable, Surroundings

CHECKS_MAX = 10
SAMPLES_MAX = 100
DETAIL_LETTERS_MAX = 200
TOOL_NAMES = {
    CheckKind.HTTP: "http.probe",
    CheckKind.TCP: "tcp.probe",
    CheckKind.DNS: "dns.probe",
    CheckKind.PROCESS: "process.probe",
    CheckKind.DISK: "df",
    CheckKind.HEARTBEAT: "heartbeat.pings",
}


class ProbeTool:
    """The checks of one kind, run anew for a question."""

    def __init__(self, kind: CheckKind, runner: Runner, surroundings: Surroundings) -> None:
        self.name = TOOL_NAMES[kind]
        self._runner = runner
        self._clock = surroundings.clock
        self._samples = surroundings.samples
        self._checks = tuple(spec for spec in surroundings.checks if spec.kind is kind)

    def serves(self, component: Component) -> bool:
        """Components that a check of this kind names."""
        return bool(checks_about(self._checks, component))

    async def gather(self, question: Question) -> Sequence[Evidence]:
        """One piece for each check of the component, at most ten; `error` is set where a check cannot see."""
        specs = checks_about(self._checks, question.component)
        looks = await asyncio.gather(*(self._runner.look(spec) for spec in specs))
        return [self._evidence(spec, look, question) for spec, look in zip(specs, looks, strict=True)]

    def _evidence(self, spec: CheckSpec, look: Look, question: Question) -> Evidence:
        query = query_of(spec)
        about = {"query": query, "component": question.component.name, "check": spec.name}
        content = answer(spec, look, window(self._samples, spec, question))
        error = f"{query}: {look.detail}" if look.state is SampleState.CANNOT_SEE else ""
        key = f"{self.name}:{spec.name}"
        return Evidence(
            key, self.name, question.component.name, about, "application/json", content, self._clock.now(), error
        )


def checks_about(checks: Sequence[CheckSpec], component: Component) -> tuple[CheckSpec, ...]:
    """The checks that name a component, at most ten."""
    found = (spec for spec in checks if (spec.component or spec.name) in component.names)
    named = (spec for spec in checks if spec.component and spec.name == component.name)
    return tuple(dict.fromkeys((*found, *named)))[:CHECKS_MAX]


def window(samples: Samples, spec: CheckSpec, question: Question) -> Sequence[Sample]:
    """The newest samples of the question's window; none where the store does not answer, for the look itself stands."""
    try:
        return samples.window(spec.name, question.start, question.end)[-SAMPLES_MAX:]
    except StoreUnavailable:
        return ()


def answer(spec: CheckSpec, look: Look, samples: Sequence[Sample]) -> str:
    """The look and the samples before it as JSON, at most 64 KiB."""
    body = {
        "check": spec.name,
        "kind": spec.kind,
        "target": spec.target,
        "state": look.state,
        "detail": look.detail[:DETAIL_LETTERS_MAX],
        "value": look.value,
        "connected": look.connected,
        "status": look.status,
        "error": look.error,
    }
    told = [
        {"at": s.at.isoformat(), "state": s.state, "detail": s.detail[:DETAIL_LETTERS_MAX], "value": s.value}
        for s in samples
    ]
    text = msgspec.json.encode({**body, "samples": told})
    if len(text) > EVIDENCE_BYTES_MAX:
        text = msgspec.json.encode({**body, "samples": [{**sample, "detail": ""} for sample in told]})
    return text.decode()
