"""A server that speaks the paths, pages and errors of Kubernetes' API, with objects of the API's own shape."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl"
READY = [{"type": "Initialized", "status": "True"}, {"type": "Ready", "status": "True"}]
KINDS = {
    "nodes": "Node",
    "services": "Service",
    "deployments": "Deployment",
    "statefulsets": "StatefulSet",
    "daemonsets": "DaemonSet",
    "replicasets": "ReplicaSet",
    "pods": "Pod",
    "endpoints": "Endpoints",
    "persistentvolumeclaims": "PersistentVolumeClaim",
    "persistentvolumes": "PersistentVolume",
    "resourcequotas": "ResourceQuota",
    "events": "Event",
    "jobs": "Job",
    "cronjobs": "CronJob",
    "ingresses": "Ingress",
    "networkpolicies": "NetworkPolicy",
    "ingressclasses": "IngressClass",
}
PLURALS = frozenset(KINDS)


def meta(name: str, namespace: str = "shop", owner: dict[str, str] | None = None, **labels: str) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": name,
        "uid": f"uid-{namespace}-{name}",
        "resourceVersion": "12345",
        "creationTimestamp": "2026-01-05T10:00:00Z",
        "labels": labels,
        "managedFields": [{"manager": "kubectl", "operation": "Update", "fieldsV1": {"f:spec": {}}}],
    }
    if namespace:
        told["namespace"] = namespace
    if owner:
        told["ownerReferences"] = [{"apiVersion": "apps/v1", "controller": True, "blockOwnerDeletion": True, **owner}]
    return told


def owner(kind: str, name: str, namespace: str = "shop") -> dict[str, str]:
    return {"kind": kind, "name": name, "uid": f"uid-{namespace}-{name}"}


def pod(
    name: str, of: dict[str, str] | None, node: str = "worker-1", *, ready: bool = True, **labels: str
) -> dict[str, Any]:
    conditions = READY if ready else [{"type": "Ready", "status": "False", "reason": "ContainersNotReady"}]
    env = [{"name": "STORE", "value": "store:5432"}, {"name": "STORE_PASSWORD", "value": "hunter2hunter2"}]
    main = {"name": "main", "image": "shop:1", "env": env}
    running = {"name": "main", "ready": ready, "restartCount": 0, "state": {"running": {}}, "image": "shop:1"}
    crashed = {"terminated": {"exitCode": 1, "reason": "Error", "finishedAt": "2026-01-05T11:59:00Z"}}
    waiting = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s restarting failed container"}}
    told = running if ready else {**running, "restartCount": 4, "state": waiting, "lastState": crashed}
    return {
        "metadata": meta(name, owner=of, **labels),
        "spec": {"nodeName": node, "containers": [main], "restartPolicy": "Always"},
        "status": {
            "phase": "Running",
            "conditions": conditions,
            "podIP": "10.1.0.7",
            "qosClass": "Burstable",
            "containerStatuses": [told],
        },
    }


def event(name: str, about: str, kind: str = "Pod", *, reason: str = "BackOff", at: str = "11:59:00") -> dict[str, Any]:
    return {
        "metadata": meta(f"{about}.{name}"),
        "involvedObject": {"kind": kind, "name": about, "namespace": "shop", "apiVersion": "v1"},
        "reason": reason,
        "message": f"{reason} of {about}",
        "type": "Normal" if reason == "Scheduled" else "Warning",
        "count": 3,
        "firstTimestamp": "2026-01-05T11:50:00Z",
        "lastTimestamp": f"2026-01-05T{at}Z",
        "source": {"component": "kubelet", "host": "worker-2"},
    }


def shop() -> dict[str, list[dict[str, Any]]]:
    """A small shop: a deployment with its service, a stateful set, a daemon set, a finished job's pod, a static pod."""
    web = {"matchLabels": {"app": "web"}}
    return {
        "nodes": [
            {
                "metadata": meta(f"worker-{n}", ""),
                "spec": {},
                "status": {"conditions": READY, "allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"}},
            }
            for n in (1, 2)
        ],
        "services": [
            {"metadata": meta("web"), "spec": {"selector": {"app": "web"}, "clusterIP": "10.2.0.1"}, "status": {}},
            {"metadata": meta("store-headless"), "spec": {"selector": {"app": "store"}}, "status": {}},
            {"metadata": meta("outside"), "spec": {"type": "ExternalName", "externalName": "example.com"}},
        ],
        "deployments": [
            {"metadata": meta("web"), "spec": {"replicas": 2, "selector": web}, "status": {"readyReplicas": 1}}
        ],
        "statefulsets": [
            {
                "metadata": meta("store"),
                "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "store"}}},
                "status": {"readyReplicas": 1},
            }
        ],
        "daemonsets": [
            {"metadata": meta("agent"), "spec": {}, "status": {"numberReady": 1, "desiredNumberScheduled": 1}}
        ],
        "replicasets": [
            {
                "metadata": meta("web-5d4f8c7b9d", owner=owner("Deployment", "web")),
                "spec": {"replicas": 2},
                "status": {},
            },
            {
                "metadata": meta("web-6c9bdf77b4", owner=owner("Deployment", "web")),
                "spec": {"replicas": 0},
                "status": {},
            },
        ],
        "pods": [
            pod("web-5d4f8c7b9d-x2x7k", owner("ReplicaSet", "web-5d4f8c7b9d"), app="web"),
            pod("web-5d4f8c7b9d-q8zzl", owner("ReplicaSet", "web-5d4f8c7b9d"), "worker-2", ready=False, app="web"),
            pod("store-0", owner("StatefulSet", "store"), app="store"),
            pod("agent-7kx2p", owner("DaemonSet", "agent"), "worker-2", app="agent"),
            pod("kube-proxy-worker-1", {**owner("Node", "worker-1", "")}),
            {**pod("migrate-1-abcde", None, app="web"), "status": {"phase": "Succeeded"}},
        ],
        "endpoints": [{"metadata": meta("web"), "subsets": [{"notReadyAddresses": [{"ip": "10.1.0.7"}]}]}],
        "persistentvolumeclaims": [
            {"metadata": meta("data-store-0"), "spec": {"storageClassName": "fast"}, "status": {"phase": "Bound"}}
        ],
        "persistentvolumes": [{"metadata": meta("pv-1", ""), "spec": {}, "status": {"phase": "Available"}}],
        "resourcequotas": [
            {"metadata": meta("all"), "spec": {}, "status": {"hard": {"pods": "6"}, "used": {"pods": "6"}}}
        ],
        "jobs": [],
        "cronjobs": [],
        "ingresses": [],
        "networkpolicies": [],
        "ingressclasses": [],
        "events": [
            event("1", "web-5d4f8c7b9d-q8zzl", at="11:59:30"),
            event("2", "web-5d4f8c7b9d-q8zzl", reason="Scheduled", at="11:49:00"),
            event("3", "store-0", reason="Scheduled"),
            event("4", "agent-7kx2p", reason="FailedMount", at="11:58:00"),
            event("5", "worker-2", "Node", reason="NodeNotReady"),
        ],
    }


