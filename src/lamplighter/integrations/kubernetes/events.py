"""Which of a namespace's events are told, in which order, and which of them are about a component. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lamplighter.domain.topology import Component
from lamplighter.integrations.kubernetes.printed import Thing, fitting, inner, listing
from lamplighter.integrations.kubernetes.topology import CONTAINS

_TIMES = ("lastTimestamp", "eventTime", "firstTimestamp")


def told_events(events: Sequence[Thing], part: Component) -> tuple[str, bool]:
    """The component's own events and the warnings about others, oldest first; too old ones go, own ones last."""
    newest = sorted(events, key=when, reverse=True)
    own = [event for event in newest if is_about(event, part)]
    others = [event for event in newest if event.get("type") == "Warning" and not is_about(event, part)]
    ordered = [*own, *others]
    kept = ordered[: fitting(ordered)]
    return listing(sorted(kept, key=when))[0], len(kept) < len(ordered)


def is_about(event: Thing, part: Component) -> bool:
    """Whether an event is about the component, its pods or its replica sets."""
    name = str(inner(event, "involvedObject").get("name", ""))
    contained = {edge.target for edge in part.edges if edge.source == part.name and edge.kind == CONTAINS}
    made = rf"{re.escape(part.name)}(?:-[a-z0-9]{{5,10}}){{0,2}}|{re.escape(part.name)}-[0-9]{{1,5}}"
    return name in contained or re.fullmatch(made, name) is not None


def when(event: Thing) -> str:
    """When an event was last seen; the API writes all of them in UTC, so that text sorts as time."""
    times = (inner(event, "series").get("lastObservedTime"), *(event.get(key) for key in _TIMES))
    return next((str(time) for time in times if time), "")
