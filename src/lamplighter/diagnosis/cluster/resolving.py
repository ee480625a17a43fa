"""Whether the cluster's name service answers: by names that programs look for, and those asked by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lamplighter.diagnosis.cluster.addresses import service_of
from lamplighter.diagnosis.cluster.drafting import KUBE, Ground, fact_of
from lamplighter.diagnosis.cluster.inventory import Inventory
from lamplighter.diagnosis.cluster.spoken_logs import Call, Spoken
from lamplighter.diagnosis.readers.draft import known, shown
from lamplighter.domain.evidence import Evidence, Fact

SEVERAL = 2
_NAME_SERVER = re.compile(r"coredns|kube-dns")
_NO_ANSWER = re.compile(
    r"(?i)no servers could be reached|\bSERVFAIL\b|communications error .{0,80}(?:timed out"
    r"|refused)|connection timed out; .{0,60}"
)


def lost_names(found: Inventory, logs: dict[str, tuple[Spoken, str, str]]) -> Iterator[Fact]:
    """Names that exist and are not found, from several sides or of several services: it is the name service."""
    lost: list[tuple[str, str, str, Call]] = []
    for component, (said, evidence, query) in sorted(logs.items()):
        for call in said.calls:
            _, service = service_of(found, call.host, "")
            missing = service is None and any(one.kind == "service" for one in found.seen.values())
            if call.error == "dns" and not (missing and "." not in call.host):
                lost.append((component, evidence, query, call))
        if said.calls and _NAME_SERVER.search(component):
            words = f"the name service cannot do its own calls: {shown(said.calls[0].line, 240)}"
            ground = Ground(evidence, query, component)
            yield fact_of(ground, KUBE, words, known(sign="cluster_dns_suspected", target=component))
    hosts, sides = {call.host for *_, call in lost}, {component for component, *_ in lost}
    if len(hosts) < SEVERAL and len(sides) < SEVERAL:
        return
    component, evidence, query, call = lost[0]
    server = _name_server(found)
    words = (
        f"{', '.join(sorted(hosts)[:4])} cannot be resolved by {', '.join(sorted(sides)[:4])}: {shown(call.line, 200)}"
    )
    # One program alone may be cut off itself, or say what is not so.
    alone = 1.0 if len(sides) < SEVERAL else None
    several = float(len(sides)) if len(sides) >= SEVERAL else None
    values = known(sign="cluster_dns_suspected", target=server, alone=alone, sides=several)
    yield fact_of(Ground(evidence, query, server), KUBE, words, values)


def asked_facts(found: Inventory, pieces: list[Evidence]) -> list[Fact]:
    """What nslookup, dig and host found out by hand: a name server that does not answer, or knows no name."""
    facts: list[Fact] = []
    for piece in pieces:
        lost = _NO_ANSWER.search(piece.content[:20_000])
        asked = re.search(r"\b(?:nslookup|dig|host|getent)\b", f"{piece.tool} {piece.params.get('command', '')}")
        inside = ".svc" in f"{piece.params.get('command', '')} {piece.content[:20_000]}" or "kubectl exec" in str(
            piece.params
        )
        if lost and asked and inside:
            server = _name_server(found)
            ground = Ground(piece.id, piece.params.get("command") or piece.tool, server, piece.at)
            words = f"{piece.params.get('command') or piece.tool}: {shown(lost[0])}"
            facts.append(fact_of(ground, KUBE, words, known(sign="cluster_dns_suspected", target=server)))
    return facts


def _name_server(found: Inventory) -> str:
    return next(
        (found.component(one) for one in found.of("pod", "service") if _NAME_SERVER.search(one.name)), "coredns"
    )
