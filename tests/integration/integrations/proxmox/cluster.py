"""A server that speaks Proxmox VE's paths and habits: pvedaemon's JSON, 401, an empty 200 for missing rights, 595."""

from __future__ import annotations

import contextlib
import json
import re
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

TOKEN = "lamplighter@pve!ops=8f4e7c1a-0000-4000-8000-5d2b3c4d5e6f"
_GUEST = re.compile(r"/nodes/([^/]+)/(lxc|qemu)/(\d+)/config")
_GUESTS = re.compile(r"/nodes/([^/]+)/(lxc|qemu)")
_CURRENT = re.compile(r"/nodes/([^/]+)/(lxc|qemu)/(\d+)/status/current")
_NODE = re.compile(r"/nodes/([^/]+)/(tasks|storage|status)")
AUDIT = frozenset({"Sys.Audit", "Datastore.Audit"})
LOCAL = {"storage": "local", "type": "dir", "content": "iso,vztmpl,backup", "enabled": 1, "active": 1, "shared": 0}


@dataclass
class Guest:
    """One guest; `rights` False hides it, as a token without VM.Audit on it meets it."""

    kind: str
    vmid: int
    name: str
    node: str
    status: str = "running"
    onboot: bool = True
    template: bool = False
    tags: str = ""
    lock: str = ""
    rights: bool = True


