"""Which component uses a claim for storage: who mounts it, whose template made it, or who alone waits for one."""

from __future__ import annotations

from lamplighter.diagnosis.cluster.inventory import Inventory, same_namespace
from lamplighter.diagnosis.cluster.pods import specification
from lamplighter.diagnosis.readers.document import items, text


def user_of(found: Inventory, namespace: str, claim: str) -> str:
    """The component that mounts a claim; the claim itself where nothing shows who does."""
    for pod in found.of("pod"):
        volumes = items(specification(pod), "volumes")
        if same_namespace(pod.namespace, namespace) and any(_claims(one) == claim for one in volumes):
            return found.component(pod)
    for one in found.of("deployment", "statefulset", "daemonset", "job"):
        if not same_namespace(one.namespace, namespace):
            continue
        volumes = items(specification(one), "volumes")
        made = [
            text(held, "metadata", "name") or text(held, "name")
            for held in items(one.body, "spec", "volumeClaimTemplates")
        ]
        if any(_claims(held) == claim for held in volumes) or any(
            claim.startswith(f"{name}-{one.name}-") for name in made if name
        ):
            return found.component(one)
    return _by_name(found, namespace, claim)


def _by_name(found: Inventory, namespace: str, claim: str) -> str:
    """A set's claim ends with the name of its pod: `data-kafka-2`. Else the one pod that waits, if there is one."""
    for pod in found.of("pod"):
        if same_namespace(pod.namespace, namespace) and claim.endswith(f"-{pod.name}"):
            return found.component(pod)
    used = next((str(one) for one in items(_body(found, namespace, claim), "usedBy") if one), "")
    if used:
        return found.naming.of_pod(used)
    waiting = {
        found.naming.of_pod(told.name)
        for told in found.events
        if told.kind == "pod" and told.reason == "FailedScheduling" and "PersistentVolumeClaim" in told.message
    }
    named = {found.naming.of_pod(told.name) for told in found.events if told.kind == "pod" and claim in told.message}
    only = named or waiting
    return only.pop() if len(only) == 1 else claim


def _body(found: Inventory, namespace: str, claim: str) -> object:
    held = found.find("persistentvolumeclaim", namespace, claim)
    return held.body if held else {}


def _claims(volume: object) -> str:
    return text(volume, "persistentVolumeClaim", "claimName")
