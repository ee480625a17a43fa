"""Every signal source: golden payloads are read whole, and rubbish raises nothing but `BadSignal`."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lamplighter.domain.alert import AlertStatus, BadSignal, Delivery
from lamplighter.integrations import BUILT_IN
from lamplighter.ports import SignalSource
from lamplighter.testing import roles_of

GOLDEN = Path(__file__).parents[1] / "golden"
NOW = datetime(2026, 11, 22, tzinfo=UTC)
CONFIGS: dict[str, dict[str, object]] = {"prometheus": {"url": "http://127.0.0.1:9"}}


def built() -> list[SignalSource]:
    return [role for name in BUILT_IN for role in roles_of(name, CONFIGS.get(name), NOW).sources]


SOURCES = built()
BODIES = [
    (source, path)
    for source in SOURCES
    for path in sorted((GOLDEN / source.name).glob("*.json"))
    if not path.name.startswith("api_")
]
every_source = pytest.mark.parametrize("source", SOURCES, ids=[source.name for source in SOURCES])


def test_there_are_sources_and_each_has_recorded_payloads() -> None:
    assert {source.name for source in SOURCES} == {source.name for source, _ in BODIES} != set()


@pytest.mark.parametrize(("source", "path"), BODIES, ids=[path.name for _, path in BODIES])
def test_a_recorded_body_is_read_whole(source: SignalSource, path: Path) -> None:
    payload = path.read_bytes()
    sent = json.loads(payload)
    delivery = source.parse(payload, {})
    assert len(delivery.alerts) == len(sent["alerts"])
    assert delivery.bad == ()
    assert delivery.truncated_count == sent.get("truncatedAlerts", 0)
    for alert, wire in zip(delivery.alerts, sent["alerts"], strict=True):
        assert alert.source == source.name
        assert alert.status.value == wire["status"]
        assert alert.labels == wire["labels"]
        assert alert.annotations == wire["annotations"]
        assert alert.starts_at.utcoffset() == timedelta(0)
        assert (alert.ends_at is None) == (alert.status is AlertStatus.FIRING)
    assert source.parse(payload, {}) == delivery


@every_source
@pytest.mark.parametrize(
    "rubbish",
    [b"", b" \n", b"\xff\xfe\x00", b"{", b"null", b"[]", b"1", b'"x"', b"{}{}", b'{"alerts":{}}', b"[" * 100_000],
)
def test_rubbish_is_refused_with_the_key_that_is_wrong(source: SignalSource, rubbish: bytes) -> None:
    with pytest.raises(BadSignal) as caught:
        source.parse(rubbish, {})
    assert caught.value.key
    assert caught.value.problem
    assert caught.value.fix


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


def checked(source: SignalSource, payload: bytes) -> Delivery | None:
    try:
        return source.parse(payload, {})
    except BadSignal:
        return None


@every_source
@given(payload=st.binary(max_size=200))
def test_no_bytes_raise_anything_else(source: SignalSource, payload: bytes) -> None:
    delivery = checked(source, payload)
    assert delivery is None or isinstance(delivery, Delivery)


@every_source
@settings(deadline=None)
@given(body=likely_bodies)
def test_every_alert_of_a_body_that_is_taken_is_good_or_bad(source: SignalSource, body: dict[str, Any]) -> None:
    delivery = checked(source, json.dumps(body).encode("utf-8", "surrogatepass"))
    if delivery is None:
        return
    assert len(delivery.alerts) + len(delivery.bad) == len(body["alerts"])
    for alert in delivery.alerts:
        shown = "".join((*alert.labels.values(), *alert.annotations.values()))
        assert shown.encode("utf-8").count(b"\x00") == 0
        assert alert.starts_at <= NOW + timedelta(days=1)
    assert all(bad.reason.startswith("alerts[") for bad in delivery.bad)
