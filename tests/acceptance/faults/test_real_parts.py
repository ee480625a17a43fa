"""The real server on real supervisord, Prometheus and Docker, whose parts are ended at the worst moment."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from lamplighter.lab.docker_rig import SYMPTOM
from lamplighter.lab.engine import Engine
from lamplighter.lab.local_rig import LocalRig
from lamplighter.lab.monitoring import Monitoring
from lamplighter.lab.premises import Premises, Program, await_true
from lamplighter.lab.programs import installed
from lamplighter.lab.scenario import LabUnavailable, Scenario, SeenEffect
from lamplighter.lab.shop.layout import free_ports
from tests.acceptance.faults.conftest import ENDS, Served, await_that, stopped_at_exit

RESTART_ORDERS = SeenEffect("restart", "orders")
STOP_SECONDS_MAX = 40.0
DOCKER_SCRIPT = """
import pathlib, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
with pathlib.Path(sys.argv[1], "starts").open("a") as starts:
    starts.write("started\\n")
time.sleep(600)
"""


def _needs(*programs: str) -> None:
    try:
        installed(*programs)
    except LabUnavailable as problem:
        if os.environ.get("LAMPLIGHTER_REQUIRE_SERVICES") == "1":
            pytest.fail(str(problem))
        pytest.skip(str(problem)[:300])


@pytest.fixture
def premises() -> Iterator[Premises]:
    with Premises() as entered:
        yield entered


@contextmanager
def local_stage(premises: Premises, *, alertmanager: bool = False) -> Iterator[tuple[LocalRig, Served]]:
    """The shop under supervisord, and a server that looks at it; its Alertmanager posts but does not answer."""
    (port,) = free_ports(1)
    rig = LocalRig(premises)
    rig.start(port)
    configuration = rig.configuration(port)
    if alertmanager:
        configuration["sources"] |= {"alertmanager": {"url": f"http://127.0.0.1:{free_ports(1)[0]}"}}
    configuration["verify"] = {"for": "1s", "deadline": "6s", "every": "0.2s"}
    with stopped_at_exit(Served(premises, configuration)) as served:
        yield rig, served


def posted(served: Served, **labels: str) -> None:
    """An alert as Alertmanager posts it, from whoever has the token."""
    alert = {"status": "firing", "labels": labels, "annotations": {}, "startsAt": "2026-01-05T12:00:00Z"}
    body = {"version": "4", "groupKey": "g", "status": "firing", "alerts": [alert]}
    assert served.door.call("POST", "/api/v1/alerts/alertmanager", body).status_code == 202


def first_ended(served: Served) -> dict[str, Any]:
    found = await_that("the end of the first incident", lambda: [
        one for one in served.door.incidents() if one["id"] == "INC-1" and one["state"] in ENDS
    ])  # fmt: skip
    return dict(found[0])


def attempts(served: Served) -> list[str]:
    return [one["state"] for one in served.door.get("/api/v1/incidents/INC-1")["attempts"]]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_ended_during_an_action_it_is_done_or_unknown_and_never_done_twice(premises: Premises, number: int) -> None:
    with local_stage(premises) as (rig, served):
        rig.inject(Scenario.HANG)
        await_that("the action", lambda: "acting" in served.door.moments("INC-1"))
        status = served.end(number, STOP_SECONDS_MAX)
        assert status == (0 if number == signal.SIGTERM else -signal.SIGKILL)
        served.start()
        incident = first_ended(served)
        assert set(attempts(served)) <= {"done", "failed", "unknown"}
        restarts = [effect for effect in rig.effects() if effect.component == "orders"]
        assert len(restarts) <= 1
        if incident["state"] == "resolved":
            assert restarts == [RESTART_ORDERS]
        assert not [effect for effect in rig.effects() if effect.component != "orders"]


def test_a_forged_alert_about_a_healthy_part_of_the_real_shop_changes_nothing(premises: Premises) -> None:
    with local_stage(premises, alertmanager=True) as (rig, served):
        before = rig.effects()
        for name in ("store", "orders", "front"):
            posted(served, alertname=f"{name} is on fire", container=name, severity="critical")
        # They need each other, so what is said of them is one incident.
        await_that("all three placed", lambda: sum(one["alert_count"] for one in served.door.incidents()) >= 3)
        states = {one["state"] for one in served.door.ended()}
        assert states <= {"needs_human", "merged"}
        assert "needs_human" in states
        assert rig.effects() == before
        assert served.door.get("/api/v1/approvals?pending=false")["approvals"] == []


def test_an_alertmanager_that_is_away_does_not_hide_a_hang(premises: Premises) -> None:
    with local_stage(premises, alertmanager=True) as (rig, served):
        rig.inject(Scenario.HANG)
        first_ended(served)
        plan = served.door.get("/api/v1/incidents/INC-1")["plan"]
        assert (plan["component"], plan["fault"]) == ("orders", "process_hung")


@pytest.fixture
def watched(premises: Premises) -> Iterator[tuple[LocalRig, Served, Program]]:
    """The shop on supervisord; the alert comes from a real Prometheus, which the test may end."""
    _needs("prometheus", "prometheus-alertmanager")
    (port,) = free_ports(1)
    rig, monitoring = LocalRig(premises), Monitoring(premises, *free_ports(2))
    rig.start(port)
    configuration = rig.configuration(port)
    configuration["checks"][0]["alert"] = False
    configuration["sources"] |= {
        "prometheus": {"url": monitoring.prometheus_url},
        "alertmanager": {"url": monitoring.alertmanager_url},
    }
    configuration["verify"] = {"for": "2s", "deadline": "10s", "every": "0.5s"}
    served = Served(premises, configuration)
    with stopped_at_exit(served):
        jobs = {role: f"127.0.0.1:{rig.shop.ports[role]}" for role in rig.shop.ports}
        webhook = f"{served.door.url}/api/v1/alerts/alertmanager"
        monitoring.start(jobs, [SYMPTOM], webhook, served.data / "token")
        prometheus = next(one for one in premises._programs if one.name == "prometheus")
        await_true("the first order in Prometheus", lambda: monitoring.sees("shop_order_ok == 1"), 30)
        yield rig, served, prometheus


@pytest.mark.prometheus
def test_prometheus_lost_at_triage_means_no_action(watched: tuple[LocalRig, Served, Program]) -> None:
    rig, served, prometheus = watched
    prometheus.process.send_signal(signal.SIGSTOP)
    rig.inject(Scenario.HANG)
    await_that("failing samples", lambda: not rig.quiet())
    posted(served, alertname=SYMPTOM.name, job="front", component="front", **SYMPTOM.labels)
    incident = first_ended(served)
    prometheus.process.send_signal(signal.SIGCONT)
    assert incident["state"] == "needs_human"
    assert rig.effects() == ()


@pytest.mark.prometheus
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_prometheus_lost_at_verification_is_unknown_and_not_undone(
    watched: tuple[LocalRig, Served, Program], number: int
) -> None:
    rig, served, prometheus = watched
    rig.inject(Scenario.HANG)
    await_that("the action", lambda: "acting" in served.door.moments("INC-1"))
    prometheus.process.send_signal(number)
    incident = first_ended(served)
    events = served.door.get("/api/v1/incidents/INC-1/timeline")["events"]
    prometheus.process.send_signal(signal.SIGCONT)
    assert incident["state"] == "needs_human"
    (verified,) = [event for event in events if event["moment"] == "verified"]
    assert verified["data"]["outcome"] == "unknown"
    assert "undone" not in {event["moment"] for event in events}
    assert rig.effects() == (RESTART_ORDERS,)


# The docker library leaves its sockets to an engine that died open.
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.docker
def test_dockerd_killed_in_a_restart_is_reconciled_by_a_look_and_not_restarted_again(premises: Premises) -> None:
    _needs("dockerd")
    engine = Engine(premises)
    try:
        dockerd = engine.start()
    except LabUnavailable as problem:
        pytest.skip(str(problem)[:300])
    folder = premises.folder / "web"
    folder.mkdir()
    script = premises.folder / "web.py"
    script.write_text(DOCKER_SCRIPT, encoding="utf-8")
    engine.run_python("web", script, [str(folder)], folder, {"lamplighter.allow": "restart"}, 64 << 20)
    await_that("its first start", lambda: _starts(folder) == 1)
    hole = _hung_port(premises)
    (port,) = free_ports(1)
    check = {
        "name": "web answers",
        "http": f"http://127.0.0.1:{hole}/",
        "component": "web",
        "every": "1s",
        "timeout": "1s",
    }
    configuration = {
        "server": {"port": port},
        "autonomy": {"mode": "auto"},
        "sources": {"docker": {"host": engine.host}},
        "checks": [check],
        "verify": {"for": "1s", "deadline": "5s", "every": "0.5s"},
    }
    with stopped_at_exit(Served(premises, configuration)) as served:
        await_that("the action", lambda: "acting" in served.door.moments("INC-1"))
        time.sleep(1.0)
        dockerd.process.kill()
        dockerd.process.wait()
        engine.close()
        # Nobody here reaps its containerd, whose number then looks alive to the next one.
        (premises.folder / "docker/exec/containerd/containerd.pid").unlink(missing_ok=True)
        second = Engine(premises)
        second.start()
        incident = first_ended(served)
        assert incident["state"] == "needs_human"
        assert attempts(served) in (["unknown"], ["failed"], ["done"])
        assert _starts(folder) <= 2
        second.close()


def _starts(folder: Path) -> int:
    file = folder / "starts"
    return len(file.read_text(encoding="utf-8").splitlines()) if file.exists() else 0


def _hung_port(premises: Premises) -> int:
    """A port that takes connections and never answers, as a hung program has."""
    (port,) = free_ports(1)
    code = f"import socket,time; s=socket.create_server(('127.0.0.1',{port}), backlog=500); time.sleep(600)"
    premises.start("hole", ["python3", "-c", code])
    return port
