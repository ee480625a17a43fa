"""The signal reader and the range tool against a real Prometheus that scrapes real targets every second."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from lamplighter.diagnosis.readers import read as read_facts
from lamplighter.domain.alert import Alert, AlertStatus
from lamplighter.domain.check import CheckKind, CheckSpec, Expected, SampleState, Watch, observe
from lamplighter.domain.evidence import EVIDENCE_BYTES_MAX, Question
from lamplighter.domain.topology import Component
from lamplighter.domain.verification import Reading, SignalState
from lamplighter.integrations.prometheus.checks import PrometheusCheckReader, PrometheusChecks
from lamplighter.integrations.prometheus.client import PrometheusClient, PrometheusConfig
from lamplighter.integrations.prometheus.reader import PrometheusReader
from lamplighter.integrations.prometheus.rules import Rulebook
from lamplighter.integrations.prometheus.server_tools import PrometheusInstant, PrometheusRules, PrometheusTargets
from lamplighter.integrations.prometheus.tools import PrometheusRanges
from lamplighter.lab.shop.layout import free_ports

pytestmark = pytest.mark.prometheus
WAIT_SECONDS_MAX = 90.0
# The context is made once, because making one for each request costs more than the request.
ASKING: dict[str, Any] = {"trust_env": False, "timeout": 60, "verify": ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)}

RULES = r"""
groups:
  - name: home
    interval: 1s
    rules:
      - {alert: TargetDown, expr: 'up == 0', labels: {severity: critical}}
      - {alert: Hot, expr: 'temperature_celsius > 50', labels: {severity: warning}}
      - {alert: Busy, expr: 'rate(hits_total{path="a\"b\\c"}[10s]) > 1000000'}
      - {alert: Gone, expr: 'absent(presence{job="demo"})'}
      - {alert: Errors, expr: 'failed_requests / all_requests > 0.5'}
      - {alert: Lagging, expr: 'late_value > 10'}
      - {alert: Watchdog, expr: 'vector(1)'}
      - {alert: Never, expr: 'vector(0) > 1'}
      - {alert: Masked, expr: 'temperature_celsius > 10 unless on(room) window_open == 1'}
      - {alert: Mean, expr: 'avg by (job) (temperature_celsius) > 500'}
      - {alert: Twin, expr: 'temperature_celsius > 60'}
      - {alert: Twin, expr: 'temperature_celsius > 70'}
      - {alert: Tiered, expr: 'temperature_celsius > 60', labels: {severity: warning}}
      - {alert: Tiered, expr: 'temperature_celsius > 500', labels: {severity: critical}}
