from __future__ import annotations

import json
from typing import Any

import pytest

from lamplighter.domain.alert import AlertStatus, BadSignal, Delivery
from lamplighter.integrations.webhook.mapping import Mapping
from lamplighter.integrations.webhook.signal import MappedSource
from lamplighter.testing import NOON

WRITTEN = {
    "alerts": "events[]",
    "name": "what",
    "status": "state",
    "severity": "level",
    "component": "host.name",
    "labels": {"room": "host.room"},
    "severities": {"Disaster": "critical"},
    "firing": ["PROBLEM"],
    "resolved": ["fine"],
}
EVENT = {"what": "DiskFull", "state": "problem", "level": "disaster", "host": {"name": "nas", "room": "cellar"}}


def read(*events: object, **mapping: Any) -> Delivery:  # noqa: ANN401 - parts of a mapping
    source = MappedSource("garden", Mapping.model_validate({**WRITTEN, **mapping}), lambda: NOON)
    return source.parse(json.dumps({"events": events}).encode(), {})


def test_words_are_read_whatever_their_case() -> None:
    alert = read(EVENT).alerts[0]
    assert (alert.source, alert.name, alert.severity) == ("garden", "DiskFull", "critical")
    assert alert.labels["component"] == "nas"
    assert alert.labels["room"] == "cellar"
    assert read({**EVENT, "state": "FINE"}).alerts[0].status is AlertStatus.RESOLVED


def test_the_end_is_the_same_trouble_and_severity_does_not_make_another() -> None:
    over = read({**EVENT, "state": "fine", "level": "low"}).alerts[0]
    assert over.trouble == read(EVENT).alerts[0].trouble
    assert read({**EVENT, "host": {"name": "nas2"}}).alerts[0].trouble != over.trouble


def test_one_object_is_one_alert_without_an_expression_for_the_list() -> None:
    source = MappedSource("one", Mapping(name="what"), lambda: NOON)
    alert = source.parse(json.dumps(EVENT).encode(), {}).alerts[0]
    assert alert.status is AlertStatus.FIRING
    assert alert.severity == "warning"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"what": None}, "alerts[1].name: what finds nothing"),
        ({"state": "perhaps"}, "alerts[1].status: 'perhaps' is among the words neither"),
        ({"state": None}, "alerts[1].status: ''"),
    ],
)
def test_a_bad_alert_costs_only_itself(changes: dict[str, object], words: str) -> None:
    delivery = read(EVENT, {**EVENT, **changes}, EVENT)
    assert len(delivery.alerts) == 2
    assert delivery.bad[0].reason.startswith(words)


def test_an_expression_that_fails_is_told_with_its_place() -> None:
    reason = read(EVENT, summary="join(what, host)").bad[0].reason
    assert reason.startswith("alerts[0].summary: join(what, host): ")


@pytest.mark.parametrize(("expression", "words"), [("nothing", "is missing"), ("length(events[0].level.x)", "alerts")])
def test_a_body_without_the_list_is_refused(expression: str, words: str) -> None:
    with pytest.raises(BadSignal, match=words):
        read(EVENT, alerts=expression)
