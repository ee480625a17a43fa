"""Reads any JSON into a delivery, as a mapping says. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from collections.abc import Mapping as Headers
from datetime import datetime

import jmespath
from jmespath.exceptions import JMESPathError

from lamplighter.domain.alert import SEVERITY_SYNONYMS, Alert, AlertStatus, BadSignal, Delivery
from lamplighter.domain.reception import Unfit, bounded_list, made, read_json, taken, text_of, time_at
from lamplighter.integrations.webhook.mapping import Mapping

_FIX = "Compare the body with the mapping under sources.webhook; ?dry_run=1 shows how it is read"
_IDENTITY_LEFT_OUT = frozenset({"severity"})


class MappedSource:
    """One mapping as a source of its own name. `now` gives wall time in UTC, for alerts that bear no start."""

    def __init__(self, name: str, mapping: Mapping, now: Callable[[], datetime]) -> None:
        self.name = name
        self._mapping = mapping
        self._now = now
        self._firing = {word.strip().lower() for word in mapping.firing}
        self._resolved = {word.strip().lower() for word in mapping.resolved}

    def parse(self, payload: bytes, _headers: Headers[str, str]) -> Delivery:
        """The alerts that `alerts` finds; single bad ones go to `Delivery.bad`. Raises `BadSignal`."""
        body = read_json(payload, _FIX)
        if not isinstance(body, dict | list):
            raise BadSignal("body", "is neither an object nor a list", _FIX)
        try:
            found = jmespath.search(self._mapping.alerts, body)
        except (JMESPathError, RecursionError) as problem:
            raise BadSignal("alerts", f"{self._mapping.alerts}: {_words(problem)}", _FIX) from problem
        items = bounded_list(found if isinstance(found, list) or found is None else [found], "alerts", _FIX)
        return taken(items, self._alert)

    def _alert(self, item: object) -> Alert:
        mapping, now = self._mapping, self._now()
        name = self._text("name", mapping.name, item)
        if not name.strip():
            raise Unfit("name", f"{mapping.name} finds nothing")
        status = self._status(item)
        over = status is AlertStatus.RESOLVED
        labels = {key: self._text(f"labels.{key}", one, item) for key, one in mapping.labels.items()}
        labels |= {"alertname": name, "severity": self._severity(item)}
        labels |= {"component": self._text("component", mapping.component, item)}
        notes = {key: self._text(f"annotations.{key}", one, item) for key, one in mapping.annotations.items()}
        notes |= {"summary": self._text("summary", mapping.summary, item)}
        notes |= {"description": self._text("description", mapping.description, item)}
        starts_at = self._time("starts_at", mapping.starts_at, item) or now
        ends_at = self._time("ends_at", mapping.ends_at, item)
        identity = self._text("fingerprint", mapping.fingerprint, item) or _identity(labels)
        return made(
            self.name,
            now,
            status=status,
            labels={key: value for key, value in labels.items() if value},
            annotations={key: value for key, value in notes.items() if value},
            starts_at=starts_at,
            ends_at=(ends_at or max(now, starts_at)) if over else None,
            fingerprint=hashlib.sha256(identity.encode("utf-8", "replace")).hexdigest()[:16],
            generator_url=self._text("url", mapping.url, item),
        )

    def _status(self, item: object) -> AlertStatus:
        if self._mapping.status is None:
            return AlertStatus.FIRING
        word = self._text("status", self._mapping.status, item).strip().lower()
        if word in self._firing:
            return AlertStatus.FIRING
        if word in self._resolved:
            return AlertStatus.RESOLVED
        raise Unfit("status", f"{word[:40]!r} is among the words neither of firing nor of resolved")

    def _severity(self, item: object) -> str:
        word = self._text("severity", self._mapping.severity, item).strip()
        lowered = {key.lower(): value for key, value in self._mapping.severities.items()}
        return lowered.get(word.lower()) or SEVERITY_SYNONYMS.get(word.lower(), "warning")

    def _time(self, key: str, expression: str | None, item: object) -> datetime | None:
        value = self._found(key, expression, item)
        return None if value is None or value == "" else time_at(key, value)

    def _text(self, key: str, expression: str | None, item: object) -> str:
        return text_of(self._found(key, expression, item))

    def _found(self, key: str, expression: str | None, item: object) -> object:
        if expression is None:
            return None
        try:
            found: object = jmespath.search(expression, item)
        except (JMESPathError, RecursionError) as problem:
            raise Unfit(key, f"{expression}: {_words(problem)}") from problem
        return found


def _identity(labels: dict[str, str]) -> str:
    """What tells one trouble from another where the mapping names no fingerprint."""
    return "\n".join(f"{key}={labels[key]}" for key in sorted(labels) if key not in _IDENTITY_LEFT_OUT)


def _words(problem: Exception) -> str:
    return " ".join(str(problem).split())[:200]