"""


class WallClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@dataclass
class Target:
    """A process that exposes metrics, as far as Prometheus can tell."""

    text: str = ""
    server: ThreadingHTTPServer = field(init=False)

    def __post_init__(self) -> None:
        outer = self

        class Metrics(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = outer.text.replace("LATE", str(int((time.time() - 120) * 1000))).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Metrics)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server.server_address[1]}"

    def kill(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@dataclass
class Site:
    """A running Prometheus and its two targets."""

    url: str
    demo: Target
    victim: Target
    process: subprocess.Popen[bytes]

    def value(self, query: str) -> str:
        answer = httpx.get(f"{self.url}/api/v1/query", params={"query": query}, **ASKING)
        result = answer.json()["data"]["result"]
        return result[0]["value"][1] if result else ""


def free_port() -> int:
    return free_ports(1)[0]


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        words = f"install Debian's package {name} to run this"
        if os.environ.get("LAMPLIGHTER_REQUIRE_SERVICES") == "1":
            pytest.fail(words)
        pytest.skip(words)
    return found


def stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with started(tmp_path_factory.mktemp("prometheus")) as running:
        yield running


@pytest.fixture
def breakable_site(tmp_path: Path) -> Iterator[Site]:
    with started(tmp_path) as running:
        yield running


@contextmanager
def started(folder: Path) -> Iterator[Site]:
    binary = program("prometheus")
    demo = Target(
        'temperature_celsius{room="cellar"} 90\ntemperature_celsius{room="attic"} 20\nhits_total{path="a\\"b\\\\c"} 5\n'
        'presence 1\nfailed_requests 0\nall_requests 0\nlate_value 3 LATE\nwindow_open{room="attic"} 1\n'
    )
    victim = Target("temperature_celsius 20\n")
    port = free_port()
    (folder / "rules.yml").write_text(RULES)
    (folder / "prometheus.yml").write_text(
        "global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}\n"
        "rule_files: [rules.yml]\nscrape_configs:\n"
        f"  - {{job_name: demo, static_configs: [{{targets: ['{demo.address}']}}]}}\n"
        f"  - {{job_name: victim, static_configs: [{{targets: ['{victim.address}']}}]}}\n"
    )
    command = [binary, f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"]
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen([*command, f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log)
    running = Site(f"http://127.0.0.1:{port}", demo, victim, process)
    try:
        until(lambda: reached(running))
        yield running
    finally:
        stop(process)
        demo.kill()
        victim.kill()


def reached(site: Site) -> bool:
    try:
        if httpx.get(f"{site.url}/-/ready", **ASKING).status_code != httpx.codes.OK:
            return False
        return site.value("sum(up)") == "2" and bool(site.value("rate(hits_total[10s])"))
    except httpx.HTTPError:
        return False


def until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while time.monotonic() < deadline:
        if done():
            return
        time.sleep(0.1)
    pytest.fail("it did not come to pass in time")


def reader_of(url: str, *, timeout_seconds: float = 5.0, freshness_seconds: float = 60.0) -> PrometheusReader:
    config = PrometheusConfig(url=url, timeout_seconds=timeout_seconds, freshness_seconds=freshness_seconds)
    client = PrometheusClient(config, WallClock())
    return PrometheusReader(client, Rulebook(client, WallClock()), WallClock(), config.freshness_seconds)


def alert(name: str, **labels: str) -> Alert:
    started = datetime.now(UTC)
    return Alert("alertmanager", "f1", AlertStatus.FIRING, {"alertname": name, **labels}, {}, started)


async def read(reader: PrometheusReader, wanted: Alert) -> Reading:
    reading = await reader.read(wanted)
    assert reading is not None
    return reading


async def test_a_signal_fires_then_clears_then_cannot_be_seen(breakable_site: Site) -> None:
    site = breakable_site
    reader = reader_of(site.url)
    here = {"job": "demo", "instance": site.demo.address, "severity": "warning"}
    cellar = alert("Hot", room="cellar", **here)
    before = datetime.now(UTC)
    firing = await read(reader, cellar)
    assert (firing.state, firing.query) == (SignalState.FIRING, "temperature_celsius > 50")
    assert firing.detail.endswith('room="cellar"} = 90')
    assert abs(firing.at - before) < timedelta(minutes=1)
    assert (await read(reader, alert("Hot", room="attic", **here))).state is SignalState.CLEAR
    assert (await read(reader, alert("Hot", room="moon", **here))).state is SignalState.NO_DATA

    site.demo.text = site.demo.text.replace("} 90", "} 30")
    until(lambda: site.value('temperature_celsius{room="cellar"}') == "30")
    clear = await read(reader, cellar)
    assert clear.state is SignalState.CLEAR
    assert 'room="cellar"} = 30' in clear.detail
    assert "s old" in clear.detail

    site.demo.kill()
    until(lambda: site.value('up{job="demo"}') == "0")
    gone = await read(reader, cellar)
    assert gone.state is SignalState.NO_DATA
    assert "no data" in gone.detail
    down = await read(reader, alert("TargetDown", job="demo", instance=site.demo.address, severity="critical"))
    assert down.state is SignalState.FIRING
    up = await read(reader, alert("TargetDown", job="victim", instance=site.victim.address, severity="critical"))
    assert up.state is SignalState.CLEAR

    stop(site.process)
    blind = await read(reader, cellar)
    assert blind.state is SignalState.NO_DATA
    assert "ConnectError" in blind.detail


@pytest.mark.parametrize(
    ("name", "labels", "state", "words"),
    [
        ("Busy", {"job": "demo", "path": 'a"b\\c'}, SignalState.CLEAR, "= 5"),
        ("Gone", {"job": "demo"}, SignalState.CLEAR, "presence"),
        ("Errors", {"job": "demo"}, SignalState.NO_DATA, "only NaN"),
        ("Lagging", {"job": "demo"}, SignalState.NO_DATA, "s old (60 s)"),
        ("Watchdog", {}, SignalState.FIRING, "= 1"),
        ("Never", {}, SignalState.NO_DATA, "no series"),
        ("Masked", {"job": "demo", "room": "attic"}, SignalState.CLEAR, "= 20"),
        ("Masked", {"job": "demo", "room": "cellar"}, SignalState.FIRING, "= 90"),
        ("Mean", {"job": "demo"}, SignalState.CLEAR, "temperature_celsius"),
        ("Mean", {"job": "nobody"}, SignalState.NO_DATA, "no data"),
        ("Twin", {"job": "demo"}, SignalState.NO_DATA, "2 rules fit"),
        ("Tiered", {"severity": "warning", "room": "cellar"}, SignalState.FIRING, "= 90"),
        ("Tiered", {"severity": "critical", "room": "cellar"}, SignalState.CLEAR, "= 90"),
        ("Hot", {"severity": "warning", "room": '"} or vector(1) > 0 #'}, SignalState.NO_DATA, "no data"),
    ],
)
async def test_silence_is_health_only_on_fresh_data(
    site: Site, name: str, labels: dict[str, str], state: SignalState, words: str
) -> None:
    reading = await read(reader_of(site.url), alert(name, **labels))
    assert (reading.state, words in reading.detail) == (state, True), reading.detail


async def test_what_no_rule_raised_is_not_this_readers(site: Site) -> None:
    reader = reader_of(site.url)
    assert await reader.read(alert("NobodyWroteThis")) is None


async def test_a_wrong_address_is_not_health() -> None:
    reading = await read(reader_of(f"http://127.0.0.1:{free_port()}"), alert("Hot"))
    assert reading.state is SignalState.NO_DATA
    assert "GET /api/v1/rules" in reading.detail


async def test_an_address_of_something_else_is_not_health(site: Site) -> None:
    reading = await read(reader_of(f"http://{site.demo.address}"), alert("Hot"))
    assert reading.state is SignalState.NO_DATA
    assert "not the API's JSON" in reading.detail


async def test_a_server_that_never_answers_is_not_health() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"http://127.0.0.1:{mute.getsockname()[1]}"
        reading = await read(reader_of(url, timeout_seconds=0.3), alert("Hot"))
    assert reading.state is SignalState.NO_DATA
    assert "no whole answer in 0.3 s" in reading.detail


async def test_ranges_are_gathered_as_the_apis_json(site: Site) -> None:
    client = PrometheusClient(PrometheusConfig(url=site.url), WallClock())
    tool = PrometheusRanges(client, Rulebook(client, WallClock()), WallClock().now)
    now = datetime.now(UTC)
    demo = Component("docker", "container", "demo", "c1")
    hot = alert("Hot", room="cellar", job="demo", instance=site.demo.address, severity="warning")
    found = await tool.gather(Question(demo, hot, now - timedelta(minutes=10), now))
    assert [item.error for item in found] == ["", ""]
    assert found[0].params["query"] == "temperature_celsius{}"
    first, own = (json.loads(item.content)["data"]["result"] for item in found)
    assert first[0]["metric"]["room"] == "cellar"
    assert first[0]["metric"]["component"] == "demo"
    assert first[0]["values"][-1][1] == "90"
    assert {series["metric"]["__name__"] for series in own} == {"up"}
    assert all(len(item.content.encode()) <= EVIDENCE_BYTES_MAX for item in found)


async def test_a_failed_look_is_evidence_with_the_query_and_the_raw_error() -> None:
    port = free_port()
    client = PrometheusClient(PrometheusConfig(url=f"http://127.0.0.1:{port}"), WallClock())
    tool = PrometheusRanges(client, Rulebook(client, WallClock()), WallClock().now)
    now = datetime.now(UTC)
    question = Question(Component("docker", "container", "demo", "c1"), alert("Hot"), now - timedelta(hours=1), now)
    found = await tool.gather(question)
    assert len(found) == 2
    assert all("ConnectError" in item.error and not item.content for item in found)
    assert "__name__" in found[1].error


def looks_at(url: str, wanted: Alert, name: str) -> tuple[Question, tuple[Any, ...]]:
    client = PrometheusClient(PrometheusConfig(url=url), WallClock())
    rulebook, now = Rulebook(client, WallClock()), datetime.now(UTC)
    question = Question(Component("docker", "container", name, "c1"), wanted, now - timedelta(minutes=10), now)
    kinds = (PrometheusInstant, PrometheusRules, PrometheusTargets)
    return question, tuple(kind(client, rulebook, WallClock().now) for kind in kinds)


async def test_the_rule_its_expression_now_and_the_targets_are_told(site: Site) -> None:
    hot = alert("Hot", room="cellar", job="demo", instance=site.demo.address, severity="warning")
    question, (instant, rules, targets) = looks_at(site.url, hot, "demo")
    (now,) = await instant.gather(question)
    (series,) = json.loads(now.content)["data"]["result"]
    assert (series["metric"]["component"], series["value"][1]) == ("demo", "90")
    assert now.params["query"] == "temperature_celsius > 50"
    (rule,) = await rules.gather(question)
    assert [fact.values["state"] for fact in read_facts(rule)] == ["firing"]
    (target,) = await targets.gather(question)
    (up,) = read_facts(target)
    assert (up.kind, up.values["health"], up.number("stale")) == ("target", "up", 0.0)


async def test_of_another_components_alert_only_the_targets_are_told(site: Site) -> None:
    question, (instant, rules, targets) = looks_at(site.url, alert("Hot", job="demo"), "victim")
    assert (await instant.gather(question), await rules.gather(question)) == ((), ())
    (target,) = await targets.gather(question)
    assert [one["labels"]["job"] for one in json.loads(target.content)["data"]["activeTargets"]] == ["victim"]
    question, (_, _, targets) = looks_at(site.url, alert("Hot", job="demo"), "nobody")
    (none,) = await targets.gather(question)
    assert (json.loads(none.content)["data"]["activeTargets"], none.error) == ([], "")


async def test_a_target_that_refuses_is_down_with_the_raw_error(breakable_site: Site) -> None:
    breakable_site.victim.kill()
    # The first failed scrape may still find the old connection, which ends in another way.
    until(lambda: "refused" in httpx.get(f"{breakable_site.url}/api/v1/targets", **ASKING).text)
    question, (_, _, targets) = looks_at(breakable_site.url, alert("TargetDown", job="victim"), "victim")
    (found,) = await targets.gather(question)
    (down,) = read_facts(found)
    assert (down.kind, down.values["error"], down.number("answers")) == ("up", "refused", 0.0)
    assert "connection refused" in down.text


async def test_a_server_that_is_away_fails_each_look_by_name() -> None:
    question, looks = looks_at(f"http://127.0.0.1:{free_port()}", alert("Hot"), "demo")
    for look in looks:
        (found,) = await look.gather(question)
        assert "ConnectError" in found.error
        assert found.params["query"].startswith("GET /api/v1/")


def checks_of(url: str, *, freshness_seconds: float = 60.0) -> PrometheusChecks:
    config = PrometheusConfig(url=url, timeout_seconds=5.0)
    return PrometheusChecks(PrometheusClient(config, WallClock()), WallClock(), freshness_seconds)


def promql(query: str, *, below: float | None = None, above: float | None = None) -> CheckSpec:
    return CheckSpec("rooms", CheckKind.PROMQL, query, expects=Expected(below=below, above=above))


async def test_each_series_beyond_a_threshold_is_its_own_alert(site: Site) -> None:
    spec = promql('temperature_celsius{job="demo"}', above=50)
    sample = await checks_of(site.url).sample(spec)
    _, alerts = observe(spec, Watch(), sample)
    assert sample.state is SampleState.FAILING
    assert [alert.labels["room"] for alert in alerts] == ["cellar"]
    assert {part.labels["room"]: part.state for part in sample.parts} == {
        "cellar": SampleState.FAILING,
        "attic": SampleState.OK,
    }


@pytest.mark.parametrize(
    ("query", "below", "state"),
    [
        ("sum(temperature_celsius)", 500, SampleState.FAILING),
        ("sum(temperature_celsius)", 5, SampleState.OK),
        ("scalar(sum(up))", 2, SampleState.OK),
        ("vector(1)", 2, SampleState.FAILING),
        ("no_such_metric", 5, SampleState.CANNOT_SEE),
        ("failed_requests / all_requests", 5, SampleState.CANNOT_SEE),
        ("late_value", 1, SampleState.CANNOT_SEE),
        ("late_value", 5, SampleState.FAILING),
        ("avg_over_time(no_such_metric[5m])", 5, SampleState.CANNOT_SEE),
    ],
)
async def test_absent_old_and_odd_data_is_never_health(
    site: Site, query: str, below: float, state: SampleState
) -> None:
    assert (await checks_of(site.url).sample(promql(query, below=below))).state is state


async def test_a_target_that_dies_is_down_and_its_alert_is_verified(breakable_site: Site) -> None:
    spec = CheckSpec("targets", CheckKind.UP, "all")
    runner = checks_of(breakable_site.url)
    assert (await runner.sample(spec)).state is SampleState.OK
    breakable_site.victim.kill()
    until(lambda: breakable_site.value("sum(up)") == "1")
    sample = await runner.sample(spec)
    _, (alert,) = observe(spec, Watch(), sample)
    assert (alert.labels["job"], alert.labels["instance"]) == ("victim", breakable_site.victim.address)
    reading = await PrometheusCheckReader((spec,), runner).read(alert)
    assert reading is not None
    assert (reading.state, reading.query) == (SignalState.FIRING, "up")
    assert (await runner.sample(CheckSpec("t", CheckKind.UP, "demo"))).state is SampleState.OK
    assert (await runner.sample(CheckSpec("t", CheckKind.UP, "nobody"))).state is SampleState.CANNOT_SEE


async def test_a_server_that_is_away_is_no_sight() -> None:
    spec = CheckSpec("targets", CheckKind.UP, "all")
    assert (await checks_of(f"http://127.0.0.1:{free_port()}").sample(spec)).state is SampleState.CANNOT_SEE
