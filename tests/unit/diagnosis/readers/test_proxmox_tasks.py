from __future__ import annotations

import json
from datetime import UTC, datetime

from lamplighter.diagnosis.readers import read
from lamplighter.domain.evidence import Evidence, Fact

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
BEGAN = int(AT.timestamp()) - 600


def task(kind: str, status: str | None = "OK", after: int = 0, guest: str = "101") -> dict[str, object]:
    told = {"type": kind, "id": guest, "user": "ann@pam", "node": "pve1", "starttime": BEGAN + after}
    return {**told, **({"status": status, "endtime": BEGAN + after + 1} if status is not None else {})}


def facts(*tasks: object, vmid: str = "101") -> list[Fact]:
    params = {"node": "pve1", **({"vmid": vmid} if vmid else {})}
    text = json.dumps({"data": list(tasks)})
    return read(Evidence("e1", "proxmox.tasks", "jellyfin", params, "application/json", text, AT))


def test_a_stop_by_a_person_is_an_event_like_an_engines() -> None:
    (started, stopped) = facts(task("vzshutdown", after=60), task("vzstart"))
    assert (started.values["action"], stopped.values["action"]) == ("start", "stop")
    assert (stopped.number("since_start"), stopped.values["user"]) == (1.0, "ann@pam")
    assert stopped.at == datetime(2026, 11, 21, 11, 51, tzinfo=UTC)


def test_a_stop_before_the_last_start_is_over() -> None:
    (stopped, _) = facts(task("qmstop"), task("qmstart", after=60))
    assert stopped.number("since_start") == 0.0


def test_what_failed_is_a_task_with_its_error() -> None:
    (failed,) = facts(task("vzstart", "startup for container '101' failed: no space left on device"))
    assert (failed.kind, failed.values["verb"], failed.component) == ("task", "start", "jellyfin")
    assert failed.values["start_error_sign"] == "disk_full"
    assert [fact.kind for fact in facts(task("vzstop", "WARNINGS: 2"))] == ["event"]


def test_what_failed_on_the_node_is_the_nodes() -> None:
    (failed,) = facts(task("vzdump", "job errors", guest="102"), vmid="")
    assert (failed.kind, failed.values["verb"], failed.component) == ("task", "dump", "pve1")


def test_other_guests_tasks_say_nothing_of_this_one() -> None:
    assert facts(task("vzstop", guest="102"), task("vzstart", guest="102")) == []


def test_changes_are_told_as_changes() -> None:
    found = facts(task("qmconfig"), task("qmigrate", after=1), task("vzmigrate", after=2), task("vzrestore", after=3))
    assert [fact.kind for fact in found] == ["change"] * 4
    assert [fact.values["family"] for fact in found] == ["configuration", "other", "other", "deploy"]


def test_rubbish_is_unreadable_or_nothing() -> None:
    text = json.dumps({"data": {"type": "vzstop"}})
    (fact,) = read(Evidence("e1", "proxmox.tasks", "jellyfin", {}, "application/json", text, AT))
    assert fact.kind == "unreadable"
    assert facts("odd", {}, {"type": "vzstop"}, {"type": 1, "starttime": 1}) == []
