"""Answers about the course of an incident: how it stands, what was and will be done, who decided, how long. Pure."""

from __future__ import annotations

from lamplighter.domain.approval import Approval, ApprovalState
from lamplighter.domain.incident import UNDER_WAY, State
from lamplighter.domain.ledger import AttemptState
from lamplighter.domain.timeline import Crew, Event, Moment
from lamplighter.reports.cause_answers import LISTED_MAX, RECORD, headline, plainly
from lamplighter.reports.course import Passed, course_of, is_policy_yes, legs_of
from lamplighter.reports.papers import Papers
from lamplighter.reports.reply import UNKNOWN, Claim, Draft, mark, marks
from lamplighter.reports.units import SECONDS, amount, lapse

QUERIES_SHOWN_MAX = 3
DEEDS = (Moment.ACTED, Moment.UNDONE, Moment.SETTLED, Moment.SKIPPED, Moment.VERIFIED)
DECISIONS = (Moment.ANSWERED, Moment.EXPIRED)
SURVEY = "what is known of the neighbours now"


def status(papers: Papers) -> Draft:
    """How it stands, in a few sentences."""
    incident = papers.incident
    since = _since(papers)
    at = f" since {papers.clock(since.at)}" if since else ""
    took = (
        f", {lapse((incident.closed_at - incident.opened_at).total_seconds())} after it was opened"
        if (incident.closed_at)
        else ""
    )
    answer = Claim(f"{incident.id} ({incident.title}) is {plainly(incident.state)}{at}{took}.", mark(since), RECORD)
    more = [headline(papers)]
    waiting = _waiting(papers)
    if waiting:
        more.append(_question(papers, waiting))
    deeds = papers.told(*DEEDS)
    if deeds:
        more.append(Claim(f"Last done: {deeds[-1].text}", mark(deeds[-1])))
    if incident.resolution:
        by = f", by {incident.resolved_by}" if incident.resolved_by else ""
        more.append(Claim(f"Resolution: {incident.resolution}{by}.", mark(papers.last(Moment.CLOSED)), RECORD))
    if incident.acknowledged_by:
        more.append(Claim(f"{incident.acknowledged_by} has it.", mark(papers.last(Moment.ACKNOWLEDGED)), RECORD))
    return Draft(answer, more=tuple(more), next=_steps(papers)[:2] if incident.is_open else ())


def done(papers: Papers) -> Draft:
    """What was done, and what came of it."""
    deeds = [event for event in papers.events if event.moment in DEEDS]
    acted = [event for event in deeds if event.moment in {Moment.ACTED, Moment.UNDONE, Moment.SETTLED}]
    more = tuple(
        Claim(f"{papers.clock(event.at)} {plainly(event.moment)}: {event.text}", mark(event)) for event in deeds
    )
    by_hand = [event for event in papers.events if event.moment is Moment.CLOSED and event.crew is Crew.PERSON]
    more += tuple(Claim(f"{papers.clock(event.at)} {event.text}", mark(event)) for event in by_hand)
    if not acted:
        newest = papers.last(Moment.CLOSED, *DECISIONS, Moment.SKIPPED, Moment.STATE)
        why = f" The last word on it: {newest.text}." if newest is not None and newest.text else ""
        return Draft(Claim(f"Nothing was changed by me.{why}", mark(newest), RECORD), more=more[-LISTED_MAX:])
    last = acted[-1]
    checks = [event for event in deeds if event.moment is Moment.VERIFIED and event.at >= last.at]
    looked = f" Then I looked: {checks[-1].text}" if checks else " No look has confirmed it yet."
    # What helped in an earlier response is no news of this one.
    back = next((event for event in papers.events if event.moment is Moment.REOPENED and event.at >= last.at), None)
    since = f" Since then it came back: {back.text}." if back is not None else ""
    words = f"{_times(papers, len(acted))}. The last: {last.text}.{looked}{since}"
    return Draft(Claim(words, marks(last, *checks[-1:], back)), more=more[-LISTED_MAX:])


