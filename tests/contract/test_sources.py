"""Every signal source: golden payloads are read as they were, and rubbish raises nothing but `BadSignal`.

`REWRITE_GOLDEN=1` writes the readings beside the payloads anew; look at the difference before it is kept.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lamplighter.domain.alert import AlertStatus, BadSignal, Delivery
from lamplighter.integrations import BUILT_IN
from lamplighter.integrations.recognition import source_of
from lamplighter.ports import SignalSource
from lamplighter.testing import roles_of

GOLDEN = Path(__file__).parents[1] / "golden"
NOW = datetime(2026, 11, 22, tzinfo=UTC)
GARDEN = {
    "alerts": "events",
    "name": "what",
    "status": "value",
    "severity": "level",
    "component": "host",
    "starts_at": "since",
    "url": "link",
    "labels": {"room": "tags.room"},
    "severities": {"Disaster": "critical", "Average": "warning"},
}
CONFIGS: dict[str, dict[str, object]] = {
    "ansible": {"folder": "/no/such/folder"},
    "logfile": {"files": {"a": "/var/log/no-such-file"}},
    "apprise": {"urls": ["ntfy://127.0.0.1:9/x"]},
    "heartbeat_out": {"url": "http://127.0.0.1:9"},
    "loki": {"url": "http://127.0.0.1:9"},
    "ntfy": {"topic": "x"},
    "telegram": {"token": "1:x", "chat": 1},
    "postgresql": {"url": "postgresql://127.0.0.1:9/x", "components": ["db"]},
    "prometheus": {"url": "http://127.0.0.1:9"},
    "proxmox": {"url": "http://127.0.0.1:9", "token": "lamp@pve!x=1"},
    "kubernetes": {"url": "http://127.0.0.1:9"},
    "webhook": {"garden": GARDEN},
}
SENDERS = frozenset(
    {"alertmanager", "cloudevents", "cloudwatch", "grafana", "manual", "pagerduty", "uptime_kuma", "webhook"}
)
REWRITE = os.environ.get("REWRITE_GOLDEN") == "1"


@dataclass(frozen=True)
class Body:
    """One recorded body, with the headers that it needs."""

    source: SignalSource
    path: Path

    @property
    def payload(self) -> bytes:
        return self.path.read_bytes()

    @property
    def headers(self) -> dict[str, str]:
        file = self.path.with_suffix(".headers")
        return dict(json.loads(file.read_text(encoding="utf-8"))) if file.exists() else {}


def built() -> list[tuple[str, SignalSource]]:
    return [
        (name, role) for name in BUILT_IN if name in SENDERS for role in roles_of(name, CONFIGS.get(name), NOW).sources
    ]


SOURCES = built()
BODIES = [
    Body(source, path)
    for name, source in SOURCES
    for path in sorted((GOLDEN / name).glob("*.json"))
    if not path.name.startswith("api_")
]
every_source = pytest.mark.parametrize("source", [source for _, source in SOURCES], ids=lambda source: source.name)
every_body = pytest.mark.parametrize("body", BODIES, ids=[f"{body.source.name}-{body.path.stem}" for body in BODIES])


def test_there_are_sources_and_each_has_recorded_payloads() -> None:
    assert {name for name, _ in SOURCES} == SENDERS
    assert {body.source.name for body in BODIES} == {source.name for _, source in SOURCES}


@every_body
def test_a_recorded_body_is_read_as_it_was(body: Body) -> None:
    delivery = body.source.parse(body.payload, body.headers)
    read = json.loads(msgspec.json.encode(delivery))
    file = body.path.with_suffix(".read")
    if REWRITE:
        file.write_text(json.dumps(read, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    assert read == json.loads(file.read_text(encoding="utf-8"))
    assert body.source.parse(body.payload, body.headers) == delivery
    for alert in delivery.alerts:
        assert alert.source == body.source.name
        assert alert.starts_at.utcoffset() == timedelta(0)
        assert alert.ends_at is None or alert.status is AlertStatus.RESOLVED


@pytest.mark.parametrize(
    "body", [body for body in BODIES if body.source.name == "alertmanager"], ids=lambda body: body.path.stem
)
def test_alertmanagers_bodies_are_kept_word_for_word(body: Body) -> None:
    sent = json.loads(body.payload)
    delivery = body.source.parse(body.payload, {})
    assert delivery.bad == ()
    assert delivery.truncated_count == sent.get("truncatedAlerts", 0)
    for alert, wire in zip(delivery.alerts, sent["alerts"], strict=True):
        assert alert.status.value == wire["status"]
        assert alert.labels == wire["labels"]
        assert alert.annotations == wire["annotations"]


@every_body
def test_a_body_is_recognised_by_its_keys(body: Body) -> None:
    if body.source.name == "garden" or body.headers:
        pytest.skip("nothing but its receiver or its headers tells whose it is")
    assert source_of(body.payload) == body.source.name


@every_source
@pytest.mark.parametrize(
    "rubbish",
    [b"", b" \n", b"\xff\xfe\x00", b"{", b"null", b"1", b'"x"', b"{}{}", b"[" * 100_000, b'{"a":NaN}'],
)
def test_rubbish_is_refused_with_the_key_that_is_wrong(source: SignalSource, rubbish: bytes) -> None:
    with pytest.raises(BadSignal) as caught:
        source.parse(rubbish, {})
    assert caught.value.key
    assert caught.value.problem
    assert caught.value.fix


@every_source
@pytest.mark.parametrize("empty", [b"{}", b'{"alerts":{}}'])
def test_a_body_without_what_is_needed_holds_no_good_alert(source: SignalSource, empty: bytes) -> None:
    delivery = checked(source, empty)
    assert delivery is None or delivery.alerts == ()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
times = st.datetimes().map(lambda at: at.isoformat() + "Z") | st.text(max_size=30)
texts = st.dictionaries(st.text(st.characters(), max_size=10), st.text(st.characters(), max_size=40), max_size=5)
likely_alerts = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(["firing", "resolved", "pending"]) | json_values,
        "labels": texts | json_values,
        "annotations": texts | json_values,
        "startsAt": times | json_values,
        "endsAt": times | json_values,
        "fingerprint": st.text(max_size=20) | json_values,
        "generatorURL": st.text(max_size=40) | json_values,
    },
)
likely_bodies = st.fixed_dictionaries(
    {"alerts": st.lists(likely_alerts | json_values, max_size=5) | json_values},
    optional={"truncatedAlerts": json_values, "groupKey": json_values, "version": json_values},
)
LISTED = [source for name, source in SOURCES if name in {"alertmanager", "grafana"}]


def checked(source: SignalSource, payload: bytes, headers: dict[str, str] | None = None) -> Delivery | None:
    try:
        return source.parse(payload, headers or {})
    except BadSignal:
        return None


def is_fit(delivery: Delivery) -> bool:
    for alert in delivery.alerts:
        shown = "".join((*alert.labels.values(), *alert.annotations.values()))
        assert shown.encode("utf-8").count(b"\x00") == 0
        assert EPOCH <= alert.starts_at <= NOW + timedelta(days=1)
    return True


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@every_source
@given(payload=st.binary(max_size=200))
def test_no_bytes_raise_anything_else(source: SignalSource, payload: bytes) -> None:
    delivery = checked(source, payload)
    assert delivery is None or isinstance(delivery, Delivery)


@pytest.mark.parametrize("source", LISTED, ids=lambda source: source.name)
@settings(deadline=None)
@given(body=likely_bodies)
def test_every_alert_of_a_body_that_is_taken_is_good_or_bad(source: SignalSource, body: dict[str, Any]) -> None:
    delivery = checked(source, json.dumps(body).encode("utf-8", "surrogatepass"))
    if delivery is None:
        return
    assert len(delivery.alerts) + len(delivery.bad) == len(body["alerts"])
    assert is_fit(delivery)
    assert all(bad.reason.startswith("alerts[") for bad in delivery.bad)


@every_body
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_a_body_with_one_value_replaced_is_read_or_refused(body: Body, data: st.DataObject) -> None:
    tree = json.loads(body.payload)
    parent: Any = tree
    while True:
        keys = list(parent) if isinstance(parent, dict) else list(range(len(parent)))
        if not keys:
            return
        key = data.draw(st.sampled_from(keys))
        child = parent[key]
        if not isinstance(child, dict | list) or data.draw(st.booleans()):
            break
        parent = child
    parent[key] = data.draw(json_values)
    delivery = checked(body.source, json.dumps(tree).encode("utf-8", "surrogatepass"), body.headers)
    assert delivery is None or is_fit(delivery)
