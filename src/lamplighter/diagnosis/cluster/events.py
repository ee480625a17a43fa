"""What events, waiting reasons and conditions tell, as facts `kube`: one for each sign of a component."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from lamplighter.diagnosis.cluster.claimants import user_of
from lamplighter.diagnosis.cluster.drafting import KUBE, Ground, fact_of
from lamplighter.diagnosis.cluster.inventory import Inventory, Seen
from lamplighter.diagnosis.cluster.pods import containers, ended_well, is_up
from lamplighter.diagnosis.readers.document import items, text
from lamplighter.diagnosis.readers.draft import Values, known
from lamplighter.diagnosis.readers.kube_messages import meanings
from lamplighter.domain.evidence import Fact

FRESH_SECONDS = 900.0
SIGNS_MAX = 400
_QUIET_WHEN_UP = frozenset(
    {"image_pull", "image_not_found", "image_denied", "image_unauthorized", "registry_dns", "registry_unreachable"}
    | {"mount_failed", "mount_denied", "config_object_missing", "secret_missing", "sandbox_failed", "back_off"}
)


@dataclass(frozen=True, slots=True)
class Words:
    """One message about one object, wherever it stood."""

    kind: str
    namespace: str
    name: str
    reason: str
    message: str
    count: int
    at: datetime | None
    evidence: str
    query: str


def spoken(found: Inventory) -> Iterator[Words]:
    """Every message of the case: events first, then what objects say of themselves."""
    for told in found.events:
        query = told.evidence.params.get("query") or f"{told.evidence.tool} {told.kind} {told.name}"
        yield Words(
            told.kind,
            told.namespace,
            told.name,
            told.reason,
            told.message,
            told.count,
            told.at,
            told.evidence.id,
            query,
        )
    for one in found.of("pod", "deployment", "replicaset", "job", "daemonset", "statefulset", "persistentvolumeclaim"):
        yield from _own_words(one)


def _own_words(one: Seen) -> Iterator[Words]:
    place = (one.kind, one.namespace, one.name)
    for box in containers(one) if one.kind == "pod" else ():
        reason, message = (text(box.status, "state", "waiting", key) for key in ("reason", "message"))
        if reason:
            yield Words(*place, reason, message, 1, None, one.evidence, one.query)
    reason, message = text(one.body, "status", "reason"), text(one.body, "status", "message")
    if reason or message:
        yield Words(*place, reason, message, 1, None, one.evidence, one.query)
    for held in items(one.body, "status", "conditions"):
        if (text(held, "message") and text(held, "status") != "True") or text(held, "type") in {
            "Failed",
            "ReplicaFailure",
        }:
            yield Words(*place, text(held, "reason"), text(held, "message"), 1, None, one.evidence, one.query)


def message_facts(found: Inventory) -> list[Fact]:
    """One fact for each sign of each component, with the fullest of its messages."""
    best: dict[tuple[str, str], tuple[Words, Values, int]] = {}
    for words in spoken(found):
        component = component_of(found, words)
        if not component:
            continue
        for sign, values in meanings(words.reason, words.message):
            if sign in _QUIET_WHEN_UP and over(found, words):
                continue
            held = best.get((component, sign))
            count = words.count + (held[2] if held else 0)
            fuller = held is None or (len(values), len(words.message)) > (len(held[1]), len(held[0].message))
            best[component, sign] = (words, values, count) if fuller or held is None else (held[0], held[1], count)
    return [_fact(component, sign, *best[component, sign]) for component, sign in sorted(best)[:SIGNS_MAX]]


def _fact(component: str, sign: str, words: Words, values: Values, count: int) -> Fact:
    told = known(sign=sign, reason=words.reason, target=words.name, count=float(count), namespace=words.namespace)
    said = (
        f"{words.kind} {words.name}: {words.reason}: {words.message}"
        if words.message
        else f"{words.name}: {words.reason}"
    )
    said += f" ({count} times)" if count > 1 else ""
    ground = Ground(words.evidence, words.query, component, words.at)
    return fact_of(ground, KUBE, said, {**values, **told})


def component_of(found: Inventory, words: Words) -> str:
    """Of whom a message speaks."""
    if words.kind == "pod":
        return found.naming.of_pod(words.name)
    if words.kind == "persistentvolumeclaim":
        return user_of(found, words.namespace, words.name)
    return found.naming.of(words.name, words.kind) if words.name else ""


def over(found: Inventory, words: Words) -> bool:
    """Whether what a message tells of is over, because its pod came up or did its work since."""
    pod = found.find("pod", words.namespace, words.name) if words.kind == "pod" else None
    if pod is None or not (is_up(pod) or ended_well(pod)):
        return False
    fresh = words.at is not None and abs((found.now - words.at).total_seconds()) < FRESH_SECONDS / 5
    return not fresh or is_up(pod)
