"""Reads annotations of Grafana: one that names a component is a change of it, any other a note."""

from __future__ import annotations

import re

from lamplighter.diagnosis.readers.changes import family_of, names_component
from lamplighter.diagnosis.readers.document import Unreadable, decoded, items, number, text
from lamplighter.diagnosis.readers.draft import draft, known, owner, shown
from lamplighter.diagnosis.readers.instants import from_epoch
from lamplighter.domain.evidence import Evidence, Fact

ANNOTATIONS_MAX = 100
TAGS_MAX = 20
TEXT_CHARS_MAX = 200
_MARKUP = re.compile(r"<[^<>]{1,300}>")
_NAMING_TAG = re.compile(r"(?:component|service|app|container|deployment)[:=]([\w.-]{1,120})")


def read_annotations(evidence: Evidence) -> list[Fact]:
    """One fact `change` or `note` for each; an alert's own changes of state are none. Raises `Unreadable`."""
    found = decoded(evidence.content)
    if not isinstance(found, list):
        raise Unreadable("a JSON list of annotations was expected")
    facts: list[Fact] = []
    for entry in found[:ANNOTATIONS_MAX]:
        tags = [tag for tag in items(entry, "tags")[:TAGS_MAX] if isinstance(tag, str)]
        what = shown(_MARKUP.sub(" ", text(entry, "text")[: TEXT_CHARS_MAX * 4]), TEXT_CHARS_MAX) or " ".join(tags)
        if not what or text(entry, "newState"):
            continue
        started, ended = number(entry, "time"), number(entry, "timeEnd")
        component = text(entry, "component") or _named(tags, what, owner(evidence))
        values = known(
            family=family_of(f"{what} {' '.join(tags)}"),
            what=what,
            source="grafana",
            tags=shown(" ".join(tags), TEXT_CHARS_MAX),
            ended_epoch_seconds=ended / 1000 if ended and ended != started else None,
        )
        said = f"annotation: {what}" if not component else f"{component} was changed, as an annotation says: {what}"
        at = from_epoch(started / 1000) if started else None
        facts.append(draft(evidence, "change" if component else "note", said, values, at=at, component=component))
    return facts


def _named(tags: list[str], what: str, component: str) -> str:
    """The component that a tag names, or that of the question where a word does; otherwise empty."""
    for tag in tags:
        found = _NAMING_TAG.fullmatch(tag)
        if found:
            return found[1]
    return component if any(names_component(said, component) for said in (what, *tags)) else ""
