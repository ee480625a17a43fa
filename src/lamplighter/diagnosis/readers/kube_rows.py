"""Turns the rows of kubectl's tables into the shape of the API, as far as their columns tell."""

from __future__ import annotations

import re
from collections.abc import Callable

from lamplighter.diagnosis.readers.document import is_count
from lamplighter.diagnosis.readers.kube_outline import plain
from lamplighter.diagnosis.readers.kube_table import Row

Body = dict[str, object]
_PORT = re.compile(r"(\d{1,5})(?::(\d{1,5}))?/(TCP|UDP|SCTP)")
_RESTARTS = re.compile(r"^(\d{1,7})(?: \((\w{1,12}) ago\))?")
_MODES = {"RWO": "ReadWriteOnce", "RWX": "ReadWriteMany", "ROX": "ReadOnlyMany", "RWOP": "ReadWriteOncePod"}
_BY_COLUMNS: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"LAST SEEN", "REASON"}), "event"),
    (frozenset({"LASTSEEN", "REASON"}), "event"),
    (frozenset({"CPU(CORES)"}), "top"),
    (frozenset({"READY", "STATUS", "RESTARTS"}), "pod"),
    (frozenset({"UP-TO-DATE", "AVAILABLE", "DESIRED"}), "daemonset"),
    (frozenset({"UP-TO-DATE", "AVAILABLE"}), "deployment"),
    (frozenset({"DESIRED", "CURRENT", "READY"}), "replicaset"),
    (frozenset({"COMPLETIONS", "DURATION"}), "job"),
    (frozenset({"SCHEDULE", "SUSPEND"}), "cronjob"),
    (frozenset({"CLUSTER-IP", "PORT(S)"}), "service"),
    (frozenset({"ADDRESSTYPE"}), "endpointslice"),
    (frozenset({"NAME", "ENDPOINTS"}), "endpoints"),
    (frozenset({"HOSTS", "PORTS"}), "ingress"),
    (frozenset({"POD-SELECTOR"}), "networkpolicy"),
    (frozenset({"RECLAIM POLICY", "CLAIM"}), "persistentvolume"),
    (frozenset({"VOLUME", "CAPACITY", "ACCESS MODES"}), "persistentvolumeclaim"),
    (frozenset({"PROVISIONER"}), "storageclass"),
    (frozenset({"ROLES", "VERSION"}), "node"),
    (frozenset({"REQUEST", "AGE"}), "resourcequota"),
)


def kind_of_columns(columns: tuple[str, ...]) -> str:
    """What a table lists, by its columns; empty where they do not tell."""
    held = frozenset(columns)
    return next((kind for needed, kind in _BY_COLUMNS if needed <= held), "")


def row_body(kind: str, row: Row) -> Body:
    """The body of one row; a row of a kind that is not read still shows that the object exists."""
    return {**_BODIES.get(kind, _nothing)(row), "row": True}


def _part(row: Row) -> Body:
    said = f"{row.get('MESSAGE', '')} {row.get('ERROR', '')}".strip()
    return {"listed": {"status": row.get("STATUS", ""), "message": said}}


def _nothing(_row: Row) -> Body:
    return {}


def _pod(row: Row) -> Body:
    ready, _, total = row.get("READY", "").partition("/")
    restarts = _RESTARTS.match(row.get("RESTARTS", ""))
    listed: Body = {
        "status": row.get("STATUS", ""),
        "ready": float(ready) if is_count(ready) else None,
        "containers": float(total) if is_count(total) else None,
        "restarts": float(restarts[1]) if restarts else None,
        "restarted_ago": restarts[2] if restarts else "",
        "age": row.get("AGE", ""),
    }
    node, address = plain(row.get("NODE", "")), plain(row.get("IP", ""))
    body: Body = {"listed": listed}
    if node:
        body["spec"] = {"nodeName": node.split("/", maxsplit=1)[0]}
    if address:
        body["status"] = {"podIP": address}
    return body


def _counted(row: Row) -> Body:
    """Deployments, stateful sets: READY is `ready/desired`; replica and daemon sets have DESIRED."""
    ready, mark, desired = row.get("READY", "").partition("/")
    if not mark:
        desired = row.get("DESIRED", "")
    status: Body = {"readyReplicas": _float(ready), "availableReplicas": _float(row.get("AVAILABLE", ""))}
    return {"spec": {"replicas": _float(desired), **_selector(row)}, "status": status}


def _selector(row: Row) -> Body:
    chosen = _pairs(row.get("SELECTOR", ""))
    return {"selector": {"matchLabels": chosen}} if chosen else {}


def _pairs(said: str) -> Body:
    pairs = (pair.partition("=") for pair in plain(said).split(",") if "=" in pair)
    return {key.strip(): value.strip() for key, _, value in pairs}


def _float(said: str) -> float | None:
    return float(said) if is_count(said.strip()) else None


