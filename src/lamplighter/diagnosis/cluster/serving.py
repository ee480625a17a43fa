"""Whether services reach what they stand for: selectors against labels, target ports against ports, protocols."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lamplighter.diagnosis.cluster.drafting import sign_fact
from lamplighter.diagnosis.cluster.inventory import Inventory, Seen, same_namespace
from lamplighter.diagnosis.cluster.pods import is_up
from lamplighter.diagnosis.cluster.spoken_logs import Spoken
from lamplighter.diagnosis.readers.document import at, is_count, items, number, text
from lamplighter.domain.evidence import Fact

_HASHES = frozenset({"pod-template-hash", "controller-revision-hash", "statefulset.kubernetes.io/pod-name"})
_SHARED = 2


@dataclass(frozen=True, slots=True)
class Backing:
    """What might stand behind a service: labels and ports of a pod, or of the template that makes pods."""

    name: str
    component: str
    labels: dict[str, str]
    ports: dict[int, tuple[str, str]]
    up: bool
    pod: bool


def service_facts(found: Inventory, logs: dict[str, Spoken]) -> list[Fact]:
    """Facts `kube` on every service whose selector, ports or protocol do not fit, or that has nothing behind it."""
    facts: list[Fact] = []
    backings = list(_backings(found))
    for service in found.of("service"):
        near = [one for one in backings if same_namespace(one[0], service.namespace)]
        facts += _selector_facts(found, service, [one for _, one in near])
        matched = [one for _, one in near if _selected(service, one)]
        behind = matched or _namesakes(service, [one for _, one in near])
        if not behind and service.name in logs:
            behind = [Backing(service.name, service.name, {}, {}, up=False, pod=False)]
        facts += _port_facts(found, service, behind, logs)
    return facts


def _backings(found: Inventory) -> Iterator[tuple[str, Backing]]:
    for one in found.of("pod", "deployment", "statefulset", "daemonset", "replicaset"):
        pod = one.kind == "pod"
        spec = at(one.body, "spec") if pod else at(one.body, "spec", "template", "spec")
        marks = one.labels if pod else at(one.body, "spec", "template", "metadata", "labels")
        if not pod and not isinstance(marks, dict):
            marks = at(one.body, "spec", "selector", "matchLabels")
        labels = {str(key): str(value) for key, value in marks.items()} if isinstance(marks, dict) else {}
        yield one.namespace, Backing(one.name, found.component(one), labels, _ports(spec), pod and is_up(one), pod)


def _ports(spec: object) -> dict[int, tuple[str, str]]:
    ports: dict[int, tuple[str, str]] = {}
    for box in items(spec, "containers"):
        for port in items(box, "ports"):
            value = number(port, "containerPort")
            if value is not None:
                ports[int(value)] = (text(port, "name"), text(port, "protocol") or "TCP")
    return ports


def _selector(service: Seen) -> dict[str, str]:
    chosen = at(service.body, "spec", "selector")
    return {str(key): str(value) for key, value in chosen.items()} if isinstance(chosen, dict) else {}


def _selected(service: Seen, one: Backing) -> bool:
    chosen = _selector(service)
    return bool(chosen) and all(one.labels.get(key) == value for key, value in chosen.items())


def endpoints_of(found: Inventory, service: Seen) -> list[str] | None:
    """The addresses behind a service that are ready; None where nothing showed them."""
    said = at(service.body, "endpoints")
    if isinstance(said, list):
        return [str(one) for one in said]
    held = found.find("endpoints", service.namespace, service.name)
    slices = [
        one
        for one in found.of("endpointslice")
        if same_namespace(one.namespace, service.namespace)
        and (
            one.labels.get("kubernetes.io/service-name") == service.name or one.name.rpartition("-")[0] == service.name
        )
    ]
    if held is None and not slices:
        return None
    return [address for one in ([held] if held else []) + slices for address in _addresses(one)]


def _addresses(one: Seen) -> list[str]:
    ready = [str(address) for address in items(one.body, "ready")]
    for subset in items(one.body, "subsets"):
        ready += [text(address, "ip") for address in items(subset, "addresses")]
    for endpoint in items(one.body, "endpoints"):
        if at(endpoint, "conditions", "ready") is not False:
            ready += [str(address) for address in items(endpoint, "addresses")]
    return ready


def endpoint_ports(found: Inventory, service: Seen) -> set[int]:
    """The ports to which a service's endpoints lead."""
    ports: set[int] = set()
    said = at(service.body, "endpoints")
    for address in said if isinstance(said, list) else []:
        last = str(address).rsplit(":", maxsplit=1)[-1]
        ports |= {int(last)} if is_count(last) else set()
    for one in found.of("endpoints", "endpointslice"):
        mine = one.name == service.name or one.name.rpartition("-")[0] == service.name
        if mine and same_namespace(one.namespace, service.namespace):
            listed = items(one.body, "ports") + [p for s in items(one.body, "subsets") for p in items(s, "ports")]
            ports |= {int(value) for port in listed if (value := number(port, "port")) is not None}
    return ports


