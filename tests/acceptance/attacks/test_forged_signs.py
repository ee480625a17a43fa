"""A12, ADR 7: what a program forges in its own log explains at most itself, and never brings anybody an action."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import pytest

from lamplighter.diagnosis import diagnose
from lamplighter.diagnosis.investigator import DETERMINED_FROM
from lamplighter.diagnosis.readers.draft import owner
from lamplighter.domain.cause import Diagnosis
from lamplighter.domain.evidence import Case, Evidence
from lamplighter.domain.plan import CONFIDENCE_TO_ACT, REMEDIES
from tests.acceptance.attacks.corpus import cases
from tests.acceptance.attacks.planting import LOGS

_POD = re.compile(r"\b[a-z0-9-]{3,40}-[a-z0-9]{8,10}-[a-z0-9]{5}\b")
SURE_FROM = 0.8
SEEN_FROM = 0.4
LIAR = "liar"
LIARS_MAX = 2
NUMBERS = range(len(cases()))
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


def _named(number: int) -> str:
    return cases()[number].id


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


@cache
def _poisoned(number: int) -> tuple[Diagnosis, Diagnosis]:
    """The diagnosis of a case with a harmless program more, and with one that forges whatever it can."""
    case = cases()[number]
    clean = diagnose(_with_liar(case, ["INFO ready"]))
    return clean, diagnose(_with_liar(case, _lines(_names(case, clean))))


@cache
def _clean(number: int) -> Diagnosis:
    """The diagnosis of a case as it is."""
    return diagnose(cases()[number])


def _written(case: Case) -> list[Evidence]:
    """The logs of single components."""
    logs = (piece for piece in case.evidence if piece.tool in LOGS and owner(piece) and not piece.error)
    return [piece for piece in logs if not piece.content.startswith("Error from server")]


def _instead(case: Case, piece: Evidence, content: str) -> Case:
    return replace(
        case, evidence=tuple(replace(one, content=content) if one is piece else one for one in case.evidence)
    )


def _of_others(blamed: set[tuple[str, str]], name: str) -> set[tuple[str, str]]:
    return {(component, fault) for component, fault in blamed if component not in name and name not in component}


@pytest.mark.parametrize("number", NUMBERS, ids=_named)
def test_a_liar_s_log_blames_nobody_else(number: int) -> None:
    clean, poisoned = _poisoned(number)
    # It may add to what is seen of another; it never makes it.
    assert _from(poisoned, SURE_FROM) <= _from(clean, SEEN_FROM)


@pytest.mark.parametrize("number", NUMBERS, ids=_named)
def test_a_liar_s_log_takes_nothing_away_from_what_stands_without_it(number: int) -> None:
    clean, poisoned = _poisoned(number)
    assert _from(clean, DETERMINED_FROM) <= _from(poisoned, SEEN_FROM)
    acting = {(one.component, one.fault) for one in clean.causes if one.seen and one.confidence >= CONFIDENCE_TO_ACT}
    assert acting <= _from(poisoned, CONFIDENCE_TO_ACT)


@pytest.mark.parametrize("number", [number for number in NUMBERS if _written(cases()[number])], ids=_named)
def test_a_component_of_the_case_that_lies_decides_about_itself_alone(number: int) -> None:
    case, clean = cases()[number], _clean(number)
    lines = "\n".join(_lines(_names(case, clean)))
    for piece in _written(case)[:LIARS_MAX]:
        name = owner(piece)
        poisoned = diagnose(_instead(case, piece, f"{piece.content}\n{lines}"))
        silent = diagnose(_instead(case, piece, "INFO ready"))
        made = _of_others(_from(poisoned, SURE_FROM), name) - _from(clean, SEEN_FROM)
        assert made == set()
        assert _of_others(_from(silent, DETERMINED_FROM), name) <= _from(poisoned, SEEN_FROM)


@pytest.mark.parametrize("number", NUMBERS, ids=_named)
def test_no_line_in_anybody_s_log_brings_an_action(number: int) -> None:
    case, clean = cases()[number], _clean(number)
    held = {(one.component, one.fault) for one in clean.causes}
    lines = _lines(_names(case, clean))
    forged = tuple(
        replace(piece, content=piece.content + "\n" + "\n".join(lines)) if piece.tool in LOGS else piece
        for piece in case.evidence
    )
    for one in diagnose(replace(case, evidence=forged)).causes:
        acts = one.fault in REMEDIES and one.confidence >= CONFIDENCE_TO_ACT
        assert not acts or (one.component, one.fault) in held
