"""From what an engine lists to what could be connected: monitoring and message servers, each with the reason. Pure.

Nothing is asked and nothing is scanned here; labels are text of strangers, which can only ever be shown or left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lamplighter.domain.policy import IMAGE_LABEL
from lamplighter.domain.texts import kept_text
from lamplighter.domain.topology import SERVICE_LABEL, Component

TITLE_LABEL = "org.opencontainers.image.title"
PORTS_LABEL = "lamplighter.ports"
SUGGESTIONS_MAX = 12
THIS_MACHINE = "127.0.0.1"
PARTS_LOOKED_AT_MAX = 1_000
SAID_BYTES_MAX = 160
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
_OWN_ID = re.compile(r"[0-9a-f]{12,64}")
# What stands in the label where a container has no network of its own.
HOST_NETWORK, NO_NETWORK = "host", "none"
_ADDRESS = re.compile(r"[a-z]+://(?:[^/@]*@)?(?P<host>[^/@:]+)(?::(?P<port>[0-9]{1,5}))?(?:/.*)?")
_PORTS = re.compile(r"(?P<public>[0-9]{1,5})>(?P<private>[0-9]{1,5})")


@dataclass(frozen=True, slots=True)
class Vantage:
    """From where Lamplighter looks: as a container beside the others by their names, else by `host`'s open ports.

    `own` is its own container, `service` what compose calls that, and `group` its project; all empty where it is none
    of those listed. `host` is empty where nothing says on which machine the open ports are.
    """

    host: str = THIS_MACHINE
    own: str = ""
    service: str = ""
    group: str = ""

    @property
    def inside(self) -> bool:
        """Whether it runs on the engine that it watches."""
        return bool(self.own)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One thing that could be connected. `tree` is what the configuration would get; empty where it needs none.

    `doubt` is why there is no line for it; `there` is what is to be done in the other program.
    """

    kind: str
    name: str
    reason: str
    gain: str
    tree: Mapping[str, Any] = field(default_factory=dict)
    doubt: str = ""
    there: str = ""
    connected: bool = False


@dataclass(frozen=True, slots=True)
class _Known:
    """A program that is known by its image or by what its label calls it."""

    kind: str
    called: frozenset[str]
    port: int
    gain: str
    section: str = "sources"
    # What only a person can do over there.
    there: str = ""
    # Whether nothing needs to be set here.
    listens: bool = False


KNOWN = (
    _Known(
        "prometheus",
        frozenset({"prometheus", "victoria-metrics"}),
        9090,
        "I ask it whether the signal that fired is clear, and for measurements as evidence",
    ),
    _Known(
        "alertmanager",
        frozenset({"alertmanager"}),
        9093,
        "I ask it for alerts that a webhook left out",
        there="its alerts come by the receiver in docs/install.md, Point your monitoring here",
    ),
    _Known("loki", frozenset({"loki"}), 3100, "I read the lines that a component wrote, as evidence"),
    _Known(
        "grafana",
        frozenset({"grafana", "grafana-oss", "grafana-enterprise"}),
        3000,
        "I read its annotations, because deploys stand there",
        there="a contact point of the type Webhook to /api/v1/alerts/grafana, and a service account for token_file",
    ),
    _Known(
        "uptime_kuma",
        frozenset({"uptime-kuma"}),
        3001,
        "what it finds down becomes an alert here",
        there="a notification of the type Webhook to /api/v1/alerts/uptime_kuma; nothing is to be set here",
        listens=True,
    ),
    _Known("ntfy", frozenset({"ntfy"}), 80, "it carries my messages to your phone", section="notify"),
)
# Where a program listens that answers for another.
PORTS = {"victoria-metrics": 8428}


def vantage(components: Sequence[Component], engine: str, hostname: str) -> Vantage:
    """The place of whoever has this host name, which in a container begins its id; `engine` is the engine's address."""
    host = _engine_host(components, engine)
    if not _OWN_ID.fullmatch(hostname):
        return Vantage(host)
    own = next((part for part in components if part.id.startswith(hostname)), None)
    if own is None or not _HOST.fullmatch(own.name):
        return Vantage(host)
    service = own.labels.get(SERVICE_LABEL, "")
    return Vantage(host, own.name, service if _HOST.fullmatch(service) else "", own.group)


def _engine_host(components: Sequence[Component], engine: str) -> str:
    """On which machine the ports are open; empty where the engine is reached through a container of its own."""
    there = engine.partition("://")[2].partition("/")[0].rpartition("@")[2]
    if engine.startswith("unix:") or not there or there.startswith("[::1]"):
        return THIS_MACHINE
    host = there.partition(":")[0]
    proxied = any(host in part.names for part in components)
    return host if _HOST.fullmatch(host) and not proxied else ""


