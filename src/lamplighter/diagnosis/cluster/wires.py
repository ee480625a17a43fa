"""What commands at the network's edge show: pings that are lost or slow, delays that were added, certificates."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lamplighter.diagnosis.cluster.drafting import KUBE, Ground, fact_of, sign_fact
from lamplighter.diagnosis.cluster.inventory import Inventory
from lamplighter.diagnosis.readers.document import items, text
from lamplighter.diagnosis.readers.draft import known, shown
from lamplighter.diagnosis.readers.kube_moments import moment
from lamplighter.diagnosis.readers.wire_output import ending_in, hops_in, pings_in, queues_in
from lamplighter.domain.evidence import Evidence, Fact

LINES_MAX = 5_000
TEXT_CHARS_MAX = 60_000
LOST_PERCENT = 2.0
SLOW_MILLISECONDS = 80.0
SLOWER_THAN_OTHERS = 8.0
_COUNTER = re.compile(
    r"(?i)\b((?:rx|tx)_?(?:crc_|frame_|missed_|fifo_|length_)?(?:errors|dropped"
    r"|discards)|\w{0,20}retrans\w{0,12})\b[:= ]{1,4}(\d{1,15})\b"
)
GREW_BY = 100
LOG_TOOLS = frozenset({"kubectl.logs", "logs"})
_DENIED = re.compile(
    r"(?i)policy (?:denied|verdict: .{0,80}(?:DENIED|deny)|drop)|(?:DROPPED|Dropped by policy"
    r"|CALICO-DROP|calico-packet)"
)
_ADDRESS = re.compile(r"\b(\d{1,3}(?:\.\d{1,3}){3})(?::\d{1,5})?\b")
_EXPIRED = re.compile(r"(?i)certificate has expired|certificate expired|CERT_HAS_EXPIRED|x509: certificate has expired")
_HOST = re.compile(r"(?:https?://|-connect |Host )([a-zA-Z0-9][\w.-]{1,253})(?::(\d{2,5}))?")
_ON = re.compile(r"(?:on|node|ssh)[ =/]([a-z0-9][\w.-]{1,252})")


def wire_facts(found: Inventory, pieces: list[Evidence]) -> list[Fact]:
    """Facts `kube` packet_loss, slow_ping, added_delay, policy_denied and certificate_expired."""
    facts = [*_pings(found, pieces), *certificate_facts(found)]
    for piece in pieces:
        facts += _queues(found, piece)
        facts += _hops(found, piece)
        facts += _counters(found, piece) if piece.tool not in LOG_TOOLS else ()
        facts += _drops(found, piece)
        facts += _certificates(found, piece)
    return facts


def where(found: Inventory, host: str) -> tuple[str, bool]:
    """The component that a host name or address is, and whether it is a node."""
    plain = host.split(":", maxsplit=1)[0]
    node = node_named(found, plain)
    if node:
        return node, True
    for pod in found.of("pod"):
        if plain in {text(pod.body, "status", "podIP"), pod.name}:
            return found.component(pod), False
    for service in found.of("service"):
        if plain in {service.name, text(service.body, "spec", "clusterIP")} or plain.startswith(f"{service.name}."):
            return found.component(service), False
    ingress = next((one.name for one in found.of("ingress") if plain in _hosts(one.body)), "")
    short = plain.split(".", maxsplit=1)[0]
    known_names = {found.component(one) for one in found.of("pod", "deployment", "statefulset", "daemonset")}
    return ingress or (short if short in known_names else found.naming.said(plain)), False


def node_named(found: Inventory, host: str) -> str:
    """The node of this name or address, by the nodes listed, by where pods run, or by what `top` measured."""
    names = {one.name for one in found.of("node")}
    names |= {one.name for one in found.of("top") if one.body.get("cpu_percent") is not None}
    for pod in found.of("pod"):
        own = text(pod.body, "spec", "nodeName")
        names.add(own)
        if host and host == text(pod.body, "status", "hostIP"):
            return own or host
    short = host.split(".", maxsplit=1)[0]
    return host if host in names else short if short in names else ""


def _hosts(body: dict[str, object]) -> set[str]:
    named = {text(rule, "host") for rule in items(body, "spec", "rules")}
    listed = str(body.get("hosts") or "")
    return named | set(listed.split(",")) - {"", "*"}


def _pings(found: Inventory, pieces: list[Evidence]) -> Iterator[Fact]:
    seen = [(piece, one) for piece in pieces for one in pings_in(piece.content[:TEXT_CHARS_MAX])]
    quick = min((one.milliseconds for _, one in seen if one.milliseconds is not None), default=None)
    for piece, one in seen:
        host, average, lost = _pinged(found, piece, one.host), one.milliseconds, one.loss_percent or 0.0
        component, node = where(found, host)
        ground = Ground(piece.id, piece.params.get("command") or piece.tool, component, piece.at)
        words = f"ping {host}: {one.tail}" + (f" (average {average:.1f} ms)" if average is not None else "")
        if lost >= LOST_PERCENT:
            yield fact_of(ground, KUBE, words, known(sign="packet_loss", percent=lost, node=node, target=host))
        slow = average is not None and average >= SLOW_MILLISECONDS
        alone = quick is None or average is None or average >= quick * SLOWER_THAN_OTHERS or len(seen) == 1
        if slow and alone:
            yield fact_of(ground, KUBE, words, known(sign="slow_ping", milliseconds=average, node=node, target=host))


def _pinged(found: Inventory, piece: Evidence, host: str) -> str:
    """The host that was pinged: as a note behind the command calls it, where only that name is known."""
    said = re.search(
        rf"PING {re.escape(host)}\b.{{0,120}}#\s{{0,3}}([a-z0-9][\w.-]{{1,252}})", piece.content[:TEXT_CHARS_MAX]
    )
    return said[1] if said and (said[1] in found.naming.pods or where(found, host)[0] == host) else host


def _hops(found: Inventory, piece: Evidence) -> Iterator[Fact]:
    """The last hop of a trace by mtr, which is the host that was asked for: what is lost on the way, and how long."""
    hops = hops_in(piece.content[:TEXT_CHARS_MAX])
    if not hops or hops[-1].name == "???":
        return
    last = hops[-1]
    component, node = where(found, last.name)
    ground = Ground(piece.id, piece.params.get("command") or piece.tool, component, piece.at)
    words = f"mtr to {last.name}: {last.loss_percent:g} % lost, {last.milliseconds:g} ms on average"
    values = known(node=node, target=last.name)
    if last.loss_percent >= LOST_PERCENT:
        yield fact_of(ground, KUBE, words, {**values, **known(sign="packet_loss", percent=last.loss_percent)})
    if last.milliseconds >= SLOW_MILLISECONDS:
        yield fact_of(ground, KUBE, words, {**values, **known(sign="slow_ping", milliseconds=last.milliseconds)})


def _counters(found: Inventory, piece: Evidence) -> Iterator[Fact]:
    """Counters of an interface that were read twice, and of which those of errors grew between."""
    seen: dict[str, list[int]] = {}
    for name, value in _COUNTER.findall(piece.content[:TEXT_CHARS_MAX]):
        seen.setdefault(name.lower(), []).append(int(value))
    grew = {name: values for name, values in seen.items() if len(values) > 1 and values[-1] - values[0] >= GREW_BY}
    said = f"{piece.params.get('command', '')} {piece.params.get('node', '')} {piece.params.get('host', '')}"
    node = next((word for word in re.findall(r"[a-z0-9][\w.-]{1,252}", said) if node_named(found, word)), "")
    if grew and node:
        words = ", ".join(f"{name} rose from {values[0]} to {values[-1]}" for name, values in sorted(grew.items())[:4])
        ground = Ground(piece.id, piece.params.get("command") or piece.tool, node_named(found, node), piece.at)
        yield fact_of(ground, KUBE, f"on {node}: {words}", known(sign="packet_loss", node=True, target=node))


def _queues(found: Inventory, piece: Evidence) -> Iterator[Fact]:
    """A queue of the kernel that delays or drops on purpose: netem."""
    for queue in queues_in(piece.content[:TEXT_CHARS_MAX]):
        command = piece.params.get("command", "")
        inside = [word for word in re.findall(r"[a-z0-9][\w.-]{2,250}", command) if word in found.naming.pods]
        node = piece.params.get("node") or piece.params.get("host") or ""
        outside = _ON.search(command)
        host = inside[0] if inside else node or (outside[1] if outside else "")
        if not host:
            continue
        component, is_node = where(found, host)
        ground = Ground(piece.id, command or piece.tool, component, piece.at)
        values = known(node=bool(node) or is_node, target=host)
        if queue.delay:
            yield fact_of(ground, KUBE, f"on {host}: {queue.line}", {**values, "sign": "added_delay"})
        if queue.harm == "loss":
            yield fact_of(ground, KUBE, f"on {host}: {queue.line}", {**values, "sign": "packet_loss"})


def _drops(found: Inventory, piece: Evidence) -> Iterator[Fact]:
    """Lines of a network plugin that say that a policy dropped something: of whom, by the addresses in them."""
    pods = {text(pod.body, "status", "podIP"): found.component(pod) for pod in found.of("pod")}
    pods.pop("", None)
    told: set[str] = set()
    for line in piece.content.splitlines()[-LINES_MAX:]:
        if not _DENIED.search(line[:1_000]):
            continue
        named = [pods[address] for address in _ADDRESS.findall(line[:1_000]) if address in pods]
        named += [
            found.naming.of_pod(word)
            for word in re.findall(r"[\w.-]+/([a-z0-9][\w.-]+)", line[:1_000])
            if word in found.naming.pods
        ]
        component = named[-1] if named else ""
        if component and component not in told:
            told.add(component)
            ground = Ground(piece.id, piece.params.get("command") or piece.tool, component, piece.at)
            yield fact_of(ground, KUBE, shown(line), known(sign="policy_denied", target=component))


def certificate_facts(found: Inventory) -> Iterator[Fact]:
    """Certificates as cert-manager keeps them: those that have ended, or that it calls expired."""
    for one in found.of("certificate"):
        ended = moment(text(one.body, "status", "notAfter"))
        told = [held for held in items(one.body, "status", "conditions") if text(held, "type") == "Ready"]
        expired = any(re.search(r"(?i)expired", text(held, "reason") + text(held, "message")) for held in told)
        if (ended is not None and ended < found.now) or expired:
            words = f"certificate {one.name} has expired" + (f" at {ended:%Y-%m-%d %H:%M} UTC" if ended else "")
            words += "".join(f": {text(held, 'message')}" for held in told[:1])
            yield sign_fact(found, one, "certificate_expired", words)


def _certificates(found: Inventory, piece: Evidence) -> Iterator[Fact]:
    """An expired certificate belongs to whoever shows it, and not to who looks at it."""
    ended = ending_in(piece.content[:TEXT_CHARS_MAX])
    over = ended is not None and ended < piece.at
    line = next((one for one in piece.content.splitlines()[-LINES_MAX:] if _EXPIRED.search(one[:1_000])), "")
    if not line and not over:
        return
    host = _HOST.search(f"{line} {piece.params.get('command', '')} {piece.params.get('url', '')}")
    if host is None:
        return
    component, _ = where(found, host[1])
    words = f"{shown(line, 300)}" if line else f"the certificate of {host[1]} ended at {ended:%Y-%m-%d %H:%M} UTC"
    ground = Ground(piece.id, piece.params.get("command") or piece.tool, component, piece.at)
    yield fact_of(ground, KUBE, words, known(sign="certificate_expired", target=host[1]))
