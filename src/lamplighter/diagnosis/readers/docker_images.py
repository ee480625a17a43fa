"""Reads what became of images in the engine's journal: pulled, loaded or tagged anew, which is how a deploy begins."""

from __future__ import annotations

from lamplighter.diagnosis.readers.docker_events import read_events
from lamplighter.diagnosis.readers.document import decoded, number, text
from lamplighter.diagnosis.readers.draft import draft, known, owner, shown
from lamplighter.diagnosis.readers.instants import from_epoch
from lamplighter.domain.evidence import Evidence, Fact

ARRIVALS = {"pull": "pulled", "tag": "tagged", "load": "loaded", "import": "imported"}
EVENTS_MAX = 5000
FACTS_MAX = 10
NANOSECONDS = 1e9


def read_engine_journal(evidence: Evidence) -> list[Fact]:
    """Everything in a journal: facts `event` of containers and `change` of images. Raises `Unreadable`."""
    return [*read_events(evidence), *read_images(evidence)]


def read_images(evidence: Evidence) -> list[Fact]:
    """Facts `change` for the last ten images that arrived under a name. Raises `Unreadable`."""
    content = evidence.content.strip()
    found = decoded(content) if content.startswith("[") else [decoded(line) for line in content.splitlines() if line]
    events = found[-EVENTS_MAX:] if isinstance(found, list) else []
    return [fact for event in events if (fact := _arrival(evidence, event)) is not None][-FACTS_MAX:]


def _arrival(evidence: Evidence, event: object) -> Fact | None:
    action = text(event, "Action") or text(event, "status")
    if text(event, "Type") != "image" or action not in ARRIVALS:
        return None
    # A pull names the image by its id and its tag there; a tag has the new name in its attributes.
    key = text(event, "Actor", "ID")
    image = shown((text(event, "Actor", "Attributes", "name") if key.startswith("sha256:") else key) or key, 160)
    nanos = number(event, "timeNano")
    at = from_epoch(nanos / NANOSECONDS if nanos else number(event, "time"))
    what = f"image {image} was {ARRIVALS[action]}"
    values = known(family="deploy", what=what, source="docker", image=image, action=action)
    return draft(evidence, "change", f"{owner(evidence) or 'a container'}: {what}", values, at=at)
