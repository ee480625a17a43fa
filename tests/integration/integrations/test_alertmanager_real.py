"""Webhooks and the API of a real Alertmanager: what it leaves out of a body is found again through its API."""

from __future__ import annotations

import json
import os
import shutil
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from lamplighter.domain.alert import AlertStatus, Delivery
from lamplighter.domain.evidence import Question
from lamplighter.domain.topology import Component
from lamplighter.integrations.alertmanager.backlog import AlertmanagerBacklog
from lamplighter.integrations.alertmanager.client import AlertmanagerClient, AlertmanagerConfig
from lamplighter.integrations.alertmanager.signal import AlertmanagerSource
from lamplighter.integrations.alertmanager.tools import AlertmanagerAlerts
from lamplighter.lab.shop.layout import free_ports
from lamplighter.ports import ToolError

pytestmark = pytest.mark.prometheus
WAIT_SECONDS_MAX = 90.0
# The context is made once, because making one for each request costs more than the request.
ASKING: dict[str, Any] = {"trust_env": False, "timeout": 60, "verify": ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)}


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Receiver:
    """A webhook receiver that keeps every body."""

    bodies: list[bytes] = field(default_factory=list)
    server: ThreadingHTTPServer = field(init=False)

    def __post_init__(self) -> None:
        outer = self

        class Hook(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.server.server_address[1])

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@dataclass
class Site:
    url: str
    receiver: Receiver

    def post(self, alerts: Sequence[dict[str, object]]) -> None:
        httpx.post(f"{self.url}/api/v2/alerts", json=alerts, **ASKING).raise_for_status()

    def silence(self, silence: dict[str, object]) -> None:
        httpx.post(f"{self.url}/api/v2/silences", json=silence, **ASKING).raise_for_status()

    def deliveries(self) -> list[Delivery]:
        source = AlertmanagerSource(now)
        return [source.parse(body, {}) for body in list(self.receiver.bodies)]

    def client(self) -> AlertmanagerClient:
        return AlertmanagerClient(AlertmanagerConfig(url=self.url))


def free_port() -> int:
    return free_ports(1)[0]


def program() -> str:
    found = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
    if found is None:
        words = "install Debian's package prometheus-alertmanager to run this"
        if os.environ.get("LAMPLIGHTER_REQUIRE_SERVICES") == "1":
            pytest.fail(words)
        pytest.skip(words)
    return found


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    binary = program()
    receiver = Receiver()
    port = free_port()
    (tmp_path / "am.yml").write_text(
        "route: {receiver: us, group_by: [alertname], group_wait: 1s, group_interval: 1s, repeat_interval: 1h}\n"
        "receivers:\n  - name: us\n    webhook_configs:\n"
        f"      - {{url: 'http://127.0.0.1:{receiver.port}/', send_resolved: true, max_alerts: 5}}\n"
    )
    command = [binary, f"--config.file={tmp_path}/am.yml", f"--storage.path={tmp_path}/data"]
    with (tmp_path / "am.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address="], stdout=log, stderr=log
        )
    running = Site(f"http://127.0.0.1:{port}", receiver)
    try:
        until(lambda: ready(running.url))
        yield running
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
        receiver.close()


def ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/-/ready", **ASKING).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while time.monotonic() < deadline:
        if done():
            return
        time.sleep(0.1)
    pytest.fail("it did not come to pass in time")


def down(name: str, started: datetime, ended: datetime | None = None) -> dict[str, object]:
    body: dict[str, object] = {
        "labels": {"alertname": "Down", "name": name, "severity": "critical"},
        "annotations": {"summary": f"{name} is down"},
        "startsAt": started.isoformat(),
        "generatorURL": "http://prometheus.example/graph",
    }
    return body if ended is None else {**body, "endsAt": ended.isoformat()}


