"""What a real engine once said, read again from the recordings; needs no engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lamplighter.integrations.docker.actions import snapshot
from lamplighter.integrations.docker.container import Details, Summary, decoded
from lamplighter.integrations.docker.inventory import component
from lamplighter.integrations.docker.stream import Newest
from lamplighter.integrations.docker.tools import newest_events, without_secrets

GOLDEN = Path(__file__).parents[3] / "golden" / "docker"


def recorded(name: str) -> bytes:
    return (GOLDEN / name).read_bytes()


def test_the_list_gives_one_dead_and_one_unhealthy_component() -> None:
    parts = {part.name: part for part in map(component, decoded(recorded("list.json"), list[Summary], "list"))}
    assert (parts["store"].running, parts["store"].group) == (False, "shop")
    assert (parts["front"].running, parts["front"].group) == (False, "")
    assert all(len(part.id) == 64 for part in parts.values())


def test_an_out_of_memory_kill_stays_told_and_the_secret_does_not() -> None:
    look = without_secrets(decoded(recorded("inspect-oom.json"), dict[str, Any], "inspect"))
    assert json.loads(look.content)["State"]["OOMKilled"] is True
    assert b"hunter2-planted" in recorded("inspect-oom.json")
    assert "hunter2-planted" not in look.content


def test_a_snapshot_of_an_unhealthy_container_says_so() -> None:
    look = snapshot(decoded(recorded("inspect-unhealthy.json"), Details, "inspect"))
    assert look.running
    assert look.values["health"] == "unhealthy"


def test_both_streams_are_in_the_log() -> None:
    newest = Newest(1000)
    newest.feed(recorded("logs.bin"))
    assert sorted(line.split(" ")[1] for line in newest.text.splitlines()) == ["err", "hi"]


def test_the_events_of_an_out_of_memory_kill_are_in_order() -> None:
    events = [json.loads(line) for line in recorded("events-oom.jsonl").splitlines()]
    told = [event["Action"] for event in json.loads(newest_events(events).content)]
    assert told.index("start") < told.index("oom") < told.index("die")
