"""Reads the kubelet's words about a probe that failed: which probe, against which port, and in which way."""

from __future__ import annotations

import re

from lamplighter.diagnosis.readers.draft import Values, known

_FAILED = re.compile(r"(?i)\b(liveness|readiness|startup) probe (?:failed|errored)")
_URL = re.compile(r"(?i)\"?(https?)://(\[[0-9a-f:]{2,45}\]|[\w.-]{1,253})(?::(\d{1,5}))?(/[^\s\"\\]{0,300})?")
_DIAL = re.compile(r"dial tcp4? (?:\[[0-9a-f:]{2,45}\]|[\w.-]{1,253}):(\d{1,5})|address \"?\S{1,253}:(\d{1,5})\"?")
_STATUS = re.compile(r"(?i)statuscode: ?(\d{3})")
_ERRORS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "protocol",
        re.compile(
            r"(?i)malformed HTTP|server gave HTTP response to HTTPS client|first record does not look like a TLS han"
            r"dshake"
            r"|tls: (?:handshake failure|unsupported|oversized|protocol version)|wrong version number"
            r"|(?:HTTP request to an HTTPS server|plain HTTP request was sent to HTTPS port)"
            r"|unexpected HTTP/|http2?: .{0,40}(?:frame|preface)"
            r"|does not implement the grpc health protocol|transport: .{0,80}(?:handshake"
            r"|http2|preface|settings)|invalid (?:http|method|header)"
            r"|received unexpected|net/http: HTTP/1\.x transport connection broken"
        ),
    ),
    (
        "refused",
        re.compile(r"(?i)connection refused|connectex: No connection|failed to connect service .{0,120}within"),
    ),
    ("timeout", re.compile(r"(?i)context deadline exceeded|Client\.Timeout|i/o timeout|timed? ?out|timeout: ")),
    ("no_route", re.compile(r"(?i)no route to host|network is unreachable")),
    ("cut", re.compile(r"(?i)connection reset by peer|: EOF\b|unexpected EOF|broken pipe|server closed")),
    ("certificate", re.compile(r"(?i)x509:|certificate")),
    ("status", re.compile(r"(?i)statuscode: ?\d{3}|NOT_SERVING|service unhealthy")),
)


def probe_values(message: str) -> Values:
    """What a message about a failed probe tells; nothing where it is none."""
    said = message[:1_500]
    failed = _FAILED.search(said)
    if failed is None:
        return {}
    error = next((name for name, pattern in _ERRORS if pattern.search(said)), "command")
    url, dial, status = _URL.search(said), _DIAL.search(said), _STATUS.search(said)
    port = (dial[1] or dial[2]) if dial else url[3] if url else None
    return known(
        probe=failed[1].lower(),
        error=error,
        scheme=url[1].lower() if url else None,
        path=url[4] if url else None,
        port=float(port) if port else None,
        code=float(status[1]) if status else None,
    )
