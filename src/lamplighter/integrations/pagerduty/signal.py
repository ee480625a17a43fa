"""Reads an event of PagerDuty's Events API v2 into a delivery. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime

from lamplighter.domain.alert import Alert, AlertStatus, Delivery
from lamplighter.domain.reception import Unfit, as_signal, made, map_at, read_object, text_at, text_of, time_at

SOURCE = "pagerduty"
EVENT_BYTES_MAX = 512 * 1024
DETAILS_MAX = 50
FIX = "Send an event of the Events API v2: event_action, dedup_key and payload with summary, source and severity"
ACTIONS = {"trigger": AlertStatus.FIRING, "resolve": AlertStatus.RESOLVED}
_IDENTITY = ("source", "component", "group", "class", "summary")


class PagerdutySource:
    """Source `pagerduty`. `now` gives wall time in UTC, for events that bear no timestamp."""

    name = SOURCE

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    def parse(self, payload: bytes, _headers: Mapping[str, str]) -> Delivery:
        """One alert; none for `acknowledge`, because who works on it is settled here. Raises `BadSignal`."""
        body = read_object(payload, FIX)
        try:
            return _delivery(body, self._now())
        except Unfit as problem:
            raise as_signal(problem, FIX) from problem


def _delivery(body: Mapping[str, object], now: datetime) -> Delivery:
    action = text_at(body, "event_action")
    if action == "acknowledge":
        text_at(body, "dedup_key")
        return Delivery()
    if action not in ACTIONS:
        raise Unfit("event_action", f"{action[:40]!r} is none of trigger, acknowledge, resolve")
    return Delivery((_alert(body, ACTIONS[action], now),))


def _alert(body: Mapping[str, object], status: AlertStatus, now: datetime) -> Alert:
    key = text_at(body, "dedup_key", "")
    payload = map_at(body, "payload")
    firing = status is AlertStatus.FIRING
    if not firing and not key:
        raise Unfit("dedup_key", "is missing, so nothing says what is resolved")
    if firing:
        for name in ("summary", "source", "severity"):
            text_at(payload, name, place="payload.")
    facts = {name: text_at(payload, name, "", "payload.") for name in (*_IDENTITY, "severity")}
    starts_at = time_at("payload.timestamp", payload["timestamp"]) if payload.get("timestamp") else now
    identity = key or "\n".join(facts[name] for name in _IDENTITY)
    return made(
        SOURCE,
        now,
        status=status,
        labels=_labels(facts, key),
        annotations=_annotations(body, payload, facts["summary"]),
        starts_at=starts_at,
        ends_at=None if firing else starts_at,
        fingerprint=hashlib.sha256(identity.encode("utf-8", "replace")).hexdigest()[:16],
        generator_url=text_at(body, "client_url", ""),
    )


def _labels(facts: Mapping[str, str], key: str) -> dict[str, str]:
    found = {
        "alertname": facts["class"] or facts["summary"] or key,
        "severity": facts["severity"],
        "instance": facts["source"],
        "component": facts["component"],
        "group": facts["group"],
        "dedup_key": key,
    }
    return {name: value for name, value in found.items() if value}


def _annotations(body: Mapping[str, object], payload: Mapping[str, object], summary: str) -> dict[str, str]:
    details = payload.get("custom_details")
    shown = details if isinstance(details, dict) else {"details": details} if details else {}
    notes = {
        f"detail_{name}"[:200]: text_of(value) for name, value in list(shown.items())[:DETAILS_MAX] if name.strip()
    }
    links = body.get("links")
    for number, item in enumerate(links[:3] if isinstance(links, list) else ()):
        if isinstance(item, dict):
            notes[f"link_{number + 1}"] = f"{text_of(item.get('text'))} {text_of(item.get('href'))}".strip()
    return {**notes, **({"summary": summary} if summary else {})}
