from __future__ import annotations

import pytest

from lamplighter.domain.plan import Target
from lamplighter.integrations.docker.actions import (
    Restart,
    SetMemoryLimit,
    effect,
    limit_wanted,
    snapshot,
    started_since,
    swap_limit,
)
from lamplighter.integrations.docker.client import Answer, DockerConfig, Engine
from lamplighter.integrations.docker.container import Details, Health, HostConfig, State
from lamplighter.ports import Effect, Snapshot

ENGINE = Engine(DockerConfig())
MIB = 1 << 20


def seen(started: str = "1", *, running: bool = True, memory: int = 0, swap: int = 0) -> Snapshot:
    state = State("running" if running else "exited", started_at=started)
    return snapshot(Details("id", state, HostConfig(memory, swap)))


GONE = Snapshot(exists=False, running=False)


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (seen("1"), seen("2"), True),
        (seen("1", running=False), seen("2"), True),
        (seen("1", running=False), seen("2", running=False), True),
        (seen("1"), seen("1"), False),
        (seen("1", running=False), seen("1", running=False), False),
        (seen("1"), seen("1", running=False), None),
        (seen("1"), GONE, None),
        (GONE, seen("1"), None),
    ],
)
def test_a_start_is_told_by_when_it_started(before: Snapshot, now: Snapshot, *, expected: bool | None) -> None:
    assert started_since(before, now) is expected
    assert Restart(ENGINE).happened(before, now, {}) is expected


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [(64, 128, True), (128, 128, True), (64, 64, False), (64, 256, None)],
)
def test_a_limit_is_told_by_its_value(before: int, now: int, *, expected: bool | None) -> None:
    params = {"bytes": str(128)}
    assert SetMemoryLimit(ENGINE).happened(seen(memory=before), seen(memory=now), params) is expected
    assert SetMemoryLimit(ENGINE).happened(seen(memory=before), GONE, params) is None


@pytest.mark.parametrize(
    ("memory", "swap", "expected"),
    [
        (64 * MIB, 64 * MIB, 128 * MIB),
        (64 * MIB, 128 * MIB, 192 * MIB),
        (64 * MIB, -1, -1),
        (64 * MIB, 0, -1),
        (0, 0, -1),
    ],
)
def test_the_room_for_swap_stays_as_it_was(memory: int, swap: int, expected: int) -> None:
    assert swap_limit(seen(memory=memory, swap=swap), 128 * MIB) == expected


@pytest.mark.parametrize("text", ["", "0", "-1", "1.5", "64MiB", "²", "6291455", str(1 << 60)])
def test_what_is_no_limit_is_named(text: str) -> None:
    assert "is not a memory limit" in str(limit_wanted({"bytes": text}))


class Counting(SetMemoryLimit):
    """Counts what would be sent to an engine whose container has this limit."""

    def __init__(self, memory: int) -> None:
        super().__init__(ENGINE)
        self.memory, self.sent = memory, 0

    async def look(self, target: Target) -> Snapshot:
        return seen(memory=self.memory)

    async def _post(self, target: Target, word: str, key: str, **_: object) -> Effect:
        self.sent += 1
        return Effect(ok=True, detail=word)


@pytest.mark.parametrize(("present", "sent"), [(64, 1), (96, 1), (97, 0), (256, 0)])
async def test_what_a_person_has_raised_higher_meanwhile_is_not_lowered(present: int, sent: int) -> None:
    action = Counting(present * MIB)
    done = await action.act(Target("docker", "container", "store", "id"), {"bytes": str(96 * MIB)}, "key")
    assert (action.sent, done.ok) == (sent, bool(sent))
    if not sent:
        assert done.detail == f"the memory limit of store is {present} MiB by now, and 96 MiB would lower it"


def test_a_limit_is_a_number_of_bytes() -> None:
    assert limit_wanted({"bytes": "134217728"}) == 134_217_728


@pytest.mark.parametrize(
    ("status", "ok"), [(200, True), (204, True), (304, True), (302, False), (404, False), (500, False)]
)
def test_an_answer_is_ok_or_not_by_its_status(status: int, *, ok: bool) -> None:
    done = effect(Answer(status, "words"), "docker restart store")
    assert done.ok is ok
    assert str(status) in done.detail


def test_a_snapshot_holds_what_looks_are_compared_by() -> None:
    state = State("running", 42, "2026-01-05T12:00:00.1Z", Health("unhealthy"))
    look = snapshot(Details("id", state, HostConfig(64, 128), 3))
    assert look.values == {
        "started_at": "2026-01-05T12:00:00.1Z",
        "restart_count": "3",
        "memory_limit_bytes": "64",
        "memory_swap_bytes": "128",
        "status": "running",
        "health": "unhealthy",
        "pid": "42",
    }


@pytest.mark.parametrize("status", ["paused", "restarting", "exited", "dead", "created"])
def test_only_running_is_running(status: str) -> None:
    assert not snapshot(Details("id", State(status), HostConfig())).running
