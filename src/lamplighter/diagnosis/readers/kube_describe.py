"""Turns what kubectl describe prints of pods and workloads into the shape that the API itself gives."""

from __future__ import annotations

import re

from lamplighter.diagnosis.readers.document import is_count
from lamplighter.diagnosis.readers.kube_outline import Node, plain
from lamplighter.diagnosis.readers.kube_table import table

Body = dict[str, object]
_PORT = re.compile(r"(\d{1,5})/(TCP|UDP|SCTP)(?: \(([\w-]{1,63})\))?")
_TEMPLATED = frozenset({"deployment", "replicaset", "statefulset", "daemonset", "job", "replicationcontroller"})
_PROBE_URL = re.compile(r"^(?:http-get|http) (\w{1,6})://([^:/\s]{0,253}):([\w-]{0,63})(/\S{0,300})?")
_PROBE_NUMBER = re.compile(r"(delay|timeout|period|#success|#failure)=(\d{1,6})")
_NUMBERS = {
    "delay": "initialDelaySeconds",
    "timeout": "timeoutSeconds",
    "period": "periodSeconds",
    "#success": "successThreshold",
    "#failure": "failureThreshold",
}
_KEY_OF = re.compile(r"<set to the key '([^']{1,253})' (?:in|of) (secret|config map) '([^']{1,253})'>")
_REPLICAS = re.compile(r"(\d{1,6}) (desired|updated|total|available|unavailable|current)")
_JOB_PODS = re.compile(r"(\d{1,6}) (?:(Active|Running|Succeeded|Failed|Waiting))")


def pod_body(root: Node) -> Body:
    """The `spec` and `status` of a described pod."""
    waiting = root.child("Init Containers")
    main, init = root.child("Containers"), waiting.children if waiting else []
    node = root.said("Node").split("/", maxsplit=1)[0]
    spec: Body = {
        "containers": [_container(one) for one in (main.children if main else [])],
        "initContainers": [_container(one) for one in init],
        "nodeName": node,
        "serviceAccountName": root.said("Service Account"),
        "nodeSelector": labels(root.child("Node-Selectors")),
        "tolerations": [{"text": entry} for entry in _entries(root.child("Tolerations"))],
        "volumes": [_volume(one) for one in _children(root, "Volumes")],
    }
    status: Body = {
        "phase": root.said("Status").split(" ", maxsplit=1)[0],
        "reason": root.said("Reason"),
        "message": root.said("Message"),
        "podIP": root.said("IP"),
        "startTime": root.said("Start Time"),
        "conditions": conditions(root.child("Conditions")),
        "containerStatuses": [_status(one) for one in (main.children if main else [])],
        "initContainerStatuses": [_status(one) for one in init],
    }
    status["deleting"] = "Terminating" if root.said("Status").startswith("Terminating") else ""
    return {
        "spec": spec,
        "status": status,
        "described": True,
        "selector_seen": root.child("Node-Selectors") is not None,
    }


def workload_body(root: Node, kind: str) -> Body:
    """The `spec` and `status` of a described deployment, replica set, stateful set, daemon set or job."""
    template = root.child("Pod Template")
    said = root.said("Replicas")
    counts = {word: float(number) for number, word in _REPLICAS.findall(said)}
    pods = {word: float(number) for number, word in _JOB_PODS.findall(root.said("Pods Statuses", "Pods Status"))}
    desired = counts.get("desired", _number(root.said("Desired Number of Nodes Scheduled")))
    spec: Body = {"selector": {"matchLabels": labels(root.child("Selector"))}, "replicas": desired}
    if template:
        spec["template"] = _template(template)
    spec["volumeClaimTemplates"] = [
        {"name": one.value} for one in _children(root, "Volume Claims") if one.key == "Name"
    ]
    status: Body = {
        "availableReplicas": counts.get("available"),
        "unavailableReplicas": counts.get("unavailable"),
        "replicas": counts.get("total", counts.get("current")),
        "active": pods.get("Active"),
        "succeeded": pods.get("Succeeded"),
        "failed": pods.get("Failed"),
        "conditions": conditions(root.child("Conditions")),
    }
    return {"spec": spec, "status": status, "described": True, "templated": kind in _TEMPLATED}


def _template(root: Node) -> Body:
    main, init = _children(root, "Containers"), _children(root, "Init Containers")
    selector = labels(root.child("Node-Selectors"))
    return {
        "metadata": {"labels": labels(root.child("Labels"))},
        "spec": {
            "serviceAccountName": root.said("Service Account"),
            "containers": [_container(one) for one in main],
            "initContainers": [_container(one) for one in init],
            "nodeSelector": selector,
            "tolerations": [{"text": entry} for entry in _entries(root.child("Tolerations"))],
            "volumes": [_volume(one) for one in _children(root, "Volumes")],
        },
    }


def _children(root: Node, key: str) -> list[Node]:
    found = root.child(key)
    return found.children if found else []


def _number(said: str) -> float | None:
    return float(said) if is_count(said) else None


def _entries(node: Node | None) -> list[str]:
    return list(node.listed())[:100] if node else []


