"""Turns what kubectl describe prints of nodes, services, volumes, quotas and rules into the shape of the API."""

from __future__ import annotations

import re

from lamplighter.diagnosis.readers.document import is_count
from lamplighter.diagnosis.readers.kube_describe import Body, conditions, labels
from lamplighter.diagnosis.readers.kube_outline import Node, plain
from lamplighter.diagnosis.readers.kube_table import table

_TAINT = re.compile(r"^([^=:\s]{1,300})(?:=([^:\s]{0,253}))?:(\w{1,30})$")
_PORT = re.compile(r"(\S{1,63}?)\s{1,20}(\d{1,5})/(TCP|UDP|SCTP)")
_ALLOCATED = re.compile(r"^\s{1,12}([\w./-]{1,100})\s{2,40}(\S{1,30}) \((\d{1,6})%\)\s{1,20}(\S{1,30}) \((\d{1,6})%\)")


def node_body(root: Node) -> Body:
    """A described node."""
    taints: list[object] = []
    held = root.child("Taints")
    for entry in held.listed() if held else ():
        found = _TAINT.match(entry)
        if found:
            taints.append({"key": found[1], "value": found[2] or "", "effect": found[3]})
    info = root.child("System Info")
    return {
        "spec": {"unschedulable": root.said("Unschedulable") == "true", "taints": taints},
        "status": {
            "conditions": conditions(root.child("Conditions")),
            "allocatable": _amounts(root.child("Allocatable")),
            "capacity": _amounts(root.child("Capacity")),
            "nodeInfo": {"kubeletVersion": info.said("Kubelet Version") if info else ""},
            "allocated": _allocated(root.child("Allocated resources")),
            "pods": _pods_on(root.child("Non-terminated Pods")),
        },
        "described": True,
    }


def _amounts(node: Node | None) -> Body:
    return {child.key: plain(child.value) for child in node.children} if node else {}


def _allocated(node: Node | None) -> Body:
    """What is requested on a node, as a share of what it has: percent by resource."""
    found: Body = {}
    for line in node.lines if node else []:
        row = _ALLOCATED.match(line)
        if row:
            found[row[1]] = {"requests": row[2], "percent": float(row[3]), "limits_percent": float(row[5])}
    return found


def _pods_on(node: Node | None) -> list[object]:
    if node is None or not node.lines:
        return []
    _, rows = table(node.lines[0], node.lines[1:])
    return [{"namespace": row.get("NAMESPACE", ""), "name": row.get("NAME", "")} for row in rows]


def service_body(root: Node) -> Body:
    """A described service: each `Port` is followed by its `TargetPort` and `Endpoints`."""
    ports: list[Body] = []
    addresses: list[str] = []
    seen_endpoints = False
    for node in root.children:
        if node.key == "Port":
            found = re.match(r"^(\S{1,63})\s{1,20}(\d{1,5})/(\w{3,4})", node.value.strip())
            ports.append(
                {"name": plain(found[1]), "port": int(found[2]), "protocol": found[3]}
                if found
                else {"name": "", "port": None}
            )
        elif node.key == "TargetPort" and ports:
            target = node.value.strip().split("/", maxsplit=1)
            ports[-1]["targetPort"] = int(target[0]) if is_count(target[0]) else target[0]
            if len(target) > 1:
                ports[-1]["protocol"] = target[1]
        elif node.key == "NodePort" and ports:
            ports[-1]["nodePort"] = node.value.strip().split(" ")[-1]
        elif node.key == "Endpoints":
            seen_endpoints = True
            addresses += [part for part in plain(node.value).split(",") if part]
    return {
        "spec": {
            "selector": labels(root.child("Selector")),
            "type": root.said("Type"),
            "clusterIP": root.said("IP"),
            "ports": ports,
            "externalName": root.said("External Name"),
        },
        "endpoints": addresses if seen_endpoints else None,
        "described": True,
    }


