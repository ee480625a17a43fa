"""What programs themselves say of the network in their logs: on which port they listen, and whom they cannot reach."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

LINES_MAX = 3_000
LINE_CHARS_MAX = 800
_LISTENS = re.compile(
    r"(?i)(?:listen(?:ing|s)?|serving|server (?:is )?(?:up|ready|running|started"
    r"|at)|started|starting|running|bound|accepting connections)\b"
    r".{0,80}?(?:\b(tcp|udp|https?|grpcs?)\b.{0,30}?)?"
    r"(?:(?:0\.0\.0\.0|\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:]{2,40}\]|localhost"
    r"|\*|:::?|(?<![\w\])])):|\bport(?:\(s\))?[=: ]{1,3}\"?|\bport \")"
    r"(\d{2,5})\b(?![.:]\d)"
)
_NOT_LISTENING = re.compile(
    r"(?i)refused|fail|error|unable|cannot|could not|connect(?:ing|ed) to|timed? ?out"
    r"|no such host|already in use|upstream|retry|waiting"
)
_LOOPBACK = re.compile(r"(?:127\.0\.0\.1|localhost|\[::1\]):\d{2,5}")
_DNS = re.compile(
    r"(?i)(?:lookup|ENOTFOUND|EAI_AGAIN|bad address|UnknownHostException:?|translate host name"
    r"|resolve host(?:name)?:?|could not resolve(?: host)?:?"
    r"|host not found(?: in upstream)?:?|NXDOMAIN for|resolve|unknown host|unknown MySQL server host"
    r"|Name or service not known:?|failed to resolve) "
    r"{0,2}[\"'`(]{0,2}([a-z][\w.-]{1,200}[\w])"
)
_TARGET = re.compile(
    r"(?:\b[a-z][a-z0-9+.-]{1,20}://)?(?:[\w.-]{1,60}:[^@\s]{1,60}@)?\b([a-zA-Z0-9][\w.-]{0,200}):(\d{2,5})\b"
)
_ADDRESS_PORT = re.compile(
    r"(?i)(?:connection to|connect to|server (?:at|running on host)|host|reach) \"?([a-z][\w.-]{1,200})\"?.{0,60}"
    r"?\bport \"?(\d{2,5})"
)
_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "dns",
        re.compile(
            r"(?i)no such host|ENOTFOUND|EAI_AGAIN|bad address|UnknownHost|could not translate host"
            r"|could not resolve|NXDOMAIN"
            r"|name or service not known|temporary failure in name resolution|host not found"
            r"|server misbehaving|unknown (?:MySQL server )?host|failed to resolve"
        ),
    ),
    (
        "refused",
        re.compile(
            r"(?i)connection refused|ECONNREFUSED|refused the connection|actively refused|\(111\b|connect error 111"
        ),
    ),
    (
        "timeout",
        re.compile(
            r"(?i)i/o timeout|timed? ?out|ETIMEDOUT|deadline exceeded|no route to host"
            r"|EHOSTUNREACH|host is unreachable|network is unreachable|\(110\b"
        ),
    ),
    ("reset", re.compile(r"(?i)connection reset|ECONNRESET|broken pipe|unexpected EOF|prematurely closed")),
    ("tls", re.compile(r"(?i)x509|tls: |certificate|ssl_error|SSLHandshake|wrong version number")),
)
_WAITS = re.compile(
    r"(?i)(?:(?:still )?wait(?:ing|s)? (?:for|on|until)|dependency|required service"
    r"|depends on|not (?:yet )?reachable:?|could not reach|is not available:) "
    r"(?:service |host |the |database |db |broker |server |dependency |to be ready "
    r"|tcp:?/{0,2}){0,2}[\"'`]?([a-z][a-z0-9.-]{1,200}[a-z0-9])[\"'`]?(?::(\d{2,5}))?(?=[\s,;.\"'`]"
    r"|$)"
)
_GOES_ON = re.compile(
    r"(?i)succeeded|is (?:now )?(?:up|ready|available)|connected|ready after|done|requests|connections? to|lock|leader"
)
_NOT_HOSTS = frozenset({"http", "https", "tcp", "udp", "line", "port", "localhost"})
_NOT_NEEDED = frozenset(
    {
        "application",
        "startup",
        "server",
        "connections",
        "requests",
        "events",
        "shutdown",
        "jobs",
        "leader",
        "lock",
        "lease",
        "cache",
    }
    | {
        "caches",
        "sync",
        "workers",
        "tasks",
        "signal",
        "all",
        "more",
        "response",
        "result",
        "next",
        "it",
        "them",
        "retry",
        "the",
    }
    | {
        "background",
        "process",
        "processes",
        "input",
        "messages",
        "new",
        "client",
        "clients",
        "data",
        "work",
        "pending",
        "in-flight",
    }
)


@dataclass(frozen=True, slots=True)
class Call:
    """One failed reach for another: whom, on which port, how it failed, the line, how often."""

    host: str
    port: float | None
    error: str
    line: str
    count: int = 1


@dataclass(slots=True)
class Spoken:
    """What the log of one component says: `ports` with the line that tells of each, and failed `calls`."""

    ports: dict[int, str] = field(default_factory=dict)
    loopback: dict[int, str] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)


def spoken_in(lines: Iterable[str]) -> Spoken:
    """Reads the lines of one log."""
    said = Spoken()
    counted: dict[tuple[str, float | None, str], Call] = {}
    for raw in list(lines)[-LINES_MAX:]:
        line = raw[:LINE_CHARS_MAX]
        call = _call(line)
        if call is not None:
            key = (call.host, call.port, call.error)
            counted[key] = Call(*key, line, counted[key].count + 1 if key in counted else 1)
        elif not _NOT_LISTENING.search(line):
            for found in _LISTENS.finditer(line):
                port = int(found[2])
                (said.loopback if _LOOPBACK.search(line) else said.ports).setdefault(port, line)
    said.calls = list(counted.values())
    return said


def _call(line: str) -> Call | None:
    waits = _WAITS.search(line)
    if waits and waits[1].lower() not in _NOT_HOSTS | _NOT_NEEDED and not _GOES_ON.search(line):
        return Call(waits[1].split(":")[0], float(waits[2]) if waits[2] else None, "wait", line)
    error = next((name for name, pattern in _KINDS if pattern.search(line)), "")
    if not error:
        return None
    if error == "dns":
        found = _DNS.search(line)
        target = _target(line)
        if found is None and target is None:
            return None
        host = found[1] if found else target[0] if target else ""
        port = target[1] if target and target[0].startswith(host.split(".")[0]) else None
        return Call(host.rstrip(".:"), port, error, line)
    target = _target(line)
    return Call(target[0], target[1], error, line) if target else None


# urllib3 and what is built on it: HTTPConnectionPool(host='x', port=80).
_POOL = re.compile(r"\bhost='([A-Za-z0-9][\w.-]{0,200})', port=(\d{2,5})\b")
_HOST_FIELD = re.compile(r"(?i)\"?\bhost(?:name)?\"?\s?[:=]\s?\"?([a-z][\w.-]{1,200})\"?")


def _target(line: str) -> tuple[str, float] | None:
    worded = _ADDRESS_PORT.search(line) or _POOL.search(line)
    if worded:
        return worded[1], float(worded[2])
    for found in _TARGET.finditer(line):
        host = found[1].lower()
        if (
            host in _NOT_HOSTS
            or host.isdigit()
            or host.endswith((".go", ".py", ".js", ".java", ".rb", ".ts", ".c", ".cc"))
        ):
            continue
        if re.fullmatch(r"\d{1,2}", host) or re.fullmatch(r"[\dt-]{4,20}", host):
            continue
        # In Go's words the first address of a pair is where the call came from.
        if "->" in line and line.find("->") > found.start():
            continue
        field = _HOST_FIELD.search(line)
        return (field[1] if field and re.fullmatch(r"[\d.]{7,15}", host) else host), float(found[2])
    return None
