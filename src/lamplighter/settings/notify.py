"""The keys of `notify` that are no integration: quiet hours, the digest, further Apprise URLs, the sign of life."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from lamplighter.domain.hours import QuietHours

_WALL = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
# Short forms, and the key of an integration that each stands for.
SHORT_FORMS = {"notify.others": "notify.apprise.urls", "notify.heartbeat_out": "notify.heartbeat_out.url"}
DEFAULT_CHANNELS: dict[str, Any] = {"log": {}}


def _wall_time(value: object) -> time:
    if isinstance(value, time):
        return value
    found = _WALL.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f'"{value}" is not a time of day; write it in quotes, such as "08:00"')
    return time(int(found[1]), int(found[2]))


def _span(value: object) -> tuple[time, time]:
    begin, dash, end = value.partition("-") if isinstance(value, str) else ("", "", "")
    if not dash:
        raise ValueError(f'"{value}" is no span of hours; write it in quotes, such as "23:00-07:00"')
    span = _wall_time(begin), _wall_time(end)
    if span[0] == span[1]:
        raise ValueError('begins and ends at the same time; write a span such as "23:00-07:00", or drop it')
    return span


class Quiet(BaseModel):
    """When people sleep, and what wakes them all the same."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    hours: Annotated[
        tuple[time, time],
        BeforeValidator(_span),
        WithJsonSchema({"type": "string", "examples": ["23:00-07:00"]}),
        Field(description="on the clock of site.timezone"),
    ]
    let_through: Annotated[
        Literal["critical", "warning", "info"], Field(description="this severity and above still wakes people")
    ] = "critical"


class NotifyRules(BaseModel):
    """What is said beside the channels."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    quiet: Annotated[Quiet | None, Field(description="quiet hours")] = None
    digest: Annotated[
        time | None,
        BeforeValidator(lambda value: None if value is None else _wall_time(value)),
        WithJsonSchema({"type": ["string", "null"], "examples": ["08:00"]}),
        Field(description="when the morning digest comes; without it there is none"),
    ] = None

    def hours(self, zone: str) -> QuietHours | None:
        """The quiet hours on the clock of a time zone."""
        if self.quiet is None:
            return None
        begin, end = self.quiet.hours
        return QuietHours(begin, end, zone, self.quiet.let_through)


RULES = frozenset(NotifyRules.model_fields)


@dataclass(frozen=True, slots=True)
class Sorted:
    """The section taken apart: integrations by name, and the rules as they were written."""

    channels: dict[str, Any]
    rules: dict[str, Any]


def sorted_out(raw: Mapping[str, Any]) -> Sorted:
    """Take the section apart: `others` are Apprise URLs, `heartbeat_out` is a URL; without a channel it is the log."""
    rules = {name: value for name, value in raw.items() if name in RULES}
    channels = {name: value for name, value in raw.items() if name not in RULES and name != "others"}
    beat = channels.pop("heartbeat_out", None)
    others = raw.get("others")
    if others:
        own = channels.get("apprise") or {}
        listed = others if isinstance(others, list) else [others]
        urls = own.get("urls", []) if isinstance(own, dict) else []
        channels["apprise"] = {**own, "urls": [*urls, *listed]}
    if raw and not channels:
        channels = dict(DEFAULT_CHANNELS)
    if beat is not None:
        channels["heartbeat_out"] = {"url": beat} if isinstance(beat, str) else beat
    return Sorted(channels, rules)