async def test_what_truncation_left_out_is_pulled_under_the_same_keys(site: Site) -> None:
    started = now() - timedelta(minutes=5)
    site.post([down(f"svc{i}", started) for i in range(20)])
    # An alert that began before group_wait is sent at once, so the first body may hold only some of them.
    until(lambda: any(one.truncated_count == 15 for one in site.deliveries()))
    sent = next(one for one in site.deliveries() if one.truncated_count == 15)
    assert (len(sent.alerts), sent.truncated_count, sent.bad) == (5, 15, ())
    pulled = await AlertmanagerBacklog(site.client(), now).pull()
    assert (len(pulled.alerts), pulled.truncated_count, pulled.bad) == (20, 0, ())
    keys = {(alert.trouble, alert.starts_at, alert.status) for alert in pulled.alerts}
    assert {(alert.trouble, alert.starts_at, alert.status) for alert in sent.alerts} <= keys
    assert {alert.labels["name"] for alert in pulled.alerts} == {f"svc{i}" for i in range(20)}


async def test_both_ends_of_an_episode_have_one_key(site: Site) -> None:
    started = now() - timedelta(minutes=5)
    site.post([down("db", started)])
    until(lambda: len(site.receiver.bodies) > 0)
    ended = now()
    site.post([down("db", started, ended)])
    until(lambda: any(one.alerts[0].status is AlertStatus.RESOLVED for one in site.deliveries()))
    fired = site.deliveries()[0].alerts[0]
    resolved = next(one.alerts[0] for one in site.deliveries() if one.alerts[0].status is AlertStatus.RESOLVED)
    assert (fired.trouble, fired.starts_at) == (resolved.trouble, resolved.starts_at)
    assert fired.ends_at is None
    assert resolved.ends_at is not None
    assert abs(resolved.ends_at - ended) < timedelta(seconds=1)


async def test_what_is_silenced_is_not_pulled(site: Site) -> None:
    site.post([down("db", now()), down("web", now())])
    silence = {
        "matchers": [{"name": "name", "value": "db", "isRegex": False, "isEqual": True}],
        "startsAt": now().isoformat(),
        "endsAt": (now() + timedelta(hours=1)).isoformat(),
        "createdBy": "test",
        "comment": "test",
    }
    site.silence(silence)
    backlog = AlertmanagerBacklog(site.client(), now)
    names = {"db", "web"}
    for _ in range(300):
        names = {alert.labels["name"] for alert in (await backlog.pull()).alerts}
        if names == {"web"}:
            break
    assert names == {"web"}


async def test_what_else_fires_is_evidence(site: Site) -> None:
    site.post([down("db", now()), down("web", now())])
    tool = AlertmanagerAlerts(site.client(), now)
    alert = AlertmanagerSource(now).parse(webhook_of(down("db", now())), {}).alerts[0]
    question = Question(Component("docker", "container", "db", "c1"), alert, now() - timedelta(hours=1), now())
    (found,) = await tool.gather(question)
    assert (found.tool, found.error, found.truncated) == ("alertmanager.alerts", "", False)
    assert {item["labels"]["name"] for item in json.loads(found.content)} == {"db", "web"}


async def test_an_alertmanager_that_is_not_there_is_said_with_the_raw_error() -> None:
    client = AlertmanagerClient(AlertmanagerConfig(url=f"http://user:hunter2secret@127.0.0.1:{free_port()}"))
    with pytest.raises(ToolError, match="ConnectError") as caught:
        await AlertmanagerBacklog(client, now).pull()
    assert "hunter2secret" not in str(caught.value)
    alert = AlertmanagerSource(now).parse(webhook_of(down("db", now())), {}).alerts[0]
    question = Question(Component("docker", "container", "db", "c1"), alert, now(), now())
    (found,) = await AlertmanagerAlerts(client, now).gather(question)
    assert "ConnectError" in found.error
    assert found.content == ""


def webhook_of(alert: dict[str, object]) -> bytes:
    return json.dumps({"version": "4", "alerts": [{"status": "firing", **alert}]}).encode()