def labels(node: Node | None) -> Body:
    """Labels as kubectl lists them: one `key=value` a line, or parted by commas."""
    found: Body = {}
    for entry in _entries(node):
        for pair in re.split(r",\s{0,3}(?=[^,]{1,253}=)", entry):
            key, mark, value = pair.strip().partition("=")
            if mark and " " not in key:
                found[key] = value
    return found


def conditions(node: Node | None) -> list[object]:
    """The rows under `Conditions`, each with its type, status, reason and message."""
    if node is None or not node.lines:
        return []
    _, rows = table(node.lines[0], node.lines[1:])
    return [
        {
            "type": row.get("TYPE", ""),
            "status": row.get("STATUS", ""),
            "reason": row.get("REASON", ""),
            "message": row.get("MESSAGE", ""),
            "lastTransitionTime": row.get("LASTTRANSITIONTIME", ""),
        }
        for row in rows[:50]
    ]


def _container(root: Node) -> Body:
    body: Body = {
        "name": root.key,
        "image": root.said("Image"),
        "ports": _ports(root.said("Ports", "Port")),
        "hostPorts": _ports(root.said("Host Ports", "Host Port")),
        "command": _entries(root.child("Command")),
        "args": _entries(root.child("Args")),
        "resources": {"limits": _amounts(root.child("Limits")), "requests": _amounts(root.child("Requests"))},
        "env": _environment(root.child("Environment")),
        "envFrom": [{"text": entry} for entry in _entries(root.child("Environment Variables from"))],
        "volumeMounts": [_mount(entry) for entry in _entries(root.child("Mounts"))],
    }
    for key, name in (("Liveness", "livenessProbe"), ("Readiness", "readinessProbe"), ("Startup", "startupProbe")):
        if root.said(key):
            body[name] = probe_body(root.said(key))
    return body


def _ports(said: str) -> list[object]:
    return [
        {"containerPort": int(number), "protocol": protocol, "name": name}
        for number, protocol, name in _PORT.findall(said)
        if int(number)
    ]


def _amounts(node: Node | None) -> Body:
    return {child.key: plain(child.value) for child in node.children} if node else {}


def _environment(node: Node | None) -> list[object]:
    found: list[object] = []
    for child in node.children[:500] if node else []:
        source = _KEY_OF.search(child.value)
        if source:
            key = "secretKeyRef" if source[2] == "secret" else "configMapKeyRef"
            found.append({"name": child.key, "valueFrom": {key: {"key": source[1], "name": source[3]}}})
        else:
            found.append({"name": child.key, "value": child.value.strip()})
    return found


def _mount(entry: str) -> Body:
    path, _, rest = entry.partition(" from ")
    return {"mountPath": path.strip(), "name": rest.split(" ", maxsplit=1)[0], "readOnly": "(ro" in rest}


def probe_body(said: str) -> Body:
    """A probe as describe prints it: `http-get http://:8080/health delay=5s timeout=1s …`."""
    body: Body = {_NUMBERS[key]: int(value) for key, value in _PROBE_NUMBER.findall(said)}
    url = _PROBE_URL.match(said)
    if url:
        port = int(url[3]) if is_count(url[3]) else url[3]
        body["httpGet"] = {"scheme": url[1].upper(), "port": port, "path": url[4] or "/"}
    elif said.startswith("tcp-socket"):
        port_text = re.search(r"tcp-socket \S{0,253}?:([\w-]{1,63})", said)
        body["tcpSocket"] = {"port": int(port_text[1]) if port_text and is_count(port_text[1]) else ""}
    elif said.startswith("grpc"):
        port_text = re.search(r"grpc \S{0,253}?:(\d{1,5})", said)
        body["grpc"] = {"port": int(port_text[1]) if port_text else ""}
    elif said.startswith("exec"):
        body["exec"] = {"command": said[5:].split("] ", maxsplit=1)[0].strip("[] ").split()}
    return body


def _status(root: Node) -> Body:
    restarts = root.said("Restart Count")
    ready = root.said("Ready")
    return {
        "name": root.key,
        "image": root.said("Image"),
        "ready": ready == "True" if ready else None,
        "restartCount": int(restarts) if is_count(restarts) else None,
        "state": _state(root.child("State")),
        "lastState": _state(root.child("Last State")),
    }


def _state(node: Node | None) -> Body:
    if node is None or not plain(node.value):
        return {}
    code = node.said("Exit Code")
    told: Body = {
        "reason": node.said("Reason"),
        "message": node.said("Message"),
        "startedAt": node.said("Started"),
        "finishedAt": node.said("Finished"),
        "exitCode": int(code) if is_count(code.removeprefix("-")) else None,
        "signal": node.said("Signal"),
    }
    return {node.value.strip().lower(): told}


def _volume(root: Node) -> Body:
    kind = root.said("Type").split(" ", maxsplit=1)[0]
    body: Body = {"name": root.key}
    if kind == "PersistentVolumeClaim":
        body["persistentVolumeClaim"] = {"claimName": root.said("ClaimName")}
    elif kind == "ConfigMap":
        body["configMap"] = {"name": root.said("Name")}
    elif kind == "Secret":
        body["secret"] = {"secretName": root.said("SecretName")}
    elif kind:
        body[kind[0].lower() + kind[1:]] = {child.key.lower(): plain(child.value) for child in root.children}
    return body
