"""What systemd says of the parts of a node: units that ended or do not stay up, and what a kubelet's journal tells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from lamplighter.diagnosis.cluster.drafting import KUBE, Ground, fact_of
from lamplighter.diagnosis.cluster.inventory import Inventory
from lamplighter.diagnosis.cluster.pods import specification
from lamplighter.diagnosis.readers.document import items, text
from lamplighter.diagnosis.readers.draft import known, shown
from lamplighter.diagnosis.readers.journal import KERNEL, writer_of
from lamplighter.diagnosis.readers.kube_messages import meanings
from lamplighter.diagnosis.readers.signs import size_bytes
from lamplighter.domain.evidence import Evidence, Fact

LINES_MAX = 5_000
SYSTEMD = "systemd"
LOG_TOOLS = frozenset({"kubectl.logs", "logs", "docker.logs", "loki.query_range"})
UNIT_TOOLS = frozenset({"systemctl.status", "systemctl", "journalctl", "crictl", "exec", "ssh"})
PARTS = {
    "kubelet": "kubelet",
    "containerd": "containerd",
    "crio": "containerd",
    "cri-o": "containerd",
    "cri-dockerd": "containerd",
    "docker": "docker",
    "kube-proxy": "kube-proxy",
    "kube-scheduler": "kube-scheduler",
    "k3s": "kubelet",
    "k3s-agent": "kubelet",
    "rke2-agent": "kubelet",
    "rke2-server": "kubelet",
    "k0sworker": "kubelet",
}
_HEAD = re.compile(r"^\s{0,4}(?:[\u25cf\u00d7\u25cb*\u21bbx]\s)?([\w@-]{2,60})\.service\b")
_ACTIVE = re.compile(r"^\s{0,10}Active: (\w{3,20})(?: \(([\w-]{1,40})\))?(.{0,120})")
_DOWN_WORDS = frozenset({"inactive", "failed", "dead", "stopped", "deactivating", "unknown"})
_WORDED = re.compile(
    r"(?im)^[\s\"'{,*-]{0,12}([\w-]{4,30})(?:\.service)?[\"']?\s{0,20}[:=|]\s{0,20}[\"']?"
    r"(inactive|failed|dead|stopped|not[ _-]?running|down|exited|unavailable|not[ _-]?ready|unhealthy)\b"
)
_ACTIVE_LINE = re.compile(r"(?m)^\s{0,10}Active: (?:active|inactive|failed|activating|deactivating)\b")
_FAILS = re.compile(
    r"([\w@-]{2,60})\.service: (?:Failed with result|Main process exited, code=(?:exited"
    r"|dumped|killed), status=(?!0/)|Start request repeated too quickly|Scheduled restart job"
    r"|Deactivated successfully)"
)
_POD = re.compile(r"pods?=\\?\[?\\?\"{0,2}\\?\"?([a-z0-9-]{1,63})/([a-z0-9][a-z0-9.-]{1,252})")
_KILLED = re.compile(r"(?i)(?:out of memory|memory cgroup out of memory): Killed process \d{1,10} \(([^)]{1,64})\)")


def unit_facts(found: Inventory, pieces: list[Evidence]) -> list[Fact]:
    """Facts `unit` of the parts of each node, and facts `kube` of the pods and nodes of which journals tell."""
    facts: list[Fact] = []
    for piece in pieces:
        # What a program logs may look like the answer of systemd, and is not.
        if piece.tool in LOG_TOOLS:
            continue
        head = piece.content[:20_000]
        if piece.tool in UNIT_TOOLS or _ACTIVE_LINE.search(head) or _WORDED.search(head):
            facts += _status(piece, node_of(piece, found))
            facts += _journal(piece, node_of(piece, found), found)
    return facts


def node_of(piece: Evidence, found: Inventory) -> str:
    """The node on which a command was run: as its parameters say, else the one that the text names first."""
    params = piece.params
    named = params.get("node") or params.get("host") or params.get("hostname") or piece.component
    if named:
        return named
    said = f"{params.get('command', '')} {piece.content[:2_000]}"
    nodes = {one.name for one in found.of("node") if one.name in said}
    return min(nodes, key=lambda name: (said.find(name), -len(name), name), default="")


def _fact(piece: Evidence, node: str, unit: str, words: str, *, down: bool) -> Fact:
    part = PARTS[unit]
    component = part if part in {"kube-proxy", "kube-scheduler"} else node or part
    ground = Ground(piece.id, piece.params.get("query") or f"{piece.tool} {unit}", component, piece.at)
    return fact_of(ground, "unit", words, known(unit=unit, part=part, down=down, target=f"{node}/{unit}"))


def _status(piece: Evidence, node: str) -> Iterator[Fact]:
    """`systemctl status`: the state of each unit that it shows."""
    unit = ""
    for line in piece.content.splitlines()[:LINES_MAX]:
        head = _HEAD.match(line[:400])
        unit = head[1] if head else unit
        active = _ACTIVE.match(line[:400])
        if active is None or unit not in PARTS:
            continue
        down = active[1] in {"inactive", "failed", "deactivating"} or active[2] in {"auto-restart", "dead"}
        telling = [one.strip() for one in piece.content.splitlines() if re.search(r"(?i)failed|error|exit", one)]
        words = f"{unit}.service on {node or 'the node'} is {active[1]} ({active[2] or ''}){active[3]}"
        words += f": {telling[-1]}" if down and telling else ""
        yield _fact(piece, node, unit, shown(words), down=down)


def _journal(piece: Evidence, node: str, found: Inventory) -> Iterator[Fact]:
    last: dict[str, tuple[bool, str]] = {}
    lines = [line[:2_000] for line in piece.content.splitlines()[-LINES_MAX:]]
    error = ""
    for line in lines:
        failed = _FAILS.search(line)
        if failed and failed[1] in PARTS:
            last[failed[1]] = (True, error or line)
        error = line if re.search(r"(?i)\berr(?:or)?[=: ]|failed to|fatal", line) and not failed else error
    if "Active:" not in piece.content:
        yield from _worded(piece, node, found)
        for unit, (down, words) in last.items():
            yield _fact(
                piece, node, unit, f"{unit} on {node or 'the node'} does not stay up: {words.strip()}", down=down
            )
    yield from _told(piece, node, lines, found)
    yield from _kills(piece, lines, found)


def parts_alone(piece: Evidence) -> Evidence:
    """A node's journal without what other programs wrote; only its parts, systemd and the kernel are believed."""
    if piece.tool != "journalctl":
        return piece
    kept: list[str] = []
    trusted = True
    for line in piece.content.splitlines()[-LINES_MAX:]:
        writer = writer_of(line)
        if writer is not None:
            trusted = writer[0] in PARTS or writer in {(SYSTEMD, "1"), (KERNEL, "")}
        if trusted or (writer is None and not line.startswith(" ")):
            kept.append(line)
    return replace(piece, content="\n".join(kept))


