"""B19, B22: no text makes a reader slow; what is made for its patterns costs it little more than any other."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from lamplighter.diagnosis import diagnose
from lamplighter.domain.evidence import EVIDENCE_BYTES_MAX, Case, Evidence
from lamplighter.domain.redaction import redact

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
# A generous bound in processor time, no measurement: a good pattern needs some tenths of it, a bad one minutes.
PROCESSOR_SECONDS_MAX = 4.0
POD = "web-6d4cf56db6-x7k2p"
PODS = Evidence(
    "e0",
    "kubectl.get",
    "",
    {"kind": "pods"},
    "text/plain",
    f"NAME   READY   STATUS             RESTARTS   AGE\n{POD}   0/1   CrashLoopBackOff   9   1d\n",
    NOW,
)
SEEDS = (
    "image pull ",
    "registry lookup a: a",
    "MountVolume ",
    "duration: 1111",
    "1111111111",
    "A_",
    "a.b-",
    "/a",
    " ",
    "[:",
    'pod="a/b" ',
    "Reason:   ",
    "oom-kill:atask_memcg=a/",
    "1 node(s) didn't match ",
    "is forbidden: exceeded quota: a, requested: ",
    "environment variable ",
    "listening on 0.0.0.0:",
    "waiting for a",
    '"\\"',
    "- {a: [",
)
TOOLS = (
    "logs",
    "kubectl.logs",
    "journalctl",
    "systemctl.status",
    "kubectl.events",
    "kubectl.describe",
    "argocd",
    "exec",
)


def shapes(seed: str) -> dict[str, str]:
    """One line, lines as long as a reader looks, and the same without an end that fits."""
    line = seed * (990 // len(seed))
    return {
        "one line": (seed * (EVIDENCE_BYTES_MAX // len(seed) + 1))[:EVIDENCE_BYTES_MAX],
        "lines": "\n".join(f"{chr(97 + n % 26)}{line}{chr(97 + n // 26)}" for n in range(66)),
    }


@pytest.mark.parametrize("tool", TOOLS)
def test_no_text_makes_a_reader_slow(tool: str) -> None:
    for seed in SEEDS:
        for shape, text in shapes(seed).items():
            piece = Evidence("e1", tool, "", {"name": POD}, "text/plain", text, NOW)
            began = time.process_time()
            diagnose(Case("slow", NOW, "web is failing", evidence=(PODS, piece)))
            assert time.process_time() - began < PROCESSOR_SECONDS_MAX, (seed, shape)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_text_makes_redaction_slow(seed: str) -> None:
    began = time.process_time()
    for text in shapes(seed).values():
        redact(text)
        redact(f"discord identified bot -----END password token sk- {text}")
    assert time.process_time() - began < PROCESSOR_SECONDS_MAX


def test_ten_megabytes_in_one_line_are_read_as_any_line() -> None:
    for tool in (*TOOLS, "loki.query_range", "docker.inspect", "prometheus.query_range"):
        piece = Evidence("e1", tool, "web", {}, "text/plain", "error " + "x" * (10 * 1024**2), NOW)
        began = time.process_time()
        found = diagnose(Case("long", NOW, "web is failing", evidence=(piece,), subject="web"))
        again = diagnose(Case("long", NOW, "web is failing", evidence=(PODS, replace(piece, id="e2"))))
        assert time.process_time() - began < PROCESSOR_SECONDS_MAX, tool
        assert all(len(fact.text) < 1_000 for fact in (*found.facts, *again.facts))
