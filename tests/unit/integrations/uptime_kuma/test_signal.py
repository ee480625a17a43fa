from __future__ import annotations

import json

import pytest

from lamplighter.domain.alert import AlertStatus, BadSignal, Delivery
from lamplighter.integrations.uptime_kuma.signal import UptimeKumaSource
from lamplighter.testing import NOON

SOURCE = UptimeKumaSource(lambda: NOON)
MONITOR = {
    "id": 3,
    "name": "Jellyfin",
    "url": "http://jellyfin.lan:8096",
    "tags": [{"name": "Severity", "value": "warning"}],
}


def read(status: object, monitor: object = MONITOR, time: object = "2026-01-05 11:55:00.123") -> Delivery:
    body = {
        "heartbeat": {"monitorID": 3, "status": status, "time": time, "msg": "said"},
        "monitor": monitor,
        "msg": "m",
    }
    return SOURCE.parse(json.dumps(body).encode(), {})


def test_down_and_up_are_one_trouble() -> None:
    down, up = read(0).alerts[0], read(1).alerts[0]
    assert down.trouble == up.trouble
    assert (down.status, up.status) == (AlertStatus.FIRING, AlertStatus.RESOLVED)
    assert up.ends_at == up.starts_at == down.starts_at
    assert down.labels["service"] == "Jellyfin"
    assert down.severity == "warning"


def test_pending_is_a_notice_and_maintenance_is_no_alert() -> None:
    assert read(2).alerts[0].severity == "info"
    assert read(3) == Delivery()


def test_two_monitors_of_one_name_are_two_troubles() -> None:
    assert read(0).alerts[0].trouble != read(0, {**MONITOR, "id": 4}).alerts[0].trouble


@pytest.mark.parametrize(("days", "severity"), [(21, "warning"), (7, "critical"), (-1, "critical")])
def test_a_certificate_that_runs_out_is_an_alert(days: int, severity: str) -> None:
    words = f"[Jellyfin][https://jellyfin.lan] server certificate jellyfin.lan will expire in {days} days"
    notice = {"heartbeat": None, "monitor": None, "msg": words}
    alert = SOURCE.parse(json.dumps(notice).encode(), {}).alerts[0]
    assert alert.severity == severity
    assert alert.labels["service"] == "Jellyfin"


def test_the_test_button_is_no_alert() -> None:
    assert SOURCE.parse(b'{"heartbeat": null, "monitor": null, "msg": "Alert (1) Testing"}', {}) == Delivery()


@pytest.mark.parametrize(
    ("args", "key"),
    [
        ((7,), "heartbeat.status"),
        ((True,), "heartbeat.status"),
        (("down",), "heartbeat.status"),
        ((0, None), "monitor.name"),
        ((0, []), "monitor"),
        ((0, MONITOR, "soon"), "heartbeat.time"),
    ],
)
def test_a_beat_that_cannot_be_read_names_the_key(args: tuple[object, ...], key: str) -> None:
    with pytest.raises(BadSignal) as caught:
        read(*args)
    assert caught.value.key == key
