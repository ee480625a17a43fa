"""Reads what curl and other tools print about one request: the status, or how it failed."""

from __future__ import annotations

import re
from datetime import datetime

from lamplighter.diagnosis.readers.draft import Values, draft, known, owner, shown
from lamplighter.domain.evidence import Evidence, Fact

CONTENT_CHARS_MAX = 20_000
DETAIL_CHARS_MAX = 200
STATUS_CLIENT = 400.0
SLOW_SECONDS = 5.0
# curl's own numbers for what went wrong.
_EXITS = {
    "5": "dns",
    "6": "dns",
    "7": "refused",
    "28": "timeout",
    "35": "tls",
    "51": "tls",
    "52": "closed",
    "56": "reset",
    "60": "tls",
}
_EXIT = re.compile(r"curl: \((\d{1,2})\) (.{0,200})")
_STATUS = re.compile(
    r"(?m)^[<\s]{0,4}HTTP/\d(?:\.\d)? (\d{3})\b|\bhttp_code[=:\s]{1,3}\"?(\d{3})\b|^\s{0,4}(?:status"
    r"|code)[=:\s]{1,3}(\d{3})\b"
)
_ERRORS = (
    ("tls", re.compile(r"(?i)certificate|SSL routines|TLS handshake|ssl_error|x509|SEC_ERROR|ERR_CERT")),
    (
        "dns",
        re.compile(r"(?i)could not resolve|name or service not known|no such host|temporary failure in name|NXDOMAIN"),
    ),
    ("no_route", re.compile(r"(?i)no route to host|network is unreachable|host is unreachable|EHOSTUNREACH")),
    ("refused", re.compile(r"(?i)connection refused|ECONNREFUSED")),
    ("timeout", re.compile(r"(?i)timed? ?out|operation too slow|deadline exceeded")),
    ("reset", re.compile(r"(?i)connection reset|empty reply|ECONNRESET")),
)
_CONNECTED = re.compile(r"(?m)^\*? ?Connected to |\btime_connect[=:\s]{1,3}0?\.?\d*[1-9]")
_TIME = re.compile(
    r"(?i)(?:\btime_total|\btotal time|\belapsed|^real)\b[=:\s]{1,3}(?:(\d{1,3})m)?(\d{1,5}(?:\.\d{1,6})?)\s?(ms|s)?",
    re.MULTILINE,
)
_EXPIRED = re.compile(r"(?i)certificate (?:has |is )?expired|expired certificate|CERT_DATE_INVALID|EXPIRED")


def read_http_text(evidence: Evidence) -> list[Fact]:
    """One fact `probe`; the text of a page is not looked into, because anybody may write it."""
    content = evidence.content[:CONTENT_CHARS_MAX]
    exits = _EXIT.findall(content)
    status = _status(content)
    error = "" if status is not None and not exits else _error(content, exits)
    seconds = _seconds(content)
    if status is None and not error:
        return []
    state = "ok" if status is not None and not error and status < STATUS_CLIENT else "failing"
    detail = shown(exits[-1][1] if exits else _line(content, status), DETAIL_CHARS_MAX)
    values = known(
        probe="http",
        state=state,
        target=evidence.params.get("url", ""),
        connected=_CONNECTED.search(content) is not None or status is not None,
        status=status,
        error=error,
        certificate_expired=1.0 if error == "tls" and _EXPIRED.search(content) else None,
        seconds=seconds,
        slow=1.0 if seconds is not None and seconds >= SLOW_SECONDS else None,
    )
    return [_fact(evidence, values, detail, evidence.at)]


def _fact(evidence: Evidence, values: Values, detail: str, at: datetime) -> Fact:
    verdict = "is ok" if values["state"] == "ok" else "fails"
    seconds = values.get("seconds")
    took = f", {seconds:.2f} s" if isinstance(seconds, float) else ""
    target = evidence.params.get("url", "") or owner(evidence)
    return draft(evidence, "probe", f"http probe of {target} {verdict}: {detail}{took}", values, at=at)


def _status(content: str) -> float | None:
    """The last status, because redirects come before the answer that counts."""
    found = _STATUS.findall(content)
    said = next((part for part in found[-1] if part), "") if found else ""
    return float(said) if said and said != "000" else None


def _error(content: str, exits: list[tuple[str, str]]) -> str:
    text = "\n".join(line for line in content.splitlines() if not line.lstrip().startswith("<"))
    if exits and _EXITS.get(exits[-1][0]) in {"dns", "timeout", "tls"}:
        return _EXITS[exits[-1][0]]
    worded = next((name for name, pattern in _ERRORS if pattern.search(text)), "")
    return worded or (_EXITS.get(exits[-1][0], "closed") if exits else "")


def _line(content: str, status: float | None) -> str:
    lines = [line.strip() for line in content.splitlines() if line.strip()]
    code = f"{status:.0f}" if status is not None else ""
    told = [line for line in lines if code and code in line] or [
        line for line in lines if any(pattern.search(line) for _, pattern in _ERRORS)
    ]
    return (told or lines or [""])[0]


def _seconds(content: str) -> float | None:
    found = _TIME.search(content)
    if found is None:
        return None
    seconds = float(found[2]) + 60.0 * float(found[1] or 0)
    return seconds / 1000.0 if found[3] == "ms" else seconds
