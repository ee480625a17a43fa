from __future__ import annotations

import pytest

from lamplighter.domain.plan import Target
from lamplighter.integrations.supervisor import INTEGRATION, SupervisorConfig
from lamplighter.integrations.supervisor.actions import SetMemoryLimit, snapshot, started_since
from lamplighter.integrations.supervisor.client import Supervisord
from lamplighter.integrations.supervisor.process import Info
from lamplighter.ports import Effect, Samples, Snapshot, Surroundings
from lamplighter.testing import FakeClock

GONE = Snapshot(exists=False, running=False)


def seen(start: int, pid: int, limit: int | None = None) -> Snapshot:
    statename = "RUNNING" if pid else "EXITED"
    return snapshot(Info("store", "store", start, 0, 0, 20, statename, "", 0, pid), limit)


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (seen(10, 7), seen(20, 8), True),
        (seen(10, 7), seen(10, 8), True),
        (seen(10, 0), seen(10, 8), True),
        (seen(10, 0), seen(20, 0), True),
        (seen(10, 7), seen(10, 7), False),
        (seen(10, 0), seen(10, 0), False),
        (seen(10, 7), seen(10, 0), None),
        (seen(10, 7), GONE, None),
        (GONE, seen(10, 7), None),
    ],
)
def test_a_start_is_told_by_time_or_pid(before: Snapshot, now: Snapshot, *, expected: bool | None) -> None:
    assert started_since(before, now) is expected


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [(64, 128, True), (64, 64, False), (64, 256, None), (64, None, None), (None, 128, True)],
)
def test_a_limit_is_told_by_what_the_guard_says(before: int | None, now: int | None, *, expected: bool | None) -> None:
    action = SetMemoryLimit(Supervisord(SupervisorConfig()), FakeClock())
    assert action.happened(seen(1, 2, before), seen(1, 2, now), {"bytes": "128"}) is expected


class Counting(SetMemoryLimit):
    """Counts what would be sent to a guard that holds this limit."""

    def __init__(self, limit: int | None) -> None:
        super().__init__(Supervisord(SupervisorConfig()), FakeClock())
        self.limit, self.sent = limit, 0

    async def look(self, target: Target) -> Snapshot:
        return seen(1, 2, self.limit)

    async def _set(self, target: Target, limit: int, key: str) -> Effect:
        self.sent += 1
        return Effect(ok=True, detail="set")


@pytest.mark.parametrize(("present", "sent"), [(None, 1), (64, 1), (96, 1), (128, 0)])
async def test_what_a_person_has_raised_higher_meanwhile_is_not_lowered(present: int | None, sent: int) -> None:
    action = Counting(present and present << 20)
    done = await action.act(Target("supervisor", "process", "store", "id"), {"bytes": str(96 << 20)}, "key")
    assert (action.sent, done.ok) == (sent, bool(sent))
    if not sent:
        assert done.detail == "the memory limit of store is 128 MiB by now, and 96 MiB would lower it"


def test_limits_are_offered_only_with_a_guard(samples: Samples) -> None:
    around = Surroundings(FakeClock(), (), samples)
    assert len(INTEGRATION.build(SupervisorConfig(), around).actions) == 2
    assert len(INTEGRATION.build(SupervisorConfig(memory_guard="guard"), around).actions) == 3
