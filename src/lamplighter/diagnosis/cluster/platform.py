"""Whether the cluster's own parts stand: proxy, scheduler, name service, by pods, sets, leases and endpoints."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from lamplighter.diagnosis.cluster.drafting import sign_fact
from lamplighter.diagnosis.cluster.inventory import Inventory, Seen
from lamplighter.diagnosis.cluster.pods import is_up, status_word
from lamplighter.diagnosis.cluster.serving import endpoints_of
from lamplighter.diagnosis.readers.document import number, text
from lamplighter.diagnosis.readers.kube_moments import moment
from lamplighter.domain.evidence import Fact

STALE_LEASE = timedelta(seconds=90)
_PARTS = {
    "kube-proxy": "kube_proxy_down",
    "kube-scheduler": "kube_scheduler_down",
    "coredns": "cluster_dns_down",
    "kube-dns": "cluster_dns_down",
    "node-local-dns": "cluster_dns_down",
}
_DNS = frozenset({"coredns", "kube-dns", "rke2-coredns"})


def platform_facts(found: Inventory) -> list[Fact]:
    """Facts `kube` kube_proxy_down, kube_scheduler_down and cluster_dns_down."""
    facts: list[Fact] = []
    for pod in found.of("pod"):
        part = _part(found.component(pod))
        if part and not is_up(pod):
            words = f"pod {pod.name} of {part} is {status_word(pod) or 'not up'}"
            facts.append(sign_fact(found, pod, _PARTS[part], words))
    for one in found.of("daemonset", "deployment"):
        facts += _set(found, one)
    for told in found.of("componentstatus"):
        name = f"kube-{told.name.removeprefix('kube-')}"
        if name in _PARTS and text(told.body, "listed", "status") == "Unhealthy":
            words = f"component {told.name} is Unhealthy: {text(told.body, 'listed', 'message')}"
            facts.append(sign_fact(found, told, _PARTS[name], words, name))
    for lease in found.of("lease"):
        facts += _lease(found, lease)
    for service in found.of("service"):
        if service.name in _DNS and endpoints_of(found, service) == []:
            words = f"service {service.name}, the name service of the cluster, has no endpoints"
            facts.append(sign_fact(found, service, "cluster_dns_down", words))
    return [*facts, *_unplaced(found), *_uncovered(found)]


def _uncovered(found: Inventory) -> Iterator[Fact]:
    """Nodes on which no pod of kube-proxy runs, where its pods were listed with their nodes."""
    nodes = {node.name for node in found.of("node")}
    proxies = [pod for pod in found.of("pod") if _part(found.component(pod)) == "kube-proxy"]
    covered = {text(pod.body, "spec", "nodeName") for pod in proxies} - {""}
    bare = sorted(nodes - covered)
    if proxies and covered and len(bare) < len(nodes):
        for name in bare:
            words = f"no pod of kube-proxy runs on node {name}"
            yield sign_fact(found, proxies[0], "kube_proxy_down", words)


def _part(component: str) -> str:
    return next((part for part in _PARTS if component == part or component.endswith(f"-{part}")), "")


def _set(found: Inventory, one: Seen) -> Iterator[Fact]:
    part = _part(one.name)
    wanted, has = number(one.body, "spec", "replicas"), number(one.body, "status", "readyReplicas")
    if part and wanted is not None and has is not None and (has < wanted or wanted == 0):
        words = f"{one.kind} {one.name} has {has:.0f} of {wanted:.0f} pods ready"
        words += " (it wants none)" if wanted == 0 else ""
        yield sign_fact(found, one, _PARTS[part], words)


def _lease(found: Inventory, lease: Seen) -> Iterator[Fact]:
    renewed = moment(text(lease.body, "spec", "renewTime"))
    if lease.name in _PARTS and renewed is not None and found.now - renewed > STALE_LEASE:
        words = f"the lease of {lease.name} was renewed last at {renewed:%Y-%m-%d %H:%M:%S} UTC: nobody holds it since"
        yield sign_fact(found, lease, _PARTS[lease.name], words, lease.name)


def _unplaced(found: Inventory) -> Iterator[Fact]:
    """Pods that wait for a node although the scheduler never said a word of them, where its own pod is not listed."""
    told = {event.name for event in found.events if event.kind == "pod"}
    waiting = [pod for pod in found.of("pod") if status_word(pod) == "Pending" and pod.name not in told]
    named = {found.component(pod) for pod in found.of("pod") if pod.namespace in {"kube-system", ""}}
    static = named & {"kube-apiserver", "kube-controller-manager"}
    if waiting and static and "kube-scheduler" not in named:
        words = (
            f"{len(waiting)} pods wait without any event, and no pod of kube-scheduler is "
            f"listed beside {', '.join(sorted(static))}"
        )
        yield sign_fact(found, waiting[0], "kube_scheduler_down", words, "kube-scheduler")
