"""Which of the incidents in line begin now, and why the others wait. Pure; nothing here starts anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from lamplighter.domain.flapping import STABLE
from lamplighter.domain.incident import Incident
from lamplighter.domain.storm import Storm

LINE_PATIENCE = timedelta(seconds=5)
_RANKS = {"critical": 0, "warning": 1, "info": 2, "none": 3}


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many responses may be at work; waits for people do not count."""

    at_once: int = 8
    at_once_in_storm: int = 4


@dataclass(frozen=True, slots=True)
class Admission:
    """Ids that begin, in order; and for each that waits the reason to show, empty where it is only a moment's wait."""

    begins: tuple[str, ...] = ()
    holds: Mapping[str, str] = field(default_factory=dict)


def admit(
    line: Iterable[Incident],
    muted: Mapping[str, str],
    at_work: int,
    storm: Storm | None,
    bounds: Bounds,
    now: datetime,
) -> Admission:
    """Decide on the incidents in `received`. `muted` has words for those that a silence or a window covers.

    The grave ones come first, then the older. A reason stays the same while its cause does, so it is written once.
    """
    begins: list[str] = []
    holds: dict[str, str] = {}
    places = (bounds.at_once_in_storm if storm else bounds.at_once) - at_work
    for incident in sorted(line, key=_turn):
        why = _own_reason(incident, muted.get(incident.id, ""), now)
        if not why and storm is not None and now < storm.settles_at():
            why = "a storm has begun; what belongs together is found first"
        if why:
            holds[incident.id] = why
        elif len(begins) < places:
            begins.append(incident.id)
        elif now - incident.updated_at >= LINE_PATIENCE or incident.held or storm is not None:
            holds[incident.id] = "in line in a storm; graver and older ones first" if storm else _IN_LINE
        else:
            holds[incident.id] = ""
    return Admission(tuple(begins), holds)


_IN_LINE = "in line; as many responses as may be are at work"


def unsettled(incident: Incident, now: datetime) -> str:
    """Words while a flapping incident comes and goes; empty once its alert has stood for STABLE."""
    if not incident.flapping:
        return ""
    if incident.signal_cleared_at is None and now - incident.alert.starts_at >= STABLE:
        return ""
    return "flapping: it comes and goes, and nothing begins until it has stood still for a while"


def _own_reason(incident: Incident, muted: str, now: datetime) -> str:
    return unsettled(incident, now) or muted


def _turn(incident: Incident) -> tuple[int, datetime, str]:
    return _RANKS.get(incident.severity, 1), incident.opened_at, incident.id