@dataclass
class Cluster:
    """What the server has, and how it misbehaves."""

    objects: dict[str, list[dict[str, Any]]] = field(default_factory=shop)
    page_items: int = 500
    denied: str = ""
    hangs: bool = False
    endless: bool = False
    rubbish: bytes = b""
    metrics: bool = True
    asked: list[str] = field(default_factory=list)

    def answer(self, path: str, query: dict[str, list[str]]) -> tuple[int, dict[str, Any] | str]:
        parts = path.strip("/").split("/")
        namespace = parts[parts.index("namespaces") + 1] if "namespaces" in parts else ""
        if parts[:2] == ["apis", "metrics.k8s.io"]:
            return self._metrics(parts, query)
        if parts[-1] == "log":
            return self._log(namespace, parts[-2], query)
        if parts[-1] not in PLURALS:
            return self._single(namespace, parts[-2], parts[-1])
        resource = parts[-1]
        if resource == self.denied:
            message = f'{resource} is forbidden: User "system:serviceaccount:ops:lamplighter" cannot list resource'
            return status(403, "Forbidden", message)
        found = [one for one in self.objects[resource] if namespace in ("", one["metadata"].get("namespace"))]
        found = [one for one in found if selected(one, query)]
        start = int(query.get("continue", ["0"])[0])
        size = min(self.page_items, int(query["limit"][0]))
        more = {"continue": str(start + size)} if start + size < len(found) or self.endless else {}
        items = found[start : start + size]
        version = path.removeprefix("/apis/").rpartition("/v1")[0] + "/v1" if path.startswith("/apis/") else "v1"
        page = {"kind": f"{KINDS[resource]}List", "apiVersion": version, "metadata": {"resourceVersion": "1", **more}}
        return 200, {**page, "items": items}

    def _single(self, namespace: str, resource: str, name: str) -> tuple[int, dict[str, Any]]:
        if resource == self.denied:
            return status(403, "Forbidden", f'{resource} "{name}" is forbidden: User cannot get resource')
        for thing in self.objects[resource]:
            if (thing["metadata"]["name"], thing["metadata"].get("namespace", "")) == (name, namespace):
                return 200, {"kind": KINDS[resource], "apiVersion": "v1", **thing}
        return status(404, "NotFound", f'{resource} "{name}" not found')

    def _log(self, namespace: str, name: str, query: dict[str, list[str]]) -> tuple[int, dict[str, Any] | str]:
        code, found = self._single(namespace, "pods", name)
        if code != 200:
            return code, found
        (container,) = found["status"]["containerStatuses"]
        if query.get("container") != [container["name"]]:
            return status(400, "BadRequest", f"container {query.get('container')} is not valid for pod {name}")
        previous = query.get("previous") == ["true"]
        if previous and not container["restartCount"]:
            return status(400, "BadRequest", f'previous terminated container "main" in pod "{name}" not found')
        life = "the last life" if previous else "this life"
        return 200, f"2026-01-05T11:59:00.000000001Z {life} of {name}\n2026-01-05T11:59:01Z it ended\n"

    def _metrics(self, parts: list[str], query: dict[str, list[str]]) -> tuple[int, dict[str, Any] | str]:
        if not self.metrics:
            return 404, "404 page not found\n"
        if parts[-1] == "v1beta1":
            return 200, {"kind": "APIResourceList", "groupVersion": "metrics.k8s.io/v1beta1", "resources": []}
        usage = {"cpu": "250000001n", "memory": "65536Ki"}
        if parts[-2] == "nodes":
            return 200, {"kind": "NodeMetrics", "metadata": {"name": parts[-1]}, "usage": usage}
        found = [pod for pod in self.objects["pods"] if selected(pod, query)]
        told = [
            {"metadata": {"name": one["metadata"]["name"]}, "containers": [{"name": "main", "usage": usage}] * 2}
            for one in found
        ]
        if parts[-1] != "pods":
            return 200, next(one for one in told if one["metadata"]["name"] == parts[-1])
        return 200, {"kind": "PodMetricsList", "metadata": {}, "items": told}