def _selector_facts(found: Inventory, service: Seen, near: list[Backing]) -> Iterator[Fact]:
    chosen = _selector(service)
    addresses = endpoints_of(found, service)
    if text(service.body, "spec", "type") == "ExternalName" or service.name == "kubernetes":
        return
    said = ",".join(f"{key}={value}" for key, value in chosen.items())
    bare = [one for one in _namesakes(service, near) if not one.labels]
    if chosen and any(one.labels for one in near) and not bare and not any(_selected(service, one) for one in near):
        best = max((one for one in near if one.labels), key=lambda one: _closeness(service, chosen, one))
        named, agree, keys = _closeness(service, chosen, best)
        related = bool(named) or (addresses == [] and bool(agree or keys))
        marks = ",".join(f"{key}={value}" for key, value in best.labels.items() if key not in _HASHES)
        empty = addresses == [] and addresses is not None
        if addresses or (not related and not empty):
            return
        words = f"service {service.name} selects {said}, which no pod bears: {best.name} has {marks}"
        words += "; it has no endpoints" if empty else ""
        yield sign_fact(
            found,
            service,
            "selector_matches_nothing",
            words,
            selector=said,
            empty=empty,
            related=related,
            served=best.component,
        )
    elif addresses == []:
        yield from _empty(found, service, near, said)


def _closeness(service: Seen, chosen: dict[str, str], one: Backing) -> tuple[int, int, int]:
    """How likely a service was meant for these labels: pairs that agree, keys in common, a name in common."""
    agree = sum(one.labels.get(key) == value for key, value in chosen.items())
    named = (
        one.component == service.name
        or one.component.startswith(service.name)
        or service.name.startswith(one.component)
    )
    keys = sum(key in one.labels for key in chosen)
    return int(named), agree, keys if named or agree else 0


def _namesakes(service: Seen, near: list[Backing]) -> list[Backing]:
    return [one for one in near if one.component == service.name]


def _empty(found: Inventory, service: Seen, near: list[Backing], said: str) -> Iterator[Fact]:
    matched = [one for one in near if one.pod and (_selected(service, one) or not one.labels)]
    mine = [
        one for one in matched if one.labels or one.component == service.name or one.name.startswith(f"{service.name}-")
    ]
    up = [one for one in mine if one.up]
    if up and not any(one.labels for one in up):
        words = (
            f"service {service.name} ({said or 'selector not shown'}) has no endpoints, although {up[0].name} is ready"
        )
        yield sign_fact(found, service, "endpoints_empty_though_ready", words, selector=said)
    else:
        words = f"service {service.name} has no endpoints" + (f" (selector {said})" if said else "")
        yield sign_fact(found, service, "endpoints_empty", words, selector=said, pods=float(len(mine)))


def _port_facts(found: Inventory, service: Seen, behind: list[Backing], logs: dict[str, Spoken]) -> Iterator[Fact]:
    if not behind:
        return
    declared: dict[int, tuple[str, str]] = {}
    heard: dict[int, str] = {}
    for one in behind:
        declared |= one.ports
        heard |= logs.get(one.component, Spoken()).ports
    leading = endpoint_ports(found, service)
    listed = items(service.body, "spec", "ports") or items(service.body, "spec", "listedPorts")
    for port in listed:
        yield from _one_port(found, service, port, declared, heard, leading if len(listed) == 1 else set())


def _one_port(
    found: Inventory,
    service: Seen,
    port: object,
    declared: dict[int, tuple[str, str]],
    heard: dict[int, str],
    leading: set[int],
) -> Iterator[Fact]:
    target = at(port, "targetPort")
    exact = at(service.body, "spec", "ports") is not None
    names = {name for name, _ in declared.values()}
    if isinstance(target, str) and target and not is_count(target):
        if declared and target not in names:
            have = ", ".join(f"{value} ({name})" if name else str(value) for value, (name, _) in declared.items())
            words = f"service {service.name} leads to the port named {target}, but the container's ports are {have}"
            yield sign_fact(found, service, "target_port_wrong", words, strength=1.0)
        wanted = next((value for value, (name, _) in declared.items() if name == target), None)
    elif (aimed := number(port, "targetPort")) is not None or leading:
        wanted = int(aimed) if aimed is not None else min(leading, default=None)
    else:
        own = number(port, "port")
        wanted = int(own) if own is not None and (exact or int(own) in declared or int(own) in heard) else None
    if wanted is None:
        return
    protocol = text(port, "protocol") or "TCP"
    if wanted not in declared and wanted not in heard and (declared or heard):
        have = ", ".join(map(str, sorted({*declared, *heard})[:6]))
        words = f"service {service.name} leads to port {wanted}, but {have} is where its pods listen"
        yield sign_fact(found, service, "target_port_wrong", words, strength=1.0 if heard and declared else 0.8)
    elif wanted in declared and heard and wanted not in heard and len(heard) == 1:
        words = f"service {service.name} leads to port {wanted}, but its pods say that they listen on {min(heard)}"
        yield sign_fact(found, service, "target_port_doubtful", words)
    yield from _protocol(found, service, wanted, protocol, declared, heard)


def _protocol(
    found: Inventory,
    service: Seen,
    wanted: int,
    protocol: str,
    declared: dict[int, tuple[str, str]],
    heard: dict[int, str],
) -> Iterator[Fact]:
    own = declared.get(wanted, ("", ""))[1]
    line = heard.get(wanted, "").lower()
    spoken = "UDP" if "udp" in line and "tcp" not in line else "TCP" if "tcp" in line and "udp" not in line else ""
    listens = spoken or own
    if listens and listens != protocol:
        words = f"service {service.name} carries {protocol} to port {wanted}, but what listens there speaks {listens}"
        words += f": {heard[wanted][:160]}" if spoken else ""
        yield sign_fact(found, service, "protocol_wrong", words, strength=1.0)
