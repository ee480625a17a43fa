"""An incident as plain Markdown for tickets and chats. What others say is escaped and can be nothing but text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from lamplighter.domain.incident import Incident
from lamplighter.domain.plan import Plan
from lamplighter.domain.texts import shown
from lamplighter.domain.timeline import Event
from lamplighter.reports.findings import Excluded, Known, ShownFact
from lamplighter.reports.papers import brought
from lamplighter.reports.units import lapse

TEXT_CHARS_MAX = 600
FACTS_MAX = 20
EVENTS_MAX = 60
WHOLE_CHARS_MAX = 60_000
WHOLE_PERCENT = 100
# Whatever marks something up in CommonMark, or is made a link or a mention by those who extend it.
_MARKS = re.compile(r"([\\`*_{}\[\]<>()#|~!&@$^=+\"'])")
_LEADS = re.compile(r"^([0-9]*)([-.):])")
_LINKS = re.compile(r"://|\bwww\.", re.IGNORECASE)


def markdown_of(
    incident: Incident,
    known: Known | None,
    facts: Sequence[ShownFact],
    ruled_out: Sequence[Excluded],
    plan: Plan | None,
    events: Sequence[Event],
) -> str:
    """The incident in sections; long ones are cut, and say so."""
    lines = [f"# {plain(incident.id)}: {plain(incident.title)}", "", *_standing(incident), "", "## What is known", ""]
    lines += [*known_lines(known), "", "## Evidence", "", *fact_lines(known, facts), *_excluded(ruled_out)]
    lines += [
        "",
        "## What is done about it",
        "",
        *_plan(plan, incident),
        "",
        "## Timeline (UTC)",
        "",
        *story_lines(events),
    ]
    return bounded(lines)


def bounded(lines: Iterable[str]) -> str:
    """The lines as one text, which says so where it was cut."""
    whole = "\n".join(lines) + "\n"
    return whole if len(whole) <= WHOLE_CHARS_MAX else whole[:WHOLE_CHARS_MAX].rpartition("\n")[0] + "\n- … cut\n"


def plain(text: str) -> str:
    """One line of text that marks nothing up."""
    line = " ".join(shown(text).split())
    short = line if len(line) <= TEXT_CHARS_MAX else f"{line[:TEXT_CHARS_MAX]}…"
    return _LINKS.sub(_unlinked, _LEADS.sub(r"\1\\\2", _MARKS.sub(r"\\\1", short)))


def _unlinked(found: re.Match[str]) -> str:
    return found[0].replace("/", "\\/").replace(".", "\\.").replace(":", "\\:")


def _standing(incident: Incident) -> Iterable[str]:
    yield f"- state: {words(incident.state)}"
    yield f"- severity: {plain(incident.severity)}"
    if incident.component:
        yield f"- component: {plain(incident.component)}"
    yield f"- opened: {stamp(incident.opened_at)}"
    if incident.closed_at:
        took = lapse((incident.closed_at - incident.opened_at).total_seconds())
        yield f"- closed: {stamp(incident.closed_at)}, after {took}"


def known_lines(known: Known | None) -> Iterable[str]:
    """The cause with its word and what it rests on."""
    if known is None:
        return ["Nothing is known yet."]
    sure = f" ({known.confidence * WHOLE_PERCENT:.0f} %)" if known.confidence is not None else ""
    word = f"**{plain(known.word.capitalize())}{sure}:** " if known.word else ""
    said = plain(known.statement) or "Nothing is wrong, as far as I can see."
    named = [f"{plain(known.called.capitalize())}: {words(known.fault)} of {plain(known.component)}."]
    return [f"{word}{said}{cited(known.facts)}", *(["", *named] if known.fault else [])]


def fact_lines(known: Known | None, facts: Sequence[ShownFact]) -> Iterable[str]:
    """The facts that the cause cites; all that fit where it cites none."""
    keys = known.facts if known else ()
    first = [fact for fact in facts if fact.id in keys]
    chosen = (first or list(facts))[:FACTS_MAX]
    for fact in chosen:
        at = f", {stamp(fact.at)}" if fact.at else ""
        yield f"- \\[{plain(fact.id)}\\] {plain(fact.text)} ({plain(fact.evidence)}{at})"
    if len(facts) > len(chosen):
        yield f"- … and {len(facts) - len(chosen)} more"
    if not facts:
        yield "None."


def _excluded(ruled_out: Sequence[Excluded]) -> Iterable[str]:
    for out in ruled_out[:FACTS_MAX]:
        yield f"- ruled out: {words(out.fault)} of {plain(out.component)}"


def _plan(plan: Plan | None, incident: Incident) -> Iterable[str]:
    if plan is None:
        yield "No plan."
    elif not plan.actions:
        yield f"No action: {plain(plan.advice)}"
    else:
        for action in plan.actions:
            yield f"1. {plain(action.words)} (risk {plain(action.risk)})"
    if incident.resolution:
        yield f"\nResolution: {plain(incident.resolution)}"


def story_lines(events: Sequence[Event]) -> Iterable[str]:
    """What happened, an event on each line; the oldest are left out where they are many."""
    if len(events) > EVENTS_MAX:
        yield f"- … {len(events) - EVENTS_MAX} earlier"
    for event in events[-EVENTS_MAX:]:
        state = brought(event)
        what = f"→ {words(state)}" if state else words(event.moment)
        yield f"- {stamp(event.at)} {plain(event.crew)}, {what}: {plain(event.text)}"


def cited(keys: Iterable[str]) -> str:
    """The numbers of facts, as they stand behind a statement."""
    return "".join(f" \\[{plain(one)}\\]" for one in keys)


def words(name: str) -> str:
    """A name of the code as people write it."""
    return plain(name.replace("_", " "))


def stamp(at: datetime) -> str:
    """A time, in UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
