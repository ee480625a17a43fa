"""Answers a question about one incident from its papers alone: no model, no query, no claim that rests on nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from lamplighter.domain.texts import shown
from lamplighter.domain.timeline import Moment
from lamplighter.reports import cause_answers, course_answers
from lamplighter.reports.asking import Meant, cleaned, meant_by
from lamplighter.reports.papers import Papers, brought
from lamplighter.reports.reply import EXAMPLES, UNKNOWN, Cited, Claim, Draft, Foot, Reply, Topic

CITED_MAX = 16
MORE_MAX = 12
TEXT_CHARS_MAX = 600
FROM_LOOKS = frozenset(
    {Topic.CAUSE, Topic.DOUBT, Topic.EVIDENCE, Topic.CHANGES, Topic.RULED_OUT, Topic.PART, Topic.COST}
)
UNBACKED = Claim("What I would say rests on nothing that is kept, so I do not say it.", source="the incident's record")
Planner = Callable[[Papers], Draft]
PLANNERS: Mapping[Topic, Planner] = {
    Topic.STATUS: course_answers.status,
    Topic.CAUSE: cause_answers.cause,
    Topic.DOUBT: cause_answers.doubt,
    Topic.EVIDENCE: cause_answers.evidence,
    Topic.CHANGES: cause_answers.changes,
    Topic.RULED_OUT: cause_answers.ruled_out,
    Topic.DONE: course_answers.done,
    Topic.PLAN: course_answers.plan,
    Topic.AFFECTED: course_answers.affected,
    Topic.AGAIN: cause_answers.again,
    Topic.DECIDED: course_answers.decided,
    Topic.TIMES: course_answers.times,
    Topic.NEXT: course_answers.following,
    Topic.COST: course_answers.cost,
}


def reply_to(papers: Papers, question: str) -> Reply:
    """The answer; or plainly that the question is not understood, with what can be asked."""
    known = papers.findings.known
    texts = (papers.incident.title, *(member.alert.name for member in papers.members), known.statement if known else "")
    meant = meant_by(question, papers.incident.id, papers.names, texts)
    if len(meant.topics) != 1 or meant.topics[0] is Topic.HELP:
        return _not_answered(papers, question, meant)
    topic = meant.topics[0]
    draft = _draft(papers, topic, meant.part)
    answer = _backed(papers, draft.answer)
    more = _all_backed(papers, draft.more)
    not_proven = _all_backed(papers, draft.not_proven)
    return Reply(
        question=cleaned(question),
        topic=topic,
        understood=True,
        answer=answer or UNBACKED,
        word=draft.word if answer else UNKNOWN,
        confidence=draft.confidence if answer else None,
        more=more,
        evidence=_cited(papers, (answer, *more, *not_proven)),
        not_proven=not_proven,
        next=tuple(_short(step) for step in draft.next[:MORE_MAX]),
        can_ask=can_ask(meant.also) if meant.also else (),
        read_as=meant.read_as,
        unused=meant.unused,
        foot=_foot(papers, topic),
    )


def _draft(papers: Papers, topic: Topic, part: str) -> Draft:
    if topic is Topic.PART:
        return cause_answers.part(papers, part)
    return cause_answers.changes(papers, part) if topic is Topic.CHANGES else PLANNERS[topic](papers)


def can_ask(topics: tuple[Topic, ...] = ()) -> tuple[str, ...]:
    """A question for each of these topics, for each that there is where none is named."""
    return tuple(EXAMPLES[topic] for topic in topics or EXAMPLES if topic in EXAMPLES)


def _not_answered(papers: Papers, question: str, meant: Meant) -> Reply:
    here = papers.incident.id
    topic = ""
    if meant.order:
        topic = "order"
        words = f"Here I only answer: nothing is done. To {meant.order} anything, use the buttons of {here}."
    elif meant.other:
        words = f"I answer about {here} only; ask about {meant.other} on its own page."
    elif meant.topics == (Topic.HELP,):
        topic, words = str(Topic.HELP), f"This is what I can answer about {here}, from what is stored of it."
    elif meant.topics:
        words = "That may mean more than one thing, and I do not guess. Ask for one of these."
    else:
        words = "I do not understand that question, and I do not guess. This is what I can answer."
    offered = meant.topics if len(meant.topics) > 1 else ()
    return Reply(
        question=cleaned(question),
        topic=topic,
        understood=topic == Topic.HELP,
        answer=Claim(words),
        can_ask=can_ask(offered),
        read_as=meant.read_as,
        unused=meant.unused,
        foot=_foot(papers, None),
    )


def _backed(papers: Papers, claim: Claim) -> Claim | None:
    """A claim with those of its citations that are kept; None where nothing is left that it rests on."""
    kept = {fact.id for fact in papers.findings.facts} | {f"t{event.seq}" for event in papers.events if event.seq}
    cites = tuple(dict.fromkeys(key for key in claim.cites if key in kept))
    return Claim(_short(claim.text), cites, claim.source) if cites or claim.source else None


def _short(text: str) -> str:
    """One bounded line that can be shown: what others said is kept whole on the page, and not here."""
    line = " ".join(shown(text).split())
    return line if len(line) <= TEXT_CHARS_MAX else f"{line[:TEXT_CHARS_MAX]}…"


def _all_backed(papers: Papers, claims: tuple[Claim, ...]) -> tuple[Claim, ...]:
    found = [backed for backed in (_backed(papers, claim) for claim in claims[:MORE_MAX]) if backed is not None]
    return tuple(found)


def _cited(papers: Papers, claims: tuple[Claim | None, ...]) -> tuple[Cited, ...]:
    """What is cited, in the order of its first mention."""
    keys = dict.fromkeys(key for claim in claims if claim for key in claim.cites)
    events = {f"t{event.seq}": event for event in papers.events}
    found: list[Cited] = []
    for key in list(keys)[:CITED_MAX]:
        for fact in papers.facts((key,)):
            where = f"{fact.component or 'no component'} · {fact.kind.replace('_', ' ')} · {fact.evidence}"
            found.append(Cited(key, f"fact-{key}", _short(fact.text), where, fact.at))
        event = events.get(key)
        if event is not None and not papers.facts((key,)):
            where = f"timeline · {event.crew} · {(brought(event) or event.moment).replace('_', ' ')}"
            found.append(Cited(key, f"ev-{event.seq}", _short(event.text), where, event.at))
    return tuple(found)


def _foot(papers: Papers, topic: Topic | None) -> Foot:
    known = papers.findings.known
    engine = known.engine if known else "rules"
    return Foot(engine, course_answers.queries_of(papers), 0, 0.0, _data_to(papers, topic))


def _data_to(papers: Papers, topic: Topic | None) -> datetime | None:
    """Up to when the data goes that the answer rests on: the last look, or the last event."""
    looked = papers.last(Moment.GATHERED, Moment.DIAGNOSED) if topic in FROM_LOOKS else None
    newest = max((event.at for event in papers.events), default=papers.incident.updated_at)
    return looked.at if looked else newest
