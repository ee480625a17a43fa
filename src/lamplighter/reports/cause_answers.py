"""Answers about the cause of an incident: which, how surely, by what, what else, and whether it was so before. Pure."""

from __future__ import annotations

from lamplighter.domain.cause import CONFIRMED_FROM, LIKELY_FROM
from lamplighter.domain.incident import UNDER_WAY
from lamplighter.domain.timeline import Moment
from lamplighter.reports.findings import Doubt, Excluded, Known, ShownFact
from lamplighter.reports.papers import Papers
from lamplighter.reports.recurrence import SeenBefore
from lamplighter.reports.reply import ON_RECORD, UNKNOWN, Claim, Draft, mark
from lamplighter.reports.units import lapse

LISTED_MAX = 8
LOOKS = "the looks of this response"
RECORD = "the incident's record"
MEMORY = "what is remembered of earlier incidents"


def cause(papers: Papers) -> Draft:
    """Why it happened, as far as that is known."""
    known = papers.findings.known
    if known is None:
        return _nothing_yet(papers)
    if known.confidence is None:
        said = known.statement or "Nothing is wrong, as far as I can see."
        claim = Claim(said, mark(papers.last(Moment.DIAGNOSED)), RECORD)
        return Draft(claim, known.word or ON_RECORD, not_proven=_unsettled(papers), next=_advice(papers))
    called = Claim(f"{known.called.capitalize()}: {plainly(known.fault)} of {known.component}.", known.facts)
    return Draft(
        Claim(known.statement, known.facts),
        known.word,
        known.confidence,
        more=(called,),
        not_proven=_unsettled(papers),
        next=known.immediate[:LISTED_MAX],
    )


def doubt(papers: Papers) -> Draft:
    """How sure it is, and what is not proven."""
    known = papers.findings.known
    if known is None or known.confidence is None:
        return cause(papers)
    scale = f"confirmed is said from {CONFIRMED_FROM:.0%}, likely from {LIKELY_FROM:.0%}, possible below that"
    answer = Claim(f"{known.word.capitalize()}, {known.confidence:.0%}: {known.statement}", known.facts)
    unsettled = _unsettled(papers)
    more = [Claim(f"The scale: {scale}.", source="how confidence is computed")]
    if not unsettled:
        more.append(Claim("Nothing that speaks against it, and no other cause, was found.", source=LOOKS))
    more += [_excluded(out) for out in papers.findings.ruled_out[:LISTED_MAX]]
    return Draft(answer, known.word, known.confidence, tuple(more), unsettled)


def evidence(papers: Papers) -> Draft:
    """What the cause rests on."""
    known, facts = papers.findings.known, papers.findings.facts
    if not facts:
        return _nothing_yet(papers)
    rests = papers.facts(known.facts) if known else ()
    if known is None or not rests:
        claim = Claim(f"{_count(len(facts), 'fact')} found, and none of them tells the cause.", _ids(facts[:1]), LOOKS)
        return Draft(claim, UNKNOWN, more=_listed(facts))
    others = len(facts) - len(rests)
    words = f"The cause rests on {_count(len(rests), 'fact')}: {known.statement}"
    more = [*_listed(rests)]
    if others:
        more.append(Claim(f"{_count(others, 'other fact')} found too; the page lists them.", source=LOOKS))
    return Draft(Claim(words, _ids(rests)), known.word, known.confidence, tuple(more), _unsettled(papers))


def changes(papers: Papers, name: str = "") -> Draft:
    """What was changed before it began; of the component of that name alone where one is named."""
    found = tuple(one for one in papers.findings.changes if not name or one.component == name)
    if papers.findings.known is None and not found:
        return _nothing_yet(papers)
    if not found:
        where = f" of {name}" if name else ""
        words = f"None of the looks told of a change{where} before the alert. That is no proof that there was none."
        return Draft(Claim(words, mark(papers.last(Moment.GATHERED)), LOOKS), UNKNOWN)
    first = found[0]
    blamed = papers.findings.known
    into = blamed is not None and first.fact in blamed.facts
    tie = "the cause rests on it" if into else "nothing shows that it is the cause"
    answer = Claim(f"The last change came {lapse(first.seconds_before)} before the alert: {first.text}", (first.fact,))
    more = [Claim(f"{tie.capitalize()}.", (first.fact,))]
    more += [Claim(f"{lapse(one.seconds_before)} before: {one.text}", (one.fact,)) for one in found[1:LISTED_MAX]]
    return Draft(answer, more=tuple(more))


def ruled_out(papers: Papers) -> Draft:
    """What it was not."""
    found = papers.findings.ruled_out
    if papers.findings.known is None and not found:
        return _nothing_yet(papers)
    if not found:
        claim = Claim("Nothing was ruled out: no fact speaks against a cause that was thought of.", source=LOOKS)
        return Draft(claim, UNKNOWN, not_proven=_unsettled(papers))
    names = "; ".join(f"{plainly(out.fault)} of {out.component}" for out in found[:LISTED_MAX])
    cites = tuple(dict.fromkeys(key for out in found[:LISTED_MAX] for key in out.facts))
    return Draft(Claim(f"Ruled out: {names}.", cites), more=tuple(_excluded(out) for out in found[:LISTED_MAX]))