def _job(row: Row) -> Body:
    done, mark, wanted = row.get("COMPLETIONS", "").partition("/")
    failed = row.get("STATUS", "") == "Failed"
    return {
        "spec": {"completions": _float(wanted) if mark else None},
        "status": {"succeeded": _float(done), "failed": 1.0 if failed else None},
        "listed": {"status": row.get("STATUS", "")},
    }


def _service(row: Row) -> Body:
    ports = [
        {"port": int(port), "nodePort": node, "protocol": protocol}
        for port, node, protocol in _PORT.findall(row.get("PORT(S)", ""))
    ]
    spec: Body = {"type": row.get("TYPE", ""), "clusterIP": plain(row.get("CLUSTER-IP", "")), "listedPorts": ports}
    if "SELECTOR" in row:
        spec["selector"] = _pairs(row["SELECTOR"])
    return {"spec": spec, "external": row.get("EXTERNAL-IP", "")}


def _endpoints(row: Row) -> Body:
    listed = [part.strip() for part in plain(row.get("ENDPOINTS", "")).split(",") if part.strip()]
    ports = [{"port": int(one.rsplit(":", maxsplit=1)[-1])} for one in listed if is_count(one.rsplit(":")[-1])]
    return {"ready": listed, "ports": ports}


def _slice(row: Row) -> Body:
    listed = [part.strip() for part in plain(row.get("ENDPOINTS", "")).split(",") if part.strip()]
    ports = [{"port": int(one)} for one in plain(row.get("PORTS", "")).split(",") if is_count(one.strip())]
    return {"ready": listed, "ports": ports}


def _claim(row: Row) -> Body:
    return {
        "spec": {
            "volumeName": plain(row.get("VOLUME", "")),
            "storageClassName": plain(row.get("STORAGECLASS", "")),
            "accessModes": _modes(row),
        },
        "status": {"phase": row.get("STATUS", ""), "capacity": {"storage": plain(row.get("CAPACITY", ""))}},
    }


def _modes(row: Row) -> list[str]:
    return [_MODES.get(one, one) for one in plain(row.get("ACCESS MODES", "")).split(",") if one]


def _volume(row: Row) -> Body:
    namespace, _, name = plain(row.get("CLAIM", "")).partition("/")
    return {
        "spec": {
            "capacity": {"storage": plain(row.get("CAPACITY", ""))},
            "accessModes": _modes(row),
            "storageClassName": plain(row.get("STORAGECLASS", "")),
            "persistentVolumeReclaimPolicy": row.get("RECLAIM POLICY", ""),
            "claimRef": {"namespace": namespace, "name": name} if name else {},
        },
        "status": {"phase": row.get("STATUS", "")},
    }


def _node(row: Row) -> Body:
    states = row.get("STATUS", "").split(",")
    return {
        "spec": {"unschedulable": "SchedulingDisabled" in states},
        "listed": {"status": row.get("STATUS", ""), "roles": plain(row.get("ROLES", ""))},
        "status": {"nodeInfo": {"containerRuntimeVersion": row.get("CONTAINER-RUNTIME", "")}},
    }


_USED = re.compile(r"([\w./-]{1,100}): ?([\w.]{1,30})/([\w.]{1,30})")


def _quota(row: Row) -> Body:
    used: Body = {}
    hard: Body = {}
    for name, taken, limit in _USED.findall(f"{row.get('REQUEST', '')}, {row.get('LIMIT', '')}"):
        used[name], hard[name] = taken, limit
    return {"status": {"used": used, "hard": hard}}


def _ingress(row: Row) -> Body:
    return {"class": plain(row.get("CLASS", "")), "hosts": plain(row.get("HOSTS", ""))}


def _policy(row: Row) -> Body:
    return {"spec": {"podSelector": {"matchLabels": _pairs(row.get("POD-SELECTOR", ""))}}}


def _top(row: Row) -> Body:
    return {"cpu": row.get("CPU(CORES)", ""), "memory": row.get("MEMORY(BYTES)", ""), **_percent(row)}


def _percent(row: Row) -> Body:
    found: Body = {}
    for column, key in (("CPU%", "cpu_percent"), ("CPU(%)", "cpu_percent"), ("MEMORY%", "memory_percent")):
        said = row.get(column, "").removesuffix("%")
        if is_count(said):
            found[key] = float(said)
    return found


_BODIES: dict[str, Callable[[Row], Body]] = {
    "pod": _pod,
    "componentstatus": _part,
    "deployment": _counted,
    "statefulset": _counted,
    "replicaset": _counted,
    "daemonset": _counted,
    "job": _job,
    "service": _service,
    "endpoints": _endpoints,
    "endpointslice": _slice,
    "persistentvolumeclaim": _claim,
    "persistentvolume": _volume,
    "node": _node,
    "resourcequota": _quota,
    "ingress": _ingress,
    "networkpolicy": _policy,
    "top": _top,
}
