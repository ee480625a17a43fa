from __future__ import annotations

import base64
import json

import pytest

from lamplighter.domain.alert import Alert, AlertStatus, BadSignal
from lamplighter.integrations.cloudevents.signal import CloudeventsSource
from lamplighter.testing import NOON

SOURCE = CloudeventsSource(lambda: NOON)
EVENT = {"specversion": "1.0", "id": "1", "source": "/nas", "type": "org.example.disk.full", "subject": "sda"}


def read(**changes: object) -> Alert:
    return SOURCE.parse(json.dumps({**EVENT, **changes}).encode(), {}).alerts[0]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, AlertStatus.FIRING),
        ({"type": "org.example.disk.full.resolved"}, AlertStatus.RESOLVED),
        ({"type": "org.example.disk.full.recovered.v2"}, AlertStatus.RESOLVED),
        ({"type": "org.example.disk.full.firing"}, AlertStatus.FIRING),
        ({"data": {"status": "OK"}}, AlertStatus.RESOLVED),
        ({"data": {"state": "alerting"}}, AlertStatus.FIRING),
        ({"type": "org.example.disk.full.resolved", "data": {"status": "firing"}}, AlertStatus.FIRING),
    ],
)
def test_beginning_and_end_are_one_trouble(changes: dict[str, object], status: AlertStatus) -> None:
    assert read(**changes).status is status
    assert read(**changes).trouble == read().trouble


@pytest.mark.parametrize("changes", [{"subject": "sdb"}, {"source": "/nas2"}, {"type": "org.example.disk.slow"}])
def test_another_subject_source_or_type_is_another_trouble(changes: dict[str, object]) -> None:
    assert read(**changes).trouble != read().trouble


def test_the_data_says_what_is_the_matter() -> None:
    data = {"severity": "sev1", "summary": "full", "component": "nas", "labels": {"disk": "sda", "size": 4}}
    alert = read(data=data)
    assert alert.severity == "critical"
    assert (alert.labels["component"], alert.labels["disk"], alert.labels["size"]) == ("nas", "sda", "4")
    assert read(data="just words").annotations["description"] == "just words"
    encoded = base64.b64encode(json.dumps(data).encode()).decode()
    assert read(data_base64=encoded).annotations["summary"] == "full"


def test_a_binary_event_has_its_attributes_in_the_headers() -> None:
    headers = {f"CE-{name}": value for name, value in EVENT.items()}
    structured = read(data={"severity": "info"})
    binary = SOURCE.parse(b'{"severity": "info"}', {**headers, "Content-Type": "application/json"}).alerts[0]
    assert binary == structured
    plain = SOURCE.parse(b"no space left", {**headers, "Content-Type": "text/plain"}).alerts[0]
    assert plain.annotations["description"] == "no space left"


def test_in_a_batch_a_bad_event_costs_only_itself() -> None:
    batch = [EVENT, {**EVENT, "id": ""}, "x", {**EVENT, "subject": "sdb"}]
    delivery = SOURCE.parse(json.dumps(batch).encode(), {})
    assert len(delivery.alerts) == 2
    assert [bad.reason for bad in delivery.bad] == [
        "events[1].id: is missing",
        "events[2]: must be an event, and is text",
    ]


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"specversion": "0.3"}, "specversion"),
        ({"specversion": None}, "specversion"),
        ({"id": None}, "id"),
        ({"source": ""}, "source"),
        ({"type": 3}, "type"),
        ({"time": "soon"}, "time"),
        ({"data": {"status": "perhaps"}}, "data.status"),
        ({"data": {"labels": []}}, "data.labels"),
        ({"data_base64": "***"}, "data_base64"),
        ({"type": "lamplighter.incident.resolved.v1"}, "type"),
    ],
)
def test_an_event_that_cannot_be_read_names_the_key(changes: dict[str, object], key: str) -> None:
    with pytest.raises(BadSignal) as caught:
        read(**changes)
    assert caught.value.key == key