@dataclass
class Cluster:
    """The state of the cluster, which tests change while it serves."""

    guests: list[Guest] = field(default_factory=list)
    nodes: dict[str, bool] = field(default_factory=lambda: {"pve1": True, "pve2": True})
    rights: bool = True
    audits: frozenset[str] = AUDIT
    tasks: list[dict[str, Any]] = field(default_factory=list)
    hangs: bool = False
    asked: list[str] = field(default_factory=list)

    def resources(self) -> list[dict[str, Any]]:
        if not self.rights:
            return []
        found: list[dict[str, Any]] = [
            {
                "id": f"node/{node}",
                "type": "node",
                "node": node,
                "status": "online" if online else "offline",
                "level": "",
                **({"cpu": 0.0123, "maxcpu": 8, "mem": 8_123_456_789, "uptime": 903_412} if online else {}),
            }
            for node, online in self.nodes.items()
        ]
        found += [self._resource(guest) for guest in self.guests if guest.rights]
        found.append(
            {"id": "storage/pve1/local", "type": "storage", "node": "pve1", "storage": "local", "status": "available"}
        )
        found.append(
            {"id": "sdn/pve1/localnetwork", "type": "sdn", "node": "pve1", "sdn": "localnetwork", "status": "ok"}
        )
        return found

    def _resource(self, guest: Guest) -> dict[str, Any]:
        online = self.nodes[guest.node]
        told = {
            "id": f"{guest.kind}/{guest.vmid}",
            "type": guest.kind,
            "vmid": guest.vmid,
            "name": guest.name,
            "node": guest.node,
            "status": guest.status if online else "unknown",
            "template": int(guest.template),
            "maxmem": 2_147_483_648,
            "uptime": 4711 if guest.status == "running" else 0,
        }
        return {**told, **{key: value for key, value in (("tags", guest.tags), ("lock", guest.lock)) if value}}

    def answer(self, path: str, query: dict[str, str]) -> tuple[int, str, Any]:
        """Status, reason phrase and data of a path below /api2/json."""
        if path == "/cluster/resources":
            return 200, "OK", self.resources()
        if path == "/nodes":
            return 200, "OK", self._nodes()
        if path == "/access/permissions":
            return 200, "OK", {query["path"]: dict.fromkeys(sorted(self.audits), 1)}
        for pattern in (_GUEST, _GUESTS):
            found = pattern.fullmatch(path)
            if found is not None:
                return self._on_node(*found.groups())
        if (found := _CURRENT.fullmatch(path)) is not None:
            return self._current(*found.groups())
        if (found := _NODE.fullmatch(path)) is not None:
            return self._of_node(found[1], found[2], query)
        return 501, f"Method 'GET {path}' not implemented", None

    def _nodes(self) -> list[dict[str, Any]]:
        told = [one for one in self.resources() if one["type"] == "node"]
        if "Sys.Audit" in self.audits:
            return told
        return [{key: one[key] for key in ("id", "type", "node")} | {"status": "unknown"} for one in told]

    def _of_node(self, node: str, what: str, query: dict[str, str]) -> tuple[int, str, Any]:
        if not self.nodes.get(node):
            return 595, "No route to host", None
        if what == "storage":
            return (
                200,
                "OK",
                [{**LOCAL, "total": 100, "used": 99, "avail": 1}] if "Datastore.Audit" in self.audits else [],
            )
        if what == "status":
            if "Sys.Audit" not in self.audits:
                return 403, f"Permission check failed (/nodes/{node}, Sys.Audit)", None
            memory = {"total": 16_000_000_000, "used": 15_800_000_000, "free": 200_000_000}
            return 200, "OK", {"cpu": 0.97, "loadavg": ["9.1", "8.0", "7.5"], "memory": memory, "uptime": 90}
        if "Sys.Audit" not in self.audits:
            return 200, "OK", []
        since, until = int(query["since"]), int(query["until"])
        told = [one for one in self.tasks if one["node"] == node and since <= one["starttime"] <= until]
        told = [one for one in told if query.get("vmid", one["id"]) == one["id"]]
        return 200, "OK", [one for one in told if "errors" not in query or one.get("status") not in {None, "OK"}]

    def _current(self, node: str, kind: str, vmid: str) -> tuple[int, str, Any]:
        code, reason, data = self._on_node(node, kind, vmid)
        if code != 200:
            return code, reason, data
        (guest,) = [one for one in self.guests if str(one.vmid) == vmid]
        usage = {"cpu": 0.25, "cpus": 2, "mem": 1_900_000_000, "maxmem": 2_000_000_000, "disk": 99, "maxdisk": 100}
        return 200, "OK", {"status": guest.status, "vmid": guest.vmid, "name": guest.name, "uptime": 4711, **usage}

    def _on_node(self, node: str, kind: str, vmid: str = "") -> tuple[int, str, Any]:
        if node not in self.nodes:
            return 500, f"hostname lookup '{node}' failed - failed to get address info", None
        if not self.nodes[node]:
            return 595, "No route to host", None
        mine = [guest for guest in self.guests if guest.node == node and guest.kind == kind and guest.rights]
        if not vmid:
            return 200, "OK", [self._resource(guest) for guest in mine]
        guest = next((guest for guest in mine if str(guest.vmid) == vmid), None)
        if guest is None:
            return 403, f"Permission check failed (/vms/{vmid}, VM.Audit)", None
        config = {"hostname" if kind == "lxc" else "name": guest.name, "memory": 2048, "digest": "0" * 40}
        return 200, "OK", {**config, "onboot": 1} if guest.onboot else config


class FakeProxmox:
    """The cluster behind a port of its own."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster

        class Answers(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            server_version = "pve-api-daemon/3.0"

            def do_GET(self) -> None:
                cluster.asked.append(self.path)
                while cluster.hangs:
                    time.sleep(0.02)
                if self.headers.get("Authorization", "") != f"PVEAPIToken={TOKEN}":
                    self._say(401, "No ticket", None)
                    return
                asked = urlsplit(self.path)
                query = dict(parse_qsl(asked.query))
                self._say(*cluster.answer(asked.path.removeprefix("/api2/json"), query))

            def _say(self, status: int, reason: str, data: object) -> None:
                body = json.dumps({"data": data}).encode()
                self.send_response(status, reason)
                self.send_header("Content-Type", "application/json;charset=UTF-8")
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Connection", "close")
                self.end_headers()
                with contextlib.suppress(ConnectionError):
                    self.wfile.write(body)
                self.close_connection = True

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
