"""How people write durations, rates, shares and URLs in the configuration, read strictly."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from ipaddress import ip_address
from itertools import accumulate
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import promql_parser
from pydantic import BeforeValidator, StringConstraints, TypeAdapter, WithJsonSchema
from pydantic_core import SchemaError

from lamplighter.domain.redaction import redact

_DURATION = re.compile(r"^(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>ms|s|m|h|d)?$", re.ASCII)
_UNIT_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, None: 1.0}
DURATION_SECONDS_MAX = 366 * 86400.0
PORT_MAX = 65535
STATUSES_MAX = 50
NAME_LETTERS_MAX = 253
PATTERN_LETTERS_MAX = 1000
QUERY_LETTERS_MAX = 16_384
# The parser's time grows with a power of the depth.
QUERY_DEPTH_MAX = 100
_STEPS = {"(": 1, ")": -1}
_AMOUNT = re.compile(r"(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?)\s*(?P<unit>%|[kKMGTP]i?B|B)?", re.ASCII)
_SIZES = {
    "": 1.0,
    "%": 1.0,
    "B": 1.0,
    **{f"{letter}B": 1000.0**power for power, letter in enumerate("kMGTP", start=1)},
    **{f"{letter}iB": 1024.0**power for power, letter in enumerate("kMGTP", start=1)},
    "KB": 1000.0,
    "KiB": 1024.0,
}
_DNS_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
_HOST = re.compile(r"\[[0-9A-Fa-f:.%]{2,60}\]|[^\s:/?#@\[\]]{1,253}")
_COMPARISONS = frozenset({"==", "!=", ">", "<", ">=", "<="})


@dataclass(frozen=True, slots=True)
class Rate:
    """So many in so many seconds, written 3/1h."""

    count: int
    seconds: int

    def __str__(self) -> str:
        return f"{self.count}/{self.seconds}s"


def duration_seconds(value: object) -> float:
    """Seconds of `30s`, `5m`, `1h`, `500ms`, or a plain number of seconds."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError('write a duration such as "30s", "5m" or "1h"')  # noqa: TRY004 - pydantic collects ValueErrors
    found = _DURATION.match(str(value).strip())
    if found is None:
        raise ValueError(f'"{value}" is not a duration; write it such as "30s", "5m" or "1h"')
    seconds = float(found["number"]) * _UNIT_SECONDS[found["unit"]]
    if seconds > DURATION_SECONDS_MAX:
        raise ValueError(f'"{value}" is longer than a year')
    return seconds


def _positive_duration(value: object) -> float:
    seconds = duration_seconds(value)
    if seconds <= 0:
        raise ValueError(f'"{value}" must be longer than nothing')
    return seconds


def _rate(value: object) -> Rate:
    if isinstance(value, Rate):
        return value
    count, slash, period = str(value).partition("/") if isinstance(value, str) else ("", "", "")
    if not slash or not count.strip().isascii() or not count.strip().isdigit() or int(count) < 1:
        raise ValueError(f'"{value}" is not a limit; write how many in how long, such as "3/1h"')
    seconds = duration_seconds(period)
    if seconds < 1:
        raise ValueError(f'"{value}": the time must be one second or more')
    return Rate(int(count), int(seconds))


def _web_url(value: object) -> str:
    parts = urlsplit(value) if isinstance(value, str) else urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f'"{redact(str(value))}" is not a URL; it must begin with http:// or https:// and name a host')
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise ValueError(f'"{redact(str(value))}" has no port from 1 to {PORT_MAX}')
    return str(value).rstrip("/")


