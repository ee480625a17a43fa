"""What the log of one component says of another: refused, silent, not found. The complainer is no cause by that."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from lamplighter.diagnosis.anchors import anchored
from lamplighter.diagnosis.masking import heard
from lamplighter.diagnosis.naming import Naming
from lamplighter.diagnosis.readers.document import Unreadable, at, decoded, items, text
from lamplighter.diagnosis.readers.draft import draft, known, owner, shown
from lamplighter.diagnosis.readers.instants import from_epoch, split_stamp
from lamplighter.diagnosis.readers.loki import component_of
from lamplighter.diagnosis.readers.roles import role_in, role_of, role_of_port
from lamplighter.diagnosis.templates import Words
from lamplighter.domain.evidence import Case, Evidence, Fact

LINES_MAX = 5_000
LINE_CHARS_MAX = 800
COMPLAINTS_MAX = 60
# One writer alone must not leave the others unheard.
COMPLAINTS_EACH_MAX = 20
LOKI = "loki.query_range"
LOGS = frozenset({"logs", "docker.logs", "supervisor.logs", "journalctl", LOKI})
NANOSECONDS = 1e9
_ERRORS = (
    ("failover", re.compile(r"\+switch-master|\+failover-end")),
    (
        "parted",
        re.compile(
            r"(?i)peer not responding, deleting IKE_SA|tunnel .{0,60}(?:is down|lost)|BGP neighbou?r .{0,60}Down"
            r"|link: host: \S{1,20} link: \d is down"
        ),
    ),
    (
        "locked",
        re.compile(r"(?i)deadlock|lock wait timeout|could not obtain lock|lock timeout|SQLITE_BUSY|database is locked"),
    ),
    (
        "slow_query",
        re.compile(
            r"(?i)slow (?:query|sql)|statement timeout|query (?:took|time\w{0,3}) .{0,20}\d|QueryTimeout"
            r"|query execution was interrupted"
        ),
    ),
    (
        "unhealthy",
        re.compile(
            r"(?i)\bLayer7 (?:wrong status|invalid)|health ?check.{0,80}(?:fail|unhealthy)|\bunhealthy\b|ejected"
            r"|outlier"
        ),
    ),
    (
        "dns",
        re.compile(
            r"(?i)name resolution|name or service not known|no such host|could not resolve|could not be resolved"
            r"|ENOTFOUND|EAI_AGAIN|UnknownHost|NXDOMAIN|SERVFAIL|getaddrinfo|host not found|bad address"
        ),
    ),
    ("no_route", re.compile(r"(?i)no route to host|EHOSTUNREACH|network is unreachable|host is (?:down|unreachable)")),
    (
        "refused",
        re.compile(
            r"(?i)\brefused\b|ECONNREFUSED|Layer4 connection problem|can't connect|could not connect"
            r"|unable to connect|failed to connect|connection failed|No connection could be made"
        ),
    ),
    ("tls", re.compile(r"(?i)certificate|x509|TLS handshake|SSL (?:error|handshake)|SSL routines")),
    (
        "reset",
        re.compile(
            r"(?i)connection reset|ECONNRESET|closed the connection unexpectedly|prematurely closed|broken pipe"
            r"|unexpected EOF|connection (?:was )?(?:closed|lost)|went away"
        ),
    ),
    (
        "timeout",
        re.compile(
            r"(?i)timed? ?out|ETIMEDOUT|deadline exceeded|did not answer|no answer|no response|not respond"
            r"|Layer[467] timeout|\b504\b"
        ),
    ),
    (
        "failing",
        re.compile(
            r"(?i)\b(?:502|503|500)\b.{0,60}(?:from|by|bad gateway|unavailable)|bad gateway|service unavailable"
            r"|(?:returned|answered|responded(?: with)?|status(?: code)?:?|HTTP) ?(?:HTTP )?5\d\d\b|\bis (?:down"
            r"|unavailable|unreachable)\b|\bDOWN\b"
        ),
    ),
    (
        "slow",
        re.compile(
            r"(?i)\b(?:took|in|after|waited|duration\W{1,3}) ?\d{4,} ?ms\b|\b(?:took|after"
            r"|waited) \d{2,}(?:\.\d{1,3})? ?s\b|\bslow\b"
        ),
    ),
)
_TARGET = re.compile(
    r"(?i)(?:://|@|\b(?:to|server|host|upstream|backend|lookup|for|address|addr|tcp|connect|with"
    r"|from)[=:]?\s{1,2}[\"'\[]?(?:tcp )?|\b(?:host|server|address"
    r"|upstream)=[\"']?)([A-Za-z0-9_][\w.-]{0,120})(?::(\d{2,5}))?"
)
_HOST_PORT = re.compile(r"(?<![\w./:-])([A-Za-z0-9_][\w.-]{0,120}):(\d{2,5})\b(?!:\d\d)")
_SUBJECT = re.compile(
    r"\+switch-master (\S{1,80})|\+failover-end master (\S{1,80})|IKE_SA ([\w.-]{1,80}?)\[|tunnel ['\"]?([\w.-]{1,80})"
)
_OF_DATABASES = frozenset({"locked", "slow_query"})
_WORD = re.compile(r"[A-Za-z0-9_][\w.-]{0,120}")
_BACKEND = re.compile(
    r"\b[Ss]erver ([\w.-]{1,80})/([\w.-]{1,80}) is (?:DOWN|going DOWN)"
    r"|Health check for server ([\w.-]{1,80})/([\w.-]{1,80}) failed"
)
_TOO_COMMON = frozenset(
    {
        "api",
        "app",
        "web",
        "server",
        "client",
        "http",
        "https",
        "error",
        "main",
        "host",
        "info",
        "warn",
        "root",
        "user",
        "data",
        "test",
        "service",
        "default",
        "localhost",
        "docker",
        "prometheus",
        "alertmanager",
    }
)


_ANCHORED = tuple((name, anchored(pattern)) for name, pattern in _ERRORS)


@dataclass(slots=True)
class _Told:
    count: int = 0
    line: str = ""
    at: datetime | None = None
    first: datetime | None = None
    port: str = ""
    evidence: Evidence | None = None


def complaints_of(case: Case, naming: Naming) -> list[Fact]:
    """One fact `complaint` for each complainer, each component complained of, and each error."""
    told: dict[tuple[str, str, str], _Told] = {}
    known_errors: dict[Words, str] = {}
    for piece in case.evidence:
        if piece.tool not in LOGS or piece.error:
            continue
        for writer, moment, line in spoken(piece, naming):
            words = heard(line)
            if words not in known_errors:
                known_errors[words] = _error_of(line)
            error = known_errors[words]
            if not error:
                continue
            subject = _SUBJECT.search(line) if error in {"failover", "parted"} else None
            named = next((part for part in subject.groups() if part), "") if subject else ""
            targets = [(naming.of(named), "")] if named else list(_targets(line, writer, naming))
            if error in _OF_DATABASES:
                targets = _databases(targets, writer, case, naming)
            for target, port in targets:
                key = (writer, target, error)
                if key in told or _room(told, writer):
                    one = told.setdefault(key, _Told())
                    one.count, one.line, one.at, one.port, one.evidence = (
                        one.count + 1,
                        line,
                        moment or one.at,
                        port or one.port,
                        piece,
                    )
                    one.first = one.first or moment
    return [_fact(key, one) for key, one in told.items()]


def _room(told: Mapping[tuple[str, str, str], _Told], writer: str) -> bool:
    own = sum(key[0] == writer for key in told)
    return len(told) < COMPLAINTS_MAX and own < COMPLAINTS_EACH_MAX


def _error_of(line: str) -> str:
    lowered = line.lower()
    return next((name for name, pattern in _ANCHORED if pattern.search(line, lowered)), "")


def _fact(key: tuple[str, str, str], one: _Told) -> Fact:
    writer, target, error = key
    assert one.evidence is not None  # noqa: S101 - it is set with the first line
    values = known(
        by=writer,
        error=error,
        count=float(one.count),
        port=one.port,
        role=role_of(target) or role_of_port(one.port) or role_in(one.line),
        first_epoch_seconds=one.first.timestamp() if one.first else None,
        last_epoch_seconds=one.at.timestamp() if one.at else None,
    )
    said = f"log of {writer}: {shown(one.line, 300)}" + (f" ({one.count} lines like it)" if one.count > 1 else "")
    return draft(one.evidence, "complaint", said, values, at=one.first or one.at, component=target)


def _targets(line: str, writer: str, naming: Naming) -> Iterator[tuple[str, str]]:
    """The known components that an error line names beside its writer; an address counts before a mere word."""
    found: dict[str, str] = {}
    backend = _BACKEND.search(line)
    if backend:
        name = naming.of(backend[2] or backend[4])
        if naming.knows(name) and name != writer:
            yield name, ""
            return
    pairs = [(hit[1], hit[2] or "") for pattern in (_HOST_PORT, _TARGET) for hit in pattern.finditer(line)]
    for said, port in pairs:
        name = naming.of(said)
        if name in naming.known and name != writer and name.casefold() not in _TOO_COMMON - {said if port else ""}:
            found[name] = found.get(name) or port
    if not found:
        for hit in _WORD.finditer(line):
            name = naming.of(hit[0])
            if name in naming.known and name != writer and name.casefold() not in _TOO_COMMON:
                found.setdefault(name, "")
    yield from list(found.items())[:2]


def _databases(targets: list[tuple[str, str]], writer: str, case: Case, naming: Naming) -> list[tuple[str, str]]:
    """The database meant: the one named, else the only one that the writer uses, else the only one there is."""
    if role_of(writer) == "database":
        return []
    meant = [(name, port) for name, port in targets if role_of(name) == "database"]
    if meant:
        return meant
    used = {
        edge.target
        for edge in case.topology
        if edge.source == writer and (edge.kind == "stores_in" or role_of(edge.target) == "database")
    }
    everyone = used or {name for name in naming.known if role_of(name) == "database"}
    return [(next(iter(everyone)), "")] if len(everyone) == 1 else []


def spoken(piece: Evidence, naming: Naming) -> Iterator[tuple[str, datetime | None, str]]:
    """The lines of a log with who wrote each and when."""
    if piece.tool == LOKI:
        yield from _streamed(piece, naming)
        return
    own = owner(piece)
    host = piece.params.get("host", "")
    for raw in piece.content.splitlines()[-LINES_MAX:]:
        moment, line = split_stamp(raw[:LINE_CHARS_MAX])
        writer = own
        if piece.tool == "journalctl":
            parts = raw.split(maxsplit=5)
            program = parts[4] if len(parts) > 5 and parts[4].endswith(":") else ("")  # noqa: PLR2004 - stamp, host, program, text
            name = program.partition("[")[0].rstrip(":")
            writer = name if name and (not own or own == host) else own
            line = parts[5] if program else line
        yield naming.of(writer), moment, line


def _streamed(piece: Evidence, naming: Naming) -> Iterator[tuple[str, datetime | None, str]]:
    try:
        answer = decoded(piece.content)
    except Unreadable:
        return
    read = 0
    for stream in items(answer, "data", "result"):
        writer = naming.of(component_of(at(stream, "stream")) or owner(piece))
        for entry in items(stream, "values"):
            read += 1
            if read > LINES_MAX or not isinstance(entry, list) or len(entry) < 2:  # noqa: PLR2004 - a pair of time and line
                continue
            moment = (
                from_epoch(float(entry[0]) / NANOSECONDS) if isinstance(entry[0], str) and entry[0].isdigit() else None
            )
            line = text({"line": entry[1]}, "line")
            yield writer, moment, line[:LINE_CHARS_MAX]
