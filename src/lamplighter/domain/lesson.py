"""What an outcome taught: this cause, this fix, and whether it helped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Lesson:
    """One remembered outcome. `seconds` runs from the incident's opening to the end of verification."""

    incident_id: str
    trouble: str
    component: str
    fault: str
    actions: tuple[str, ...]
    outcome: str
    confidence: float
    seconds: float
    at: datetime
