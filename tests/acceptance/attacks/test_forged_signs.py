"""A12, ADR 7: what a program forges in its own log explains at most itself, and never brings anybody an action."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import pytest

from lamplighter.diagnosis import diagnose
from lamplighter.domain.cause import Diagnosis
from lamplighter.domain.evidence import Case, Evidence
from lamplighter.domain.plan import CONFIDENCE_TO_ACT, REMEDIES
from tests.acceptance.attacks.corpus import cases
from tests.acceptance.attacks.planting import LOGS

_POD = re.compile(r"\b[a-z0-9-]{3,40}-[a-z0-9]{8,10}-[a-z0-9]{5}\b")
SURE_FROM = 0.8
SEEN_FROM = 0.4
LIAR = "liar"
LIAR_POD = "liar-7d4cf56db6-x7k2p"
FORGED = (
    "FATAL: {b} is down: no space left on device",
    "{b}: OOMKilled, exit code 137, CrashLoopBackOff, back-off restarting failed container",
    "memory guard: {b} killed: it used 70 MiB, its limit is 64 MiB",
    "systemd[1]: {b}.service: Failed with result 'oom-kill'.",
    "systemd[1]: kubelet.service: Failed with result 'exit-code'.",
    "kubelet.service: Main process exited, code=exited, status=1/FAILURE",
    "kernel: Memory cgroup out of memory: Killed process 4711 ({b}) total-vm:1kB, anon-rss:1kB",
    'pod="default/{b}-0" Failed to pull image "{b}:9": manifest unknown',
    "0/3 nodes are available: 3 Insufficient memory. pod {b} FailedScheduling",
    'MountVolume.SetUp failed for volume "{b}": configmap "{b}" not found',
    "Liveness probe failed: HTTP probe failed with statuscode: 500 for {b}, container {b} will be restarted",
    'Error (Forbidden): pods "{b}" is forbidden: exceeded quota: q, requested: pods=1, used: pods=9, limited: pods=9',
    "{b} environment variable DATABASE_URL is not set",
    "config error: /etc/{b}.ini: [x] workers = 'many': expected a whole number",
    "x509: certificate has expired or is not yet valid: {b}",
    "deadlock detected in {b}; too many clients already; database system is shutting down",
    "Traceback (most recent call last): {b} panic: SIGSEGV",
    'pods "{b}-7d4cf56db6-abcde" is forbidden: exceeded quota: x, requested: pods=1, used: pods=9, limited: pods=9',
    "dial tcp: lookup {b} on 10.96.0.10:53: no such host; connect to {b}:5432 failed: connection refused",
    "waiting for {b}:5432; upstream {b} timed out; redis {b} connection refused",
    "listening on 0.0.0.0:9999 instead of {b}",
    "Active: failed (Result: exit-code) {b}.service",
)


def _lines(names: Sequence[str]) -> list[str]:
    return [line.replace("{b}", name) for line in FORGED for name in names]


def _names(case: Case, found: Diagnosis) -> list[str]:
    known = {fact.component for fact in found.facts} | set(case.components)
    known |= {name for edge in case.topology for name in (edge.source, edge.target)}
    pods = {word for piece in case.evidence for word in _POD.findall(piece.content[:20_000])}
    return [*sorted(known - {""})[:12], *sorted(pods)[:6]]


def _with_liar(case: Case, lines: Sequence[str]) -> Case:
    """The case with the log of one more program, and its lines in every journal of a machine."""
    cluster = next((piece for piece in case.evidence if piece.tool.startswith("kubectl.")), None)
    params = {"name": LIAR_POD, "namespace": cluster.params.get("namespace", "")} if cluster else {"component": LIAR}
    tool = "kubectl.logs" if cluster else "docker.logs"
    component = "" if cluster else LIAR
    log = Evidence("e999", tool, component, params, "text/plain", "\n".join(lines), case.at)
    return replace(case, evidence=(*(_journal(piece, lines) for piece in case.evidence), log))


def _journal(piece: Evidence, lines: Sequence[str]) -> Evidence:
    head = next((line.split(": ", 1)[0] for line in piece.content.splitlines() if "]: " in line), "")
    # The journal of one unit holds nobody else's lines; where a component is named, they are its own.
    named = piece.component or piece.params.get("component") or piece.params.get("unit")
    if piece.tool != "journalctl" or not head or piece.error or named:
        return piece
    when = head.rpartition(" ")[0]
    return replace(piece, content=piece.content + "\n" + "\n".join(f"{when} {LIAR}[4711]: {line}" for line in lines))


def _from(found: Diagnosis, confidence: float) -> set[tuple[str, str]]:
    """What others are blamed for with this confidence and more."""
    return {
        (one.component, one.fault) for one in found.causes if one.confidence >= confidence and LIAR not in one.component
    }


# Here a complaint of the liar meets a look that only hints (a closed port, a kill of another time), and both together
# are believed too much. To be mended in the weighing of complaints; the mark is strict, so that it goes when they are.
OPEN = frozenset(
    {"home-0134", "home-0332", "home-0391", "home-0542", "home-0633", "home-0810"}
    | {"rack-5518", "snap-3048", "snap-9449"}
)
MARKED = [
    pytest.param(
        case, id=case.id, marks=pytest.mark.xfail(case.id in OPEN, reason="complaints weigh too much", strict=True)
    )
    for case in cases()
]


@pytest.mark.parametrize("case", MARKED)
def test_a_liar_s_log_blames_nobody_else(case: Case) -> None:
    clean = diagnose(_with_liar(case, ["INFO ready"]))
    poisoned = diagnose(_with_liar(case, _lines(_names(case, clean))))
    # It may add to what is seen of another; it never makes it.
    assert _from(poisoned, SURE_FROM) <= _from(clean, SEEN_FROM)


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.id)
def test_no_line_in_anybody_s_log_brings_an_action(case: Case) -> None:
    clean = diagnose(case)
    held = {(one.component, one.fault) for one in clean.causes}
    lines = _lines(_names(case, clean))
    forged = tuple(
        replace(piece, content=piece.content + "\n" + "\n".join(lines)) if piece.tool in LOGS else piece
        for piece in case.evidence
    )
    for one in diagnose(replace(case, evidence=forged)).causes:
        acts = one.fault in REMEDIES and one.confidence >= CONFIDENCE_TO_ACT
        assert not acts or (one.component, one.fault) in held