def endpoints_body(root: Node) -> Body:
    """Described endpoints or an endpoint slice."""
    subsets = root.child("Subsets")
    if subsets is not None:
        ready, away = subsets.said("Addresses"), subsets.said("NotReadyAddresses")
        ports = [
            {"name": plain(name), "port": int(number), "protocol": protocol}
            for line in subsets.lines
            for name, number, protocol in re.findall(r"(\S{1,63})\s{1,20}(\d{1,5})\s{1,20}(TCP|UDP|SCTP)", line)
        ]
    else:
        found = root.child("Endpoints")
        entries = [child.value for child in (found.children if found else []) if child.key == "- Addresses"]
        states = [line for line in (found.lines if found else []) if "Ready:" in line]
        good = [
            one for one, state in zip(entries, [*states, *[""] * len(entries)], strict=False) if "false" not in state
        ]
        ready, away = ",".join(good), ",".join(one for one in entries if one not in good)
        ports = []
    return {"ready": _parted(ready), "away": _parted(away), "ports": ports, "described": True}


def _parted(said: str) -> list[str]:
    return [part.strip() for part in said.split(",") if plain(part)]


def claim_body(root: Node) -> Body:
    """A described claim for a persistent volume."""
    users = root.child("Used By", "Mounted By")
    return {
        "spec": {
            "storageClassName": root.said("StorageClass"),
            "volumeName": root.said("Volume"),
            "accessModes": [part.strip() for part in root.said("Access Modes").split(",") if part.strip()],
            "resources": {"requests": {"storage": root.said("Capacity")}},
            "selector": {"matchLabels": labels(root.child("Selector"))} if root.said("Selector") else None,
        },
        "status": {"phase": root.said("Status"), "capacity": {"storage": root.said("Capacity")}},
        "usedBy": list(users.listed()) if users else [],
        "described": True,
    }


def volume_body(root: Node) -> Body:
    """A described persistent volume."""
    namespace, _, name = root.said("Claim").partition("/")
    return {
        "spec": {
            "storageClassName": root.said("StorageClass"),
            "accessModes": [part.strip() for part in root.said("Access Modes").split(",") if part.strip()],
            "capacity": {"storage": root.said("Capacity")},
            "claimRef": {"namespace": namespace, "name": name} if name else {},
            "persistentVolumeReclaimPolicy": root.said("Reclaim Policy"),
        },
        "status": {"phase": root.said("Status")},
        "described": True,
    }


def quota_body(root: Node) -> Body:
    """A described resource quota: used and hard, by resource."""
    used: Body = {}
    hard: Body = {}
    for node in (root, *root.children):
        for line in node.lines:
            row = line.split()
            if len(row) == 3 and row[0] not in {"Resource", "--------"} and not row[0].startswith("--"):  # noqa: PLR2004 - resource, used, hard
                used[row[0]], hard[row[0]] = row[1], row[2]
    return {"status": {"used": used, "hard": hard}, "described": True}


def ingress_body(root: Node) -> Body:
    """A described ingress: hosts, paths and the services behind them."""
    rules = root.child("Rules")
    backends: list[object] = []
    for line in [*(rules.lines if rules else []), f"* / {root.said('Default backend')}"]:
        found = re.search(r"(/\S{0,200})?\s{1,40}([a-z0-9][\w.-]{0,252}):([\w-]{1,63})\s{0,4}(\(.{0,400}\))?", line)
        if found and found[2] != "default-http-backend":
            backends.append({"path": found[1] or "/", "service": found[2], "port": found[3], "state": found[4] or ""})
    return {"backends": backends, "class": root.said("Ingress Class"), "described": True}


def policy_body(root: Node) -> Body:
    """A described network policy: whom it selects, and what it lets in and out, as printed."""
    spec = root.child("Spec") or root
    selected = spec.child("PodSelector")
    kinds = spec.said("Policy Types")
    return {
        "spec": {
            "podSelector": {"matchLabels": labels(selected) if selected and "=" in selected.value else {}},
            "policyTypes": [part.strip() for part in kinds.split(",") if part.strip()],
        },
        "ingressText": _under(spec, "Allowing ingress traffic", "Not affecting ingress traffic"),
        "egressText": _under(spec, "Allowing egress traffic", "Not affecting egress traffic"),
        "described": True,
    }


def _under(spec: Node, *keys: str) -> str:
    found = spec.child(*keys)
    return " ".join(line.strip() for line in found.lines) if found else ""