def status(code: int, reason: str, message: str) -> tuple[int, dict[str, Any]]:
    return code, {"kind": "Status", "status": "Failure", "reason": reason, "code": code, "message": message}


def selected(thing: dict[str, Any], query: dict[str, list[str]]) -> bool:
    """Equality in label selectors, and the fields that are asked for, as the API selects."""
    labels, involved = thing["metadata"].get("labels", {}), thing.get("involvedObject", {})
    fields = {
        "spec.nodeName": thing.get("spec", {}).get("nodeName"),
        "involvedObject.kind": involved.get("kind"),
        "involvedObject.name": involved.get("name"),
    }
    for key, values in (("labelSelector", labels), ("fieldSelector", fields)):
        for wish in filter(None, query.get(key, [""])[0].split(",")):
            name, _, wanted = wish.partition("=")
            if values.get(name) != wanted:
                return False
    return True


class FakeKubernetes:
    """The cluster behind a port of its own."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster

        class Answers(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                asked = urlsplit(self.path)
                cluster.asked.append(asked.path)
                while cluster.hangs:
                    time.sleep(0.02)
                if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                    said = {"kind": "Status", "status": "Failure", "message": "Unauthorized", "code": 401}
                    self._say(401, json.dumps(said).encode())
                    return
                code, told = cluster.answer(asked.path, parse_qs(asked.query))
                body = told.encode() if isinstance(told, str) else json.dumps(told).encode()
                self._say(code, cluster.rubbish or body)

            def _say(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with contextlib.suppress(ConnectionError):
                    self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self.cluster.hangs = False
        self._server.shutdown()
        self._server.server_close()
