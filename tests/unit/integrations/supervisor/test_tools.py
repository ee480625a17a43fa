from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

from lamplighter.domain.alert import Alert, AlertStatus
from lamplighter.domain.evidence import Question
from lamplighter.domain.topology import Component
from lamplighter.integrations.supervisor.tools import Logs, Status
from lamplighter.ports import ToolError
from lamplighter.testing import FakeClock

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
STORE = Component("supervisor", "process", "store", "lab:store:store")


class Away:
    config = SimpleNamespace(local=True, memory_guard="guard")

    async def call(self, *_: object, **__: object) -> object:
        raise ToolError("no such socket")


def question() -> Question:
    alert = Alert("checks", "f", AlertStatus.FIRING, {"name": "store"}, {}, NOON)
    return Question(STORE, alert, NOON, NOON)


async def test_a_supervisord_that_is_away_is_evidence_with_the_very_call() -> None:
    for tool in (Status(Away(), FakeClock()), Logs(Away(), FakeClock())):
        (piece,) = await tool.gather(question())
        assert (piece.component, piece.content) == ("store", "")
        assert "no such socket" in piece.error
        assert "'store:store'" in piece.params["query"]
