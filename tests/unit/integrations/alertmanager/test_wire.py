from __future__ import annotations

import json
from datetime import UTC, datetime

import msgspec
import pytest

from lamplighter.domain.alert import Alert, AlertStatus, BadAlert, fingerprint_of
from lamplighter.domain.reception import EPOCH
from lamplighter.integrations.alertmanager.wire import PulledAlert, Reader, SentAlert

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def read(**changes: object) -> tuple[tuple[Alert, ...], tuple[BadAlert, ...]]:
    wire = {"status": "firing", "labels": {"alertname": "Down"}, "startsAt": "2026-11-22T11:00:00Z", **changes}
    return Reader(msgspec.json.Decoder(SentAlert), NOW, "g").read([msgspec.Raw(json.dumps(wire).encode())])


def good(**changes: object) -> Alert:
    alerts, bad = read(**changes)
    assert bad == ()
    return alerts[0]


def reason(**changes: object) -> str:
    alerts, bad = read(**changes)
    assert alerts == ()
    return bad[0].reason


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-22T11:00:00", datetime(2026, 11, 22, 11, tzinfo=UTC)),
        ("2026-11-22T11:00:00+02:00", datetime(2026, 11, 22, 9, tzinfo=UTC)),
        ("2026-11-22T11:00:00.123999999Z", datetime(2026, 11, 22, 11, 0, 0, 123_000, tzinfo=UTC)),
        ("2026-11-22T11:00:00.9999999Z", datetime(2026, 11, 22, 11, 0, 0, 999_000, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", EPOCH),
        ("0001-01-01T00:00:00+14:00", EPOCH),
        ("2026-11-23T11:00:00Z", datetime(2026, 11, 23, 11, tzinfo=UTC)),
    ],
)
def test_starts_are_utc_to_the_millisecond(text: str, expected: datetime) -> None:
    assert good(startsAt=text).starts_at == expected


@pytest.mark.parametrize(
    ("status", "text", "expected"),
    [
        ("resolved", "2026-11-22T11:30:00Z", datetime(2026, 11, 22, 11, 30, tzinfo=UTC)),
        ("resolved", "9999-12-31T23:59:59Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("resolved", "0001-01-01T00:00:00Z", None),
        ("resolved", "2026-11-22T10:00:00Z", None),
        ("resolved", "", None),
        ("resolved", None, None),
        ("firing", "2026-11-22T11:30:00Z", None),
    ],
)
def test_an_end_is_only_what_can_be_one(status: str, text: str | None, expected: datetime | None) -> None:
    assert good(status=status, endsAt=text).ends_at == expected


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"status": "pending"}, "alerts[0].status: Invalid enum value 'pending'"),
        ({"labels": {"alertname": 3}}, "alerts[0].labels[...]: Expected `str`, got `int`"),
        ({"labels": None}, "alerts[0].labels: Expected `object`"),
        ({"labels": {}}, "alerts[0].labels: is empty"),
        ({"labels": {"": "x"}}, "alerts[0].labels: holds an empty name"),
        ({"labels": {"n" * 257: "x"}}, "alerts[0].labels: holds a name of more than 256 bytes"),
        ({"labels": {"a\x00": "x"}}, "alerts[0].labels: holds a name with characters that cannot be shown"),
        ({"labels": {str(n): "x" for n in range(10_000)}}, "alerts[0].labels: holds 10000 names, more than 200"),
        ({"annotations": {"a": ["x"]}}, "alerts[0].annotations[...]"),
        ({"startsAt": "yesterday"}, "alerts[0].startsAt: 'yesterday' is not a time"),
        ({"startsAt": "9999-12-31T23:59:59-12:00"}, "alerts[0].startsAt"),
        ({"startsAt": "2026-11-23T12:00:01Z"}, "alerts[0].startsAt: 2026-11-23T12:00:01Z lies more than a day"),
        ({"endsAt": "soon"}, "alerts[0].endsAt: 'soon'"),
        ({"fingerprint": "../../x"}, "alerts[0].fingerprint"),
        ({"annotations": {"a": "x" * 2_000_000}}, "alerts[0]: holds 2000"),
    ],
)
def test_a_bad_alert_names_the_key_that_is_wrong(changes: dict[str, object], words: str) -> None:
    assert reason(**changes).startswith(words)


def test_a_bad_alert_between_good_ones_costs_only_itself() -> None:
    raws = [
        msgspec.Raw(json.dumps({"labels": {"n": name}, "startsAt": start}).encode())
        for name, start in (("a", "2026-11-22T11:00:00Z"), ("b", "never"), ("c", "2026-11-22T11:00:00Z"))
    ]
    alerts, bad = Reader(msgspec.json.Decoder(PulledAlert), NOW).read(raws)
    assert [alert.labels["n"] for alert in alerts] == ["a", "c"]
    assert [one.reason.split(":")[0] for one in bad] == ["alerts[1].startsAt"]
    assert '"never"' in bad[0].payload


def test_a_bad_alerts_payload_is_kept_without_secrets() -> None:
    _, bad = read(status="pending", annotations={"note": "password=hunter2secret"})
    assert "hunter2secret" not in bad[0].payload


def test_a_missing_fingerprint_is_made_of_the_labels() -> None:
    assert good().fingerprint == fingerprint_of({"alertname": "Down"})
    assert good(fingerprint="00ff").fingerprint == "00ff"


def test_long_values_are_cut() -> None:
    alert = good(labels={"alertname": "Down", "long": "x" * 100_000}, annotations={"text": "y" * 100_000})
    assert len(alert.labels["long"].encode()) == 4_096
    assert len(alert.annotations["text"].encode()) == 16_384
    assert alert.labels["long"].endswith("x…")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://prom:9090/graph?g0.expr=up", "http://prom:9090/graph?g0.expr=up"),
        ("https://user:hunter2secret@prom/", "https://[redacted]@prom/"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("file:///etc/passwd", ""),
        ("http://[::1", ""),
        ("http:relative", ""),
        ("http://h/" + "x" * 5_000, ""),
        (None, ""),
    ],
)
def test_only_links_a_browser_may_follow_are_kept(url: str | None, expected: str) -> None:
    assert good(generatorURL=url).generator_url == expected


def test_what_the_api_gives_is_firing() -> None:
    raw = msgspec.Raw(b'{"labels":{"a":"b"},"startsAt":"2026-11-22T11:00:00Z","status":{"state":"active"}}')
    alerts, _ = Reader(msgspec.json.Decoder(PulledAlert), NOW).read([raw])
    assert alerts[0].status is AlertStatus.FIRING
