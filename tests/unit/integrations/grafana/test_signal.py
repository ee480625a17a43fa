from __future__ import annotations

import json

import pytest

from lamplighter.domain.alert import AlertStatus, BadSignal
from lamplighter.integrations.grafana.signal import GrafanaSource
from lamplighter.testing import NOON

SOURCE = GrafanaSource(lambda: NOON)
ALERT = {
    "status": "firing",
    "labels": {"alertname": "HighLatency", "severity": "critical"},
    "annotations": {"summary": "slow"},
    "startsAt": "2026-01-05T12:55:00+01:00",
    "endsAt": "0001-01-01T00:00:00Z",
    "fingerprint": "57c6d9296de2ad39",
    "values": {"B": 1},
    "valueString": "[ var='B' value=1 ]",
    "panelURL": "http://grafana.lan/d/1",
    "silenceURL": "javascript:alert(1)",
}


def body(*alerts: object, **changes: object) -> bytes:
    return json.dumps({"version": "1", "orgId": 1, "groupKey": "g", "alerts": list(alerts), **changes}).encode()


def test_an_alert_keeps_its_values_and_the_links_that_may_be_followed() -> None:
    alert = SOURCE.parse(body(ALERT), {}).alerts[0]
    assert alert.trouble == "grafana:57c6d9296de2ad39"
    assert alert.annotations == {
        "summary": "slow",
        "valueString": "[ var='B' value=1 ]",
        "panelURL": "http://grafana.lan/d/1",
    }
    assert alert.starts_at.hour == 11


@pytest.mark.parametrize("name", ["DatasourceNoData", "DatasourceError"])
def test_a_rule_that_sees_nothing_is_neither_health_nor_failure(name: str) -> None:
    labels = {"alertname": name, "rulename": "HighLatency", "severity": "critical"}
    alert = SOURCE.parse(body({**ALERT, "labels": labels}), {}).alerts[0]
    assert alert.severity == "warning"
    assert "neither health nor failure; rule HighLatency" in alert.annotations["cannot_see"]
    over = SOURCE.parse(body({**ALERT, "labels": labels, "status": "resolved"}), {}).alerts[0]
    assert over.status is AlertStatus.RESOLVED


@pytest.mark.parametrize(
    "legacy",
    [
        {"title": "[Alerting] x", "ruleId": 1, "ruleName": "x", "state": "alerting", "evalMatches": [], "orgId": 1},
        {"evalMatches": [{"value": 100, "metric": "High", "tags": None}], "message": "x"},
    ],
)
def test_legacy_alerting_is_refused_with_what_to_do(legacy: dict[str, object]) -> None:
    with pytest.raises(BadSignal, match="legacy alerting") as caught:
        SOURCE.parse(json.dumps(legacy).encode(), {})
    assert "Grafana Alerting" in caught.value.fix


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"status": "pending"}, "alerts[1].status: 'pending' is neither firing nor resolved"),
        ({"labels": {}}, "alerts[1].labels: is empty"),
        ({"labels": {"alertname": 3}}, "alerts[1].labels.alertname: must be text"),
        ({"startsAt": None}, "alerts[1].startsAt: must be a time, and is null"),
        ({"startsAt": "yesterday"}, "alerts[1].startsAt: 'yesterday' is not a time"),
    ],
)
def test_a_bad_alert_costs_only_itself(changes: dict[str, object], words: str) -> None:
    delivery = SOURCE.parse(body(ALERT, {**ALERT, **changes}, ALERT), {})
    assert len(delivery.alerts) == 2
    assert delivery.bad[0].reason.startswith(words)


@pytest.mark.parametrize("count", [-1, "many", True, 1.5])
def test_the_number_of_truncated_alerts_is_a_count(count: object) -> None:
    with pytest.raises(BadSignal, match="truncatedAlerts"):
        SOURCE.parse(body(ALERT, truncatedAlerts=count), {})
    assert SOURCE.parse(body(ALERT, truncatedAlerts=7), {}).truncated_count == 7