def _amount(value: object) -> float:
    """A plain number, or one with %, or with a size such as 50GB or 2GiB; the sign % is for the reader only."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError('write a number, such as 0.5, "10%" or "50GB"')  # noqa: TRY004 - pydantic collects ValueErrors
    found = _AMOUNT.fullmatch(str(value).strip())
    number = float(found["number"]) * _SIZES[found["unit"] or ""] if found else math.nan
    if not math.isfinite(number):
        raise ValueError(f'"{value}" is not a number; write it such as 0.5, "10%" or "50GB"')
    return number


def _statuses(value: object) -> list[int]:
    given = value if isinstance(value, list) else [value]
    for one in given:
        if isinstance(one, bool) or not isinstance(one, int) or not 100 <= one <= 599:  # noqa: PLR2004 - HTTP's own
            raise ValueError(f'"{one}" is not an HTTP status; write 200, or [200, 204]')
    if not given or len(given) > STATUSES_MAX:
        raise ValueError(f"write from one to {STATUSES_MAX} statuses")
    return list(given)


def _domain_name(value: object) -> str:
    text = value.removesuffix(".") if isinstance(value, str) else ""
    if len(text) > NAME_LETTERS_MAX or not all(_DNS_LABEL.fullmatch(label) for label in text.split(".")):
        raise ValueError(f'"{value}" is not a domain name; write it such as example.com')
    return text


def _dns_server(value: object) -> str:
    """An address, with a port or not; a name would need a resolver to find the resolver."""
    text = str(value)
    host, port = text, "53"
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        port = rest.removeprefix(":") or port
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    if not port.isascii() or not port.isdigit() or not 1 <= int(port) <= PORT_MAX:
        raise ValueError(f'"{value}" has no port from 1 to {PORT_MAX}')
    _address(host)
    return text


def _address(value: object) -> str:
    try:
        return str(ip_address(str(value)))
    except ValueError as problem:
        raise ValueError(f'"{value}" is not an IP address') from problem


def _pattern(value: object) -> str:
    """A regular expression that an engine without backtracking can run, so that no body can keep it busy."""
    if not isinstance(value, str) or len(value) > PATTERN_LETTERS_MAX:
        raise ValueError(f"write a regular expression of at most {PATTERN_LETTERS_MAX} letters")
    try:
        TypeAdapter(Annotated[str, StringConstraints(pattern=value)])
    except SchemaError as problem:
        reason = " ".join(str(problem).split())
        raise ValueError(f'"{value}" cannot be used, nor can look-around and back-references: {reason}') from problem
    return value


def _promql(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > QUERY_LETTERS_MAX:
        raise ValueError(f"write a query in PromQL of at most {QUERY_LETTERS_MAX} letters")
    if max(accumulate(_STEPS.get(letter, 0) for letter in value)) > QUERY_DEPTH_MAX:
        raise ValueError(f"the query is nested more than {QUERY_DEPTH_MAX} deep")
    try:
        tree = promql_parser.parse(value)
    except (ValueError, RecursionError) as problem:
        raise ValueError(f"this is not PromQL: {problem}") from problem
    fault = _query_fault(tree)
    if fault:
        raise ValueError(fault)
    return value


def _query_fault(tree: promql_parser.Expr) -> str:
    """Why a query gives nothing that could be held against a threshold; empty where it does."""
    match tree:
        case promql_parser.ParenExpr():
            return _query_fault(tree.expr)
        case promql_parser.MatrixSelector() | promql_parser.SubqueryExpr() | promql_parser.StringLiteral():
            return "the query gives a range or a text, which has no value now; aggregate it, as by avg_over_time"
        case promql_parser.BinaryExpr() if str(tree.op) in _COMPARISONS and not _is_bool(tree):
            return "the comparison hides good values, and no data would look the same; use below or above for it"
    return ""


def _is_bool(tree: promql_parser.BinaryExpr) -> bool:
    return bool(tree.modifier is not None and tree.modifier.return_bool)


def _whole_number(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("write a whole number")  # noqa: TRY004 - pydantic collects ValueErrors
    return value


def _host_and_port(value: object) -> str:
    host, colon, port = value.rpartition(":") if isinstance(value, str) else ("", "", "")
    if not colon or not _HOST.fullmatch(host) or not re.fullmatch("[0-9]{1,5}", port) or not 1 <= int(port) <= PORT_MAX:
        raise ValueError(f'"{value}" is not an address; write host:port with a port from 1 to {PORT_MAX}')
    return str(value)


def _time_zone(value: object) -> str:
    try:
        return ZoneInfo(str(value)).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as problem:
        raise ValueError(f'"{value}" is not a time zone; write one such as "Europe/London"') from problem


# As an editor checks what is typed; what is read is checked again, more strictly, by the functions above.
_DURATION_SCHEMA = {"type": ["string", "number"], "pattern": _DURATION.pattern.replace("?P", "?"), "examples": ["30s"]}
_AMOUNT_SCHEMA = {"type": ["string", "number"], "examples": [0.5, "10%", "50GB"]}
_STATUS_SCHEMA = {"type": "integer", "minimum": 100, "maximum": 599}


def _text(pattern: str, example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "examples": [example]})


Duration = Annotated[float, BeforeValidator(_positive_duration), WithJsonSchema(_DURATION_SCHEMA)]
Wait = Annotated[float, BeforeValidator(duration_seconds), WithJsonSchema(_DURATION_SCHEMA)]
Limit = Annotated[Rate, BeforeValidator(_rate), _text(r"^\s*\d+\s*/", "3/1h")]
WebUrl = Annotated[str, BeforeValidator(_web_url), _text("^https?://", "https://ops.home.lan")]
WholeNumber = Annotated[int, BeforeValidator(_whole_number)]
HostAndPort = Annotated[str, BeforeValidator(_host_and_port), _text(":[0-9]{1,5}$", "nas:22")]
TimeZone = Annotated[str, BeforeValidator(_time_zone), _text("^[A-Za-z]", "Europe/London")]
Amount = Annotated[float, BeforeValidator(_amount), WithJsonSchema(_AMOUNT_SCHEMA)]
Statuses = Annotated[
    list[int],
    BeforeValidator(_statuses),
    WithJsonSchema({"oneOf": [_STATUS_SCHEMA, {"type": "array", "items": _STATUS_SCHEMA}]}),
]
DomainName = Annotated[str, BeforeValidator(_domain_name)]
DnsServer = Annotated[str, BeforeValidator(_dns_server)]
Address = Annotated[str, BeforeValidator(_address)]
Pattern = Annotated[str, BeforeValidator(_pattern)]
PromQL = Annotated[str, BeforeValidator(_promql)]
