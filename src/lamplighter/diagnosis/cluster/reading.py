"""Reads all of a case that tells of a cluster: kubectl's output, logs of pods, texts that quote refusals."""

from __future__ import annotations

import re
from dataclasses import replace

from lamplighter.diagnosis.cluster.addresses import address_facts
from lamplighter.diagnosis.cluster.asking import aside_facts, focus
from lamplighter.diagnosis.cluster.barring import barring_facts
from lamplighter.diagnosis.cluster.delivery import delivery_facts
from lamplighter.diagnosis.cluster.drafting import KUBE
from lamplighter.diagnosis.cluster.events import message_facts
from lamplighter.diagnosis.cluster.ingresses import controller_facts, ingress_facts
from lamplighter.diagnosis.cluster.inventory import Inventory, inventory
from lamplighter.diagnosis.cluster.measured import lost_facts
from lamplighter.diagnosis.cluster.nodes import node_facts
from lamplighter.diagnosis.cluster.placing import cordon_facts, placing_facts
from lamplighter.diagnosis.cluster.platform import platform_facts
from lamplighter.diagnosis.cluster.pods import pod_facts
from lamplighter.diagnosis.cluster.probing import probe_facts
from lamplighter.diagnosis.cluster.quotas import quota_facts
from lamplighter.diagnosis.cluster.refusing import refusing_facts
from lamplighter.diagnosis.cluster.reported import reported_facts
from lamplighter.diagnosis.cluster.resolving import asked_facts, lost_names
from lamplighter.diagnosis.cluster.serving import service_facts
from lamplighter.diagnosis.cluster.spoken_logs import Spoken, spoken_in
from lamplighter.diagnosis.cluster.storage import storage_facts
from lamplighter.diagnosis.cluster.units import PARTS, UNIT_TOOLS, parts_alone, unit_facts
from lamplighter.diagnosis.cluster.wires import wire_facts
from lamplighter.diagnosis.cluster.workloads import workload_facts
from lamplighter.diagnosis.readers import read
from lamplighter.diagnosis.readers.document import Unreadable
from lamplighter.diagnosis.readers.draft import draft, known, owner
from lamplighter.diagnosis.readers.kube_messages import meanings
from lamplighter.diagnosis.readers.kube_things import Printed, printed, singular
from lamplighter.domain.evidence import Case, Evidence, Fact

CLUSTER_TOOLS = frozenset({"kubectl.get", "kubectl.describe", "kubectl.events", "kubectl.top"})
LOG_TOOLS = frozenset({"kubectl.logs", "logs"})
_PREFIX = re.compile(r"(?m)^\[pod/([a-z0-9][a-z0-9.-]{1,252})/")
_ANSWER = re.compile(r"HTTP/[\d.]{1,3} (\d{3})\b")
_REFUSAL = ("error", "Error from server", "error:", "Command `")


def read_cluster(case: Case) -> tuple[list[Fact], Inventory] | None:
    """The facts of a case with a cluster in it, of all its evidence; None where nothing in it comes from kubectl."""
    if not any(piece.tool.startswith(("kubectl.", "crictl")) or _of_node(piece) for piece in case.evidence):
        return None
    facts: list[Fact] = []
    pieces: list[Printed] = []
    for piece in case.evidence:
        if piece.tool in CLUSTER_TOOLS and not piece.error:
            told, failed = _printed(piece)
            pieces.append(told)
            facts += failed
    logged = frozenset(_log_name(piece) for piece in case.evidence if piece.tool == "kubectl.logs") - {""}
    found = inventory(pieces, case.at, frozenset(case.components), logged)
    logs = _logs(case, found)
    spoken = {component: said for component, (said, _, _) in logs.items()}
    texts = {component: _text(case, found, component) for component in logs}
    others = [parts_alone(piece) for piece in case.evidence if piece.tool not in CLUSTER_TOOLS and not piece.error]
    facts += [
        *pod_facts(found),
        *workload_facts(found),
        *node_facts(found),
        *message_facts(found),
        *(placed := placing_facts(found)),
        *cordon_facts(found, placed),
        *probe_facts(found, spoken, texts),
        *storage_facts(found),
        *quota_facts(found, others),
        *service_facts(found, spoken),
        *address_facts(found, logs),
        *lost_names(found, logs),
        *asked_facts(found, others),
        *barring_facts(found, spoken),
        *ingress_facts(found),
        *controller_facts(found, others),
        *platform_facts(found),
        *reported_facts(case, found, focus(case, found)),
        *delivery_facts(others),
        *unit_facts(found, others),
        *wire_facts(found, others),
        *lost_facts(found, others),
        *refusing_facts(found, {name: (texts[name], evidence) for name, (_, evidence, _) in logs.items()}),
    ]
    for piece in case.evidence:
        if piece.tool not in CLUSTER_TOOLS or piece.error:
            facts += [_renamed(fact, found) for fact in _other(piece, found)]
    facts = _with_speakers(facts, {evidence: name for name, (_, evidence, _) in logs.items()})
    facts += aside_facts(case, found, spoken)
    return facts, found


def _with_speakers(facts: list[Fact], writers: dict[str, str]) -> list[Fact]:
    """Each fact of the cluster that rests on nothing but one component's log names that component as its speaker."""
    return [
        replace(fact, values={**fact.values, "speaker": writers[fact.evidence]})
        if fact.kind == KUBE and fact.evidence in writers and "sides" not in fact.values
        else fact
        for fact in facts
    ]


