"""Whether the addresses that programs are given, and those that they try in vain, belong to any service."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from lamplighter.diagnosis.cluster.drafting import KUBE, Ground, fact_of
from lamplighter.diagnosis.cluster.inventory import Inventory, Seen, same_namespace
from lamplighter.diagnosis.cluster.pods import is_up, specification
from lamplighter.diagnosis.cluster.serving import endpoints_of
from lamplighter.diagnosis.cluster.spoken_logs import Call, Spoken
from lamplighter.diagnosis.readers.document import at, items, number, text
from lamplighter.diagnosis.readers.draft import known, shown
from lamplighter.domain.evidence import Fact

_NAMED = re.compile(
    r"(?i)(?:ADDR|HOST|URL|URI|ENDPOINT|SERVER|DSN|BROKER|SERVICE|UPSTREAM|TARGET|PEER|BACKEND|_DB\b|DATABASE|REDIS|CACHE|MQ)"
)
_ADDRESS = re.compile(
    r"^(?:[a-z][a-z0-9+.:-]{1,30}://)?(?:[^@/\s]{1,200}@)?([A-Za-z0-9][\w.-]{0,200})(?::(\d{1,5}))?(?:[/?,;].{0,300})?$"
)
DATABASE_PORTS = frozenset({5432.0, 3306.0, 27017.0, 1433.0, 1521.0, 9042.0, 26257.0, 5984.0, 8529.0})
CACHE_PORTS = frozenset({6379.0, 11211.0, 6380.0, 26379.0})
_DATABASE = re.compile(r"(?i)postgres|mysql|maria|mongo|cassandra|oracle|mssql|cockroach|\bdb\b|database")
ALIKE = 0.8
_ENDINGS = (".svc.cluster.local", ".svc", ".cluster.local")


@dataclass(frozen=True, slots=True)
class Address:
    """What one variable of a component points to."""

    component: str
    variable: str
    host: str
    port: float | None
    value: str
    holder: Seen


def addresses(found: Inventory) -> list[Address]:
    """The addresses in the environment of every pod and workload, each once."""
    held: dict[tuple[str, str], Address] = {}
    for one in found.of("pod", "deployment", "statefulset", "daemonset", "job"):
        component = found.component(one)
        for box in items(specification(one), "containers"):
            for pair in items(box, "env"):
                name, value = text(pair, "name"), text(pair, "value")
                parsed = _ADDRESS.match(value.strip()) if _NAMED.search(name) and len(value) < 600 else None  # noqa: PLR2004 - no address is longer
                if parsed and (
                    parsed[2] or "." in parsed[1] or "://" in value or re.search(r"(?i)HOST|ADDR|SERVER", name)
                ):
                    port = float(parsed[2]) if parsed[2] else _port_beside(box, name)
                    held.setdefault((component, name), Address(component, name, parsed[1], port, value, one))
    return [held[key] for key in sorted(held)]


def _port_beside(box: object, name: str) -> float | None:
    """The port that stands in a variable of its own: DB_HOST beside DB_PORT."""
    stem = re.sub(r"(?i)(?:_?HOST|_?ADDR(?:ESS)?|_?SERVER|_?SERVICE_HOST)$", "", name)
    for pair in items(box, "env"):
        if text(pair, "name").upper() in {f"{stem}_PORT".upper(), f"{stem}PORT".upper()}:
            return number(pair, "value")
    return None


def service_of(found: Inventory, host: str, namespace: str) -> tuple[str, Seen | None]:
    """The name of the service that a host name means, and the service where it was seen."""
    plain = host.lower().rstrip(".")
    for ending in _ENDINGS:
        plain = plain.removesuffix(ending)
    name, _, place = plain.partition(".")
    for service in found.of("service"):
        if service.name == name and (
            service.namespace == place if place else same_namespace(service.namespace, namespace)
        ):
            return name, service
        if text(service.body, "spec", "clusterIP") == host:
            return service.name, service
    if re.fullmatch(r"[\w-]{1,63}-\d{1,3}", name) and place:
        return service_of(found, place, namespace)
    return name, None


def ports_of(service: Seen) -> list[int]:
    """The ports under which a service is reached."""
    listed = items(service.body, "spec", "ports") or items(service.body, "spec", "listedPorts")
    return sorted({int(value) for port in listed if (value := number(port, "port")) is not None})


def address_facts(found: Inventory, logs: dict[str, tuple[Spoken, str, str]]) -> list[Fact]:
    """Facts `kube` on addresses that lead nowhere, and on calls that fail, under the component that makes them."""
    facts: list[Fact] = []
    given = addresses(found)
    for one in given:
        calls = logs[one.component][0].calls if one.component in logs else []
        facts += _given(found, one, calls)
    for component, (said, evidence, query) in sorted(logs.items()):
        for call in sorted(said.calls, key=lambda one: one.error == "wait"):
            facts += _call(found, component, call, Ground(evidence, query, component), given)
    return facts


def _given(found: Inventory, one: Address, calls: list[Call]) -> Iterator[Fact]:
    namespace = one.holder.namespace
    name, service = service_of(found, one.host, namespace)
    failed = next((call for call in calls if _same_host(call.host, one.host)), None)
    ground = Ground(one.holder.evidence, one.holder.query, one.component)
    tried = f"; {shown(failed.line, 160)}" if failed else ""
    if service is not None:
        ports = ports_of(service)
        if (
            one.port is not None
            and ports
            and int(one.port) not in ports
            and text(service.body, "spec", "clusterIP") != "None"
        ):
            words = (
                f"{one.component} has {one.variable}={_masked(one.value)}, but service {service.name} "
                f"is on port {', '.join(map(str, ports))}{tried}"
            )
            yield fact_of(
                ground, KUBE, words, known(sign="address_wrong", strength=1.0, target=name, tried=failed is not None)
            )
        return
    inside = "." not in one.host or one.host.endswith(_ENDINGS) or failed is not None
    dotted = one.host.removesuffix(".").split(".")
    elsewhere = len(dotted) > 1 and dotted[1] not in {namespace, "svc"}
    if re.fullmatch(r"\d{1,3}(?:\.\d{1,3}){3}", one.host):
        yield from _unknown_address(found, one, failed, ground)
        return
    namesake = found.find("service", namespace, name) if elsewhere and failed else None
    if namesake is not None:
        words = f"{one.component} has {one.variable}={_masked(one.value)}, but service {name} is in {namespace}{tried}"
        yield fact_of(
            ground, KUBE, words, known(sign="address_wrong", strength=0.9, target=name, tried=True, has_near=True)
        )
    if not inside or elsewhere or not found.lists("service", namespace) or one.host == "localhost":
        return
    near = _nearest(found, name, one.port, namespace, sure=failed is not None)
    if near or failed:
        words = f"{one.component} has {one.variable}={_masked(one.value)}, but there is no service {name}"
        words += f"; there is {near.name} on port {', '.join(map(str, ports_of(near)))}" if near else ""
        values = known(
            sign="address_wrong",
            strength=1.0 if near and failed else 0.8 if near else 0.6,
            target=name,
            tried=failed is not None,
            near=near.name if near else None,
            has_near=near is not None,
        )
        yield fact_of(ground, KUBE, words + tried, values)


def _unknown_address(found: Inventory, one: Address, failed: Call | None, ground: Ground) -> Iterator[Fact]:
    """An address in numbers that was tried in vain and that neither a service nor a pod has."""
    services = [service for service in found.of("service") if same_namespace(service.namespace, one.holder.namespace)]
    held = {text(service.body, "spec", "clusterIP") for service in services}
    held |= {text(pod.body, "status", "podIP") for pod in found.of("pod")}
    inside = any(address.split(".")[0] == one.host.split(".")[0] for address in held if address)
    if failed is not None and services and inside and one.host not in held:
        words = (
            f"{one.component} has {one.variable}={_masked(one.value)}, which is the address "
            f"of no service; {shown(failed.line, 160)}"
        )
        yield fact_of(ground, KUBE, words, known(sign="address_wrong", strength=0.8, target=one.host, tried=True))


def _masked(value: str) -> str:
    return re.sub(r"//[^@/\s]{1,200}@", "//…@", shown(value, 120))


def _same_host(left: str, right: str) -> bool:
    return left.split(".", maxsplit=1)[0].lower() == right.split(".", maxsplit=1)[0].lower()


def _nearest(found: Inventory, name: str, port: float | None, namespace: str, *, sure: bool) -> Seen | None:
    """The service that was likely meant: of a similar name, or the only one on that port.

    Where no call was seen to fail, it must be both, because an optional peer may well be absent.
    """
    services = [
        one for one in found.of("service") if same_namespace(one.namespace, namespace) and one.name != "kubernetes"
    ]
    words = set(re.split(r"[-_.]", name.lower()))
    named = [one for one in services if words & set(re.split(r"[-_.]", one.name.lower())) or _alike(name, one.name)]
    ported = [one for one in services if port is not None and int(port) in ports_of(one)]
    both = [one for one in named if one in ported or port is None]
    if not sure:
        return both[0] if both else None
    only = both or named or ported
    return only[0] if len(only) == 1 or both or named else None


def _alike(left: str, right: str) -> bool:
    """Whether one name may well be the other, misspelt or shortened."""
    one, two = (re.sub(r"[^a-z0-9]", "", name.lower()) for name in (left, right))
    return one.startswith(two) or two.startswith(one) or SequenceMatcher(None, one, two).ratio() >= ALIKE


def _refuser(
    found: Inventory, service: Seen | None, name: str, call: Call, component: str, ground: Ground
) -> Iterator[Fact]:
    """Of whoever is called: that it refuses, although its service leads to it."""
    components = {found.component(one) for one in found.of("pod")}
    if service is None and name not in components:
        return
    target = served_by(found, service) if service is not None else name
    empty = service is not None and endpoints_of(found, service) == []
    down = [pod for pod in found.of("pod") if found.component(pod) == target and not is_up(pod)]
    if target == component or (empty and not down):
        return
    words = f"{component} is refused by {name} at port {call.port or 0:.0f}: {shown(call.line, 200)}"
    there = Ground(ground.evidence, ground.query, target, ground.at)
    database = call.port in DATABASE_PORTS or bool(_DATABASE.search(name))
    values = known(sign="refuses_calls", port=call.port, target=name, database=database, cache=call.port in CACHE_PORTS)
    yield fact_of(there, KUBE, words, values)


def served_by(found: Inventory, service: Seen) -> str:
    """The component behind a service: that of the pods that it selects, where it is one, else its own name."""
    chosen = at(service.body, "spec", "selector")
    pairs = chosen if isinstance(chosen, dict) else {}
    behind = {
        found.component(pod)
        for pod in found.of("pod")
        if pairs
        and same_namespace(pod.namespace, service.namespace)
        and all(pod.labels.get(k) == v for k, v in pairs.items())
    }
    return behind.pop() if len(behind) == 1 else found.component(service)


def _call(found: Inventory, component: str, call: Call, ground: Ground, given: list[Address]) -> Iterator[Fact]:
    seen = next(
        (one for one in found.of("pod", "deployment", "statefulset") if found.component(one) == component), None
    )
    namespace = seen.namespace if seen else ""
    name, service = service_of(found, call.host, namespace)
    there = service is not None
    known_not = (
        not there
        and bool(name)
        and found.lists("service", namespace)
        and "." not in call.host.removesuffix(".svc.cluster.local").removesuffix(".svc").removesuffix(f".{namespace}")
    )
    ports = ports_of(service) if service else []
    wrong = (
        bool(
            ports
            and call.port is not None
            and int(call.port) not in ports
            and at(service.body, "spec", "clusterIP") != "None"
        )
        if service
        else False
    )
    variable = next(
        (one.variable for one in given if one.component == component and _same_host(one.host, call.host)), None
    )
    values = known(
        sign=f"call_{call.error}",
        target=name,
        port=call.port,
        exists=there,
        missing=known_not,
        wrong_port=wrong,
        count=float(call.count),
        variable=variable,
    )
    words = f"log of {component}: {shown(call.line, 260)}"
    words += f"; service {name} is on port {', '.join(map(str, ports))}" if wrong else ""
    words += f"; there is no service {name}" if known_not else ""
    yield fact_of(ground, KUBE, words, values)
    if call.error == "refused" and not wrong:
        yield from _refuser(found, service, name, call, component, ground)
    if (call.error == "wait" or known_not) and not there and name:
        yield fact_of(ground, KUBE, words, known(sign="waits_for", target=name, missing=known_not))
    if wrong and variable is None:
        yield fact_of(ground, KUBE, words, known(sign="address_wrong", strength=0.8, target=name, tried=True))
