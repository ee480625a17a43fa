"""Reads CloudEvents 1.0 into a delivery: structured, batch and binary. Pure."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from urllib.parse import unquote

from lamplighter.domain.alert import Alert, AlertStatus, Delivery, fingerprint_of
from lamplighter.domain.reception import (
    Unfit,
    as_signal,
    bounded_list,
    kind_of,
    made,
    map_at,
    read_json,
    read_object,
    taken,
    text_at,
    text_of,
    time_at,
)

SOURCE = "cloudevents"
OURS = "lamplighter."
_FIX = "Send CloudEvents 1.0 in JSON: specversion, id, source, type, and data with status, severity, summary, labels"
_ENDING = re.compile(
    r"[.:/_-](resolved?|recovered|recovery|ok|cleared|closed|up|firing|triggered|opened|down|v\d{1,3})$", re.IGNORECASE
)
_OVER = frozenset({"resolved", "resolve", "recovered", "recovery", "ok", "cleared", "closed", "up", "inactive"})
_ON = frozenset({"firing", "alerting", "triggered", "open", "opened", "active", "down", "critical", "problem", ""})
_ENDINGS_MAX = 3
_ATTRIBUTES = ("specversion", "id", "source", "type", "subject", "time", "datacontenttype")


class CloudeventsSource:
    """Source `cloudevents`. `now` gives wall time in UTC, for events that bear no time."""

    name = SOURCE

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    def parse(self, payload: bytes, headers: Mapping[str, str]) -> Delivery:
        """One alert for each event. In a batch a bad event costs only itself; alone it raises `BadSignal`."""
        if any(name.lower() == "ce-specversion" for name in headers):
            event = _binary(payload, headers)
        else:
            value = read_json(payload, _FIX)
            if isinstance(value, list):
                return taken(bounded_list(value, "body", _FIX), lambda item: _alert(item, self._now()), "events")
            event = read_object(payload, _FIX)
        try:
            return Delivery((_alert(event, self._now()),))
        except Unfit as problem:
            raise as_signal(problem, _FIX) from problem


def _binary(payload: bytes, headers: Mapping[str, str]) -> dict[str, object]:
    event: dict[str, object] = {
        name.lower()[3:]: unquote(value) for name, value in headers.items() if name.lower().startswith("ce-")
    }
    media = next((value for name, value in headers.items() if name.lower() == "content-type"), "application/json")
    if "json" in media.lower():
        event["data"] = read_json(payload, _FIX) if payload.strip() else None
    else:
        event["data"] = payload.decode("utf-8", "replace")
    return event


def _alert(event: object, now: datetime) -> Alert:
    if not isinstance(event, dict):
        raise Unfit("", f"must be an event, and is {kind_of(event)}")
    facts = {name: text_at(event, name, "") for name in _ATTRIBUTES}
    if facts["specversion"] != "1.0":
        raise Unfit("specversion", "is missing, or another than 1.0")
    for name in ("id", "source", "type"):
        if not facts[name].strip():
            raise Unfit(name, "is missing")
    if facts["type"].startswith(OURS):
        raise Unfit("type", "is one of Lamplighter's own messages, which would go round in a circle")
    data = _data(event)
    about, ending = _split(facts["type"])
    over = _is_over(data, ending)
    at = time_at("time", facts["time"]) if facts["time"] else now
    starts_at = time_at("data.startsAt", data["startsAt"]) if data.get("startsAt") else at
    identity = {"source": facts["source"], "subject": facts["subject"], "type": about}
    return made(
        SOURCE,
        now,
        status=AlertStatus.RESOLVED if over else AlertStatus.FIRING,
        labels=_labels(data, facts, about),
        annotations=_annotations(data, facts),
        starts_at=starts_at,
        ends_at=max(at, starts_at) if over else None,
        fingerprint=text_at(data, "fingerprint", "", "data.") or fingerprint_of(identity),
        generator_url=text_of(data.get("url")),
    )


def _data(event: Mapping[str, object]) -> dict[str, object]:
    """The event's data as an object; other JSON becomes its description."""
    value = event.get("data")
    encoded = event.get("data_base64")
    if value is None and isinstance(encoded, str):
        try:
            value = read_json(base64.b64decode(encoded, validate=True), _FIX)
        except (binascii.Error, ValueError) as problem:
            raise Unfit("data_base64", "does not hold JSON in base64") from problem
    if isinstance(value, dict):
        return value
    return {} if value is None else {"description": value}


def _split(kind: str) -> tuple[str, str]:
    """What the event is about, and the word at its type's end that says whether it begins or ends."""
    word = ""
    for _ in range(_ENDINGS_MAX):
        found = _ENDING.search(kind)
        if found is None:
            break
        kind = kind[: found.start()]
        word = word or ("" if found[1].lower().startswith("v") else found[1].lower())
    return kind, word


def _is_over(data: Mapping[str, object], ending: str) -> bool:
    said = data.get("status", data.get("state"))
    word = (said if isinstance(said, str) else ending).strip().lower()
    if isinstance(said, str) and word not in _OVER | _ON:
        raise Unfit("data.status", f"{word[:40]!r} says neither that it fires nor that it is over")
    return word in _OVER


def _labels(data: Mapping[str, object], facts: Mapping[str, str], about: str) -> dict[str, str]:
    given = {name: text_of(value) for name, value in map_at(data, "labels", "data.").items()}
    own = {
        "alertname": text_of(data.get("alertname") or data.get("name")) or about,
        "severity": text_of(data.get("severity")),
        "component": text_of(data.get("component") or data.get("service")),
        "event_source": facts["source"],
        "event_subject": facts["subject"],
    }
    return {**{name: value for name, value in own.items() if value}, **given}


def _annotations(data: Mapping[str, object], facts: Mapping[str, str]) -> dict[str, str]:
    given = {name: text_of(value) for name, value in map_at(data, "annotations", "data.").items()}
    own = {name: text_of(data.get(name)) for name in ("summary", "description")}
    own["event_id"] = facts["id"]
    return {**{name: value for name, value in own.items() if value}, **given}