def plan(papers: Papers) -> Draft:
    """What is wanted, its risk, and how it is undone."""
    made, event = papers.plan, papers.last(Moment.PLANNED)
    if made is None:
        yet = " yet" if papers.incident.state in UNDER_WAY else ""
        return Draft(Claim(f"There is no plan{yet}.", mark(papers.last(Moment.STATE, Moment.CLOSED)), RECORD), UNKNOWN)
    if not made.actions:
        return Draft(Claim(f"Nothing: {made.advice}", mark(event), RECORD), next=_steps(papers))
    steps = ", then ".join(action.words for action in made.actions)
    more = [
        Claim(f"{action.words}: risk {action.risk}{_effect(action.effect)}. Undo: {action.undo}.", mark(event), RECORD)
        for action in made.actions[:LISTED_MAX]
    ]
    more.append(Claim(f"Then verify: {made.verify}.", mark(event), RECORD))
    waiting = _waiting(papers)
    if waiting:
        more.append(_question(papers, waiting))
    verb = "The plan was to" if any(one.plan_hash == made.hash for one in papers.attempts) else "I want to"
    verb = verb if papers.incident.state in UNDER_WAY else "The plan was to"
    answer = Claim(f"{verb} {steps} (plan {made.hash[:8]}).", mark(event), RECORD)
    return Draft(answer, more=tuple(more), next=_steps(papers)[:2] if waiting else ())


def decided(papers: Papers) -> Draft:
    """Who said yes or no, who has it, and how the council voted."""
    more = [Claim(event.text, mark(event)) for event in papers.told(Moment.VOTED, Moment.JUDGED, Moment.AMENDED)][
        -LISTED_MAX:
    ]
    has = papers.last(Moment.ACKNOWLEDGED)
    if has is not None:
        more.append(Claim(f"{papers.clock(has.at)} {has.text}", mark(has)))
    closing = papers.last(Moment.CLOSED)
    if closing is not None and closing.crew is Crew.PERSON:
        more.append(Claim(f"{papers.clock(closing.at)} {closing.text}", mark(closing)))
    return Draft(_decision(papers), more=tuple(more), next=_steps(papers)[:2] if _waiting(papers) else ())


def times(papers: Papers) -> Draft:
    """When it began, and how long each stage took."""
    course = course_of(papers, papers.incident.run)
    if not course:
        return Draft(Claim(f"Opened at {papers.clock(papers.incident.opened_at)}.", source=RECORD))
    first, end = course[0], papers.incident.closed_at
    until = end or papers.now
    words = "and lasted" if end else "and is not over after"
    span = lapse(max(0.0, (until - first.at).total_seconds()))
    answer = Claim(f"{_begun(first)} at {papers.clock(first.at)}, {words} {span}.", first.cites, RECORD)
    more = tuple(
        Claim(f"{leg.name}: {lapse(leg.seconds)}", stop.cites, RECORD)
        for leg, stop in zip(legs_of(course), course[1:], strict=True)
    )
    if papers.incident.run > 1:
        opened = f"{papers.incident.id} was first opened at {papers.clock(papers.incident.opened_at)}"
        words = f"These are the times of response {papers.incident.run} alone; {opened}."
        more = (Claim(words, mark(_opening(papers)), RECORD), *more)
    return Draft(answer, more=more)


def affected(papers: Papers) -> Draft:
    """What is in trouble with it, what it needs, and what needs it."""
    incident, members = papers.incident, papers.members
    firing = [one for one in members if one.firing]
    parts = tuple(dict.fromkeys(one.component or one.alert.name for one in members))
    cites = marks(*papers.told(Moment.OPENED, Moment.JOINED)[:LISTED_MAX])
    words = f"{_alerts(len(members))}, {len(firing)} still firing, on {', '.join(parts[:LISTED_MAX]) or 'no component'}"
    more = [Claim(f"{one.alert.name}: {one.reason}.", (), "why it was merged") for one in members[1:LISTED_MAX]]
    own = incident.component
    needs = sorted({edge.target for edge in papers.edges if edge.source == own})[:LISTED_MAX]
    users = sorted({edge.source for edge in papers.edges if edge.target == own})[:LISTED_MAX]
    if needs:
        more.append(Claim(f"{own} needs {', '.join(needs)}.", source=SURVEY))
    if users:
        more.append(Claim(f"{', '.join(users)} {'needs' if len(users) == 1 else 'need'} {own}.", source=SURVEY))
    lacking = () if needs or users else (Claim(f"Nothing is known to need {own or 'it'}.", source=SURVEY),)
    return Draft(Claim(f"{words}; severity {incident.severity}.", cites, RECORD), more=tuple(more), not_proven=lacking)


def following(papers: Papers) -> Draft:
    """What a person can do, and by which commands."""
    steps = _steps(papers)
    if not steps:
        ended = "It is over" if not papers.incident.is_open else "I know of no step"
        prevention = papers.findings.known.prevention if papers.findings.known else ()
        return Draft(Claim(f"{ended}; nothing waits for you.", mark(_since(papers)), RECORD), next=prevention)
    queries = [fact.query for fact in papers.facts(papers.findings.known.facts if papers.findings.known else ())]
    asked = [query for query in dict.fromkeys(queries) if query][:QUERIES_SHOWN_MAX]
    more = tuple(Claim(f"To see it for yourself: {query}", source="a query of the diagnosis") for query in asked)
    known = papers.findings.known
    later = tuple(f"against the next time: {step}" for step in known.prevention[:LISTED_MAX]) if known else ()
    return Draft(Claim(f"First: {steps[0]}.", mark(_since(papers)), RECORD), more=more, next=(*steps[1:], *later))


