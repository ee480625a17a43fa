"""Silences: what mutes messages and fixes. Nothing here ever keeps an alert from being recorded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Op(StrEnum):
    """How a matcher compares, as Alertmanager writes it."""

    EQUAL = "="
    UNEQUAL = "!="
    MATCHES = "=~"
    DIFFERS = "!~"


@dataclass(frozen=True, slots=True)
class Matcher:
    """One comparison of one label; a missing label counts as empty. Expressions match the whole value."""

    name: str
    op: Op
    value: str


@dataclass(frozen=True, slots=True)
class Silence:
    """All matchers must hold. `origin` is `lamplighter` or the system it came from, `outside_id` its id there."""

    id: str
    matchers: tuple[Matcher, ...]
    starts_at: datetime
    ends_at: datetime
    author: str
    reason: str
    origin: str = "lamplighter"
    outside_id: str = ""
