"""A24, F24, I15: a yes counts for one plan, once, in time, by POST; what healed by itself is not acted on."""

from __future__ import annotations

import json
import shlex
import socket
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from lamplighter.lab.premises import Premises
from lamplighter.lab.shop.layout import free_ports
from lamplighter.lab.supervised import Supervised

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.acceptance.exam.conftest import CommandLine, Payloads, Server, Servers

BROKEN = ("apple", "beech", "cedar", "damson")
HEALTHY = ("oak1", "oak2", "oak3", "oak4", "oak5", "oak6")
# However slow the machine is, nothing expires but where a test lets it.
EXPIRES, EXPIRES_SOON = "30m", "2s"
CLOSED = {"resolved", "self_cleared", "needs_human", "rejected", "rolled_back"}


class Rig:
    """A supervisord with broken programs, a check on a closed port for each, and a server that asks first."""

    def __init__(self, premises: Premises, servers: Servers) -> None:
        self.daemon = Supervised(premises)
        broken = {name: shlex.join([sys.executable, "-S", "-E", "-c", "raise SystemExit(3)"]) for name in BROKEN}
        self.daemon.start({**broken, **dict.fromkeys(HEALTHY, "sleep 600")}, {})
        self.ports = dict(zip(BROKEN, free_ports(len(BROKEN)), strict=True))
        checks = [
            {"name": f"{name} answers", "tcp": f"127.0.0.1:{port}", "component": name, "every": "0.5s", "timeout": "1s"}
            for name, port in self.ports.items()
        ]
        self.server: Server = servers.new(
            {
                "autonomy": {"mode": "ask", "approval_expires": EXPIRES},
                "sources": {"supervisor": {"url": self.daemon.url}},
                "checks": checks,
            }
        )
        self.server.start()

    def expires(self, after: str) -> None:
        """From here on a question stays open for so long."""
        whole = json.loads(self.server.file.read_text(encoding="utf-8"))
        whole["autonomy"]["approval_expires"] = after
        self.server.file.write_text(json.dumps(whole), encoding="utf-8")
        answer = self.server.client.post("/-/reload").raise_for_status().json()
        assert answer["applied"] == ["autonomy.approval_expires"]

    def starts(self, name: str) -> int:
        """How often supervisord began the program, read from its own log."""
        return self.daemon.log.read_text(encoding="utf-8").count(f"spawned: '{name}'")

    def incident(self, name: str) -> str:
        return str(self.server.incident_titled(name)["id"])


@pytest.fixture(scope="module")
def rig(environment: dict[str, str], module_servers: Servers) -> Iterator[Rig]:
    with Premises() as premises:
        yield Rig(premises, module_servers)
        for server in module_servers.made:
            server.close()


@pytest.fixture(scope="module")
def asked(rig: Rig) -> dict[str, dict[str, Any]]:
    """The incidents that wait for a person, by the name of what is broken."""
    return {name: rig.server.in_state(rig.incident(name), "awaiting_approval") for name in BROKEN}


def question(found: dict[str, Any]) -> dict[str, Any]:
    return dict(found["approvals"][0])


def test_get_never_acts(rig: Rig, asked: dict[str, dict[str, Any]]) -> None:
    held = question(asked["apple"])
    before = {name: rig.starts(name) for name in BROKEN}
    for path in (
        f"/api/v1/approvals/{held['id']}/approve",
        f"/api/v1/approvals/{held['id']}/deny",
        f"/api/v1/incidents/{held['incident_id']}/resolve",
        "/api/v1/pause",
        "/api/v1/resume",
    ):
        for method in ("GET", "HEAD", "PUT", "DELETE", "OPTIONS"):
            assert rig.server.client.request(method, path).status_code == 405
    assert rig.server.client.get(f"/api/v1/approvals/{held['id']}").json()["state"] == "pending"
    assert rig.server.client.get("/api/v1/status").json()["paused"] == ""
    assert {name: rig.starts(name) for name in BROKEN} == before


