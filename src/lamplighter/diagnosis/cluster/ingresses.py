"""Where ingresses lead: to services that are not there, at wrong ports, or by a class that nobody serves."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lamplighter.diagnosis.cluster.addresses import ports_of
from lamplighter.diagnosis.cluster.drafting import KUBE, Ground, fact_of, sign_fact
from lamplighter.diagnosis.cluster.inventory import Inventory, Seen, same_namespace
from lamplighter.diagnosis.cluster.serving import endpoints_of
from lamplighter.diagnosis.readers.document import at, is_count, items, number, text
from lamplighter.diagnosis.readers.draft import known, shown
from lamplighter.domain.evidence import Evidence, Fact

LINES_MAX = 5_000
_LOST_BACKEND = re.compile(
    r"(?i)(?:service|endpoints for service|upstream|backend) \\?[\"']?((?:[\w.-]{1,63}/)?[\w.-]{1,63})\\?[\"']?:? "
    r"(?:was not found|does not exist|not found|does not have any active Endpoint|no object matching key)"
)
_BROKEN = re.compile(
    r"(?i)endpoints? \\?\"?[\w./-]{1,200}\\?\"? not found|services? \\?\"?[\w./-]{1,200}\\?\"? not found|<error:"
)


def ingress_facts(found: Inventory) -> list[Fact]:
    """Facts `kube` on every ingress: its ways, and those of them that mislead."""
    return [fact for ingress in found.of("ingress") for fact in _ingress(found, ingress)]


def controller_facts(found: Inventory, pieces: list[Evidence]) -> list[Fact]:
    """What the controllers of ingresses say in their logs of backends that they cannot find."""
    facts: dict[tuple[str, str], Fact] = {}
    for piece in pieces:
        for line in piece.content.splitlines()[-LINES_MAX:]:
            lost = _LOST_BACKEND.search(line[:1_500])
            if lost is None:
                continue
            service = lost[1].rpartition("/")[2]
            owner = next(
                (one.name for one in found.of("ingress") if any(way[0] == service for way in _backends(one))), service
            )
            missing = found.find("service", "", service) is None
            sign = "ingress_backend_missing" if missing else "ingress_backend_empty"
            ground = Ground(piece.id, piece.tool, owner, piece.at)
            values = known(sign=sign, service=service, target=owner)
            facts.setdefault((owner, sign), fact_of(ground, KUBE, shown(line, 400), values))
    return list(facts.values())


def _class(found: Inventory, ingress: Seen) -> Iterator[Fact]:
    """A class that no controller serves: nobody takes the ingress up."""
    wanted = text(ingress.body, "spec", "ingressClassName") or text(ingress.body, "class")
    marks = at(ingress.body, "metadata", "annotations")
    wanted = wanted or str(marks.get("kubernetes.io/ingress.class", "") if isinstance(marks, dict) else "")
    known_classes = sorted(one.name for one in found.of("ingressclass"))
    if wanted and wanted not in known_classes and found.lists("ingressclass"):
        have = f"there is {', '.join(known_classes)}" if known_classes else "there is none"
        words = f"ingress {ingress.name} is of class {wanted}, which no controller serves: {have}"
        yield sign_fact(found, ingress, "ingress_class_missing", words, service=wanted)


def _ingress(found: Inventory, ingress: Seen) -> Iterator[Fact]:
    yield from _class(found, ingress)
    for service, port, path, state in _backends(ingress):
        held = found.find("service", ingress.namespace, service)
        where = f"ingress {ingress.name} leads {path} to {service}:{port}"
        if held is None and (_BROKEN.search(state) or found.lists("service", ingress.namespace)):
            have = ", ".join(
                one.name for one in found.of("service") if same_namespace(one.namespace, ingress.namespace)
            )
            yield sign_fact(
                found,
                ingress,
                "ingress_backend_missing",
                f"{where}, which does not exist{f'; there are {have}' if have else ''} {state}",
                service=service,
            )
        elif held is not None:
            ports = ports_of(held)
            names = {text(one, "name") for one in items(held.body, "spec", "ports")}
            if ports and port and (int(port) not in ports if is_count(port) else names and port not in names):
                words = f"{where}, but that service is on port {', '.join(map(str, ports))}"
                yield sign_fact(found, ingress, "ingress_port_wrong", words, service=service)
            elif endpoints_of(found, held) == []:
                yield sign_fact(
                    found, ingress, "ingress_backend_empty", f"{where}, which has no endpoints", service=service
                )
        first = path.partition("/")[2].split("/", maxsplit=1)[0]
        other = found.find("service", ingress.namespace, first) if first and first != service else None
        if other is not None and first not in service:
            words = f"{where}, although there is a service {first}"
            yield sign_fact(found, ingress, "ingress_wrong_service", words, service=service)
        yield sign_fact(found, ingress, "ingress_route", where, service=service, path=path)


def _backends(ingress: Seen) -> Iterator[tuple[str, str, str, str]]:
    """The service, port, path and state of every way through an ingress, as the API or as describe gives it."""
    for one in items(ingress.body, "backends"):
        yield text(one, "service"), text(one, "port"), text(one, "path"), text(one, "state")
    ways = [
        (text(rule, "host"), way)
        for rule in items(ingress.body, "spec", "rules")
        for way in items(rule, "http", "paths")
    ]
    default = at(ingress.body, "spec", "defaultBackend")
    ways += [("", {"backend": default, "path": "/"})] if default else []
    for host, way in ways:
        service = text(way, "backend", "service", "name") or text(way, "backend", "serviceName")
        port = number(way, "backend", "service", "port", "number") or number(way, "backend", "servicePort")
        name = text(way, "backend", "service", "port", "name")
        if service:
            yield service, f"{port:.0f}" if port else name, f"{host}{text(way, 'path') or '/'}", ""
