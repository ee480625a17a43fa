"""Tells by its text which tool printed a file of a support bundle; names of files only break ties. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import msgspec

from lamplighter.diagnosis.readers import queue_tables, redis_info
from lamplighter.diagnosis.readers.psql_tables import is_head
from lamplighter.diagnosis.readers.supervisor_table import is_row
from lamplighter.diagnosis.readers.uptime import is_uptime

HEAD_CHARS = 20_000
LINES_LOOKED_AT = 40
LOG_SHARE_MIN = 0.3
JOURNAL_SHARE_MIN = 0.5
JSON, YAML, TEXT, CSV = "application/json", "application/yaml", "text/plain", "text/csv"


@dataclass(frozen=True, slots=True)
class Printed:
    """One output: the tool of the case format, its media, and what the text itself says of whose it is."""

    tool: str
    media: str = TEXT
    params: Mapping[str, str] = field(default_factory=dict)
    content: str = ""


_VERBS = ("get", "describe", "events", "top")
_LEVEL = r"TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|ERR|FATAL|CRITICAL|PANIC"
_STAMPED = re.compile(
    r"^\W{0,3}(?:\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d|\d\d?/[A-Z][a-z]{2}/\d{4}|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d"
    r"|\d\d:\d\d:\d\d\b|[IWEF]\d{4} \d\d:\d\d|\d{10}(?:\.\d{1,9})?\b)"
)
_LEVELLED = re.compile(rf"(?i)^.{{0,40}}?\b(?:level=|{_LEVEL})\b")
_REQUEST = re.compile(r"^\S{3,60} \S{1,40} \S{1,40} \[[^\]]{10,40}\] \"")
_SYSLOG = re.compile(
    r"^(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d [\w.-]{1,80} [^\s:]{1,80}: "
    r"|\d{4}-\d\d-\d\dT\S{8,30} [\w.-]{1,80} [^\s:\[]{1,80}\[\d{1,8}\]: )"
)
_JOURNAL_HEAD = re.compile(r"^-- (?:Logs begin|Journal begins|No entries|Boot [0-9a-f]{8})")
_TABLE = re.compile(r"^(?:NAMESPACE|NAME)(?: {1,80}[A-Z][A-Z0-9/()%_-]{0,40}){1,20}(?: CLASS| MODES| POLICY)?.{0,200}$")
_DESCRIBED = re.compile(r"^Name:[ \t]{1,80}\S")
_DESCRIBED_TOO = re.compile(r"(?m)^(?:Namespace|Labels|Annotations|Roles|CreationTimestamp|Selector|StorageClass):")
_MANIFEST = re.compile(r"(?m)^(?:apiVersion|- apiVersion|items|kind): {0,4}\S{0,80}$")
_KIND = re.compile(r"(?m)^(?:- | {2})?kind: {1,4}(\w{1,60})$")
_UNIT = re.compile(r"^[\u25cf\u25cb\u00d7\u21bb*] ([\w@.:\\-]{1,120})(?: - .*)?$")
_ENGINE_EVENT = re.compile(r"^\d{4}-\d\d-\d\dT\S{8,40} (?:container|image|network|volume) \w{2,30}(?::\S*)? \S+ \(")
_FREE = re.compile(r"^\s{1,40}total\s{1,20}used\s{1,20}free\b")


def recognise(text: str, words: frozenset[str]) -> list[Printed]:
    """What a file's text is, one for each thing it describes; empty where no tool is known to print such a text.

    `words` are those of its path, in lower case: they part the logs of one tool from those of another.
    """
    start = text.lstrip("\ufeff \t\r\n")[:HEAD_CHARS]
    if not start:
        return []
    if start[0] in "{[":
        found = _json(text)
        if found:
            return found
    one = _table(start) or _manifest(start) or _host(start) or _called(words) or _log(start, words)
    return [one] if one else []


def _json(text: str) -> list[Printed]:
    try:
        whole = msgspec.json.decode(text.strip("\ufeff \t\r\n"))
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return _json_lines(text)
    if isinstance(whole, list):
        first = whole[0] if whole and isinstance(whole[0], dict) else {}
        return _listed(whole, first)
    return _object(whole) if isinstance(whole, dict) else []


def _listed(whole: list[object], first: dict[str, object]) -> list[Printed]:
    if isinstance(first.get("State"), dict) and "Config" in first:
        return [one for each in whole if isinstance(each, dict) for one in _object(each)]
    if "statename" in first:
        return [one for each in whole if isinstance(each, dict) for one in _object(each)]
    if "labels" in first and "startsAt" in first:
        return [Printed("alertmanager.alerts", JSON)]
    if "Image" in first and "Names" in first:
        return [Printed("docker.ps", JSON)]
    if "Action" in first and "Type" in first:
        return [Printed("docker.events", JSON)]
    return []


_Told = tuple[Callable[[dict[str, object]], bool], str]
_SHAPES: tuple[_Told, ...] = (
    (lambda one: isinstance(one.get("State"), dict) and "Config" in one, "docker.inspect"),
    (lambda one: "statename" in one, "supervisor.status"),
    (lambda one: "memory_stats" in one or "cpu_stats" in one, "docker.stats"),
    (lambda one: "resourceSpans" in one, "traces"),
    (lambda one: "Action" in one and "Actor" in one, "docker.events"),
)


def _object(one: dict[str, object]) -> list[Printed]:
    told = next((tool for holds, tool in _SHAPES if holds(one)), "")
    if told:
        name = one.get("Name") or one.get("name")
        params = {"component": name.strip("/")} if isinstance(name, str) and name.strip("/") else {}
        return [Printed(told, JSON, params, msgspec.json.encode(one).decode())]
    if {"check", "kind", "target", "state"} <= one.keys() and one["kind"] in {"http", "tcp", "process"}:
        return [Printed(f"{one['kind']}.probe", JSON)]
    if "apiVersion" in one or str(one.get("kind", "")).endswith("List"):
        return [_of_cluster(one)]
    data = one.get("data")
    if isinstance(data, dict) and "status" in one:
        tool = _answer(data)
        return [Printed(tool, JSON)] if tool else []
    return []


def _of_cluster(one: dict[str, object]) -> Printed:
    kind, items = str(one.get("kind", "")), one.get("items")
    first = items[0] if isinstance(items, list) and items and isinstance(items[0], dict) else {}
    kind = str(first.get("kind") or kind.removesuffix("List"))
    tool = "kubectl.events" if kind == "Event" else "kubectl.top" if kind.endswith("Metrics") else "kubectl.get"
    return Printed(tool, JSON, {"kind": kind.lower()} if kind else {})


def _answer(data: dict[str, object]) -> str:
    kinds = {"matrix": "prometheus.query_range", "vector": "prometheus.query", "scalar": "prometheus.query"}
    kinds["streams"] = "loki.query_range"
    if "groups" in data:
        return "prometheus.rules"
    return "prometheus.targets" if "activeTargets" in data else kinds.get(str(data.get("resultType")), "")


_LINE_SHAPES: tuple[_Told, ...] = (
    (lambda one: "Action" in one and "Type" in one, "docker.events"),
    (lambda one: "status" in one and "timeNano" in one, "docker.events"),
    (lambda one: "MESSAGE" in one or "__REALTIME_TIMESTAMP" in one, "journalctl"),
    (lambda one: "CPUPerc" in one and "MemUsage" in one, "docker.stats"),
    (lambda one: "Image" in one and "Names" in one, "docker.ps"),
)


def _json_lines(text: str) -> list[Printed]:
    try:
        first = msgspec.json.decode(next(line for line in text.splitlines() if line.strip()))
    except (msgspec.DecodeError, StopIteration, RecursionError, UnicodeError):
        return []
    told = next((tool for holds, tool in _LINE_SHAPES if holds(first)), "") if isinstance(first, dict) else ""
    return [Printed(told, JSON)] if told else []


def _table(start: str) -> Printed | None:
    head = start.splitlines()[0].rstrip()
    if head.startswith("CONTAINER ID") or (head.startswith("NAME") and "CPU %" in head):
        return Printed("docker.stats" if "CPU %" in head else "docker.ps")
    if head.startswith("Filesystem") and ("Mounted on" in head or "Use%" in head):
        return Printed("df")
    if "trace_id" in head and "span_id" in head and "," in head:
        return Printed("traces", CSV)
    if re.match(r"^(?:NAMESPACE +)?(?:LAST|FIRST) ?SEEN\b", head):
        return Printed("kubectl.events")
    if head.startswith(("NAME", "NAMESPACE")) and "CPU(cores)" in head:
        return Printed("kubectl.top")
    if _TABLE.match(head) and not head.startswith("NAME:"):
        return Printed("kubectl.get")
    if re.search(r"\bPID\b.{0,200}\b(?:COMMAND|CMD)\b", head):
        return Printed("ps")
    return None


def _manifest(start: str) -> Printed | None:
    if _DESCRIBED.match(start) and _DESCRIBED_TOO.search(start):
        return Printed("kubectl.describe", params=_described(start))
    if _MANIFEST.match(start) or (start.startswith("---") and _MANIFEST.search(start[:400])):
        kinds = [found for found in _KIND.findall(start) if found != "List"]
        kind = kinds[0].removesuffix("List").lower() if kinds else ""
        return Printed("kubectl.events" if kind == "event" else "kubectl.get", YAML, {"kind": kind} if kind else {})
    return None


# What a description alone has, by the kind of what is described.
_DESCRIPTIONS = (
    ("node", re.compile(r"(?m)^(?:Roles|Unschedulable|Allocatable):")),
    ("quota", re.compile(r"(?m)^Resource\s{1,40}Used\s{1,40}Hard")),
    ("persistentvolumeclaim", re.compile(r"(?m)^(?:Used By|VolumeMode):")),
    ("pod", re.compile(r"(?m)^(?:Service Account|Node|IP|QoS Class):")),
    ("deployment", re.compile(r"(?m)^(?:StrategyType|OldReplicaSets|NewReplicaSet):")),
    ("service", re.compile(r"(?m)^(?:Session Affinity|IP Families|Endpoints|TargetPort):")),
    ("ingress", re.compile(r"(?m)^(?:Ingress Class|Default backend):")),
    ("job", re.compile(r"(?m)^(?:Parallelism|Completions|Pods Statuses):")),
)


def _described(start: str) -> dict[str, str]:
    params: dict[str, str] = {}
    for key in ("Name", "Namespace"):
        found = re.search(rf"(?m)^{key}:[ \t]{{1,80}}(\S{{1,253}})", start)
        if found:
            params[key.lower()] = found[1]
    kind = next((kind for kind, holds in _DESCRIPTIONS if holds.search(start)), "")
    return params | ({"kind": kind} if kind else {})


def _host(start: str) -> Printed | None:
    lines = start.splitlines()[:LINES_LOOKED_AT]
    unit = _UNIT.match(lines[0])
    if unit and any(line.lstrip().startswith(("Loaded:", "Active:")) for line in lines):
        return Printed("systemctl.status", params={"component": unit[1].removesuffix(".service")})
    if _FREE.match(start) or start.startswith(("total ", "MemTotal:")):
        return Printed("free")
    if start.startswith("top - "):
        return Printed("ps")
    if is_uptime(lines[0]):
        return Printed("uptime")
    if is_row(lines[0]):
        return Printed("supervisor.status")
    if len(lines) > 1 and is_head(lines[0], lines[1]):
        return Printed("psql")
    if queue_tables.HEAD.search("\n".join(lines)):
        return Printed("rabbitmqctl")
    if redis_info.HEAD.match(start):
        return Printed("redis-cli")
    if _ENGINE_EVENT.match(lines[0]):
        return Printed("docker.events")
    return None


_SPOKEN = (
    *("http.probe", "tcp.probe", "process.probe", "tls.probe", "ansible.runs", "host.state", "packages.changes"),
    *("proxmox.status", "proxmox.tasks", "proxmox.storage", "proxmox.nodes", "grafana.annotations", "grafana.alerts"),
    *("postgresql.activity", "postgresql.locks", "postgresql.statements", "postgresql.replication"),
)
# What the file of an output is called where the text alone tells little: a table without its head, a refusal.
_CALLED = (
    *((frozenset({client, verb}), f"kubectl.{verb}") for client in ("kubectl", "oc") for verb in _VERBS),
    *((frozenset({"docker", verb}), f"docker.{verb}") for verb in ("ps", "stats", "events")),
    *((frozenset({client}), "supervisor.status") for client in ("supervisorctl", "supervisor")),
    (frozenset({"systemctl"}), "systemctl.status"),
    (frozenset({"journalctl"}), "journalctl"),
    *((frozenset(tool.split(".")), tool) for tool in _SPOKEN),
    # Their texts have no form of their own, and are read for errors, times and names.
    *((frozenset({program}), program) for program in ("curl", "ping", "dig", "nslookup", "ss", "netstat", "iostat")),
    *(
        (frozenset({program}), program)
        for program in ("vmstat", "mtr", "traceroute", "psql", "mysql", "openssl", "argocd", "helm")
    ),
)


def _called(words: frozenset[str]) -> Printed | None:
    if words & {"log", "logs"}:
        return None
    return next((Printed(tool) for wanted, tool in _CALLED if wanted <= words), None)


def _log(start: str, words: frozenset[str]) -> Printed | None:
    lines = [line for line in start.splitlines()[:LINES_LOOKED_AT] if line.strip()]
    journal = sum(bool(_SYSLOG.match(line)) for line in lines) > JOURNAL_SHARE_MIN * len(lines)
    if _JOURNAL_HEAD.match(lines[0]) or (journal and not words & {"docker", "kubectl", "compose"}):
        return Printed("journalctl")
    logged = sum(bool(_STAMPED.match(line) or _LEVELLED.match(line) or _REQUEST.match(line)) for line in lines)
    named = words & {"log", "logs", "journalctl", "journal", "stdout", "stderr", "out", "err"}
    if not named and logged < LOG_SHARE_MIN * len(lines):
        return None
    clustered = words & {"kubectl", "k8s", "kubernetes", "pod", "pods", "namespaces", "oc"}
    return Printed("kubectl.logs" if clustered else "docker.logs" if words & {"docker", "compose"} else "logs")