def again(papers: Papers) -> Draft:
    """Whether it was so before, and what helped then."""
    found = papers.findings.seen_before
    back = [event for event in papers.events if event.moment is Moment.REOPENED]
    within = tuple(
        Claim(f"It came back within this incident, {_times(len(back))}; the last time: {event.text}", mark(event))
        for event in back[-1:]
    )
    if not found:
        words = "Not seen before: no incident of this trouble, no lesson of this component and fault, is remembered."
        other = "No other incident of this trouble, and no lesson of this component and fault, is remembered."
        if within:
            return Draft(within[0], more=(Claim(other, source=MEMORY),))
        return Draft(Claim(words, source=MEMORY))
    first = found[0]
    words = f"Seen before, {_times(len(found))}. The last was {first.incident_id}: {_ended(first)}."
    more = tuple(
        Claim(f"{one.incident_id}, {papers.clock(one.at)}, {one.like}: {_ended(one)}.", source=one.incident_id)
        for one in found[:LISTED_MAX]
    )
    return Draft(Claim(words, source=first.incident_id), more=(*within, *more))


def part(papers: Papers, name: str) -> Draft:
    """What is known of one component that was asked about."""
    found = papers.findings
    out = tuple(_excluded(one) for one in found.ruled_out if one.component == name)
    doubts = [one for one in found.not_proven.causes if one.component == name]
    facts = tuple(fact for fact in found.facts if fact.component == name)
    more = (*out, *_alerts(papers, name), *_listed(facts))
    known = found.known
    # How it was asked, and whether yes or no would be true, words alone do not tell; so neither is said.
    if known is not None and known.component == name:
        claim = Claim(f"What I know of it names {name}: {known.statement}", known.facts)
        return Draft(claim, known.word, known.confidence, more, _unsettled(papers))
    if doubts:
        first = doubts[0]
        against = (Claim(f"Against it speaks {_sayings(papers, first)}.", first.against),) if first.against else ()
        answer = Claim(f"{name} is {first.word} as the cause, and no more: {first.statement}", first.facts)
        return Draft(answer, first.word, first.confidence, (*against, *more))
    if facts or out:
        cites = tuple(dict.fromkeys((*_ids(facts), *(key for one in out for key in one.cites))))
        return Draft(Claim(f"No cause is seen in {name}; this is what is known of it.", cites, LOOKS), more=more)
    return Draft(Claim(f"None of the looks says anything of {name}.", source=LOOKS), UNKNOWN, more=more)


def _alerts(papers: Papers, name: str) -> tuple[Claim, ...]:
    """The alerts of this incident that are about a component."""
    mine = [member for member in papers.members if member.component == name][:LISTED_MAX]
    return tuple(
        Claim(f"{one.alert.name} {'fires' if one.firing else 'fired'} on {name}.", source=RECORD) for one in mine
    )


def headline(papers: Papers) -> Claim:
    """The cause in one sentence with its word."""
    known = papers.findings.known
    if known is None or known.confidence is None:
        return cause(papers).answer
    return Claim(f"{known.word.capitalize()} ({known.confidence:.0%}): {known.statement}", known.facts)


def plainly(name: str) -> str:
    """A name of the code as people write it."""
    return str(name).replace("_", " ")


def _nothing_yet(papers: Papers) -> Draft:
    incident = papers.incident
    if incident.held:
        words = f"Not looked at yet: the response is held: {incident.held}."
    elif incident.state in UNDER_WAY:
        words = "Still looking; no cause is named yet."
    elif incident.is_open:
        words = "This response named no cause; the timeline says why."
    else:
        words = "It ended before anything was found."
    newest = papers.last(Moment.STATE, Moment.CLOSED, Moment.HELD, Moment.GATHERED, Moment.OPENED)
    return Draft(Claim(words, mark(newest), RECORD), UNKNOWN)


def _unsettled(papers: Papers) -> tuple[Claim, ...]:
    """What is not proven: other causes, what was not examined, what would settle it."""
    found, known = papers.findings, papers.findings.known
    told = [_doubted(one) for one in found.not_proven.causes if not _is_named(one, known)][:LISTED_MAX]
    if known is not None and known.component and not known.examined:
        told.append(Claim(f"{known.component} itself was not examined.", source=LOOKS))
    told += [Claim(f"It would be settled by: {need}", source=LOOKS) for need in found.not_proven.needs[:LISTED_MAX]]
    return tuple(told)


def _doubted(one: Doubt) -> Claim:
    return Claim(f"{one.word.capitalize()} ({one.confidence:.0%}): {one.statement}", (*one.facts, *one.against), LOOKS)


def _excluded(out: Excluded) -> Claim:
    because = f" because {'; '.join(out.because)}" if out.because else ""
    return Claim(f"Not {plainly(out.fault)} of {out.component}{because}", out.facts, "" if out.facts else LOOKS)


def _is_named(one: Doubt, known: Known | None) -> bool:
    return known is not None and (one.component, one.fault) == (known.component, known.fault)


def _sayings(papers: Papers, one: Doubt) -> str:
    return "; ".join(fact.text for fact in papers.facts(one.against)) or "a fact that is not kept"


def _listed(facts: tuple[ShownFact, ...]) -> tuple[Claim, ...]:
    return tuple(Claim(fact.text, (fact.id,)) for fact in facts[:LISTED_MAX])


def _ids(facts: tuple[ShownFact, ...]) -> tuple[str, ...]:
    return tuple(fact.id for fact in facts)


def _ended(one: SeenBefore) -> str:
    done = ", then ".join(one.done) or "nothing was done"
    after = f" after {lapse(one.seconds)}" if one.seconds is not None else ""
    return f"{done}; {plainly(one.outcome)}{after}"


def _advice(papers: Papers) -> tuple[str, ...]:
    return (papers.plan.advice,) if papers.plan and papers.plan.advice else ()


def _times(number: int) -> str:
    return "once" if number == 1 else _count(number, "time")


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
