"""Reads `{log, service, severity?}` into one alert; the same kind of line of a service is the same trouble. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from lamplighter.domain.alert import SEVERITY_SYNONYMS, Alert, AlertStatus, Delivery, fingerprint_of
from lamplighter.domain.reception import Unfit, as_signal, made, read_object, text_at, texts_at
from lamplighter.domain.sameness import template

SOURCE = "manual"
LOG_CHARS_MAX = 65_536
SERVICE_CHARS_MAX = 253
SUMMARY_CHARS_MAX = 200
TEMPLATE_CHARS_MAX = 2_000
_FIX = 'Send {"log": "what went wrong", "service": "which service"} and, if you like, "severity"'


class ManualSource:
    """Source `manual`. `now` gives wall time in UTC: the trouble begins when it is reported."""

    name = SOURCE

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    def parse(self, payload: bytes, _headers: Mapping[str, str]) -> Delivery:
        """One alert. Raises `BadSignal` with the key that is wrong."""
        body = read_object(payload, _FIX)
        try:
            return Delivery((_alert(body, self._now()),))
        except Unfit as problem:
            raise as_signal(problem, _FIX) from problem


def _alert(body: Mapping[str, object], now: datetime) -> Alert:
    log, service = _filled(body, "log", LOG_CHARS_MAX), _filled(body, "service", SERVICE_CHARS_MAX)
    severity = text_at(body, "severity", "warning").strip().lower()
    if severity not in SEVERITY_SYNONYMS:
        raise Unfit("severity", f"{severity[:40]!r} is none of critical, warning, info, none")
    status = text_at(body, "status", "firing")
    if status not in {"firing", "resolved"}:
        raise Unfit("status", f"{status[:40]!r} is neither firing nor resolved")
    line = next((part.strip() for part in log.splitlines() if part.strip()), log)
    return made(
        SOURCE,
        now,
        status=AlertStatus(status),
        labels={**texts_at(body, "labels"), "service": service, "severity": severity},
        annotations={"summary": line[:SUMMARY_CHARS_MAX], "log": log},
        starts_at=now,
        ends_at=now if status == "resolved" else None,
        fingerprint=fingerprint_of({"service": service, "template": template(line[:TEMPLATE_CHARS_MAX])}),
    )


def _filled(body: Mapping[str, object], key: str, chars_max: int) -> str:
    text = text_at(body, key)
    if not text.strip():
        raise Unfit(key, "is empty")
    if len(text) > chars_max:
        raise Unfit(key, f"holds {len(text)} characters, more than {chars_max}")
    return text.strip()
