"""How the nodes stand: ready or silent, cordoned, short of memory, disk or room, and what stopped on them."""

from __future__ import annotations

from collections.abc import Iterator

from lamplighter.diagnosis.cluster.drafting import Ground, fact_of, sign_fact
from lamplighter.diagnosis.cluster.inventory import Inventory, Seen
from lamplighter.diagnosis.readers.document import at, flag, items, number, text
from lamplighter.diagnosis.readers.draft import known
from lamplighter.diagnosis.readers.kube_messages import meanings
from lamplighter.diagnosis.readers.kube_moments import moment
from lamplighter.diagnosis.readers.kube_quantity import quantity
from lamplighter.domain.evidence import Fact

_PRESSURES = {
    "MemoryPressure": "node_memory_pressure",
    "DiskPressure": "node_disk_pressure",
    "PIDPressure": "node_pid_pressure",
}
FULL_PERCENT = 95.0


def node_facts(found: Inventory) -> list[Fact]:
    """Facts of every node: its state, and what its conditions and taints tell."""
    facts: list[Fact] = []
    for node in found.of("node"):
        facts += _state(found, node)
        if flag(node.body, "spec", "unschedulable"):
            words = f"node {node.name} is cordoned: SchedulingDisabled (unschedulable: true)"
            facts.append(sign_fact(found, node, "node_cordoned", words))
        facts += _conditions(found, node)
        facts += _room(found, node)
    return facts


def _state(found: Inventory, node: Seen) -> Iterator[Fact]:
    listed = text(node.body, "listed", "status")
    ready = next((one for one in items(node.body, "status", "conditions") if text(one, "type") == "Ready"), None)
    status = text(ready, "status") if ready else "True" if "Ready" in listed.split(",") else "False" if listed else ""
    if not status:
        return
    up = status == "True" and "NotReady" not in listed.split(",")
    said = listed or ("Ready" if up else "NotReady")
    words = f"node {node.name} is {said}"
    words += (
        f": {text(ready, 'reason')}: {text(ready, 'message')}" if ready and not up and text(ready, "message") else ""
    )
    when = moment(text(ready, "lastTransitionTime")) if ready else None
    ground = Ground(node.evidence, node.query, node.name, when)
    values = known(engine="kubernetes", node=1.0, target=node.name, status=said, node_ready=up)
    # A node is no process: it has a condition, but neither runs nor restarts.
    yield fact_of(ground, "node", words, values)
    if not up:
        yield fact_of(ground, "health", words, known(status="unhealthy", target=node.name, node=1.0))
        yield sign_fact(found, node, "node_not_ready", words)


def _conditions(found: Inventory, node: Seen) -> Iterator[Fact]:
    for one in items(node.body, "status", "conditions"):
        kind, status, reason, message = (text(one, key) for key in ("type", "status", "reason", "message"))
        words = f"node {node.name}: {kind} is {status}: {reason}: {message}"
        if kind in _PRESSURES and status == "True":
            yield sign_fact(found, node, _PRESSURES[kind], words)
        if (kind == "Ready" and status != "True") or (kind == "NetworkUnavailable" and status == "True"):
            for sign, values in meanings(reason, message):
                yield sign_fact(found, node, sign, words, "", **{**values, "reason": reason})
        if kind.endswith(("Unhealthy", "Problem", "Deadlock")) and status == "True":
            yield sign_fact(found, node, "node_problem", words)
    for taint in items(node.body, "spec", "taints"):
        if text(taint, "key") == "node.kubernetes.io/unreachable":
            yield sign_fact(found, node, "node_unreachable", f"node {node.name} bears the taint {text(taint, 'key')}")


def _room(found: Inventory, node: Seen) -> Iterator[Fact]:
    """What of a node's room is given away: pods by number, resources by their requests."""
    limit = quantity(at(node.body, "status", "allocatable", "pods")) or quantity(
        at(node.body, "status", "capacity", "pods")
    )
    pods = len(items(node.body, "status", "pods"))
    if limit and pods and pods >= limit:
        words = f"node {node.name} holds {pods} of {limit:.0f} pods that it may hold"
        yield sign_fact(found, node, "node_pods_full", words, pods=float(pods), limit=limit)
    allocated = at(node.body, "status", "allocated")
    for resource, told in allocated.items() if isinstance(allocated, dict) else ():
        percent = number(told, "percent")
        if percent is not None and percent >= FULL_PERCENT and resource in {"cpu", "memory"}:
            words = f"node {node.name}: {percent:.0f} % of its {resource} is requested ({text(told, 'requests')})"
            yield sign_fact(found, node, f"node_{resource}_given_away", words, percent=percent)
