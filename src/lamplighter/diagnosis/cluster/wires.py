"""What commands at the network's edge show: pings that are lost or slow, delays that were added, certificates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from lamplighter.diagnosis.cluster.drafting import KUBE, Ground, fact_of, sign_fact
from lamplighter.diagnosis.cluster.inventory import Inventory
from lamplighter.diagnosis.readers.document import items, text
from lamplighter.diagnosis.readers.draft import known, shown
from lamplighter.diagnosis.readers.kube_moments import moment
from lamplighter.domain.evidence import Evidence, Fact

LINES_MAX = 5_000
LOST_PERCENT = 2.0
SLOW_MILLISECONDS = 80.0
SLOWER_THAN_OTHERS = 8.0
_STATISTICS = re.compile(r"--- (\S{1,253}) ping statistics ---")
_LOSS = re.compile(r"(\d{1,3}(?:\.\d{1,4})?)% packet loss")
_RTT = re.compile(r"(?:rtt|round-trip) min/avg/max\S{0,10} = [\d.]{1,12}/([\d.]{1,12})/")
_TIME = re.compile(r"\btime[=<]([\d.]{1,12}) ?ms")
_HOP = re.compile(
    r"^\s{0,6}\d{1,3}\.(?:\|--)?\s{1,6}(\S{1,253})\s{1,40}(\d{1,3}(?:\.\d)?)%\s{1,12}\d{1,7}\s{1,12}[\d.]{1,10}\s{1,12}([\d.]{1,10})"
)
_COUNTER = re.compile(
    r"(?i)\b((?:rx|tx)_?(?:crc_|frame_|missed_|fifo_|length_)?(?:errors|dropped"
    r"|discards)|\w{0,20}retrans\w{0,12})\b[:= ]{1,4}(\d{1,15})\b"
)
GREW_BY = 100
LOG_TOOLS = frozenset({"kubectl.logs", "logs"})
_NETEM = re.compile(r"qdisc netem .{0,200}")
_DELAY = re.compile(r"delay (\d{1,7}(?:\.\d{1,4})?)(us|ms|s)")
_NETEM_LOSS = re.compile(r"loss (?:random )?(\d{1,3}(?:\.\d{1,3})?)%")
_DENIED = re.compile(
    r"(?i)policy (?:denied|verdict: .{0,80}(?:DENIED|deny)|drop)|(?:DROPPED|Dropped by policy"
    r"|CALICO-DROP|calico-packet)"
)
_ADDRESS = re.compile(r"\b(\d{1,3}(?:\.\d{1,3}){3})(?::\d{1,5})?\b")
_EXPIRED = re.compile(r"(?i)certificate has expired|certificate expired|CERT_HAS_EXPIRED|x509: certificate has expired")
_NOT_AFTER = re.compile(r"(?i)not ?after ?[=:] ?([A-Z][a-z]{2} {1,2}\d{1,2} \d\d:\d\d:\d\d \d{4}) GMT")
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
    seen: list[tuple[Evidence, str, float, float | None, str]] = []
    for piece in pieces:
        lines = piece.content.splitlines()[:LINES_MAX]
        for place, line in enumerate(lines):
            head = _STATISTICS.search(line[:400])
            if head is None:
                continue
            tail = " ".join(lines[place + 1 : place + 4])[:600]
            said = re.search(
                rf"PING {re.escape(head[1])}\b.{{0,120}}#\s{{0,3}}([a-z0-9][\w.-]{{1,252}})", piece.content[:60_000]
            )
            host = (
                said[1] if said and (said[1] in found.naming.pods or where(found, head[1])[0] == head[1]) else head[1]
            )
            before = [float(one) for one in _TIME.findall("\n".join(lines[max(0, place - 200) : place])[:20_000])]
            loss, rtt = _LOSS.search(tail), _RTT.search(tail)
            average = float(rtt[1]) if rtt else sum(before) / len(before) if before else None
            seen.append((piece, host, float(loss[1]) if loss else 0.0, average, tail))
    quick = min((average for *_, average, _ in seen if average is not None), default=None)
    for piece, host, loss_percent, average, tail in seen:
        component, node = where(found, host)
        ground = Ground(piece.id, piece.params.get("command") or piece.tool, component, piece.at)
        words = f"ping {host}: {tail}" + (f" (average {average:.1f} ms)" if average is not None else "")
        if loss_percent >= LOST_PERCENT:
            yield fact_of(ground, KUBE, words, known(sign="packet_loss", percent=loss_percent, node=node, target=host))
        slow = average is not None and average >= SLOW_MILLISECONDS
        alone = quick is None or average is None or average >= quick * SLOWER_THAN_OTHERS or len(seen) == 1
        if slow and alone:
            yield fact_of(ground, KUBE, words, known(sign="slow_ping", milliseconds=average, node=node, target=host))


def _hops(found: Inventory, piece: Evidence) -> Iterator[Fact]:
    """The last hop of a trace by mtr, which is the host that was asked for: what is lost on the way, and how long."""
    rows = [row for line in piece.content.splitlines()[:LINES_MAX] if (row := _HOP.match(line[:300]))]
    if not rows or rows[-1][1] == "???":
        return
    last = rows[-1]
    component, node = where(found, last[1])
    ground = Ground(piece.id, piece.params.get("command") or piece.tool, component, piece.at)
    words = f"mtr to {last[1]}: {last[2]} % lost, {last[3]} ms on average"
    if float(last[2]) >= LOST_PERCENT:
        yield fact_of(ground, KUBE, words, known(sign="packet_loss", percent=float(last[2]), node=node, target=last[1]))
    if float(last[3]) >= SLOW_MILLISECONDS:
        yield fact_of(
            ground, KUBE, words, known(sign="slow_ping", milliseconds=float(last[3]), node=node, target=last[1])
        )


def _counters(found: Inventory, piece: Evidence) -> Iterator[Fact]:
    """Counters of an interface that were read twice, and of which those of errors grew between."""
    seen: dict[str, list[int]] = {}
    for name, value in _COUNTER.findall(piece.content[:60_000]):
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
    for line in _NETEM.findall(piece.content[:60_000])[:20]:
        delay, loss = _DELAY.search(line), _NETEM_LOSS.search(line)
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
        if delay:
            yield fact_of(ground, KUBE, f"on {host}: {line}", {**values, "sign": "added_delay"})
        if loss:
            yield fact_of(ground, KUBE, f"on {host}: {line}", {**values, "sign": "packet_loss"})


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
    ended = _NOT_AFTER.search(piece.content[:60_000])
    over = ended is not None and _moment(ended[1]) is not None and _moment(ended[1]) < piece.at  # type: ignore[operator]
    line = next((one for one in piece.content.splitlines()[-LINES_MAX:] if _EXPIRED.search(one[:1_000])), "")
    if not line and not over:
        return
    host = _HOST.search(f"{line} {piece.params.get('command', '')} {piece.params.get('url', '')}")
    if host is None:
        return
    component, _ = where(found, host[1])
    words = f"{shown(line, 300)}" if line else f"the certificate of {host[1]} ended: {ended[0] if ended else ''}"
    ground = Ground(piece.id, piece.params.get("command") or piece.tool, component, piece.at)
    yield fact_of(ground, KUBE, words, known(sign="certificate_expired", target=host[1]))


def _moment(said: str) -> datetime | None:
    try:
        return datetime.strptime(" ".join(said.split()), "%b %d %H:%M:%S %Y").replace(tzinfo=UTC)
    except ValueError:
        return None
