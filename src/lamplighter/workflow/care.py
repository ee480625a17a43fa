"""How long the response is patient with signals and with people."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Care:
    """How verification waits, in seconds, and how long a question to a person stays open."""

    dwell_seconds: float = 30.0
    deadline_seconds: float = 300.0
    every_seconds: float = 2.0
    approval_seconds: float = 900.0
