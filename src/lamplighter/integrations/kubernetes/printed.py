"""What kubectl prints: things as `-o json`, usage as the table of `top`. Pure; secrets of environments are masked."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lamplighter.domain.evidence import EVIDENCE_BYTES_MAX
from lamplighter.domain.redaction import MASK, is_secret_name

NOISE = "kubectl.kubernetes.io/last-applied-configuration"
MEBIBYTE = 1024**2
_VERSIONS = {
    **dict.fromkeys(("deployment", "statefulset", "daemonset", "replicaset"), "apps/v1"),
    **dict.fromkeys(("job", "cronjob"), "batch/v1"),
    **dict.fromkeys(("ingress", "networkpolicy", "ingressclass"), "networking.k8s.io/v1"),
}
_NAMES = {
    "pod": "Pod",
    "service": "Service",
    "endpoints": "Endpoints",
    "persistentvolumeclaim": "PersistentVolumeClaim",
    "persistentvolume": "PersistentVolume",
    "resourcequota": "ResourceQuota",
    "event": "Event",
    "deployment": "Deployment",
    "statefulset": "StatefulSet",
    "daemonset": "DaemonSet",
    "replicaset": "ReplicaSet",
    "job": "Job",
    "cronjob": "CronJob",
    "ingress": "Ingress",
    "networkpolicy": "NetworkPolicy",
    "ingressclass": "IngressClass",
    "node": "Node",
}
_QUANTITY = re.compile(r"([0-9]{1,20}(?:\.[0-9]{1,12})?(?:[eE][+-]?[0-9]{1,2})?)([numkMGTPE]|[KMGTPE]i)?")
_POWERS: dict[str, float] = {"n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3}
_POWERS |= {letter: 1000.0**power for power, letter in enumerate("MGTPE", start=2)}
_POWERS |= {f"{letter}i": 1024.0**power for power, letter in enumerate("KMGTPE", start=1)}

Thing = dict[str, Any]


def quantity(text: object) -> float:
    """A quantity such as 250m or 64Mi as a number; NaN for anything else."""
    found = _QUANTITY.fullmatch(str(text))
    return float(found[1]) * _POWERS.get(found[2] or "", 1.0) if found else math.nan


def troubled(thing: Mapping[str, Any]) -> bool:
    """Whether a thing is plainly not as it should be; where not all fit, these stay."""
    spec, status = inner(thing, "spec"), inner(thing, "status")
    conditions = {str(found_in(one, "type")): str(found_in(one, "status")) for one in inner_list(status, "conditions")}
    restarts = sum(_count(one, "restartCount") for one in inner_list(status, "containerStatuses"))
    match str(thing.get("kind", "")):
        case "Pod":
            return status.get("phase") != "Succeeded" and (conditions.get("Ready") != "True" or restarts > 0)
        case "Node":
            return conditions.get("Ready") != "True" or bool(spec.get("unschedulable")) or bool(spec.get("taints"))
        case "PersistentVolumeClaim" | "PersistentVolume":
            return status.get("phase") != "Bound"
        case "Deployment" | "StatefulSet" | "ReplicaSet":
            return _count(status, "readyReplicas") < (_count(spec, "replicas") if "replicas" in spec else 1)
        case "Job":
            return conditions.get("Complete") != "True" and bool(_count(status, "failed") or conditions.get("Failed"))
        case "CronJob":
            return bool(spec.get("suspend"))
        case "DaemonSet":
            return _count(status, "numberReady") < _count(status, "desiredNumberScheduled")
    return False


def as_printed(thing: Mapping[str, Any], kind: str) -> Thing:
    """A thing as kubectl prints it: with its kind, without managed fields; secrets in environments masked."""
    version = thing.get("apiVersion") or _VERSIONS.get(kind, "v1")
    named: Thing = {"apiVersion": version, "kind": thing.get("kind") or _NAMES.get(kind, kind)}
    named |= thing
    meta = {key: value for key, value in inner(thing, "metadata").items() if key != "managedFields"}
    if isinstance(meta.get("annotations"), dict):
        meta["annotations"] = {key: value for key, value in meta["annotations"].items() if key != NOISE}
    masked = _masked({**named, "metadata": meta})
    return masked if isinstance(masked, dict) else named


def single(thing: Thing) -> tuple[str, bool]:
    """One thing as JSON of at most 64 KiB; what is too large loses its annotations, a node its images."""
    text = _compact(thing)
    if _size(text) <= EVIDENCE_BYTES_MAX:
        return text, False
    text = _compact(_slim(thing))
    if _size(text) <= EVIDENCE_BYTES_MAX:
        return text, True
    # Its state is what tells most; nothing that a cluster takes makes the state alone too large.
    named = {key: value for key, value in inner(thing, "metadata").items() if key in {"name", "namespace", "uid"}}
    bare: Thing = {"apiVersion": thing.get("apiVersion"), "kind": thing.get("kind"), "metadata": named}
    text = _compact({**bare, "status": _slim(thing).get("status")})
    return (text if _size(text) <= EVIDENCE_BYTES_MAX else "{}"), True


def listing(things: Sequence[Thing], *, more: bool = False) -> tuple[str, bool]:
    """A list as kubectl prints it, at most 64 KiB; where not all fit, those in trouble stay, in their order."""
    text = _list_text(_compact(thing) for thing in things)
    if _size(text) <= EVIDENCE_BYTES_MAX:
        return text, more
    worst = sorted(range(len(things)), key=lambda index: not troubled(things[index]))
    kept = sorted(worst[: fitting([things[index] for index in worst])])
    return _list_text(_compact(_slim(things[index])) for index in kept), True


def fitting(things: Sequence[Thing]) -> int:
    """How many of the first things fit into one list, without what is left out where not all do."""
    room = EVIDENCE_BYTES_MAX - _size(_list_text(()))
    for count, thing in enumerate(things):
        room -= _size(_compact(_slim(thing))) + 1
        if room < 0:
            return count
    return len(things)


def pods_table(items: Iterable[object]) -> str:
    """`kubectl top pod`: one row for each pod, its containers summed."""
    rows = [("NAME", "CPU(cores)", "MEMORY(bytes)")]
    for item in items:
        usages = [inner(one, "usage") for one in inner_list(item, "containers")]
        cpu, memory = (sum(quantity(found_in(usage, key)) for usage in usages) for key in ("cpu", "memory"))
        rows.append((str(inner(item, "metadata").get("name", "")), _millicores(cpu), _mebibytes(memory)))
    return _table(rows)


def nodes_table(metrics: object, node: object) -> str:
    """`kubectl top node`: what one node uses, and which share of what may be given away there."""
    used, whole = inner(metrics, "usage"), inner(inner(node, "status"), "allocatable")
    cpu, memory = quantity(used.get("cpu")), quantity(used.get("memory"))
    name = str(inner(metrics, "metadata").get("name", ""))
    shares = (_share(cpu, quantity(whole.get("cpu"))), _share(memory, quantity(whole.get("memory"))))
    row = (name, _millicores(cpu), shares[0], _mebibytes(memory), shares[1])
    return _table([("NAME", "CPU(cores)", "CPU(%)", "MEMORY(bytes)", "MEMORY(%)"), row])


def _millicores(cores: float) -> str:
    return f"{math.ceil(cores * 1000)}m" if math.isfinite(cores) else "<unknown>"


def _mebibytes(amount: float) -> str:
    return f"{int(amount // MEBIBYTE)}Mi" if math.isfinite(amount) else "<unknown>"


def _share(part: float, whole: float) -> str:
    share = part / whole if whole else math.nan
    return f"{int(share * 100)}%" if math.isfinite(share) else "<unknown>"


def _table(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    padded = ("   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "".join(f"{line.rstrip()}\n" for line in padded)


def _masked(value: object) -> object:
    if isinstance(value, list):
        return [_masked(item) for item in value]
    if not isinstance(value, dict):
        return value
    hidden = isinstance(value.get("value"), str) and is_secret_name(str(value.get("name", "")))
    return {key: MASK if hidden and key == "value" else _masked(item) for key, item in value.items()}


def _slim(thing: Thing) -> Thing:
    meta = {key: value for key, value in inner(thing, "metadata").items() if key != "annotations"}
    status = {key: value for key, value in inner(thing, "status").items() if key != "images"}
    return {**thing, "metadata": meta, **({"status": status} if status else {})}


def _list_text(texts: Iterable[str]) -> str:
    return f'{{"apiVersion":"v1","items":[{",".join(texts)}],"kind":"List","metadata":{{"resourceVersion":""}}}}'


def _compact(thing: object) -> str:
    return json.dumps(thing, separators=(",", ":"))


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


def found_in(value: object, key: str) -> object:
    """What stands under a key; None where it is no map or has none."""
    return value.get(key) if isinstance(value, dict) else None


def _count(value: object, key: str) -> int:
    found = found_in(value, key)
    return found if isinstance(found, int) else 0


def inner(value: object, key: str) -> dict[str, Any]:
    """The map under a key, or an empty one."""
    found = found_in(value, key)
    return found if isinstance(found, dict) else {}


def inner_list(value: object, key: str) -> list[Any]:
    """The list under a key, or an empty one."""
    found = found_in(value, key)
    return found if isinstance(found, list) else []
