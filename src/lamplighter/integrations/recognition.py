"""Tells whose payload a body is by its keys, where it came without the name of its source. It parses nothing."""

from __future__ import annotations

import re

HEAD_BYTES_MAX = 64 * 1024
# Grafana sends Alertmanager's shape and adds its own keys; a label of that name would hold text, not a number.
_GRAFANA = re.compile(rb'"orgId"\s*:\s*\d')
_KEYS: tuple[tuple[str, tuple[bytes, ...]], ...] = (
    ("cloudwatch", (b'"TopicArn"', b'"Message"')),
    ("cloudwatch", (b'"detail-type"', b'"aws.cloudwatch"')),
    ("cloudwatch", (b'"AlarmName"', b'"NewStateValue"')),
    ("pagerduty", (b'"event_action"',)),
    ("cloudevents", (b'"specversion"',)),
    ("uptime_kuma", (b'"heartbeat"', b'"monitor"')),
    ("alertmanager", (b'"alerts"',)),
    ("manual", (b'"log"', b'"service"')),
)


def is_grafanas(payload: bytes) -> bool:
    """Whether a body of Alertmanager's shape was sent by Grafana."""
    return _GRAFANA.search(payload) is not None


def source_of(payload: bytes) -> str:
    """The source whose keys the body shows, empty where they tell nothing."""
    head = payload[:HEAD_BYTES_MAX]
    if b'"alerts"' in payload and is_grafanas(payload):
        return "grafana"
    return next((name for name, keys in _KEYS if all(key in head for key in keys)), "")