def nearby(
    components: Sequence[Component], connected: Mapping[str, str], vantage: Vantage, topic: str
) -> tuple[Suggestion, ...]:
    """What could be connected, one for each program that runs.

    `connected` are the integrations that are set, with their addresses; each takes one. `topic` is the name under
    which messages would be published.
    """
    found = []
    for part in sorted(components, key=lambda one: (one.kind, one.name, one.id))[:PARTS_LOOKED_AT_MAX]:
        told = _recognised(part)
        if told is not None and part.running:
            known, name, reason = told
            found.append(_suggestion(known, part, name, reason, vantage, topic, connected))
    order = [known.kind for known in KNOWN]
    return _one_of_each(sorted(found, key=lambda one: order.index(one.kind))[:SUGGESTIONS_MAX])


def _one_of_each(found: Sequence[Suggestion]) -> tuple[Suggestion, ...]:
    """Lines for the first of each kind alone, because the file takes one; of the others the address is told."""
    firsts: dict[str, str] = {}
    kept = []
    for one in found:
        first = firsts.setdefault(one.kind, one.name) if one.tree else one.name
        if first != one.name:
            url = next(inner["url"] for parts in one.tree.values() for inner in parts.values())
            kept.append(replace(one, tree={}, doubt=f"there is room for one, and {first} is above; or set this: {url}"))
        else:
            kept.append(one)
    return tuple(kept)


def merged(suggestions: Sequence[Suggestion]) -> dict[str, dict[str, Any]]:
    """All their lines as one tree."""
    whole: dict[str, dict[str, Any]] = {}
    for one in suggestions:
        for section, parts in one.tree.items():
            for name, part in parts.items():
                if not one.connected:
                    whole.setdefault(section, {}).setdefault(name, part)
    return whole


def _recognised(part: Component) -> tuple[_Known, str, str] | None:
    """Which program a component is, by what name, and what says so."""
    image = part.labels.get(IMAGE_LABEL, "")
    called = {
        f"its image is {kept_text(image, SAID_BYTES_MAX)}": _bare(image),
        f"its label {TITLE_LABEL} says so": _bare(part.labels.get(TITLE_LABEL, "")),
        f"its label {SERVICE_LABEL} says so": _bare(part.labels.get(SERVICE_LABEL, "")),
    }
    for reason, name in called.items():
        for known in KNOWN:
            if name in known.called:
                return known, name, reason
    return None


def _bare(image: str) -> str:
    """The last word of an image's name, without registry, tag and digest."""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[0].strip().lower().replace(" ", "-")


def _suggestion(
    known: _Known,
    part: Component,
    name: str,
    reason: str,
    vantage: Vantage,
    topic: str,
    connected: Mapping[str, str],
) -> Suggestion:
    shown = kept_text(part.name, SAID_BYTES_MAX)
    port = PORTS.get(name, known.port)
    said = Suggestion(known.kind, shown, reason, known.gain, there=known.there)
    if known.listens or _leads_to(connected.get(known.kind, ""), part, port, vantage):
        return replace(said, connected=True)
    if known.kind in connected:
        place = f"{known.section}.{known.kind}"
        return replace(said, doubt=f"{place} is set already and takes one; whether it is this one, its url says")
    address, doubt = _address(part, port, vantage)
    if not address:
        return replace(said, doubt=doubt)
    inner = {"url": address, **({"topic": topic} if known.section == "notify" else {})}
    return replace(said, tree={known.section: {known.kind: inner}})


def _leads_to(url: str, part: Component, port: int, vantage: Vantage) -> bool:
    """Whether an address that is set is one of those by which this one can be reached."""
    told = _ADDRESS.fullmatch(url)
    if told is None:
        return False
    asked = int(told["port"] or (443 if url.startswith("https:") else 80))
    if told["host"] in part.names:
        return asked == port
    ours = told["host"] in {vantage.host, THIS_MACHINE, "localhost"}
    return ours and asked == _opened(part).get(port)


def _opened(part: Component) -> dict[int, int]:
    """Its ports, each with the one of its machine that leads there."""
    said = part.labels.get(PORTS_LABEL, "")
    return {int(one["private"]): int(one["public"]) for one in _PORTS.finditer(said)}


def _address(part: Component, port: int, vantage: Vantage) -> tuple[str, str]:
    """Where it listens as seen from here, or why that cannot be told."""
    network = part.labels.get(PORTS_LABEL, "")
    if network == NO_NETWORK or (network == HOST_NETWORK and vantage.inside):
        return "", "it has no network of its own, so its name leads nowhere; write its url by hand"
    if vantage.inside:
        # Another project may have a service of the same name, and then that name leads to the wrong one.
        service = part.labels.get(SERVICE_LABEL, "") if part.group == vantage.group else ""
        host = service or part.name
        if not _HOST.fullmatch(host):
            return "", "its name cannot stand in an address; write its url by hand"
        return f"http://{host}:{port}", ""
    if not vantage.host:
        return "", "which machine it listens on cannot be told from here; write its url by hand"
    if network == HOST_NETWORK:
        return f"http://{vantage.host}:{port}", ""
    opened = _opened(part)
    if port not in opened:
        return "", f"its port {port} is not open on {vantage.host}; publish it, or write its url by hand"
    return f"http://{vantage.host}:{opened[port]}", ""
