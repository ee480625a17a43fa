"""The draft of a post-mortem as plain Markdown, from the papers of an incident. What nobody recorded is left open."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from lamplighter.domain.incident import RUNS_MAX, State
from lamplighter.domain.ledger import Attempt, AttemptState
from lamplighter.domain.timeline import Crew, Event, Moment
from lamplighter.domain.verification import Outcome
from lamplighter.reports.course import course_of, legs_of
from lamplighter.reports.findings import NotProven
from lamplighter.reports.markdown import (
    FACTS_MAX,
    bounded,
    cited,
    fact_lines,
    known_lines,
    plain,
    stamp,
    story_lines,
    words,
)
from lamplighter.reports.papers import Papers, brought, run_of
from lamplighter.reports.units import lapse

LISTED_MAX = 20
# A long story must leave room for what was found out.
EVENT_CHARS_MAX = 240
LEFT_OUT = frozenset({Moment.JOINED, Moment.NOTIFIED})
OUTCOME = "outcome"
POLICY = "policy:"
BY_HAND = frozenset({Moment.AMENDED, Moment.ANSWERED, Moment.CLOSED})


def postmortem_of(papers: Papers) -> str:
    """The draft; every section is there, and says so where there is nothing to say."""
    incident, found = papers.incident, papers.findings
    sections: tuple[tuple[str, Iterable[str]], ...] = (
        ("Summary", _summary(papers)),
        ("Impact", _impact(papers)),
        ("Timeline (UTC)", _story(papers)),
        ("Cause", _cause(papers)),
        ("Ruled out", _ruled_out(papers)),
        ("Detection and response", _response(papers)),
        ("What worked", _worked(papers)),
        ("What did not work", _failed(papers)),
        ("Actions taken", _actions(papers)),
        ("Follow-ups", _follow_ups(papers)),
        ("Open questions", _questions(papers, found.not_proven)),
    )
    lines = [f"# Post-mortem draft: {plain(incident.id)}, {plain(incident.title)}", ""]
    lines += [f"Written by rules from the record of {plain(incident.id)}, up to {stamp(papers.now)} UTC. A draft:"]
    lines += ["people add what the record cannot know, and mend what it has wrong. No blame, only causes."]
    for title, told in sections:
        lines += ["", f"## {title}", "", *(list(told) or ["Nothing on record."])]
    return bounded(lines)


def _summary(papers: Papers) -> Iterable[str]:
    incident, known = papers.incident, papers.findings.known
    began = _began(papers)
    where = f" on {plain(incident.component)}" if incident.component else ""
    what = f"{plain(incident.title)} ({plain(incident.severity)}){where}"
    yield f"{what} began at {stamp(began)} UTC; {_until(papers, began)}."
    if known is not None and known.confidence is not None:
        yield ""
        yield from list(known_lines(known))[:1]
    helped = [one for one in papers.attempts if one.state is AttemptState.DONE and not _in_vain(papers, one)]
    if helped:
        yield ""
        yield f"What was done: {', then '.join(_deed(one) for one in helped[:LISTED_MAX])}."
    if incident.resolution:
        by = f" (by {plain(incident.resolved_by)})" if incident.resolved_by else ""
        yield ""
        yield f"How it ended: {plain(incident.resolution)}{by}."


def _impact(papers: Papers) -> Iterable[str]:
    incident, members = papers.incident, papers.members
    began = _began(papers)
    end = incident.closed_at or papers.now
    over = "" if incident.closed_at else ", and it is not over"
    yield f"- lasted: {lapse((end - began).total_seconds())}{over}{_with_rests(papers)}"
    yield f"- severity: {plain(incident.severity)}"
    parts = dict.fromkeys(member.component for member in members if member.component)
    yield f"- affected: {', '.join(plain(part) for part in list(parts)[:LISTED_MAX]) or 'not known'}"
    users = sorted({edge.source for edge in papers.edges if edge.target == incident.component})[:LISTED_MAX]
    if users:
        yield f"- known to need {plain(incident.component)}: {', '.join(plain(user) for user in users)}"
    yield f"- alerts: {len(members)}"
    for member in members[:LISTED_MAX]:
        heard = f", heard {member.count} times" if member.count > 1 else ""
        yield f"  - {plain(member.alert.name)}{heard}: {plain(member.reason)}"
    if len(members) > LISTED_MAX:
        yield f"  - … and {len(members) - LISTED_MAX} more"
    yield "- who noticed, and what it cost them: (people fill this in)"


def _with_rests(papers: Papers) -> str:
    """That the time holds some in which it was over, where it came back."""
    back = max((event.at for event in papers.events if event.moment is Moment.REOPENED), default=None)
    ends = [event for event in papers.events if event.moment is Moment.CLOSED and not brought(event)]
    closed = [event for event in ends if back is not None and event.at <= back]
    times = "once" if len(closed) == 1 else f"{len(closed)} times"
    return f", and it was over in between, {times}" if closed else ""


def _story(papers: Papers) -> Iterable[str]:
    """What happened, without the alerts that joined and the messages that were sent; each event in a bounded line."""
    told = [event for event in papers.events if event.moment not in LEFT_OUT]
    short = [event if len(event.text) <= EVENT_CHARS_MAX else _cut(event) for event in told]
    yield from story_lines(short)
    if len(papers.events) > len(told):
        yield f"- ({len(papers.events) - len(told)} alerts that joined and messages that were sent are left out)"


def _cut(event: Event) -> Event:
    return replace(event, text=f"{event.text[:EVENT_CHARS_MAX]}…")


def _cause(papers: Papers) -> Iterable[str]:
    known, found = papers.findings.known, papers.findings
    if papers.incident.run > 1:
        yield f"As the last response, number {papers.incident.run}, has it; what earlier ones found is in the timeline."
        yield ""
    yield from known_lines(known)
    if known is not None and known.component and not known.examined:
        yield f"\n{plain(known.component)} itself was not examined."
    yield from ("", "Evidence:", "", *fact_lines(known, found.facts))
    if found.changes:
        yield from ("", "Changed before:", "")
        for change in found.changes[:LISTED_MAX]:
            yield f"- {lapse(change.seconds_before)} before: {plain(change.text)}{cited((change.fact,))}"
    if found.seen_before:
        yield from ("", "Seen before:", "")
        for seen in found.seen_before[:LISTED_MAX]:
            did = ", then ".join(plain(one) for one in seen.done) or "nothing was done"
            yield f"- {plain(seen.incident_id)}, {stamp(seen.at)}, {plain(seen.like)}: {did}; {words(seen.outcome)}"
    said = [event for event in papers.events if "cause" in event.data and event.crew is Crew.PERSON]
    if said:
        yield from ("", "What people said of it:", "")
        yield from (f"- {stamp(event.at)} {plain(event.text)}" for event in said[-LISTED_MAX:])


def _ruled_out(papers: Papers) -> Iterable[str]:
    for out in papers.findings.ruled_out[:FACTS_MAX]:
        because = f", because {'; '.join(plain(one) for one in out.because)}" if out.because else ""
        rests = cited(fact.id for fact in papers.facts(out.facts))
        yield f"- {words(out.fault)} of {plain(out.component)}{because}{rests}"


def _response(papers: Papers) -> Iterable[str]:
    runs = sorted({run_of(event) for event in papers.events})[-RUNS_MAX:]
    for run in runs:
        course = course_of(papers, run)
        if len(runs) > 1:
            yield f"- response {run}"
        deep = "  " if len(runs) > 1 else ""
        yield from (f"{deep}- {leg.name}: {lapse(leg.seconds)}" for leg in legs_of(course))
        if len(course) > 1:
            yield f"{deep}- all of these: {lapse((course[-1].at - course[0].at).total_seconds())}"


def _worked(papers: Papers) -> Iterable[str]:
    for attempt in papers.attempts:
        if attempt.state is AttemptState.DONE and not _in_vain(papers, attempt):
            yield f"- {_deed(attempt)} was done{_detail(attempt)}"
    for event in papers.events:
        if event.moment is Moment.VERIFIED and event.data.get(OUTCOME) == Outcome.RECOVERED:
            yield f"- checked at {stamp(event.at)}: {plain(event.text)}"
    if papers.incident.state is State.SELF_CLEARED:
        yield "- at the end nothing: it was over by itself" if papers.attempts else "- nothing: it was over by itself"


def _failed(papers: Papers) -> Iterable[str]:
    for attempt in papers.attempts:
        if attempt.state in {AttemptState.FAILED, AttemptState.UNKNOWN}:
            yield f"- {_deed(attempt)}: {plain(attempt.state)}{_detail(attempt)}"
        elif attempt.state is AttemptState.DONE and _in_vain(papers, attempt):
            yield f"- {_deed(attempt)} was done, and did not help{_detail(attempt)}"
    for event in papers.events:
        bad = event.moment is Moment.VERIFIED and event.data.get(OUTCOME) not in {Outcome.RECOVERED, None}
        if bad or event.moment in {Moment.SKIPPED, Moment.EXPIRED}:
            yield f"- {stamp(event.at)} {words(event.moment)}: {plain(event.text)}"
        elif event.moment is Moment.NOTIFIED and event.data.get("failed"):
            yield f"- {stamp(event.at)} {plain(event.text)}"
    opened = [event for event in papers.events if event.moment is Moment.REOPENED]
    yield from (f"- {stamp(event.at)} it came back: {plain(event.text)}" for event in opened)


def _actions(papers: Papers) -> Iterable[str]:
    for attempt in papers.attempts[:LISTED_MAX]:
        at = stamp(attempt.ended_at or attempt.planned_at)
        yield f"- {at} {_deed(attempt)}: {plain(attempt.state)}; {_approver(papers, attempt)}"
    by_hand = [event for event in papers.events if event.crew is Crew.PERSON and event.moment in BY_HAND]
    yield from (f"- {stamp(event.at)} {plain(event.text)}" for event in by_hand[-LISTED_MAX:])


def _follow_ups(papers: Papers) -> Iterable[str]:
    known = papers.findings.known
    steps = list(known.prevention) if known else []
    if known is not None and known.component and not known.examined:
        steps.append(f"make {known.component} visible, so that it can be examined")
    yield from (f"- [ ] {plain(step)} (owner: , due: )" for step in dict.fromkeys(steps[:LISTED_MAX]))
    yield "- [ ] (people add what they decide)"


def _questions(papers: Papers, found: NotProven) -> Iterable[str]:
    known = papers.findings.known
    if known is None or not known.fault:
        yield "- What was the cause? The record names none."
    for one in found.causes[:LISTED_MAX]:
        if known is None or (one.component, one.fault) != (known.component, known.fault):
            against = f"; against it{cited(one.against)}" if one.against else ""
            said = f"{plain(one.statement)}{cited(one.facts)}{against}"
            yield f"- Was it {words(one.fault)} of {plain(one.component)}? {said}"
    yield from (f"- Still to be found out: {plain(need)}" for need in found.needs[:LISTED_MAX])
    wrong = [event for event in papers.events if event.data.get("cause") == "wrong"]
    yield from (f"- Was the named cause wrong? {plain(event.text)}" for event in wrong[-LISTED_MAX:])
    if not papers.findings.changes:
        yield "- What was changed before? None of the looks told of a change, which is no proof."
    unknown = [attempt for attempt in papers.attempts if attempt.state is AttemptState.UNKNOWN]
    yield from (f"- Did it happen: {_deed(attempt)}? The record does not tell." for attempt in unknown)
    if not papers.incident.closed_at:
        yield "- It is not over: how does it end?"


def _began(papers: Papers) -> datetime:
    return min(papers.incident.alert.starts_at, papers.incident.opened_at)


def _until(papers: Papers, began: datetime) -> str:
    incident = papers.incident
    if incident.closed_at is None:
        return f"{lapse((papers.now - began).total_seconds())} later it stands at: {words(incident.state)}"
    took = lapse((incident.closed_at - began).total_seconds())
    return f"{took} later, at {stamp(incident.closed_at)} UTC, it was {words(incident.state)}"


def _deed(attempt: Attempt) -> str:
    undo = "undo of " if attempt.undo_of else ""
    return f"{undo}{words(attempt.verb)} {plain(attempt.target_name)}"


def _detail(attempt: Attempt) -> str:
    return f": {plain(attempt.detail)}" if attempt.detail else ""


def _in_vain(papers: Papers, attempt: Attempt) -> bool:
    """Whether what was done had to be undone, or the last look saw no recovery."""
    undone = any(one.undo_of == attempt.key for one in papers.attempts)
    acted = next((event for event in papers.events if event.data.get("key") == attempt.key), None)
    # A look of another response says nothing of this one.
    looks = papers.told(Moment.VERIFIED, run=run_of(acted) if acted else None)
    look = looks[-1] if looks else None
    return not attempt.undo_of and (undone or (look is not None and look.data.get(OUTCOME) != Outcome.RECOVERED))


def _approver(papers: Papers, attempt: Attempt) -> str:
    """By whom an action was let run."""
    if attempt.grant.startswith(POLICY):
        return "let run by policy"
    asked = next((one for one in papers.approvals if one.id == attempt.grant and one.approver), None)
    return f"approved by {plain(asked.approver)}" if asked else "who let it run is not on record"
