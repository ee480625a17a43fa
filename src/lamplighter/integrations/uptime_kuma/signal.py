"""Reads Uptime Kuma's webhook (content type JSON) into a delivery: heartbeats and notices about certificates. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from urllib.parse import urlsplit

from lamplighter.domain.alert import Alert, AlertStatus, Delivery, fingerprint_of
from lamplighter.domain.reception import Unfit, as_signal, made, map_at, read_object, text_at, text_of, time_at

SOURCE = "uptime_kuma"
TAGS_MAX = 50
DOWN, UP, PENDING, MAINTENANCE = range(4)
DAYS_URGENT = 7
_FIX = "Send Uptime Kuma's webhook with the content type application/json and no custom body"
_EXPIRES = re.compile(
    r"\[(?P<name>[^\]\n]{1,200})\](?:\[(?P<url>[^\]\n]{0,2000})\])?[^\n]{0,400}?will expire in (?P<days>-?\d{1,5}) days"
)
_HOST = re.compile(r"[A-Za-z0-9.:_-]{1,253}")


class UptimeKumaSource:
    """Source `uptime_kuma`. `now` gives wall time in UTC, for notices that bear no time."""

    name = SOURCE

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    def parse(self, payload: bytes, _headers: Mapping[str, str]) -> Delivery:
        """At most one alert; none for maintenance and for the test button. Raises `BadSignal`."""
        body = read_object(payload, _FIX)
        try:
            alert = self._beat(body) if body.get("heartbeat") is not None else self._notice(text_at(body, "msg"))
        except Unfit as problem:
            raise as_signal(problem, _FIX) from problem
        return Delivery((alert,) if alert else ())

    def _beat(self, body: Mapping[str, object]) -> Alert | None:
        beat, monitor = map_at(body, "heartbeat"), map_at(body, "monitor")
        status = beat.get("status")
        if not isinstance(status, int) or isinstance(status, bool) or status not in range(4):
            raise Unfit(
                "heartbeat.status", f"{text_of(status)[:40]!r} is none of 0 down, 1 up, 2 pending, 3 maintenance"
            )
        if status == MAINTENANCE:
            return None
        name = text_at(monitor, "name", place="monitor.").strip()
        identity = monitor.get("id", beat.get("monitorID"))
        # Kuma's times are UTC and do not say so.
        at = time_at("heartbeat.time", beat["time"]) if beat.get("time") else self._now()
        labels = {**_tags(monitor), "alertname": "UptimeKumaDown", "monitor": name}
        labels.setdefault("service", name)
        labels.setdefault("severity", "critical")
        if status == PENDING:
            labels["severity"] = "info"
        host = _host(monitor)
        if host:
            labels.setdefault("instance", host)
        said = text_of(beat.get("msg")) or text_of(body.get("msg"))
        return made(
            SOURCE,
            self._now(),
            status=AlertStatus.RESOLVED if status == UP else AlertStatus.FIRING,
            labels={key: value for key, value in labels.items() if value},
            annotations={"summary": f"{name} is {('down', 'up', 'pending')[status]}", "description": said},
            starts_at=at,
            ends_at=at if status == UP else None,
            fingerprint=fingerprint_of({"monitor": text_of(identity) or name}),
            generator_url=text_of(monitor.get("url")),
        )

    def _notice(self, words: str) -> Alert | None:
        """A certificate or a domain that runs out; None for what else comes without a heartbeat, such as a test."""
        found = _EXPIRES.search(words)
        if found is None:
            return None
        now = self._now()
        urgent = int(found["days"]) <= DAYS_URGENT
        name = found["name"].strip()
        labels = {
            "alertname": "UptimeKumaExpiry",
            "monitor": name,
            "service": name,
            "severity": "critical" if urgent else "warning",
        }
        return made(
            SOURCE,
            now,
            status=AlertStatus.FIRING,
            labels={key: value for key, value in labels.items() if value},
            annotations={"summary": words},
            starts_at=now,
            fingerprint=fingerprint_of({"expiry": name, "url": found["url"] or ""}),
        )


def _tags(monitor: Mapping[str, object]) -> dict[str, str]:
    tags = monitor.get("tags")
    found: dict[str, str] = {}
    for tag in tags[:TAGS_MAX] if isinstance(tags, list) else ():
        if isinstance(tag, dict) and isinstance(tag.get("name"), str) and tag["name"].strip():
            found[tag["name"].strip().lower()] = text_of(tag.get("value"))
    return found


def _host(monitor: Mapping[str, object]) -> str:
    host = text_of(monitor.get("hostname"))
    if not host:
        try:
            host = urlsplit(text_of(monitor.get("url"))).hostname or ""
        except ValueError:
            return ""
    port = monitor.get("port")
    whole = f"{host}:{port}" if host and isinstance(port, int) and not isinstance(port, bool) else host
    return whole if _HOST.fullmatch(whole) else ""
