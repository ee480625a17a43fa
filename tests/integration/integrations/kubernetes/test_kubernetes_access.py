"""A cluster over real TLS: its authority is checked, and a client's certificate out of a kubeconfig is shown."""

from __future__ import annotations

import base64
import json
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from lamplighter.integrations.kubernetes.client import KubernetesClient, KubernetesConfig
from lamplighter.ports import ToolError
from tests.integration.integrations.probe.test_tls import certificate

PAGE = {"kind": "List", "apiVersion": "v1", "metadata": {}, "items": []}


class TlsCluster:
    """Answers every list with an empty one, to those alone who show the certificate that it knows."""

    def __init__(self, own: Path, trusted: Path) -> None:
        self.peers: list[Any] = []
        cluster = self

        class Door(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                cluster.peers.append(self.connection.getpeercert())
                body = json.dumps(PAGE).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                return

        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(trusted))
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_cert_chain(own)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self._server.daemon_threads = True
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"https://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def pem(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return certificate(folder / name, 30)


@pytest.fixture
def server_pem(tmp_path: Path) -> Path:
    return pem(tmp_path, "server")


@pytest.fixture
def client_pem(tmp_path: Path) -> Path:
    return pem(tmp_path, "client")


@pytest.fixture
def cluster(server_pem: Path, client_pem: Path) -> Iterator[TlsCluster]:
    found = TlsCluster(server_pem, client_pem)
    yield found
    found.close()


def config(folder: Path, url: str, authority: Path | None, client: Path | None) -> KubernetesConfig:
    def data(file: Path) -> str:
        return base64.b64encode(file.read_bytes()).decode()

    trusted = {"certificate-authority-data": data(authority)} if authority else {}
    user = {"client-certificate-data": data(client), "client-key-data": data(client)} if client else {"token": "t"}
    whole = {
        "current-context": "here",
        "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": url, **trusted}}],
        "users": [{"name": "u", "user": user}],
    }
    file = folder / "kubeconfig"
    file.write_text(json.dumps(whole))
    return KubernetesConfig(kubeconfig=file, timeout_seconds=30)


async def test_a_client_s_certificate_opens_the_door(
    tmp_path: Path, cluster: TlsCluster, server_pem: Path, client_pem: Path
) -> None:
    assert await KubernetesClient(config(tmp_path, cluster.url, server_pem, client_pem)).things() == ()
    assert cluster.peers
    assert all(peer["subject"] for peer in cluster.peers)


async def test_without_a_certificate_nothing_is_seen(tmp_path: Path, cluster: TlsCluster, server_pem: Path) -> None:
    with pytest.raises(ToolError, match="GET /api/v1/nodes"):
        await KubernetesClient(config(tmp_path, cluster.url, server_pem, None)).things()
    assert cluster.peers == []


async def test_a_server_that_its_authority_does_not_vouch_for_is_told_nothing(
    tmp_path: Path, cluster: TlsCluster, client_pem: Path
) -> None:
    for authority in (None, client_pem):
        with pytest.raises(ToolError, match="CERTIFICATE_VERIFY_FAILED"):
            await KubernetesClient(config(tmp_path, cluster.url, authority, client_pem)).things()
    assert cluster.peers == []
