"""Reads whose output a file of a support bundle is out of the names of the file and its folders. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_WRITTEN = {
    "pod": ("pod", "pods", "po"),
    "node": ("node", "nodes", "no"),
    "service": ("service", "services", "svc"),
    "deployment": ("deployment", "deployments", "deploy"),
    "replicaset": ("replicaset", "replicasets", "rs"),
    "statefulset": ("statefulset", "statefulsets", "sts"),
    "daemonset": ("daemonset", "daemonsets", "ds"),
    "job": ("job", "jobs"),
    "cronjob": ("cronjob", "cronjobs", "cj"),
    "ingress": ("ingress", "ingresses", "ing"),
    "endpoints": ("endpoints", "ep"),
    "configmap": ("configmap", "configmaps", "cm"),
    "persistentvolumeclaim": ("pvc", "pvcs", "persistentvolumeclaim", "persistentvolumeclaims"),
    "persistentvolume": ("pv", "pvs", "persistentvolume", "persistentvolumes"),
    "resourcequota": ("quota", "quotas", "resourcequota", "resourcequotas"),
    "networkpolicy": ("netpol", "networkpolicy", "networkpolicies"),
    "storageclass": ("storageclass", "storageclasses", "sc"),
    "namespace": ("namespace", "namespaces", "ns"),
    "event": ("event", "events", "ev"),
}
KINDS = {word: kind for kind, words in _WRITTEN.items() for word in words}
_COMMANDS = frozenset(
    {
        *("kubectl", "k", "oc", "get", "describe", "logs", "log", "top", "docker"),
        *("compose", "container", "inspect", "ps", "stats", "journalctl", "journal", "systemctl", "status"),
        *("supervisorctl", "supervisor", "output", "of", "all", "wide", "yaml", "json", "previous"),
        *("current", "stdout", "stderr", "out", "err", "unit", "prometheus", "prom", "query"),
        *("range", "loki", "alertmanager", "alerts", "traces", "dump", "current", "tail", "rotated"),
        *("namespaced", "since", "txt"),
        *("df", "free", "uptime", "aux", "auxf", "ef", "curl", "ping", "dig", "nslookup", "ss", "netstat", "iostat"),
        *("vmstat", "mtr", "traceroute", "psql", "mysql", "openssl", "probe", "http", "tcp", "process", "tls", "state"),
        *("proxmox", "tasks", "storage", "ansible", "runs", "packages", "changes", "postgresql", "activity", "locks"),
        *("statements", "replication", "images", "memory", "disk", "syslog", "dmesg"),
    }
)
_SUFFIXES = re.compile(r"(?i)(?:\.(?:txt|log|logs|json|jsonl|ya?ml|csv|out|err|md|\d{1,3}))+$")
_FLAGS = {
    "n": "namespace",
    "namespace": "namespace",
    "u": "unit",
    "unit": "unit",
    "o": "",
    "l": "",
    "since": "",
    "c": "",
}
_MACHINES = ("nodes", "hosts", "host", "node")
_LAST = frozenset(
    {
        *("log", "logs", "previous", "current", "wide", "yaml", "json", "describe", "inspect"),
        *("events", "stats", "stdout", "stderr"),
    }
)
# As a node of a cluster keeps them below /var/log/containers and /var/log/pods.
_NODE_FILE = re.compile(r"^([a-z0-9][a-z0-9.-]{0,252})_([a-z0-9][a-z0-9-]{0,62})_([a-z0-9-]{1,63})-[0-9a-f]{64}$")
_NODE_FOLDER = re.compile(r"^([a-z0-9][a-z0-9-]{0,62})_([a-z0-9][a-z0-9.-]{0,252})_[0-9a-f-]{32,36}$")
# A number that somebody gave a file names no component.
_NUMBERED = re.compile(r"(?i)^(?:e|file|cmd|part|step|evidence)?-?\d{1,6}$")
# Folders that say what kind of thing lies in them, and not whose it is.
_SHELVES = frozenset(
    {
        *("namespaces", "core", "apps", "batch", "pods", "containers", "logs", "log", "current"),
        *("previous", "host", "hosts", "node", "nodes", "evidence", "bundle", "files", "output"),
        *("outputs", "raw", "data", "tmp", "var", "cluster", "kubectl", "docker", "journal"),
        *(
            "journalctl",
            "systemd",
            "commands",
            "sos_commands",
            "cluster-scoped-resources",
            "support",
            "support-bundle",
            "must-gather",
            "cluster-resources",
        ),
        *("describe", "events", "metrics"),
    }
)


@dataclass(frozen=True, slots=True)
class Named:
    """What the names say: a name, a kind of object, a namespace and a machine, each empty where they do not."""

    name: str = ""
    kind: str = ""
    namespace: str = ""
    host: str = ""


def words_of(path: str) -> frozenset[str]:
    """The words of a path, in lower case."""
    return frozenset(re.split(r"[^a-z0-9]+", path.lower())) - {""}


def named(path: str) -> Named:
    """What the names of a file and its folders say of whose output it holds."""
    *folders, file = path.split("/")
    stem = _SUFFIXES.sub("", file)
    kept = _NODE_FILE.match(stem)
    if kept:
        return Named(kept[1], "pod", kept[2])
    own = _of_stem(stem)
    shelf = _after(folders, "pods")
    kept = _NODE_FOLDER.match(shelf)
    if kept:
        return Named(kept[2], "pod", kept[1])
    namespace = own.namespace or _after(folders, "namespaces")
    kind = own.kind or next((KINDS[folder] for folder in reversed(folders) if folder in KINDS), "")
    name = shelf or own.name or next((part for part in reversed(folders) if _tells(part) and part != namespace), "")
    host = next((found for shelf in _MACHINES if (found := _after(folders, shelf))), "")
    return Named(name, kind, namespace, host)


def _after(folders: Sequence[str], shelf: str) -> str:
    """The folder right below the last one of this name."""
    places = [place for place, folder in enumerate(folders[:-1]) if folder.lower() == shelf]
    return folders[places[-1] + 1] if places else ""


def _tells(folder: str) -> bool:
    return folder.lower() not in _SHELVES and _of_stem(folder).name == folder


def _of_stem(stem: str) -> Named:
    # Blanks and underscores part the words of a command as it was typed; the dashes in it belong to names then.
    blank = re.search(r"[_\s]", stem)
    typed = re.split(r"[_\s]+", stem) if blank else stem.split("-")
    parts = [part.strip(".") for part in typed if part.strip(".")]
    found = {"namespace": "", "unit": "", "kind": ""}
    rest: list[str] = []
    place = 0
    while place < len(parts):
        part = parts[place]
        flag = part.lstrip("-").lower()
        following = parts[place + 1] if place + 1 < len(parts) else ""
        place += 1
        if flag in _FLAGS and following and (part.startswith("-") or not rest):
            place += 1
            if _FLAGS[flag]:
                found[_FLAGS[flag]] = following
        elif not part.startswith("-"):
            rest, found["kind"] = _taken(rest, part, found["kind"])
    while rest and rest[-1].lower() in _LAST:
        rest.pop()
    name = found["unit"].removesuffix(".service") or ("_" if blank else "-").join(rest)
    return Named("" if _NUMBERED.match(name) else name, found["kind"], found["namespace"])


def _taken(rest: list[str], part: str, kind: str) -> tuple[list[str], str]:
    """Words of the command stand before the name; what follows its first word belongs to it."""
    word = part.lower()
    if not rest and (word in _COMMANDS or word.isdigit() or len(word) == 1):
        return rest, kind
    if not rest and word in KINDS and not kind:
        return rest, KINDS[word]
    return [*rest, part], kind
