from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from lamplighter.domain.alert import Alert, AlertStatus, BadSignal
from lamplighter.integrations.cloudwatch.signal import CloudwatchSource
from lamplighter.testing import NOON

SOURCE = CloudwatchSource(lambda: NOON, "critical")
ALARM = {
    "AlarmName": "orders-cpu",
    "NewStateValue": "ALARM",
    "StateChangeTime": "2026-01-05T11:00:00.000+0000",
    "AlarmArn": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:orders-cpu",
}


def read(**changes: object) -> Alert:
    return SOURCE.parse(json.dumps({**ALARM, **changes}).encode(), {}).alerts[0]


def test_all_states_of_an_alarm_are_one_trouble() -> None:
    states = {word: read(NewStateValue=word) for word in ("ALARM", "OK", "INSUFFICIENT_DATA")}
    assert len({alert.trouble for alert in states.values()}) == 1
    assert states["ALARM"].status is AlertStatus.FIRING
    assert states["ALARM"].severity == "critical"
    assert states["OK"].status is AlertStatus.RESOLVED
    assert states["OK"].ends_at == datetime(2026, 1, 5, 11, tzinfo=UTC)


def test_no_data_is_neither_health_nor_failure() -> None:
    blind = read(NewStateValue="INSUFFICIENT_DATA")
    assert blind.severity == "warning"
    assert "neither health nor failure" in blind.annotations["cannot_see"]
    assert "cannot_see" not in read().annotations


def test_an_account_and_a_region_tell_equal_names_apart_where_there_is_no_arn() -> None:
    here, there = (read(AlarmArn="", Region=region).trouble for region in ("EU (Ireland)", "US East (Ohio)"))
    assert here != there


@pytest.mark.parametrize("message", ["", "{", "[]", "hello", '{"AlarmName": "x", "NewStateValue": "HOT"}'])
def test_a_genuine_envelope_around_rubbish_is_a_dead_letter(message: str) -> None:
    body = {"Type": "Notification", "TopicArn": "t", "Message": message}
    delivery = SOURCE.parse(json.dumps(body).encode(), {})
    assert delivery.alerts == ()
    assert delivery.bad[0].reason.startswith("Message")


@pytest.mark.parametrize("kind", ["SubscriptionConfirmation", "UnsubscribeConfirmation"])
def test_what_is_no_notification_is_refused(kind: str) -> None:
    with pytest.raises(BadSignal, match="Type"):
        SOURCE.parse(json.dumps({"Type": kind, "Message": "x"}).encode(), {})


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"NewStateValue": "HOT"}, "NewStateValue"),
        ({"AlarmName": 3}, "AlarmName"),
        ({"StateChangeTime": None}, "StateChangeTime"),
        ({"Trigger": []}, "Trigger"),
    ],
)
def test_a_raw_delivery_that_is_wrong_names_the_key(changes: dict[str, object], key: str) -> None:
    with pytest.raises(BadSignal) as caught:
        read(**changes)
    assert caught.value.key == key
