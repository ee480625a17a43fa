"""Which network policies and ingresses stand in the way of traffic, or lead it where nothing is."""

from __future__ import annotations

from collections.abc import Iterator

from lamplighter.diagnosis.cluster.addresses import served_by, service_of
from lamplighter.diagnosis.cluster.drafting import sign_fact
from lamplighter.diagnosis.cluster.inventory import Inventory, Seen, same_namespace
from lamplighter.diagnosis.cluster.spoken_logs import Call, Spoken
from lamplighter.diagnosis.cluster.storage import selects
from lamplighter.diagnosis.readers.document import at, items, text
from lamplighter.diagnosis.readers.draft import shown
from lamplighter.domain.evidence import Fact


def barring_facts(found: Inventory, logs: dict[str, Spoken]) -> list[Fact]:
    """Facts `kube` on every network policy that selects a component, and on every ingress that misleads."""
    facts: list[Fact] = []
    for policy in found.of("networkpolicy", "ciliumnetworkpolicy", "ciliumclusterwidenetworkpolicy"):
        facts += _policy(found, policy)
        facts += _blocks(found, policy, logs)
    return facts


def _policy(found: Inventory, policy: Seen) -> Iterator[Fact]:
    chosen = at(policy.body, "spec", "podSelector", "matchLabels") or at(
        policy.body, "spec", "endpointSelector", "matchLabels"
    )
    pairs = {str(k): str(v) for k, v in chosen.items()} if isinstance(chosen, dict) else {}
    selected = {
        found.component(pod)
        for pod in found.of("pod", "deployment", "statefulset")
        if same_namespace(pod.namespace, policy.namespace) and _bears(pod, pairs)
    }
    words = ",".join(f"{key}={value}" for key, value in pairs.items()) or "every pod"
    said = f"network policy {policy.name} selects {words}{_allows(policy)}"
    for component in sorted(selected)[:50] or [policy.name]:
        yield sign_fact(found, policy, "policy_selects", said, component, everything=not pairs)


def _blocks(found: Inventory, policy: Seen, logs: dict[str, Spoken]) -> Iterator[Fact]:
    """Whether calls that end in silence are calls that the policy does not allow."""
    spec = at(policy.body, "spec")
    chosen = at(spec, "podSelector")
    kinds = {str(one) for one in items(spec, "policyTypes")} or {"Ingress"}
    for caller, said in sorted(logs.items()):
        for call in (one for one in said.calls if one.error == "timeout"):
            for target in _silent(found, policy, chosen, caller, call, kinds):
                words = (
                    f"{caller} gets no answer ({shown(call.line, 140)}), and policy {policy.name}{_allows(policy)} "
                    "does not let it through"
                )
                yield sign_fact(found, policy, "policy_blocks", words, target, policy=policy.name, caller=caller)
                break


def _silent(found: Inventory, policy: Seen, chosen: object, caller: str, call: Call, kinds: set[str]) -> Iterator[str]:
    """Whom a call without an answer tells of: the caller that may not go out, or the one that may not be reached."""
    pods = [pod for pod in found.of("pod") if same_namespace(pod.namespace, policy.namespace)]
    own = [pod for pod in pods if found.component(pod) == caller]
    name, service = service_of(found, call.host, policy.namespace)
    if (
        "Egress" in kinds
        and any(selects(chosen, pod.labels) for pod in own)
        and not _lets(policy, "egress", call, None)
    ):
        yield caller
    if "Ingress" not in kinds:
        return
    for pod in pods:
        component = found.component(pod)
        meant = component == name or (service is not None and served_by(found, service) == component)
        guessed = service is None and _leads(found, policy.namespace, component, call.port)
        if component != caller and (meant or guessed) and selects(chosen, pod.labels):
            yield from () if _lets(policy, "ingress", call, own[0] if own else None) else (component,)


def _leads(found: Inventory, namespace: str, component: str, port: float | None) -> bool:
    """Whether a call of unknown address is likely for this component: its endpoints alone are on that port."""
    held = found.find("endpoints", namespace, component)
    return (
        held is not None
        and port is not None
        and any(str(one).endswith(f":{port:.0f}") for one in items(held.body, "ready"))
    )


def _lets(policy: Seen, key: str, call: Call, caller: Seen | None) -> bool:
    """Whether any rule of a policy allows the call; a description is believed where it names the port or any port."""
    side = "from" if key == "ingress" else "to"
    for rule in items(policy.body, "spec", key):
        ports = [at(port, "port") for port in items(rule, "ports")]
        peers = items(rule, side)
        open_port = not ports or call.port is None or any(str(port) == f"{call.port:.0f}" for port in ports)
        if open_port and (not peers or any(_peer_is(peer, caller, policy) for peer in peers)):
            return True
    told = text(policy.body, f"{key}Text")
    return bool(told) and call.port is not None and f"{call.port:.0f}/" in told


def _peer_is(peer: object, caller: Seen | None, policy: Seen) -> bool:
    if text(peer, "ipBlock", "cidr") == "0.0.0.0/0":
        return True
    pods, spaces = at(peer, "podSelector"), at(peer, "namespaceSelector")
    if caller is None:
        return False
    home = caller.namespace or policy.namespace
    near = spaces is None or not spaces or at(spaces, "matchLabels", "kubernetes.io/metadata.name") == home
    return near and (pods is None or selects(pods, caller.labels)) and (pods is not None or spaces is not None)


def _bears(one: Seen, pairs: dict[str, str]) -> bool:
    marks = one.labels if one.kind == "pod" else at(one.body, "spec", "template", "metadata", "labels")
    held = marks if isinstance(marks, dict) else {}
    return all(str(held.get(key)) == value for key, value in pairs.items())


def _allows(policy: Seen) -> str:
    spec = at(policy.body, "spec")
    parts: list[str] = []
    for key, side in (("ingress", "from"), ("egress", "to")):
        kinds = [str(one) for one in items(spec, "policyTypes")]
        rules = items(spec, key)
        if at(spec, key) is None and key.capitalize() not in kinds:
            continue
        peers = [peer for rule in rules for peer in items(rule, side)]
        ports = [str(at(port, "port")) for rule in rules for port in items(rule, "ports")]
        told = text(policy.body, f"{key}Text")
        allowed = "; ".join(_peer(peer) for peer in peers[:4]) or told or ("nothing" if not rules else "any peer")
        parts.append(f"{key} allowed: {allowed}" + (f" on port {', '.join(ports[:6])}" if ports else ""))
    return f" ({', '.join(parts)})" if parts else ""


def _peer(peer: object) -> str:
    for key in ("podSelector", "namespaceSelector"):
        marks = at(peer, key, "matchLabels")
        if isinstance(marks, dict) and marks:
            return ",".join(f"{name}={value}" for name, value in marks.items())
    return text(peer, "ipBlock", "cidr") or "any"
