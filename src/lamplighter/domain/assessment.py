"""What a person thinks of the cause that was named, in words for the timeline. It teaches nothing by itself."""

from __future__ import annotations

from collections.abc import Iterable

from lamplighter.domain.cause import Cause
from lamplighter.domain.nickname import Nicknames
from lamplighter.domain.timeline import Event

KEY = "cause"


def assessment_words(person: str, cause: Cause, words: str = "", instead: str = "", *, right: bool) -> str:
    """Such as `anna: wrong cause, disk_full of nas; it was switch: the cable was out`."""
    verdict = f"{person}: {verdict_of(right=right)} cause, {cause.fault} of {cause.component}"
    verdict = f"{verdict}; it was {instead}" if instead else verdict
    return f"{verdict}: {words}" if words else verdict


def verdict_of(*, right: bool) -> str:
    """The one word that is kept."""
    return "right" if right else "wrong"


def assessed(events: Iterable[Event], called: Nicknames) -> str:
    """The newest verdict among events, such as `wrong cause, says anna`; empty where there is none."""
    found = [event for event in events if event.data.get(KEY) in {"right", "wrong"}]
    if not found:
        return ""
    by = str(found[-1].data.get("by", ""))
    return f"{found[-1].data[KEY]} cause, says {called.of(by)}"
