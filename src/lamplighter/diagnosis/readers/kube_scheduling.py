"""Reads what the scheduler says of a pod that it cannot place: each reason, on how many nodes, which is closest."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lamplighter.diagnosis.readers.draft import Values, known

_TOTAL = re.compile(r"(\d{1,6})/(\d{1,6}) nodes? (?:are|is) available")
_NODES = r"(?:(\d{1,6}) )?"
# In the order in which the scheduler asks: what a node fails late, it fails after passing all before.
_REASONS: tuple[tuple[str, str], ...] = (
    ("cordoned", r"node\(s\) were unschedulable"),
    (
        "not_ready",
        (
            r"node\(s\) were not ready|node\(s\) had (?:untolerated )?taint \{node\.kubernetes\.io/not-ready[^}]{0,40}"
            r"\}|node\(s\) were unreachable"
        ),
    ),
    ("unreachable", r"node\(s\) had (?:untolerated )?taint \{node\.kubernetes\.io/unreachable[^}]{0,40}\}"),
    ("cordon_taint", r"node\(s\) had (?:untolerated )?taint \{node\.kubernetes\.io/unschedulable[^}]{0,40}\}"),
    (
        "disk_pressure",
        (
            r"node\(s\) had (?:untolerated )?taint \{node\.kubernetes\.io/disk-pressure[^}]{0,40}\}"
            r"|node\(s\) had disk pressure"
        ),
    ),
    (
        "memory_pressure",
        r"node\(s\) had (?:untolerated )?taint \{node\.kubernetes\.io/(?:memory|pid)-pressure[^}]{0,40}\}",
    ),
    (
        "control_plane",
        (
            r"node\(s\) had (?:untolerated )?taint \{node-role\.kubernetes\.io/(?:master"
            r"|control-plane|controlplane|etcd)[^}]{0,40}\}"
        ),
    ),
    ("taint", r"node\(s\) had (?:untolerated )?taint(?:\(s\)|s)?(?: \{[^}]{1,200}\})?"),
    ("node_name", r"node\(s\) didn't match the requested node name|node\(s\) didn't match the requested hostname"),
    (
        "affinity",
        (
            r"node\(s\) didn't match (?:Pod's |pod )?(?:node (?:affinity/selector|selector"
            r"|affinity)|affinity/node affinity)"
        ),
    ),
    ("host_port", r"node\(s\) didn't have free ports for the requested pod ports"),
    ("pods", r"(?:node\(s\) had )?[Tt]oo many pods|Insufficient pods"),
    ("cpu", r"Insufficient cpu"),
    ("memory", r"Insufficient memory"),
    ("storage", r"Insufficient ephemeral-storage"),
    ("device", r"Insufficient [\w.-]{1,80}/[\w.-]{1,80}"),
    ("volume_limit", r"node\(s\) exceed max volume count"),
    ("volume_zone", r"node\(s\) had (?:no available volume zone|volume node affinity conflict)"),
    (
        "unbound",
        (
            r"node\(s\) (?:didn't find available persistent volumes to bind|did not have enough free storage"
            r"|unavailable due to \S{1,80} bind)"
        ),
    ),
    (
        "anti_affinity",
        (
            r"node\(s\) didn't (?:match|satisfy) (?:existing pods?|pod)(?:'s)? ?(?:anti-?affinity)(?: rules)?"
            r"|node\(s\) didn't match pod affinity/anti-affinity(?: rules)?"
        ),
    ),
    ("pod_affinity", r"node\(s\) didn't match pod affinity rules"),
    ("spread", r"node\(s\) didn't match pod topology spread constraints(?: \(missing required label\))?"),
)
_PATTERNS = tuple((name, re.compile(rf"{_NODES}(?:{pattern})")) for name, pattern in _REASONS)
_UNBOUND = re.compile(
    r"(?i)unbound immediate PersistentVolumeClaims|persistentvolumeclaim \\?[\"'`]?([\w.-]{1,200})\\?[\"'`]?"
    r" (?:not found|is being deleted)"
)
_TAINT = re.compile(r"taint \{([^}]{1,200})\}")
_DEVICE = re.compile(r"Insufficient ([\w.-]{1,80}/[\w.-]{0,79}\w)")
EVERYWHERE = frozenset({"control_plane"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason: on how many of the nodes, and whether it is the one that stands closest to letting the pod in."""

    reason: str
    nodes: float
    of: float
    closest: bool
    values: Values


def refusals(message: str) -> list[Refusal]:
    """The reasons in one message of the scheduler; none where it is no such message."""
    said = message.split("preemption:", maxsplit=1)[0][:1_500]
    total = _TOTAL.search(said)
    of = float(total[2]) if total else 0.0
    counted: list[tuple[str, float]] = []
    left = said
    for name, pattern in _PATTERNS:
        found = list(pattern.finditer(left))
        if found:
            counted.append((name, sum(float(one[1] or of) for one in found)))
            left = pattern.sub(" ", left)
    claim = _UNBOUND.search(said)
    if claim:
        counted.append(("unbound_claim", of))
    real = [name for name, _ in counted if name not in EVERYWHERE] or [name for name, _ in counted]
    latest = real[-1] if real else ""
    taint, device = _own_taint(said), _DEVICE.search(said)
    values = known(taint=taint, device=device[1] if device else None, claim=claim[1] if claim else None)
    return [
        Refusal(name, nodes, of, name == latest or {name, latest} <= {"cpu", "memory", "device", "pods"}, values)
        for name, nodes in counted
    ]


def _own_taint(said: str) -> str | None:
    """The first taint that somebody set, and not the cluster itself."""
    taints = [found.strip(" :") for found in _TAINT.findall(said)]
    own = [one for one in taints if not one.startswith(("node-role.kubernetes.io/", "node.kubernetes.io/"))]
    return next(iter(own or taints), None)
