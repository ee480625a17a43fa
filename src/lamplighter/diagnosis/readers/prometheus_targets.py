"""Reads the targets that Prometheus scrapes: which it cannot, and whether what it asked answered all the same."""

from __future__ import annotations

import re
from datetime import timedelta

from lamplighter.diagnosis.readers.alertmanager import component_of
from lamplighter.diagnosis.readers.document import Unreadable, at, decoded, items, text
from lamplighter.diagnosis.readers.draft import draft, known, owner, shown
from lamplighter.diagnosis.readers.instants import instant
from lamplighter.domain.evidence import Evidence, Fact

TARGETS_MAX = 50
STALE_AFTER_SCRAPES = 5
STALE_AFTER_MIN = timedelta(minutes=1)
_STATUS = re.compile(r"server returned HTTP status (\d{3})")
_LENGTH = re.compile(r"(\d{1,6})(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400}
# In the words of a probe where one says the same; the last ones are said of an answer that was not understood.
_ERRORS = (
    ("refused", re.compile(r"(?i)connection refused")),
    ("dns", re.compile(r"(?i)no such host|server misbehaving|lookup .{1,200}: i/o timeout")),
    ("timeout", re.compile(r"(?i)deadline exceeded|timeout")),
    ("unreachable", re.compile(r"(?i)no route to host|(?:network|host) is (?:unreachable|down)")),
    ("tls", re.compile(r"(?i)x509:|tls:|server gave HTTP response to HTTPS client|certificate")),
    ("reset", re.compile(r"(?i)reset by peer|broken pipe|\bEOF$")),
    ("limit", re.compile(r"(?i)limit exceeded|body size")),
    ("format", re.compile(r"(?i)expected |invalid |unsupported |out of bounds|out of order|duplicate|content[- ]type")),
)
_ANSWERED = frozenset({"limit", "format", "unauthorized", "forbidden", "not_found", "http"})
_BY_STATUS = {401: "unauthorized", 403: "forbidden", 404: "not_found"}


def read_targets(evidence: Evidence) -> list[Fact]:
    """Facts `up` for targets that cannot be scraped, `target` for those that can. Raises `Unreadable`."""
    data = decoded(evidence.content)
    if text(data, "status") != "success":
        raise Unreadable(f"the API did not answer success: {shown(text(data, 'error')) or 'no reason given'}")
    return [
        _fact(evidence, target) for target in items(data, "data", "activeTargets")[:TARGETS_MAX] if at(target, "health")
    ]


def _fact(evidence: Evidence, target: object) -> Fact:
    component = owner(evidence) or component_of(at(target, "labels"))
    job, instance = shown(text(target, "labels", "job"), 120), shown(text(target, "labels", "instance"), 120)
    health, scraped = shown(text(target, "health"), 20), instant(text(target, "lastScrape"))
    about = known(health=health, job=job, target=instance or shown(text(target, "scrapeUrl"), 200))
    if health != "down":
        every = _seconds(text(target, "scrapeInterval"))
        allowed = max(STALE_AFTER_MIN, timedelta(seconds=every * STALE_AFTER_SCRAPES))
        stale = scraped is not None and evidence.at - scraped > allowed
        said = f"Prometheus {'scraped' if health == 'up' else 'has not scraped'} {component or instance}"
        said += f", last at {scraped:%Y-%m-%d %H:%M:%S} UTC" if scraped else ""
        return draft(evidence, "target", said, about | known(stale=stale), at=scraped, component=component)
    raw = text(target, "lastError")
    error, status = error_of(raw)
    values = about | known(up=0.0, error=error, status=status, last_error=shown(raw, 200), answers=error in _ANSWERED)
    said = f"Prometheus cannot scrape {component or instance} (job {job}): {shown(raw, 200) or 'no reason given'}"
    return draft(evidence, "up", said, values, at=scraped, component=component)


def error_of(raw: str) -> tuple[str, float | None]:
    """What kept a scrape from working, in one word, and the HTTP status where there was one."""
    found = _STATUS.search(raw[:2000])
    if found is not None:
        status = int(found[1])
        return _BY_STATUS.get(status, "http"), float(status)
    return next((word for word, pattern in _ERRORS if pattern.search(raw[:2000])), ""), None


def _seconds(length: str) -> float:
    return sum(int(count) * _SECONDS[unit] for count, unit in _LENGTH.findall(length[:40]))