def test_what_healed_while_it_waited_is_not_acted_on(rig: Rig, asked: dict[str, dict[str, Any]]) -> None:
    held = question(asked["beech"])
    before = rig.starts("beech")
    with closing(socket.socket()) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", rig.ports["beech"]))
        listening.listen(64)
        ended = rig.server.in_state(held["incident_id"], *CLOSED)
        assert ended["incident"]["state"] == "self_cleared"
        assert ended["approvals"][0]["state"] == "cancelled"
        answer = rig.server.client.post(f"/api/v1/approvals/{held['id']}/approve", json={})
        assert answer.status_code == 409
        assert ended["attempts"] == []
    assert rig.starts("beech") == before


def test_a_yes_for_another_plan_is_409_and_the_question_stays_open(
    rig: Rig, asked: dict[str, dict[str, Any]], command_line: CommandLine
) -> None:
    held, other = question(asked["apple"]), question(asked["cedar"])
    before = rig.starts("apple")
    path = f"/api/v1/approvals/{held['id']}/approve"
    for wrong in (other["plan_hash"], "0" * 24):
        answer = rig.server.client.post(path, json={"plan_hash": wrong})
        assert answer.status_code == 409
        assert answer.json()["code"] == "cannot-answer"
    for malformed in ("", held["plan_hash"][:8], held["plan_hash"].upper() + "g", 5):
        assert rig.server.client.post(path, json={"plan_hash": malformed}).status_code == 422
    assert (
        command_line.run("approvals", "approve", held["id"], "--plan", "0" * 24, "--data", str(rig.server.data)).code
        == 5
    )
    assert rig.server.client.get(f"/api/v1/approvals/{held['id']}").json()["state"] == "pending"
    assert rig.starts("apple") == before


def test_a_yes_runs_the_plan_once_and_a_second_one_is_409(
    rig: Rig, asked: dict[str, dict[str, Any]], make: Payloads
) -> None:
    held = question(asked["apple"])
    before = rig.starts("apple")
    path = f"/api/v1/approvals/{held['id']}"
    assert rig.server.client.post(f"{path}/approve", json={"plan_hash": held["plan_hash"]}).status_code == 200
    for word in ("approve", "deny", "approve"):
        assert rig.server.client.post(f"{path}/{word}", json={}).status_code == 409
    make.wait_until("the effect", lambda: rig.starts("apple") > before, 60)
    ended = rig.server.in_state(held["incident_id"], *CLOSED)
    assert len(ended["attempts"]) == 1
    assert rig.starts("apple") == before + 1
    assert rig.server.client.get(path).json()["state"] == "consumed"
    assert rig.server.client.post(f"{path}/approve", json={}).status_code == 409


def test_a_no_changes_nothing_and_cannot_be_taken_back(rig: Rig, asked: dict[str, dict[str, Any]]) -> None:
    held = question(asked["damson"])
    before = rig.starts("damson")
    path = f"/api/v1/approvals/{held['id']}"
    assert rig.server.client.post(f"{path}/deny", json={"reason": "not tonight"}).status_code == 200
    assert rig.server.client.post(f"{path}/approve", json={}).status_code == 409
    assert rig.server.in_state(held["incident_id"], "rejected")["attempts"] == []
    assert rig.starts("damson") == before


def test_a_yes_that_comes_too_late_is_409(rig: Rig, asked: dict[str, dict[str, Any]]) -> None:
    held = question(asked["cedar"])
    before = rig.starts("cedar")
    rig.expires(EXPIRES_SOON)
    place = f"/api/v1/incidents/{held['incident_id']}"
    assert rig.server.client.post(f"{place}/resolve", json={"resolution": "to be asked again"}).is_success
    assert rig.server.client.post(f"{place}/reopen", json={"reason": "A24"}).is_success
    ended = rig.server.in_state(held["incident_id"], "needs_human")
    (late,) = [one for one in ended["approvals"] if one["state"] == "expired"]
    assert late["id"] != held["id"]
    for one in (late, held):
        answer = rig.server.client.post(f"/api/v1/approvals/{one['id']}/approve", json={"plan_hash": one["plan_hash"]})
        assert answer.status_code == 409
    assert rig.starts("cedar") == before
    assert "Traceback" not in rig.server.log