def _of_node(piece: Evidence) -> bool:
    """Whether a look at systemd is one at a part of a cluster's node."""
    unit = piece.params.get("unit", "").removesuffix(".service")
    return piece.tool in UNIT_TOOLS and unit in PARTS


def _printed(piece: Evidence) -> tuple[Printed, list[Fact]]:
    """What one piece holds; a refusal of the server is a look that failed."""
    content = piece.content.strip()
    if not content or content.startswith(("No resources found", "No events found")):
        params = piece.params
        narrowed = any(params.get(key) for key in ("name", "keyword", "selector", "label", "l", "filter"))
        kinds = [] if narrowed or not content else params.get("kind", "").split(",")
        return Printed(empty=[(singular(kind), params.get("namespace", "")) for kind in kinds if kind]), []
    try:
        return printed(piece), []
    except Unreadable as problem:
        said = content[:200] if content.startswith(_REFUSAL) else str(problem)
        words = f"{piece.tool} of {owner(piece) or 'the cluster'} showed nothing: {said}"
        return Printed(), [draft(piece, "unreadable", words, {"tool": piece.tool})]


def log_owner(piece: Evidence, found: Inventory) -> str:
    """The component whose log a piece is."""
    name = _log_name(piece)
    if name:
        return found.naming.said(name)
    return _selected(piece, found) or _commanded(piece, found)


def _selected(piece: Evidence, found: Inventory) -> str:
    """The component whose pods a label selector chose, or that the lines themselves name in front."""
    wanted = next((piece.params[key] for key in ("selector", "label", "labels", "l") if piece.params.get(key)), "")
    pairs = [pair.partition("=")[::2] for pair in wanted.split(",") if "=" in pair]
    chosen = {
        found.component(pod)
        for pod in found.of("pod")
        if pairs and all(str(pod.labels.get(key)) == value for key, value in pairs)
    }
    if not chosen:
        known_names = {found.component(one) for one in found.of("pod", "deployment", "statefulset", "daemonset")}
        chosen = {value for _, value in pairs} & known_names
    if not chosen:
        chosen = {found.naming.of_pod(name) for name in _PREFIX.findall(piece.content[:60_000])}
    return chosen.pop() if len(chosen) == 1 else ""


def _log_name(piece: Evidence) -> str:
    params = piece.params
    name = piece.component or params.get("component") or params.get("pod") or params.get("name") or ""
    return name.rsplit("/", maxsplit=1)[-1]


def _commanded(piece: Evidence, found: Inventory) -> str:
    """The component in whose pod, or on whose node, a command was run, where the command names it."""
    said = piece.params.get("command", "")
    words = set(re.findall(r"[a-z0-9][\w.-]{2,250}", said))
    inside = sorted(word for word in words if word in found.naming.pods or word in found.naming.workloads)
    return found.naming.said(inside[0]) if inside else ""


def _logs(case: Case, found: Inventory) -> dict[str, tuple[Spoken, str, str]]:
    held: dict[str, tuple[Spoken, str, str]] = {}
    for piece in case.evidence:
        component = log_owner(piece, found)
        if piece.tool not in LOG_TOOLS or piece.error or not component:
            continue
        said = spoken_in(piece.content.splitlines())
        before = held.get(component)
        if before is None:
            held[component] = (said, piece.id, f"{piece.tool} {owner(piece)}")
        else:
            before[0].ports.update(said.ports)
            before[0].loopback.update(said.loopback)
            before[0].calls.extend(said.calls)
    return held


def _text(case: Case, found: Inventory, component: str) -> str:
    return "\n".join(
        piece.content for piece in case.evidence if piece.tool in LOG_TOOLS and log_owner(piece, found) == component
    )


def _other(piece: Evidence, found: Inventory) -> list[Fact]:
    """Facts of what is no printing of objects: logs above all. What the server refused is no log of the component."""
    content = piece.content.lstrip()
    if piece.tool == "kubectl.logs" and content.startswith(_REFUSAL) and content.count("\n") <= 3:  # noqa: PLR2004 - an answer, not a log
        facts: list[Fact] = []
        for sign, values in meanings("", content[:1_000]):
            facts.append(
                draft(piece, "kube", content[:300], {**values, "sign": sign}, component=log_owner(piece, found))
            )
        return facts
    named = log_owner(piece, found)
    answer = _ANSWER.match(content) if piece.tool == "http.probe" else None
    if answer:
        return [_answered(piece, named, answer)]
    if piece.tool == "http.probe" and not content.startswith(("{", "[")):
        return []
    return [
        replace(fact, component=named) if named and fact.component == owner(piece) else fact for fact in read(piece)
    ]


def _answered(piece: Evidence, named: str, answer: re.Match[str]) -> Fact:
    """What a client printed of an answer over HTTP."""
    code = float(answer[1])
    state = "ok" if code < 400 else "failing" if code >= 500 else "answered"  # noqa: PLR2004 - the classes of HTTP
    values = known(
        probe="http", state=state, status=code, target=piece.params.get("url") or piece.params.get("command")
    )
    return draft(piece, "probe", f"http probe: {piece.content.strip()[:160]}", values, at=piece.at, component=named)


def _renamed(fact: Fact, found: Inventory) -> Fact:
    name = found.naming.said(fact.component) if fact.component else ""
    return fact if name == fact.component else replace(fact, component=name)