def cost(papers: Papers) -> Draft:
    """What it cost."""
    known, event = papers.findings.known, papers.last(Moment.DIAGNOSED)
    if known is None:
        return Draft(Claim("Nothing: no model is asked, and nothing was diagnosed yet.", source=RECORD))
    took, asked = amount(known.elapsed_seconds, SECONDS), queries_of(papers)
    rests = f"{asked} {'query' if asked == 1 else 'queries'}"
    work = f"by {known.engine} alone, from {rests}, in {took} of thinking"
    words = f"My own work cost ${known.cost_usd:.3f} and 0 tokens: {work}."
    return Draft(Claim(words, mark(event), RECORD))


def queries_of(papers: Papers) -> int:
    """How many queries the diagnosis rests on."""
    return len({fact.query for fact in papers.findings.facts if fact.query})


def _decision(papers: Papers) -> Claim:
    waiting = _waiting(papers)
    if waiting:
        return _question(papers, waiting)
    answer = papers.last(*DECISIONS)
    if answer is not None:
        return Claim(f"{papers.clock(answer.at)}: {answer.text}.", mark(answer))
    policy = next((event for event in papers.told(Moment.STATE) if is_policy_yes(event)), None)
    if policy is not None:
        return Claim(f"No person was asked: policy let it run: {policy.text}.", mark(policy))
    judged = papers.last(Moment.JUDGED)
    return Claim("No plan was put to anybody, so nobody decided anything.", mark(judged), RECORD)


def _question(papers: Papers, waiting: Approval) -> Claim:
    until = papers.clock(waiting.expires_at)
    words = f"Nobody has answered yet: {waiting.summary}. I wait until {until}; then nothing is done."
    return Claim(words, mark(papers.last(Moment.ASKED)), RECORD)


def _waiting(papers: Papers) -> Approval | None:
    return next((one for one in papers.approvals if one.state is ApprovalState.PENDING), None)


def _since(papers: Papers) -> Event | None:
    """The event that brought the present state: the first of those that last told of it without a break."""
    found: Event | None = None
    for event in papers.events:
        state = event.data.get("state")
        if state != papers.incident.state:
            found = None if state else found
        elif found is None:
            found = event
    if papers.incident.state is State.MERGED and found is None:
        found = next((event for event in reversed(papers.events) if event.moment is Moment.MERGED), None)
    return found or papers.last(Moment.CLOSED, Moment.STATE, Moment.OPENED, Moment.REOPENED)


def _steps(papers: Papers) -> tuple[str, ...]:
    """What a person can do now, the most useful first."""
    incident, known = papers.incident, papers.findings.known
    steps: list[str] = []
    waiting = _waiting(papers)
    if waiting:
        steps.append(f"answer me: lamplighter approvals approve {waiting.id}, or deny {waiting.id}")
    if not incident.is_open:
        return ()
    steps += known.immediate[:LISTED_MAX] if known else ()
    if papers.plan and papers.plan.advice and not papers.plan.actions:
        steps.append(papers.plan.advice)
    steps += [f"settle what is not proven: {need}" for need in papers.findings.not_proven.needs[:LISTED_MAX]]
    if not incident.acknowledged_by:
        steps.append(f"say that you have it: lamplighter incidents ack {incident.id}")
    if incident.state in {State.NEEDS_HUMAN, State.REJECTED, State.ROLLED_BACK}:
        steps.append(f'when it is repaired: lamplighter incidents resolve {incident.id} -m "what was done"')
    return tuple(dict.fromkeys(steps))


def _opening(papers: Papers) -> Event | None:
    return next((event for event in papers.events if event.moment is Moment.OPENED), None)


def _begun(first: Passed) -> str:
    return "The alert began" if first.name == "the alert began" else "It was received"


def _effect(effect: str) -> str:
    return f"; {effect}" if effect else ""


def _times(papers: Papers, count: int) -> str:
    """What failed, or may never have run, was tried and not done."""
    ran = all(one.state is AttemptState.DONE for one in papers.attempts if one.ended_at is not None)
    return f"I {'did' if ran else 'tried'} {'one thing' if count == 1 else f'{count} things'}"


def _alerts(count: int) -> str:
    return f"{count} alert{'' if count == 1 else 's'}"
