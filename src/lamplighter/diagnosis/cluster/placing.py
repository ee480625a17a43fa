"""Why pods are not placed: the scheduler's reasons, made exact by what the pods ask for and the nodes have."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from lamplighter.diagnosis.cluster.drafting import KUBE, Ground, fact_of
from lamplighter.diagnosis.cluster.events import Words, over, spoken
from lamplighter.diagnosis.cluster.inventory import Inventory, Seen
from lamplighter.diagnosis.cluster.pods import specification
from lamplighter.diagnosis.readers.document import at, items, text
from lamplighter.diagnosis.readers.draft import known
from lamplighter.diagnosis.readers.kube_scheduling import Refusal, refusals
from lamplighter.domain.evidence import Fact

PODS_MAX = 200


def placing_facts(found: Inventory) -> list[Fact]:
    """One fact `kube` for each reason of the newest refusal of each component."""
    newest: dict[str, Words] = {}
    for words in spoken(found):
        if words.kind != "pod" or over(found, words) or not refusals(words.message):
            continue
        component = found.naming.of_pod(words.name)
        held = newest.get(component)
        if held is None or _later(words, held):
            newest[component] = words
    facts: list[Fact] = []
    for component, words in sorted(newest.items())[:PODS_MAX]:
        pod = found.find("pod", words.namespace, words.name) or _template(found, words.namespace, component)
        facts += _reasons(found, component, words, pod)
    return facts


def _later(words: Words, held: Words) -> bool:
    if words.at is None or held.at is None:
        return (words.at is not None, len(words.message)) > (held.at is not None, len(held.message))
    return words.at > held.at


def _template(found: Inventory, namespace: str, component: str) -> Seen | None:
    """The workload that makes the pods, where no pod itself was printed."""
    kinds = ("deployment", "statefulset", "daemonset", "job", "replicaset")
    return next((one for kind in kinds if (one := found.find(kind, namespace, component)) is not None), None)


def _reasons(found: Inventory, component: str, words: Words, pod: Seen | None) -> Iterable[Fact]:
    reasons = refusals(words.message)
    ground = Ground(words.evidence, words.query, component, words.at)
    said = f"pod {words.name}: {words.reason}: {words.message}"
    spec = specification(pod)
    for one in _settled(found, reasons, spec):
        sign = f"unplaced_{one.reason}"
        if one.reason == "device" and "gpu" not in str(one.values.get("device", "")).lower():
            sign = "unplaced_device"
        values = known(
            sign=sign,
            target=words.name,
            nodes=one.nodes,
            of=one.of,
            share=one.nodes / one.of if one.of else None,
            closest=one.closest,
            gpu=1.0 if _gpu(one) else None,
            **_wishes(spec),
        )
        yield fact_of(ground, KUBE, said, {**one.values, **values})
    yield from _closer(found, component, reasons, spec, pod)


def _gpu(one: Refusal) -> bool:
    device = str(one.values.get("device", "")).lower()
    return one.reason == "device" and ("gpu" in device or "nvidia" in device or "amd.com" in device)


def _wishes(spec: object) -> dict[str, str | float | bool | None]:
    """What a specification asks of its node: a selector, an affinity."""
    chosen = at(spec, "nodeSelector")
    pairs = chosen if isinstance(chosen, dict) else {}
    selector = ",".join(f"{key}={value}" for key, value in sorted(pairs.items()))
    affinity = at(spec, "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
    return {
        "selector": selector or None,
        "has_selector": bool(pairs) if items(spec, "containers") or pairs else None,
        "has_affinity": 1.0 if affinity else None,
    }


def _settled(found: Inventory, reasons: list[Refusal], spec: object) -> list[Refusal]:
    """With the nodes known: where the nodes that the pod wants bear a taint, the taint stands closest, not the wish."""
    names = {one.reason for one in reasons} - {"control_plane"}
    shut = next(
        (name for name in ("cordoned", "cordon_taint", "taint", "not_ready", "unreachable") if name in names), ""
    )
    if not shut or "affinity" not in names or len(names - {shut, "affinity"}):
        return reasons
    first = (
        shut if _wanted_is_shut(found, spec, shut, next(one for one in reasons if one.reason == shut)) else "affinity"
    )
    return [Refusal(one.reason, one.nodes, one.of, one.reason == first, one.values) for one in reasons]


def cordon_facts(found: Inventory, facts: list[Fact]) -> list[Fact]:
    """Of each cordoned node, that pods wait because of it."""
    waiting = [fact for fact in facts if fact.values.get("sign") in {"unplaced_cordoned", "unplaced_cordon_taint"}]
    shut = [node for node in found.of("node") if at(node.body, "spec", "unschedulable") is True]
    closest = [fact for fact in waiting if fact.values.get("closest") == 1.0]
    if not closest:
        return []
    names = ", ".join(sorted({fact.component for fact in closest})[:5])
    pinned = {
        str(fact.values.get("selector", "")).partition("kubernetes.io/hostname=")[2].partition(",")[0]
        for fact in closest
    }
    if not shut and len(pinned) == 1 and all(pinned):
        fact, name = closest[0], pinned.pop()
        words = f"pods of {names} wait because {name} is unschedulable"
        return [replace(fact, component=name, text=words, values=known(sign="node_cordoned", target=name, implied=1.0))]
    return [
        fact_of(
            Ground(node.evidence, node.query, node.name),
            KUBE,
            f"pods of {names} wait because {node.name} is unschedulable",
            known(sign="node_cordoned_blocks", target=node.name),
        )
        for node in shut
    ]


def _wanted_is_shut(found: Inventory, spec: object, shut: str, reason: Refusal) -> bool:
    """Whether the nodes that the pod wants are those that are shut; by their labels, else by the taint's own words."""
    nodes = list(found.of("node"))
    wanted = [node for node in nodes if fits(spec, node)]
    if wanted and any(node.labels for node in nodes):
        return True
    pairs = at(spec, "nodeSelector")
    chosen = pairs if isinstance(pairs, dict) else {}
    if "kubernetes.io/hostname" in chosen:
        return True
    if shut != "taint":
        # Somebody shut a node a while ago; a wish that no node ever met would have shown itself before.
        return not chosen
    said = str(reason.values.get("taint", ""))
    return any(str(key) in said or (len(str(value)) > 2 and str(value) in said) for key, value in chosen.items())  # noqa: PLR2004 - a value of two letters is in any text


