"""Reads the engine's journal of events: life and death of each container, failing health checks, and new images."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from lamplighter.diagnosis.readers.document import Unreadable, decoded, number, text
from lamplighter.diagnosis.readers.draft import draft, known, owner, shown
from lamplighter.diagnosis.readers.happenings import TELLING, Happening, event_facts
from lamplighter.diagnosis.readers.instants import from_epoch
from lamplighter.domain.evidence import Evidence, Fact

EVENTS_MAX = 5000
CONTAINERS_MAX = 100
NANOSECONDS = 1e9
HEALTH = "health_status"


def read_events(evidence: Evidence) -> list[Fact]:
    """Facts `event` of each container, oldest first, then `change` for new images. Raises `Unreadable`.

    The action, count, and `since_start` 1 where it came after the last start.
    """
    events = _events(evidence.content)
    asked = owner(evidence)
    of_host = bool(evidence.params.get("host")) and asked == evidence.params.get("host")
    named = {name for event in events if (name := _name(event))}
    by_name: dict[str, list[object]] = {}
    for event in events:
        # Events of one container are whose they were asked for, whatever the engine calls it.
        name = _name(event) if of_host or not asked or len(named) > 1 else ""
        if name in by_name or len(by_name) < CONTAINERS_MAX:
            by_name.setdefault(name, []).append(event)
    facts: list[Fact] = []
    for name, own in by_name.items():
        facts += event_facts(evidence, list(filter(None, map(_happening, own))), component=name)
        facts += [*_unhealthy(evidence, own, name), *_new_images(evidence, own, name)]
    return facts


def _events(content: str) -> list[object]:
    """The events of a JSON array, or of one JSON object a line, as the engine streams them."""
    if content.lstrip().startswith("["):
        found = decoded(content)
        return found[-EVENTS_MAX:] if isinstance(found, list) else []
    lines = [line for line in content.splitlines() if line.strip()]
    if not lines and content.strip() == "":
        raise Unreadable("no events, and not an empty list")
    return [decoded(line) for line in lines[-EVENTS_MAX:]]


def _name(event: object) -> str:
    kind = text(event, "Type")
    return shown(text(event, "Actor", "Attributes", "name"), 120) if kind in {"container", ""} else ""


def _seconds(event: object) -> float | None:
    nanos = number(event, "timeNano")
    return nanos / NANOSECONDS if nanos else number(event, "time")


def _happening(event: object) -> Happening | None:
    action = text(event, "Action") or text(event, "status")
    seconds = _seconds(event)
    if action not in TELLING or seconds is None or text(event, "Type") not in {"container", ""}:
        return None
    attributes = ("Actor", "Attributes")
    return Happening(seconds, action, number(event, *attributes, "exitCode"), number(event, *attributes, "signal"))


def _unhealthy(evidence: Evidence, events: Iterable[object], name: str) -> list[Fact]:
    """The last word of the engine's own health check."""
    told = [event for event in events if text(event, "Action").startswith(HEALTH)]
    if not told:
        return []
    status = text(told[-1], "Action").partition(":")[2].strip()
    if status not in {"healthy", "unhealthy"}:
        return []
    at = from_epoch(_seconds(told[-1]))
    who = name or owner(evidence)
    said = f"the engine's health check of {who} says {status}"
    return [draft(evidence, "health", said, known(status=status, listing=1.0), at=at, component=who)]


def _new_images(evidence: Evidence, events: Iterable[object], name: str) -> list[Fact]:
    """A container that was created or started anew with another image than before: a deploy."""
    images: list[tuple[float, str]] = []
    for event in events:
        action, seconds = text(event, "Action") or text(event, "status"), _seconds(event)
        image = text(event, "Actor", "Attributes", "image") or text(event, "from")
        if action in {"create", "start", "die", "stop", "destroy", "kill"} and image and seconds is not None:
            images.append((seconds, image))
    images.sort(key=lambda one: one[0])
    facts: list[Fact] = []
    for (_, before), (seconds, after) in pairwise(images):
        if before != after:
            who = name or owner(evidence)
            what = f"image {shown(before, 120)} replaced by {shown(after, 120)}"
            values = known(family="deploy", what=what, source="docker", image=shown(after, 120))
            said = f"{who} was changed: {what}"
            facts.append(draft(evidence, "change", said, values, at=from_epoch(seconds), component=who))
    return facts[-3:]
