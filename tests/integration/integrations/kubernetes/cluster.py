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
}


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
    return {
        "metadata": meta(name, owner=of, **labels),
        "spec": {"nodeName": node, "containers": [{"name": "main", "image": "shop:1"}], "restartPolicy": "Always"},
        "status": {"phase": "Running", "conditions": conditions, "podIP": "10.1.0.7", "qosClass": "Burstable"},
    }


def shop() -> dict[str, list[dict[str, Any]]]:
    """A small shop: a deployment with its service, a stateful set, a daemon set, a finished job's pod, a static pod."""
    web = {"matchLabels": {"app": "web"}}
    return {
        "nodes": [{"metadata": meta(f"worker-{n}", ""), "spec": {}, "status": {"conditions": READY}} for n in (1, 2)],
        "services": [
            {"metadata": meta("web"), "spec": {"selector": {"app": "web"}, "clusterIP": "10.2.0.1"}, "status": {}},
            {"metadata": meta("store-headless"), "spec": {"selector": {"app": "store"}}, "status": {}},
            {"metadata": meta("outside"), "spec": {"type": "ExternalName", "externalName": "example.com"}},
        ],
        "deployments": [
            {"metadata": meta("web"), "spec": {"replicas": 2, "selector": web}, "status": {"readyReplicas": 1}}
        ],
        "statefulsets": [{"metadata": meta("store"), "spec": {"replicas": 1}, "status": {"readyReplicas": 1}}],
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
    asked: list[str] = field(default_factory=list)

    def answer(self, path: str, query: dict[str, list[str]]) -> tuple[int, dict[str, Any]]:
        parts = path.strip("/").split("/")
        namespace = parts[parts.index("namespaces") + 1] if "namespaces" in parts else ""
        resource = parts[-1]
        if resource == self.denied:
            message = f'{resource} is forbidden: User "system:serviceaccount:ops:lamplighter" cannot list resource'
            return 403, {"kind": "Status", "status": "Failure", "reason": "Forbidden", "code": 403, "message": message}
        found = [one for one in self.objects[resource] if namespace in ("", one["metadata"].get("namespace"))]
        start = int(query.get("continue", ["0"])[0])
        size = min(self.page_items, int(query["limit"][0]))
        more = {"continue": str(start + size)} if start + size < len(found) or self.endless else {}
        items = found[start : start + size]
        version = "apps/v1" if path.startswith("/apis/apps/v1") else "v1"
        page = {"kind": f"{KINDS[resource]}List", "apiVersion": version, "metadata": {"resourceVersion": "1", **more}}
        return 200, {**page, "items": items}


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
                status, told = cluster.answer(asked.path, parse_qs(asked.query))
                self._say(status, cluster.rubbish or json.dumps(told).encode())

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
