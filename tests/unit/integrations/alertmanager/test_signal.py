from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from lamplighter.domain.alert import BadSignal
from lamplighter.integrations.alertmanager.signal import AlertmanagerSource

SOURCE = AlertmanagerSource(lambda: datetime(2026, 11, 22, 12, tzinfo=UTC))
ALERT = {"status": "firing", "labels": {"alertname": "Down"}, "startsAt": "2026-11-22T11:00:00Z"}


def body(**changes: object) -> bytes:
    return json.dumps({"version": "4", "groupKey": "{}:{}", "alerts": [ALERT], **changes}).encode()


def test_a_body_is_read_with_its_group_and_what_was_left_out() -> None:
    delivery = SOURCE.parse(body(truncatedAlerts=995, somethingNew={"a": [1]}), {})
    assert delivery.truncated_count == 995
    assert [alert.group_key for alert in delivery.alerts] == ["{}:{}"]
    assert delivery.alerts[0].trouble.startswith("alertmanager:")


@pytest.mark.parametrize("version", ["1", "3", 4, None])
def test_the_shape_counts_and_not_the_version(version: object) -> None:
    assert len(SOURCE.parse(body(version=version), {}).alerts) == 1


def test_grafanas_body_needs_no_group_key() -> None:
    grafana = {
        "version": "1",
        "orgId": 1,
        "state": "alerting",
        "alerts": [{**ALERT, "values": None, "silenceURL": "x"}],
    }
    assert SOURCE.parse(json.dumps(grafana).encode(), {}).alerts[0].group_key == ""


def test_a_byte_order_mark_is_passed_over() -> None:
    assert len(SOURCE.parse(b"\xef\xbb\xbf" + body(), {}).alerts) == 1


def test_lone_surrogates_and_broken_utf8_are_replaced() -> None:
    sent = body().replace(b"Down", b"D\\ud800n \\\\ud800 \\ud83d\\ude00 \xff")
    assert SOURCE.parse(sent, {}).alerts[0].labels["alertname"] == "D\ufffdn \\ud800 😀 \ufffd"


@pytest.mark.parametrize(
    ("payload", "key", "problem"),
    [
        (b"", "body", "is empty"),
        (b"\xef\xbb\xbf", "body", "is empty"),
        (b"alerts: []", "body", "is not one JSON object"),
        (body() + b"\n" + body(), "body", "trailing characters"),
        (b'{"alerts":[NaN],"x":"\\ud800"}', "body", "NaN is not JSON"),
        (b'{"x":1e999,"y":"\\\\ud800","z":"\\ud800"}', "body", "not one JSON object"),
        (b"[]", "body", "Expected `object`, got `array`"),
        (b"{}", "alerts", "is missing"),
        (body(alerts={}), "alerts", "is not a list"),
        (body(alerts=None), "alerts", "is not a list"),
        (body(groupKey=3), "groupKey", "Expected `str | null`"),
        (body(truncatedAlerts="many"), "truncatedAlerts", "Expected `int | null`"),
        (body(truncatedAlerts=-1), "truncatedAlerts", "negative"),
        (body(alerts=[ALERT] * 5_001), "alerts", "5001 alerts, more than 5000"),
        (b'{"x":' + b"[" * 10_000 + b"]" * 10_000 + b"}", "body", "nested too deeply"),
        (b'{"\\ud800":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "body", "nested too deeply"),
        (b" " * (8 * 1024 * 1024 + 1), "body", "more than 8388608"),
    ],
)
def test_a_body_that_cannot_be_read_names_the_key(payload: bytes, key: str, problem: str) -> None:
    with pytest.raises(BadSignal, match=r"Send|Set") as caught:
        SOURCE.parse(payload, {})
    assert caught.value.key == key
    assert problem in caught.value.problem


def test_an_alert_nested_too_deeply_is_one_bad_alert() -> None:
    deep = json.dumps(ALERT)[:-1] + ', "labels": ' + "[" * 300 + "]" * 300 + "}"
    delivery = SOURCE.parse(f'{{"alerts": [{deep}, {json.dumps(ALERT)}]}}'.encode(), {})
    assert (len(delivery.alerts), len(delivery.bad)) == (1, 1)


def test_a_million_keys_are_bounded() -> None:
    keys = ",".join(f'"{n}":1' for n in range(600_000))
    delivery = SOURCE.parse(f'{{"alerts": [], {keys}}}'.encode(), {})
    assert delivery.alerts == ()