def _worded(piece: Evidence, node: str, found: Inventory) -> Iterator[Fact]:
    """Plain words such as `kubelet: inactive`, or the one word that `systemctl is-active` prints."""
    asked = re.findall(r"is-active ([\w.-]{2,60})", piece.params.get("command", ""))
    alone = piece.content.strip().lower()
    if len(asked) == 1 and asked[0].removesuffix(".service") in PARTS and alone in _DOWN_WORDS:
        unit = asked[0].removesuffix(".service")
        yield _fact(piece, node, unit, f"{unit} on {node or 'the node'} is {alone}", down=True)
    head = piece.content[:20_000]
    nodes = sorted(one.name for one in found.of("node") if one.name in head)
    for said in _WORDED.finditer(head):
        unit = said[1].lower()
        # Where one text tells of several nodes, the one named last before the word is meant.
        place = max(nodes, key=lambda name: head.rfind(name, 0, said.start()), default=node) if len(nodes) > 1 else node
        if unit in PARTS:
            yield _fact(piece, place, unit, f"{unit} on {place or 'the node'} is {said[2]}", down=True)


def _told(piece: Evidence, node: str, lines: list[str], found: Inventory) -> Iterator[Fact]:
    """What the lines mean: of the pod that a line or its neighbour names, else of the node."""
    pods = [pod for line in lines for pod in _POD.findall(line)]
    only = found.naming.of_pod(pods[0][1]) if len({found.naming.of_pod(pod) for _, pod in pods}) == 1 else ""
    seen: set[tuple[str, str]] = set()
    for line in lines:
        own = _POD.search(line)
        for sign, values in meanings("", line):
            of_node = sign in {"runtime_down", "runtime_docker", "network_plugin", "kubelet_silent", "disk_pressure"}
            component = (
                node if of_node else found.naming.of_pod(own[2]) if own else only or _imaged(found, line) or node
            )
            if component and (component, sign) not in seen:
                seen.add((component, sign))
                ground = Ground(piece.id, piece.params.get("query") or piece.tool, component, piece.at)
                yield fact_of(ground, KUBE, line, {**values, **known(sign=sign, target=component)})


def _imaged(found: Inventory, line: str) -> str:
    """The one component that runs an image which a line names."""
    holders = {
        found.component(one)
        for one in found.of("pod", "deployment", "statefulset", "daemonset")
        for box in items(specification(one), "containers")
        if text(box, "image") and text(box, "image") in line
    }
    return holders.pop() if len(holders) == 1 else ""


def _kills(piece: Evidence, lines: list[str], found: Inventory) -> Iterator[Fact]:
    """The kernel's words that a process was killed for memory, where a pod of the case runs that program."""
    if piece.tool != "journalctl":
        return
    for line in lines:
        killed = _KILLED.search(line)
        if killed is None or writer_of(line) != (KERNEL, ""):
            continue
        pods = [pod for other in lines for pod in _POD.findall(other)]
        component = next((found.naming.of_pod(name) for _, name in pods), "")
        if component:
            ground = Ground(piece.id, piece.params.get("query") or piece.tool, component, piece.at)
            values = known(sign="oom_kill", process=killed[1], memory_used_bytes=size_bytes(None))
            yield fact_of(ground, "log_sign", f"kernel: {line}", values)
            return
