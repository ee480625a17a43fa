from __future__ import annotations

import json
from datetime import UTC, datetime

from lamplighter.domain.evidence import EVIDENCE_BYTES_MAX, Question
from lamplighter.domain.topology import Component
from lamplighter.integrations.alertmanager.tools import AlertmanagerAlerts
from lamplighter.ports import ToolError
from lamplighter.testing import firing

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
QUESTION = Question(Component("docker", "container", "db", "c1"), firing(), NOW, NOW)


class Answering:
    shown_url = "http://am/api/v2/alerts"

    def __init__(self, body: bytes | ToolError) -> None:
        self._body = body

    async def every_alert(self) -> bytes:
        if isinstance(self._body, ToolError):
            raise self._body
        return self._body


async def test_what_is_too_much_is_cut_between_alerts() -> None:
    alerts = [{"labels": {"n": str(n)}, "text": "é" * 500} for n in range(200)]
    (found,) = await AlertmanagerAlerts(Answering(json.dumps(alerts).encode()), lambda: NOW).gather(QUESTION)
    assert found.truncated
    assert len(found.content.encode()) <= EVIDENCE_BYTES_MAX
    kept = json.loads(found.content)
    assert kept == alerts[: len(kept)] != []


async def test_a_failed_look_is_evidence() -> None:
    (found,) = await AlertmanagerAlerts(Answering(ToolError("GET x: refused")), lambda: NOW).gather(QUESTION)
    assert (found.error, found.content, found.component) == ("GET x: refused", "", "db")
    (odd,) = await AlertmanagerAlerts(Answering(b"<html>"), lambda: NOW).gather(QUESTION)
    assert "is not a JSON list" in odd.error


async def test_what_is_active_comes_before_what_is_silenced_or_inhibited() -> None:
    silenced = {"labels": {"n": "1"}, "status": {"state": "suppressed", "silencedBy": ["s1"], "inhibitedBy": []}}
    active = {"labels": {"n": "2"}, "status": {"state": "active", "silencedBy": [], "inhibitedBy": []}}
    odd = {"labels": {"n": "3"}, "status": "odd"}
    body = json.dumps([silenced, active, odd]).encode()
    (found,) = await AlertmanagerAlerts(Answering(body), lambda: NOW).gather(QUESTION)
    assert json.loads(found.content) == [active, odd, silenced]
    assert (found.params["silenced"], found.params["inhibited"]) == ("true", "true")
