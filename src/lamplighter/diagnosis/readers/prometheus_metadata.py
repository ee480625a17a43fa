"""Reads what Prometheus knows of metrics themselves: type, unit and help. What a level means is not judged here."""

from __future__ import annotations

from lamplighter.diagnosis.readers.document import Unreadable, at, decoded, text
from lamplighter.diagnosis.readers.draft import draft, known, shown
from lamplighter.domain.evidence import Evidence, Fact

METRICS_MAX = 20
TYPES = frozenset({"counter", "gauge", "histogram", "gaugehistogram", "summary", "info", "stateset"})


def read_metadata(evidence: Evidence) -> list[Fact]:
    """One fact `metric` for each metric that is described. Raises `Unreadable`."""
    data = decoded(evidence.content)
    if text(data, "status") != "success":
        raise Unreadable(f"the API did not answer success: {shown(text(data, 'error')) or 'no reason given'}")
    told = at(data, "data")
    named = sorted(told.items())[:METRICS_MAX] if isinstance(told, dict) else []
    return [
        _fact(evidence, shown(str(name), 120), meant[0]) for name, meant in named if isinstance(meant, list) and meant
    ]


def _fact(evidence: Evidence, name: str, meant: object) -> Fact:
    kind, unit, about = text(meant, "type"), shown(text(meant, "unit"), 40), shown(text(meant, "help"), 200)
    values = known(metric=name, type=kind if kind in TYPES else "", unit=unit, help=about)
    said = (
        f"{name} is a {values.get('type', 'metric')}"
        + (f" in {unit}" if unit else "")
        + (f": {about}" if about else "")
    )
    return draft(evidence, "metric", said, values)
