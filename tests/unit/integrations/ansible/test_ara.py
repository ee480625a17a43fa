from __future__ import annotations

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lamplighter.integrations.ansible.ara import Ara
from lamplighter.integrations.ansible.config import AnsibleConfig
from lamplighter.integrations.ansible.run import Task
from lamplighter.ports import ToolError
from lamplighter.testing import JsonServer

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(hours=24)


def listed(*results: object) -> dict[str, object]:
    return {"count": len(results), "next": None, "results": list(results)}


def playbook(number: int, hours: float = 1) -> dict[str, object]:
    at = AT - timedelta(hours=hours)
    times = {"started": at.isoformat(), "ended": (at + timedelta(minutes=2)).isoformat()}
    return {"id": number, "name": None, "path": "/srv/site.yml", "status": "completed", **times}


def results(params: dict[str, str]) -> object:
    if params.get("status") == "failed":
        return listed({"id": 2, "task": 6, "host": 3, "status": "failed", "changed": True})
    return listed(
        {"id": 1, "task": 5, "host": 3, "status": "ok", "changed": True},
        {"id": 2, "task": 6, "host": 3, "status": "failed", "changed": True},
        {"id": 9, "task": {"id": 5, "name": "Write"}, "host": {"name": "pi"}, "status": "ok", "changed": True},
    )


GOOD = {
    "/api/v1/playbooks": listed(playbook(7)),
    "/api/v1/hosts": listed({"id": 3, "name": "nas", "ok": 4, "changed": 1, "failed": 1, "unreachable": 0}),
    "/api/v1/tasks": listed(
        {"id": 5, "name": "Write", "action": "template"}, {"id": 6, "name": "Pull", "action": "docker_image"}
    ),
    "/api/v1/results": results,
}


def ara(server: JsonServer, **more: object) -> Ara:
    return Ara(AnsibleConfig.model_validate({"ara_url": server.url, **more}))


async def test_a_run_is_put_together_from_its_lists(json_server: JsonServer) -> None:
    json_server.answers = GOOD
    found = await ara(json_server, ara_username="me", ara_password="p").runs(AT - DAY, AT)
    (run,) = found.runs
    assert (run.playbook, run.started, run.source) == ("/srv/site.yml", AT - timedelta(hours=1), "ara playbook 7")
    assert run.hosts == {"nas": {"ok": 4, "changed": 1, "failed": 1, "unreachable": 0}}
    assert run.changed == [Task("Write", "template", "nas"), Task("Write", "", "pi")]
    assert run.failed == [Task("Pull", "docker_image", "nas")]
    assert not found.truncated
    assert json_server.asked[0][1] == {"started_after": "2026-02-28T12:00:00+00:00", "order": "-started", "limit": "11"}
    assert json_server.headers[0]["authorization"].startswith("Basic ")


async def test_the_recorded_lists_of_ara_1_8_are_read(json_server: JsonServer) -> None:
    def recorded(name: str) -> object:
        folder = Path(__file__).parents[3] / "golden" / "ansible"
        return json.loads((folder / f"ara_{name}.json").read_text(encoding="utf-8"))

    lists = {f"/api/v1/{name}": recorded(name) for name in ("playbooks", "hosts", "tasks")}
    json_server.answers = {
        **lists,
        "/api/v1/results": lambda params: recorded("failed" if params.get("status") else "changed"),
    }
    end = datetime(2026, 11, 26, 22, tzinfo=UTC)
    (run,) = (await ara(json_server).runs(end - DAY, end)).runs
    assert [(task.name, task.action, task.host) for task in run.changed] == [
        ("Restart store", "ansible.builtin.command", "nas"),
        ("store : Write the settings", "ansible.builtin.copy", "nas"),
    ]
    assert [task.name for task in run.failed] == ["Pull the image of store"]
    assert run.hosts == {"nas": {"ok": 3, "changed": 2, "failed": 1, "unreachable": 0}}


async def test_a_rehearsal_is_no_run_and_an_error_that_is_ignored_no_failure(json_server: JsonServer) -> None:
    def broken(params: dict[str, str]) -> object:
        ignored = {"id": 2, "task": 6, "host": 3, "status": "failed", "changed": False, "ignore_errors": True}
        return listed(ignored) if params.get("status") else listed()

    rehearsed = {**playbook(8), "arguments": {"check": True}}
    json_server.answers = {**GOOD, "/api/v1/playbooks": listed(rehearsed, playbook(7)), "/api/v1/results": broken}
    (run,) = (await ara(json_server).runs(AT - DAY, AT)).runs
    assert (run.source, run.changed, run.failed) == ("ara playbook 7", [], [])


async def test_a_run_without_change_costs_one_request(json_server: JsonServer) -> None:
    quiet = listed({"id": 3, "name": "nas", "ok": 4, "changed": 0, "failed": 0, "unreachable": 0})
    json_server.answers = {**GOOD, "/api/v1/hosts": quiet}
    (run,) = (await ara(json_server).runs(AT - DAY, AT)).runs
    assert (run.changed, run.failed, len(json_server.asked)) == ([], [], 2)


async def test_a_host_that_was_not_reached_is_a_failure(json_server: JsonServer) -> None:
    gone = listed({"id": 3, "name": "nas", "ok": 0, "changed": 0, "failed": 0, "unreachable": 1})
    json_server.answers = {**GOOD, "/api/v1/hosts": gone, "/api/v1/results": listed()}
    (run,) = (await ara(json_server).runs(AT - DAY, AT)).runs
    assert run.failed == [Task("", "", "nas", "unreachable")]


async def test_many_runs_are_bounded(json_server: JsonServer) -> None:
    json_server.answers = {**GOOD, "/api/v1/playbooks": listed(*(playbook(number) for number in range(11)))}
    found = await ara(json_server).runs(AT - DAY, AT)
    assert (len(found.runs), found.truncated) == (10, True)


async def test_what_could_be_read_in_time_is_kept(json_server: JsonServer) -> None:
    def slow(params: dict[str, str]) -> object:
        time.sleep(0.0 if params["playbook"] == "0" else 0.6)
        return listed()

    slowly = {**GOOD, "/api/v1/playbooks": listed(playbook(0), playbook(1), playbook(2)), "/api/v1/hosts": slow}
    json_server.answers = slowly
    async with asyncio.timeout(60):
        found = await ara(json_server, timeout_seconds=0.4).runs(AT - DAY, AT)
    assert len(found.runs) < 3
    assert found.truncated


@pytest.mark.parametrize("answer", [[], {}, {"results": 5}, None], ids=str)
async def test_an_answer_of_another_shape_is_a_failed_look(json_server: JsonServer, answer: object) -> None:
    json_server.answers = {"/api/v1/playbooks": answer}
    with pytest.raises(ToolError, match="GET /api/v1/playbooks"):
        await ara(json_server).runs(AT - DAY, AT)
