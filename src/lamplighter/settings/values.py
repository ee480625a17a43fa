"""How people write durations, rates, shares and URLs in the configuration, read strictly."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator

from lamplighter.domain.redaction import redact

_DURATION = re.compile(r"^(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>ms|s|m|h|d)?$", re.ASCII)
_UNIT_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, None: 1.0}
DURATION_SECONDS_MAX = 366 * 86400.0
PORT_MAX = 65535


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
    return str(value).rstrip("/")


def _percent(value: object) -> float:
    text = str(value).strip().removesuffix("%")
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,3}(\.[0-9]+)?", text) or not 0 < float(text) < 100:  # noqa: PLR2004 - a percentage
        raise ValueError(f'"{value}" is not a share; write it such as "10%"')
    return float(text)


def _whole_number(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("write a whole number")  # noqa: TRY004 - pydantic collects ValueErrors
    return value


def _host_and_port(value: object) -> str:
    host, colon, port = value.rpartition(":") if isinstance(value, str) else ("", "", "")
    if not colon or not host or " " in host or not re.fullmatch("[0-9]{1,5}", port) or not 1 <= int(port) <= PORT_MAX:
        raise ValueError(f'"{value}" is not an address; write host:port with a port from 1 to {PORT_MAX}')
    return str(value)


def _time_zone(value: object) -> str:
    try:
        return ZoneInfo(str(value)).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as problem:
        raise ValueError(f'"{value}" is not a time zone; write one such as "Europe/London"') from problem


Duration = Annotated[float, BeforeValidator(_positive_duration)]
Wait = Annotated[float, BeforeValidator(duration_seconds)]
Limit = Annotated[Rate, BeforeValidator(_rate)]
WebUrl = Annotated[str, BeforeValidator(_web_url)]
WholeNumber = Annotated[int, BeforeValidator(_whole_number)]
HostAndPort = Annotated[str, BeforeValidator(_host_and_port)]
TimeZone = Annotated[str, BeforeValidator(_time_zone)]
Percent = Annotated[float, BeforeValidator(_percent)]