def fits(spec: object, node: Seen) -> bool:
    """Whether a node bears every label of the selector and of the required affinity."""
    chosen = at(spec, "nodeSelector")
    pairs = chosen if isinstance(chosen, dict) else {}
    if not all(str(node.labels.get(key, "")) == str(value) for key, value in pairs.items()):
        return False
    terms = items(
        spec, "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"
    )
    return not terms or any(
        all(expression_holds(need, node.labels) for need in items(term, "matchExpressions")) for term in terms
    )


def expression_holds(need: object, labels: dict[str, object]) -> bool:
    """Whether labels meet one expression of a selector."""
    key, operator = text(need, "key"), text(need, "operator")
    wanted = [str(one) for one in items(need, "values")]
    held = labels.get(key)
    if operator == "Exists":
        return held is not None
    if operator == "DoesNotExist":
        return held is None
    return (str(held) in wanted) is (operator != "NotIn")


def _closer(found: Inventory, component: str, reasons: list[Refusal], spec: object, pod: Seen | None) -> Iterable[Fact]:
    """The labels that the pod wants beside those that the nodes have."""
    wishes = _wishes(spec)
    if pod is None or not any(one.reason == "affinity" for one in reasons):
        return
    nodes = list(found.of("node"))
    if wishes["selector"] and nodes and any(node.labels for node in nodes):
        keys = [part.partition("=")[0] for part in str(wishes["selector"]).split(",")]
        have = sorted({f"{key}={node.labels[key]}" for node in nodes for key in keys if key in node.labels})
        held = ", ".join(have[:6]) or "no such label"
        said = f"{component} wants nodes with {wishes['selector']}; the nodes have {held}"
    elif wishes["selector"]:
        said = f"{component} wants nodes with {wishes['selector']}"
    elif wishes["has_affinity"]:
        said = f"{component} requires a node affinity: {_affinity_words(spec)}"
    else:
        return
    ground = Ground(pod.evidence, pod.query, component)
    yield fact_of(ground, KUBE, said, known(sign="node_wish", target=pod.name, **wishes))


def _affinity_words(spec: object) -> str:
    terms = items(
        spec, "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"
    )
    needs = [need for term in terms for need in items(term, "matchExpressions")]
    parts = [
        f"{text(need, 'key')} {text(need, 'operator')} {','.join(str(one) for one in items(need, 'values'))}".strip()
        for need in needs[:6]
    ]
    return "; ".join(parts)
