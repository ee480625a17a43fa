from __future__ import annotations

import json

import pytest

from lamplighter.domain.alert import AlertStatus, BadSignal, Delivery
from lamplighter.integrations.pagerduty.signal import PagerdutySource
from lamplighter.testing import NOON

SOURCE = PagerdutySource(lambda: NOON)
PAYLOAD = {"summary": "disk full", "source": "nas", "severity": "critical"}
EVENT = {"routing_key": "k3y", "event_action": "trigger", "dedup_key": "nas/disk", "payload": PAYLOAD}


def read(**changes: object) -> Delivery:
    return SOURCE.parse(json.dumps({**EVENT, **changes}).encode(), {})


def test_a_trigger_and_its_resolve_are_one_trouble() -> None:
    fired = read().alerts[0]
    over = SOURCE.parse(b'{"event_action": "resolve", "dedup_key": "nas/disk"}', {}).alerts[0]
    assert fired.trouble == over.trouble
    assert (fired.status, over.status) == (AlertStatus.FIRING, AlertStatus.RESOLVED)
    assert fired.labels["instance"] == "nas"


def test_without_a_key_the_same_event_is_the_same_trouble() -> None:
    first, second = (read(dedup_key=None).alerts[0] for _ in range(2))
    other = read(dedup_key=None, payload={**PAYLOAD, "source": "nas2"}).alerts[0]
    assert first.trouble == second.trouble != other.trouble


def test_the_routing_key_is_not_kept() -> None:
    alert = read().alerts[0]
    assert "k3y" not in str(alert)


def test_acknowledging_is_no_alert() -> None:
    assert read(event_action="acknowledge") == Delivery()


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"event_action": None}, "event_action"),
        ({"event_action": "snooze"}, "event_action"),
        ({"payload": None}, "payload.summary"),
        ({"payload": "x"}, "payload"),
        ({"payload": {**PAYLOAD, "severity": 3}}, "payload.severity"),
        ({"payload": {**PAYLOAD, "timestamp": "soon"}}, "payload.timestamp"),
        ({"event_action": "resolve", "dedup_key": None}, "dedup_key"),
        ({"event_action": "acknowledge", "dedup_key": None}, "dedup_key"),
    ],
)
def test_an_event_that_cannot_be_read_names_the_key(changes: dict[str, object], key: str) -> None:
    with pytest.raises(BadSignal) as caught:
        read(**changes)
    assert caught.value.key == key


def test_details_are_kept_without_secrets() -> None:
    alert = read(payload={**PAYLOAD, "custom_details": {"password": "hunter2secret", "load": 0.75}}).alerts[0]
    assert alert.annotations["detail_load"] == "0.75"
    assert "hunter2secret" not in str(alert)
