"""From what an engine lists to what could be connected: monitoring and message servers, each with the reason. Pure.

Nothing is asked and nothing is scanned here; labels are text of strangers, which can only ever be shown or left out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
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
_PORTS = re.compile(r"(?P<public>[0-9]{1,5})>(?P<private>[0-9]{1,5})")


@dataclass(frozen=True, slots=True)
class Vantage:
    """From where Lamplighter looks: as a container beside the others by their names, else by `host`'s open ports.

    `own` is its own container, and `service` what compose calls that; both empty where it is none of those listed.
    """

    host: str = THIS_MACHINE
    own: str = ""
    service: str = ""

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
    there = engine.partition("://")[2].partition("/")[0].rpartition("@")[2].partition(":")[0]
    host = there if _HOST.fullmatch(there) else THIS_MACHINE
    if not _OWN_ID.fullmatch(hostname):
        return Vantage(host)
    own = next((part for part in components if part.id.startswith(hostname)), None)
    if own is None or not _HOST.fullmatch(own.name):
        return Vantage(host)
    service = own.labels.get(SERVICE_LABEL, "")
    return Vantage(host, own.name, service if _HOST.fullmatch(service) else "")


def nearby(
    components: Sequence[Component], connected: Collection[str], vantage: Vantage, topic: str
) -> tuple[Suggestion, ...]:
    """What could be connected, one for each program that runs. `connected` are the integrations that have an address.

    `topic` is the name under which messages would be published.
    """
    found = []
    for part in sorted(components, key=lambda one: (one.kind, one.name, one.id))[:PARTS_LOOKED_AT_MAX]:
        told = _recognised(part)
        if told is not None and part.running:
            known, name, reason = told
            found.append(_suggestion(known, part, name, reason, vantage, topic, done=known.kind in connected))
    order = [known.kind for known in KNOWN]
    return tuple(sorted(found, key=lambda one: order.index(one.kind))[:SUGGESTIONS_MAX])


def merged(suggestions: Sequence[Suggestion]) -> dict[str, dict[str, Any]]:
    """All their lines as one tree; of two of the same kind the first."""
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
    known: _Known, part: Component, name: str, reason: str, vantage: Vantage, topic: str, *, done: bool
) -> Suggestion:
    shown = kept_text(part.name, SAID_BYTES_MAX)
    said = Suggestion(known.kind, shown, reason, known.gain, there=known.there, connected=done or known.listens)
    if said.connected:
        return said
    address, doubt = _address(part, PORTS.get(name, known.port), vantage)
    if not address:
        return Suggestion(known.kind, shown, reason, known.gain, doubt=doubt, there=known.there)
    inner = {"url": address, **({"topic": topic} if known.section == "notify" else {})}
    return Suggestion(known.kind, shown, reason, known.gain, {known.section: {known.kind: inner}}, there=known.there)


def _address(part: Component, port: int, vantage: Vantage) -> tuple[str, str]:
    """Where it listens as seen from here, or why that cannot be told."""
    if vantage.inside:
        host = part.labels.get(SERVICE_LABEL, "") or part.name
        if not _HOST.fullmatch(host):
            return "", "its name cannot stand in an address; write its url by hand"
        return f"http://{host}:{port}", ""
    opened = {int(one["private"]): int(one["public"]) for one in _PORTS.finditer(part.labels.get(PORTS_LABEL, ""))}
    if port not in opened:
        return "", f"its port {port} is not open on {vantage.host}; publish it, or write its url by hand"
    return f"http://{vantage.host}:{opened[port]}", ""
