from __future__ import annotations

import json
from typing import Any

import pytest

from lamplighter.domain.topology import Component, Edge
from lamplighter.integrations.kubernetes.events import is_about, told_events, when

WEB = Component("kubernetes", "deployment", "web", "u", group="shop", edges=(Edge("web", "odd-name", "contains"),))


def event(name: str, kind: str = "Warning", **times: object) -> dict[str, Any]:
    return {"involvedObject": {"name": name}, "type": kind, "reason": "BackOff", **times}


@pytest.mark.parametrize("name", ["web", "web-5d4f8c7b9d", "web-5d4f8c7b9d-x2x7k", "web-0", "odd-name"])
def test_its_pods_and_replica_sets_are_its_own(name: str) -> None:
    assert is_about(event(name), WEB)


@pytest.mark.parametrize("name", ["", "webs", "web-api-gateway-1", "store-0", "my-web"])
def test_others_are_not(name: str) -> None:
    assert not is_about(event(name), WEB)


def test_an_events_time_is_when_it_was_last_seen() -> None:
    assert when(event("web", series={"lastObservedTime": "c"}, lastTimestamp="a")) == "c"
    assert when(event("web", lastTimestamp=None, eventTime="b")) == "b"
    assert when(event("web")) == ""


def test_what_is_normal_elsewhere_is_left_out() -> None:
    events = [
        event("store-0", "Normal"),
        event("store-0", lastTimestamp="2"),
        event("web-0", "Normal", lastTimestamp="1"),
    ]
    content, truncated = told_events(events, WEB)
    assert [one["involvedObject"]["name"] for one in json.loads(content)["items"]] == ["web-0", "store-0"]
    assert truncated is False
