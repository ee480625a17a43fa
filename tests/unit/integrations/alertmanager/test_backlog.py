from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from lamplighter.integrations.alertmanager.backlog import ALERTS_PULLED_MAX, AlertmanagerBacklog
from lamplighter.integrations.alertmanager.signal import AlertmanagerSource
from lamplighter.ports import ToolError

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ALERT = {"labels": {"alertname": "Down"}, "startsAt": "2026-11-22T11:00:00.123Z", "fingerprint": "00ff"}


class Answering:
    shown_url = "http://am/api/v2/alerts"

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def active_alerts(self) -> bytes:
        return self._body


async def test_a_pulled_alert_has_the_key_of_the_webhooks() -> None:
    pulled = await AlertmanagerBacklog(Answering(json.dumps([ALERT]).encode()), lambda: NOW).pull()
    sent = {**ALERT, "status": "firing", "startsAt": "2026-11-22T11:00:00.123456789Z"}
    webhook = AlertmanagerSource(lambda: NOW).parse(json.dumps({"alerts": [sent]}).encode(), {})
    assert pulled == webhook


async def test_what_is_past_the_bound_is_counted() -> None:
    body = json.dumps([ALERT] * (ALERTS_PULLED_MAX + 3)).encode()
    delivery = await AlertmanagerBacklog(Answering(body), lambda: NOW).pull()
    assert (len(delivery.alerts), delivery.truncated_count) == (ALERTS_PULLED_MAX, 3)


@pytest.mark.parametrize("body", [b"", b"{}", b"<html>", b"[" * 100_000])
async def test_an_answer_of_another_shape_is_a_failed_look(body: bytes) -> None:
    with pytest.raises(ToolError, match="is not a JSON list"):
        await AlertmanagerBacklog(Answering(body), lambda: NOW).pull()
